"""Work that is also carried by hand: files that come to colleagues, to the office, twice, late, after a restore."""

from collections.abc import Callable
from random import Random

from records.bundles import REPLY, read_bundle
from records.problems import BUNDLE_CODES, Problem
from server.carried import Carrier
from storage.carrying import content_of, list_parcels
from sync.bundles import hand_over, take_in
from tests.property.simulation.handsets import Handset
from tests.property.simulation.running import FAULTS_OF_SYNC, OPERATIONS, Op, Run
from tests.world import ref

CARRYING = {**FAULTS_OF_SYNC, "hand over": 8, "file comes": 14, "killed in taking in": 1}
EXPECTED = {*BUNDLE_CODES, "nothing_waits", "sign_in", "device_cloned"}


def carrying_plan(seed: int, operations: int = OPERATIONS) -> list[Op]:
    chance = Random(f"{seed}/carrying")
    names = chance.choices(list(CARRYING), list(CARRYING.values()), k=operations)
    return [Op(number, name) for number, name in enumerate(names)]


class CarryingRun(Run):
    """`files`: whatever was ever handed over or answered, in somebody's pocket."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.files: list[bytes] = []

    def _hand_over(self, phone: Handset, r: Random) -> str:
        # A day in the village, with nothing sent in between.
        worked = [self._work(phone, r) for _ in range(2)]

        def deed() -> str:
            self.files.append(hand_over(phone.store))
            return f"file {len(self.files)}"

        return f"{self._said(deed)} {worked}"

    def _file_comes(self, phone: Handset, r: Random) -> str:
        """To its own phone if it is an answer, to a colleague, or to the office."""
        if not self.files:
            return "no file"
        at = r.randrange(len(self.files)) if r.random() < 0.5 else len(self.files) - 1
        content = self.files[at]
        bundle = read_bundle(content)
        makers = [one for one in self.phones if self._number(one) == bundle.device]
        if bundle.what == REPLY and makers:
            return f"{at + 1} " + self._said(lambda: f"{take_in(r.choice(makers).store, content)}")
        if r.random() < 0.5:
            return f"{at + 1} " + self._said(lambda: self._at_office(content))
        said = self._said(lambda: f"{take_in(phone.store, content)}")
        self.files += [
            content_of(phone.store, one.id) for one in list_parcels(phone.store) if one.state == "delivered"
        ][:1]
        return f"{at + 1} {said}"

    def _killed_in_taking_in(self, phone: Handset, r: Random) -> str:
        if not self.files:
            return "no file"
        content = r.choice(self.files)
        done = phone.dying_at(
            r.randrange(1, 12), lambda: self._said(lambda: f"{take_in(phone.store, content)}"), power=r.random() < 0.5
        )
        return f"{done}"

    def _at_office(self, content: bytes) -> str:
        taken = self.town.centre.carried.take(content, Carrier(ref("supervisor"), "00000001"))
        self.files.append(taken.reply)
        return taken.state

    def _number(self, phone: Handset) -> str:
        with phone.store.reading() as t:
            return str(t.meta.get("device"))

    def _said(self, deed: Callable[[], str]) -> str:
        try:
            said = deed()
        except Problem as problem:
            if problem.code not in EXPECTED:
                raise
            said = problem.code
        self.counts[f"carried: {said.split()[0][:24]}"] += 1
        return said
