"""A phone's copy rots: a value changes in its file by itself, a row goes. Comparing finds it, heals it, tells of it.

What is sent is never struck: the outbox, the batches, what waits to be mended. The laws are held first against all that
did not rot, and then, a day later and compared, against everything.
"""

from collections.abc import Iterable, Iterator, Mapping
from random import Random
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from server.streams import of_stream
from storage.agreeing import EACH_MS, summary_due
from storage.marks import numbers_in
from tests.property.simulation.handsets import Handset
from tests.property.simulation.ledger import Broken
from tests.property.simulation.network import FAULTS, Network
from tests.property.simulation.town import Town

if TYPE_CHECKING:
    from tests.property.simulation.laws import Verdict

Key = tuple[str, str]
ROTTING = ("Shg", "Shg", "Member", "Member", "SavingsAccount", "AccountStep", "Place", "Person")
NOT_COMPARED = ("id", "extra", "search_key", "unsent")
NEXT_DAY_MS = EACH_MS + 3_600_000


class Rotting:
    """Operations of a run; those of `running.Run` stand beside them."""

    town: Town
    network: Network
    phones: list[Handset]

    def _rots(self, phone: Handset, r: Random) -> str:
        """A record of a copy goes, or one of its cells becomes that of another record."""
        if phone.registry is not self.town.registry:
            return "is not compared"
        kind = r.choice(ROTTING)
        with phone.store.writing() as t:
            db, table = t.connection, t.tables[kind].name
            ids = [id for (id,) in db.exec_driver_sql(f'SELECT id FROM "{table}" ORDER BY id')]
            if len(ids) < 2:
                return "nothing"
            id, other = r.sample(ids, 2)
            one, two = (
                db.exec_driver_sql(f'SELECT * FROM "{table}" WHERE id=?', (it,)).mappings().one() for it in (id, other)
            )
            struck = r.choice([name for name in one if one[name] != two[name] and name not in NOT_COMPARED])
            if r.random() < 0.4:
                struck = "gone"
                db.exec_driver_sql(f'DELETE FROM "{table}" WHERE id=?', (id,))
            else:
                db.exec_driver_sql(f'UPDATE "{table}" SET "{struck}"=? WHERE id=?', (two[struck], id))
            names = {row.number: row.name for row in db.execute(select(t.tables.stream))}
        marks = one["held"] + (two["held"] if struck == "held" else "")
        streams = {names[number] for number in numbers_in(marks) if number in names}
        phone.rotten.setdefault((kind, id), set()).update(streams)
        return f"{kind} {id} {struck}"

    def _day_later(self, phone: Handset, r: Random) -> str:
        """On the next day a phone on which something has rotted is compared, over a line like any other, or killed."""
        some = [one for one in self.phones if one.rotten and one.has_login]
        if not some:
            return "none rotten"
        phone = r.choice(some)
        self._a_day_passes([phone])
        began = self.town.centre.clock()
        if r.random() < 0.2:
            return f"{phone.name} {phone.dying_at(r.randrange(1, 120), lambda: phone.sync(compares=True), power=True)}"
        self.network.faults = [(r.choice(FAULTS), r.randrange(1, 60)) for _ in range(r.choice((0, 0, 1, 2)))]
        line = phone.sync(compares=True)
        self.network.faults = []
        if not (self.town.went_back or phone.hangs):
            self._nothing_else_is_told(phone, since_ms=began)
        return f"{phone.name} {line.state} {line.problem} received {line.received}"

    def _a_day_passes(self, phones: Iterable[Handset]) -> None:
        """Each run that compares notes which streams there are; on the next day they are due, if anything moves."""
        for phone in phones:
            summary_due(phone.store)
        self.town.clock.forward(ms=NEXT_DAY_MS)
        news = {"code": "most_members", "value": 20, "from_on": "2020-01-01"}
        self.town.office(("Norm", f"told/{self.town.clock()}", news))

    def healed(self, phones: Iterable[Handset], verdict: "Verdict") -> Iterator[list[Handset]]:
        """At rest, a day later: what has rotted on these phones is found, told to the office and healed. Of phones that
        go by one number, as a copied one does at first, one is healed a day."""
        left = list(phones)
        while left:
            today = list({phone.device(): phone for phone in left}.values())
            left = [phone for phone in left if phone not in today]
            self._heal(today, verdict)
            yield today

    def _heal(self, phones: list[Handset], verdict: "Verdict") -> None:
        # Between two registers of fields nothing is compared.
        some = [phone for phone in phones if phone.registry is self.town.registry]
        spoilt = [(phone, key) for phone in some for key in phone.rotten if verdict.differs(phone, key)]
        self._a_day_passes(phones)
        began = self.town.centre.clock()
        for phone in phones:
            if (line := phone.sync(compares=True)).problem:
                raise Broken(f"a good line failed: {phone.name} {line.problem}")
            self._nothing_else_is_told(phone, since_ms=began)
        for phone, key in spoilt:
            told, streams = self._told(phone), self._streams(phone, key)
            if not any(row.healed_ms for name, row in told.items() if name in streams):
                raise Broken(f"law 4: {key} of {phone.name} had rotted, and the office hears of {sorted(told)}")
            self.town.ledger.counts["healed"] += 1
        for phone in some:
            phone.rotten.clear()

    def _nothing_else_is_told(self, phone: Handset, *, since_ms: int) -> None:
        streams = {name for key in phone.rotten for name in self._streams(phone, key)}
        others = {name for name, row in self._told(phone).items() if row.found_ms >= since_ms} - streams
        if others and not phone.hangs:
            raise Broken(f"law 4: nothing of {sorted(others)} has rotted on {phone.name}, and they are said to differ")

    def _told(self, phone: Handset) -> Mapping[str, Any]:
        """Stream -> what the office hears of a difference in it."""
        table = self.town.centre.tables.difference
        with self.town.centre.database.reading() as db:
            return {row.stream: row for row in db.execute(select(table).where(table.c.device == phone.device()))}

    def _streams(self, phone: Handset, key: Key) -> set[str]:
        """All streams by which a record that has rotted is or was held, on its phone or at the centre."""
        feed, stream = self.town.centre.tables.feed, self.town.centre.tables.stream
        told = select(stream.c.name).select_from(feed.join(stream, of_stream(feed, stream)))
        with self.town.centre.database.reading() as db:
            fed = db.scalars(told.where(feed.c.kind == key[0], feed.c.id == key[1]))
            return {*fed, *phone.rotten[key]}
