"""Runs the app with no client: the real Flet session over a connection that only records. For tests of screens.

Everything that a client would do goes in by the same doors: patches of values, events, answers to method calls. Uses
modules of Flet that are not its public face, which is one reason why Flet is pinned to one version.
"""

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import flet as ft
import msgpack
from flet.controls.base_control import BaseControl
from flet.controls.context import _context_page, context
from flet.controls.keys import Key
from flet.messaging.connection import Connection
from flet.messaging.protocol import MessageAction, configure_encode_object_for_msgpack
from flet.messaging.session import Session
from flet.pubsub.pubsub_hub import PubSubHub

from records.access import Reach
from records.ids import official_id
from records.kinds import KINDS, Registry
from records.messages import Capacity, EnrolReply
from records.ports import GivenFile, Picture, Services, Spot
from records.record import Record, fields_of, to_wire
from records.workspace import Workspace
from screens.app import PHONE, app
from screens.context import Here, HereContext, House
from screens.guarding import remember_language
from screens.words import words_of
from storage.adopting import Keys, adopt
from storage.rows import RawRow, write_raw
from storage.store import LocalStore
from storage.workspace import PhoneWorkspace
from tests.factories import (
    NOW_MS,
    a_branch,
    a_person,
    a_place_tree,
    a_service_area,
    a_stamp,
    abm_capacity,
    supervisor_capacity,
)

SECONDS = 20.0
"""How long something may take to appear before a test fails. Plenty: a slow machine is no mistake."""


