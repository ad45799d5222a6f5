"""decided at the office."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def beside_fields() -> list[sa.Column]:
    """What every table of records has besides its fields."""
    return [
        sa.Column("deleted_on", sa.Date(), nullable=True),
        sa.Column("group_id", TEXT, nullable=True),
        sa.Column("search_key", TEXT, nullable=True),
        sa.Column("stamps", TEXT, nullable=False),
        sa.Column("bases", TEXT, nullable=False),
        sa.Column("disputed", TEXT, nullable=False),
    ]


def upgrade() -> None:
    for name in ("winning_value", "decided", "decided_stamp", "decider_id"):
        op.add_column("conflict", sa.Column(name, TEXT, nullable=True))
    for name in ("reason", "decider_id", "passed_to"):
        op.add_column("quarantine", sa.Column(name, TEXT, nullable=True))
    op.add_column("quarantine", sa.Column("decided_ms", sa.BigInteger(), nullable=True))
    texts = "person_id author_id record_kind record_id shg_id title values code field state reason typed_stamp"
    op.create_table(
        "verdict",
        sa.Column("state_id", sa.Integer(), nullable=False),
        sa.Column("id", TEXT, nullable=False),
        *(sa.Column(name, TEXT, nullable=True) for name in f"{texts} decider_id decided_stamp".split()),
        sa.Column("done", sa.Boolean(), nullable=True),
        *beside_fields(),
        sa.PrimaryKeyConstraint("state_id", "id"),
    )
    op.create_index("verdict_person_id", "verdict", ["state_id", "person_id"], unique=False)
    op.create_table(
        "check",
        sa.Column("state_id", sa.Integer(), nullable=False),
        sa.Column("id", TEXT, nullable=False),
        *(sa.Column(name, TEXT, nullable=True) for name in ("shg_id", "what", "result", "how", "reason")),
        sa.Column("on_day", sa.Date(), nullable=True),
        sa.Column("by_id", TEXT, nullable=True),
        sa.Column("mended", sa.Boolean(), nullable=True),
        *beside_fields(),
        sa.PrimaryKeyConstraint("state_id", "id"),
    )
    op.create_index("check_group", "check", ["state_id", "group_id"], unique=False)
    op.add_column("device", sa.Column("drafts", sa.BigInteger(), nullable=True))
    op.create_table(
        "deed",
        sa.Column("state_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("person_id", "device", "what", "about", "detail")),
        sa.PrimaryKeyConstraint("state_id", "id"),
    )
    op.create_index("deed_about", "deed", ["state_id", "about"], unique=False)
    op.create_index("quarantine_person", "quarantine", ["state_id", "person_id"], unique=False)


def downgrade() -> None:
    op.drop_index("deed_about", table_name="deed")
    op.drop_table("deed")
    op.drop_column("device", "drafts")
    op.drop_index("check_group", table_name="check")
    op.drop_table("check")
    op.drop_index("verdict_person_id", table_name="verdict")
    op.drop_table("verdict")
    op.drop_index("quarantine_person", table_name="quarantine")
    for name in ("decided_ms", "passed_to", "decider_id", "reason"):
        op.drop_column("quarantine", name)
    for name in ("decider_id", "decided_stamp", "decided", "winning_value"):
        op.drop_column("conflict", name)
