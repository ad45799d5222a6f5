"""What makes a run quick without making it another: tables and compiled statements are shared by all stores."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
from sqlalchemy import Dialect, create_engine
from sqlalchemy.sql._cache_key_cy import CacheConst
from sqlalchemy.sql.selectable import SelectLabelStyle
from sqlalchemy.util import LRUCache

import server.central_store
import server.database
import storage.store

_compiled: Any = LRUCache(5000)
_made: dict[tuple[str, int, int], Any] = {}

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
        patch.setattr(storage.store, "create_engine", _engine_like_the_first)
        yield


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
