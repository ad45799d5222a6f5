"""The secrets of a login: in the store, until they have been put into the device's own safe.

What lies in the safe is known to an opened store in memory only; in the file a word stands in its place. A safe can
lose what is in it, as when the file was carried to another phone: then the login has ended, and the work stays.
"""

from collections.abc import Mapping

from storage import meta as named
from storage.store import LocalStore, Transaction

NAMES = (named.TOKEN, named.SIGNING_KEY, named.SEALING_KEY)
IN_SAFE = "in_safe"
"""In the place of a secret that lies in the safe."""


def secret_of(t: Transaction, name: str) -> str | None:
    """A secret, from wherever it lies; None where there is none, or the safe has not given it."""
    value = t.meta.get(name)
    return t.store.unlocked.get(name) if value == IN_SAFE else value or None


def to_lock_away(store: LocalStore) -> dict[str, str]:
    """All secrets of the login with the device number they belong to, where some still stand in the file; else {}."""
    with store.reading() as t:
        if all(t.meta.get(name) in (None, "", IN_SAFE) for name in NAMES):
            return {}
        known = {name: secret_of(t, name) for name in NAMES}
        return {named.DEVICE: t.meta.get(named.DEVICE), **{name: value for name, value in known.items() if value}}


def note_locked(store: LocalStore, values: Mapping[str, str]) -> None:
    """These lie in the safe now: they leave the file, unless the login has become another one meanwhile."""
    with store.writing() as t:
        if t.meta.get(named.DEVICE) != values.get(named.DEVICE):
            return
        with t.written_over():
            for name in NAMES:
                if name in values and secret_of(t, name) == values[name]:
                    store.unlocked[name] = values[name]
                    t.meta.put(name, IN_SAFE)
        t.changed |= {"identity"}
    store.write_out()


def give_unlocked(store: LocalStore, values: Mapping[str, str], *, certain: bool) -> None:
    """What the safe has given, as the store is opened. `certain`: it answered, so what it did not give is lost, and
    with it the login; the work stays."""
    with store.writing() as t:
        if t.meta.get(named.TOKEN) != IN_SAFE:
            return
        if values.get(named.DEVICE) == t.meta.get(named.DEVICE) and values.get(named.TOKEN):
            store.unlocked.update({name: values[name] for name in NAMES if name in values})
        elif certain:
            for name in NAMES:
                t.meta.put(name, None)
            t.meta.put(named.LOGIN, "sign_in")
            t.changed |= {"identity"}
