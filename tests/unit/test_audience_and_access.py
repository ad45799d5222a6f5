"""Who reads what, and who may write what: the tables of the design, as data and as functions of standing and reach."""

from datetime import date

import pytest

from records.access import (
    Geography,
    PlaceLine,
    Reach,
    Standing,
    editable,
    joined,
    may_cancel,
    may_write_as,
    reach_of,
)
from records.attachment import Attachment
from records.audience import (
    columns_of,
    member_streams,
    photo_streams,
    reference_streams,
    shg_streams,
    streams_read,
)
from records.kinds import KINDS
from records.record import written_fields
from records.savings_account import STATES

HERE = Standing("B", "G", frozenset({"R"}), frozenset({"m1"}), "D", "S")
NO_BRANCH = Standing("B", "G", frozenset(), frozenset(), "D", "S")
ABM = Reach("abm", frozenset({"G"}), frozenset({"B"}), districts=frozenset({"D"}), states=frozenset({"S"}))
SAKHI = Reach("bank_sakhi", blocks=frozenset({"B"}), branches=frozenset({"R"}), districts=frozenset({"D"}))
SUPERVISOR = Reach("supervisor", frozenset({"G", "G2"}), frozenset({"B"}), districts=frozenset({"D"}))
DISTRICT = Reach("district", blocks=frozenset({"B", "B2"}), districts=frozenset({"D"}))


def test_a_group_is_in_the_streams_of_its_standing():
    assert shg_streams("g", HERE) == {"gp/G/members", "branch/R/groups", "block/B/groups"}
    assert shg_streams("g", NO_BRANCH) == {"gp/G/members", "block/B/no_branch", "block/B/groups"}


def test_only_office_bearers_are_in_the_streams_of_the_branch():
    assert member_streams("m1", HERE) == {"gp/G/members", "branch/R/bearers"}
    assert member_streams("m2", HERE) == {"gp/G/members"}


def test_photos_are_where_the_account_is_worked_on_and_never_in_the_districts_stream():
    assert photo_streams("p", HERE) == {"gp/G/members", "branch/R/groups"}
    assert photo_streams("p", NO_BRANCH) == {"gp/G/members", "block/B/no_branch"}
    for reach in (DISTRICT, Reach("nodal", blocks=frozenset({"B"})), Reach("admin", states=frozenset({"S"}))):
        assert not set(streams_read([reach])) & (photo_streams("p", HERE) | photo_streams("p", NO_BRANCH))


def test_whoever_may_add_account_steps_may_add_photos_and_only_remove_them_later():
    names = frozenset(written_fields(Attachment)) - {"deleted_on"}
    for role in ("abm", "bank_sakhi", "supervisor"):
        assert not may_write_as((role,), "Attachment", names, new=True)
        assert not may_write_as((role,), "Attachment", frozenset({"deleted_on"}), new=False)
        for name in names:
            assert may_write_as((role,), "Attachment", frozenset({name}), new=False)
    for role in ("nodal", "district", "admin", "importer"):
        assert may_write_as((role,), "Attachment", names, new=True)


def test_reference_records_are_in_their_districts_stream_else_the_states():
    assert reference_streams("p", Standing(district_id="D", state_id="S")) == {"district/D/reference"}
    assert reference_streams("n", Standing(state_id="S")) == {"state/S/reference"}


def test_each_role_reads_its_streams_and_no_others():
    assert set(streams_read([ABM])) == {
        "state/S/reference", "district/D/reference", "block/B/groups", "gp/G/members",
    }  # fmt: skip
    assert set(streams_read([SAKHI])) == {
        "district/D/reference", "branch/R/groups", "branch/R/bearers", "block/B/no_branch",
    }  # fmt: skip
    assert set(streams_read([SUPERVISOR])) == {
        "district/D/reference", "block/B/groups", "block/B/accounts", "block/B/no_branch", "gp/G/members",
        "gp/G2/members",
    }  # fmt: skip
    assert set(streams_read([DISTRICT])) == {
        "district/D/reference", "block/B/groups", "block/B/accounts", "block/B2/groups", "block/B2/accounts",
    }  # fmt: skip


def test_places_are_delivered_first():
    assert next(iter(streams_read([SUPERVISOR]))) == "district/D/reference"


def test_personal_columns_reach_only_who_works_with_them():
    shg, account = KINDS["Shg"].cls, KINDS["SavingsAccount"].cls
    assert "mobile" not in columns_of(shg, "Shg", {"block/B/groups": ["abm"]})
    assert "mobile" in columns_of(shg, "Shg", {"block/B/groups": ["abm"], "gp/G/members": ["abm"]})
    district = columns_of(account, "SavingsAccount", {"block/B/accounts": ["district"]})
    assert "account_number" not in district and "account_last4" in district
    assert "account_number" in columns_of(account, "SavingsAccount", {"block/B/accounts": ["supervisor"]})


def test_no_role_of_the_district_reads_members():
    assert not [s for reach in (DISTRICT, Reach("nodal", blocks=frozenset({"B"}))) for s in streams_read([reach])
                if s.endswith(("/members", "/bearers"))]  # fmt: skip


