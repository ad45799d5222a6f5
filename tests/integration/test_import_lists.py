"""Lists from file to phone: what an office imports changes what it says and nothing else."""

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from typer.testing import CliRunner

from operations.importing import commands
from operations.importing.commands import import_sheet
from operations.importing.comparing import Comparing
from operations.importing.headers import HEADS
from operations.importing.reading import CannotRead, open_sheet
from records.commands.groups import ChangeGroup, RegisterGroup
from records.commands.members import AddMember
from records.ids import official_id
from server.serving import open_centre
from storage.queries import find_account, find_member, find_shg, list_groups, list_members
from tests.fleet import differences, fresh_contents, quiet
from tests.lists import csv_file, xlsx_file
from tests.world import World

MAPPING = (
    "State Code", "State Name", "District Code", "District Name", "Block Code", "Block Name", "Local Body Code",
    "Local Body Name", "Village Code", "Village Name (In English)", "Village Name (In Local)",
)  # fmt: skip
KATNI = ("23", "MADHYA PRADESH", "413", "KATNI", "3885", "BADWARA")
VILLAGES = [
    (*KATNI, "990001", "BHAJIA", "880001", "BIJOURI", "बिजौरी"),
    (*KATNI, "990001", "BHAJIA", "880002", "KATARIYA", "कटरिया"),
    (*KATNI, "990002", "BHUDSA", "880003", "PARSEL", "परसेल"),
]
BRANCHES = [("IFSC", "Bank", "Branch", "Block"), ("BKID0MG1230", "BANK OF INDIA", "MPGB BADWARA", "Badwara")]
REGISTER = ("समूह कोड", "समूह का नाम", "विकासखण्ड", "ग्राम पंचायत", "ग्राम", "गठन दिनांक", "कुल सदस्य", "IFSC कोड",
            "खाता क्रमांक", "खाता खुलने का दिनांक")  # fmt: skip
GROUPS = [
    ("00101", "जय अम्बे समूह", "बड़वारा", "भजिया", "बिजौरी", "१५-०८-२०२१", "१२", "BKID0MG1230", "00123456789", "1-9-2021"),
    ("00102", "माँ शारदा समूह", "Barwara", "Bhajia", "Katariya", "44423", "11", "", "", ""),
]
ROSTER = ("SHG Code", "Member Code", "Member Name", "Husband Name", "Age", "Designation")
WOMEN = [
    ("00101", "7001", "अभ्यास सीता", "अभ्यास राम", "34", "अध्यक्ष"),
    ("00101", "7002", "अभ्यास गीता", "", "२९", "Secretary"),
    ("00102", "7003", "अभ्यास रेखा", "", "", ""),
]
JAI_AMBE = official_id("nrlm/shg", "00101")
BHAJIA, BHUDSA = (official_id("lgd", f"gram_panchayat/{code}") for code in ("990001", "990002"))


@pytest.fixture
def lists(tmp_path):
    """The four lists of an office, in the order in which they are imported."""
    return {
        "places": csv_file(tmp_path / "lgd.csv", [MAPPING, *VILLAGES], delimiter=";"),
        "branches": xlsx_file(tmp_path / "branches.xlsx", BRANCHES),
        "groups": xlsx_file(tmp_path / "groups.xlsx", [("Register of a block",), (), REGISTER, *GROUPS]),
        "members": csv_file(tmp_path / "members.csv", [ROSTER, *WOMEN]),
    }


def take(world, kind, path, **how):
    world.clock.forward(ms=50)
    report = import_sheet(kind, open_sheet(path, HEADS[kind]), world.centre, **how)
    assert report.all_accounted
    return report


def take_all(world, lists):
    return {kind: take(world, kind, path) for kind, path in lists.items()}


def everything(world):
    """Every row of every table of the centre: records, streams, feed, history and the rest."""
    with world.centre.database.reading() as db:
        return {
            name: sorted(map(repr, db.execute(select(table)).all()))
            for name, table in world.centre.tables.metadata.tables.items()
        }


def assign(world, person, panchayat):
    """A person who works in a panchayat of the imported lists."""
    values = {"person_id": person, "role": "abm", "from_on": "2020-01-01", "place_id": panchayat}
    world.office(("Person", person, {"name": person, "home_id": "D"}), ("Assignment", f"{person}/1", values))


