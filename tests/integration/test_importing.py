"""What the office's lists may do: fill in, never overwrite; ask about doubles; change nothing the second time."""

import sqlite3
from contextlib import closing
from datetime import date

import pytest
from sqlalchemy import select

from records.commands.accounts import RecordStep
from records.commands.conflicts import RestoreValue
from records.commands.groups import ChangeGroup, RegisterGroup
from records.commands.members import AddMember
from records.commands.proposals import DecideProposal
from records.ids import first_account_id, official_id
from records.portal import read_differs
from server.importing import Importing, Listed
from storage.queries import find_account, find_shg, list_proposals, list_steps
from tests.fleet import Phone, differences, fresh_contents, quiet
from tests.world import World, ref

CODE = "24639"
GROUP, MEMBER = official_id("nrlm/shg", CODE), official_id("nrlm/member", "900001")
ACCOUNT, OPENED = first_account_id(GROUP), official_id("nrlm/step", f"{CODE}/opened")


def register(**group) -> list[Listed]:
    """A group as the portal lists it, with a member and an opened account."""
    values = {"village_id": ref("V1"), "name": "जय अम्बे", "formed_on": "2024-03-01", "declared_members": 12}
    account = {"shg_id": GROUP, "branch_id": ref("R1"), "account_number": "0042110110001", "opened_on": "2024-05-02"}
    return [
        Listed("Shg", GROUP, values | {"portal_code": CODE} | group),
        Listed("Member", MEMBER, {"shg_id": GROUP, "name": "सुनीता बाई", "age": 34, "portal_code": "900001"}),
        Listed("SavingsAccount", ACCOUNT, account),
        Listed("AccountStep", OPENED, {"account_id": ACCOUNT, "kind": "opened", "on_day": "2024-05-02"}),
    ]


def take(world, *listed, dry_run=False):
    world.clock.forward(ms=50)
    with Importing(world.centre, "portal", dry_run=dry_run) as importing:
        return importing.take(list(listed))


def everything(world) -> dict:
    """Every row of every table of the centre."""
    found = {}
    with world.centre.database.reading() as db:
        for name, table in world.centre.tables.metadata.tables.items():
            found[name] = sorted(map(repr, db.execute(select(table)).all()))
    return found


def test_a_register_is_taken_in_and_reaches_the_phones(fleet):
    abm, sakhi = fleet("abm"), fleet("sakhi")
    assert [one.effect for one in take(fleet.world, *register())] == ["new"] * 4
    quiet([abm, sakhi])
    [shg] = abm.workspace.ask(find_shg, id=GROUP)
    assert (shg.name, shg.portal_code, shg.portal_status) == ("जय अम्बे", CODE, "verified")
    [account] = sakhi.workspace.ask(find_account, shg_id=GROUP)
    assert (account.state, account.account_number) == ("opened", "0042110110001")
    assert not differences(abm.contents(), fresh_contents(fleet.world, "abm", fleet.folder))


def test_a_second_run_changes_nothing(fleet):
    take(fleet.world, *register())
    before = everything(fleet.world)
    assert [one.effect for one in take(fleet.world, *register())] == ["same"] * 4
    assert everything(fleet.world) == before


def test_a_dry_run_writes_nothing_and_says_what_would_happen(fleet):
    with Importing(fleet.world.centre, "portal"):
        before = everything(fleet.world)
    taken = take(fleet.world, *register(), Listed("Shg", ref("no"), {"name": "बिना ग्राम"}), dry_run=True)
    assert [one.effect for one in taken] == ["new"] * 4 + ["refused"]
    assert everything(fleet.world) == before


def test_phones_go_on_while_a_dry_run_takes_its_time(tmp_path):
    world = World(url=f"sqlite:///{tmp_path / 'central.db'}")
    abm = Phone(world, "abm", tmp_path, "abm")
    abm.sync()
    with Importing(world.centre, "portal", dry_run=True) as importing:
        assert [one.effect for one in importing.take(register())] == ["new"] * 4
        group = abm.do(RegisterGroup({"village_id": ref("V1"), "name": "Jai Durga", "formed_on": date(2024, 3, 1)})).id
        with closing(sqlite3.connect(tmp_path / "central.db", timeout=0)) as somebody:
            somebody.execute("BEGIN IMMEDIATE")  # nobody holds the one lock there is for those who write
            somebody.execute("ROLLBACK")
        abm.sync()
        assert importing.group_of_code([CODE]) == {CODE: GROUP}, "a dry run sees what it did"
    assert world.row("Shg", group)["name"] == "Jai Durga"
    assert [row["id"] for row in world.rows(world.centre.tables.records["Shg"])] == [group]
    abm.store.close()
    world.drop()