@pytest.mark.parametrize(
    ("reach", "standing", "covers"),
    [
        (ABM, HERE, True),
        (ABM, Standing("B", "G2"), False),
        (SAKHI, HERE, True),
        (SAKHI, NO_BRANCH, True),
        (SAKHI, Standing("B", "G", frozenset({"R2"})), False),
        (SAKHI, Standing("B2", "G"), False),
        (SUPERVISOR, HERE, True),
        (SUPERVISOR, Standing("B2", "G"), False),
        (DISTRICT, HERE, False),
        (Reach("admin", states=frozenset({"S"})), Standing(state_id="S"), True),
        (Reach("abm"), Standing(), False),
    ],
)
def test_writing_is_judged_by_the_places_and_branches_of_the_assignment(reach, standing, covers):
    assert reach.covers(standing) is covers


def test_an_abm_registers_groups_and_members_but_never_opens_an_account():
    assert not may_write_as(("abm",), "Shg", frozenset({"name", "village_id"}), new=True)
    assert not may_write_as(("abm",), "Member", frozenset({"name"}), new=False)
    assert not may_write_as(("abm",), "AccountStep", frozenset({"kind"}), new=True, step="submitted")
    for state in ("returned", "opened", "passbook_received", "closed"):
        assert may_write_as(("abm",), "AccountStep", frozenset({"kind"}), new=True, step=state)
    denied = may_write_as(("abm",), "SavingsAccount", frozenset({"branch_id", "account_number"}), new=True)
    assert [refusal.field for refusal in denied] == ["account_number"]


def test_a_bank_sakhi_changes_only_the_groups_mobile_and_signatories():
    assert not may_write_as(("bank_sakhi",), "Shg", frozenset({"mobile", "president_signs"}), new=False)
    assert may_write_as(("bank_sakhi",), "Shg", frozenset({"name"}), new=False)
    assert may_write_as(("bank_sakhi",), "Shg", frozenset({"mobile"}), new=True)
    assert may_write_as(("bank_sakhi",), "Member", frozenset({"name"}), new=False)
    for state in STATES[1:]:
        assert not may_write_as(("bank_sakhi",), "AccountStep", frozenset({"kind"}), new=True, step=state)


def test_steps_are_only_ever_added():
    for role in ("abm", "bank_sakhi", "supervisor"):
        assert may_write_as((role,), "AccountStep", frozenset({"kind"}), new=False)[0].code == "only_add"


@pytest.mark.parametrize("role", ["abm", "bank_sakhi", "supervisor", "nodal", "district"])
def test_only_the_admin_writes_reference_records(role):
    for kind in ("Place", "Person", "Assignment", "BankBranch", "ServiceArea", "Norm"):
        assert may_write_as((role,), kind, frozenset({"name"}), new=True)
        assert not may_write_as(("admin",), kind, frozenset({"name"}), new=True)


def test_the_district_and_the_nodal_officer_write_nothing():
    for role in ("district", "nodal"):
        assert all(may_write_as((role,), kind, frozenset({"deleted_on"}), new=False) for kind in KINDS)


def test_every_kind_is_denied_to_an_unknown_role():
    assert all(may_write_as(("visitor",), kind, frozenset({"deleted_on"}), new=False) for kind in KINDS)
    assert not editable(("visitor",), "Shg", "name", new=True) and editable(("abm",), "Shg", "name", new=True)


def test_one_may_cancel_ones_own_step_for_seven_days_and_a_supervisor_any():
    day = date(2026, 11, 1)
    assert may_cancel("abm", own=True, step_day=day, today=date(2026, 11, 8)) is None
    assert may_cancel("abm", own=True, step_day=day, today=date(2026, 11, 9)) == "too_late_to_cancel"
    assert may_cancel("bank_sakhi", own=False, step_day=day, today=day) == "not_yours_to_cancel"
    assert may_cancel("supervisor", own=False, step_day=day, today=date(2027, 11, 9)) is None


WHERE = Geography(
    {
        "G": PlaceLine("G", "gram_panchayat", "G", "B", "D"),
        "B": PlaceLine("B", "block", None, "B", "D"),
        "D": PlaceLine("D", "district", None, None, "D"),
    },
    {"R": "B"},
    {"B": frozenset({"G", "G2"})},
    {"D": frozenset({"B", "B2"})},
    "S",
)


def test_reach_follows_from_assignments():
    assert reach_of("abm", "G", None, WHERE) == ABM
    assert reach_of("bank_sakhi", None, "R", WHERE).branches == {"R"}
    assert reach_of("supervisor", "B", None, WHERE).gram_panchayats == {"G", "G2"}
    assert reach_of("district", "D", None, WHERE).blocks == {"B", "B2"}


def test_an_assignment_that_does_not_fit_its_place_reaches_nothing():
    for reach in (reach_of("abm", "B", None, WHERE), reach_of("supervisor", "G", None, WHERE),
                  reach_of("abm", "nowhere", None, WHERE), reach_of("bank_sakhi", None, "nowhere", WHERE)):  # fmt: skip
        assert not reach.covers(HERE) and not streams_read([reach])


def test_assignments_of_one_role_join():
    two = joined([ABM, Reach("abm", frozenset({"G2"}), frozenset({"B"})), SAKHI])
    assert [reach.role for reach in two] == ["abm", "bank_sakhi"] and two[0].gram_panchayats == {"G", "G2"}
