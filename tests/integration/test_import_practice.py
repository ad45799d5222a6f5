"""Registers of practice in three styles and all forms: every row is placed, or refused with its reason."""

import pytest
from sqlalchemy import func, select

from operations.importing.commands import import_sheet
from operations.importing.headers import HEADS
from operations.importing.reading import open_sheet
from operations.practice_files import FORMS, PLACED, REPORTED, SKIPPED, STYLES, WITH_GROUP, register_files
from operations.practice_filling import fill_places
from operations.practice_places import branch_rows, place_rows, practice_blocks, villages_of
from operations.practice_register import practice_register
from records.ids import official_id
from server.serving import open_centre

SEED, COUNT, DIRT = 7, 120, 0.2
KINDS = {"groups": ("Shg", "nrlm/shg"), "members": ("Member", "nrlm/member")}
CASES = [(style, form) for style in STYLES for form in FORMS]


@pytest.fixture(scope="module")
def villages():
    return list(villages_of(practice_blocks(1)))


@pytest.fixture
def centre(tmp_path):
    centre = open_centre(tmp_path / "centre", 23)
    fill_places(centre, [*place_rows(practice_blocks(1)), *branch_rows(practice_blocks(1))])
    yield centre
    centre.close()


def take(centre, kind, path, **how):
    report = import_sheet(kind, open_sheet(path, HEADS[kind]), centre, **how)
    assert report.all_accounted
    return report


def known(centre, kind):
    """portal code -> row of what the centre holds."""
    table = centre.tables.records[KINDS[kind][0]]
    with centre.database.reading() as db:
        return {row["portal_code"]: row for row in db.execute(select(table)).mappings()}


@pytest.mark.parametrize(("style", "form"), CASES)
def test_every_row_is_placed_or_refused_and_none_is_lost(centre, villages, tmp_path, style, form):
    files = register_files(tmp_path, SEED, villages, COUNT, style=style, form=form, dirt=DIRT)
    register = {group.code: group for group in practice_register(SEED, villages, COUNT)}
    reports = {kind: take(centre, kind, getattr(files, kind)) for kind in KINDS}
    for kind, report in reports.items():
        assert report.rows == files.lines[kind] - 1
        fates = [dirty.fate for dirty in files.dirty if dirty.file == kind]
        assert report.refused_rows == fates.count(REPORTED) + fates.count(WITH_GROUP)
        assert fates.count(REPORTED) > 5
        assert sum(report.passed_over.values()) == fates.count(SKIPPED) > 0
    groups, members = known(centre, "groups"), known(centre, "members")
    lost = {dirty.code for dirty in files.dirty if dirty.fate == REPORTED and dirty.why != "code_twice"}
    for code, group in register.items():
        assert (code in groups) == (code not in lost), code
        if code in groups:
            assert groups[code]["village_id"] == group.village.id
            assert groups[code]["formed_on"] == group.formed_on
            assert groups[code]["declared_members"] == group.declared_members
        for member in group.present:
            assert (member.code in members) == (code in groups and member.code not in lost), member.code
            if member.code in members:
                assert members[member.code]["joined_on"] == member.joined_on
                assert members[member.code]["mobile"] == member.mobile
    assert any(dirty.fate == PLACED for dirty in files.dirty) and any(d.fate == WITH_GROUP for d in files.dirty)


def test_accounts_keep_their_zeros_and_find_their_branch(centre, villages, tmp_path):
    files = register_files(tmp_path, SEED, villages, COUNT, style="mixed", form="xlsx", dirt=0)
    assert not take(centre, "groups", files.groups).refused
    table = centre.tables.records["SavingsAccount"]
    with centre.database.reading() as db:
        accounts = {row["shg_id"]: row for row in db.execute(select(table)).mappings()}
        steps = db.scalar(select(func.count()).select_from(centre.tables.records["AccountStep"]))
    opened = 0
    for group in practice_register(SEED, villages, COUNT):
        account = accounts.get(official_id("nrlm/shg", group.code))
        assert (account is None) == (group.account is None)
        if group.account and account:
            assert account["account_number"] == group.account.number and account["branch_id"] == group.account.branch.id
            assert account["opened_on"] == group.account.opened_on
            opened += group.account.number is not None
    assert opened == steps > 0 and any(
        a["account_number"].startswith("0") for a in accounts.values() if a["account_number"]
    )


@pytest.mark.parametrize("style", STYLES)
def test_a_second_run_of_a_dirty_register_changes_nothing(centre, villages, tmp_path, style):
    files = register_files(tmp_path, SEED, villages, COUNT, style=style, dirt=DIRT)
    for kind in KINDS:
        take(centre, kind, getattr(files, kind))
    first = {kind: known(centre, kind) for kind in KINDS}
    for kind in KINDS:
        report = take(centre, kind, getattr(files, kind))
        assert {effect for (_, effect), n in report.effects.items() if n} == {"same"}
    assert {kind: known(centre, kind) for kind in KINDS} == first
