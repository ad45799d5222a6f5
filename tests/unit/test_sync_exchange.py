"""On a quick link the next call goes out before the last answer is stored, where that changes nothing."""

import pytest

from records.messages import BatchAnswer, NewNumber
from records.problems import Problem
from records.wire import thawed
from storage import meta as named
from storage.queries import list_groups
from sync.beside import at_once, in_a_thread
from sync.schedule import Pace
from tests.factories import NOW_MS, a_place_tree, abm_capacity
from tests.phones import a_phone
from tests.property.simulation.handsets import afterwards
from tests.unit.test_sync_story import TREE, Scripted, a_full_page, register, run


@pytest.fixture
def phone(tmp_path):
    with a_phone(tmp_path, TREE) as phone:
        yield phone


def quick():
    return Pace(rows=2, room=2, quick=True)


def some_pages(count):
    """As a centre gives them: the first to a phone without a cursor."""
    return [a_full_page(number, more=number < count) for number in range(1, count + 1)]


def presented(server):
    """(the cursor presented, the one that is stored where that is another, the batch) of each call."""
    return [(call.cursor, call.stored, call.batch and call.batch.number) for call in server.calls]


def test_the_next_page_is_asked_for_before_the_last_one_is_stored(phone):
    server = Scripted(some_pages(4))
    names = [None, *(page.cursor for page in server.pages[:3])]
    run(phone, server, pace=quick(), beside=afterwards)
    # Without any cursor the first page is stored first: there would be nothing to come back to.
    assert presented(server) == list(zip(names, [None, None, 1, 2], [None] * 4, strict=True))
    assert len(phone.ask(list_groups)) == 12


@pytest.mark.parametrize("beside", [at_once, afterwards])
def test_each_call_says_what_will_wait_when_its_batch_has_been_taken(phone, beside):
    run(phone, Scripted(some_pages(1)))
    for number in range(12):
        register(phone, f"Group {number}")
    server = Scripted()
    server.changes = {call: lambda _request, call=call: {"page": a_full_page(call + 1)} for call in range(1, 20)}
    run(phone, server, pace=quick(), beside=beside)
    sending = [call for call in server.calls if call.batch]
    sizes = [sum(len(section.ids) for section in thawed(call.batch.blob).sections) for call in sending]
    assert [call.unsent for call in sending] == [12 - sum(sizes[: at + 1]) for at in range(len(sizes))]
    assert len(sizes) > 1 and sum(sizes) == 12
    assert [call.oldest_unsent_ms is None for call in sending] == [False] * (len(sizes) - 1) + [True]


def test_the_next_batch_goes_before_the_last_answer_is_stored(phone):
    run(phone, Scripted(some_pages(1)))
    for number in range(12):
        register(phone, f"Group {number}")
    server = Scripted()
    server.changes = {call: lambda _request, call=call: {"page": a_full_page(call + 1)} for call in range(1, 20)}
    pace = Pace(rows=2, room=2, quick=True)
    report = run(phone, server, pace=pace, beside=afterwards)
    numbers = [call.batch.number for call in server.calls if call.batch]
    assert numbers == list(range(1, len(numbers) + 1)) and report.sent == 12
    assert phone.sync_status().waiting == 0
    ahead = [call for call in server.calls if call.stored is not None]
    assert ahead and all(call.batch and call.answered == call.batch.number - 2 for call in ahead)


def test_an_answer_that_no_batch_follows_is_stored_first(phone):
    """Else the centre would take this phone, which has sent more than it says it knows the answer to, for a copy."""
    run(phone, Scripted(some_pages(1)))
    register(phone)
    server = Scripted([a_full_page(2, more=True), a_full_page(3)])
    run(phone, server, pace=quick(), beside=afterwards)
    assert [(call.stored, call.answered) for call in server.calls] == [(None, 0), (None, 1)]


@pytest.mark.parametrize("beside", [at_once, afterwards, in_a_thread])
def test_all_is_there_in_the_end_whatever_comes_first(phone, beside):
    for number in range(7):
        register(phone, f"Group {number}")
    server = Scripted(some_pages(9))
    run(phone, server, pace=quick(), beside=beside)
    # What was sent goes, because these pages do not tell of it.
    assert len(phone.ask(list_groups)) == 27
    assert phone.sync_status().waiting == 0
    with phone.store.reading() as t:
        assert t.meta.get(named.CURSOR_NUMBER) == 9


