"""where a phone's copy differed."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "difference",
        sa.Column("state_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("device", TEXT, nullable=False),
        sa.Column("stream", TEXT, nullable=False),
        sa.Column("found_ms", sa.BigInteger(), nullable=False),
        sa.Column("fetched_ms", sa.BigInteger(), nullable=True),
        sa.Column("healed_ms", sa.BigInteger(), nullable=True),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("state_id", "device", "stream"),
    )


def downgrade() -> None:
    op.drop_table("difference")
