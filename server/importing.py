"""Taking in a list of the office: places, branches, the register as the portal has it. A device of its own (design 4).

The same push as a phone's, so that access, merge, streams and figures are one code. What cannot be applied is neither
held nor set aside: the list's owner gets it back with the reason, mends it, and gives it again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import groupby
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, or_, select

from records.days import day_of
from records.messages import Batch, Section
from records.record import fields_of, to_wire
from records.search_key import name_key
from records.stamps import next_stamp
from server.central_store import CentralStore
from server.checking import Row, checked_rows
from server.chunks import among, chunked, is_empty
from server.pushing import Push, author_of


@dataclass(frozen=True)
class Listed:
    """One record as a list has it: `values` are wire values (days as ISO text) of the fields that the list names."""

    kind: str
    id: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Taken:
    """What became of a listed record: `effect` is new, changed, same or refused.

    `code` and `field` say why it was refused. `differs`: fields in which what a person wrote stands; the list's value
    is kept beside it. `proposed`: groups that this new group may be the same as.
    """

    effect: str
    code: str | None = None
    field: str | None = None
    differs: tuple[str, ...] = ()
    proposed: tuple[str, ...] = ()


NamedGroup = tuple[str, str, str]
"""(village, key of the name, day of formation as ISO text): what tells a group that has no code yet."""


@dataclass(frozen=True)
class Uncoded:
    """A member who bears no code of the portal yet; her names as keys, `guardian` "" where it is not known."""

    id: str
    shg_id: str
    name: str
    guardian: str


class Importing:
    """Takes in the list of one source ("portal", "lgd"). A dry run is one transaction that is rolled back at the end.

    Used in a `with` block; each `take` outside of a dry run is a transaction of its own.
    """

    def __init__(self, centre: CentralStore, source: str, *, dry_run: bool = False) -> None:
        self._centre, self._dry_run = centre, dry_run
        self._device = centre.enrolments.office_device(f"import/{source}")
        self._last_stamp = ""
        self._open = ExitStack()
        self._dry: Connection | None = None

    def __enter__(self) -> Self:
        if self._dry_run:
            self._dry = self._open.enter_context(self._centre.database.trying())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def take(self, listed: Sequence[Listed]) -> list[Taken]:
        """Take in some records, parents before children; what became of each, in the same order."""
        if not listed:
            return []
        now_ms = self._centre.clock()
        self._last_stamp = next_stamp(
            clock_ms=now_ms, offset_ms=0, last=self._last_stamp, replaced="", device=self._device
        )
        batch = Batch(tuple(_sections(listed, self._last_stamp)))
        if self._dry is not None:
            return self._apply(self._dry, batch, now_ms)
        return self._centre.database.write(lambda db: self._apply(db, batch, now_ms))

    def _apply(self, db: Connection, batch: Batch, now_ms: int) -> list[Taken]:
        centre = self._centre
        author = author_of(db, centre.tables, centre.state_id, self._device, day_of(now_ms))
        rows = checked_rows(centre.registry, batch)
        push = Push(db, centre.tables, centre.registry, centre.state_id, author, now_ms)
        push.apply(0, rows)
        return [_taken(row, push.proposed.get(row.id, ())) for row in rows]

    def group_of_code(self, codes: Iterable[str]) -> dict[str, str]:
        """portal code -> id of the group that bears it, whoever wrote it there."""
        return self._of_code("Shg", codes)

    def member_of_code(self, codes: Iterable[str]) -> dict[str, str]:
        """portal code -> id of the member who bears it."""
        return self._of_code("Member", codes)

    def groups_without_code(self) -> dict[NamedGroup, str]:
        """Groups that bear no code yet -> id. Where two are called alike in one village on one day, neither is told."""
        shg, found = self._centre.tables.records["Shg"], dict[NamedGroup, str]()
        twice: set[NamedGroup] = set()
        wanted = (shg.c.state_id == self._centre.state_id, shg.c.portal_code.is_(None), shg.c.deleted_on.is_(None))
        with self._reading() as db:
            for row in db.execute(select(shg.c.id, shg.c.village_id, shg.c.name, shg.c.formed_on).where(*wanted)):
                if not (row.name and row.formed_on):
                    continue
                key = (row.village_id, name_key(row.name), row.formed_on.isoformat())
                if found.setdefault(key, row.id) != row.id:
                    twice.add(key)
        return {key: id for key, id in found.items() if key not in twice}

    def members_without_code(self, groups: Iterable[str]) -> list[Uncoded]:
        """The women of some groups who bear no code yet."""
        member, found = self._centre.tables.records["Member"], list[Uncoded]()
        here = (member.c.deleted_on.is_(None), member.c.left_on.is_(None))
        wanted = (member.c.state_id == self._centre.state_id, is_empty(member.c.portal_code), *here)
        with self._reading() as db:
            for some in chunked(set(groups)):
                query = select(member.c.id, member.c.group_id, member.c.name, member.c.guardian_name)
                for row in db.execute(query.where(*wanted, among(db, member.c.group_id, some))):
                    keys = (name_key(row.name or ""), name_key(row.guardian_name or ""))
                    found.append(Uncoded(row.id, row.group_id, *keys))
        return sorted(found, key=lambda one: one.id)

    def values_of(self, kind: str, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """What stands at the centre of some records: id -> wire values, of those that are there."""
        table, found = self._centre.tables.records[kind], dict[str, dict[str, Any]]()
        names = fields_of(self._centre.registry[kind].cls)
        with self._reading() as db:
            for some in chunked(set(ids)):
                query = table.select().where(table.c.state_id == self._centre.state_id, among(db, table.c.id, some))
                for row in db.execute(query).mappings():
                    found[row["id"]] = {name: to_wire(row[name]) for name in names}
        return found

    def in_app(self, kind: str, within: Iterable[str]) -> list[str]:
        """Ids of the groups of some blocks, or of the members of some groups, that are here and count."""
        table, place = self._centre.tables.records[kind], self._centre.tables.records["Place"]
        found: list[str] = []
        with self._reading() as db:
            for some in chunked(set(within)):
                query = select(table.c.id).where(
                    table.c.state_id == self._centre.state_id, table.c.deleted_on.is_(None)
                )
                if kind == "Shg":
                    village = (place.c.state_id == table.c.state_id) & (place.c.id == table.c.village_id)
                    query = query.join(place, village).where(among(db, place.c.block_id, some))
                    query = query.where(or_(table.c.canonical_id.is_(None), table.c.canonical_id == table.c.id))
                else:
                    query = query.where(among(db, table.c.group_id, some), table.c.left_on.is_(None))
                found += db.scalars(query)
        return sorted(found)

    def _of_code(self, kind: str, codes: Iterable[str]) -> dict[str, str]:
        table, found = self._centre.tables.records[kind], dict[str, str]()
        with self._reading() as db:
            for some in chunked(set(codes)):
                query = select(table.c.portal_code, table.c.id).where(
                    table.c.state_id == self._centre.state_id,
                    among(db, table.c.portal_code, some),
                    table.c.deleted_on.is_(None),
                )
                # Of two with one code, which only people can have written, the same one each time. Put in order here:
                # for their order SQLite would read the whole state.
                last_first = sorted(((row.id, row.portal_code) for row in db.execute(query)), reverse=True)
                found.update({code: id for id, code in last_first})
        return found

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        if self._dry is not None:
            yield self._dry
        else:
            with self._centre.database.reading() as db:
                yield db


def _sections(listed: Sequence[Listed], stamp: str) -> Iterator[Section]:
    """Runs of one kind as sections; a field that a record does not name is no part of its change."""
    for kind, run in groupby(listed, key=lambda one: one.kind):
        some = list(run)
        names = list(dict.fromkeys(name for one in some for name in one.values))
        columns = [[one.values.get(name) for one in some] for name in names]
        stamps = [[stamp if name in one.values else None for one in some] for name in names]
        yield Section(kind, [one.id for one in some], names, columns, stamps)


def _taken(row: Row, proposed: tuple[str, ...]) -> Taken:
    if row.state not in ("applied", "lost"):
        return Taken("refused", row.code, row.field)
    return Taken(row.effect, differs=row.differs, proposed=proposed)
