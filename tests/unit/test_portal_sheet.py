"""The portal's screens as a sheet: its order, what it asks for, what is missing, and what is said to be entered."""

import pytest

from records.commands.groups import RegisterGroup
from records.commands.members import AddMember
from records.commands.portal import SayEntered, TakeBackEntered
from records.kinds import KINDS
from records.portal_sheet import (
    ACCOUNT_SHEET,
    BEARERS_SHEET,
    GROUP_SHEET,
    MEMBER_SHEET,
    applying,
    still_missing,
)
from records.problems import Refused
from records.record import fields_of
from tests.console import Console
from tests.world import World, ref


def names(lines) -> list[str]:
    return [line.field for line in lines]


def test_every_line_is_a_field_that_we_keep_or_one_of_the_branch():
    for line in (*GROUP_SHEET, *BEARERS_SHEET, *MEMBER_SHEET):
        assert line.field in fields_of(KINDS[line.kind].cls), line
    of_branch = {"ifsc", "bank", "branch"}
    assert {line.field for line in ACCOUNT_SHEET} - of_branch <= set(fields_of(KINDS["SavingsAccount"].cls))


def test_the_sheet_goes_as_the_portal_goes():
    asked = [line.number[-2:] for line in GROUP_SHEET]
    assert asked == sorted(asked) and names(GROUP_SHEET)[:3] == ["name", "village_id", "formed_on"]
    assert [line.number for line in BEARERS_SHEET] == ["022"] * 3 + ["023"] * 3 + ["024"] * 3
    assert names(MEMBER_SHEET)[:2] == ["name", "name_other"]


def test_only_what_goes_with_the_answers_is_asked_for():
    plain = names(applying(GROUP_SHEET, {"promoted_by": "nrlm", "origin": "new", "meeting_rhythm": "weekly"}))
    assert not {"promoter_name", "restarted_on", "special_kind", "meeting_week", "meeting_date"} & set(plain)
    assert "meeting_weekday" in plain
    assert "promoter_name" in names(applying(GROUP_SHEET, {"promoted_by": "ngo"}))


def test_what_is_empty_is_still_missing_unless_it_may_be():
    missing = names(still_missing(GROUP_SHEET, {"name": "जय अम्बे", "mobile": "", "active": True}))
    assert "mobile" in missing and "formed_on" in missing
    assert not {"name", "active", "livelihood_second", "promoter_name"} & set(missing)


@pytest.mark.parametrize(
    ("known", "asked", "missing"),
    [({}, {"born_on", "age"}, True), ({"age": 34}, {"age"}, False), ({"born_on": "1990-01-01"}, {"born_on"}, False)],
)
def test_of_birth_date_and_age_one_is_enough(known, asked, missing):
    ages = {"born_on", "age"}
    assert ages & set(names(applying(MEMBER_SHEET, known))) == asked
    assert ("born_on" in names(still_missing(MEMBER_SHEET, known))) is missing


# --- saying that it is entered


@pytest.fixture
def page():
    console = Console(World())
    yield console.signed_in("supervisor").workspace
    console.close()
    console.world.centre.close()


def stands(page, kind: str, id: str) -> tuple[str, str | None]:
    from storage.queries import find_member, find_shg

    [record] = page.ask(find_shg if kind == "Shg" else find_member, id=id)
    return record.portal_status, record.portal_code


@pytest.mark.parametrize("kind", ["Shg", "Member"])
def test_entered_with_its_code_and_taken_back(page, kind):
    group = page.do(RegisterGroup({"village_id": ref("V1"), "name": "क", "formed_on": "2026-03-01"})).id
    id = group if kind == "Shg" else page.do(AddMember(group, {"name": "सीता"})).id
    assert stands(page, kind, id) == ("not_entered", None)
    page.do(SayEntered(kind, id, " 0042 "))
    assert stands(page, kind, id) == ("entered", "0042")
    page.do(TakeBackEntered(kind, id))
    assert stands(page, kind, id) == ("not_entered", None)


def test_without_a_code_nothing_is_entered(page):
    group = page.do(RegisterGroup({"village_id": ref("V1"), "name": "क", "formed_on": "2026-03-01"})).id
    with pytest.raises(Refused) as refused:
        page.do(SayEntered("Shg", group, "  "))
    assert [(one.code, one.field) for one in refused.value.refusals] == [("required", "portal_code")]
    assert stands(page, "Shg", group) == ("not_entered", None)