def test_what_a_phone_wrote_is_never_overwritten_and_both_values_are_kept(fleet):
    take(fleet.world, *register())
    abm = fleet("abm")
    abm.do(ChangeGroup(GROUP, {"name": "जय माँ अम्बे", "declared_members": 13}))
    abm.sync()
    taken = take(fleet.world, *register(meeting_rhythm="weekly"))
    assert (taken[0].effect, taken[0].differs) == ("changed", ("declared_members", "name"))
    abm.sync()
    [shg] = abm.workspace.ask(find_shg, id=GROUP)
    assert (shg.name, shg.declared_members, shg.meeting_rhythm) == ("जय माँ अम्बे", 13, "weekly")
    assert shg.portal_status == "differs"
    assert read_differs(shg.portal_differs) == {"name": "जय अम्बे", "declared_members": 12}
    assert not fleet.world.rows(fleet.world.centre.tables.records["Conflict"]), "nobody's value lost against another"

    abm.do(RestoreValue("Shg", GROUP, "name", "जय अम्बे"))
    abm.do(ChangeGroup(GROUP, {"declared_members": 12}))
    abm.sync()
    take(fleet.world, *register(meeting_rhythm="weekly"))
    abm.sync()
    [shg] = abm.workspace.ask(find_shg, id=GROUP)
    assert (shg.portal_status, shg.portal_differs) == ("verified", None)


def test_what_would_break_a_rule_beside_a_persons_word_is_kept_as_what_differs(fleet):
    """A phone has her age, the list her birth date: one of the two may stand."""
    take(fleet.world, *register())
    abm = fleet("abm")
    added = abm.do(AddMember(GROUP, {"name": "गीता", "age": 34}))
    abm.sync()
    listed = Listed("Member", added.id, {"born_on": "1990-01-01", "education": "middle"})
    for effect in ("changed", "same"):
        (taken,) = take(fleet.world, listed)
        assert (taken.effect, taken.differs) == (effect, ("born_on",))
    row = fleet.world.row("Member", added.id)
    assert (row["age"], row["born_on"], row["education"], row["portal_status"]) == (34, None, "middle", "differs")
    assert read_differs(row["portal_differs"]) == {"born_on": "1990-01-01"}


def test_a_phone_that_has_not_sent_yet_still_wins_over_the_list(fleet):
    take(fleet.world, *register())
    abm = fleet("abm")
    abm.line.cut = True
    abm.do(ChangeGroup(GROUP, {"name": "जय माँ अम्बे"}))
    take(fleet.world, *register(name="जय अम्बे नया"))
    abm.line.cut = False
    quiet([abm])
    row = fleet.world.row("Shg", GROUP)
    assert row["name"] in ("जय माँ अम्बे", "जय अम्बे नया")
    kept = {c["value"] for c in fleet.world.rows(fleet.world.centre.tables.records["Conflict"])}
    other = {"जय माँ अम्बे", "जय अम्बे नया"} - {row["name"]}
    assert {f'"{name}"' for name in other} <= kept, "the value that lost is kept and shown"


def test_a_field_the_list_wrote_itself_follows_the_list(fleet):
    take(fleet.world, *register())
    taken = take(fleet.world, *register(declared_members=14))
    assert taken[0].effect == "changed" and not taken[0].differs
    assert fleet.world.row("Shg", GROUP)["declared_members"] == 14


def test_what_is_left_empty_in_a_list_says_nothing(fleet):
    take(fleet.world, *register(declared_members=14))
    take(fleet.world, *register(declared_members=None))
    assert fleet.world.row("Shg", GROUP)["declared_members"] == 14


def test_a_row_that_cannot_be_taken_is_given_back_and_blocks_nobody(fleet):
    bad_day = Listed("Member", ref("m1"), {"shg_id": GROUP, "name": "गीता", "joined_on": "31-02-2024"})
    nowhere = Listed("Shg", ref("g9"), {"village_id": ref("V9"), "name": "कहीं नहीं", "formed_on": "2024-01-01"})
    orphan = Listed("Member", ref("m2"), {"shg_id": ref("g8"), "name": "रेखा"})
    taken = take(fleet.world, *register(), bad_day, nowhere, orphan)
    assert [one.effect for one in taken] == ["new"] * 4 + ["refused"] * 3
    assert [(one.code, one.field) for one in taken[4:]] == [
        ("not_a_day", "joined_on"), ("waits_for_parent", "village_id"), ("waits_for_parent", "shg_id"),
    ]  # fmt: skip
    tables = fleet.world.centre.tables
    assert not fleet.world.rows(tables.held) and not fleet.world.rows(tables.quarantine)


def test_the_step_of_a_list_follows_the_steps_a_phone_has_recorded(fleet):
    take(fleet.world, register()[0])
    sakhi = fleet("sakhi")
    sakhi.do(RecordStep(GROUP, "submitted", date(2024, 4, 20)))
    sakhi.sync()
    take(fleet.world, *register()[2:])
    sakhi.sync()
    [account] = sakhi.workspace.ask(find_account, shg_id=GROUP)
    steps = sakhi.workspace.ask(list_steps, account_id=ACCOUNT)
    assert account.state == "opened" and [step.kind for step in steps] == ["submitted", "opened"]
    assert "steps_disputed" not in fleet.world.row("Shg", GROUP)["marks"]


