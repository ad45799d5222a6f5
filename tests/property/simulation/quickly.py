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


@contextmanager
def sharing() -> Iterator[None]:
    """While this lasts, a store that is opened finds its tables and its statements as another one left them."""
    compiled: Any = LRUCache(5000)

    def remembering(make: Any) -> Any:
        def made(*what: Any) -> Any:
            engine = make(*what)
            engine._compiled_cache = compiled
            return engine

        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server.central_store, "central_tables", _by_registry(server.central_store.central_tables))
        patch.setattr(storage.store, "Tables", _by_registry(storage.store.Tables))
        patch.setattr(server.database, "_engine", remembering(server.database._engine))
        patch.setattr(storage.store, "_engine", remembering(storage.store._engine))
        # Compiled statements are looked up by their dialect, of which every engine has one of its own.
        patch.setattr(SQLiteDialect_pysqlite, "__eq__", lambda one, other: type(one) is type(other), raising=False)
        patch.setattr(SQLiteDialect_pysqlite, "__hash__", lambda one: hash(type(one)), raising=False)
        yield


def _by_registry(make: Any) -> Any:
    made: dict[int, Any] = {}

    def known(registry: Any, codec: Any) -> Any:
        if id(registry) not in made:
            # The register is kept with what was made of it, so that its id stays its own.
            made[id(registry)] = (registry, make(registry, codec))
        return made[id(registry)][1]

    return known
