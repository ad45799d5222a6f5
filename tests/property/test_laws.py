"""The laws of sync under random work on random lines: phones, centre, faults, wrong clocks, moves, withdrawals.

Real storage, sync and server code in one process. Every run is a pure function of its seed.
"""

import contextlib
import json
import random
from datetime import date, timedelta

import pytest

from records.commands.accounts import ChangeAccount, RecordStep
from records.commands.groups import ChangeGroup, DeleteGroup, RegisterGroup, SayTheSame
from records.commands.members import AddMember, ChangeMember
from records.problems import Problem, Refused
from records.savings_account import RETURN_REASONS
from tests.fleet import FAULTS, Phone, differences, fresh_contents, quiet
from tests.world import World, ref

YEARS_20 = 20 * 365 * 86_400_000
SEEDS = range(24)
PEOPLE = ("abm", "abm", "abm2", "sakhi", "sakhi2", "supervisor", "supervisor2", "district")
NAMES = ("जय अम्बे", "माँ शारदा", "राधा रानी", "एकता", "उजाला")


class Simulation:
    """Random deeds of random people; what they wrote is remembered and must be found again."""

    def __init__(self, seed: int, folder, world: World | None = None) -> None:
        self.random = random.Random(seed)
        self.world = world or World(seed=seed)
        self.phones = [
            Phone(
                self.world,
                person,
                folder,
                f"{number}-{person}",
                self.random.choice((0, 0, 0, YEARS_20, -YEARS_20, 4000)),
            )
            for number, person in enumerate(PEOPLE)
        ]
        for phone in self.phones:
            phone.sync()

        self.begin()

    def begin(self) -> None:
        """Two groups with members and accounts that everybody knows, so that people meet on the same records."""
        for phone, village in ((self.phones[0], "V1"), (self.phones[2], "V2")):
            day = date(2026, 3, 1)
            group = phone.do(RegisterGroup({"village_id": ref(village), "name": "आरंभ", "formed_on": day})).id
            for name in NAMES[:3]:
                phone.do(AddMember(group, {"name": name}))
            phone.do(ChangeAccount(group, {"branch_id": ref("R1")}))
        quiet(self.phones)

    def run(self, deeds: int) -> None:
        for _ in range(deeds):
            self.world.clock.forward(ms=self.random.randrange(1, 600_000))
            phone = self.random.choice(self.phones)
            roll = self.random.random()
            if roll < 0.55:
                self.work(phone)
            elif roll < 0.85:
                phone.sync(*self.random.choices((*FAULTS, "", ""), k=self.random.randrange(4)))
            elif roll < 0.90:
                phone.kill()
                phone.connect()
            elif roll < 0.94:
                phone.skew_ms += self.random.choice((YEARS_20, -YEARS_20, 86_400_000, 700_000))
            else:
                self.office()

    def work(self, phone: Phone) -> None:
        """One deed of someone; what her role does not allow is refused on the phone and changes nothing."""
        held = phone.contents()
        groups, members = sorted(held.get("Shg", {})), sorted(held.get("Member", {}))
        with contextlib.suppress(Refused):
            phone.do(self.deed(phone.person.strip("2"), groups, members))

    def deed(self, role: str, groups: list[str], members: list[str]):
        r, day = self.random, date(2026, 9, 1) - timedelta(days=self.random.randrange(200))
        group = r.choice(groups[:4]) if groups else None
        member = r.choice(members) if members else None
        home = {"abm": "V1", "abm2": "V2"}.get(role, "V3")
        if role == "district" or group is None or (role != "sakhi" and r.random() < 0.1):
            village = ref(r.choice((home, home, "V1", "V2")))
            return RegisterGroup({"village_id": village, "name": r.choice(NAMES), "formed_on": day})
        if role == "sakhi":
            return r.choice(self.deeds_at_the_branch(group, day))()
        return r.choice(self.deeds_in_the_village(group, groups, member, members, day))()

    def deeds_at_the_branch(self, group: str, day: date):
        r = self.random
        return [
            lambda: ChangeGroup(group, {"mobile": r.choice(("9876500000", "9876500001"))}),
            lambda: ChangeGroup(group, {"president_signs": r.choice((True, False))}),
            lambda: ChangeAccount(group, {"branch_id": ref(r.choice(("R1", "R2", "R3")))}),
            lambda: ChangeAccount(group, {"account_number": r.choice(("123456789012", "98765432101"))}),
            lambda: RecordStep(group, r.choice(("submitted", "opened", "closed")), day),
            lambda: RecordStep(group, "returned", day, reason=r.choice(RETURN_REASONS)),
        ]

    def deeds_in_the_village(self, group: str, groups: list[str], member: str | None, members: list[str], day: date):
        r = self.random
        mobiles = ("9876543210", "", "9876543211")
        deeds = [
            lambda: AddMember(group, {"name": r.choice(NAMES), "mobile": r.choice(mobiles)}),
            lambda: ChangeGroup(group, {"name": r.choice(NAMES)}),
            lambda: ChangeGroup(group, {"name": r.choice(NAMES), "declared_members": r.randrange(5, 25)}),
            lambda: ChangeGroup(group, {"remarks": r.choice(NAMES), "meeting_rhythm": r.choice(("weekly", "monthly"))}),
            lambda: ChangeGroup(group, {"village_id": ref(r.choice(("V1", "V2", "V3")))}),
            lambda: ChangeGroup(group, {r.choice(("president_id", "secretary_id")): r.choice([*members, None])}),
            lambda: SayTheSame(group, r.choice([*groups, None])),
            lambda: DeleteGroup(group, restore=r.random() < 0.6),
            lambda: ChangeAccount(group, {"branch_id": ref(r.choice(("R1", "R2")))}),
            lambda: RecordStep(group, r.choice(("resolution_passed", "submitted")), day),
        ]
        if member:
            deeds += [
                lambda: ChangeMember(member, {"guardian_name": r.choice(NAMES)}),
                lambda: ChangeMember(member, {"left_on": day}),
                lambda: ChangeMember(member, {"shg_id": group}),
            ]
        return deeds

    def office(self) -> None:
        """Assignments end and begin again, another branch serves a village, a village moves to another panchayat."""
        r, world = self.random, self.world
        match r.randrange(4):
            case 0 | 1:
                name = r.choice(("abm", "abm2", "sakhi", "supervisor"))
                world.overwrite("Assignment", f"{name}/1", to_on=r.choice((date(2026, 1, 1), None)))
            case 2:
                world.overwrite("ServiceArea", r.choice(("R1/V1", "R1/V2")), branch_id=ref(r.choice(("R1", "R2"))))
            case 3:
                world.overwrite("Place", "V2", parent_id=ref(r.choice(("G1", "G2", "G3"))))

    def rest(self) -> None:
        for name in ("abm", "abm2", "sakhi", "supervisor"):
            self.world.overwrite("Assignment", f"{name}/1", to_on=None)
        quiet(self.phones)

    def withdraw_what_was_not_taken(self) -> None:
        """Everybody takes back what the centre set aside or refused: then the received values stand again."""
        for phone in self.phones:
            for mending in phone.workspace.mending():
                phone.workspace.withdraw(mending.kind, mending.record_id)
        quiet(self.phones)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_laws_hold(seed, tmp_path):
    """Laws 1 to 6 at rest, for one seed: see the helpers below for each."""
    simulation = Simulation(seed, tmp_path)
    simulation.run(120)
    simulation.rest()
    assert_no_written_value_has_vanished(simulation)
    simulation.withdraw_what_was_not_taken()
    assert_copies_are_what_a_fresh_phone_would_hold(simulation, tmp_path)
    assert_every_batch_was_applied_once(simulation)


