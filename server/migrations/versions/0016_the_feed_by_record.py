"""the feed's key begins with the record: one index less to write for every row told."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

COLUMNS = 'state_id, stream, id, kind, seq, "left", by_device, others_seq, whole_seq, changed'

ON_SQLITE = """
CREATE TABLE feed_keyed_anew (
    state_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    stream TEXT NOT NULL,
    kind TEXT NOT NULL,
    seq BIGINT NOT NULL,
    "left" BOOLEAN NOT NULL,
    by_device TEXT NOT NULL,
    others_seq BIGINT NOT NULL,
    whole_seq BIGINT,
    changed TEXT,
    PRIMARY KEY (state_id, {key})
)
"""


def upgrade() -> None:
    # No row and no column goes: what the index of records was for, the key is now for as well.
    _key_by("id, stream")
    op.execute("DROP INDEX IF EXISTS feed_record")


def downgrade() -> None:
    _key_by("stream, id")
    op.create_index("feed_record", "feed", ["state_id", "id"])


def _key_by(key: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE feed DROP CONSTRAINT feed_pkey, ADD PRIMARY KEY (state_id, {key})")
        return
    # SQLite keeps a key for as long as its table: the rows go over, in the order in which they lie.
    op.execute(ON_SQLITE.format(key=key))
    op.execute(f"INSERT INTO feed_keyed_anew ({COLUMNS}) SELECT {COLUMNS} FROM feed ORDER BY rowid")
    op.execute("DROP TABLE feed")
    op.execute("ALTER TABLE feed_keyed_anew RENAME TO feed")
    op.create_index("feed_order", "feed", ["state_id", "stream", "seq"], unique=True)
