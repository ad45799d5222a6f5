"""The comparison of a phone with the centre sees every kind of difference; where there is none, it says so."""

import sqlite3
from datetime import date

import pytest

from operations.agreement import compare
from operations.demo_setup import ABM, REVIEWER, SAKHI, set_up
from operations.demo_verdict import agree
from records.commands.groups import ChangeGroup, RegisterGroup
from records.commands.members import AddMember
from server.serving import open_centre
from storage.queries.places import list_villages
from storage.store import LocalStore
from sync.joining import joined


class InProcess:
    """A demo phone whose network is a call."""

    def __init__(self, folder, centre, someone, code):
        self.someone = someone
        self.store = LocalStore.open(folder / f"{someone.key}.sqlite")
        self.workspace, self.runner = joined(self.store, centre, app="0.1.0")
        self.workspace.enrol(code)
        assert self.runner.run().problem is None


@pytest.fixture
def centre(tmp_path):
    centre = open_centre(tmp_path, 23)
    yield centre
    centre.close()


@pytest.fixture
def phones(tmp_path, centre):
    codes = set_up(tmp_path)
    phones = {one.key: InProcess(tmp_path, centre, one, codes[one.key]) for one in (ABM, SAKHI, REVIEWER)}
    yield phones
    for phone in phones.values():
        phone.store.close()


@pytest.fixture
def group(phones):
    """A group with a member and a mobile number, on the ABM's phone and received by all."""
    abm = phones["abm"].workspace
    [village] = [row.id for row in abm.ask(list_villages, search="बिजौरी")]
    values = {"name": "जय अम्बे", "village_id": village, "formed_on": date(2026, 11, 1), "mobile": "9876543210"}
    group = abm.do(RegisterGroup(values)).id
    abm.do(AddMember(group, {"name": "सीता बाई"}))
    for phone in phones.values():
        assert phone.runner.run().problem is None
    return group


def differing(phone, centre):
    return {kind for one in compare(phone.store, centre).streams for kind, _ in one.differing}


def tamper(phone, statement, *values):
    with sqlite3.connect(phone.store.path) as db:
        assert db.execute(statement, values).rowcount == 1
    db.close()


def test_copies_that_have_synchronised_agree(phones, centre, group):
    for phone in phones.values():
        assert compare(phone.store, centre).agrees
    said = []
    assert agree(phones, centre, said.append)
    assert said[-1] == "All 3 phones and the server agree on every byte of their streams."


def test_streams_hold_what_their_readers_may_see(phones, centre, group):
    kinds = {key: held_kinds(phone) for key, phone in phones.items()}
    assert {"Shg", "Member"} <= kinds["abm"]
    assert "Shg" in kinds["reviewer"] and "Member" not in kinds["reviewer"]


def held_kinds(phone):
    with phone.store.reading() as t:
        return {kind for kind in t.registry if t.connection.execute(t.tables[kind].select()).first()}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE shg SET name = 'जय अंबे'",
        "UPDATE shg SET formed_on = '2026-11-02'",
        "UPDATE shg SET stamps = replace(stamps, 'formed_on', 'remarks')",
        "UPDATE shg SET roster_count = 2",
        "UPDATE member SET name = 'सीता'",
        "DELETE FROM member",
    ],
)
def test_a_changed_or_missing_cell_is_noticed(phones, centre, group, statement):
    tamper(phones["abm"], statement)
    assert differing(phones["abm"], centre) == {"Member" if "member" in statement else "Shg"}
    said = []
    assert not agree(phones, centre, said.append)
    assert "DO NOT AGREE" in said[-1] and any("DIFFERS" in line for line in said)


def test_a_column_that_the_role_may_not_see_is_noticed(phones, centre, group):
    tamper(phones["reviewer"], "UPDATE shg SET mobile = '9876543210'")
    assert differing(phones["reviewer"], centre) == {"Shg"}


def test_a_record_that_no_stream_holds_is_noticed(phones, centre, group):
    tamper(phones["abm"], "UPDATE member SET held = ''")
    assert differing(phones["abm"], centre) == {"Member"}


def test_a_stream_that_holds_too_much_is_noticed(phones, centre, group):
    with phones["sakhi"].store.reading() as t:
        numbers = dict(t.connection.exec_driver_sql("SELECT name, number FROM stream").all())
    reference = next(number for name, number in numbers.items() if name.startswith("state/"))
    tamper(phones["sakhi"], "UPDATE shg SET held = held || ?", f"{reference},")
    assert differing(phones["sakhi"], centre) == {"Shg"}


def test_work_that_has_not_been_sent_is_no_agreement(phones, centre, group):
    phones["abm"].workspace.do(ChangeGroup(group, {"name": "जय माँ अम्बे"}))
    comparison = compare(phones["abm"].store, centre)
    assert comparison.unsent == 1 and not comparison.agrees


def test_news_that_have_not_been_fetched_are_no_agreement(phones, centre, group):
    phones["abm"].workspace.do(ChangeGroup(group, {"name": "जय माँ अम्बे"}))
    assert phones["abm"].runner.run().problem is None
    assert compare(phones["abm"].store, centre).agrees
    assert differing(phones["sakhi"], centre) == {"Shg"}
