"""codes whose reply was lost are answered again."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("enrolment", sa.Column("device", TEXT, nullable=True))
    op.add_column("enrolment", sa.Column("proof_hash", TEXT, nullable=True))


def downgrade() -> None:
    op.drop_column("enrolment", "proof_hash")
    op.drop_column("enrolment", "device")
