"""How much a phone may hold: what goes when that is too much, what never goes, and how it comes back."""

import random
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from records.account_state import last_steps, state_of
from records.audience import streams_read
from records.commands.accounts import CancelStep, RecordStep
from records.commands.groups import RegisterGroup
from records.ids import first_account_id
from records.record import to_wire
from records.savings_account import AccountStep
from records.workspace import OlderSteps
from storage.agreeing import EACH_MS, summary_of
from storage.contact import next_request
from storage.identity import capacity_of
from storage.letting_go import KEPT_MS
from storage.queries import list_steps
from storage.room import _not_needed, make_room, room_of
from storage.rows import RawRow
from sync.enrolling import enrol
from tests.fleet import fresh_contents
from tests.harness import a_phone
from tests.pictures import a_photo
from tests.world import ref

KINDS_OF_STEPS = ("resolution_passed", "kyc_collected", "form_filled", "submitted", "opened", "passbook_received")


@pytest.fixture
def world(world_on_each):
    return world_on_each


@pytest.fixture
def sakhi(world, phones):
    """The phone of a bank sakhi with two accounts opened long ago, and one opened lately; all of it received."""
    abm, sakhi = phones("abm"), phones("sakhi")
    for number, year in enumerate((2024, 2025, 2026)):
        group = abm.do(RegisterGroup({"village_id": ref("V1"), "name": f"समूह {year}", "formed_on": "2024-01-01"})).id
        for day, kind in enumerate(KINDS_OF_STEPS, 1):
            if KINDS_OF_STEPS.index(kind) <= 3:
                abm.do(RecordStep(group, kind, f"{year}-02-{day + number:02}", note=f"{kind} हुआ"))
    abm.sync()
    sakhi.sync()
    for group in sorted(groups(sakhi)):
        year = steps_of(sakhi, group)[0].on_day.year
        for day, kind in enumerate(("opened", "passbook_received"), 20):
            sakhi.do(RecordStep(group, kind, f"{year}-02-{day}"))
    assert sakhi.sync(compares=True).to_mend == 0
    return sakhi


def groups(phone):
    with phone.store.reading() as t:
        return list(t.connection.scalars(select(t.tables["Shg"].c.id)))


def steps_of(phone, group):
    return phone.workspace.ask(list_steps, account_id=first_account_id(group))


def known(phone):
    """{group: the kinds of its steps that are here}"""
    return {group: [row.kind for row in steps_of(phone, group)] for group in groups(phone)}


def long_ago(phone):
    return [group for group in groups(phone) if steps_of(phone, group)[-1].on_day.year < 2026]


def records(phone):
    with phone.store.reading() as t:
        return room_of(t).records


def may_hold(world, phone, fewer):
    """The norm says that a phone may hold so many records fewer than this one does."""
    most = records(phone) + 1 - fewer
    world.office(("Norm", f"norm/{most}", {"code": "device_records", "value": most, "from_on": "2026-01-01"}))
    phone.sync()
    with phone.store.reading() as t:
        return room_of(t)


def all_agrees(phone):
    with phone.store.reading() as t:
        capacity = capacity_of(t.meta)
    names = streams_read(capacity.reaches, capacity.person_id)
    request = next_request(phone.store, app="0.1.0", batch=None, room=500)
    return phone.line.sync(replace(request, summary=summary_of(phone.store, names))).compared.differ == ()


def states(phone):
    columns = ("state", "submitted_on", "opened_on")
    return {id: [row[0][name] for name in columns] for id, row in phone.contents()["SavingsAccount"].items()}


# --- what goes, and what does not


def test_too_full_steps_of_accounts_opened_long_ago_go_first_and_their_states_stay(world, sakhi):
    before, old = states(sakhi), long_ago(sakhi)
    room = may_hold(world, sakhi, 2)
    assert room.let_go > 0 and room.share <= 1
    kinds = known(sakhi)
    assert all(len(kinds[group]) == 6 for group in kinds if group not in old), "opened less than a year ago"
    gone = [group for group in old if len(kinds[group]) < 6]
    # What the day of the bank's delay and the next step hang on is still here.
    assert gone and all({"submitted", "opened", "passbook_received"} <= set(kinds[group]) for group in gone)
    assert states(sakhi) == before and all_agrees(sakhi)


def test_what_fits_stays(world, sakhi):
    room = may_hold(world, sakhi, 0)
    assert room.let_go == 0 and room.is_nearly_full and not room.is_full
    assert all(len(kinds) == 6 for kinds in known(sakhi).values())


