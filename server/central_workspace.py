"""The workspace of the console: what a screen works with, over the central store, in the scope of one signed-in person.

The same screens, commands and queries as on a phone. The session is checked at every call; when it has ended, the page
goes back to the code form, and what was half filled waits as a draft.
"""

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, select

from records.audience import streams_read
from records.commands.deciding import Command, Done
from records.days import day_of
from records.drafts import struck_draft
from records.errands import Reading
from records.messages import Capacity
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
    identity_from,
)
from server.announcing import Watch, kinds_since
from server.central_executing import Executing
from server.central_history import history_of
from server.central_store import CentralStore
from server.console_sessions import ConsoleSessions, Session
from server.errands import DEEDS, Deed, deed_of
from server.reaching import capacity_of
from server.scope import Scope
from server.upserting import put
from storage.queries.asking import Query

log = logging.getLogger("samooh.server")

Listener = Callable[[frozenset[str]], None]

DECIDE_REACH = frozenset({"Assignment", "Place", "BankBranch", "Person"})
"""Kinds whose change may change who works here or how far she reaches."""


@dataclass(frozen=True)
class Baseline:
    """What a page has been told up to: who she was on which day, and how far each of her streams had come."""

    capacity: Capacity
    day: date
    counters: Mapping[str, int]


@dataclass(frozen=True)
class Here:
    """One call: who makes it, and what she sees in this transaction."""

    db: Connection
    session: Session
    capacity: Capacity
    scope: Scope


