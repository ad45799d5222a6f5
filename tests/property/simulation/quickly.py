"""What makes a run quick without making it another: tables and compiled statements are shared by all stores, and an
empty store is the copy of one that was made."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Dialect, create_engine
from sqlalchemy.sql._cache_key_cy import CacheConst
from sqlalchemy.sql.selectable import SelectLabelStyle
from sqlalchemy.util import LRUCache

import server.central_store
import server.database
import storage.connections
import storage.store
import storage.upgrade
from records.kinds import Registry
from tests.property.simulation.crashing import Files

_compiled: Any = LRUCache(5000)
_made: dict[tuple[str, int, int], Any] = {}
_columns: dict[tuple[str, ...], dict[str, set[str]]] = {}
_empty: dict[int, tuple[Registry, Files]] = {}

# Each look for a compiled statement hashes these some times over, by their names.
for words in (SelectLabelStyle, CacheConst):
    words.__hash__ = object.__hash__  # type: ignore[method-assign, assignment]


@contextmanager
def sharing() -> Iterator[None]:
    """While this lasts, a store that is opened finds its tables and its statements as another one left them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server.central_store, "central_tables", _made_once(server.central_store.central_tables))
        patch.setattr(storage.store, "Tables", _made_once(storage.store.Tables))
        patch.setattr(server.database, "create_engine", _engine_like_the_first)
        patch.setattr(storage.connections, "create_engine", _engine_like_the_first)
        patch.setattr(storage.upgrade, "_columns", _columns_of(storage.upgrade._columns))
        yield


def begin_empty(path: Path, registry: Registry) -> None:
    """Where there is no file yet: the one that opening it made the first time."""
    if not path.exists():
        if id(registry) not in _empty:
            storage.store.LocalStore.open(path, registry=registry).close()
            _empty[id(registry)] = (registry, Files.of(path))
        _empty[id(registry)][1].put_back(path)


def _columns_of(look: Callable[[Connection], dict[str, set[str]]]) -> Callable[[Connection], dict[str, set[str]]]:
    """Files with the same tables have the same columns; SQLite takes long to tell them."""

    def known(connection: Connection) -> dict[str, set[str]]:
        texts = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type='table' ORDER BY name").scalars()
        key = tuple(texts)
        if key not in _columns:
            _columns[key] = look(connection)
        return {table: set(columns) for table, columns in _columns[key].items()}

    return known


def _engine_like_the_first(*what: Any, **how: Any) -> Any:
    """Engines of one dialect, which has looked at SQLite once: by it compiled statements are found again."""
    engine = create_engine(*what, _initialize=False, **how)
    engine.dialect = engine.pool._dialect = _dialect()
    engine._compiled_cache = _compiled
    return engine


@cache
def _dialect() -> Dialect:
    engine = create_engine("sqlite://")
    with engine.connect():
        return engine.dialect


def _made_once(make: Any) -> Any:
    def known(registry: Any, codec: Any) -> Any:
        key = (make.__name__, id(registry), id(codec))
        if key not in _made:
            # Register and codec are kept with what was made of them, so that their ids stay their own.
            _made[key] = (registry, codec, make(registry, codec))
        return _made[key][2]

    return known
