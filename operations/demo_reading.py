"""What the demo prints, each sentence read back from a store: in English, with the Hindi words that the app shows."""

from typing import Any

from sqlalchemy import func, select

from operations.demo_phones import Phone
from records.figures import members_of, norm_on
from records.record import Record
from records.shg import OFFICES, Shg
from records.written import masked, show_count
from screens.parts.sync_strip import strip_words
from screens.words import words_of
from server.central_store import CentralStore
from storage.queries.accounts import find_account, list_steps
from storage.queries.figures import list_norms, unit_figures
from storage.queries.groups import find_shg, list_groups
from storage.queries.members import list_members
from storage.queries.places import find_branch, find_place
from storage.tables import RECEIVED, TO_MEND

HINDI, ENGLISH = "hi", "en"
ALL = 100_000
"""More groups than any phone holds."""
SAVED = {RECEIVED: "saved.server", TO_MEND: "saved.mending"}


def both(key: str, **values: Any) -> str:
    """The words of a key as the app shows them, and what they mean: `सर्वर पर दर्ज (Received by the server)`."""
    return f"{words_of(HINDI).say(key, **values)} ({words_of(ENGLISH).say(key, **values)})"


def role_words(role: str) -> tuple[str, str]:
    """What somebody of this role is called, in Hindi and in English."""
    key = f"role.{role}"
    return words_of(HINDI).say(key), words_of(ENGLISH).say(key)


def strip(phone: Phone) -> str:
    """The line about sync that stands on every screen of this phone."""
    return f"{strip_in(HINDI, phone)} ({strip_in(ENGLISH, phone)})"


def strip_in(language: str, phone: Phone) -> str:
    """The same line in one language."""
    return strip_words(words_of(language), phone.workspace.sync_status())


def groups_of(phone: Phone, *ids: str) -> list[str]:
    """A line for each of these groups, where it is on this phone: name, village, members, account, and how far it has
    come. It is looked for as a person would, by its name."""
    named = [(id, shg.name) for id in ids for shg in phone.workspace.ask(find_shg, id=id)]
    rows = [
        row for id, name in named for row in phone.workspace.ask(list_groups, search=name, limit=ALL) if row.id == id
    ]
    return [_group_line(row) for row in rows]


def _group_line(row: Any) -> str:
    members = words_of(HINDI).say("figure.members", count=members_of(row.roster_count, row.declared_members))
    account = words_of(HINDI).say(f"state.{row.account_state or 'not_started'}")
    return f"{row.name}, {row.village_name_hi} · {members} · {account} · {both(SAVED.get(row.unsent, 'saved.phone'))}"


def roster_of(phone: Phone, group: str) -> str:
    """How many women of a group stand on this phone by name, and who holds which office."""
    [shg] = phone.workspace.ask(find_shg, id=group)
    women = {row.id: row.name for row in phone.workspace.ask(list_members, shg_id=group)}
    hindi = words_of(HINDI)
    offices = [
        f"{hindi.field('Shg', f'{office}_id')} {women[id]}"
        for office in OFFICES
        if (id := getattr(shg, f"{office}_id")) in women
    ]
    return f"{len(women)} names: {', '.join(offices)}"


def steps_of(phone: Phone, group: str) -> str:
    """The steps of a group's account, in their order."""
    [account] = phone.workspace.ask(find_account, shg_id=group)
    steps = phone.workspace.ask(list_steps, account_id=account.id)
    return " > ".join(words_of(HINDI).say(f"step.{step.kind}") for step in steps)


def account_at(phone: Phone, group: str) -> str:
    """The state of a group's account, its branch and number: of the number the last four digits, where no more is
    on this phone."""
    [account] = phone.workspace.ask(find_account, shg_id=group)
    hindi = words_of(HINDI)
    number = account.account_number or masked(account.account_last4 or "")
    return (
        f"{both(f'state.{account.state}')} · {account.bank_name}, {account.branch_name_hi}, {account.ifsc} · "
        f"{hindi.field('SavingsAccount', 'account_number')} {number}"
    )


def figures_of(phone: Phone) -> str:
    """The figures of all that stands on this phone."""
    norms, today = phone.workspace.ask(list_norms), phone.today()
    days, norm = norm_on(norms, "pending_days", today), norm_on(norms, "average_members", today)
    [row] = phone.workspace.ask(unit_figures, today=today, pending_days=days)
    hindi = words_of(HINDI)
    return " · ".join(
        [
            hindi.say("figure.groups", count=row.groups),
            hindi.say("figure.members", count=row.members),
            hindi.say("figure.average", average=row.average, norm=norm),
            hindi.say("figure.pending_accounts", count=row.pending),
            f"{hindi.say('state.opened')}: {show_count(row.opened)}",
        ]
    )


def stream_words(phone: Phone, stream: str) -> str:
    """A stream's name with the name of its place or branch, as this phone knows it: `gp बड़वारा: members`."""
    level, _, rest = stream.partition("/")
    id, _, what = rest.partition("/")
    found = [row for query in (find_branch, find_place) for row in phone.workspace.ask(query, id=id)]
    names = {row.id: row.name_hi for row in found}
    return f"{level} {names[id]}: {what}" if names.get(id) else stream


def counted_at_centre(centre: CentralStore, kind: type[Record], **values: Any) -> int:
    """How many records of a kind with these values the centre keeps, deleted ones left out."""
    table = centre.tables.records[kind.__name__]
    query = select(func.count()).where(table.c.state_id == centre.state_id, table.c.deleted_on.is_(None))
    query = query.where(*[table.c[name] == value for name, value in values.items()])
    with centre.database.reading() as db:
        return int(db.scalar(query) or 0)


def counted_on_phone(phone: Phone, kind: type[Record]) -> int:
    """How many records of a kind stand on a phone, deleted ones left out."""
    with phone.store.reading() as t:
        table = t.tables[kind.__name__]
        return int(t.connection.scalar(select(func.count()).where(table.c.deleted_on.is_(None))) or 0)


def groups_at_centre(centre: CentralStore, *ids: str) -> str:
    """How many groups the centre keeps, and the names of those of these that are among them."""
    table = centre.tables.records["Shg"]
    query = select(table.c.name).where(table.c.state_id == centre.state_id, table.c.id.in_(ids))
    with centre.database.reading() as db:
        names = sorted(db.scalars(query.where(table.c.deleted_on.is_(None))))
    among = f", {' and '.join(names)} among them" if names else ", neither of the two among them"
    return f"{show_count(counted_at_centre(centre, Shg))} groups{among}"
