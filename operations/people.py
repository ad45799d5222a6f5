"""`samooh people`: who works for the mission, where, in which role, from when to when."""

from datetime import date, datetime
from secrets import token_bytes
from typing import Annotated, Any

import typer
from sqlalchemy import select

from operations import finding
from operations.office import Row, push, the_centre
from operations.speaking import CannotDo, counted, say, table
from records.days import day_of
from records.ids import is_id, new_id
from records.person import ROLES
from server.central_store import CentralStore
from server.reaching import state_place

people = typer.Typer(help="People and where they work.", no_args_is_help=True)

LEVELS = {
    "abm": ("gram_panchayat", "cluster"),
    "supervisor": ("block",),
    "nodal": ("block",),
    "district": ("district",),
}
"""The levels of places at which a role works. A bank sakhi works at a branch, an admin in the whole state."""

DAYS = ["%d-%m-%Y", "%Y-%m-%d"]


Role = Annotated[str, typer.Option(help=f"One of {', '.join(ROLES)}.")]
PlaceCode = Annotated[str | None, typer.Option(help="LGD or local code of the place where the person works.")]
Ifsc = Annotated[str | None, typer.Option(help="IFSC of a bank sakhi's branch.")]
From = Annotated[datetime | None, typer.Option("--from", formats=DAYS, help="First day; today if left out.")]
To = Annotated[datetime | None, typer.Option(formats=DAYS, help="Last day; open if left out.")]
InCharge = Annotated[bool, typer.Option("--in-charge", help="Holds the post for somebody else.")]


@people.command()
def add(
    name: Annotated[str, typer.Argument(help="The name in Latin letters.")],
    role: Role,
    name_hi: Annotated[str | None, typer.Option(help="The name in Hindi.")] = None,
    place: PlaceCode = None,
    branch: Ifsc = None,
    from_: From = None,
    to: To = None,
    in_charge: InCharge = False,
    id_: Annotated[
        str | None, typer.Option("--id", help="The id she had, where she was entered after the backup in use.")
    ] = None,
) -> None:
    """Add a person and where she works. Prints her id."""
    with the_centre() as centre:
        where, home = _work(centre, role, place, branch)
        person = _unused(centre, id_) if id_ else new_id(centre.clock(), token_bytes)
        names = {"name": name} | ({"name_hi": name_hi} if name_hi else {})
        work = _assignment(centre, person, role, where, from_, to, in_charge)
        push(centre, "people", [("Person", person, {**names, "home_id": home}), work])
    say(person)


@people.command()
def assign(
    person: Annotated[str, typer.Argument(help="The person's id, or a name that only one person has.")],
    role: Role,
    place: PlaceCode = None,
    branch: Ifsc = None,
    from_: From = None,
    to: To = None,
    in_charge: InCharge = False,
) -> None:
    """Give a known person a further place of work."""
    with the_centre() as centre:
        found = finding.person(centre, person)
        where, _ = _work(centre, role, place, branch)
        push(centre, "people", [_assignment(centre, found.id, role, where, from_, to, in_charge)])
    say(f"{found.name} works there as {role}; her phone hears of it at its next contact.")


@people.command()
def end(
    person: Annotated[str, typer.Argument(help="The person's id, or a name that only one person has.")],
    on: Annotated[datetime, typer.Option(formats=DAYS, help="The last day of work.")],
) -> None:
    """End all work of a person: her phone keeps what it holds until then, and what she has not sent is still taken."""
    with the_centre() as centre:
        found, last = finding.person(centre, person), on.date()
        mine = [row for row in _assigned(centre) if row.id == found.id and row.work]
        open_work = [row for row in mine if row.to_on is None or row.to_on > last]
        if not open_work:
            raise CannotDo(f"{found.name} has no work that goes on after {last}.")
        begun = [row for row in open_work if row.from_on <= last]
        later = [
            f"as {row.role} at {row.place or row.branch} on {row.from_on}" for row in open_work if row not in begun
        ]
        if not begun:
            raise CannotDo(f"{found.name} begins {', '.join(later)}: the last day {last} is before. Give a later one.")
        push(centre, "people", [("Assignment", row.work, {"to_on": last}) for row in begun])
    say(f"{counted(len(begun), 'assignment')} of {found.name} end on {last}.")
    if later:
        say(f"She begins {', '.join(later)}, which stays. If it shall not: samooh people end with its first day.")
        raise typer.Exit(1)


