"""changes taken back by their author, and codes that replace older ones."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "withdrawal",
        sa.Column("state_id", sa.Integer(), nullable=False),
        sa.Column("id", TEXT, nullable=False),
        *(sa.Column(name, TEXT, nullable=True) for name in ("person_id", "record_kind", "record_id", "typed_stamp")),
        sa.Column("deleted_on", sa.Date(), nullable=True),
        *(sa.Column(name, TEXT, nullable=True) for name in ("group_id", "search_key")),
        *(sa.Column(name, TEXT, nullable=False) for name in ("stamps", "bases", "disputed")),
        sa.PrimaryKeyConstraint("state_id", "id"),
    )
    op.add_column("enrolment", sa.Column("purpose", TEXT, nullable=True))
    op.add_column("enrolment", sa.Column("replaced_ms", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("enrolment", "replaced_ms")
    op.drop_column("enrolment", "purpose")
    op.drop_table("withdrawal")
