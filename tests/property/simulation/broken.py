"""Broken variants of the product, each with the mistake that a law forbids. The simulation must find every one."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from sqlalchemy import delete, update

import server.contacts
import server.feeding
import storage.room
import sync.exchange
import sync.photos
import sync.synchronise
from records.access import Reach
from records.digest import Compared
from records.merge import FieldChange
from records.messages import Part
from server.agreeing import Agreeing, Found
from server.batches import Batches
from server.contacts import Contacts
from server.judging import Judging
from server.merging import Merging
from server.page_rows import PageRows
from server.paging import Paging
from server.photos import Photos
from server.revocations import Revocations
from storage import meta as named
from tests.property.simulation import town
from tests.property.simulation.handsets import SyncedStore
from tests.property.simulation.town import Watched
from tests.world import STATE, ref

Patch = pytest.MonkeyPatch


def a_cursor_that_skips_late_commits(patch: Patch) -> None:
    """Numbers are given out before the commit, and rows with lower numbers may be seen after those with higher ones."""
    waiting: list[list[Any]] = []

    def late(write: Callable[..., Any]) -> Callable[..., Any]:
        return lambda db, table, rows: waiting.append([2, write, table, rows])

    def tell(db: Any, *what: Any) -> None:
        come(db, late_too=True)
        real_tell(db, *what)

    def come(db: Any, *, late_too: bool = False) -> None:
        for one in list(waiting):
            one[0] -= 1
            if late_too or one[0] <= 0:
                waiting.remove(one)
                one[1](db, one[2], one[3])

    def sync(self: Watched, token: str, request: Any) -> Any:
        with self.database.writing() as db:
            come(db)
        return real_sync(self, token, request)

    import server.importing
    import server.pushing

    real_tell, real_sync = server.feeding.tell, Watched.sync
    patch.setattr(server.feeding, "insert_columns", late(server.feeding.insert_columns))
    patch.setattr(server.feeding, "update_known", late(server.feeding.update_known))
    patch.setattr(server.pushing, "tell", tell)
    patch.setattr(Watched, "sync", sync)


def a_server_that_forgets_batches(patch: Patch) -> None:
    """A repeated batch is taken as if it came for the first time."""

    def answered(self: Batches, frozen: Any) -> Any:
        device = self._lock()
        self.db.execute(delete(self.tables.batch).where(self._mine(self.tables.batch, frozen.number)))
        answer, _ = self._apply(frozen, device, None)
        table = self.tables.device
        mine = (table.c.state_id == self.state_id) & (table.c.device == self.device)
        self.db.execute(update(table).where(mine).values(last_batch=device.last_batch))
        return answer

    patch.setattr(Batches, "_answered", answered)


def a_merge_by_whole_record(patch: Patch) -> None:
    """The record that was written last wins, whoever had seen what."""

    def change(self: Merging, kind: str, row: dict[str, Any], cells: Any) -> bool:
        if max((cell[1] for cell in cells.values()), default="") < max(row["stamps"].values(), default=""):
            return True
        for name, (value, stamp, base) in cells.items():
            self._set(kind, row, name, FieldChange(stamp, base, value))
        return True

    patch.setattr(Merging, "change", change)


def a_client_that_clears_its_outbox_on_send(patch: Patch) -> None:
    real = sync.exchange.next_batch

    def next_batch(store: Any, **how: Any) -> Any:
        batch = real(store, **how)
        if batch is not None:
            with store.writing() as t:
                t.connection.execute(delete(t.tables.outbox).where(t.tables.outbox.c.batch == batch.number))
                frozen = t.tables.frozen
                t.connection.execute(update(frozen).where(frozen.c.number == batch.number).values(answered=True))
        return batch

    patch.setattr(sync.exchange, "next_batch", next_batch)


def a_pull_that_filters_rows(patch: Patch) -> None:
    """What is in reach is sent; that something has left a stream is told to nobody."""
    real = PageRows.lines
    patch.setattr(PageRows, "lines", lambda self, *what: [row for row in real(self, *what) if not row.left])


def a_server_that_lets_everybody_write(patch: Patch) -> None:
    patch.setattr(Judging, "verdict", lambda self, row, before, touched: None)
    patch.setattr(Judging, "allows", lambda self, kind, names, step, standing: True)


def a_server_that_lets_everybody_read(patch: Patch) -> None:
    real = server.contacts.streams_read
    everything = Reach(
        "supervisor",
        gram_panchayats=frozenset(map(ref, ("G1", "G2", "G3", "G4"))),
        blocks=frozenset(map(ref, ("B1", "B2", "B3"))),
        districts=frozenset(map(ref, ("D", "D2"))),
        states=frozenset({STATE}),
    )
    patch.setattr(server.contacts, "streams_read", lambda reaches, person: real((*reaches, everything), person))


def a_cursor_kept_before_its_rows(patch: Patch) -> None:
    """Two transactions where there should be one: whoever is killed between them never gets that page."""
    real = sync.exchange.take_page

    def take_page(store: Any, page: Any, *what: Any) -> int:
        with store.writing() as t:
            t.meta.put(named.CURSOR, page.cursor)
            t.meta.put(named.CURSOR_NUMBER, page.number)
        return real(store, page, *what)

    patch.setattr(sync.exchange, "take_page", take_page)


def a_save_that_does_not_wait_for_the_disk(patch: Patch) -> None:
    real = SyncedStore.writing
    patch.setattr(SyncedStore, "writing", lambda self, *, durable=True: real(self, durable=False))


def a_phone_that_offers_nothing_to_a_restored_server(patch: Patch) -> None:
    real = sync.exchange.next_request
    for module in (sync.synchronise, sync.exchange):
        patch.setattr(module, "offer_what_is_due", lambda store: 0)
    # Nor does it say up to where it has answers, so that it is not asked for the last batches either.
    patch.setattr(sync.exchange, "next_request", lambda *a, **how: replace(real(*a, **how), answered=0))
    patch.setattr(sync.exchange, "request_ahead", lambda *a: None)


def a_phone_that_drops_what_was_refused(patch: Patch) -> None:
    import storage.answers

    patch.setattr(storage.answers, "set_aside", lambda t, entry, fate, *, newer: None)


def a_login_that_takes_the_work_along(patch: Patch) -> None:
    """Whoever is enrolled again begins with an empty store."""
    import storage.adopting

    def go_on_as(t: Any, device: str) -> None:
        t.connection.execute(delete(t.tables.frozen))
        t.connection.execute(delete(t.tables.outbox))

    patch.setattr(storage.adopting, "_go_on_as", go_on_as)


def a_comparison_that_finds_nothing(patch: Patch) -> None:
    def compare(self: Agreeing, db: Any, device: str, summary: Any, *what: Any) -> Found:
        return Found(Compared(), agree=tuple(summary.streams))

    patch.setattr(Agreeing, "compare", compare)


def a_difference_that_is_told_and_not_healed(patch: Patch) -> None:
    patch.setattr(Agreeing, "_to_heal", lambda *what: frozenset())


def a_healing_of_which_the_office_never_hears(patch: Patch) -> None:
    patch.setattr(Agreeing, "note", lambda *what: None)


def a_healing_that_gives_only_what_is_new(patch: Patch) -> None:
    """A stream that is granted anew goes on from where the phone was, so that it brings nothing of what has rotted."""
    real = Contacts.stand

    def stand(self: Contacts, db: Any, device: Any, request: Any, sent: Any = MappingProxyType({}), *heal: Any) -> Any:
        return real(self, db, device, request, sent)

    patch.setattr(Contacts, "stand", stand)


def a_phone_that_lets_all_old_steps_go(patch: Patch) -> None:
    """Also those that the state of the account hangs on."""
    patch.setattr(storage.room, "_not_needed", lambda t, rows: rows)


def a_phone_that_does_not_count_what_it_let_go(patch: Patch) -> None:
    import storage.agreeing

    patch.setattr(storage.agreeing, "_add_gone", lambda *what: None)


def a_phone_that_remembers_what_has_left_it(patch: Patch) -> None:
    """What was let go and is then hers no more could still be asked for."""
    import storage.holds

    patch.setattr(storage.holds, "release_gone", lambda *what: None)


def a_phone_that_gets_older_steps_and_does_not_take_them(patch: Patch) -> None:
    patch.setattr(sync.exchange, "note_answered", lambda *what: None)
    real = Paging.asked
    patch.setattr(Paging, "asked", lambda self, ids, vector: real(self, (), vector))


def a_server_that_gives_older_steps_to_anyone(patch: Patch) -> None:
    real = Paging.asked

    def asked(self: Paging, ids: Any, vector: Any) -> list[Any]:
        """Those that are hers as ever, the others as well."""
        parts = real(self, ids, vector)
        given = {id for part in parts for section in part.rows for id in section.ids}
        if not (others := sorted(set(ids) - given)):
            return parts
        wanted = {("account_id", "kind"): others}
        read = self._rows.records([{("AccountStep", columns): some for columns, some in wanted.items()}])
        sections = self._sections(read, "AccountStep", wanted)
        return [*parts, *(Part(name, vector[name].upto, sections) for name in list(vector)[-1:])]

    patch.setattr(Paging, "asked", asked)


def a_restore_that_lets_in_who_was_revoked(patch: Patch) -> None:
    patch.setattr(Revocations, "replay", lambda *what: 0)


def a_server_that_shows_photos_to_anyone(patch: Patch) -> None:
    patch.setattr(Photos, "_may_read", lambda *what: True)


def a_phone_that_takes_a_photo_for_sent_after_its_first_piece(patch: Patch) -> None:
    real = sync.photos._send

    def send(store: Any, server: Any, photo: Any) -> Any:
        for _ in real(store, server, photo):
            sync.photos.note_received(store, photo.id)
            return
        yield

    patch.setattr(sync.photos, "_send", send)


def an_update_of_the_centre_that_loses_what_is_set_aside(patch: Patch) -> None:
    real = town.migrate

    def migrate(file: Path) -> None:
        real(file)
        with closing(sqlite3.connect(file)) as database:
            for table in ("quarantine", "held"):
                database.execute(f"DELETE FROM {table}")
            database.commit()

    patch.setattr(town, "migrate", migrate)


VARIANTS: dict[Callable[[Patch], None], range] = {
    a_cursor_that_skips_late_commits: range(20),
    a_server_that_forgets_batches: range(20),
    a_merge_by_whole_record: range(20),
    a_client_that_clears_its_outbox_on_send: range(20),
    a_pull_that_filters_rows: range(20),
    a_server_that_lets_everybody_write: range(20),
    a_server_that_lets_everybody_read: range(20),
    a_cursor_kept_before_its_rows: range(60),
    a_save_that_does_not_wait_for_the_disk: range(60),
    # Rarely does it matter: a restored centre asks for the last batches, which hold most of what it lost.
    a_phone_that_offers_nothing_to_a_restored_server: range(60, 120),
    a_phone_that_drops_what_was_refused: range(40),
    a_login_that_takes_the_work_along: range(60),
    a_comparison_that_finds_nothing: range(20),
    a_difference_that_is_told_and_not_healed: range(20),
    a_healing_of_which_the_office_never_hears: range(20),
    a_healing_that_gives_only_what_is_new: range(20),
    a_phone_that_lets_all_old_steps_go: range(20),
    a_phone_that_does_not_count_what_it_let_go: range(20),
    a_phone_that_remembers_what_has_left_it: range(40, 60),
    a_phone_that_gets_older_steps_and_does_not_take_them: range(20),
    a_server_that_gives_older_steps_to_anyone: range(17, 37),
    a_server_that_shows_photos_to_anyone: range(20),
    a_phone_that_takes_a_photo_for_sent_after_its_first_piece: range(20),
    an_update_of_the_centre_that_loses_what_is_set_aside: range(30, 50),
    # It needs a backup, then a revocation, then the restore.
    a_restore_that_lets_in_who_was_revoked: range(137, 172),
}
"""Variant -> the seeds of which one must find it."""
