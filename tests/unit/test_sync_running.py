"""Enrolling, and the runner: one run at a time, an honest line, and patience."""

import threading
import time
from dataclasses import dataclass, field

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from records.commands.groups import RegisterGroup
from records.messages import (
    BatchAnswer,
    EnrolReply,
    EnrolRequest,
    NewNumber,
    SyncReply,
    SyncRequest,
    return_statement,
)
from records.problems import Problem
from storage import meta as named
from storage.adopting import take_number
from storage.meta import Meta
from storage.pages import take_page
from storage.queries import find_shg, list_groups
from storage.workspace import PhoneWorkspace
from sync import runner as running
from sync.enrolling import enrol
from sync.joining import joined
from sync.runner import SAVED_PAUSE, SyncRunner
from tests.factories import (
    NOW_MS,
    a_page,
    a_part,
    a_place_tree,
    a_section,
    abm_capacity,
    an_shg,
    filled,
    supervisor_capacity,
)
from tests.phones import DEVICE, KEYS, a_phone, an_enrolment

TREE = a_place_tree()


@dataclass
class Centre:
    """A centre that enrols anybody and answers calls with the next of `problems`, or well. `knows_again`: what becomes
    of a certificate; code_wrong is what a centre says that reads none."""

    problems: list[Problem | None] = field(default_factory=list)
    capacity: object = field(default_factory=lambda: abm_capacity(TREE))
    calls: list[SyncRequest] = field(default_factory=list)
    codes: list[EnrolRequest] = field(default_factory=list)
    certificates: list[EnrolRequest] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    knows_again: str | None = "code_wrong"

    def enrol(self, request: EnrolRequest) -> EnrolReply:
        if request.certified:
            self.certificates.append(request)
            if self.knows_again:
                raise Problem(self.knows_again)
            return an_enrolment(self.capacity, device=request.certified.device, token="token-again")
        self.codes.append(request)
        return an_enrolment(self.capacity, device=f"{len(self.codes):08x}", token=f"token-{len(self.codes)}")

    def for_device(self, token: str) -> "Centre":
        self.tokens.append(token)
        return self

    def sync(self, request: SyncRequest) -> SyncReply:
        self.calls.append(request)
        if self.problems and (problem := self.problems.pop(0)):
            raise problem
        return SyncReply("e1", NOW_MS, BatchAnswer(request.batch.number) if request.batch else None)


@pytest.fixture
def phone(tmp_path):
    with a_phone(tmp_path, TREE) as phone:
        yield phone


def losing(centre):
    """The centre, whose reply to the next enrolment is lost on the way."""
    whole = centre.enrol

    def enrol_and_lose(request):
        whole(request)
        centre.enrol = whole
        raise Problem("offline")

    centre.enrol = enrol_and_lose
    return centre


def a_runner(phone, centre):
    return SyncRunner(phone.store, centre, app="0.1.0", timer=lambda: 0.0, chance=lambda: 0.5)


def register(phone):
    return phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id)))).id


# --- enrolling


def test_after_a_lost_reply_the_phone_shows_the_same_and_afterwards_keeps_nothing_of_it(tmp_path):
    centre = losing(Centre())
    with a_phone(tmp_path, TREE, enrolled=False) as phone:
        with pytest.raises(Problem, match="offline"):
            enrol(phone.store, centre, "1234 5678 9012", app="0.1.0")
        assert phone.identity() is None
    with a_phone(tmp_path, TREE, enrolled=False) as phone:  # the app was closed meanwhile
        enrol(phone.store, centre, "१२३४ ५६७८ ९०१२", app="0.1.0")
        first, again = centre.codes
        assert first == again and len(again.proof) == 16
        with phone.store.reading() as t:
            assert t.meta.get(named.ENROLLING) is None
        phone.store.write_out()
        assert b'"seed"' not in phone.store.path.read_bytes(), "it is written over"
        with phone.store.reading() as t:
            signing = bytes.fromhex(t.meta.get(named.SIGNING_KEY))
        assert Ed25519PrivateKey.from_private_bytes(signing).public_key().public_bytes_raw() == first.signing_key
        enrol(phone.store, centre, "1234 5678 9012", app="0.1.0")
        assert centre.codes[-1].proof != first.proof and centre.codes[-1].signing_key != first.signing_key


def test_with_another_code_the_phone_begins_anew(tmp_path):
    centre = losing(Centre())
    with a_phone(tmp_path, TREE, enrolled=False) as phone:
        with pytest.raises(Problem, match="offline"):
            enrol(phone.store, centre, "1234 5678 9012", app="0.1.0")
        enrol(phone.store, centre, "1234 5678 9013", app="0.1.0")
    first, other = centre.codes
    assert first.proof != other.proof and first.signing_key != other.signing_key