def test_a_step_that_says_nothing_new_is_not_added(fleet):
    take(fleet.world, register()[0])
    sakhi = fleet("sakhi")
    sakhi.do(RecordStep(GROUP, "opened", date(2024, 5, 2), account_values={"account_number": "942110110001234"}))
    sakhi.sync()
    assert [one.effect for one in take(fleet.world, *register()[2:])] == ["changed", "same"]
    sakhi.sync()
    [account] = sakhi.workspace.ask(find_account, shg_id=GROUP)
    assert account.account_number == "942110110001234", "hers stands; the portal's is kept beside it"
    row = fleet.world.row("SavingsAccount", ACCOUNT)
    assert read_differs(row["portal_differs"])["account_number"] == "0042110110001"


@pytest.fixture
def registered(fleet):
    """A group that a phone has registered, and that the portal lists under a code nobody has typed."""
    abm = fleet("abm")
    group = abm.do(
        RegisterGroup({"village_id": ref("V1"), "name": "Jai Ambe mahila samuh", "formed_on": date(2024, 3, 1)})
    ).id
    abm.sync()
    return abm, group


def test_a_group_that_a_phone_may_have_registered_is_asked_about_and_not_joined(fleet, registered):
    abm, group = registered
    taken = take(fleet.world, *register())
    assert taken[0].proposed == (group,)
    abm.sync()
    [asked] = abm.workspace.ask(list_proposals, shg_id=group)
    assert (asked.other_id, asked.because, asked.other_name) == (GROUP, ("name_and_village",), "जय अम्बे")
    assert fleet.world.row("Shg", group)["canonical_id"] == group

    abm.do(DecideProposal(asked.id, group, True))
    abm.sync()
    assert not abm.workspace.ask(list_proposals, shg_id=group)
    assert fleet.world.row("Shg", group)["canonical_id"] == fleet.world.row("Shg", GROUP)["canonical_id"]


@pytest.mark.parametrize(("name", "asked"), [("जय अम्बे समूह", True), ("दुर्गा समूह", False)])
def test_a_group_whose_code_has_lost_its_zeros_is_asked_about(fleet, name, asked):
    abm = fleet("abm")
    group = abm.do(RegisterGroup({"village_id": ref("V1"), "name": name, "formed_on": date(2024, 3, 1)})).id
    abm.do(ChangeGroup(group, {"portal_code": CODE}))
    abm.sync()
    values = {"village_id": ref("V1"), "name": "जय अम्बे", "formed_on": "2024-03-01", "portal_code": f"00{CODE}"}
    [taken] = take(fleet.world, Listed("Shg", official_id("nrlm/shg", f"00{CODE}"), values))
    assert (taken.effect, taken.proposed) == ("new", (group,) if asked else ())


def test_groups_said_to_be_different_are_not_asked_about_again(fleet, registered):
    abm, group = registered
    take(fleet.world, *register())
    abm.sync()
    [asked] = abm.workspace.ask(list_proposals, shg_id=group)
    abm.do(DecideProposal(asked.id, group, False))
    abm.sync()
    take(fleet.world, *register(name="जय अम्बे समूह"))
    abm.sync()
    assert not abm.workspace.ask(list_proposals, shg_id=group)
    assert fleet.world.row("Proposal", asked.id)["state"] == "not_the_same"


def test_the_same_account_at_a_group_of_another_name_is_asked_about(fleet):
    abm, sakhi = fleet("abm"), fleet("sakhi")
    values = {"village_id": ref("V2"), "name": "राधा रानी", "formed_on": date(2024, 3, 1)}
    supervisor = fleet("supervisor")
    group = supervisor.do(RegisterGroup(values)).id
    quiet([supervisor, sakhi])
    sakhi.do(RecordStep(group, "opened", date(2024, 5, 2), account_values={"account_number": "0042110110001"}))
    quiet([abm, sakhi])
    taken = take(fleet.world, *register())
    supervisor.sync()
    [asked] = supervisor.workspace.ask(list_proposals, shg_id=group)
    assert asked.because == ("account_number",) and taken[0].proposed == (group,)


def test_a_group_of_another_village_or_name_is_not_asked_about(fleet):
    supervisor = fleet("supervisor")
    for village, name in (("V2", "जय अम्बे"), ("V1", "राधा रानी")):
        supervisor.do(RegisterGroup({"village_id": ref(village), "name": name, "formed_on": date(2024, 3, 1)}))
    supervisor.sync()
    assert take(fleet.world, *register())[0].proposed == ()


def test_a_code_typed_on_a_phone_names_that_group(fleet, registered):
    abm, group = registered
    abm.do(ChangeGroup(group, {"portal_code": CODE}))
    abm.sync()
    with Importing(fleet.world.centre, "portal") as importing:
        assert importing.group_of_code([CODE, "1"]) == {CODE: group}


def test_no_phone_may_write_as_an_importer(fleet):
    """The role is of devices of the office only: no assignment gives it."""
    answer = fleet.world.office(
        ("Assignment", "abm/9", {"person_id": "abm", "role": "importer", "place_id": "G2", "from_on": "2020-01-01"})
    )
    assert [o.state for o in answer.outcomes] == ["refused"]
