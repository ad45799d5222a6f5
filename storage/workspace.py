"""The workspace of a phone: what a screen works with, over the phone's own store."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from records.commands.deciding import Command, Done
from records.problems import Problem
from records.workspace import (
    Draft,
    Identity,
    Mending,
    Notice,
    Outgoing,
    Parcel,
    Past,
    Photo,
    Support,
    SyncStatus,
    TakenIn,
)
from storage import carrying, drafts, history, notices, outgoing, photos, verdicts
from storage.executing import execute
from storage.identity import identity_of
from storage.outbox import count_waiting
from storage.queries.asking import Query
from storage.rows import unreadable_is_damage
from storage.store import LocalStore


def _nobody_syncs() -> None:
    """Stands in where nothing synchronises, as in a test of screens."""


def _nobody_seals(*_: object) -> Any:
    """Stands in where nothing is carried either."""
    raise Problem("sign_in")


class PhoneWorkspace:
    """records.workspace.Workspace over a LocalStore.

    `sync_wanted` asks for a run now, `work_saved` says that there is something to send; neither waits for the network.
    `enrol_with` exchanges a code for an enrolment and is the one call that needs the network. `hand_over_with` and
    `take_in_with` make and read the files that are carried; they know the keys.
    """

    at_centre = False

    def __init__(
        self,
        store: LocalStore,
        *,
        sync_wanted: Callable[[], None] = _nobody_syncs,
        work_saved: Callable[[], None] = _nobody_syncs,
        enrol_with: Callable[[str], Identity] | None = None,
        hand_over_with: Callable[[LocalStore], bytes] = _nobody_seals,
        take_in_with: Callable[[LocalStore, bytes], TakenIn] = _nobody_seals,
    ) -> None:
        self.store = store
        self._sync_wanted, self._work_saved, self._enrol_with = sync_wanted, work_saved, enrol_with
        self._hand_over_with, self._take_in_with = hand_over_with, take_in_with

    def identity(self) -> Identity | None:
        with self.store.reading() as t:
            return identity_of(t.meta)

    def ask(self, query: Query[Any], **question: Any) -> list[Any]:
        with self.store.reading() as t:
            chosen = query.select(t.tables, **question)
            with unreadable_is_damage():
                return [query.read(dict(row)) for row in t.connection.execute(chosen).mappings()]

    def do(self, command: Command) -> Done:
        done = execute(self.store, command)
        if done.changes:
            self._work_saved()
        return done

    def draft(self, key: str) -> Draft | None:
        return drafts.find_draft(self.store, key)

    def drafts(self) -> Sequence[Draft]:
        return drafts.list_drafts(self.store)

    def keep_draft(self, key: str, values: Mapping[str, Any]) -> None:
        drafts.keep_draft(self.store, key, values)

    def drop_draft(self, key: str) -> None:
        drafts.drop_draft(self.store, key)

    def on_change(self, listener: Callable[[frozenset[str]], None]) -> Callable[[], None]:
        return self.store.on_change(listener)

    def sync_status(self) -> SyncStatus:
        with self.store.reading() as t:
            waiting, passed = count_waiting(t), verdicts.count_passed_on(t)
            photos_waiting = photos.count_waiting(t)
        return replace(
            self.store.sync_line,
            waiting=waiting.records,
            needs_mending=waiting.to_mend + passed,
            photos_waiting=photos_waiting,
        )

    def request_sync(self) -> None:
        self._sync_wanted()

    def enrol(self, code: str) -> Identity:
        if self._enrol_with is None:
            raise Problem("offline")
        return self._enrol_with(code)

    def mending(self) -> Sequence[Mending]:
        return verdicts.list_mending(self.store)

    def withdraw(self, kind: str, record_id: str) -> None:
        history.withdraw(self.store, kind, record_id)

    def outgoing(self, limit: int = 50) -> Sequence[Outgoing]:
        return outgoing.list_outgoing(self.store, limit)

    def support(self) -> Support:
        return outgoing.support_of(self.store)

    def photo(self, id: str) -> Photo:
        return photos.find_photo(self.store, id)

    def want_photo(self, id: str) -> None:
        photos.want_photo(self.store, id)
        self._sync_wanted()

    def history(self, record_id: str) -> Sequence[Past]:
        return history.history(self.store, record_id)

    def setting(self, name: str) -> str | None:
        with self.store.reading() as t:
            table = t.tables.setting
            return t.connection.scalars(select(table.c.value).where(table.c.name == name)).one_or_none()

    def keep_setting(self, name: str, value: str) -> None:
        with self.store.writing() as t:
            table = t.tables.setting
            t.connection.execute(delete(table).where(table.c.name == name))
            t.connection.execute(insert(table).values(name=name, value=value))

    def notice(self) -> Notice | None:
        return notices.find_notice(self.store)

    def drop_notice(self) -> None:
        notices.drop_notice(self.store)

    def hand_over(self) -> bytes:
        return self._hand_over_with(self.store)

    def take_in(self, bundle: bytes) -> TakenIn:
        taken = self._take_in_with(self.store, bundle)
        if taken.what == "carried":
            self._sync_wanted()
        return taken

    def parcels(self) -> Sequence[Parcel]:
        return carrying.list_parcels(self.store)

    def parcel(self, id: str) -> bytes:
        return carrying.content_of(self.store, id)

    def perform(self, errand: Any) -> Any:
        """Deeds of the server are done at the office."""
        raise Problem("only_at_office")