def test_a_code_in_any_script_with_spaces_makes_a_login_and_keys_of_the_phones_own(tmp_path):
    with a_phone(tmp_path, TREE, enrolled=False) as phone:
        centre = Centre()
        identity = enrol(phone.store, centre, "१२३४ 5678-9012", app="0.1.0")
        assert centre.codes[0].code == "123456789012"
        assert len(centre.codes[0].signing_key) == len(centre.codes[0].sealing_key) == 32
        assert (identity.name, identity.roles, identity.device) == ("Asha Patel", ("abm",), "00000001")
        assert phone.identity() == identity
        assert register(phone)


def test_a_wrong_code_changes_nothing(tmp_path):
    class Refusing(Centre):
        def enrol(self, request):
            raise Problem("code_wrong")

    with a_phone(tmp_path, TREE, enrolled=False) as phone:
        with pytest.raises(Problem, match="code_wrong"):
            enrol(phone.store, Refusing(), "1", app="0.1.0")
        assert phone.identity() is None


def test_nobody_takes_over_a_phone_with_somebody_elses_unsent_work_and_the_code_is_not_used_up(phone):
    register(phone)
    centre = Centre(capacity=supervisor_capacity(TREE))
    with pytest.raises(Problem, match="unsent_work"):
        enrol(phone.store, centre, "1", app="0.1.0")
    assert centre.codes == [] and phone.sync_status().waiting == 1


def test_not_even_after_the_login_has_ended(phone):
    register(phone)
    a_runner(phone, Centre([Problem("revoked")])).run()
    with pytest.raises(Problem, match="unsent_work"):
        enrol(phone.store, Centre(capacity=supervisor_capacity(TREE)), "1", app="0.1.0")
    assert phone.identity().name == "Asha Patel" and phone.sync_status().waiting == 1


def test_the_same_person_comes_back_with_her_unsent_work(phone):
    id = register(phone)
    centre = Centre([Problem("sign_in")])
    runner = a_runner(phone, centre)
    assert runner.run().state == "stopped"
    enrol(phone.store, centre, "1", app="0.1.0")
    assert runner.run().problem is None
    assert centre.tokens == ["a-token", "token-1"]
    assert centre.calls[1].batch.number == 1 and phone.sync_status().waiting == 0
    assert phone.history(id)


def test_a_phone_that_the_centre_has_forgotten_comes_back_with_its_certificate(phone):
    id = register(phone)
    centre = Centre([Problem("sign_in")], knows_again=None)
    status = a_runner(phone, centre).run()
    assert (status.state, status.problem, status.sent) == ("idle", None, 1)
    [shown] = centre.certificates
    assert (shown.code, shown.certified.device, shown.certified.certificate) == ("", DEVICE, b"c" * 64)
    key = Ed25519PrivateKey.from_private_bytes(KEYS.signing).public_key()
    assert shown.signing_key == key.public_bytes_raw()
    key.verify(shown.certified.signature, return_statement(b"c" * 64, shown.sealing_key, shown.proof))
    assert centre.tokens == ["a-token", "token-again"] and phone.sync_status().waiting == 0
    assert phone.identity().device == DEVICE and phone.history(id)


def test_where_the_network_fails_then_it_tries_again_and_shows_the_same(phone):
    register(phone)
    centre = Centre([Problem("sign_in"), Problem("sign_in")], knows_again="offline")
    first = a_runner(phone, centre).run()
    assert (first.state, first.problem) == ("waiting", "offline") and first.next_try_ms
    centre.knows_again = None
    assert a_runner(phone, centre).run().problem is None
    one, two = centre.certificates
    assert one == two and phone.sync_status().waiting == 0


@pytest.mark.parametrize(("said", "code"), [("sign_in", "sign_in"), ("code_wrong", "sign_in"), ("revoked", "revoked")])
def test_where_its_certificate_is_not_good_the_login_has_ended_and_the_work_stays(phone, said, code):
    register(phone)
    status = a_runner(phone, Centre([Problem("sign_in")], knows_again=said)).run()
    assert (status.state, status.problem) == ("stopped", code) and phone.sync_status().waiting == 1
    with phone.store.reading() as t:
        assert t.meta.get(named.LOGIN) == code


def test_a_phone_that_was_given_another_number_shows_that_of_its_certificate(phone):
    take_number(phone.store, NewNumber("0000beef", "another"))
    centre = Centre([Problem("sign_in")], knows_again=None)
    a_runner(phone, centre).run()
    [shown] = centre.certificates
    assert (shown.last_device, shown.certified.device) == ("0000beef", DEVICE)