def test_what_was_opened_first_goes_first(world, sakhi, monkeypatch):
    monkeypatch.setattr("storage.room.LET_GO_TO", 1.0)
    monkeypatch.setattr("storage.room.ACCOUNTS_AT_ONCE", 1)
    may_hold(world, sakhi, 1)
    years = {steps_of(sakhi, group)[-1].on_day.year: len(kinds) for group, kinds in known(sakhi).items()}
    assert years == {2024: 3, 2025: 6, 2026: 6}


def test_unsent_work_and_what_it_stands_below_never_goes_and_drafts_never(world, sakhi):
    sakhi.workspace.keep_draft("step/new", {"note": "आधा लिखा"})
    old = long_ago(sakhi)
    sakhi.line.cut = True
    sakhi.do(RecordStep(old[0], "closed", "2026-09-01"))
    a_norm(sakhi, "device_records", 1)
    make_room(sakhi.store)
    kinds = known(sakhi)
    assert len(kinds[old[0]]) == 7 and len(kinds[old[1]]) == 3
    assert sakhi.workspace.sync_status().waiting == 1 and len(sakhi.workspace.drafts()) == 1
    sakhi.line.cut = False
    assert sakhi.sync().to_mend == 0
    assert world.row("SavingsAccount", first_account_id(old[0]))["state"] == "closed"


def test_photos_that_the_centre_has_too_go_before_any_step(sakhi, monkeypatch):
    content = a_photo()
    with sakhi.store.writing() as t:
        for number, state in enumerate(("received", "waiting", "here")):
            line = {"id": f"{number:032x}", "sha256": "0" * 64, "size": len(content), "state": state, "at_ms": 1}
            t.connection.execute(t.tables.photo.insert().values(**line, content=content))
    monkeypatch.setattr("storage.room.MEGABYTE", 1_000)
    a_norm(sakhi, "device_megabytes", 1)
    assert make_room(sakhi.store) > 2
    with sakhi.store.reading() as t:
        assert list(t.connection.scalars(select(t.tables.photo.c.state))) == ["waiting"]


def a_norm(phone, code, value):
    """A norm as it may have come to this phone."""
    with phone.store.writing() as t:
        kept = {"stamps": "", "held": "", "search_key": "", "unsent": 0}
        row = {"id": "a" * 32, "code": code, "value": value, "from_on": date(2026, 1, 1)}
        t.connection.execute(t.tables["Norm"].insert().values(**row, **kept))


# --- the copy still agrees, and what changes comes back


def test_a_new_step_after_some_have_gone_stands_as_if_all_were_here(world, sakhi):
    may_hold(world, sakhi, 3)
    group = next(group for group, kinds in known(sakhi).items() if len(kinds) < 6)
    sakhi.do(RecordStep(group, "closed", "2026-09-01"))
    account = first_account_id(group)
    assert states(sakhi)[account][0] == "closed"
    submitted = states(sakhi)[account][1]
    sakhi.sync()
    row = world.row("SavingsAccount", account)
    assert row["state"] == "closed" and row["submitted_on"].isoformat() == submitted
    assert all_agrees(sakhi)


def test_one_that_is_cancelled_elsewhere_agrees_and_one_that_leaves_is_forgotten(world, sakhi, phones):
    supervisor = phones("supervisor")
    may_hold(world, sakhi, 3)
    with sakhi.store.reading() as t:
        gone = t.connection.execute(select(t.tables.let_go.c.id, t.tables.let_go.c.parent)).first()
    supervisor.do(CancelStep(gone.parent, gone.id))
    for phone in (supervisor, sakhi):
        assert phone.sync().to_mend == 0
    assert sakhi.contents()["AccountStep"] and all_agrees(sakhi)
    assert states(sakhi)[gone.parent] == [
        to_wire(world.row("SavingsAccount", gone.parent)[name]) for name in ("state", "submitted_on", "opened_on")
    ]
    # The branch that serves the village changes: the group leaves this phone, with all that was let go of it.
    for row in world.rows(world.centre.tables.records["ServiceArea"]):
        world.office(("ServiceArea", row["id"], {"deleted_on": "2026-09-01"}))
    sakhi.sync()
    with sakhi.store.reading() as t:
        left = set(t.connection.scalars(select(t.tables["SavingsAccount"].c.id)))
        parents = set(t.connection.scalars(select(t.tables.let_go.c.parent)))
    assert parents <= left and all_agrees(sakhi)