def test_four_lists_become_groups_with_accounts_and_members(fleet, lists):
    reports = take_all(fleet.world, lists)
    assert [(r.placed, r.refused_rows) for r in reports.values()] == [(3, 0), (1, 0), (2, 0), (3, 0)]
    assign(fleet.world, "abm9", BHAJIA)
    abm = fleet("abm9")
    [shg] = abm.workspace.ask(find_shg, id=JAI_AMBE)
    assert (shg.name, shg.portal_code, shg.declared_members, shg.roster_count) == ("जय अम्बे समूह", "00101", 12, 2)
    assert shg.president_id == official_id("nrlm/member", "7001")
    [account] = abm.workspace.ask(find_account, shg_id=JAI_AMBE)
    assert (account.state, account.account_number, account.branch_name) == ("opened", "00123456789", "Badwara")
    assert {m.name for m in abm.workspace.ask(list_members, shg_id=JAI_AMBE)} == {"अभ्यास सीता", "अभ्यास गीता"}
    assert not differences(abm.contents(), fresh_contents(fleet.world, "abm9", fleet.folder))


def test_a_second_run_changes_nothing(fleet, lists):
    take_all(fleet.world, lists)
    before = everything(fleet.world)
    for report in take_all(fleet.world, lists).values():
        assert report.placed and {effect for (_, effect), n in report.effects.items() if n} == {"same"}
    assert everything(fleet.world) == before


def test_a_dry_run_writes_nothing_and_says_what_the_run_then_does(fleet, lists):
    for kind, path in lists.items():
        take(fleet.world, kind, csv_file(fleet.folder / "none.csv", header_of(kind)))  # makes the importer's device
        before = everything(fleet.world)
        dry = take(fleet.world, kind, path, dry_run=True)
        assert everything(fleet.world) == before
        assert take(fleet.world, kind, path).effects == dry.effects and sum(dry.effects.values())


def header_of(kind):
    return {"places": [MAPPING], "branches": BRANCHES[:1], "groups": [REGISTER], "members": [ROSTER]}[kind]


def test_what_a_phone_wrote_is_kept_and_counted(fleet, lists):
    take_all(fleet.world, lists)
    assign(fleet.world, "abm9", BHAJIA)
    abm = fleet("abm9")
    abm.do(ChangeGroup(JAI_AMBE, {"name": "जय माँ अम्बे", "declared_members": 13}))
    abm.sync()
    report = take(fleet.world, "groups", lists["groups"])
    assert report.differs == {("Shg", "name"): 1, ("Shg", "declared_members"): 1}
    assert "kept what people wrote" in "\n".join(report.sentences())
    abm.sync()
    [shg] = abm.workspace.ask(find_shg, id=JAI_AMBE)
    assert (shg.name, shg.declared_members, shg.portal_status) == ("जय माँ अम्बे", 13, "differs")


def test_a_group_of_a_phone_is_met_by_its_code_or_proposed_as_a_double(fleet, lists):
    for kind in ("places", "branches"):
        take(fleet.world, kind, lists[kind])
    assign(fleet.world, "abm9", BHAJIA)
    abm = fleet("abm9")
    villages = [official_id("lgd", f"village/{code}") for code in ("880001", "880002")]
    names = ("जय अम्बे समूह", "माँ शारदा समूह")
    with_code, without = (
        abm.do(RegisterGroup({"name": name, "village_id": village, "formed_on": "2021-08-14"})).id
        for name, village in zip(names, villages, strict=True)
    )
    abm.do(ChangeGroup(with_code, {"portal_code": "00101"}))
    abm.sync()
    report = take(fleet.world, "groups", lists["groups"])
    assert report.effects["Shg", "new"] == 1 and report.proposed == 1
    abm.sync()
    groups = {group.id for group in abm.workspace.ask(list_groups)}
    assert groups == {with_code, without, official_id("nrlm/shg", "00102")}
    [account] = abm.workspace.ask(find_account, shg_id=with_code)
    assert account.account_number == "00123456789"


