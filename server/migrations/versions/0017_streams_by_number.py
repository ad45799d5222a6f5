"""streams have numbers, by which the feed names them: much less to write for every row told."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ALIKE = 'kind, seq, "left", by_device, others_seq, whole_seq, changed'

# The tables anew: in PostgreSQL a column changed in every row would leave each row there twice.
STREAM = """
CREATE TABLE stream_anew (
    state_id INTEGER NOT NULL,
    name TEXT{collation} NOT NULL,
    {number}
    seq BIGINT NOT NULL,
    live BIGINT NOT NULL,
    PRIMARY KEY (state_id, name)
)
"""
FEED = """
CREATE TABLE feed_anew (
    state_id INTEGER NOT NULL,
    id TEXT{collation} NOT NULL,
    stream {stream} NOT NULL,
    kind TEXT{collation} NOT NULL,
    seq BIGINT NOT NULL,
    "left" BOOLEAN NOT NULL,
    by_device TEXT{collation} NOT NULL,
    others_seq BIGINT NOT NULL,
    whole_seq BIGINT,
    changed TEXT{collation},
    PRIMARY KEY (state_id, id, stream)
)
"""


def upgrade() -> None:
    # Each stream that a row of the feed names has a counter; were one missing, its rows go over all the same.
    op.execute(
        "INSERT INTO stream (state_id, name, seq, live) "
        'SELECT state_id, stream, MAX(seq), SUM(CASE WHEN "left" THEN 0 ELSE 1 END) FROM feed '
        "WHERE NOT EXISTS (SELECT 1 FROM stream s WHERE s.state_id = feed.state_id AND s.name = feed.stream) "
        "GROUP BY state_id, stream"
    )
    _made(STREAM, number="number INTEGER NOT NULL,")
    op.execute(
        "INSERT INTO stream_anew (state_id, name, number, seq, live) "
        "SELECT state_id, name, ROW_NUMBER() OVER (PARTITION BY state_id ORDER BY name), seq, live FROM stream"
    )
    _made(FEED, stream="INTEGER")
    op.execute(
        f"INSERT INTO feed_anew (state_id, id, stream, {ALIKE}) "
        f"SELECT feed.state_id, id, number, {_of_feed()} FROM feed "
        "JOIN stream_anew s ON s.state_id = feed.state_id AND s.name = feed.stream "
        "ORDER BY feed.state_id, number, feed.seq"
    )
    _in_their_place("feed", "stream")
    op.create_index("stream_number", "stream", ["state_id", "number"], unique=True)
    op.create_index("feed_order", "feed", ["state_id", "stream", "seq"], unique=True)


def downgrade() -> None:
    _made(FEED, stream=f"TEXT{_collation()}")
    op.execute(
        f"INSERT INTO feed_anew (state_id, id, stream, {ALIKE}) "
        f"SELECT feed.state_id, id, s.name, {_of_feed()} FROM feed "
        "JOIN stream s ON s.state_id = feed.state_id AND s.number = feed.stream "
        "ORDER BY feed.state_id, feed.stream, feed.seq"
    )
    _made(STREAM, number="")
    op.execute(
        "INSERT INTO stream_anew (state_id, name, seq, live) SELECT state_id, name, seq, live FROM stream ORDER BY name"
    )
    _in_their_place("feed", "stream")
    op.create_index("feed_order", "feed", ["state_id", "stream", "seq"], unique=True)


def _of_feed() -> str:
    return ", ".join(f"feed.{name}" for name in ALIKE.split(", "))


def _collation() -> str:
    return ' COLLATE "C"' if op.get_bind().dialect.name == "postgresql" else ""


def _made(table: str, **parts: str) -> None:
    op.execute(table.format(collation=_collation(), **parts))


def _in_their_place(*names: str) -> None:
    for name in names:
        op.execute(f"DROP TABLE {name}")
        op.execute(f"ALTER TABLE {name}_anew RENAME TO {name}")
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"ALTER INDEX {name}_anew_pkey RENAME TO {name}_pkey")
            # What PostgreSQL knew of the rows it knew of the table that is gone.
            op.execute(f"ANALYZE {name}")
