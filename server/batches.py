"""The batches of one device: each applied once, in its order, and answered alike however often it comes (law 2)."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, Table, Update, bindparam, select, update

from records.days import day_of
from records.kinds import Registry
from records.messages import BatchAnswer, FrozenBatch
from records.problems import Problem
from records.wire import answer_text, read_answer, thawed
from server.checking import Lot, checked
from server.chunks import among, chunked
from server.glance import glance
from server.pushing import Push, author_in, author_of
from server.tables import CentralTables
from server.upserting import insert_new, put
from server.waiting import anything_held

KEPT_AHEAD = 100
"""A batch further than this beyond the next one is not kept: its device sends it again after those before it."""

SHUT_OUT = "device_revoked"
"""Why nothing of a device is applied any more."""

Key = tuple[str, str]
"""(kind, id) of a record."""


class Batches:
    """The batches of a device in one transaction. `sent`: record -> its row in the batch that was applied now, of
    records that one row of it names. `fresh`: whether the batch that was taken had not been here before. `last`: the
    number of the last one that was applied by then.

    `set_aside`: why the batch that others carry is not applied, but looked at by the office; None where it is.
    `by_feed`: as `Working` takes it, of the batch that is taken.
    """

    def __init__(
        self,
        db: Connection,
        tables: CentralTables,
        registry: Registry,
        state_id: int,
        device: str,
        now_ms: int,
        *,
        set_aside: str | None = None,
        by_feed: bool = False,
    ) -> None:
        self.db, self.tables, self.registry, self.state_id = db, tables, registry, state_id
        self.device, self.now_ms = device, now_ms
        self.awaited: set[str] = set()
        self.last = 0
        self.sent: dict[Key, int] = {}
        self.fresh, self._set_aside, self._early = False, set_aside, False
        self._by_feed = by_feed

    def take(self, frozen: FrozenBatch) -> BatchAnswer:
        """Apply the next batch, answer a repeated one as before, keep one that came before its turn."""
        device = self._lock()
        self.last = last = int(device.last_batch)
        if frozen.number <= last:
            return self._answered(frozen)
        if frozen.number > last + 1:
            if not self._keep_early(frozen, last):
                return BatchAnswer(frozen.number, "device_cloned")
            return BatchAnswer(frozen.number, "waiting_for", wanted=last + 1)
        answer, lots = self._apply(frozen, device, self._set_aside)
        self.fresh, self.last = True, frozen.number
        self.sent = _rows_by_record(lots)
        if self._early:
            self._apply_early(frozen.number + 1, device)
        return answer

    def wake(self, parents: Iterable[str]) -> None:
        """Apply what is held for these records; each change as the device that sent it."""
        author = author_of(self.db, self.tables, self.state_id, self.device, day_of(self.now_ms))
        Push(self.db, self.tables, self.registry, self.state_id, author, self.now_ms).wake(parents)

    def held_for(self, parents: Iterable[str]) -> set[str]:
        """Those of these records for which changes are held."""
        table, found = self.tables.held, set[str]()
        if not anything_held(self.db, table, self.state_id):
            return found
        for some in chunked(set(parents)):
            query = select(table.c.parent_id).where(
                table.c.state_id == self.state_id, among(self.db, table.c.parent_id, some)
            )
            found |= set(self.db.scalars(query))
        return found

    def _lock(self) -> Any:
        """The row of the device, which is locked until the transaction ends."""
        return self.db.execute(_locked(self.tables.device), {"state": self.state_id, "number": self.device}).one()

    def _mine(self, table: Any, number: int) -> Any:
        return (table.c.state_id == self.state_id) & (table.c.device == self.device) & (table.c.number == number)

    def _answered(self, frozen: FrozenBatch) -> BatchAnswer:
        asked = {"state": self.state_id, "of": self.device, "number": frozen.number}
        row = self.db.execute(_answer(self.tables.batch), asked).one()
        if row.sha256 != frozen.sha256:
            return BatchAnswer(frozen.number, "device_cloned")
        return read_answer(row.answer) if row.answer else BatchAnswer(frozen.number)

    def _apply(self, frozen: FrozenBatch, device: Any, why_aside: str | None) -> tuple[BatchAnswer, list[Lot]]:
        seen = glance(self.db, self.tables, self.state_id, self.device, device.person_id)
        self._early = seen.early
        author = author_in(self.db, self.tables, self.state_id, device, day_of(self.now_ms), seen.reach)
        push = Push(
            self.db, self.tables, self.registry, self.state_id, author, self.now_ms, seen, by_feed=self._by_feed
        )
        lots: list[Lot] = []
        try:
            batch = thawed(frozen.blob)
        except Problem:
            # Nobody's work may stop for ever behind a batch that cannot be read (law 5): the office looks at it.
            answer = push.set_unreadable_aside(frozen)
        else:
            lots = checked(self.registry, batch)
            answer = (
                push.set_lots_aside(frozen.number, lots, why_aside)
                if why_aside
                else push.apply_lots(frozen.number, lots)
            )
            self.awaited |= push.awaited()
        row = {"state_id": self.state_id, "device": self.device, "number": frozen.number, "sha256": frozen.sha256}
        # The answer is kept for ever: a copy of the phone may ask for it when the phone itself has long had it.
        insert_new(self.db, self.tables.batch, [{**row, "answer": answer_text(answer), "received_ms": self.now_ms}])
        done = {"state": self.state_id, "of": self.device, "last": frozen.number}
        self.db.execute(_counted(self.tables.device), done)
        return answer, lots

    def _keep_early(self, frozen: FrozenBatch, last: int) -> bool:
        """A batch that came before its forerunner is kept sealed until the gap closes. False if it is another one."""
        table = self.tables.early_batch
        known = self.db.scalar(select(table.c.sha256).where(self._mine(table, frozen.number)))
        if known is not None:
            return bool(known == frozen.sha256)
        if frozen.number <= last + KEPT_AHEAD:
            row = {"state_id": self.state_id, "device": self.device, "number": frozen.number}
            kept = {"sha256": frozen.sha256, "blob": frozen.blob.hex(), "set_aside": self._set_aside}
            put(self.db, table, [{**row, **kept}])
            self.fresh = True
        return True

    def _apply_early(self, number: int, device: Any) -> None:
        table = self.tables.early_batch
        while True:
            asked = {"state": self.state_id, "of": self.device, "number": number}
            row = self.db.execute(_early(table), asked).one_or_none()
            if row is None:
                return
            # Each by its own reason, found when it came. Only that its device is shut out may have come to be since.
            why = row.set_aside or (self._set_aside if self._set_aside == SHUT_OUT else None)
            self._apply(FrozenBatch(number, row.sha256, bytes.fromhex(row.blob)), device, why)
            self.db.execute(table.delete().where(self._mine(table, number)))
            self.last = number
            number += 1


def _rows_by_record(lots: Iterable[Lot]) -> dict[Key, int]:
    found: dict[Key, int] = {}
    twice: set[Key] = set()
    for lot in lots:
        keys = [(lot.kind, id) for id in lot.ids]
        twice.update(found.keys() & keys)
        found.update(zip(keys, range(lot.first, lot.first + len(keys)), strict=True))
    return {key: row for key, row in found.items() if key not in twice} if twice else found


# Statements that every batch asks, built once.


@lru_cache(maxsize=32)
def _locked(device: Table) -> Select[Any]:
    mine = (device.c.state_id == bindparam("state")) & (device.c.device == bindparam("number"))
    return select(device).where(mine).with_for_update()


@lru_cache(maxsize=32)
def _answer(batch: Table) -> Select[Any]:
    mine = (batch.c.state_id == bindparam("state")) & (batch.c.device == bindparam("of"))
    return select(batch.c.sha256, batch.c.answer).where(mine, batch.c.number == bindparam("number"))


@lru_cache(maxsize=32)
def _counted(device: Table) -> Update:
    mine = (device.c.state_id == bindparam("state")) & (device.c.device == bindparam("of"))
    return update(device).where(mine).values(last_batch=bindparam("last"))


@lru_cache(maxsize=32)
def _early(early_batch: Table) -> Select[Any]:
    mine = (early_batch.c.state_id == bindparam("state")) & (early_batch.c.device == bindparam("of"))
    return select(early_batch).where(mine, early_batch.c.number == bindparam("number"))
