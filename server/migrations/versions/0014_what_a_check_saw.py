"""how a group stood when it was checked."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("check", sa.Column("seen", TEXT, nullable=True))


def downgrade() -> None:
    op.drop_column("check", "seen")
