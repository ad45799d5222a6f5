"""The story of a synchronisation against a server that says what the test tells it to."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from records.commands.groups import ChangeGroup, RegisterGroup
from records.messages import BatchAnswer, Outcome, Page, SyncReply, SyncRequest
from records.problems import Problem
from records.wire import thawed
from storage.freezing import next_batch
from storage.pages import take_page
from storage.queries import find_shg, list_groups
from sync.beside import at_once, in_a_thread
from sync.schedule import Pace
from sync.synchronise import synchronise
from tests.factories import NOW_MS, a_page, a_part, a_place_tree, a_section, abm_capacity, an_shg, filled
from tests.phones import a_phone, cells_of, outbox_of

TREE = a_place_tree()
MEMBERS = f"gp/{TREE.panchayat.id}/members"


@dataclass
class Scripted:
    """Answers every batch as applied and gives its pages one after another; `replies` changes a call by its number."""

    pages: list[Page] = field(default_factory=list)
    changes: dict[int, object] = field(default_factory=dict)
    calls: list[SyncRequest] = field(default_factory=list)
    epoch: str = "e1"

    def sync(self, request: SyncRequest) -> SyncReply:
        self.calls.append(request)
        values = {
            "epoch": self.epoch,
            "server_ms": NOW_MS + 5000,
            "answer": _applied(request.batch) if request.batch else None,
            "page": self.pages.pop(0) if self.pages else None,
        }
        change = self.changes.get(len(self.calls), {})
        if isinstance(change, Exception):
            raise change
        return SyncReply(**(values | (change(request) if callable(change) else change)))


def _applied(batch):
    rows = sum(len(section.ids) for section in thawed(batch.blob).sections)
    return BatchAnswer(batch.number, outcomes=(Outcome(0, rows - 1, "applied"),))


@pytest.fixture
def phone(tmp_path):
    with a_phone(tmp_path, TREE) as phone:
        yield phone


def run(phone, server, **how):
    # What comes after the story, that the copies are compared, is told in tests/integration/test_agreeing.py.
    how = {"timer": lambda: 0.0, "compares": False} | how
    return synchronise(phone.store, server, app="0.1.0", **how)


def register(phone, name="Jai Ambe"):
    return phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id, name=name)))).id


def a_full_page(number, **changes):
    shgs = [an_shg(village_id=TREE.village.id) for _ in range(3)]
    return a_page(a_part(MEMBERS, a_section(shgs), upto=number), number=number, **changes)


def test_nothing_to_do_is_one_call(phone):
    server = Scripted()
    assert run(phone, server).calls == 1
    assert (server.calls[0].batch, server.calls[0].cursor) == (None, None)


def test_a_days_work_and_the_news_are_one_call(phone):
    for number in range(20):
        register(phone, f"Group {number}")
    server = Scripted([a_full_page(1)])
    report = run(phone, server)
    assert (report.calls, report.sent, report.received) == (1, 20, 3)
    assert (server.calls[0].unsent, server.calls[0].oldest_unsent_ms, server.calls[0].app) == (0, None, "0.1.0")
    assert phone.sync_status().waiting == 0
    # The centre put none of the twenty into a stream of hers, so a fresh phone of hers would not hold them either.
    assert len(phone.ask(list_groups)) == 3


def test_pages_are_read_to_the_end_each_acknowledged_by_the_next_call(phone):
    server = Scripted([a_full_page(1, more=True), a_full_page(2, more=True), a_full_page(3)])
    report = run(phone, server)
    assert (report.calls, report.received) == (3, 9)
    assert [call.cursor for call in server.calls] == [None, "cursor-1", "cursor-2"]
    run(phone, server)
    assert server.calls[-1].cursor == "cursor-3"


def test_each_call_says_which_answer_was_taken_in_last(phone):
    server = Scripted()
    for _ in range(2):
        register(phone)
        run(phone, server)
    run(phone, server)
    assert [call.answered for call in server.calls] == [0, 1, 2]


def test_a_lost_reply_sends_the_same_bytes_again(phone):
    register(phone)
    server = Scripted(changes={1: Problem("offline")})
    with pytest.raises(Problem, match="offline"):
        run(phone, server)
    assert phone.sync_status().waiting == 1
    run(phone, server)
    assert server.calls[0].batch == server.calls[1].batch
    assert phone.sync_status().waiting == 0


def test_a_crash_while_the_page_is_taken_in_leaves_the_answer_to_be_given_again(phone, monkeypatch):
    register(phone)
    server = Scripted([a_full_page(1)])
    monkeypatch.setattr("storage.replies.take_page_within", lambda t, page, sent, unmarked: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(phone, server)
    assert phone.sync_status().waiting == 1
    monkeypatch.undo()
    run(phone, server)
    assert server.calls[1].batch == server.calls[0].batch and server.calls[1].cursor is None
    assert phone.sync_status().waiting == 0


def test_a_page_that_cannot_be_taken_in_does_not_hold_back_the_answer(phone):
    register(phone)
    server = Scripted([a_page(a_part(MEMBERS, own=[(5, 5)]), number=1)])
    with pytest.raises(Problem, match="bad_message"):
        run(phone, server)
    assert phone.sync_status().waiting == 0
    run(phone, server)
    assert server.calls[1].batch is None and server.calls[1].cursor is None


def test_a_crash_between_an_answer_that_is_not_plain_and_the_page_repeats_nothing(phone, monkeypatch):
    register(phone)
    server = Scripted([a_full_page(1)], changes={1: {"capacity": abm_capacity(TREE)}})
    monkeypatch.setattr("sync.exchange.take_page", lambda store, page, sent: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(phone, server)
    monkeypatch.undo()
    run(phone, server)
    assert server.calls[1].batch is None and server.calls[1].cursor is None


@pytest.mark.parametrize("code", ["sign_in", "revoked", "app_too_old"])
def test_a_login_that_ended_stops_the_run_and_keeps_the_work(phone, code):
    register(phone)
    with pytest.raises(Problem, match=code):
        run(phone, Scripted(changes={1: Problem(code)}))
    assert phone.sync_status().waiting == 1
    register(phone)
    assert phone.sync_status().waiting == 2


def test_a_cloned_device_stops_and_keeps_the_work(phone):
    register(phone)
    cloned = {"answer": BatchAnswer(1, "device_cloned")}
    with pytest.raises(Problem, match="device_cloned"):
        run(phone, Scripted(changes={1: cloned}))
    assert phone.sync_status().waiting == 1


def test_an_unknown_cursor_says_how_far_each_stream_was_read_and_goes_on_from_there(phone):
    run(phone, Scripted([a_full_page(7)]))
    server = Scripted(changes={1: {"cursor_unknown": True}})
    run(phone, server)
    assert [(call.cursor, call.reached) for call in server.calls] == [("cursor-7", None), (None, {MEMBERS: 7})]


def test_a_centre_that_has_gone_back_is_offered_our_own_changes_and_read_from_the_start(phone):
    id = register(phone)
    server = Scripted([a_full_page(7)])
    run(phone, server)
    stamps = cells_of(phone, "Shg", id).stamps if phone.ask(find_shg, id=id) else None
    assert stamps is None  # not in any stream of hers: it went; but the change is remembered
    server.epoch = "e2"
    server.changes = {2: {"offers": True, "cursor_unknown": True, "page": None}}
    server.pages = [a_page(a_part(MEMBERS), granted=(MEMBERS,), number=8)]
    report = run(phone, server)
    assert report.sent == 1 and report.to_send == 1
    assert (server.calls[2].cursor, server.calls[2].reached) == (None, None)
    assert thawed(server.calls[2].batch.blob).sections[0].ids == [id]


def test_the_centres_word_about_who_works_here_is_kept(phone):
    capacity = abm_capacity(TREE, name="Asha Devi")
    heard = []
    phone.on_change(heard.append)
    server = Scripted(changes={1: {"capacity": capacity}})
    run(phone, server)
    assert phone.identity().name == "Asha Devi"
    assert any("identity" in kinds for kinds in heard)
    run(phone, server)
    assert server.calls[0].has_capacity != server.calls[1].has_capacity


def test_the_clock_of_the_centre_is_learned(phone):
    run(phone, Scripted())
    id = register(phone)
    assert int(cells_of(phone, "Shg", id).stamps["name"][:12], 16) == NOW_MS + 5000


def test_refused_rows_are_counted_and_the_rest_goes_on(phone):
    for name in "ABC":
        register(phone, name)
    refused = {"answer": BatchAnswer(1, "applied", (Outcome(0, 0, "refused", "required", "name"),))}
    report = run(phone, Scripted(changes={1: refused}))
    assert (report.sent, report.to_mend, phone.sync_status().needs_mending) == (3, 1, 1)


def test_batches_grow_while_the_link_is_fast_and_shrink_when_it_is_slow(phone):
    for number in range(30):
        register(phone, f"Group {number}")
    server, pace, seconds = Scripted(), Pace(rows=4), iter(range(1000))
    run(phone, server, pace=pace, timer=lambda: float(next(seconds)))
    assert [len(thawed(call.batch.blob)) for call in server.calls] == [4, 8, 16, 2]
    for number in range(30):
        register(phone, f"Again {number}")
    times = iter(range(0, 1000, 10))
    run(phone, server, pace=pace, timer=lambda: float(next(times)))
    assert pace.rows == 16  # had grown to 32


def test_progress_is_told_after_each_call(phone):
    for number in range(3):
        register(phone, f"Group {number}")
    told = []
    run(phone, Scripted(), pace=Pace(rows=2), tell=lambda report: told.append((report.sent, report.to_send)))
    assert told == [(2, 3), (3, 3)]


@pytest.mark.parametrize(
    "change",
    [
        {"answer": None},
        {"answer": BatchAnswer(99)},
        {"answer": BatchAnswer(1, "waiting_for", wanted=1)},
        {"cursor_unknown": True},
    ],
)
def test_a_reply_that_does_not_belong_to_the_call_changes_nothing(phone, change):
    register(phone)
    with pytest.raises(Problem, match="bad_message"):
        run(phone, Scripted(changes={1: change}))
    assert phone.sync_status().waiting == 1


def test_a_change_typed_while_a_batch_is_under_way_goes_with_the_next(phone):
    id = register(phone)
    next_batch(phone.store)
    phone.do(ChangeGroup(id, {"name": "Typed meanwhile"}))
    assert outbox_of(phone)
    server = Scripted()
    assert run(phone, server).calls == 2
    first, second = (thawed(call.batch.blob).sections[0].cells(0) for call in server.calls)
    assert second["name"][2] == first["name"][1]


def test_the_cursor_and_its_rows_are_kept_together_or_not_at_all(phone, monkeypatch):
    monkeypatch.setattr("storage.pages.settle", lambda t, touched: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        take_page(phone.store, a_full_page(1))
    assert phone.ask(list_groups) == []
    server = Scripted()
    run(phone, server)
    assert server.calls[0].cursor is None


@pytest.mark.parametrize("beside", [at_once, in_a_thread])
def test_on_a_quick_link_the_next_batch_is_made_ready_beside_the_call(phone, beside):
    for number in range(30):
        register(phone, f"Group {number}")
    server, ready = Scripted(), []

    def looking(request):
        with phone.store.reading() as t:
            ready.append(t.connection.execute(select(t.tables.frozen).where(~t.tables.frozen.c.answered)).all())
        return server.sync(request)

    line = SimpleNamespace(sync=looking)
    report = run(phone, line, pace=Pace(rows=2), beside=beside)
    assert report.sent == 30 and phone.sync_status().waiting == 0
    assert [call.batch.number for call in server.calls] == list(range(1, len(server.calls) + 1))
    if beside is at_once:
        assert [len(some) for some in ready] == [1, 2, 1]


def test_what_no_stream_holds_goes_once_nothing_waits_any_more(phone):
    for number in range(3):
        register(phone, f"Group {number}")
    server, seen = Scripted([a_full_page(1), a_full_page(2)]), []

    def looking(request):
        seen.append(len(phone.ask(list_groups)))
        return server.sync(request)

    run(phone, SimpleNamespace(sync=looking), pace=Pace(rows=1))
    assert seen == [3, 3 + 3], "the one that is answered already has not gone yet"
    assert len(phone.ask(list_groups)) == 2 * 3


def test_what_cannot_be_made_ready_is_told_when_the_answer_is_in(phone, monkeypatch):
    for number in range(9):
        register(phone, f"Group {number}")

    def full(t, rows, least):
        raise Problem("disk_full")

    monkeypatch.setattr("sync.exchange.freeze_ahead", full)
    with pytest.raises(Problem, match="disk_full"):
        run(phone, Scripted(), pace=Pace(rows=2, quick=True), beside=in_a_thread)
    assert phone.sync_status().waiting == 7
