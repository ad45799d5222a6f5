"""What a query is: a row type, the kinds it reads, and a select that both engines answer alike.

A query is written as a function `(tables, **question) -> Select` and marked `@query(Row, kinds=...)`. `tables` is a
mapping from kind to something with columns: a table on the phone, on the server a sub-select that holds only the rows
and columns of the role that asks. A column that is missing there reads as NULL: `columns` and `column` see to it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, FromClause, Select, and_, case, false, func, literal, null, or_, true

from records.record import Record
from records.search_key import LOOSE, loose, search_words

Tables = Mapping[str, FromClause]


class Row(BaseModel):
    """A line that a screen shows. Reading is tolerant: values stand as they are stored."""

    model_config = ConfigDict(frozen=True)


R = TypeVar("R", bound=BaseModel)


@dataclass(frozen=True)
class Query(Generic[R]):
    """A question to a copy. `kinds` are those whose change may change the answer."""

    name: str
    row: type[R]
    kinds: frozenset[str]
    select: Callable[..., Select[Any]]

    def read(self, values: Mapping[str, Any]) -> R:
        """One row of an answer, unchecked: what a newer app wrote stays as it is."""
        if issubclass(self.row, Record):
            return self.row.known(values)
        return self.row.model_construct(**values)


def query(row: type[R], *, kinds: Iterable[str]) -> Callable[[Callable[..., Select[Any]]], Query[R]]:
    """Marks a select as a query whose rows are `row`."""

    def mark(select: Callable[..., Select[Any]]) -> Query[R]:
        return Query(select.__name__, row, frozenset(kinds), select)

    return mark


def column(table: FromClause, name: str, label: str | None = None) -> ColumnElement[Any]:
    """A column under its name or another; NULL where the asking role may not see it."""
    found: ColumnElement[Any] = table.c[name] if name in table.c else null()
    return found.label(label or name)


def columns(table: FromClause, *names: str) -> list[ColumnElement[Any]]:
    """Several columns under their own names."""
    return [column(table, name) for name in names]


def present(table: FromClause) -> ColumnElement[bool]:
    """Rows that nobody has deleted."""
    return table.c.deleted_on.is_(None)


def deleted(table: FromClause) -> ColumnElement[bool]:
    """Rows that somebody has deleted; each can be restored."""
    return table.c.deleted_on.is_not(None)


def likely(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """A condition that holds of most rows, said so that PostgreSQL does not take it for a rare one.

    It cannot know how often a column equals another or a part of a text a letter, guesses one row in two hundred, and
    would then look up half a million groups one by one.
    """
    return case((condition, true()), else_=false())


def matching(table: FromClause, search: str) -> ColumnElement[bool] | None:
    """Rows in which every typed word begins a word, in any script or spelling; None when nothing was typed."""
    kept = table.c.search_key
    words = [or_(kept.like(f"{key}%"), kept.like(f"% {key}%")) for key in search_words(search)]
    return and_(*words) if words else None


def resembling(table: FromClause, search: str) -> ColumnElement[bool] | None:
    """Rows found by `matching`, and those whose names begin alike when what careful writers confuse is let go."""
    exact = matching(table, search)
    if exact is None:
        return None
    typed, kept = loose(" ".join(search_words(search))), _loose(table.c.search_key)
    # Fewer consonants say less: `snt` begins Sunita and Santoshi alike.
    if len(typed) < 3:
        return exact
    return or_(exact, kept.like(f"{typed}%") if len(typed) >= 4 else kept == typed)


def likeness(table: FromClause, search: str) -> ColumnElement[int]:
    """How well a row fits what was typed, 0 the best. The same row has the same number whatever else is found."""
    kept, words = table.c.search_key, search_words(search)
    if not words:
        return literal(0)
    typed, exact = " ".join(words), matching(table, search)
    assert exact is not None
    whole_words = and_(*((literal(" ") + kept + literal(" ")).like(f"% {word} %") for word in words))
    alike = _loose(kept) == loose(typed)
    # Few consonants make many names alike: then only after what has the typed words in it.
    tells_enough = len(loose(typed)) >= 4
    fits = [
        kept == typed,
        *([alike] if tells_enough else []),
        kept.like(f"{typed} %"),
        whole_words,
        *([] if tells_enough else [alike]),
        kept.like(f"{typed}%"),
        exact,
    ]
    return case(*((fit, rank) for rank, fit in enumerate(fits)), else_=len(fits))


def _loose(key: ColumnElement[str]) -> ColumnElement[str]:
    for written, said in LOOSE:
        key = func.replace(key, written, said)
    return key


After = tuple[str, str] | tuple[int, str, str]
"""Where a page ended: (search_key, id), in a search (likeness, search_key, id)."""


def beyond(table: FromClause, after: After | None, search: str = "") -> ColumnElement[bool] | None:
    """Rows after the last one of the page before; None for the first page."""
    if after is None:
        return None
    *likely, key, id = after
    kept = table.c.search_key
    later = or_(kept > key, (kept == key) & (table.c.id > id))
    if not search_words(search) or not likely:
        return later
    rank = likeness(table, search)
    return or_(rank > likely[0], (rank == likely[0]) & later)


def best_first(table: FromClause, search: str = "") -> list[ColumnElement[Any]]:
    """The order of a list: by name, in a search what fits best before the rest."""
    ranked: list[ColumnElement[Any]] = [likeness(table, search)] if search_words(search) else []
    return [*ranked, table.c.search_key, table.c.id]


def where(select: Select[Any], *conditions: ColumnElement[bool] | None) -> Select[Any]:
    """The select with those of the conditions that are any."""
    return select.where(*[condition for condition in conditions if condition is not None])
