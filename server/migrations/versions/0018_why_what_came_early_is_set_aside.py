"""a carried batch that waits for the one before it keeps why it will not be applied."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("early_batch", sa.Column("set_aside", TEXT, nullable=True))


def downgrade() -> None:
    op.drop_column("early_batch", "set_aside")
