"""Takes up an enrolment: the first, a renewed one of the same person, or another person's."""

from dataclasses import dataclass

from sqlalchemy import delete, select

from records.messages import EnrolReply, NewNumber
from records.problems import Problem
from records.wire import capacity_text
from records.workspace import Identity
from storage import meta as named
from storage.answers import DONE, offer_all
from storage.contact import begin_epoch
from storage.copies import forget_copies
from storage.freezing import thaw_outbox
from storage.identity import capacity_of, holds_unsent_work, identity_of
from storage.outbox import refresh_unsent
from storage.restamping import for_new_device
from storage.store import LocalStore, Transaction

BELONG_TO_A_DEVICE = (named.LOGIN, named.CURSOR, named.LAST_BATCH, named.ANSWERED, named.ANSWER_SEAL)
"""A cursor and batch numbers are a device's: under another number they begin anew."""


@dataclass(frozen=True)
class Keys:
    """The private halves of the keys that this phone made, raw bytes."""

    signing: bytes
    sealing: bytes


def adopt(store: LocalStore, reply: EnrolReply, keys: Keys, *, forgotten: bool = False) -> Identity:
    """Makes an enrolment that of this store. The same person's unsent work goes on under the new device number.
    `forgotten`: the centre has said just now that it does not know the login of before.

    Another person begins with an empty store. Raises Problem unsent_work, and changes nothing, where somebody else's
    work would be lost.
    """
    emptied = False
    with store.writing() as t:
        before = capacity_of(t.meta)
        if before is not None and before.person_id != reply.capacity.person_id:
            if holds_unsent_work(t) or _may_stand_only_here(t, reply.epoch):
                raise Problem("unsent_work")
            _empty(t)
            emptied = True
        elif before is not None:
            _go_on_as(t, reply.device)
            # A centre that does not know a number it gave has gone back, also where it has not noticed it yet.
            forgotten = forgotten or t.meta.get(named.LOGIN) == "sign_in"
            if forgotten or t.meta.get(named.EPOCH) not in (None, reply.epoch):
                _begin_again(t, reply, forgotten=forgotten)
        _remember(t, reply, keys)
        with t.written_over():
            t.meta.put(named.ENROLLING, None)  # the seed that the keys were made from
        t.changed |= {"identity", "drafts", *t.registry}
        found = identity_of(t.meta)
    if emptied:
        forget_copies(store.path)
        store.write_anew()
    assert found is not None
    return found


def take_number(store: LocalStore, new: NewNumber) -> None:
    """Goes on under another device number and token, because a copy of this store goes by the old ones."""
    with store.writing() as t:
        keys = thaw_outbox(t)
        t.connection.execute(delete(t.tables.frozen))
        for_new_device(t, new.device)
        refresh_unsent(t, keys)
        t.meta.put(named.DEVICE, new.device)
        t.meta.put(named.TOKEN, new.token)
        for name in BELONG_TO_A_DEVICE:
            t.meta.put(name, None)
        t.changed |= {"identity"}


def _remember(t: Transaction, reply: EnrolReply, keys: Keys) -> None:
    values = {
        named.CAPACITY: capacity_text(reply.capacity),
        named.DEVICE: reply.device,
        named.TOKEN: reply.token,
        named.SIGNING_KEY: keys.signing.hex(),
        named.SEALING_KEY: keys.sealing.hex(),
        named.SERVER_KEY: reply.server_sealing_key.hex(),
        named.CERTIFICATE: reply.certificate.hex(),
        named.CERTIFIED: reply.device,
        named.RETURNING: None,
        named.EPOCH: reply.epoch,
        named.CLOCK_OFFSET: reply.server_ms - t.clock_ms,
        named.HEARD_MS: reply.server_ms,
        **dict.fromkeys(BELONG_TO_A_DEVICE),
    }
    for name, value in values.items():
        t.meta.put(name, value)


def _go_on_as(t: Transaction, device: str) -> None:
    """What was frozen for the old device number waits again, together with what was typed since."""
    keys = thaw_outbox(t)
    t.connection.execute(delete(t.tables.frozen))
    if t.meta.get(named.LOGIN) == "device_cloned":
        # Both phones went by the old number; only under different ones can the centre tell their changes apart.
        for_new_device(t, device)
    refresh_unsent(t, keys)


def _begin_again(t: Transaction, reply: EnrolReply, *, forgotten: bool) -> None:
    """The centre has gone back while this phone had no login: what it acknowledged meanwhile may stand only here."""
    begin_epoch(t, reply.epoch)
    offer_all(t, reply.epoch)
    if forgotten:
        # It does not know the old number, which it gave after its backup, and takes nothing that was stamped under it;
        # unless it gives the same number again.
        for_new_device(t, reply.device)


def _may_stand_only_here(t: Transaction, epoch: str) -> bool:
    """Whether the centre has gone back since it acknowledged work of this phone that has not been offered again."""
    own = t.tables.own_change
    due = t.meta.get(named.OFFERS_DUE) or t.meta.get(named.EPOCH) not in (None, epoch)
    return (
        bool(due)
        and t.connection.execute(select(own.c.number).where(own.c.state.in_(DONE)).limit(1)).first() is not None
    )


def _empty(t: Transaction) -> None:
    """Forgets everything that was held for the person before; settings such as the language stay, and what the phone
    carries for others."""
    kept = (t.tables.meta, t.tables.setting, t.tables.parcel)
    for table in t.tables.metadata.sorted_tables:
        if table not in kept:
            t.driver.execute(f'DELETE FROM "{table.name}"')
    t.meta.put(named.TO_WRITE_ANEW, True)
    for name in (named.EPOCH, named.OFFERED, named.OFFERS_DUE, named.SYNC_REPORT, named.CURSOR_NUMBER):
        t.meta.put(name, None)
