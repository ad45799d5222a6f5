"""What makes a run quick without making it another: tables and compiled statements are shared by all stores."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

import server.central_store
import server.database
import storage.store

_compiled: Any = LRUCache(5000)
_made: dict[tuple[str, int, int], Any] = {}


@contextmanager
def sharing() -> Iterator[None]:
    """While this lasts, a store that is opened finds its tables and its statements as another one left them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server.central_store, "central_tables", _made_once(server.central_store.central_tables))
        patch.setattr(storage.store, "Tables", _made_once(storage.store.Tables))
        patch.setattr(server.database, "_engine", _remembering(server.database._engine))
        patch.setattr(storage.store, "_engine", _remembering(storage.store._engine))
        # Compiled statements are looked up by their dialect, of which every engine has one of its own.
        patch.setattr(SQLiteDialect_pysqlite, "__eq__", lambda one, other: type(one) is type(other), raising=False)
        patch.setattr(SQLiteDialect_pysqlite, "__hash__", lambda one: hash(type(one)), raising=False)
        yield


def _remembering(make: Any) -> Any:
    def made(*what: Any) -> Any:
        engine = make(*what)
        engine._compiled_cache = _compiled
        return engine

    return made


def _made_once(make: Any) -> Any:
    def known(registry: Any, codec: Any) -> Any:
        key = (make.__name__, id(registry), id(codec))
        if key not in _made:
            # Register and codec are kept with what was made of them, so that their ids stay their own.
            _made[key] = (registry, codec, make(registry, codec))
        return _made[key][2]

    return known