def test_what_went_is_fetched_when_somebody_asks_and_stays_for_a_while(world, sakhi, tmp_path):
    fresh = fresh_contents(world, "sakhi", tmp_path)
    may_hold(world, sakhi, 3)
    group = next(group for group, kinds in known(sakhi).items() if len(kinds) < 6)
    account, asked = first_account_id(group), sakhi.workspace
    here = len(known(sakhi)[group])
    assert (asked.older_steps(account).count, asked.older_steps(account).wanted) == (6 - here, False)
    asked.want_older_steps(account)
    sakhi.line.cut = True
    assert sakhi.sync() is None and asked.older_steps(account).wanted, "without a network it waits"
    sakhi.line.cut = False
    sakhi.line.sent.clear()
    sakhi.sync()
    assert len(sakhi.line.sent) == 1, "with the call that goes anyway"
    assert known(sakhi)[group] == list(KINDS_OF_STEPS) and asked.older_steps(account) == OlderSteps()
    mine = {id: row for id, row in sakhi.contents()["AccountStep"].items() if row[0]["account_id"] == account}
    assert mine == {id: fresh["AccountStep"][id] for id in mine} and all_agrees(sakhi)
    make_room(sakhi.store)
    assert len(known(sakhi)[group]) == 6, "still asked for"
    world.clock.forward(ms=KEPT_MS + 1)
    with sakhi.store.writing() as t:
        t.connection.exec_driver_sql("UPDATE norm SET value=1 WHERE code='device_records'")
    make_room(sakhi.store)
    assert len(known(sakhi)[group]) < 6


def test_what_went_under_a_number_that_the_phone_had_before_comes_as_well(world, sakhi, tmp_path):
    """With a new number a phone has no cursor and says how far it has read: what it let go is not sent by itself."""
    fresh = fresh_contents(world, "sakhi", tmp_path)["AccountStep"]
    may_hold(world, sakhi, 3)
    group = next(group for group, kinds in known(sakhi).items() if len(kinds) < 6)
    enrol(sakhi.store, sakhi.centre(), world.centre.enrolments.code_for(ref("sakhi")), app="0.1.0")
    sakhi.connect()
    sakhi.workspace.want_older_steps(first_account_id(group))
    sakhi.sync()
    assert known(sakhi)[group] == list(KINDS_OF_STEPS) and all_agrees(sakhi)
    mine = sakhi.contents()["AccountStep"]
    assert mine == {id: fresh[id] for id in mine}


def test_what_is_not_hers_is_not_given_however_she_asks(sakhi, phones):
    other = phones("sakhi2")
    ids = tuple(sakhi.contents()["AccountStep"])
    request = next_request(other.store, app="0.1.0", batch=None, room=500)
    assert not other.line.sync(replace(request, older=ids)).page.parts
    request = next_request(sakhi.store, app="0.1.0", batch=None, room=500)
    assert sakhi.line.sync(replace(request, older=ids)).page.parts


def test_a_stream_that_is_read_anew_brings_all_back_and_they_go_again(world, sakhi, tmp_path):
    may_hold(world, sakhi, 3)
    with sakhi.store.writing() as t:
        t.connection.exec_driver_sql("UPDATE savings_account SET state='returned'")
    world.clock.forward(ms=EACH_MS + 1)
    group = groups(sakhi)[0]
    sakhi.do(RecordStep(group, "closed", "2026-09-02"))
    sakhi.sync(compares=True)
    with sakhi.store.reading() as t:
        assert not room_of(t).is_full and room_of(t).let_go
    assert all_agrees(sakhi)


def test_let_go_and_killed_nothing_is_half(world, sakhi):
    may_hold(world, sakhi, 3)
    before = known(sakhi)
    sakhi.kill()
    sakhi.connect()
    assert known(sakhi) == before and all_agrees(sakhi)


# --- pure


@pytest.mark.parametrize("seed", range(40))
def test_whatever_the_steps_are_what_goes_changes_nothing_that_is_worked_out(sakhi_rows, seed):
    steps, going = sakhi_rows(seed)
    kept = [step for step in steps if step.id not in going]
    for process in ("savings", "signatories"):
        assert state_of(kept, process) == state_of(steps, process)
        assert last_steps(kept, process) == last_steps(steps, process)


@pytest.fixture
def sakhi_rows(tmp_path):
    """(seed) -> steps as even a faulty phone might write them, and the ids of those that may go."""
    phone = a_phone(tmp_path, None)

    def made(seed):
        r, steps = random.Random(seed), []
        for number in range(r.randrange(1, 9)):
            cancels = r.choice([None, None, *[step.id for step in steps]])
            values = {
                "id": f"{number:032x}",
                "account_id": "a" * 32,
                "process": r.choice(["savings", "savings", "signatories"]),
                "kind": "cancelled" if cancels else r.choice(KINDS_OF_STEPS),
                "on_day": f"2024-01-{r.randrange(1, 28):02}",
                "cancels_id": cancels,
                "after": tuple(step.id for step in steps if r.random() < 0.4),
            }
            steps.append(AccountStep(**values))
        rows = [RawRow(step.id, {name: to_wire(value) for name, value in step if name != "id"}) for step in steps]
        with phone.store.reading() as t:
            return steps, {row.id for row in _not_needed(t, rows)}

    yield made
    phone.store.close()
