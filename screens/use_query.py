"""A screen's way to read: ask off the event loop, and again when the workspace says that the answer may differ."""

import asyncio
import contextvars
import logging
import weakref
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import flet as ft

from records.problems import Problem
from records.workspace import Query, Workspace
from screens.context import here

log = logging.getLogger("samooh.screens")

T = TypeVar("T")
PAGE = 50
ASKING = "asking"


@dataclass(frozen=True)
class Answer(Generic[T]):
    """What was asked, as far as it is known. `loaded` is False, and `value` None, until the first answer.

    The question belongs to it: the same value is another answer under another question, and is drawn.
    """

    value: T | None = None
    loaded: bool = False
    problem: str | None = None
    question: Hashable = None

    @property
    def rows(self) -> list[Any]:
        return list(self.value or []) if isinstance(self.value, list | tuple) else []

    @property
    def first(self) -> Any:
        return next(iter(self.rows), None)


def use_asked(
    ask: Callable[[Workspace], T], kinds: frozenset[str], *question: Hashable, meanwhile: bool = False
) -> Answer[T]:
    """The answer of `ask(workspace)`, run in a thread; asked again when one of `kinds` changes or `question` differs.

    `question` must name all that `ask` depends on. `meanwhile`: show the answer to the former question until the new
    one is there, for a search while typing; otherwise an answer is never shown under another question.
    """
    workspace = here().workspace
    answer, set_answer = ft.use_state(Answer())
    current = ft.use_ref(None)

    def begin() -> None:
        stop()
        current.current = _Asking(workspace, ask, kinds, question, set_answer)
        current.current.begin()

    def stop() -> None:
        if current.current:
            current.current.stop()
            current.current = None

    ft.use_effect(begin, dependencies=[question, id(workspace)], cleanup=stop)
    return answer if meanwhile or answer.question == question else Answer()


def use_query(query: Query[Any], *, meanwhile: bool = False, **question: Any) -> Answer[list[Any]]:
    """The rows of a query, [] until the first answer."""
    ask = partial(_ask, query=query, question=question)
    return use_asked(ask, query.kinds, id(query), *sorted(question.items()), meanwhile=meanwhile)


def use_pages(
    query: Query[Any], *, pages: int, after: Callable[[Any], Any], limit: int = PAGE, **question: Any
) -> Answer[tuple[Any, ...]]:
    """The first `pages` pages of a list, each found from the last row of the one before (`after(row)`).

    All shown pages are asked anew on a change, so that the list is one state of the store and nothing doubles.
    """
    ask = partial(_ask_pages, query=query, question=question, pages=pages, after=after, limit=limit)
    return use_asked(ask, query.kinds, id(query), pages, *sorted(question.items()), meanwhile=True)


def _ask(workspace: Workspace, *, query: Query[Any], question: dict[str, Any]) -> list[Any]:
    return workspace.ask(query, **question)


def _ask_pages(
    workspace: Workspace,
    *,
    query: Query[Any],
    question: dict[str, Any],
    pages: int,
    after: Callable[[Any], Any],
    limit: int,
) -> tuple[Any, ...]:
    rows: list[Any] = []
    for _ in range(pages):
        page = workspace.ask(query, **question, limit=limit, after=after(rows[-1]) if rows else None)
        rows += page
        if len(page) < limit:
            break
    return tuple(rows)


def stop_asking(page: ft.Page) -> None:
    """For a session that has ended: Flet unmounts nothing then, and its questions would be asked for ever."""
    for asking in list(_asking_of(page)):
        asking.stop()


def _asking_of(page: ft.Page) -> "weakref.WeakSet[_Asking]":
    found = page.session.store.get(ASKING)
    if found is None:
        found = weakref.WeakSet()
        page.session.store.set(ASKING, found)
    return found


class _Asking:
    """One question being kept answered. Lives from the effect that begins it to the one that stops it."""

    def __init__(
        self,
        workspace: Workspace,
        ask: Callable[[Workspace], Any],
        kinds: frozenset[str],
        question: Hashable,
        answered: Callable[[Any], None],
    ) -> None:
        self._workspace = workspace
        self._ask = ask
        self._kinds = kinds
        self._question = question
        self._answered = answered
        self._alive = True
        self._task: asyncio.Task[None] | None = None
        self._again = False
        self._unlisten: Callable[[], None] = lambda: None

    def begin(self) -> None:
        loop = asyncio.get_running_loop()
        # The announcement comes from whichever thread committed; the page's context is known only here.
        context = contextvars.copy_context()

        def announced(kinds: frozenset[str]) -> None:
            if kinds & self._kinds and not loop.is_closed():
                loop.call_soon_threadsafe(self._ask_soon, context=context)

        _asking_of(ft.context.page).add(self)
        if self._kinds:
            self._unlisten = self._workspace.on_change(announced)
        self._ask_soon()

    def stop(self) -> None:
        self._alive = False
        self._unlisten()

    def _ask_soon(self) -> None:
        if not self._alive:
            return
        if self._task and not self._task.done():
            # Hundreds of announcements during a sync become one more question after the one under way.
            self._again = True
            return
        self._task = asyncio.get_running_loop().create_task(self._keep_asking())

    async def _keep_asking(self) -> None:
        while self._alive:
            self._again = False
            answer = await self._ask_once()
            # A stopped question's answer comes too late: the screen has gone on to another.
            if self._alive:
                self._answered(answer)
            if not self._again:
                return

    async def _ask_once(self) -> Answer[Any]:
        try:
            value = await asyncio.to_thread(self._ask, self._workspace)
            return Answer(value, True, None, self._question)
        except Problem as problem:
            return Answer(None, True, problem.code, self._question)
        except Exception:
            log.exception("a question could not be answered")
            return Answer(None, True, "something_broke", self._question)
