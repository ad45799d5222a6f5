"""which fields a stream was told of."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    # Empty: the whole record is told with the number that the row has.
    op.add_column("feed", sa.Column("whole_seq", sa.BigInteger(), nullable=True))
    op.add_column("feed", sa.Column("changed", TEXT, nullable=True))


def downgrade() -> None:
    op.drop_column("feed", "changed")
    op.drop_column("feed", "whole_seq")
