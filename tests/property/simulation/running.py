"""One run: a seed gives the town, the deeds and the faults; at the end everything is quiet and the laws are checked."""

import contextlib
import gc
import hashlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

from records.problems import Problem, Refused
from storage.identity import ENDED_LOGINS, holds_unsent_work
from tests.property.simulation import deeds
from tests.property.simulation.crashing import Killed
from tests.property.simulation.filling import Filling, watched
from tests.property.simulation.handsets import Handset
from tests.property.simulation.laws import Verdict
from tests.property.simulation.ledger import Broken
from tests.property.simulation.network import FAULTS, Network
from tests.property.simulation.picturing import Picturing, small_pieces
from tests.property.simulation.quickly import sharing
from tests.property.simulation.rotting import Rotting
from tests.property.simulation.tending import Tending
from tests.property.simulation.town import CREW, REGISTRIES, Town, a_folder, copied, upgraded
from tests.world import START_MS, ref

YEARS_20 = 20 * 365 * 86_400_000
SKEWS = (0, 0, 0, 0, YEARS_20, -YEARS_20, 4000, -START_MS)
"""How far a phone's clock may be off, in ms; the last begins on the day zero of 1970."""

OPERATIONS = 60
MOST_PHONES = 10
SIZES = {3: 50, 4: 26, 5: 10, 6: 4, 7: 3, 8: 3, 9: 2, 10: 2}
"""Phones of a town -> of so many towns in a hundred. Most are small: there the same deeds meet more often, and in the
same time there are more of them."""
QUIET_ROUNDS = 30
HANDED_ON = "of a phone that was passed on/"

FAULTS_OF_SYNC = {
    "work": 45, "sync": 26, "console works": 3, "late arrival": 3, "clock": 3, "time passes": 1,
    "killed in work": 3, "killed in sync": 5, "killed in enrolment": 1, "killed in mending": 1,
    "server killed at office": 1, "disk full in work": 1, "disk full in sync": 2, "disk full in enrolment": 1,
    "restarted": 1, "server restarted": 1, "assignment": 2, "place moves": 1, "service area": 1, "import": 1,
    "mend": 2, "revoke": 1, "enrol": 2, "clone": 1, "taken over": 1, "passed on": 1, "backup": 2, "restore": 2,
}  # fmt: skip
WEIGHTS = {
    **FAULTS_OF_SYNC, "decide": 3, "updated": 1, "centre updated": 1, "centre clock": 1,
    "rots": 2, "day later": 1, "limit": 1, "older steps": 2, "look at photo": 2,
}  # fmt: skip


class Op(NamedTuple):
    """One operation: its own number gives its chance, so that leaving others out does not make it another one."""

    number: int
    name: str


def plan(seed: int, operations: int = OPERATIONS) -> list[Op]:
    chance = Random(f"{seed}/plan")
    names = chance.choices(list(WEIGHTS), list(WEIGHTS.values()), k=operations)
    return [Op(number, name) for number, name in enumerate(names)]


