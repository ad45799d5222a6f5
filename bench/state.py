"""A whole state on PostgreSQL: one block through the ordinary import, copied set-based into all others."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from bench.office import STATE_CODE, Row, person, set_up
from operations.practice_filling import fill, fill_places
from operations.practice_places import Block, branch_rows, place_rows, practice_blocks, villages_of
from operations.practice_register import practice_register

PER_BLOCK = 1667
"""Groups of each block that is copied: six of them make a district of ten thousand."""
SEED = 1


def fill_state(centre: Any, blocks: int, groups: int) -> list[Block]:
    """Places of so many blocks; the first has `groups` groups with members and all, the others copies of these.

    Of the copies there are groups, accounts and steps with standings, but no members: figures read what the server has
    derived of them (`roster_count`). Ids differ, all else is as in the first block. Every group is approved, one in
    twenty verified, and every opened account alike; each block has had one review.
    """
    every = list(practice_blocks(blocks))
    fill_places(centre, [*place_rows(every), *branch_rows(every)])
    fill(centre, practice_register(SEED, villages_of(every[:1]), groups))
    with centre.database.writing() as db:
        _copy(db, every)
        for looked_at in CHECKS:
            db.execute(text(looked_at))
        for kept in REVIEWS:
            db.execute(text(kept), {"day": REVIEWED_ON})
    with centre.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        # What a server that has been running has done by itself.
        db.execute(text("VACUUM ANALYZE"))
    return every


def readers(centre: Any, blocks: Sequence[Block], *, district: str) -> Iterator[tuple[str, str]]:
    """(scope, person) of a supervisor of the first block, a reviewer of a district, and one of all districts."""
    rows: list[Row] = [
        *person("of-block", "supervisor", place_id=blocks[0].id),
        *person("of-district", "district", place_id=district),
        *person("of-state", "district", place_id=district),
    ]
    kind, _, values = rows[-1]
    for number, other in enumerate(sorted({block.district_id for block in blocks} - {district})):
        rows.append((kind, f"{number:032x}", {**values, "place_id": other}))
    set_up(centre, rows)
    yield from (("block", "of-block"), ("district", "of-district"), ("state", "of-state"))


def _copy(db: Connection, blocks: Sequence[Block]) -> None:
    """Every group of the first block once more in each other one, the villages in turn; a few twice."""
    db.execute(text("CREATE TEMPORARY TABLE bench_village (block INT, at INT, id TEXT, gp TEXT, b TEXT, d TEXT)"))
    villages = [
        {"block": number, "at": at, "id": village.id, "gp": village.panchayat.id, "b": block.id, "d": block.district_id}
        for number, block in enumerate(blocks[1:], 1)
        for at, village in enumerate(block.villages)
    ]
    db.execute(text("INSERT INTO bench_village VALUES (:block, :at, :id, :gp, :b, :d)"), villages)
    db.execute(text("CREATE TEMPORARY TABLE bench_size AS SELECT block, count(*) n FROM bench_village GROUP BY block"))
    db.execute(text(GROUPS), {"per": PER_BLOCK})
    db.execute(text("CREATE INDEX ON bench_group (old)"))
    db.execute(text("ANALYZE bench_group"))
    for table, changed in COPIED.items():
        names = list(db.execute(text(COLUMNS), {"table": table}).scalars())
        values = ", ".join(changed.get(name, f't."{name}"') for name in names)
        quoted = ", ".join(f'"{name}"' for name in names)
        joined = (
            f"FROM {table} t JOIN bench_group g ON g.old = t.{'id' if table in ('shg', 'standing') else 'group_id'}"
        )
        db.execute(text(f"INSERT INTO {table} ({quoted}) SELECT {values} {joined}"))
    # Numbered far beyond what is there: nothing is pulled from here.
    for first, (kind, table, streams) in enumerate(FED, 1):
        for stream in streams:
            db.execute(text(STREAMS.format(table=table, stream=stream)), {"state": STATE_CODE})
            told = text(FEED.format(kind=kind, table=table, stream=stream))
            db.execute(told, {"state": STATE_CODE, "first": first * 10_000_000})
    db.execute(text("DROP TABLE bench_group, bench_village, bench_size"))


COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_name = :table AND table_schema = 'public'"
GROUPS = """
CREATE TEMPORARY TABLE bench_group AS
SELECT one.id AS old, md5(one.id || s.block || '/' || again) AS new, v.id AS village, v.gp, v.b, v.d,
       s.block || '/' || again AS salt
FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS at, count(*) OVER () AS many FROM shg) one
CROSS JOIN bench_size s CROSS JOIN generate_series(0, 1) again
JOIN bench_village v ON v.block = s.block AND v.at = (one.at + again) % s.n
WHERE one.at + again * one.many < :per
"""
NEW = "md5(t.id || g.salt)"
FIRST_ACCOUNT = "overlay(md5(t.id || g.salt) placing '5' from 13 for 1)"
COPIED = {
    "shg": {
        "id": "g.new",
        "group_id": "g.new",
        "canonical_id": "g.new",
        "village_id": "g.village",
        "portal_code": "NULL",
    },
    "savings_account": {"id": FIRST_ACCOUNT, "group_id": "g.new", "shg_id": "g.new"},
    "account_step": {"id": NEW, "group_id": "g.new", "account_id": FIRST_ACCOUNT.replace("t.id", "t.account_id")},
    "standing": {"id": "g.new", "gram_panchayat_id": "g.gp", "block_id": "g.b", "district_id": "g.d"},
}  # fmt: skip
CHECK = """
INSERT INTO "check" (state_id, id, group_id, shg_id, what, result, on_day, by_id, mended, stamps, bases, disputed)
SELECT s.state_id, md5(s.id || '{what}'), s.id, s.id, '{what}', '{result}', DATE '2026-11-01', '', FALSE, '', '', ''
FROM shg s {which}
"""
CHECKS = (
    CHECK.format(what="approval", result="approved", which=""),
    CHECK.format(what="group", result="confirmed", which="WHERE s.id < '0d'"),
    CHECK.format(
        what="account",
        result="confirmed",
        which="JOIN savings_account a ON a.group_id = s.id AND a.state = 'opened' WHERE s.id < '0d'",
    ),
)
"""Ids are hashes: one in twenty begins with less than 0d."""
REVIEWED_ON = date(2026, 11, 6)
KEPT = "count(*), sum(s.roster_count), count(*), sum(s.roster_count), 0, 0, 0"
FIGURES = "groups, members, averaged_groups, averaged_members, opened, pending, overdue"
OF_BLOCK = "FROM shg s JOIN standing t ON t.id = s.id WHERE t.block_id IS NOT NULL GROUP BY s.state_id, t.block_id"
REVIEWS = (
    f"INSERT INTO review (state_id, block_id, on_day, person_id, held_ms, parts_kept, {FIGURES}) "
    f"SELECT s.state_id, t.block_id, :day, '', 0, TRUE, {KEPT} {OF_BLOCK}",
    *(
        f"INSERT INTO review_part (state_id, block_id, on_day, level, unit_id, {FIGURES}) "
        f"SELECT s.state_id, t.block_id, :day, '{level}', s.{unit}, {KEPT} "
        f"{OF_BLOCK.replace('WHERE', f'WHERE s.{unit} IS NOT NULL AND')}, s.{unit}"
        for level, unit in (("village", "village_id"), ("person", "formed_by_id"))
    ),
)
FED = (
    ("Shg", "shg", ("'block/' || s.block_id || '/groups'", "'gp/' || s.gram_panchayat_id || '/members'")),
    ("SavingsAccount", "savings_account",
     ("'block/' || s.block_id || '/accounts'", "'gp/' || s.gram_panchayat_id || '/members'")),
    ("AccountStep", "account_step",
     ("'block/' || s.block_id || '/accounts'", "'gp/' || s.gram_panchayat_id || '/members'")),
)  # fmt: skip
STREAMS = """
INSERT INTO stream (state_id, name, number, seq, live)
SELECT :state, name, (SELECT MAX(number) FROM stream) + row_number() OVER (ORDER BY name), 0, 0 FROM (
  SELECT DISTINCT {stream} AS name
  FROM {table} t JOIN bench_group g ON g.new = t.group_id JOIN standing s ON s.id = g.new
) AS named WHERE NOT EXISTS (SELECT 1 FROM stream known WHERE known.state_id = :state AND known.name = named.name)
"""
FEED = """
INSERT INTO feed (state_id, stream, id, kind, seq, "left", by_device, others_seq)
SELECT :state, n.number, t.id, '{kind}', CAST(:first AS BIGINT) + row_number() OVER (ORDER BY t.id), FALSE, '', 0
FROM {table} t JOIN bench_group g ON g.new = t.group_id JOIN standing s ON s.id = g.new
JOIN stream n ON n.state_id = :state AND n.name = {stream}
"""