def test_another_person_begins_with_an_empty_phone(phone):
    shg = an_shg(village_id=TREE.village.id)
    take_page(phone.store, a_page(a_part(f"gp/{TREE.panchayat.id}/members", a_section([shg]))))
    phone.keep_setting("language", "en")
    enrol(phone.store, Centre(capacity=supervisor_capacity(TREE)), "1", app="0.1.0")
    assert phone.ask(list_groups) == [] and phone.identity().roles == ("supervisor",)
    assert phone.setting("language") == "en"
    register(phone)


# --- running


def test_a_run_that_goes_well_says_so_also_after_a_restart(tmp_path):
    with a_phone(tmp_path, TREE) as phone:
        register(phone)
        status = a_runner(phone, Centre()).run()
        assert (status.state, status.problem, status.sent) == ("idle", None, 1)
        assert status.last_success_ms == NOW_MS and status.next_try_ms > NOW_MS
    with a_phone(tmp_path, TREE, enrolled=False) as again:
        a_runner(again, Centre())
        assert again.sync_status().last_success_ms == NOW_MS


def test_a_failure_is_shown_with_the_time_of_the_next_try_and_waits_grow(phone):
    centre = Centre([Problem("offline"), Problem("offline"), None])
    runner = a_runner(phone, centre)
    first, second, third = runner.run(), runner.run(), runner.run()
    assert (first.state, first.problem, first.last_success_ms) == ("waiting", "offline", None)
    assert second.next_try_ms - NOW_MS == 2 * (first.next_try_ms - NOW_MS)
    assert (third.state, third.problem) == ("idle", None)


@pytest.mark.parametrize("code", ["sign_in", "revoked", "app_too_old"])
def test_what_needs_a_person_stops_the_runner_and_not_the_work(phone, code):
    status = a_runner(phone, Centre([Problem(code)])).run()
    assert (status.state, status.problem, status.next_try_ms) == ("stopped", code, None)
    register(phone)


def test_a_mistake_of_ours_does_not_end_the_runner(phone, caplog):
    class Broken(Centre):
        def sync(self, request):
            raise KeyError("a mistake")

    assert a_runner(phone, Broken()).run().problem == "something_broke"
    assert "a synchronisation broke" in caplog.text


def full(monkeypatch, *names):
    """The disk has no room for what is written under these names; the list is emptied to make some."""
    no_room, put = list(names), Meta.put

    def put_or_fail(meta, name, value):
        if name in no_room:
            raise Problem("disk_full")
        put(meta, name, value)

    monkeypatch.setattr(Meta, "put", put_or_fail)
    return no_room


def until(holds, seconds=5.0):
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert holds()


def test_the_thread_outlives_a_disk_that_has_no_room_for_how_a_run_ended(phone, monkeypatch):
    no_room = full(monkeypatch, named.RUNS)
    centre = Centre()
    runner = SyncRunner(phone.store, centre, app="0.1.0")
    runner.start()
    until(lambda: phone.store.sync_line.problem)
    line = phone.store.sync_line
    assert (line.state, line.problem) == ("waiting", "disk_full") and line.next_try_ms > NOW_MS
    assert line.last_success_ms == NOW_MS, "what went is with the centre, and is not called unsent"
    assert [run.problem for run in line.runs] == ["disk_full"]
    no_room.clear()
    calls = len(centre.calls)
    runner.request_sync()
    until(lambda: phone.store.sync_line.state == "idle")
    runner.stop()
    assert phone.store.sync_line.problem is None and len(centre.calls) > calls


def test_how_a_run_ended_is_told_first_and_a_full_disk_only_where_it_went_well(phone, monkeypatch):
    full(monkeypatch, named.RUNS)
    status = a_runner(phone, Centre([Problem("offline")])).run()
    assert (status.state, status.problem) == ("waiting", "offline")
    assert [run.problem for run in status.runs] == ["offline"]


def test_a_login_that_ended_on_a_full_disk_is_told_and_written_down_when_there_is_room(phone, monkeypatch):
    no_room = full(monkeypatch, named.LOGIN)
    runner = a_runner(phone, Centre([Problem("revoked"), Problem("revoked")]))
    first = runner.run()
    assert (first.state, first.problem) == ("stopped", "revoked")
    no_room.clear()
    assert runner.run().problem == "revoked"
    with phone.store.reading() as t:
        assert t.meta.get(named.LOGIN) == "revoked"