def test_a_group_of_a_phone_without_a_code_is_ticked_when_name_village_and_day_are_the_same(fleet, lists):
    for kind in ("places", "branches"):
        take(fleet.world, kind, lists[kind])
    assign(fleet.world, "abm9", BHAJIA)
    abm = fleet("abm9")
    village = official_id("lgd", "village/880001")
    values = {"name": "जय अम्बे  समूह", "village_id": village, "formed_on": "2021-08-15", "declared_members": 13}
    group = abm.do(RegisterGroup(values)).id
    women = [
        abm.do(AddMember(group, {"name": name, "guardian_name": guardian})).id
        for name, guardian in (("अभ्यास सीता", "अभ्यास राम"), ("अभ्यास गीता", "अभ्यास मोहन"), ("अभ्यास गीता", "अभ्यास लखन"))
    ]
    abm.sync()
    assert take(fleet.world, "groups", lists["groups"], dry_run=True).notes["met_by_name"] == 1
    report = take(fleet.world, "groups", lists["groups"])
    assert report.proposed == 0 and report.notes["met_by_name"] == 1 and report.effects["Shg", "new"] == 1
    assert take(fleet.world, "members", lists["members"]).notes["met_by_name"] == 1
    abm.sync()
    [shg] = abm.workspace.ask(find_shg, id=group)
    # Ticked with its code; what she wrote stands, and the portal's number is shown beside it.
    assert (shg.portal_code, shg.portal_status, shg.declared_members) == ("00101", "differs", 13)
    [sita] = abm.workspace.ask(find_member, id=women[0])
    assert (sita.portal_code, sita.portal_status) == ("7001", "verified")
    # Of two of one name the list does not tell which it means: neither is ticked.
    assert [abm.workspace.ask(find_member, id=id)[0].portal_status for id in women[1:]] == ["not_entered"] * 2
    again = take(fleet.world, "groups", lists["groups"])
    assert {effect for (_, effect), n in again.effects.items() if n} == {"same"} and not again.notes["met_by_name"]


def compared(world, kind, path, workbook, **how):
    """What the comparison of a list says: sheet -> rows below the heads."""
    take(world, kind, path, compares=Comparing(workbook, kind), **how)
    assert workbook.stat().st_mode & 0o077 == 0
    book = load_workbook(workbook)
    return [
        [tuple(cell or "" for cell in row) for row in sheet.iter_rows(min_row=2, values_only=True)] for sheet in book
    ]


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_list_is_compared_with_what_is_here(fleet, lists, dry_run):
    for kind in ("places", "branches"):
        take(fleet.world, kind, lists[kind])
    assign(fleet.world, "abm9", BHAJIA)
    abm = fleet("abm9")
    village = official_id("lgd", "village/880001")
    formed = {"village_id": village, "formed_on": "2021-08-15"}
    mine = abm.do(RegisterGroup({**formed, "name": "जय अम्बे समूह", "declared_members": 13, "portal_code": "00101"})).id
    abm.do(RegisterGroup({**formed, "name": "=उजाला समूह"}))
    abm.do(AddMember(mine, {"name": "अभ्यास कमला"}))
    abm.sync()
    only_here, only_in_list, differs = compared(
        fleet.world, "groups", lists["groups"], fleet.folder / "groups-compared.xlsx", dry_run=dry_run
    )
    assert only_here == [("'=उजाला समूह", "बिजौरी", "", "")]
    assert only_in_list == [("5", "00102", "माँ शारदा समूह", "")]
    assert differs == [("00101", "जय अम्बे समूह", "", "बताई गई सदस्य संख्या", "13", "12")]
    if dry_run:
        return
    only_here, only_in_list, differs = compared(
        fleet.world, "members", lists["members"], fleet.folder / "members-compared.xlsx"
    )
    assert only_here == [("जय अम्बे समूह", "बिजौरी", "अभ्यास कमला", "")]
    assert [row[1:3] for row in only_in_list] == [(code, name) for _, code, name, *_ in WOMEN] and not differs


def test_a_comparison_writes_over_nothing(fleet, lists):
    for path in (fleet.folder / "there.xlsx", fleet.folder / "other.csv"):
        path.touch()
        with pytest.raises(CannotRead):
            Comparing(path, "groups")