def _unused(centre: CentralStore, id: str) -> str:
    """The id that somebody had before the database went back: her phone comes back by it."""
    if not is_id(id):
        raise CannotDo(f"{id} is no id: 32 signs, 0 to 9 and a to f.")
    person = centre.tables.records["Person"]
    with centre.database.reading() as db:
        mine = (person.c.state_id == centre.state_id, person.c.id == id)
        known = db.scalar(select(person.c.name).where(*mine))
    if known:
        raise CannotDo(f"{id} is {known}: samooh people assign gives her further work.")
    return id


def _assignment(
    centre: CentralStore,
    person: str,
    role: str,
    where: dict[str, str],
    from_: datetime | None,
    to: datetime | None,
    in_charge: bool,
) -> Row:
    first, last = from_.date() if from_ else day_of(centre.clock()), to.date() if to else None
    if last and last < first:
        raise CannotDo(f"The last day {last} is before the first day {first}.")
    ends = ({"to_on": last} if last else {}) | ({"in_charge": True} if in_charge else {})
    values = {"person_id": person, "role": role, **where, "from_on": first, **ends}
    return "Assignment", new_id(centre.clock(), token_bytes), values


def _work(centre: CentralStore, role: str, place: str | None, branch: str | None) -> tuple[dict[str, str], str]:
    """The fields that say where this role works, and the place at which the person is listed."""
    if role not in ROLES:
        raise CannotDo(f"{role!r} is no role: write one of {', '.join(ROLES)}.")
    if role == "bank_sakhi":
        if not branch or place:
            raise CannotDo("A bank sakhi works at a branch: name it with --branch IFSC, and no --place.")
        found = finding.branch(centre, branch)
        if not found.block_id:
            raise CannotDo(f"The branch {branch} has no block yet, so that nothing could be sent to its bank sakhi.")
        return {"branch_id": found.id}, found.block_id
    if branch:
        raise CannotDo(f"A {role} works at a place, not at a branch: leave out --branch.")
    if role == "admin":
        if place:
            raise CannotDo("An admin works in the whole state: leave out --place.")
        with centre.database.reading() as db:
            home = state_place(db, centre.tables, centre.state_id)
        return {"place_id": home}, home
    if not place:
        levels = " or ".join(level.replace("_", " ") for level in LEVELS[role])
        raise CannotDo(f"A {role} works at a {levels}: name its LGD code with --place.")
    found = finding.place(centre, place, *LEVELS[role])
    return {"place_id": found.id}, found.id


@people.command("list")
def list_people(
    everybody: Annotated[bool, typer.Option("--all", help="Also those whose work has ended.")] = False,
) -> None:
    """Show who works where, with ids."""
    with the_centre() as centre:
        rows = [_line(row) for row in _assigned(centre) if everybody or _works_on(row, day_of(centre.clock()))]
    if not rows:
        say("Nobody yet: samooh people add.")
        return
    table(("person", "name", "role", "where", "from", "to"), rows)


def _assigned(centre: CentralStore) -> list[Any]:
    person, work, place, branch = (
        centre.tables.records[kind] for kind in ("Person", "Assignment", "Place", "BankBranch")
    )

    def of(one: Any, id: Any) -> Any:
        return (one.c.state_id == person.c.state_id) & (one.c.id == id)

    query = (
        select(
            person.c.id,
            person.c.name,
            work.c.id.label("work"),
            work.c.role,
            place.c.name.label("place"),
            branch.c.name.label("branch"),
            work.c.from_on,
            work.c.to_on,
            work.c.in_charge,
        )
        .select_from(person)
        .outerjoin(
            work,
            (work.c.state_id == person.c.state_id) & (work.c.person_id == person.c.id) & work.c.deleted_on.is_(None),
        )
        .outerjoin(place, of(place, work.c.place_id))
        .outerjoin(branch, of(branch, work.c.branch_id))
        .where(person.c.state_id == centre.state_id, person.c.deleted_on.is_(None))
        .order_by(person.c.name, person.c.id, work.c.from_on)
    )
    with centre.database.reading() as db:
        return list(db.execute(query).all())


def _works_on(row: Any, today: date) -> bool:
    return row.to_on is None or row.to_on >= today


def _line(row: Any) -> tuple[str, ...]:
    where = row.place or (f"branch {row.branch}" if row.branch else "-")
    role = f"{row.role} (in charge)" if row.in_charge else row.role or "-"
    return row.id, row.name, role, where, str(row.from_on or "-"), str(row.to_on or "-")