def test_a_store_that_cannot_be_read_for_a_moment_does_not_end_the_runner(phone, monkeypatch, caplog):
    runner = a_runner(phone, Centre())

    def broken(store):
        raise OSError("input/output error")

    monkeypatch.setattr(running, "token_of", broken)
    status = runner.run()
    assert (status.state, status.problem) == ("waiting", "something_broke") and runner._due > 0
    assert "input/output error" in caplog.text
    monkeypatch.undo()
    assert runner.run().state == "idle"


def test_a_thread_that_has_ended_is_begun_anew(phone):
    centre, ended = Centre(), threading.Thread(target=lambda: None)
    ended.start()
    ended.join()
    runner = SyncRunner(phone.store, centre, app="0.1.0")
    runner._thread = ended
    runner.start()
    until(lambda: centre.calls)
    runner.stop()


def test_without_a_login_nothing_is_tried(tmp_path):
    with a_phone(tmp_path, TREE, enrolled=False) as phone:
        centre = Centre()
        assert a_runner(phone, centre).run().state == "idle"
        assert centre.calls == []


def test_two_processes_do_not_synchronise_one_store_at_once(phone):
    with phone.store.syncing():
        assert a_runner(phone, Centre()).run().problem == "store_in_use"


def test_every_turn_of_a_run_is_announced(phone):
    register(phone)
    states = []
    phone.on_change(lambda kinds: states.append(phone.store.sync_line.state) if "sync" in kinds else None)
    a_runner(phone, Centre()).run()
    assert states[0] == "running" and states[-1] == "idle"


def test_the_thread_runs_when_woken_and_stops_when_told(phone):
    centre, ran = Centre(), threading.Event()
    phone.on_change(lambda kinds: ran.set() if phone.store.sync_line.last_success_ms else None)
    workspace, runner = joined(phone.store, centre, app="0.1.0")
    runner.start()
    assert ran.wait(5)
    register(workspace)
    workspace.request_sync()
    deadline = time.monotonic() + 5
    while workspace.sync_status().waiting and time.monotonic() < deadline:
        time.sleep(0.01)
    runner.stop()
    assert workspace.sync_status().waiting == 0
    assert threading.active_count() < 50 and not [t for t in threading.enumerate() if t.name == "samooh-sync"]


def test_a_save_wakes_the_runner_but_not_while_it_waits_after_a_failure(phone):
    centre = Centre([None, Problem("offline")])
    runner = a_runner(phone, centre)
    runner.run()
    runner.work_saved()
    assert runner._due == 1.5
    runner.run()
    due = runner._due
    runner.work_saved()
    assert runner._due == due


def saving_as(workspace, monkeypatch, name):
    """She taps Save at the moment in which a run calls this."""
    called = getattr(running, name)

    def save_and_call(*given, **how):
        monkeypatch.setattr(running, name, called)
        register(workspace)
        return called(*given, **how)

    monkeypatch.setattr(running, name, save_and_call)


def test_what_is_saved_in_the_last_moment_of_a_run_goes_as_soon_as_any_other(phone, monkeypatch):
    runner = a_runner(phone, Centre())
    workspace = PhoneWorkspace(phone.store, work_saved=runner.work_saved)
    saving_as(workspace, monkeypatch, "keep_run")
    assert runner.run().state == "idle" and workspace.sync_status().waiting == 1
    assert runner._due == SAVED_PAUSE
    runner._due = None
    assert runner.run().state == "idle" and workspace.sync_status().waiting == 0
    assert runner._due > SAVED_PAUSE, "and after that nothing is to go soon"


def test_what_is_saved_in_a_run_that_fails_waits_for_the_next_try(phone, monkeypatch):
    runner = a_runner(phone, Centre([Problem("offline")] * 9))
    for _ in range(8):
        runner.run()
    runner._due = None
    saving_as(PhoneWorkspace(phone.store, work_saved=runner.work_saved), monkeypatch, "keep_run")
    assert runner.run().state == "waiting"
    assert runner._due > 60


def test_a_busy_centre_is_left_alone_for_as_long_as_it_said_even_when_the_network_comes_and_goes(phone):
    runner = a_runner(phone, Centre([Problem("busy", retry_after=30)]))
    runner.run()
    runner.connectivity_returned()
    assert runner._due >= 30


def test_enrolling_through_the_workspace_begins_a_run(tmp_path):
    with a_phone(tmp_path, TREE, enrolled=False) as phone:
        workspace, runner = joined(phone.store, Centre(), app="0.1.0")
        assert workspace.enrol("123456789012").name == "Asha Patel"
        assert runner._due is not None
        id = register(workspace)
        assert workspace.ask(find_shg, id=id)
