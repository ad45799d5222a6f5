"""what was checked, and the parts of a review."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
FIGURES = ("groups", "members", "averaged_groups", "averaged_members", "opened", "pending", "overdue")


def upgrade() -> None:
    op.create_index("check_what", "check", ["state_id", "what"])
    op.add_column("review", sa.Column("parts_kept", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "review_part",
        sa.Column("state_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("block_id", TEXT, nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("level", TEXT, nullable=False),
        sa.Column("unit_id", TEXT, nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in FIGURES),
        sa.PrimaryKeyConstraint("state_id", "block_id", "on_day", "level", "unit_id"),
    )
    op.create_index("review_part_unit", "review_part", ["state_id", "unit_id"])


def downgrade() -> None:
    op.drop_index("review_part_unit", table_name="review_part")
    op.drop_table("review_part")
    op.drop_column("review", "parts_kept")
    op.drop_index("check_what", table_name="check")
