"""Takes in a reply of the centre: its head, the answer to the batch, and the news that came with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from records.messages import FrozenBatch, Page, SyncReply
from records.problems import Problem
from records.wire import thawed
from storage import meta as named
from storage.answers import Taken, take_answer_within
from storage.contact import keep_seal, take_head_within
from storage.outbox import Key
from storage.pages import take_page_within
from storage.store import LocalStore, Transaction


@dataclass(frozen=True)
class Received:
    """Whether the centre has gone back, what the answer came to, whether work is to be offered to it again, how many
    rows of news were taken in (None where the page is still to be taken), and whether what should be done besides has
    been."""

    gone_back: bool
    taken: Taken
    offers_due: bool
    news: int | None = None
    besides: bool = False


def take_reply(
    store: LocalStore,
    reply: SyncReply,
    batch: FrozenBatch | None,
    besides: Callable[[Transaction], None] | None = None,
) -> Received:
    """Takes in the head of a reply, its answer, and with a plain answer the page as well, in one transaction: what it
    tells of the records of a batch is written at once. `besides` is done in the same one, and then it is durable.

    That need not wait for the disk: what is lost with power is a batch without an answer, and the centre gives the same
    answer again for ever. What changes batches, or how the centre stands, waits for it.
    """
    answer = reply.answer
    plain = answer is not None and answer.state == "applied" and not (reply.offers or reply.capacity)
    if plain and reply.page is not None:
        try:
            return _with_page(store, reply, batch, reply.page, besides)
        except Problem:
            # What cannot be taken in or done besides must not hold back the answer; whoever tries next is told why.
            pass
    with store.writing() as t:
        gone_back = take_head_within(t, reply)
        taken = take_answer_within(t, answer) if answer else Taken("applied")
        if answer and not gone_back:
            keep_seal(t, answer.number, reply.seal)
        return Received(gone_back, taken, _offers_due(t))


def _with_page(
    store: LocalStore,
    reply: SyncReply,
    batch: FrozenBatch | None,
    page: Page,
    besides: Callable[[Transaction], None] | None,
) -> Received:
    with store.writing(durable=besides is not None) as t:
        gone_back = take_head_within(t, reply)
        # News from where a stream was read to before the centre went back would leave a gap: they are asked for anew.
        told: set[tuple[int, int]] = set() if gone_back else {span for part in page.parts for span in part.own}
        taken = take_answer_within(t, reply.answer, told) if reply.answer else Taken("applied")
        sent = sent_rows(taken, batch, page)
        news = None if gone_back else take_page_within(t, page, sent, unmarked=taken.unmarked)
        if besides is not None:
            besides(t)
        return Received(gone_back, taken, _offers_due(t), news, besides is not None)


def _offers_due(t: Transaction) -> bool:
    return bool(t.meta.get(named.OFFERS_DUE))


def sent_rows(taken: Taken, batch: FrozenBatch | None, page: Page) -> Mapping[int, Key]:
    """The records of the batch of a call, by its rows.

    A centre that has gone back applies again what this phone was answered long ago and no longer has row by row: then
    the batch itself tells.
    """
    if taken.sent or batch is None or not any(part.own for part in page.parts):
        return taken.sent
    keys = [(section.kind, id) for section in thawed(batch.blob).sections for id in section.ids]
    return dict(enumerate(keys))
