"""Steps that this phone has let go of for want of room. The centre has them, and they come back when asked for.

Of each it is remembered by which streams it is held and what it adds to their digests, so that the copy still agrees
with the centre; and below which account, so that a screen can say that there is more.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.sqlite import insert

from records.workspace import OlderSteps
from storage.driver import IN_IDS, listed
from storage.marks import mark, with_hold, without
from storage.rows import RawRow
from storage.store import LocalStore, Transaction

KIND = "AccountStep"
ASKED_AT_ONCE = 200
KEPT_MS = 7 * 86_400_000
"""What somebody asked for stays for so long, however full the phone is."""


@dataclass(frozen=True)
class Gone:
    """A record that was let go: its digest with all columns, and without the personal ones."""

    held: str
    whole: int
    public: int


def let_go(t: Transaction, rows: Sequence[RawRow], digests: Mapping[str, tuple[int, int]]) -> None:
    """Lets these steps go. `digests`: id -> with all columns, without the personal ones."""
    if not rows:
        return
    lines = [(KIND, row.id, row.values["account_id"], row.held, digests[row.id][0], digests[row.id][1]) for row in rows]
    t.driver.executemany(
        "INSERT OR REPLACE INTO let_go (kind, id, parent, held, whole, public) VALUES (?,?,?,?,?,?)", lines
    )
    gone = listed([row.id for row in rows])
    t.driver.execute(f'DELETE FROM "{t.tables[KIND].name}" WHERE id {IN_IDS}', (gone,))
    t.changed.add(KIND)


def come_back(t: Transaction, kind: str, ids: Iterable[str]) -> dict[str, str]:
    """These records are here again; id -> by which streams each of those was held that had been let go."""
    if kind != KIND:
        return {}
    wanted = listed(ids)
    found = dict(t.driver.execute(f"SELECT id, held FROM let_go WHERE kind=? AND id {IN_IDS}", (kind, wanted)))
    if found:
        t.driver.execute(f"DELETE FROM let_go WHERE kind=? AND id {IN_IDS}", (kind, wanted))
    return found


def hold_gone(t: Transaction, kind: str, ids: Iterable[str], number: int) -> None:
    """Those of these records that were let go are in a stream as well."""
    if kind == KIND:
        _write(t, {id: with_hold(held, number) for id, held in _gone(t, ids) if mark(number) not in held})


def release_gone(t: Transaction, kind: str, numbers: Iterable[int], ids: Iterable[str] | None) -> None:
    """These records (None: all) are in these streams no more; those in none are not the centre's to give either."""
    if kind != KIND:
        return
    gone = list(numbers)
    left = {id: rest for id, held in _gone(t, ids) if (rest := without(held, gone)) != held}
    _write(t, left)
    if left:
        t.driver.execute("DELETE FROM let_go WHERE held=''")


def gone_by(t: Transaction, kind: str) -> Iterator[Gone]:
    """What was let go of a kind."""
    for row in t.driver.execute("SELECT held, whole, public FROM let_go WHERE kind=?", (kind,)):
        yield Gone(*row)


def count_gone(t: Transaction) -> int:
    count: int = t.driver.execute("SELECT count(*) FROM let_go").fetchone()[0]
    return count


def has_let_go(t: Transaction, account_id: str) -> bool:
    return t.driver.execute("SELECT 1 FROM let_go WHERE parent=? LIMIT 1", (account_id,)).fetchone() is not None


# --- asked for again


def older_steps(store: LocalStore, account_id: str) -> OlderSteps:
    """What of an account's steps is only at the centre."""
    with store.reading() as t:
        table, wanted = t.tables.let_go, t.tables.wanted_older
        count = t.connection.scalar(select(func.count()).where(table.c.parent == account_id)) or 0
        asked = t.connection.scalar(
            select(wanted.c.account_id).where(wanted.c.account_id == account_id, wanted.c.answered.is_(False))
        )
    return OlderSteps(count, asked is not None)


def want_older_steps(store: LocalStore, account_id: str) -> None:
    """Somebody wants to see them: they come when the centre is next spoken to."""
    with store.writing() as t:
        line = insert(t.tables.wanted_older).values(account_id=account_id, at_ms=t.clock_ms, answered=False)
        renewed = {"at_ms": line.excluded.at_ms, "answered": False}
        t.connection.execute(line.on_conflict_do_update(index_elements=["account_id"], set_=renewed))
        t.changed |= {KIND, "sync"}


def wanted_ids(t: Transaction) -> tuple[str, ...]:
    """The steps to ask the centre for."""
    chosen = t.driver.execute(
        "SELECT id FROM let_go WHERE parent IN (SELECT account_id FROM wanted_older WHERE NOT answered) "
        "ORDER BY parent, id LIMIT ?",
        (ASKED_AT_ONCE,),
    )
    return tuple(id for (id,) in chosen)


def note_answered(store: LocalStore, ids: Iterable[str]) -> None:
    """The centre has given what it has of these. What did not come it does not have for this person."""
    asked = list(ids)
    if not asked:
        return
    with store.writing(durable=False) as t:
        table, wanted = t.tables.let_go, t.tables.wanted_older
        still = select(table.c.parent).where(table.c.id.not_in(asked))
        t.connection.execute(wanted.update().where(wanted.c.account_id.not_in(still)).values(answered=True))
        t.connection.execute(delete(table).where(table.c.id.in_(asked)))
        t.changed |= {KIND, "sync"}


def kept_accounts(t: Transaction) -> set[str]:
    """Accounts whose steps somebody asked for not long ago."""
    t.driver.execute("DELETE FROM wanted_older WHERE at_ms<? AND answered", (t.clock_ms - KEPT_MS,))
    return {id for (id,) in t.driver.execute("SELECT account_id FROM wanted_older")}


def _gone(t: Transaction, ids: Iterable[str] | None) -> list[tuple[str, str]]:
    if ids is None:
        return t.driver.execute("SELECT id, held FROM let_go").fetchall()
    return t.driver.execute(f"SELECT id, held FROM let_go WHERE id {IN_IDS}", (listed(ids),)).fetchall()


def _write(t: Transaction, held: Mapping[str, str]) -> None:
    if held:
        t.driver.executemany("UPDATE let_go SET held=? WHERE id=?", [(one, id) for id, one in held.items()])