class RecordingConnection(Connection):
    """What the app sends is encoded, as for a real client: encoding takes the snapshots that the next patch needs."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.page_url = "http://test"
        self.loop = loop
        self.executor = ThreadPoolExecutor(2)
        self.pubsubhub = PubSubHub()
        self.calls: list[tuple[str, Any]] = []
        self.crashes: list[str] = []
        self.answers: dict[str, Any] = {}
        self.session: Session | None = None
        self.sizes: list[int] = []
        """Bytes of each message to the client: how much was drawn at once."""

    def send_message(self, message: Any) -> None:
        self.sizes.append(len(_encode([message.action, message.body])))
        if message.action == MessageAction.SESSION_CRASHED:
            self.crashes.append(message.body.message)
        elif message.action == MessageAction.INVOKE_METHOD:
            self.calls.append((message.body.name, message.body.args))
            self.loop.create_task(self._reply(message.body))

    async def _reply(self, asked: Any) -> None:
        assert self.session
        if asked.name == "push_route":
            route = asked.args["route"]
            self.session.apply_page_patch({"route": route})
            await self.session.dispatch_event(1, "route_change", {"route": route})
        answer = self.answers.get(asked.name)
        # A control may have gone while its call was under way; a client answers nothing then.
        if asked.control_id in self.session.index:
            self.session.handle_invoke_method_results(asked.control_id, asked.call_id, answer, None)

    def dispose(self) -> None: ...


class RunningApp:
    """A running app, to look at and to work with. Controls are found by their `key`."""

    def __init__(self, session: Session, connection: RecordingConnection) -> None:
        self.session, self.connection, self.page = session, connection, session.page

    @classmethod
    async def start(cls, main: Callable[[ft.Page], Any], route: str = "/") -> "RunningApp":
        connection = RecordingConnection(asyncio.get_running_loop())
        session = Session(connection)
        connection.session = session
        phone = {"route": route, "platform": "android", "web": False, "width": 360, "height": 740}
        session.apply_page_patch(phone)
        _encode(session.get_page_patch())
        _context_page.set(session.page)
        context.reset_auto_update()
        result = main(session.page)
        if isinstance(result, Awaitable):
            await result
        await session.after_event(session.page)
        app = cls(session, connection)
        await app.settle()
        return app

    async def stop(self) -> None:
        self.session.close()
        await asyncio.sleep(0.01)
        self.connection.executor.shutdown(wait=False)

    async def settle(self, seconds: float = 0.03) -> None:
        """Let the session draw what is due."""
        await asyncio.sleep(seconds)
        assert not self.connection.crashes, self.connection.crashes[0]

    async def until(self, holds: Callable[[], Any], what: str = "") -> Any:
        """Wait until something holds, and give it. What is not there yet does not hold yet."""

        def held() -> Any:
            with contextlib.suppress(AssertionError):
                return holds()

        deadline = time.monotonic() + SECONDS
        while not (found := held()):
            assert time.monotonic() < deadline, f"never came: {what or holds}; on screen: {self.texts()}"
            await self.settle(0.01)
        return found

    def controls(self) -> Iterator[BaseControl]:
        """Every visible control of the topmost screen and of the dialogs over it."""
        # The router's component holds the screens as they lie over each other, the last on top.
        views = [one for one in _walk(self.page.views, set()) if isinstance(one, ft.View)]
        yield from _walk(views[-1:], set())
        yield from _walk(self.page._dialogs, set())

    def all(self, key: str | None = None, cls: type = BaseControl) -> list[Any]:
        return [one for one in self.controls() if isinstance(one, cls) and (key is None or key_of(one) == key)]

    def has(self, key: str) -> bool:
        return bool(self.all(key))

    def one(self, key: str) -> Any:
        found = self.all(key)
        assert len(found) == 1, f"{key}: {len(found)} of it; on screen: {self.texts()}"
        return found[0]

    async def see(self, key: str) -> Any:
        """The control with this key, as soon as it is there."""
        return (await self.until(lambda: self.all(key), key))[0]

    async def see_text(self, text: str) -> None:
        await self.until(lambda: any(text in one for one in self.texts()), text)

    async def gone(self, key: str) -> None:
        await self.until(lambda: not self.has(key), f"the end of {key}")

    def texts(self) -> list[str]:
        found = []
        for one in self.controls():
            for name in ("value", "content", "label", "title", "text", "error", "helper"):
                said = getattr(one, name, None)
                if isinstance(said, str) and said:
                    found.append(said)
        return found

    async def event(self, control: BaseControl, name: str, data: Any = None) -> None:
        await self.session.dispatch_event(control._i, name, data)
        await self.settle()

    async def click(self, key: str) -> None:
        await self.event(await self.see(key), "click")

    async def fill(self, key: str, text: str) -> None:
        field = await self.see(key)
        self.session.apply_patch(field._i, {"value": text})
        await self.event(field, "change", text)

    async def go(self, route: str) -> None:
        await self.page.push_route(route)
        await self.settle()


def key_of(control: BaseControl) -> Any:
    key = getattr(control, "key", None)
    return key.value if isinstance(key, Key) else key


def _walk(value: Any, seen: set[int]) -> Iterator[BaseControl]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _walk(item, seen)
        return
    if not dataclasses.is_dataclass(value) or isinstance(value, type) or id(value) in seen:
        return
    if getattr(value, "visible", True) is False:
        return
    # A dialog on its way out stands in the tree until the client has said that it is gone.
    if isinstance(value, ft.DialogControl) and not value.open:
        return
    seen.add(id(value))
    if isinstance(value, BaseControl):
        yield value
    for field in dataclasses.fields(value):
        if not field.metadata.get("skip") and field.name not in ("_parent", "_values", "_dirty", "_internals"):
            yield from _walk(getattr(value, field.name, None), seen)


def _encode(message: Any) -> bytes:
    return msgpack.packb(message, default=configure_encode_object_for_msgpack(BaseControl))


class StillServices(Services):
    """Device services of a test: they do what the test says and nothing by themselves."""

    def __init__(self) -> None:
        self.connected: list[Callable[[], None]] = []
        self.resumed: list[Callable[[], None]] = []
        self.copied: list[str] = []
        self.paused: list[Callable[[], None]] = []
        self.secrets: dict[str, str] = {}
        self.shared: list[Any] = []
        self.is_at: Spot | None = None
        self.photos: list[Picture] = []
        """Photos that will be picked, the next one first."""
        self.files: list[GivenFile] = []
        """Files that will be chosen, likewise."""

    async def online(self) -> bool | None:
        return None

    def on_connectivity(self, listener: Callable[[], None]) -> Callable[[], None]:
        self.connected.append(listener)
        return lambda: self.connected.remove(listener)

    def on_resume(self, listener: Callable[[], None]) -> Callable[[], None]:
        self.resumed.append(listener)
        return lambda: self.resumed.remove(listener)

    def on_pause(self, listener: Callable[[], None]) -> Callable[[], None]:
        self.paused.append(listener)
        return lambda: self.paused.remove(listener)

    @property
    def secrets_are_safe(self) -> bool:
        return True

    async def lock_away(self, name: str, value: str) -> bool:
        self.secrets[name] = value
        return True

    async def unlock(self, name: str) -> str | None:
        return self.secrets.get(name)

    async def keep_secret(self, name: str, value: str) -> None:
        self.secrets[name] = value

    async def secret(self, name: str) -> str | None:
        return self.secrets.get(name)

    async def share_text(self, text: str) -> None:
        self.shared.append(text)

    async def copy_text(self, text: str) -> None:
        self.copied.append(text)

    async def share_file(self, name: str, content: bytes, mime_type: str) -> bool:
        self.shared.append((name, content, mime_type))
        return True

    async def spot(self) -> Spot | None:
        return self.is_at

    async def photo(self) -> Picture | None:
        return self.photos.pop(0) if self.photos else None

    async def file(self) -> GivenFile | None:
        return self.files.pop(0) if self.files else None


@asynccontextmanager
async def running(
    workspace: Workspace, route: str = "/", services: StillServices | None = None, house: House = PHONE
) -> AsyncIterator[RunningApp]:
    """The whole app over a workspace."""

    async def open_workspace() -> Workspace:
        return workspace

    held = services or StillServices()
    started = await RunningApp.start(lambda page: app(page, open_workspace, held, house), route)
    try:
        yield started
    finally:
        await started.stop()


@asynccontextmanager
async def showing(
    workspace: Workspace, component: Callable[[], Any], language: str = "hi"
) -> AsyncIterator[RunningApp]:
    """One component by itself in an otherwise empty screen, with all that `here()` hands down."""

    @ft.component
    def Alone() -> Any:
        given = Here(workspace, StillServices(), words_of(language), lambda _: None, workspace.identity())
        return HereContext(given, lambda: Holding(component=component))

    def main(page: ft.Page) -> None:
        remember_language(page, language)
        page.render_views(Alone)

    started = await RunningApp.start(main)
    try:
        yield started
    finally:
        await started.stop()


@ft.component
def Holding(*, component: Callable[[], Any]) -> ft.View:
    return ft.View(route="/", controls=[component()])


TREE = a_place_tree()
BRANCH = a_branch(TREE.block, id=official_id("demo/branch", "1"), name_hi="बड़वारा")
COLLEAGUE = a_person(TREE.block, id=official_id("demo/person", "abm"))
CAPACITIES = {
    "abm": abm_capacity(TREE),
    "supervisor": supervisor_capacity(TREE),
    "bank_sakhi": Capacity(
        official_id("demo/person", "sakhi"),
        "Rekha Kol",
        "रेखा कोल",
        (Reach("bank_sakhi", blocks=frozenset({TREE.block.id}), branches=frozenset({BRANCH.id})),),
    ),
}


def a_phone(folder: Path, role: str | None = "abm", *records: Record, registry: Registry = KINDS) -> PhoneWorkspace:
    """A phone of practice, enrolled unless `role` is None: places, a branch, a colleague, and `records` received."""
    workspace = PhoneWorkspace(LocalStore.open(folder / "phone.sqlite", registry=registry))
    if role:
        capacity = CAPACITIES[role]
        adopt(workspace.store, EnrolReply("token", "0000c0de", capacity, "epoch", NOW_MS, b"", b""), Keys(b"", b""))
    area = a_service_area(BRANCH, TREE.village, id=official_id("demo/area", "1"))
    receive(workspace, *TREE, BRANCH, area, COLLEAGUE, *records)
    return workspace


def receive(workspace: PhoneWorkspace, *records: Record, **raw: Any) -> None:
    """Records as they come from the centre. `raw` replaces wire values, also by ones that this app does not know."""
    with workspace.store.writing() as t:
        for record in records:
            kind = type(record).__name__
            row = RawRow.empty(t.registry[kind], record.id)
            values = {name: to_wire(value) for name, value in record if name != "id"} | raw
            stamp = a_stamp(device="0000beef")
            unstamped = [name for name, spec in fields_of(type(record)).items() if spec.derived or values[name] is None]
            row.take({name: (value, "" if name in unstamped else stamp) for name, value in values.items()})
            write_raw(t.connection, t.tables, kind, [row])
            t.changed.add(kind)