@pytest.mark.parametrize("seed", range(3))
def test_the_same_seed_gives_the_same_end(seed, tmp_path):
    ends = []
    for turn in ("one", "two"):
        (tmp_path / turn).mkdir()
        simulation = Simulation(seed, tmp_path / turn)
        simulation.run(40)
        tables = simulation.world.centre.tables
        ends.append([simulation.world.rows(tables.records[kind]) for kind in ("Shg", "Member", "AccountStep")])
    assert ends[0] == ends[1] and any(ends[0])


def assert_copies_are_what_a_fresh_phone_would_hold(simulation: Simulation, folder) -> None:
    """Laws 4 and 6: nothing missing, nothing left over, the same columns and stamps."""
    for person in sorted(set(PEOPLE)):
        expected = fresh_contents(simulation.world, person, folder)
        for phone in (one for one in simulation.phones if one.person == person):
            kept = _without_held(phone, phone.contents())
            found = differences(kept, _without_held(phone, expected))
            assert not found, f"{phone.name} differs from a fresh phone:\n" + "\n".join(found[:4])


def _without_held(phone: Phone, held):
    """What the centre holds back until its parent is known stays on the phone that typed it, and nowhere else."""
    waiting = {row["record_id"] for row in phone.world.rows(phone.world.centre.tables.held)}
    return {
        kind: kept
        for kind, records in held.items()
        if (kept := {i: row for i, row in records.items() if i not in waiting})
    }


def assert_no_written_value_has_vanished(simulation: Simulation) -> None:
    """Laws 1 and 3: each value is the field's, in the history, set aside, or was overwritten by its own author."""
    tables = simulation.world.centre.tables
    records = {(kind, row["id"]): row for kind, table in tables.records.items() for row in simulation.world.rows(table)}
    history: dict[tuple[str, str], list] = {}
    for row in simulation.world.rows(tables.history):
        history.setdefault((row["record_id"], row["field"]), []).append(json.loads(row["value"]))
    aside = [json.loads(row["cells"]) | {"id": row["record_id"]}
             for table in (tables.quarantine, tables.held) for row in simulation.world.rows(table)]  # fmt: skip
    for phone in simulation.phones:
        refused = {mending.record_id for mending in phone.workspace.mending()}
        latest = {(kind, id, name): value for kind, id, name, value in phone.written}
        for (kind, id, name), value in latest.items():
            row = records.get((kind, id))
            now = row[name] if row else None
            now = now.isoformat() if isinstance(now, date) else list(now) if isinstance(now, tuple) else now
            places = [
                now,
                *history.get((id, name), []),
                *(cells[name][0] for cells in aside if cells["id"] == id and name in cells),
            ]
            assert value in places or id in refused, f"{phone.name}: {kind} {id} {name}={value!r} is nowhere"


def assert_every_batch_was_applied_once(simulation: Simulation) -> None:
    """Law 2: the numbers of each device's batches have no gaps, and nobody was taken for a clone."""
    world = simulation.world
    numbers: dict[str, list[int]] = {}
    for row in world.rows(world.centre.tables.batch):
        numbers.setdefault(row["device"], []).append(row["number"])
    for device in world.rows(world.centre.tables.device):
        assert sorted(numbers.get(device["device"], [])) == list(range(1, device["last_batch"] + 1))


def test_a_phone_that_was_never_enrolled_says_so(tmp_path):
    from storage.store import LocalStore
    from storage.workspace import PhoneWorkspace

    store = LocalStore.open(tmp_path / "new.sqlite")
    with pytest.raises(Problem, match="sign_in"):
        PhoneWorkspace(store).do(RegisterGroup({"name": "x"}))
    store.close()
