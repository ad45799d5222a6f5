"""Which record of a phone a row of the portal's list means, where nobody has typed the code: only what is sure."""

import pytest

from operations.importing import running
from operations.importing.door import Uncoded
from records.commands.groups import ChangeGroup, DeleteGroup, RegisterGroup
from records.ids import official_id
from records.search_key import name_key
from server.importing import Importing
from tests.console import Console
from tests.lists import VILLAGE, FakeDoor, csv_file, imported
from tests.world import World, ref

GROUP = official_id("nrlm/shg", "00101")
GROUPS = ("SHG Code", "SHG Name", "Block", "GP", "Village", "Formation Date")
MEMBERS = ("SHG Code", "Member Code", "Member Name", "Husband Name")
MINE, OTHER = "a" * 32, "b" * 32


def woman(id: str, name: str, guardian: str = "") -> Uncoded:
    return Uncoded(id, GROUP, name_key(name), name_key(guardian))


@pytest.mark.parametrize(
    ("here", "listed", "met"),
    [
        # Her husband's name, in whichever script, says which of two she is.
        ([("सीता", "राम"), ("सीता", "मोहन")], [("Sita", "Ram")], {MINE}),
        ([("सीता", "")], [("सीता", "राम")], {MINE}),
        ([("सीता", "राम")], [("सीता", "")], {MINE}),
        ([("सीता", "राम")], [("सीता", "मोहन")], set()),
        ([("सीता", ""), ("सीता", "मोहन")], [("सीता", "राम")], set()),
        ([("सीता", "")], [("सीता", "राम"), ("सीता", "मोहन")], set()),
        ([("गीता", "राम")], [("सीता", "राम")], set()),
        # The keys of a search would take these for one.
        ([("राम बाई", "")], [("रमा बाई", "")], set()),
        ([("कमला", "राम")], [("Kamal", "Ram")], set()),
        # Two of one name and husband: their order must not say which of them she is.
        ([("सीता", "राम")], [("सीता", "राम"), ("सीता", "राम")], set()),
    ],
)
def test_a_woman_is_met_only_where_nobody_else_can_be_meant(tmp_path, here, listed, met):
    women = [woman(id, *names) for id, names in zip((MINE, OTHER), here, strict=False)]
    rows = [("00101", f"70{at}", *names) for at, names in enumerate(listed)]
    door = FakeDoor(known={"00101": GROUP}, women=women)
    report = imported("members", csv_file(tmp_path / "list.csv", [MEMBERS, *rows]), door)
    assert {id for kind, id in door.kept if kind == "Member"} & {MINE, OTHER} == met
    assert report.notes["met_by_name"] == len(met) and report.placed == len(rows)


@pytest.mark.parametrize(
    ("day", "name", "met"),
    [
        ("15-08-2021", "Jai Ambe", True),
        ("16-08-2021", "Jai Ambe", False),
        ("15-08-2021", "Jai Amba Mata", False),
        ("15-08-2021", "जय अम्बा", False),
    ],
)
def test_a_group_is_met_by_name_village_and_day(tmp_path, day, name, met):
    door = FakeDoor(uncoded={(VILLAGE, name_key("जय अम्बे"), "2021-08-15"): MINE})
    row = ("00101", name, "Badwara", "Bhajia", "Bijouri", day)
    # The same row once more says nothing new.
    report = imported("groups", csv_file(tmp_path / "list.csv", [GROUPS, row, row]), door)
    assert {id for kind, id in door.kept if kind == "Shg"} == {MINE if met else GROUP}
    assert report.passed_over["repeated"] == 1


def test_of_two_groups_of_one_name_village_and_day_neither_is_met(tmp_path):
    door = FakeDoor(uncoded={(VILLAGE, name_key("जय अम्बे"), "2021-08-15"): MINE})
    alike = ("Badwara", "Bhajia", "Bijouri", "15-08-2021")
    rows = [("00101", "Jai Ambe", *alike), ("00102", "जय अम्बे", *alike[:3], "15/08/2021")]
    imported("groups", csv_file(tmp_path / "list.csv", [GROUPS, *rows]), door)
    assert MINE not in {id for _, id in door.kept}


def test_women_of_one_name_are_counted_over_the_whole_list(tmp_path, monkeypatch):
    monkeypatch.setattr(running, "ROWS_AT_ONCE", 1)
    door = FakeDoor(known={"00101": GROUP}, women=[woman(MINE, "सीता")])
    rows = [("00101", "701", "सीता", "राम"), ("00101", "702", "सीता", "मोहन")]
    imported("members", csv_file(tmp_path / "list.csv", [MEMBERS, *rows]), door)
    assert door.lots == 2 and MINE not in {id for _, id in door.kept}


@pytest.mark.parametrize(
    ("here", "refused"),
    [
        ({}, True),
        ({"name": "जय अम्बे समूह"}, False),
        ({"village_id": VILLAGE}, False),
        ({"formed_on": "2021-08-15"}, False),
        ({"formed_on": None}, False),
    ],
)
def test_a_code_typed_at_quite_another_group_gives_it_no_account(tmp_path, here, refused):
    bearer = {"name": "दुर्गा समूह", "village_id": OTHER, "formed_on": "2019-01-01"} | here
    door = FakeDoor(known={"00101": MINE}, there={MINE: bearer})
    row = ("00101", "Jai Ambe", "Badwara", "Bhajia", "Bijouri", "15-08-2021", "00123456789")
    report = imported("groups", csv_file(tmp_path / "list.csv", [(*GROUPS, "Account No"), row]), door)
    assert report.refused == ({"code_of_another_group": 1} if refused else {})
    assert bool(door.of("SavingsAccount")) is not refused


def test_groups_that_could_be_mistaken_for_each_other_are_not_told():
    console = Console(World())
    page = console.signed_in("supervisor").workspace
    same = {"village_id": ref("V1"), "formed_on": "2026-03-01"}
    for name in ("उजाला", "Ujala"):
        page.do(RegisterGroup({**same, "name": name}))
    alone, gone, coded = (page.do(RegisterGroup({**same, "name": name})).id for name in ("एक", "दो", "तीन"))
    page.do(DeleteGroup(gone))
    page.do(ChangeGroup(coded, {"portal_code": "7"}))
    with Importing(console.world.centre, "portal") as door:
        assert door.groups_without_code() == {(ref("V1"), name_key("एक"), "2026-03-01"): alone}
    console.close()
    console.world.centre.close()