@dataclass
class Run(Tending, Rotting, Filling, Picturing):
    """A run under way, and what it has come to. `trace`: a line for each operation."""

    town: Town
    seed: int
    trace: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        chance = Random(f"{self.seed}/town")
        self.network = Network(self.town)
        size = chance.choices(list(SIZES), list(SIZES.values()))[0]
        # Who is left out is left out from the end, so that small towns still are towns where people meet.
        self.phones = [self._phone(number, person, chance) for number, person in enumerate(CREW[:size])]
        self.settled = {ref(person) for person in CREW}
        self.moved: set[str] = set()
        self.gone: set[str] = set()
        self.shut_out: list[str] = []
        self.console_at_backup = dict[Any, Any]()
        self.begin_tending()

    def _phone(self, number: int, person: str, chance: Random) -> Handset:
        name = f"{number}-{person}"
        app, path = "newer" if chance.random() < 0.12 else "this", self.town.folder / f"{name}.sqlite"
        if REGISTRIES[app] is not self.town.registry and app == "newer":
            upgraded("this", name).put_back(path)
        else:
            self.town.copy_phone(path)
        return Handset(self.network, person, name, path, REGISTRIES[app], chance.choice(SKEWS))

    def close(self) -> None:
        for phone in self.phones:
            phone.close()
        self.town.centre.close()

    # --- operations

    def do(self, op: Op) -> None:
        r = Random(f"{self.seed}/{op.number}/{op.name}")
        self.town.clock.forward(ms=r.randrange(1, 600_000))
        phone = r.choice(self.phones)
        deed: Callable[[Handset, Random], Any] = getattr(self, "_" + op.name.replace(" ", "_"))
        said = deed(phone, r)
        self.counts[op.name] += 1
        self.trace.append(f"{op.number} {op.name} {phone.name} {said}")

    def _command(self, phone: Handset, r: Random) -> Any:
        newer = phone.registry is REGISTRIES["newer"]
        sight = deeds.Sight.of(phone)
        return deeds.command_of(phone.person.strip("234"), phone.person, sight, r, newer=newer)

    def _work(self, phone: Handset, r: Random) -> str:
        command = self._command(phone, r)
        try:
            return f"{command} -> {phone.do(command)[-6:]}"
        except Refused as refused:
            return f"{command} refused {refused.code}"

    def _sync(self, phone: Handset, r: Random) -> str:
        count = r.choice((0, 0, 1, 1, 2, 3))
        self.network.faults = [(r.choice(FAULTS), r.randrange(1, 60)) for _ in range(count)]
        told = [fault for fault, _ in self.network.faults]
        line = self._run(phone)
        self.network.faults = []
        return f"{told} {line}"

    def _run(self, phone: Handset) -> str:
        line = phone.sync()
        return f"{line.state} {line.problem} sent {line.sent} received {line.received}"

    def _killed_in_work(self, phone: Handset, r: Random) -> str:
        command = self._command(phone, r)
        done = phone.dying_at(r.randrange(1, 60), lambda: phone.do(command), power=r.random() < 0.5)
        return f"{command} {done}"

    def _killed_in_sync(self, phone: Handset, r: Random) -> str:
        number = r.choice((r.randrange(1, 60), r.randrange(1, 320)))
        done = phone.dying_at(number, phone.sync, power=r.random() < 0.5)
        return f"at {number} {done}"

    def _disk_full_in_work(self, phone: Handset, r: Random) -> str:
        command = self._command(phone, r)
        return f"{command} {phone.full_at(r.randrange(1, 50), lambda: phone.do(command))}"

    def _disk_full_in_sync(self, phone: Handset, r: Random) -> str:
        return f"{phone.full_at(r.randrange(4, 240), phone.sync)}"

    def _restarted(self, phone: Handset, r: Random) -> str:
        phone.close()
        phone.open()
        return ""

    def _clock(self, phone: Handset, r: Random) -> str:
        phone.skew_ms = r.choice(
            (*SKEWS, phone.skew_ms + 86_400_000, phone.skew_ms + 700_000, phone.skew_ms - 3_600_000)
        )
        return f"{phone.skew_ms}"

    def _time_passes(self, phone: Handset, r: Random) -> str:
        days = r.choice((1, 8, 40))
        self.town.clock.forward(days=days)
        return f"{days} days"

    def _late_arrival(self, phone: Handset, r: Random) -> str:
        self.network.deliver_delayed(r.randrange(100))
        return f"{len(self.network.delayed)} more"

    def _server_restarted(self, phone: Handset, r: Random) -> str:
        self.town.restart()
        return ""

    def _assignment(self, phone: Handset, r: Random) -> str:
        name = deeds.change_assignment(self.town, r)
        self.settled.discard(ref(name))
        return name

    def _place_moves(self, phone: Handset, r: Random) -> str:
        name = deeds.move_place(self.town, r)
        self.moved.add(ref(name))
        return name

    def _service_area(self, phone: Handset, r: Random) -> str:
        return deeds.change_service(self.town, r)

    def _import(self, phone: Handset, r: Random) -> str:
        return f"{deeds.import_register(self.town, r)} taken"

    def _mend(self, phone: Handset, r: Random) -> str:
        """Somebody takes back what was not taken, or tries another value, which takes the rest along."""
        some = phone.workspace.mending()
        if not some:
            return "nothing"
        one = r.choice(list(some))
        if one.kind == "Shg" and r.random() < 0.5:
            with contextlib.suppress(Refused):
                phone.do(deeds.ChangeGroup(one.record_id, {"name": r.choice(deeds.NAMES), "village_id": ref("V1")}))
            return f"mended {one.record_id}"
        phone.workspace.withdraw(one.kind, one.record_id)
        return f"withdrawn {one.kind} {one.record_id}"

    # --- logins, copies, the server gone back

    def _revoke(self, phone: Handset, r: Random) -> str:
        device = phone.device()
        self.town.centre.enrolments.revoke(device)
        self.shut_out.append(phone.token())
        return device

    def _enrol(self, phone: Handset, r: Random) -> str:
        """Whoever has lost her login gets a code; over a network that may lose the reply, so that it is used up."""
        if phone.has_login:
            return "not needed"
        self.network.faults = [(r.choice(FAULTS), r.randrange(1, 60))] if r.random() < 0.4 else []
        faults = [fault for fault, _ in self.network.faults]
        done = phone.enrol()
        self.network.faults = []
        return f"{faults} {done}"

    def _taken_over(self, phone: Handset, r: Random) -> str:
        """Somebody else wants to go on with this phone; not while there is unsent work on it."""
        with phone.store.reading() as t:
            unsent = holds_unsent_work(t)
        if not unsent:
            return "nothing unsent"
        if phone.enrol("abm3" if phone.person != "abm3" else "abm"):
            raise Broken(f"law 7: {phone.name} was taken over with unsent work on it")
        return "refused"

    def _passed_on(self, phone: Handset, r: Random) -> str:
        """Somebody else gets this phone, on which nothing is unsent: it begins empty, as hers."""
        with phone.store.reading() as t:
            if holds_unsent_work(t):
                return "something unsent"
            before, epoch = phone.devices(t), t.meta.get("epoch")
        person = r.choice([one for one in ("abm", "abm2", "abm3", "sakhi", "supervisor") if one != phone.person])
        if not phone.enrol(person):
            # A centre that was put back by hand may have noticed it by this very call.
            with self.town.centre.database.reading() as db:
                gone_back = self.town.centre.epoch(db) != epoch
            if gone_back:
                return "what it had sent may stand only here"
            raise Broken(f"law 7: {phone.name} cannot be passed on")
        phone.person = person
        phone.rotten.clear()
        self.gone |= before
        typed = self.town.ledger.typed
        typed[f"{HANDED_ON}{len(typed)}"] = typed.pop(phone.name, {})
        return person

    def _killed_in_enrolment(self, phone: Handset, r: Random) -> str:
        if phone.has_login:
            return "not needed"
        return f"{phone.dying_at(r.randrange(1, 80), phone.enrol, power=r.random() < 0.5)}"

    def _disk_full_in_enrolment(self, phone: Handset, r: Random) -> str:
        if phone.has_login:
            return "not needed"
        return f"{phone.full_at(r.randrange(1, 80), phone.enrol)}"

    def _killed_in_mending(self, phone: Handset, r: Random) -> str:
        return f"{phone.dying_at(r.randrange(1, 80), lambda: self._mend(phone, r), power=r.random() < 0.5)}"

    def _server_killed_at_office(self, phone: Handset, r: Random) -> str:
        """The centre dies while the office takes in a list, moves a place, changes an assignment, works or decides."""
        deed = r.choice(
            (self._import, self._place_moves, self._assignment, self._service_area, self._console_works, self._decide)
        )
        try:
            return str(self.town.dying_at(r.randrange(1, 120), lambda: deed(phone, r)))
        except Killed:
            return "killed"

    def _clone(self, phone: Handset, r: Random) -> str:
        if len(self.phones) >= MOST_PHONES:
            return "enough"
        twin = phone.clone(f"{len(self.phones)}-copy-of-{phone.name}")
        self.phones.append(twin)
        return twin.name

    def _backup(self, phone: Handset, r: Random) -> str:
        self.town.back_up()
        self.console_at_backup = dict(self.town.ledger.typed.get("console", {}))
        return ""

    def _restore(self, phone: Handset, r: Random) -> str:
        if self.town.backup is None:
            return "no backup"
        by_command = r.random() < 0.5
        self.town.restore(by_command=by_command)
        # What was done at the console has no other copy.
        typed = self.town.ledger.typed
        typed["console"] = dict(self.console_at_backup)
        for writer in [one for one in typed if one.startswith(HANDED_ON)]:
            del typed[writer]
        self.town.backup = None
        return "by command" if by_command else "by hand"

    # --- the console

    def _console_works(self, phone: Handset, r: Random) -> str:
        page = self.console("supervisor")
        command = deeds.command_of("supervisor", "supervisor", deeds.Sight.of_centre(self.town), r, newer=False)
        try:
            done = page.do(command)
        except Problem as refused:
            return f"{command} refused {refused.code}"
        self.town.ledger.saved("console", done.changes)
        return f"{command}"

    # --- the end

    def rest(self, calm: dict[str, Any]) -> None:
        """Good lines for everybody, until nobody has anything left to say.

        `calm`: phone -> how far its streams were when it last had nothing to say or to hear. Whoever has been given
        something to do since then is not among them.
        """
        self.network.faults = []
        for phone in self.phones:
            # In how small pieces work goes has been tried while lines were bad.
            phone.runner._pace.rows = max(20, phone.runner._pace.rows)
        while self.network.delayed:
            self.network.deliver_delayed(0)
        for _ in range(QUIET_ROUNDS):
            busy = False
            for phone in self.phones:
                news = phone.news()
                if calm.get(phone.name) == news:
                    continue  # since it had nothing left to say or to hear, nothing of its streams has changed
                self.town.clock.forward(ms=11)
                line = phone.sync()
                if line.problem in ENDED_LOGINS:
                    if not phone.enrol():
                        raise Broken(f"law 7: {phone.name} gets no login")
                    busy = True
                elif line.problem:
                    raise Broken(f"a good line failed: {phone.name} {line.problem}")
                busy |= bool(line.sent or line.received)
                if not (line.sent or line.problem):
                    calm[phone.name] = news  # as before the run: a file that it brought may have changed it
            if not busy:
                return
        raise Broken("law 4: the network does not come to rest")

    def judge(self) -> None:
        calm: dict[str, Any] = {}
        self.rest(calm)
        verdict = Verdict(self.town, self.phones, self.gone)
        verdict.nothing_waits()
        verdict.nothing_is_lost()
        verdict.who_was_shut_out_stays_out(self.shut_out)
        verdict.every_batch_once()
        verdict.losers_are_kept()
        verdict.nobody_wrote_out_of_reach(self.settled, self.moved)
        # Everybody takes back what the centre set aside or refused: then the received values stand again.
        taken_back = False
        for phone in self.phones:
            for one in phone.workspace.mending():
                phone.workspace.withdraw(one.kind, one.record_id)
                calm.pop(phone.name, None)
                taken_back = True
        if taken_back:
            self.rest(calm)
            verdict = Verdict(self.town, self.phones, self.gone)
        verdict.copies_agree()
        if self.seed % 3 == 0:
            verdict.digests_agree()
        self.judge_photos(verdict)
        self.look_after_copies(verdict)

    def look_after_copies(self, verdict: Verdict) -> None:
        """Phones that have let something go ask for it, those on which something has rotted are compared; then the laws
        are held against these once more, without exception."""
        full = [phone for phone in self.phones if phone.let_go()]
        self.fetch_all_that_went(full, verdict)
        rotten = [phone for phone in self.phones if phone.rotten]
        for some in itertools.chain([full], self.healed(rotten, verdict)):
            if some:
                again = Verdict(self.town, some, self.gone)
                again.copies_agree()
                again.digests_agree()

    def digest(self) -> str:
        """The trace and the end as one hash: of all records at the centre."""
        tables = self.town.centre.tables
        end = [self.town.rows(tables.records[kind]) for kind in self.town.registry]
        return hashlib.sha256("\n".join([*self.trace, repr(end)]).encode()).hexdigest()


