"""Who may read and write what: data, judged per field, whether the record is new or known (design 3).

Read by the server (every row, both ways), by forms (a field not allowed is shown, not editable) and by tests.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from records.problems import Refusal

ALL = frozenset({"*"})
NONE: frozenset[str] = frozenset()

BRANCH_FIELDS = frozenset({"branch_id", "typed_bank", "typed_branch", "typed_ifsc"})
SIGNING_FIELDS = frozenset({"mobile", "mobile_of_id", "president_signs", "secretary_signs", "treasurer_signs"})
REMOVING = frozenset({"deleted_on"})
DECIDING_FIELDS = frozenset({"state", "remark"})
CHECKING_FIELDS = frozenset({"shg_id", "what", "result", "how", "reason", "on_day", "by_id", "seen"})
STEPS_OF_ABM = frozenset({"resolution_passed", "kyc_collected", "form_filled", "submitted", "cancelled", "not_needed"})


@dataclass(frozen=True)
class Grant:
    """Fields a role may fill in on a new record of a kind, and change on a known one. `ALL` = every written field."""

    creates: frozenset[str] = NONE
    changes: frozenset[str] = NONE

    def allows(self, field_name: str, *, new: bool) -> bool:
        allowed = self.creates if new else self.changes
        return field_name in allowed or "*" in allowed


WRITES: Mapping[tuple[str, str], Grant] = (
    {
        ("Shg", "abm"): Grant(ALL, ALL),
        ("Shg", "bank_sakhi"): Grant(NONE, SIGNING_FIELDS),
        ("Shg", "supervisor"): Grant(ALL, ALL),
        ("Member", "abm"): Grant(ALL, ALL),
        ("Member", "supervisor"): Grant(ALL, ALL),
        ("SavingsAccount", "abm"): Grant(BRANCH_FIELDS | {"shg_id"}, BRANCH_FIELDS),
        ("SavingsAccount", "bank_sakhi"): Grant(ALL, ALL),
        ("SavingsAccount", "supervisor"): Grant(ALL, ALL),
        ("AccountStep", "abm"): Grant(ALL),
        ("AccountStep", "bank_sakhi"): Grant(ALL),
        ("AccountStep", "supervisor"): Grant(ALL),
        ("Check", "abm"): Grant(NONE, frozenset({"mended"})),
        ("Check", "supervisor"): Grant(CHECKING_FIELDS),
        ("Conflict", "abm"): Grant(NONE, frozenset({"decided"})),
        ("Conflict", "supervisor"): Grant(NONE, frozenset({"decided"})),
        **{("Withdrawal", role): Grant(ALL) for role in ("abm", "bank_sakhi", "supervisor")},
        **{("Verdict", role): Grant(NONE, frozenset({"done"})) for role in ("abm", "bank_sakhi", "supervisor")},
        **{("Attachment", role): Grant(ALL, REMOVING) for role in ("abm", "bank_sakhi", "supervisor")},
        ("Proposal", "abm"): Grant(ALL, DECIDING_FIELDS),
        ("Proposal", "supervisor"): Grant(ALL, DECIDING_FIELDS),
    }
    | {(kind, "importer"): Grant(ALL, ALL) for kind in ("Shg", "Member", "SavingsAccount", "AccountStep", "Proposal")}
    | {
        (kind, "admin"): Grant(ALL, ALL)
        for kind in ("Place", "Person", "Assignment", "BankBranch", "ServiceArea", "Norm")
    }
)
"""(kind, role) -> grant; a pair that is missing may write nothing. How far: see `Reach.covers`.

