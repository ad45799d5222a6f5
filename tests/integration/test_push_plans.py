"""What the centre looks up while it takes in a batch or a list is found by index: the rest of the state is not read."""

import re
from datetime import date

import pytest
from sqlalchemy import event, text

from records.commands.accounts import RecordStep
from records.commands.groups import ChangeGroup, RegisterGroup
from records.commands.members import AddMember, ChangeMember
from server.importing import Importing
from tests.fleet import Phone
from tests.integration.test_importing import CODE, GROUP, register
from tests.world import World, ref

LOOKED_UP = re.compile(r'"?(\w+)"?\."?(\w+)"? (?:IN \(SELECT \w+\.value|= ANY \()')
"""A column of which a statement has a list of values, on SQLite and on PostgreSQL."""

MANY = 1000
"""Rows that one row of the story becomes, each with ids, numbers and codes of its own."""

FILLED = ("shg", "member", "savings_account", "account_step", "standing", "feed")

NEEDED = {
    ("shg", "id"), ("shg", "village_id"), ("shg", "same_as"), ("shg", "portal_code"), ("member", "id"),
    ("member", "group_id"), ("member", "mobile"), ("member", "portal_code"), ("savings_account", "id"),
    ("savings_account", "group_id"), ("savings_account", "account_number"), ("account_step", "account_id"),
    ("account_step", "group_id"), ("standing", "id"), ("feed", "id"),
}  # fmt: skip
"""What this story must have looked up, or it proves nothing."""

NEARLY_EMPTY = {("shg", "same_as")}
"""SQLite's statistics do not tell the rows that have no value from those that share one, so that an index of few values
seems to tell nothing. Here nobody gathers them; a person who does by hand still has all others found by index."""


def story(world: World, folder) -> None:
    """A phone registers and changes, a list is taken in, and a village moves with its groups."""
    phone, sakhi = (Phone(world, person, folder, person) for person in ("abm", "sakhi"))
    phone.sync()
    values = {"village_id": ref("V1"), "name": "Jai Ambe mahila samuh", "formed_on": date(2024, 3, 1)}
    group = phone.do(RegisterGroup(values)).id
    member = phone.do(AddMember(group, {"name": "सीता बाई", "mobile": "9876543210"})).id
    phone.sync()
    sakhi.sync()
    opened = {"account_number": "942110110001234"}
    sakhi.do(RecordStep(group, "opened", date(2024, 5, 2), account_values=opened))
    sakhi.sync()
    phone.do(ChangeMember(member, {"mobile": "9876543211"}))
    phone.do(ChangeGroup(group, {"declared_members": 13}))
    phone.sync()
    for dry_run in (True, False):
        with Importing(world.centre, "portal", dry_run=dry_run) as importing:
            importing.group_of_code([CODE])
            importing.member_of_code(["900001"])
            importing.members_without_code([group, GROUP])
            importing.take(register(name="Jai Ambe mahila samuh"))
    world.overwrite("Place", "V1", parent_id="G2")
    for one in (phone, sakhi):
        one.store.close()


def fill(world: World) -> None:
    """As many rows as a state has."""
    counting = f"WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < {MANY})"
    with world.centre.database.writing() as db:
        for name in FILLED:
            table = world.centre.tables.metadata.tables[name]
            own = [c for c in table.c if c.name in ("id", "mobile", "account_number", "portal_code")]
            own += [c for c in table.c if c.name.endswith("_id") and c.name != "state_id"]
            made = {f'"{c.name}"': f'"{c.name}"' for c in table.c}
            made |= {f'"{c.name}"': f'"{c.name}" || CAST(n AS TEXT)' for c in own}
            made |= {'"seq"': f'"seq" + n * {MANY}'} if "seq" in table.c else {}
            columns, values = ", ".join(made), ", ".join(made.values())
            # The recursion stands in front of the INSERT: both databases read it there.
            db.execute(text(f'{counting} INSERT INTO "{name}" ({columns}) SELECT {values} FROM "{name}", many'))


def plans(world: World, statements: dict[str, object]) -> list[tuple[set[tuple[str, str]], str, str]]:
    """(what is looked up by a list of values, the plan, the statement) of each statement on the tables filled."""
    explain = "EXPLAIN QUERY PLAN " if world.centre.database.is_sqlite else "EXPLAIN "
    found = []
    with world.centre.database.reading() as db:
        for statement, parameters in statements.items():
            looked_up = {one for one in LOOKED_UP.findall(statement) if one[0] in FILLED}
            if looked_up:
                plan = "\n".join(row[-1] for row in db.exec_driver_sql(explain + statement, parameters))
                found.append((looked_up, plan, statement))
    return found


def is_by_index(plan: str, table: str, column: str) -> bool:
    """Whether a plan finds the rows of a table by an index over this column, as either database says it."""
    on_sqlite = rf"SEARCH {table} USING .*\b{column}=\?"
    on_postgresql = rf"Index Cond: .*\b{column} = "
    return bool(re.search(f"{on_sqlite}|{on_postgresql}", plan))


@pytest.mark.parametrize("where", ["SQLite", "SQLite with statistics", "PostgreSQL with statistics"])
def test_records_are_found_by_index_while_a_batch_or_a_list_is_taken_in(where, tmp_path):
    world = World.on_postgres() if where.startswith("PostgreSQL") else World()
    statements: dict[str, object] = {}
    event.listen(
        world.centre.database.engine, "before_cursor_execute", lambda *a: a[5] or statements.setdefault(a[2], a[3])
    )
    story(world, tmp_path)
    asked = dict(statements)
    fill(world)
    if "statistics" in where:
        with world.centre.database.asking() as db:
            db.execute(text("ANALYZE"))
    seen: set[tuple[str, str]] = set()
    for looked_up, plan, statement in plans(world, asked):
        seen |= looked_up
        for table, column in looked_up - (NEARLY_EMPTY if where == "SQLite with statistics" else set()):
            assert is_by_index(plan, table, column), f"{table}.{column}\n{plan}\n{statement}"
    assert seen >= NEEDED, NEEDED - seen
    world.drop()