@dataclass(frozen=True)
class Outcome:
    """What a seed has come to. `broken`: the law that does not hold, None when all do."""

    seed: int
    broken: str | None
    trace: list[str]
    counts: Counter[str]
    digest: str = ""


def run(
    seed: int, ops: Iterable[Op] | None = None, *, digest: bool = False, how: Callable[..., "Run"] = Run
) -> Outcome:
    """One run of a seed. Anything but a broken law, as a mistake of the product, is a broken law as well."""
    with _quickly(), a_folder() as folder:
        registry = "newer" if Random(f"{seed}/registry").random() < 0.1 else "this"
        running = how(copied(registry, folder, seed), seed)
        broken = None
        try:
            for op in plan(seed) if ops is None else ops:
                running.do(op)
            running.judge()
        except Broken as error:
            broken = str(error)
        except Exception as error:
            # A phone or a centre that fails with anything a person cannot act on has broken a promise, too.
            broken = f"{type(error).__name__}: {error}\n{_where(error)}"
        counts = running.counts + running.network.injected + running.town.ledger.counts
        counts["phones"] = len(running.phones)
        said = running.digest() if digest else ""
        running.close()
    return Outcome(seed, broken, running.trace, counts, said)


def _where(error: BaseException) -> str:
    import traceback

    return "".join(traceback.format_tb(error.__traceback__)[-8:])


@contextlib.contextmanager
def _quickly() -> Iterator[None]:
    """Tables and statements are shared by all runs of a process, and what a run leaves is cleared up after it."""
    with sharing(), watched(), small_pieces():
        gc.disable()
        try:
            yield
        finally:
            gc.enable()


def shrink(seed: int, broken: str) -> list[Op]:
    """The fewest operations found that still break the same law: pieces are left out, ever smaller ones."""
    law, ops = broken[:6], plan(seed)
    piece = len(ops) // 2
    while piece:
        at = 0
        while at < len(ops):
            fewer = ops[:at] + ops[at + piece :]
            again = run(seed, fewer).broken
            if again and again[:6] == law:
                ops = fewer
            else:
                at += piece
        piece //= 2
    return ops
