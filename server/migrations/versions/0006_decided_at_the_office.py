"""decided at the office."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("conflict", sa.Column("winning_value", TEXT, nullable=True))
    op.add_column("conflict", sa.Column("decided", TEXT, nullable=True))
    op.add_column("conflict", sa.Column("decided_stamp", TEXT, nullable=True))
    op.add_column("conflict", sa.Column("decider_id", TEXT, nullable=True))


def downgrade() -> None:
    op.drop_column("conflict", "decider_id")
    op.drop_column("conflict", "decided_stamp")
    op.drop_column("conflict", "decided")
    op.drop_column("conflict", "winning_value")