def test_a_village_that_moves_takes_its_groups_from_one_phone_to_the_other(fleet, lists):
    take_all(fleet.world, lists)
    for person, panchayat in (("abm8", BHUDSA), ("abm9", BHAJIA)):
        assign(fleet.world, person, panchayat)
    new, old = fleet("abm8"), fleet("abm9")
    assert members_of(old) == {"7001", "7002", "7003"} and not members_of(new)
    moved = csv_file(fleet.folder / "moved.csv", [MAPPING[6:10], ("990002", "BHUDSA", "880001", "BIJOURI")])
    report = take(fleet.world, "places", moved)
    assert report.effects["Place", "changed"] == 1
    quiet([new, old])
    assert members_of(new) == {"7001", "7002"} and members_of(old) == {"7003"}
    assert not differences(new.contents(), fresh_contents(fleet.world, "abm8", fleet.folder))
    assert not differences(old.contents(), fresh_contents(fleet.world, "abm9", fleet.folder))


def members_of(phone):
    return {id_of[0]["portal_code"] for id_of in phone.contents().get("Member", {}).values()}


def test_refused_rows_are_mended_and_placed_and_the_whole_list_again_changes_nothing(fleet, lists, tmp_path):
    take(fleet.world, "places", lists["places"])
    take(fleet.world, "branches", lists["branches"])
    bad = [(*GROUPS[0][:4], "बिजौरा", *GROUPS[0][5:]), (*GROUPS[1][:5], "15-08-21", *GROUPS[1][6:])]
    path, out = csv_file(tmp_path / "bad.csv", [REGISTER, *bad]), tmp_path / "bad.refused.csv"
    assert take(fleet.world, "groups", path, refused=out).refused == {"village_unknown": 1, "year_too_short": 1}
    text = out.read_text("utf-8")
    assert "Nearest: Bijouri (Bhajia, 880001)" in text
    out.write_text(text.replace(",बिजौरा,", ",बिजौरी,").replace("15-08-21,", "15-08-2021,"), "utf-8")
    assert take(fleet.world, "groups", out).placed == 2
    before = everything(fleet.world)
    assert take(fleet.world, "groups", lists["groups"]).effects["Shg", "same"] == 2
    assert everything(fleet.world) == before


# --- what somebody types


@pytest.fixture
def typed(tmp_path, monkeypatch):
    folder = tmp_path / "centre"
    open_centre(folder, 23).close()
    monkeypatch.setenv("SAMOOH_FOLDER", str(folder))

    def run(app, *words):
        return CliRunner().invoke(app, ["import", *map(str, words)])

    return run


def test_the_status_says_whether_all_was_placed(typed, lists, tmp_path):
    done = typed(commands.places, lists["places"])
    assert done.exit_code == 0 and "lgd.csv: 3 rows, 3 placed, 0 refused." in done.output
    some = csv_file(tmp_path / "some.csv", [REGISTER, *GROUPS, ("00103", *GROUPS[0][1:4], "नहीं है", *GROUPS[0][5:])])
    tried = typed(commands.groups, some, "--dry-run")
    assert tried.exit_code == 1 and "Dry run, nothing was written." in tried.output and "--refused" in tried.output
    assert not list(tmp_path.glob("*refused*"))
    done = typed(commands.groups, some)
    assert done.exit_code == 1 and "refused, village_unknown: 1" in done.output
    assert (tmp_path / "some.refused.xlsx").is_file()
    none = typed(commands.groups, tmp_path / "some.csv", tmp_path / "missing.csv")
    assert none.exit_code == 2 and "missing.csv cannot be opened" in none.output and "placed" not in none.output


def test_the_status_says_that_a_sheet_with_a_list_was_not_read(typed, lists, tmp_path):
    typed(commands.places, lists["places"])
    path = xlsx_file(tmp_path / "two.xlsx", [REGISTER, GROUPS[0]], other=[REGISTER, GROUPS[1]])
    done = typed(commands.groups, path)
    assert done.exit_code == 1 and "1 rows, 1 placed, 0 refused" in done.output and 'sheet "other"' in done.output


def test_several_files_have_their_refused_rows_in_one_folder(typed, lists, tmp_path):
    typed(commands.places, lists["places"])
    row = ("00103", *GROUPS[0][1:4], "नहीं है", *GROUPS[0][5:])
    files = [csv_file(tmp_path / f"{name}.csv", [REGISTER, row]) for name in ("one", "two")]
    assert typed(commands.groups, *files, "--refused", tmp_path / "out").exit_code == 1
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"one.refused.xlsx", "two.refused.xlsx"}


