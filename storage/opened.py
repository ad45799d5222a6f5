"""Stores that are open in this process: one per id, however many screens look at it."""

import threading
from pathlib import Path
from typing import Any

from records.problems import Problem
from storage.checking import check_file, check_rows
from storage.rescuing import finish_rescue, rescue
from storage.store import LocalStore

_OPEN: dict[Path, LocalStore] = {}
_LOCK = threading.Lock()


def opened(folder: Path | str, store_id: str = "phone", **how: Any) -> LocalStore:
    """The store of this id in this folder, opened with its first use. `how` goes to `LocalStore.open`."""
    path = path_of(folder, store_id)
    with _LOCK:
        if path not in _OPEN:
            _OPEN[path] = open_sound(path, **how)
        return _OPEN[path]


def path_of(folder: Path | str, store_id: str) -> Path:
    if not store_id.replace("-", "").replace("_", "").isalnum():
        raise ValueError("store_id_malformed")
    return (Path(folder) / f"{store_id}.sqlite").resolve()


def open_sound(path: Path, **how: Any) -> LocalStore:
    """Opens a store, or what could be read of a damaged one. Raises Problem: those of LocalStore.open."""
    finish_rescue(path)
    try:
        return _open_checked(path, **how)
    except Problem as problem:
        if problem.code != "store_damaged":
            raise
    rescue(path, **how)
    return _open_checked(path, **how)


def _open_checked(path: Path, **how: Any) -> LocalStore:
    check_file(path)
    store = LocalStore.open(path, **how)
    try:
        check_rows(store)
    except BaseException:
        store.close()
        raise
    return store


def close_all() -> None:
    """Closes every store that this process has open."""
    with _LOCK:
        for store in _OPEN.values():
            store.close()
        _OPEN.clear()