class CentralWorkspace:
    """records.workspace.Workspace over a CentralStore, for one page of one browser.

    `token`: what the browser kept of its session, "" for none. `keep_token` is called, from any thread, with the token
    of a new session, and with "" when it has ended, for the browser to keep. `deeds`: errand -> how it is done.
    """

    at_centre = True

    def __init__(
        self,
        centre: CentralStore,
        watch: Watch,
        token: str = "",
        *,
        keep_token: Callable[[str], None] = lambda token: None,
        deeds: Mapping[type, Deed] = DEEDS,
    ) -> None:
        self._centre, self._watch, self._token, self._keep_token = centre, watch, token, keep_token
        self._deeds = deeds
        self._sessions = ConsoleSessions(centre)
        self._listeners: list[Listener] = []
        self._unwatch: Callable[[], None] = lambda: None
        self._before_sign_in: dict[str, str] = {}
        self._baseline: Baseline | None = None

    # --- who

    def enrol(self, code: str) -> Identity:
        """Sign in with a console code."""
        before, self._token = self._token, self._sessions.begin(code)
        self._baseline = None
        self._keep_token(self._token)
        if before:
            self._sessions.end(before)
        for name, value in self._before_sign_in.items():
            self.keep_setting(name, value)
        identity = self.identity()
        if identity is None:
            raise Problem("sign_in")
        self._announce(frozenset({"identity", "drafts", *self._centre.registry}))
        return identity

    def identity(self) -> Identity | None:
        try:
            with self._seen() as here:
                return identity_from(here.capacity, here.session.device)
        except Problem as problem:
            if problem.code not in ("sign_in", "revoked"):
                raise
            return None

    @contextmanager
    def _seen(self) -> Iterator[Here]:
        """A reading transaction in the scope of who is signed in. Raises Problem: sign_in, revoked."""
        with self._centre.database.reading() as db, self._signed_in():
            session = self._session(db)
            capacity = self._capacity(db, session)
            if self._baseline is None and self._listeners:
                # Taken before the question is asked: what changes from here on is announced.
                self._baseline = self._now(db, capacity)
            yield Here(db, session, capacity, self._scope(db, capacity))

    @contextmanager
    def _signed_in(self) -> Iterator[None]:
        """Where the session is found to have ended, the page is told, and shows the code form."""
        try:
            yield
        except Problem as problem:
            if problem.code in ("sign_in", "revoked") and self._token:
                self._token, self._baseline = "", None
                self._keep_token("")
                self._announce(frozenset({"identity"}))
            raise

    def _session(self, db: Connection) -> Session:
        if not self._token:
            raise Problem("sign_in")
        return self._sessions.find(db, self._token)

    def _capacity(self, db: Connection, session: Session) -> Capacity:
        centre = self._centre
        return capacity_of(db, centre.tables, centre.state_id, session.person_id, day_of(centre.clock()))

    def _scope(self, db: Connection, capacity: Capacity) -> Scope:
        return Scope(db, self._centre, capacity.reaches, day_of(self._centre.clock()), capacity.person_id)

    # --- ask and do

    def ask(self, query: Query[Any], **question: Any) -> list[Any]:
        with self._seen() as here:
            self._centre.database.with_room(here.db)
            rows = here.db.execute(query.select(here.scope, **question)).mappings()
            return [query.read(dict(row)) for row in rows]

    def do(self, command: Command) -> Done:
        now_ms = self._centre.clock()

        def execute(db: Connection) -> tuple[Done, Session, set[str]]:
            session = self._session(db)
            executing = Executing(db, self._centre, self._sessions, session, now_ms)
            return executing.execute(command), session, executing.awaited

        with self._signed_in():
            done, session, awaited = self._centre.database.write(execute)
        self._centre.wake(session.device, awaited, now_ms)
        if done.changes:
            self._watch.look()
        return done

    def history(self, record_id: str) -> Sequence[Past]:
        centre = self._centre
        with self._seen() as here:
            return history_of(here.db, centre.tables, centre.registry, centre.state_id, here.scope, record_id)

    def mending(self) -> Sequence[Mending]:
        """Nothing: what the centre does not take is refused at once, and the form still holds it."""
        return ()

    def withdraw(self, kind: str, record_id: str) -> None:
        """Nothing waits that could be taken back."""

    def outgoing(self, limit: int = 50) -> Sequence[Outgoing]:
        """Nothing: all work is done at the centre itself."""
        return ()

    def photo(self, id: str) -> Photo:
        with self._seen() as here:
            content = self._centre.photos.whole(here.db, here.session.person_id, id)
        return Photo("wanted" if content is None else "received", content, None if content else "photo_unknown")

    def want_photo(self, id: str) -> None:
        """Nothing is fetched: what the centre has is shown at once."""

    def support(self) -> Support:
        """Nothing about a device: whoever tends the centre looks at the centre."""
        with self._seen():
            return Support()

    def sync_status(self) -> SyncStatus:
        return SyncStatus(state="direct")

    def request_sync(self) -> None:
        """Nothing is sent from here."""

    def notice(self) -> Notice | None:
        """The central store is looked after at the server, not by who works at it."""
        return None

    def drop_notice(self) -> None: ...

    def hand_over(self) -> bytes:
        raise Problem("only_on_phone")

    def take_in(self, bundle: bytes) -> TakenIn:
        """At the console a file is taken in by the errand TakeInBundle, which gives the answer to bring back."""
        raise Problem("only_on_phone")

    def parcels(self) -> Sequence[Parcel]:
        """Nothing is carried from here."""
        return ()

    def parcel(self, id: str) -> bytes:
        raise Problem("only_on_phone")

    def perform(self, errand: Any) -> Any:
        deed = deed_of(errand, self._deeds)
        with self._seen():
            token = self._token
        receipt = deed(self._sessions, token, errand)
        self.identity()  # the errand may have ended this session: then the page hears of it now
        if not isinstance(errand, Reading):
            self._watch.look()
            self._announce(frozenset({"office"}))
        return receipt

    # --- drafts and settings, kept with the person

    def draft(self, key: str) -> Draft | None:
        return next((draft for draft in self.drafts() if draft.key == key), None)

    def drafts(self) -> Sequence[Draft]:
        table = self._centre.tables.draft
        with self._seen() as here:
            mine = (table.c.state_id == self._centre.state_id, table.c.person_id == here.session.person_id)
            rows = here.db.execute(select(table).where(*mine).order_by(table.c.kept_ms.desc(), table.c.key)).mappings()
            return [Draft(row["key"], json.loads(row["values"]), row["kept_ms"]) for row in rows]

    def keep_draft(self, key: str, values: Mapping[str, Any]) -> None:
        clean = json.dumps(struck_draft(self._centre.registry, values), ensure_ascii=False)
        self._put(self._centre.tables.draft, {"key": key, "values": clean, "kept_ms": self._centre.clock()})

    def drop_draft(self, key: str) -> None:
        table = self._centre.tables.draft
        with self._signed_in(), self._centre.database.writing() as db:
            person_id = self._session(db).person_id
            mine = (table.c.state_id == self._centre.state_id) & (table.c.person_id == person_id)
            db.execute(delete(table).where(mine, table.c.key == key))
        self._announce(frozenset({"drafts"}))

    def setting(self, name: str) -> str | None:
        table = self._centre.tables.person_setting
        try:
            with self._seen() as here:
                mine = (table.c.state_id == self._centre.state_id, table.c.person_id == here.session.person_id)
                return here.db.scalar(select(table.c.value).where(*mine, table.c.name == name))
        except Problem as problem:
            if problem.code not in ("sign_in", "revoked"):
                raise
            return self._before_sign_in.get(name)

    def keep_setting(self, name: str, value: str) -> None:
        """Before anybody has signed in, as the language of the code form, it is kept until somebody does."""
        if not self._token:
            self._before_sign_in[name] = value
            return
        self._put(self._centre.tables.person_setting, {"name": name, "value": value})

    def _put(self, table: Any, row: dict[str, Any]) -> None:
        with self._signed_in(), self._centre.database.writing() as db:
            person_id = self._session(db).person_id
            put(db, table, [{"state_id": self._centre.state_id, "person_id": person_id, **row}])
        if table is self._centre.tables.draft:
            self._announce(frozenset({"drafts"}))

    # --- what changes

    def on_change(self, listener: Listener) -> Callable[[], None]:
        if not self._listeners:
            self._begin_to_watch()
        self._listeners = [*self._listeners, listener]

        def stop() -> None:
            self._listeners = [one for one in self._listeners if one is not listener]
            if not self._listeners:
                self._unwatch()

        return stop

    def _begin_to_watch(self) -> None:
        self._unwatch()
        self._baseline = None
        self._unwatch = self._watch.add(self)

    def _now(self, db: Connection, capacity: Capacity) -> Baseline:
        names = streams_read(capacity.reaches, capacity.person_id)
        told = self._watch.counters(db, names)
        return Baseline(capacity, day_of(self._centre.clock()), {name: told.get(name, 0) for name in names})

    def streams(self) -> Iterable[str]:
        return self._baseline.counters if self._baseline else ()

    def look(self, db: Connection, counters: Mapping[str, int]) -> None:
        """What has changed since the last look: the session, who works here and how far, records of her streams."""
        before = self._baseline
        if before is None:
            return  # nothing has been asked that could have changed
        try:
            with self._signed_in():
                session = self._session(db)
        except Problem:
            return
        now = {name: counters.get(name, 0) for name in before.counters}
        changed = kinds_since(db, self._centre, before.counters, now)
        day = day_of(self._centre.clock())
        self._baseline = replace(before, counters=now)
        if changed & DECIDE_REACH or day != before.day:
            self._baseline = self._now(db, self._capacity(db, session))
            if self._baseline.capacity != before.capacity:
                changed = frozenset({"identity", *self._centre.registry})
        self._announce(changed)

    def _announce(self, changed: frozenset[str]) -> None:
        if not changed:
            return
        for listener in self._listeners:
            try:
                listener(changed)
            except Exception:
                # What is committed stays committed: a page that has gone must not make a save look refused.
                log.exception("a listener of the console broke")
