"""What a newer app has written is kept raw, edited around, never sent, and read once this app knows it."""

from dataclasses import replace
from datetime import date
from typing import Annotated

import pytest

from records.account_state import state_of
from records.audience import reference_streams
from records.commands.groups import ChangeGroup, RegisterGroup
from records.fields import Choice, Count, Name, Text
from records.kinds import KINDS, Kind
from records.problems import Refused
from records.record import Record
from records.savings_account import AccountStep
from records.shg import Shg
from records.wire import thawed
from storage.freezing import next_batch
from storage.pages import take_page
from storage.queries import find_shg, list_steps
from storage.store import LocalStore
from storage.workspace import PhoneWorkspace
from tests.factories import a_page, a_part, a_place_tree, a_section, a_stamp, a_step, an_account, an_shg, filled
from tests.phones import a_phone, cells_of

TREE = a_place_tree()
MEMBERS = f"gp/{TREE.panchayat.id}/members"


class NewerShg(Shg):
    """The group of a newer app: one more field, one more choice."""

    savings_day: Count | None = None
    colour: Annotated[str, Choice("red", "blue")] = "red"


class Meeting(Record):
    """A kind of a newer app."""

    place: Name
    note: Text | None = None


NEWER = KINDS.replaced(
    replace(KINDS["Shg"], cls=NewerShg), Kind("Meeting", Meeting, reference_streams, "reference", ("place",))
)


def newer_section(shg, **changes):
    section = a_section([NewerShg(**{**shg.model_dump(), **changes})])
    section.kind = "Shg"
    return section


def at(path, registry=KINDS):
    return PhoneWorkspace(LocalStore.open(path, registry=registry, built_on=date(2026, 1, 1)))


@pytest.fixture
def phone(tmp_path):
    with a_phone(tmp_path, TREE) as phone:
        yield phone


def test_an_unknown_column_is_kept_through_an_edit_and_read_after_the_upgrade_without_a_new_pull(tmp_path):
    shg = an_shg(village_id=TREE.village.id)
    with a_phone(tmp_path, TREE) as phone:
        take_page(phone.store, a_page(a_part(MEMBERS, newer_section(shg, savings_day=5, colour="blue"))))
        phone.do(ChangeGroup(shg.id, {"name": "New name"}))
        assert cells_of(phone, "Shg", shg.id).extra["savings_day"] == [a_stamp(), 5]
        assert set(thawed(next_batch(phone.store).blob).sections[0].fields) == {"name"}
        path = phone.store.path
    newer = at(path, NEWER)
    row = newer.ask(find_shg, id=shg.id)
    with newer.store.reading() as t:
        table = t.tables["Shg"]
        stored = t.connection.execute(table.select().where(table.c.id == shg.id)).mappings().one()
    assert (stored["savings_day"], stored["colour"], row[0].name) == (5, "blue", "New name")
    assert cells_of(newer, "Shg", shg.id).stamps["savings_day"] == a_stamp()
    assert cells_of(newer, "Shg", shg.id).extra == {}
    newer.store.close()


def test_a_new_column_holds_its_default_in_rows_that_never_had_it(tmp_path):
    with a_phone(tmp_path, TREE) as phone:
        id = phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id)))).id
        path = phone.store.path
    newer = at(path, NEWER)
    assert cells_of(newer, "Shg", id).cell("colour") == ("red", "")
    newer.store.close()


def test_an_older_app_can_open_the_store_of_a_newer_one_and_hands_back_what_it_did_not_know(tmp_path):
    path, shg = tmp_path / "phone.sqlite", an_shg()
    at(path, NEWER).store.close()
    older = at(path)
    take_page(older.store, a_page(a_part(MEMBERS, newer_section(shg, savings_day=5))))
    older.store.close()
    newer = at(path, NEWER)
    assert cells_of(newer, "Shg", shg.id).values["savings_day"] == 5
    newer.store.close()


def test_an_unknown_kind_is_kept_raw_and_becomes_readable_without_a_new_pull(tmp_path):
    meeting = Meeting(id="a" * 32, place="Under the tree")
    other = Meeting(id="b" * 32, place="At the school")
    with a_phone(tmp_path, TREE) as phone:
        take_page(phone.store, a_page(a_part(MEMBERS, a_section([meeting, other]))))
        take_page(phone.store, a_page(a_part("x/y/groups", held={"Meeting": [meeting.id]}), number=2))
        take_page(phone.store, a_page(a_part(MEMBERS, left={"Meeting": [meeting.id, other.id]}), number=3))
        path = phone.store.path
    newer = at(path, NEWER)
    with newer.store.reading() as t:
        rows = t.connection.execute(t.tables["Meeting"].select()).mappings().all()
    assert [row["place"] for row in rows] == ["Under the tree"]
    assert rows[0]["search_key"] and rows[0]["held"] and cells_of(newer, "Meeting", meeting.id).stamps
    newer.store.close()


def test_an_unknown_choice_is_shown_raw_not_editable_and_left_alone(phone):
    shg = an_shg(village_id=TREE.village.id)
    section = a_section([shg])
    section.columns[section.fields.index("meeting_rhythm")] = ["by_the_moon"]
    section.stamps[section.fields.index("meeting_rhythm")] = [a_stamp()]
    take_page(phone.store, a_page(a_part(MEMBERS, section)))
    assert phone.ask(find_shg, id=shg.id)[0].meeting_rhythm == "by_the_moon"
    with pytest.raises(Refused) as refused:
        phone.do(ChangeGroup(shg.id, {"meeting_rhythm": "weekly"}))
    assert refused.value.refusals[0].code == "update_app"
    phone.do(ChangeGroup(shg.id, {"name": "Other", "meeting_rhythm": "by_the_moon"}))
    assert set(thawed(next_batch(phone.store).blob).sections[0].fields) == {"name"}
    assert cells_of(phone, "Shg", shg.id).cell("meeting_rhythm") == ("by_the_moon", a_stamp())


def test_an_unknown_step_is_kept_and_makes_the_state_unknown(phone):
    shg = an_shg(village_id=TREE.village.id)
    account, step = an_account(shg), a_step(an_account(shg)).model_copy(update={"kind": "blessed"})
    take_page(phone.store, a_page(a_part(MEMBERS, a_section([shg]), a_section([account]), a_section([step]))))
    assert [row.kind for row in phone.ask(list_steps, account_id=account.id)] == ["blessed"]
    assert state_of([AccountStep.known(step.model_dump())]).state == "unknown"


def test_a_value_of_a_wrong_kind_never_stops_a_page(phone):
    shg = an_shg(village_id=TREE.village.id)
    section = a_section([shg])
    for name, value in (("formed_on", "no day"), ("declared_members", "many"), ("active", "maybe"), ("name", [1])):
        section.columns[section.fields.index(name)] = [value]
    take_page(phone.store, a_page(a_part(MEMBERS, section)))
    row = phone.ask(find_shg, id=shg.id)[0]
    assert (row.formed_on, row.declared_members, row.active, row.name) == (None, None, None, "[1]")
