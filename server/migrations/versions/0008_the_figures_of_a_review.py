"""the figures of a review."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
FIGURES = ("groups", "members", "averaged_groups", "averaged_members", "opened", "pending", "overdue")


def upgrade() -> None:
    op.create_table(
        "review",
        sa.Column("state_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("block_id", TEXT, nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("person_id", TEXT, nullable=False),
        sa.Column("held_ms", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in FIGURES),
        sa.PrimaryKeyConstraint("state_id", "block_id", "on_day"),
    )


def downgrade() -> None:
    op.drop_table("review")