`importer` is no person's role: the office's own devices have it while they take in a list (`server/importing.py`)."""

REVIEWERS = ("supervisor", "nodal", "district")
"""Roles that hold all groups and accounts of their blocks, and so can be told how a whole block stands."""

CANCEL_DAYS = 7
"""An ABM or bank sakhi may cancel her own step for so many days (design 3)."""


@dataclass(frozen=True)
class Standing:
    """A group's row of derived facts, by which its streams and everybody's reach are judged.

    Ids of places, branches and members. For reference records only `district_id` and `state_id` are filled in.
    """

    block_id: str | None = None
    gram_panchayat_id: str | None = None
    branches: frozenset[str] = frozenset()
    bearers: frozenset[str] = frozenset()
    district_id: str | None = None
    state_id: str | None = None


@dataclass(frozen=True)
class Reach:
    """How far one role of a person reaches today: the places and branches of her assignments.

    `blocks` of a bank sakhi are those of her branches; `gram_panchayats` of a supervisor all of her blocks.
    """

    role: str
    gram_panchayats: frozenset[str] = frozenset()
    blocks: frozenset[str] = frozenset()
    branches: frozenset[str] = frozenset()
    districts: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()

    def covers(self, standing: Standing) -> bool:
        """Whether a group (or reference record) of this standing is within the writing scope of the role."""
        if self.role == "abm":
            return standing.gram_panchayat_id in self.gram_panchayats
        if self.role == "bank_sakhi":
            return bool(standing.branches & self.branches) or (
                not standing.branches and standing.block_id in self.blocks
            )
        if self.role == "supervisor":
            return standing.block_id in self.blocks
        if self.role == "importer":
            return standing.block_id is not None
        return self.role == "admin" and standing.state_id in self.states


@dataclass(frozen=True)
class PlaceLine:
    """A place and where it stands, as far as reach needs it."""

    id: str
    level: str
    gram_panchayat_id: str | None
    block_id: str | None
    district_id: str | None


@dataclass(frozen=True)
class Geography:
    """The places and branches that reach is computed from: by id, plus the panchayats of each block and cluster."""

    places: Mapping[str, PlaceLine]
    branch_blocks: Mapping[str, str]
    panchayats_of_block: Mapping[str, frozenset[str]] = field(default_factory=dict)
    blocks_of_district: Mapping[str, frozenset[str]] = field(default_factory=dict)
    state_id: str | None = None
    panchayats_of_cluster: Mapping[str, frozenset[str]] = field(default_factory=dict)


def reach_of(role: str, place_id: str | None, branch_id: str | None, where: Geography) -> Reach:
    """The reach of one assignment. An assignment whose place is not known (yet) reaches nothing."""
    states = frozenset({where.state_id}) if where.state_id else frozenset[str]()
    if role == "admin":
        return Reach(role, districts=frozenset(where.blocks_of_district), states=states)
    if role == "bank_sakhi":
        block = where.branch_blocks.get(branch_id or "")
        if not branch_id or not block:
            return Reach(role)
        return Reach(
            role,
            blocks=frozenset({block}),
            branches=frozenset({branch_id}),
            districts=_district_of_block(block, where),
            states=states,
        )
    place = where.places.get(place_id or "")
    if place is None:
        return Reach(role)
    districts = frozenset({place.district_id}) if place.district_id else frozenset[str]()
    if role == "abm" and place.level in ("gram_panchayat", "cluster"):
        blocks = frozenset({place.block_id}) if place.block_id else frozenset[str]()
        own = frozenset({place.id})
        panchayats = where.panchayats_of_cluster.get(place.id, NONE) if place.level == "cluster" else own
        return Reach(role, panchayats, blocks, districts=districts, states=states)
    if role in ("supervisor", "nodal") and place.level == "block":
        panchayats = where.panchayats_of_block.get(place.id, frozenset())
        return Reach(role, panchayats, frozenset({place.id}), districts=districts, states=states)
    if role == "district" and place.level == "district":
        blocks = where.blocks_of_district.get(place.id, frozenset())
        return Reach(role, blocks=blocks, districts=frozenset({place.id}), states=states)
    return Reach(role)


def _district_of_block(block: str, where: Geography) -> frozenset[str]:
    line = where.places.get(block)
    return frozenset({line.district_id}) if line and line.district_id else frozenset()


def joined(reaches: Iterable[Reach]) -> tuple[Reach, ...]:
    """One reach per role, the union of its assignments, roles in alphabetical order."""
    by_role: dict[str, Reach] = {}
    for reach in reaches:
        old = by_role.get(reach.role, Reach(reach.role))
        by_role[reach.role] = Reach(
            reach.role,
            old.gram_panchayats | reach.gram_panchayats,
            old.blocks | reach.blocks,
            old.branches | reach.branches,
            old.districts | reach.districts,
            old.states | reach.states,
        )
    return tuple(by_role[role] for role in sorted(by_role))


def may_write(
    reaches: Iterable[Reach], kind: str, names: frozenset[str], *, new: bool, values: Mapping[str, Any]
) -> list[Refusal]:
    """The fields no role among `reaches` may write, as refusals; [] when all are allowed.

    One role must allow the whole change: a change is made in one capacity.
    """
    roles = [reach.role for reach in reaches]
    return list(may_write_as(tuple(roles), kind, names, new=new, step=values.get("kind")))


def may_write_as(
    roles: tuple[str, ...], kind: str, names: frozenset[str], *, new: bool, step: str | None = None
) -> tuple[Refusal, ...]:
    """`may_write` for named roles; `step` is the kind of a new account step."""
    best: tuple[Refusal, ...] | None = None
    for role in roles:
        grant = WRITES.get((kind, role), Grant())
        denied = sorted(name for name in names if not grant.allows(name, new=new))
        refusals = tuple(Refusal("not_allowed_field", name, kind) for name in denied)
        if kind == "AccountStep" and role == "abm" and new and step not in STEPS_OF_ABM:
            refusals += (Refusal("not_allowed", "kind", kind),)
        if not refusals:
            return ()
        if best is None or len(refusals) < len(best):
            best = refusals
    grants = [WRITES.get((kind, role), Grant()) for role in roles]
    writes_some = any(grant.creates if new else grant.changes for grant in grants)
    if best is None or not writes_some:
        return (Refusal("only_add" if kind == "AccountStep" and not new else "not_allowed", None, kind),)
    return best


def may_cancel(role: str, *, own: bool, step_day: date, today: date) -> str | None:
    """None, or the problem code, for cancelling a step that stands."""
    if role == "supervisor":
        return None
    if not own:
        return "not_yours_to_cancel"
    return None if (today - step_day).days <= CANCEL_DAYS else "too_late_to_cancel"


def editable(roles: tuple[str, ...], kind: str, field_name: str, *, new: bool) -> bool:
    """Whether a form offers this field for entry to someone in these roles."""
    return any(WRITES.get((kind, role), Grant()).allows(field_name, new=new) for role in roles)
