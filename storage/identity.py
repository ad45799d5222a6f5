"""Who works with this store, as the last enrolment and the last word from the centre have it."""

from records.messages import Capacity
from records.wire import capacity_text, read_capacity
from records.workspace import Identity, identity_from
from storage import meta as named
from storage.meta import Meta
from storage.photos import count_waiting
from storage.secrets import secret_of
from storage.store import LocalStore, Transaction

ENDED_LOGINS = ("sign_in", "revoked", "device_cloned")
"""Problems after which the phone must be enrolled again; the work on it stays."""


def capacity_of(meta: Meta) -> Capacity | None:
    """Whom the device was enrolled for and how far she reaches, as last heard; None before any enrolment."""
    text = meta.get(named.CAPACITY)
    return read_capacity(text) if text else None


def keep_capacity(t: Transaction, capacity: Capacity) -> None:
    """Takes in what the centre says about who works here."""
    t.meta.put(named.CAPACITY, capacity_text(capacity))
    t.changed |= {"identity"}


def identity_of(meta: Meta) -> Identity | None:
    """The person a device was enrolled for, in the words of a screen."""
    capacity = capacity_of(meta)
    if capacity is None:
        return None
    return identity_from(capacity, meta.get(named.DEVICE, ""))


def login_is_good(t: Transaction) -> bool:
    """Whether the centre took this login when last heard, and its token is at hand."""
    return bool(secret_of(t, named.TOKEN)) and not t.meta.get(named.LOGIN)


def end_login(store: LocalStore, code: str) -> None:
    """Remembers that the centre does not take this login any more. Work can go on; it is kept and sent later."""
    with store.writing() as t:
        t.meta.put(named.LOGIN, code)
        t.changed |= {"identity"}


def holds_unsent_work(t: Transaction) -> bool:
    """Whether somebody's work would be lost if the store were emptied: changes, refused ones, drafts and photos."""
    return count_waiting(t) > 0 or bool(t.driver.execute(SOME_WORK).fetchone()[0])


SOME_WORK = "SELECT " + " OR ".join(f"EXISTS (SELECT 1 FROM {one})" for one in ("outbox", "mending", "draft"))