def test_two_files_of_one_name_have_a_file_of_refused_rows_each(typed, lists, tmp_path):
    typed(commands.places, lists["places"])
    files = []
    for number, folder in enumerate(("x", "y")):
        (tmp_path / folder).mkdir()
        row = (f"0010{number}", *GROUPS[0][1:4], "नहीं है", *GROUPS[0][5:])
        files.append(csv_file(tmp_path / folder / "list.csv", [REGISTER, row]))
    done = typed(commands.groups, *files, "--refused", tmp_path / "out")
    assert done.exit_code == 1 and done.output.count("1 rows, 0 placed, 1 refused") == 2
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"list.refused.xlsx", "list.refused-2.xlsx"}


@pytest.mark.parametrize("option", ["--refused", "--comparison"])
def test_a_file_that_cannot_be_written_is_told_before_anything_is_brought_in(typed, lists, tmp_path, option):
    typed(commands.places, lists["places"])
    done = typed(commands.groups, lists["groups"], option, tmp_path / "nowhere" / "rows.xlsx")
    assert done.exit_code == 2 and "rows.xlsx cannot be written (No such file" in done.output and option in done.output
    assert "2 new" in typed(commands.groups, lists["groups"], "--dry-run").output
    (tmp_path / "file").touch()
    done = typed(commands.groups, lists["groups"], lists["groups"], "--refused", tmp_path / "file")
    assert done.exit_code == 2 and "cannot be made a folder" in done.output


def test_a_comparison_that_fails_leaves_the_refused_rows(lists, tmp_path, monkeypatch):
    world = World()
    take(world, "places", lists["places"])
    bad = csv_file(tmp_path / "bad.csv", [REGISTER, (*GROUPS[0][:4], "नहीं है", *GROUPS[0][5:])])
    monkeypatch.setattr(Comparing, "close", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        take(world, "groups", bad, refused=tmp_path / "r.xlsx", compares=Comparing(tmp_path / "c.xlsx", "groups"))
    assert (tmp_path / "r.xlsx").is_file()


def test_a_dry_run_of_several_files_says_what_bringing_them_in_then_does(typed, tmp_path):
    blocks = csv_file(tmp_path / "blocks.csv", [MAPPING[:6], KATNI])
    mapping = csv_file(tmp_path / "mapping.csv", [MAPPING[4:], *(row[4:] for row in VILLAGES)])
    again = csv_file(tmp_path / "again.csv", [MAPPING, *VILLAGES])
    dry = typed(commands.places, blocks, mapping, again, "--dry-run")
    assert dry.exit_code == 0 and dry.output.count("3 rows, 3 placed") == 2 and "5 new" in dry.output
    done = typed(commands.places, blocks, mapping, again)
    assert dry.output.replace("Dry run, nothing was written. ", "") == done.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--refused", "rows.pdf"], "must end in .xlsx or .csv"),
        (["--block", "Nowhere"], 'The block "Nowhere" is not known'),
    ],
)
def test_what_is_typed_wrong_is_answered_with_what_to_do(typed, lists, words, said):
    typed(commands.places, lists["places"])
    done = typed(commands.groups, lists["groups"], *words)
    assert done.exit_code == 2 and said in done.output


def test_no_centre_is_founded_by_mistyping_its_folder(typed, lists, tmp_path, monkeypatch):
    monkeypatch.setenv("SAMOOH_FOLDER", str(tmp_path / "elsewhere"))
    done = typed(commands.groups, lists["groups"])
    assert done.exit_code == 2 and "There is no centre in" in done.output and "samooh serve" in done.output
    assert not (tmp_path / "elsewhere").exists()


def test_nobody_is_named_in_what_is_printed(typed, lists, tmp_path):
    typed(commands.places, lists["places"])
    typed(commands.groups, lists["groups"])
    bad = csv_file(tmp_path / "bad.csv", [ROSTER, *(("999", *row[1:]) for row in WOMEN)])
    done = typed(commands.members, lists["members"], bad)
    assert done.exit_code == 1 and "group_unknown: 3" in done.output
    assert not [name for row in WOMEN for name in row[2:4] if name and name in done.output]


def test_an_import_that_breaks_off_leaves_no_half_of_a_file(lists, tmp_path, monkeypatch):
    world = World()
    for kind in ("places", "branches"):
        take(world, kind, lists[kind])
    monkeypatch.setattr(commands.Importing, "take", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        take(world, "groups", lists["groups"], refused=tmp_path / "r.xlsx")
    assert not [path for path in tmp_path.iterdir() if "r.xlsx" in path.name]
