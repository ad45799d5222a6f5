"""Fills a centre set-based, around its push: millions of members with their feed rows, for reading at that size."""

from sqlalchemy import Connection, text

from bench.office import STATE_CODE, ref

PER_PANCHAYAT = 500
"""Members of one gram panchayat, so rows of one stream."""


def fill(db: Connection, rows: int) -> int:
    """Members in equal panchayats, told to their streams as the push would have told them; returns how many streams.

    The first streams are those of the block's panchayats, the others of panchayats nobody knows.
    """
    streams = -(-rows // PER_PANCHAYAT)
    _numbered(db, rows)
    db.execute(text(MEMBERS), {"state": STATE_CODE, "per": PER_PANCHAYAT})
    db.execute(text(STREAM_NAMES), {"streams": streams})
    known = [{"number": number, "name": f"gp/{ref(f'gp{number}')}/members"} for number in range(min(streams, 60))]
    db.execute(text("UPDATE bench_stream SET name=:name WHERE number=:number"), known)
    db.execute(text(FEED), {"state": STATE_CODE, "per": PER_PANCHAYAT})
    db.execute(text(STREAMS), {"state": STATE_CODE, "per": PER_PANCHAYAT, "rows": rows})
    db.execute(text("DROP TABLE bench_number"))
    db.execute(text("DROP TABLE bench_stream"))
    return streams


def settle(db: Connection) -> None:
    """What a database learns of its own contents, as a server that has been running has learned it."""
    db.execute(text("ANALYZE"))


def _numbered(db: Connection, rows: int) -> None:
    db.execute(text("CREATE TEMPORARY TABLE bench_number (n INTEGER PRIMARY KEY)"))
    db.execute(
        text(
            "INSERT INTO bench_number WITH RECURSIVE one(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM one WHERE n + 1 < "
            f"{int(rows)}) SELECT n FROM one"
        )
    )
    db.execute(text("CREATE TEMPORARY TABLE bench_stream (number INTEGER PRIMARY KEY, name TEXT)"))


# Both databases lack a common function for hexadecimal digits; padded decimal ones make ids as well.
ID = "SUBSTR('00000000000000000000000000000000', 1, 32 - LENGTH(CAST({n} AS TEXT))) || CAST({n} AS TEXT)"
STAMP = "0001a0c4d3b000000000beef"

MEMBERS = f"""
INSERT INTO member
  (state_id, id, shg_id, group_id, name, guardian_name, age, mobile, search_key, stamps, bases, disputed)
SELECT :state, {ID.format(n="n")}, {ID.format(n="(n / 13 + 500000000)")}, {ID.format(n="(n / 13 + 500000000)")},
       'सुनीता देवी ' || CAST(n % 997 AS TEXT), 'रमेश साहू', 20 + n % 40, CAST(9000000000 + n AS TEXT), 'sunita devi',
       '{{"{STAMP}":"shg_id name guardian_name age mobile"}}', '', ''
FROM bench_number ORDER BY n
"""
STREAM_NAMES = f"""
INSERT INTO bench_stream
SELECT n, 'gp/' || {ID.format(n="(n + 900000000)")} || '/members' FROM bench_number WHERE n < :streams
"""
FIRST = 1_000_000
"""The streams that are filled have numbers from here, beyond those that the centre gives."""
FEED = f"""
INSERT INTO feed (state_id, stream, id, kind, seq, "left", by_device, others_seq)
SELECT :state, {FIRST} + n / :per, {ID.format(n="n")}, 'Member', n % :per + 1, FALSE, '', 0
FROM bench_number ORDER BY n
"""
STREAMS = f"""
INSERT INTO stream (state_id, name, number, seq, live)
SELECT :state, name, {FIRST} + number, size, size FROM (
  SELECT name, number,
         CASE WHEN (number + 1) * :per > :rows THEN :rows - number * :per ELSE :per END AS size FROM bench_stream
) AS sized
"""
