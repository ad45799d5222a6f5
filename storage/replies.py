"""Takes in a reply of the centre: its head, the answer to the batch, and the news that came with it."""

from collections.abc import Mapping
from dataclasses import dataclass

from records.messages import FrozenBatch, Page, SyncReply
from records.problems import Problem
from records.wire import thawed
from storage.answers import Taken, take_answer_within
from storage.contact import keep_seal, take_head_within
from storage.outbox import Key
from storage.pages import take_page_within
from storage.store import LocalStore


@dataclass(frozen=True)
class Received:
    """Whether the centre has gone back, what the answer came to, and how many rows of news were taken in; None where
    the page is still to be taken."""

    gone_back: bool
    taken: Taken
    news: int | None = None


def take_reply(store: LocalStore, reply: SyncReply, batch: FrozenBatch | None) -> Received:
    """Takes in the head of a reply, its answer, and with a plain answer the page as well, in one transaction: what it
    tells of the records of a batch is written at once.

    That need not wait for the disk: what is lost with power is a batch without an answer, and the centre gives the same
    answer again for ever. What changes batches, or how the centre stands, waits for it.
    """
    answer = reply.answer
    plain = answer is not None and answer.state == "applied" and not (reply.offers or reply.capacity)
    if plain and reply.page is not None:
        try:
            return _with_page(store, reply, batch, reply.page)
        except Problem:
            # A page that cannot be taken in must not hold back the answer; whoever takes it in next is told why.
            pass
    with store.writing() as t:
        gone_back = take_head_within(t, reply)
        taken = take_answer_within(t, answer) if answer else Taken("applied")
        if answer and not gone_back:
            keep_seal(t, answer.number, reply.seal)
        return Received(gone_back, taken)


def _with_page(store: LocalStore, reply: SyncReply, batch: FrozenBatch | None, page: Page) -> Received:
    with store.writing(durable=False) as t:
        gone_back = take_head_within(t, reply)
        taken = take_answer_within(t, reply.answer) if reply.answer else Taken("applied")
        # News from where a stream was read to before the centre went back would leave a gap: they are asked for anew.
        news = None if gone_back else take_page_within(t, page, sent_rows(taken, batch, page))
    return Received(gone_back, taken, news)


def sent_rows(taken: Taken, batch: FrozenBatch | None, page: Page) -> Mapping[int, Key]:
    """The records of the batch of a call, by its rows.

    A centre that has gone back applies again what this phone was answered long ago and no longer has row by row: then
    the batch itself tells.
    """
    if taken.sent or batch is None or not any(part.own for part in page.parts):
        return taken.sent
    keys = [(section.kind, id) for section in thawed(batch.blob).sections for id in section.ids]
    return dict(enumerate(keys))