SPECIAL = {
    "the centre has gone back": {"epoch": "e2"},
    "the centre asks for offers": {"offers": True},
    "the person works elsewhere today": {"capacity": abm_capacity(a_place_tree())},
    "the cursor is not known": {"cursor_unknown": True, "page": None},
    "the phone is told a number of its own": {"renumbered": NewNumber("0000beef", "t")},
}


@pytest.mark.parametrize("special", SPECIAL.values(), ids=SPECIAL)
def test_what_changes_what_is_said_next_is_stored_first(phone, special):
    run(phone, Scripted(some_pages(1)))
    server = Scripted([a_full_page(2, more=True), a_full_page(3, more=True), a_full_page(4)], {2: special})
    run(phone, server, pace=quick(), beside=afterwards)
    assert [call.stored for call in server.calls[:3]] == [None, 1, None]


@pytest.mark.parametrize("answer", [{"state": "waiting_for", "wanted": 1}, {"restamped": {"0" * 24: "1" * 24}}])
def test_an_answer_that_changes_what_waits_is_stored_first(phone, answer):
    run(phone, Scripted(some_pages(1)))
    for number in range(12):
        register(phone, f"Group {number}")
    news = a_full_page(3, more=True)
    change = {2: lambda request: {"answer": BatchAnswer(request.batch.number, **answer), "page": news}}
    server = Scripted(changes={**change, 1: {"page": a_full_page(2)}})
    run(phone, server, pace=quick(), beside=afterwards)
    assert server.calls[1].stored == 1 and server.calls[2].stored is None


def test_a_slow_link_is_not_hurried(phone):
    server, seconds = Scripted(some_pages(4)), iter(range(100))
    run(phone, server, pace=Pace(rows=2, room=2), timer=lambda: float(next(seconds)), beside=afterwards)
    assert [call.stored for call in server.calls] == [None] * 4


def test_what_is_saved_while_news_come_goes_with_the_next_call(phone):
    server = Scripted(some_pages(5))
    server.changes = {3: lambda _request: register(phone) and {}}
    run(phone, server, pace=quick(), beside=afterwards)
    # The third call was under way; its answer is stored, and the batch goes with the fourth.
    assert [bool(call.batch) for call in server.calls] == [False, False, False, True, False]


def test_the_centres_time_is_that_of_the_reply_however_late_it_is_stored(tmp_path):
    """Else a phone that is slow to store would take its clock for one that is ahead."""
    now, offsets, server = [NOW_MS], [], Scripted(some_pages(6))
    with a_phone(tmp_path, TREE, clock_ms=lambda: now[0]) as phone:

        def later(_request):
            with phone.store.reading() as t:
                offsets.append(t.meta.get(named.CLOCK_OFFSET))
            now[0] += 700
            return {"server_ms": now[0] + 5000}

        server.changes = dict.fromkeys(range(1, 9), later)
        run(phone, server, pace=quick(), beside=afterwards)
    assert any(call.stored for call in server.calls) and set(offsets[1:]) == {5000}


def test_an_answer_is_kept_when_the_call_after_it_fails(phone):
    server = Scripted(some_pages(4), {3: Problem("offline")})
    with pytest.raises(Problem, match="offline"):
        run(phone, server, pace=quick(), beside=in_a_thread)
    assert server.calls[2].stored == 1
    with phone.store.reading() as t:
        assert t.meta.get(named.CURSOR_NUMBER) == 2
    assert len(phone.ask(list_groups)) == 6


def test_after_a_page_that_cannot_be_stored_no_later_one_is(phone, monkeypatch):
    from sync import exchange

    real, server = exchange.take_page, Scripted(some_pages(4))

    def take(store, page, sent):
        if page.number == 2:
            raise Problem("disk_full")
        return real(store, page, sent)

    monkeypatch.setattr(exchange, "take_page", take)
    with pytest.raises(Problem, match="disk_full"):
        run(phone, server, pace=quick(), beside=in_a_thread)
    assert [call.stored for call in server.calls] == [None, None, 1]
    with phone.store.reading() as t:
        assert t.meta.get(named.CURSOR_NUMBER) == 1
    assert len(phone.ask(list_groups)) == 3
