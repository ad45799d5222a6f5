"""The laws of sync where work is also carried by hand: files come twice, late, by several ways, as do answers.

The simulation of `test_laws`, whose people also hand over files, carry those of others, and bring answers back.
"""

from datetime import date

import pytest

from records.commands.groups import RegisterGroup
from records.problems import Problem
from tests.fleet import Phone
from tests.property.test_laws import (
    Simulation,
    assert_copies_are_what_a_fresh_phone_would_hold,
    assert_every_batch_was_applied_once,
    assert_no_written_value_has_vanished,
)
from tests.world import ref

SEEDS = range(3)
CUTS = ("", "", "", "lost_request", "lost_reply")
EXPECTED = {
    "nothing_waits", "bundle_own", "bundle_not_yours", "bundle_outdated", "device_cloned", "bundle_cloned",
    "bundle_unknown",
}  # fmt: skip


class CarryingSimulation(Simulation):
    """`files`: whatever was ever handed over or answered, in somebody's pocket. `done`: what each deed came to."""

    def __init__(self, seed: int, folder) -> None:
        self.files: list[bytes] = []
        self.done: list[str] = []
        super().__init__(seed, folder)

    def work(self, phone: Phone) -> None:
        phone.line.bundle_faults = self.random.choices(CUTS, k=2)
        roll = self.random.random()
        if roll < 0.6 or not (self.files or roll > 0.85):
            super().work(phone)
        elif roll < 0.85:
            self.attempt(lambda: self.done.append(phone.workspace.take_in(self.random.choice(self.files)).what))
        else:
            self.attempt(lambda: self.files.append(phone.workspace.hand_over()))
        for parcel in phone.workspace.parcels():
            if parcel.state == "delivered" and self.random.random() < 0.5:
                self.bring_back(phone.workspace.parcel(parcel.id), parcel.device)

    def bring_back(self, reply: bytes, device: str) -> None:
        """An answer comes to its phone, now or some day."""
        self.files.append(reply)
        maker = next((one for one in self.phones if one.workspace.identity().device == device), None)
        if maker and self.random.random() < 0.5:
            self.attempt(lambda: self.done.append(f"answered {min(1, maker.workspace.take_in(reply).records)}"))

    def attempt(self, deed) -> None:
        try:
            deed()
        except Problem as problem:
            assert problem.code in EXPECTED, problem.code
            self.done.append(problem.code)

    def one_whole_way(self) -> None:
        """Chance may leave it out: work that is carried, and its answer that is brought back before the network's."""
        village = {"village_id": ref("V1"), "name": "हाथ से", "formed_on": date(2026, 3, 1)}
        maker = self.phones[0]
        self.attempt(lambda: maker.do(RegisterGroup(village)))
        self.files.append(maker.workspace.hand_over())
        reply = self.phones[3].line.server.bundle(self.files[-1]).reply
        self.files.append(reply)
        self.done.append(f"answered {min(1, maker.workspace.take_in(reply).records)}")

    def rest(self) -> None:
        for phone in self.phones:
            phone.line.bundle_faults = []
        super().rest()

    def bring_everything_once_more(self) -> None:
        """Every file that there ever was comes at last to the office and to its phone, in any order."""
        files = self.random.sample(self.files, len(self.files))
        server = self.phones[0].line.server
        for content in files:
            self.attempt(lambda content=content: self.done.append(server.bundle(content).state))
            for phone in self.phones:
                self.attempt(lambda content=content, phone=phone: phone.workspace.take_in(content))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_laws_hold_with_files_carried_by_hand_twice_and_late(seed, tmp_path):
    simulation = CarryingSimulation(seed, tmp_path)
    simulation.run(80)
    simulation.rest()
    simulation.one_whole_way()
    simulation.run(20)
    simulation.bring_everything_once_more()
    simulation.rest()
    simulation.bring_everything_once_more()
    assert_no_written_value_has_vanished(simulation)
    simulation.withdraw_what_was_not_taken()
    assert_copies_are_what_a_fresh_phone_would_hold(simulation, tmp_path)
    assert_every_batch_was_applied_once(simulation)
    assert {"carried", "answered 1", "repeated"} <= set(simulation.done), "the deeds that this is about were done"
