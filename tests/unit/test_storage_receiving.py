"""Receiving: the centre's word stands, own unsent work stays, and a phone holds what its streams give, no more."""

import dataclasses
from datetime import date

import pytest
from sqlalchemy import select

from records.commands.accounts import RecordStep
from records.commands.groups import ChangeGroup, RegisterGroup
from records.commands.members import AddMember, ChangeMember
from records.conflict import Conflict
from records.ids import first_account_id
from records.messages import BatchAnswer, NewNumber, Outcome, Page, SyncReply
from records.problems import Problem
from records.wire import thawed
from storage import meta as named
from storage.adopting import take_number
from storage.answers import offer_again, take_answer
from storage.contact import next_request
from storage.freezing import next_batch
from storage.history import forget_old
from storage.pages import take_page
from storage.queries import find_account, find_member, find_shg, list_groups, list_members
from storage.replies import take_reply
from storage.rows import raw_rows
from tests.factories import (
    NOW_MS,
    a_member,
    a_page,
    a_part,
    a_place_tree,
    a_section,
    a_stamp,
    abm_capacity,
    an_account,
    an_shg,
    filled,
    supervisor_capacity,
)
from tests.phones import a_phone, cells_of, enrol, outbox_of
from tests.statements import each_statement

TREE = a_place_tree()
GROUPS, MEMBERS = f"block/{TREE.block.id}/groups", f"gp/{TREE.panchayat.id}/members"


@pytest.fixture
def phone(tmp_path):
    with a_phone(tmp_path, TREE) as phone:
        yield phone


def take(phone, *parts, **changes):
    return take_page(phone.store, a_page(*parts, **changes))


def statements_of(store, deed) -> int:
    """How many statements a deed runs."""
    asked: list[str] = []
    with each_statement(store, asked.append):
        deed()
    return len(asked)


def answered(phone, state="applied", rows=1, **changes):
    """Freezes what waits and answers it: every row alike."""
    batch = next_batch(phone.store)
    code = None if state == "applied" else changes.pop("code", "required")
    outcome = Outcome(0, rows - 1, state, code, changes.pop("field", None))
    taken = take_answer(phone.store, BatchAnswer(batch.number, "applied", (outcome,), **changes))
    return batch, taken


def received(phone, **changes):
    """A group that came by both of its streams."""
    shg = an_shg(village_id=TREE.village.id, roster_count=7, canonical_id=None, **changes)
    take(phone, a_part(MEMBERS, a_section([shg])), a_part(GROUPS, held={"Shg": [shg.id]}))
    return shg


def name_of(phone, id):
    return phone.ask(find_shg, id=id)[0].name


# --- merging with work of our own


def test_what_is_new_comes_back_by_the_same_statements_however_much_it_is(phone):
    """A first push is thousands of records; looked at one by one they took longer than all the rest."""

    def came_back(count):
        for number in range(count):
            phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id, name=f"Group {number}"))))
        _, taken = answered(phone, rows=count)
        page = a_page(a_part(MEMBERS, own=[(0, count - 1)]))
        return statements_of(phone.store, lambda: take_page(phone.store, page, taken.sent))

    came_back(1)  # the stream is met for the first time
    assert came_back(3) == came_back(30)


def test_a_page_is_shown_and_its_cursor_kept_with_it(phone):
    shg = received(phone, name="जय अम्बे", mobile="9876543210")
    row = phone.ask(find_shg, id=shg.id)[0]
    assert (row.name, row.mobile, row.roster_count) == ("जय अम्बे", "9876543210", 7)
    assert [group.id for group in phone.ask(list_groups, search="jai")] == [shg.id]
    request = next_request(phone.store, app="0", batch=None, room=1)
    assert (request.cursor, request.reached) == ("cursor-1", None)


def test_own_work_is_held_by_streams_that_name_it_by_its_rows_in_the_batch(phone):
    id = phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id)))).id
    member = phone.do(AddMember(id, {"name": "सीता"})).id
    batch = next_batch(phone.store)
    taken = take_answer(phone.store, BatchAnswer(batch.number, outcomes=(Outcome(0, 1, "applied"),)))
    assert taken.sent == {0: ("Shg", id), 1: ("Member", member)}
    take_page(phone.store, a_page(a_part(MEMBERS, own=[(0, 1)])), taken.sent)
    with phone.store.reading() as t:
        assert all(
            raw.held
            for kind, one in taken.sent.values()
            for raw in raw_rows(t.connection, t.tables, kind, [one]).values()
        )
    with pytest.raises(Problem, match="bad_message"):
        take_page(phone.store, a_page(a_part(MEMBERS, own=[(1, 2)])), taken.sent)


def a_reply(phone, answer, page):
    with phone.store.reading() as t:
        return SyncReply(t.meta.get(named.EPOCH), phone.store.clock(), answer, page)


def marks_of(phone, kind, id):
    """(held, unsent, whether it lingers) of a record; None where it is not here."""
    with phone.store.reading() as t:
        row = t.driver.execute(f'SELECT held, unsent FROM "{t.tables[kind].name}" WHERE id=?', (id,)).fetchone()
        lingers = t.driver.execute("SELECT 1 FROM lingering WHERE kind=? AND id=?", (kind, id)).fetchone()
    return row and (*row, bool(lingers))


def test_answer_and_page_together_mark_what_was_sent_once(phone):
    """Held by its stream, received, and done with, as if each had been taken in by itself."""
    id = phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id)))).id
    batch = next_batch(phone.store)
    assert marks_of(phone, "Shg", id) == ("", 1, True)
    reply = a_reply(phone, BatchAnswer(batch.number), a_page(a_part(MEMBERS, own=[(0, 0)])))
    came = take_reply(phone.store, reply, batch)
    assert came.taken.unmarked and came.news == 1
    held, unsent, lingers = marks_of(phone, "Shg", id)
    assert held and unsent == 0 and not lingers
    assert phone.sync_status().waiting == 0


def test_what_was_typed_since_keeps_its_mark_when_answer_and_page_come_together(phone):
    id = phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id)))).id
    batch = next_batch(phone.store)
    phone.do(ChangeGroup(id, {"name": "Typed since"}))
    assert phone.sync_status().waiting == 1, "one record, though it waits twice"
    reply = a_reply(phone, BatchAnswer(batch.number), a_page(a_part(MEMBERS, own=[(0, 0)])))
    assert not take_reply(phone.store, reply, batch).taken.unmarked
    held, unsent, _ = marks_of(phone, "Shg", id)
    assert held and unsent == 1 and phone.sync_status().waiting == 1


def test_what_went_while_it_was_under_way_comes_back_with_its_answer(phone):
    """Its last stream had ended, and a centre that went back names it again."""
    ids = [phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id, name=name)))).id for name in ("A", "B")]
    batch = next_batch(phone.store)
    gone, left = (id for section in thawed(batch.blob).sections for id in section.ids)
    with phone.store.writing() as t:
        t.driver.execute("DELETE FROM shg WHERE id=?", (gone,))
        t.driver.execute("DELETE FROM lingering WHERE id=?", (gone,))
    reply = a_reply(phone, BatchAnswer(batch.number), a_page(a_part(MEMBERS, own=[(0, 1)])))
    take_reply(phone.store, reply, batch)
    for id in (gone, left):
        held, unsent, _ = marks_of(phone, "Shg", id)
        assert held and unsent == 0
    assert {phone.ask(find_shg, id=id)[0].name for id in ids} == {"A", "B"}


def test_what_the_centre_still_holds_is_not_forgotten_however_long_it_takes(phone):
    """Found by the simulation, seed 399: forgotten, it stood on its author's phone as if everybody had it."""
    phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id, name="Applied"))))
    answered(phone)
    held = phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id, name="Held")))).id
    answered(phone, "held", code="waits_for_parent")
    with phone.store.writing() as t:
        t.meta.put(named.HEARD_MS, NOW_MS + 800 * 86_400_000)
        forget_old(t)
        assert [row.id for row in t.connection.execute(select(t.tables.own_change))] == [held]


def test_a_page_without_news_leaves_the_cursor_as_it_is(phone):
    take_page(phone.store, a_page(number=5))
    request = next_request(phone.store, app="0", batch=None, room=1)
    take_page(phone.store, Page(request.cursor, 0))
    register = phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id))))
    assert register and thawed(next_batch(phone.store).blob).typed_under == 5


def test_a_received_value_replaces_a_received_one_even_when_its_stamp_is_older(phone):
    shg = received(phone, name="Old")
    take(phone, a_part(MEMBERS, a_section([shg.model_copy(update={"name": "New"})], a_stamp(NOW_MS - 999))))
    assert name_of(phone, shg.id) == "New"


def test_own_unsent_work_shows_over_an_older_received_value_which_lies_beneath(phone):
    shg = received(phone, name="Theirs")
    phone.do(ChangeGroup(shg.id, {"name": "Mine"}))
    other = shg.model_copy(update={"name": "Theirs again", "declared_members": 9})
    take(phone, a_part(MEMBERS, a_section([other], a_stamp(NOW_MS - 5))))
    row = phone.ask(find_shg, id=shg.id)[0]
    assert (row.name, row.declared_members) == ("Mine", 9)
    answered(phone, "refused", field="name")
    phone.withdraw("Shg", shg.id)
    assert name_of(phone, shg.id) == "Theirs again"
    assert phone.sync_status().needs_mending == 0
    assert [past.value for past in phone.history(shg.id) if past.state == "refused"] == ["Mine"]


def test_own_work_that_lost_on_its_own_phone_is_still_sent(phone):
    shg = received(phone, name="Theirs")
    phone.do(ChangeGroup(shg.id, {"name": "Mine"}))
    later = shg.model_copy(update={"name": "Theirs, later"})
    take(phone, a_part(MEMBERS, a_section([later], a_stamp(NOW_MS + 999_999))))
    assert name_of(phone, shg.id) == "Theirs, later"
    value, _stamp, base = thawed(next_batch(phone.store).blob).sections[0].cells(0)["name"]
    assert (value, base) == ("Mine", a_stamp())


def test_an_edit_made_after_seeing_the_winner_is_based_on_the_winner(phone):
    shg = received(phone, name="Theirs")
    phone.do(ChangeGroup(shg.id, {"name": "Mine"}))
    winner = a_stamp(NOW_MS + 999_999)
    take(phone, a_part(MEMBERS, a_section([shg.model_copy(update={"name": "Winner"})], winner)))
    phone.do(ChangeGroup(shg.id, {"name": "Mine after all"}))
    value, stamp, base = outbox_of(phone)["Shg", shg.id]["name"]
    assert (value, base) == ("Mine after all", winner) and stamp > winner


# --- answers


def test_an_acknowledged_change_leaves_the_outbox_and_stays_in_the_history(phone):
    id = phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id)))).id
    assert {past.state for past in phone.history(id)} == {"waiting"}
    answered(phone)
    assert phone.sync_status().waiting == 0
    assert {past.state for past in phone.history(id)} == {"received"}
    assert phone.ask(list_groups)[0].unsent == 0
    assert next_batch(phone.store) is None


def test_a_history_knows_its_own_author_in_both_scripts(tmp_path):
    capacity = abm_capacity(TREE, name="Asha Patel", name_hi="आशा पटेल")
    with a_phone(tmp_path / "named", TREE, capacity=capacity) as phone:
        id = phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id)))).id
        assert {(past.person_name, past.person_name_hi) for past in phone.history(id)} == {("Asha Patel", "आशा पटेल")}


def test_a_repeated_answer_is_without_effect(phone):
    shg = received(phone)
    phone.do(ChangeGroup(shg.id, {"name": "Mine"}))
    batch, first = answered(phone)
    again = take_answer(phone.store, BatchAnswer(batch.number))
    assert (first.rows, again.rows) == (1, 0)
    assert len(phone.history(shg.id)) == len({(past.field, past.value) for past in phone.history(shg.id)})


def test_a_refused_change_stays_visible_with_its_reason(phone):
    shg = received(phone, name="Theirs")
    phone.do(ChangeGroup(shg.id, {"name": "Mine"}))
    answered(phone, "refused", code="holds_aadhaar", field="name")
    (mending,) = phone.mending()
    assert (mending.code, mending.field, mending.values) == ("holds_aadhaar", "name", {"name": "Mine"})
    assert (mending.title, mending.shg_id, mending.state) == ("Mine", shg.id, "refused")
    assert phone.ask(list_groups)[0].unsent == 2
    assert next_batch(phone.store) is None


@pytest.mark.parametrize("state", ["applied", "quarantined"])
def test_what_a_centre_that_went_back_takes_after_all_is_not_to_be_mended_any_more(phone, state):
    """Found by simulation, seed 257: a batch that is asked for again may be answered otherwise than before."""
    group = phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id, name="Mine")))).id
    batch, _ = answered(phone, "quarantined", code="out_of_reach")
    phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id, name="Later"))))
    next_batch(phone.store)
    take_answer(phone.store, BatchAnswer(batch.number + 1, "waiting_for", wanted=batch.number))
    assert next_batch(phone.store) == batch
    take_answer(phone.store, BatchAnswer(batch.number, outcomes=(Outcome(0, 0, state, "out_of_reach"),)))
    row = next(row for row in phone.ask(list_groups) if row.id == group)
    if state == "applied":
        assert phone.mending() == [] and row.unsent == 0
        assert phone.ask(find_shg, id=group)[0].name == "Mine"
        assert {past.state for past in phone.history(group)} == {"received"}
    else:
        assert len(phone.mending()) == 1 and row.unsent == 2


def test_what_was_taken_back_and_a_centre_that_went_back_applies_stands_here_as_well(phone):
    """Found by simulation, seed 1461: the page tells only what follows from this phone's own work."""
    group = an_shg(village_id=TREE.village.id, name="As received")
    take(phone, a_part(MEMBERS, a_section([group], a_stamp(1))))
    phone.do(ChangeGroup(group.id, {"name": "Taken back"}))
    batch, _ = answered(phone, "quarantined", code="out_of_reach")
    phone.withdraw("Shg", group.id)
    assert phone.ask(find_shg, id=group.id)[0].name == "As received"
    last = next_batch(phone.store)
    number = last.number if last else batch.number
    take_answer(phone.store, BatchAnswer(number + 1, "waiting_for", wanted=batch.number))
    assert next_batch(phone.store) == batch
    take_answer(phone.store, BatchAnswer(batch.number, outcomes=(Outcome(0, 0, "applied"),)))
    assert phone.ask(find_shg, id=group.id)[0].name == "Taken back"


def test_a_new_edit_mends_a_refused_change_and_takes_the_rest_of_it_along(phone):
    id = phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id, name="Bad")))).id
    answered(phone, "refused", field="name")
    phone.do(ChangeGroup(id, {"name": "Good"}))
    changes = outbox_of(phone)["Shg", id]
    assert changes["name"][0] == "Good" and changes["name"][2] == "" and "formed_on" in changes
    assert phone.mending() == [] and phone.ask(list_groups)[0].unsent == 1


def test_an_edit_typed_while_the_refused_batch_was_under_way_mends_it_too(phone):
    id = phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id, name="Bad")))).id
    next_batch(phone.store)
    phone.do(ChangeGroup(id, {"name": "Good"}))
    answered(phone, "refused", field="name")
    assert phone.mending() == []
    changes = outbox_of(phone)["Shg", id]
    assert changes["name"][0] == "Good" and changes["name"][2] == "" and "formed_on" in changes


def test_one_bad_record_blocks_nothing(phone):
    ids = [phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id, name=n)))).id for n in "ABC"]
    batch = next_batch(phone.store)
    bad = thawed(batch.blob).sections[0].ids[1]
    take_answer(phone.store, BatchAnswer(batch.number, "applied", (Outcome(1, 1, "quarantined", "out_of_reach"),)))
    assert [mending.record_id for mending in phone.mending()] == [bad]
    assert phone.sync_status().waiting == 0 and len(ids) == 3


def test_withdrawing_a_record_that_was_never_received_removes_it(phone):
    id = phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id)))).id
    answered(phone, "refused")
    phone.withdraw("Shg", id)
    assert phone.ask(list_groups) == []
    assert {past.state for past in phone.history(id)} == {"refused"}
    phone.withdraw("Shg", id)  # a second tap


def test_capped_stamps_are_adopted_and_the_clock_floor_is_lowered(tmp_path):
    ahead = 20 * 365 * 86_400_000
    clock = [NOW_MS + ahead]
    with a_phone(tmp_path, TREE, clock_ms=lambda: clock[0]) as phone:
        with phone.store.writing() as t:
            t.meta.put("clock_offset", 0)
        id = phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id, formed_on=date(2026, 10, 1))))).id
        sent = outbox_of(phone)["Shg", id]["name"][1]
        next_batch(phone.store)
        phone.do(ChangeGroup(id, {"name": "Later"}))
        capped = a_stamp(NOW_MS, "000000a1", 1)
        answered(phone, restamped={sent: capped})
        assert outbox_of(phone)["Shg", id]["name"][2] == capped
        assert cells_of(phone, "Shg", id).stamps["formed_on"] == capped
        clock[0] = NOW_MS
        other = phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id)))).id
        assert cells_of(phone, "Shg", other).stamps["name"] < a_stamp(NOW_MS + 60_000)


def test_a_gap_is_closed_by_sending_the_same_batches_again_in_order(phone):
    sent = []
    for name in "ABC":
        phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id, name=name))))
        sent.append(next_batch(phone.store))
        if name != "C":
            take_answer(phone.store, BatchAnswer(sent[-1].number))
    take_answer(phone.store, BatchAnswer(3, "waiting_for", wanted=2))
    assert next_batch(phone.store) == sent[1]
    take_answer(phone.store, BatchAnswer(2))
    assert next_batch(phone.store) == sent[2]
    take_answer(phone.store, BatchAnswer(3))
    assert next_batch(phone.store) is None and phone.sync_status().waiting == 0


def test_a_gap_older_than_what_is_kept_is_closed_by_empty_batches(phone):
    for number in range(60):
        phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id, name=f"Group {number}"))))
        answered(phone)
    phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id))))
    next_batch(phone.store)
    take_answer(phone.store, BatchAnswer(61, "waiting_for", wanted=2))
    batch = next_batch(phone.store)
    assert (batch.number, len(thawed(batch.blob))) == (2, 0)


def test_a_cloned_device_keeps_its_work_and_sends_it_under_a_new_number(phone):
    id = phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id)))).id
    old = next_batch(phone.store)
    assert take_answer(phone.store, BatchAnswer(old.number, "device_cloned")).state == "device_cloned"
    phone.do(ChangeGroup(id, {"name": "Typed since"}))
    with phone.store.writing() as t:
        t.meta.put("login", "device_cloned")
    enrol(phone.store, abm_capacity(TREE), device="000000b2")
    batch = next_batch(phone.store)
    cells = thawed(batch.blob).sections[0].cells(0)
    assert batch.number == 1 and cells["name"][0] == "Typed since" and "formed_on" in cells
    assert {stamp[16:] for _value, stamp, _base in cells.values()} == {"000000b2"}


def test_what_a_copy_of_this_phone_has_sent_stands_where_the_new_number_is_the_smaller_one(phone):
    """Both copies have the same unsent change. The other one has sent it, and it has come here; then this one gets a
    number of its own, and with it stamps that lose against the same stamps under the old number."""
    shg = received(phone)
    phone.do(ChangeGroup(shg.id, {"name": "Mine"}))
    value, stamp, _base = outbox_of(phone)["Shg", shg.id]["name"]
    take(phone, a_part(MEMBERS, a_section([shg.model_copy(update={"name": value})], stamp=stamp)), number=2)
    take_number(phone.store, NewNumber("00000001", "token"))
    assert outbox_of(phone)["Shg", shg.id]["name"][1] == stamp[:16] + "00000001"
    answered(phone)
    assert cells_of(phone, "Shg", shg.id).stamps["name"] == stamp


def test_own_acknowledged_changes_are_offered_to_a_centre_that_has_gone_back(phone):
    shg = received(phone, name="Theirs")
    phone.do(ChangeGroup(shg.id, {"name": "Mine"}))
    first = outbox_of(phone)["Shg", shg.id]["name"]
    answered(phone)
    phone.do(ChangeGroup(shg.id, {"name": "Mine, too"}))
    second = outbox_of(phone)["Shg", shg.id]["name"]
    answered(phone)
    assert offer_again(phone.store, "e2") == 1
    assert outbox_of(phone)["Shg", shg.id]["name"] == [second[0], second[1], first[2]]
    assert offer_again(phone.store, "e2") == 0
    take(phone, a_part(MEMBERS, a_section([shg])), granted=(MEMBERS, GROUPS))
    assert name_of(phone, shg.id) == "Mine, too"


# --- streams


def test_a_record_goes_with_the_last_stream_that_holds_it(phone):
    shg = received(phone)
    take(phone, a_part(MEMBERS, left={"Shg": [shg.id]}), number=2)
    assert phone.ask(find_shg, id=shg.id)
    take(phone, a_part(GROUPS, left={"Shg": [shg.id]}), number=3)
    assert phone.ask(find_shg, id=shg.id) == []


def test_columns_that_only_the_left_stream_gave_are_emptied_with_their_stamps(phone):
    shg = received(phone, mobile="9876543210", remarks="near the well", name="Stays")
    take(phone, a_part(MEMBERS, left={"Shg": [shg.id]}), number=2)
    row = phone.ask(find_shg, id=shg.id)[0]
    assert (row.mobile, row.remarks, row.name) == (None, None, "Stays")
    assert not {"mobile", "remarks"} & cells_of(phone, "Shg", shg.id).stamps.keys()


@pytest.mark.parametrize(("field", "shown"), [("mobile", None), ("name", '"x"')])
def test_a_kept_loser_shows_no_more_than_its_record_does(phone, field, shown):
    shg = received(phone)
    values = {"record_kind": "Shg", "record_id": shg.id, "shg_id": shg.id, "field": field, "value": '"x"'}
    conflict = Conflict(id="c" * 32, losing_stamp=a_stamp(), winning_stamp=a_stamp(), **values)
    take(phone, a_part(MEMBERS, a_section([conflict])), a_part(GROUPS, held={"Conflict": [conflict.id]}), number=2)
    assert cells_of(phone, "Conflict", conflict.id).values["value"] == '"x"'
    take(phone, withdrawn=(MEMBERS,), number=3)
    assert cells_of(phone, "Conflict", conflict.id).values["value"] == shown


def test_withdrawing_a_group_that_was_never_received_takes_what_is_below_it_along(phone):
    id = phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id)))).id
    answered(phone, "refused")
    member = phone.do(AddMember(id, {"name": "Sunita Bai"})).id
    phone.withdraw("Shg", id)
    assert phone.ask(find_member, id=member) == []
    assert {past.state for past in phone.history(member)} == {"refused"}
    # All that waits is what the office is told: of the member it had not heard.
    assert phone.sync_status().waiting == 1
    (section,) = thawed(next_batch(phone.store).blob).sections
    assert (section.kind, section.columns[section.fields.index("record_id")]) == ("Withdrawal", [id])


def test_own_unsent_values_survive_the_emptying(phone):
    shg = received(phone, mobile="9876543210")
    phone.do(ChangeGroup(shg.id, {"mobile": "9876543211"}))
    take(phone, a_part(MEMBERS, left={"Shg": [shg.id]}), number=2)
    assert phone.ask(find_shg, id=shg.id)[0].mobile == "9876543211"


def test_a_withdrawn_stream_counts_as_left_by_everything_in_it(phone):
    shg = received(phone, mobile="9876543210")
    member = a_member(shg)
    take(phone, a_part(MEMBERS, a_section([member])), number=2)
    take(phone, withdrawn=(MEMBERS,), number=3)
    assert phone.ask(find_shg, id=shg.id)[0].mobile is None
    assert phone.ask(find_member, id=member.id) == []
    assert MEMBERS not in reached_of(phone)


def reached_of(phone):
    with phone.store.writing() as t:
        cursor = t.meta.get("cursor")
        t.meta.put("cursor", None)
    found = next_request(phone.store, app="0", batch=None, room=1).reached
    with phone.store.writing() as t:
        t.meta.put("cursor", cursor)
    return found or {}


def test_how_far_each_stream_is_read_is_told_only_without_a_cursor(phone):
    take(phone, a_part(MEMBERS, a_section([an_shg()]), upto=17), a_part(GROUPS, upto=4))
    assert reached_of(phone) == {MEMBERS: 17, GROUPS: 4}


def test_work_below_a_record_that_left_keeps_it_until_it_is_answered(phone):
    shg = received(phone)
    phone.do(AddMember(shg.id, {"name": "Sunita Bai"}))
    take(phone, withdrawn=(MEMBERS, GROUPS), number=2)
    assert len(phone.ask(list_members, shg_id=shg.id)) == 1
    answered(phone)
    take(phone, number=3)
    assert phone.ask(find_shg, id=shg.id) == []
    assert phone.ask(list_members, shg_id=shg.id) == []


def test_acknowledged_work_stays_until_the_news_are_read_to_their_end(phone):
    id = phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id)))).id
    answered(phone)
    take(phone, more=True, number=2)
    assert phone.ask(find_shg, id=id)
    take(phone, a_part(GROUPS, held={"Shg": [id]}), number=3)
    assert phone.ask(find_shg, id=id)


def test_what_the_centre_holds_for_an_unknown_parent_stays_on_the_phone(phone):
    shg = received(phone)
    member = phone.do(AddMember(shg.id, {"name": "Sunita Bai"})).id
    answered(phone, "held", code="waits_for_parent")
    take(phone, number=2)
    assert phone.ask(find_member, id=member)
    assert phone.sync_status() == dataclasses.replace(phone.sync_status(), waiting=0, needs_mending=0)


def test_a_stream_that_begins_again_leaves_exactly_what_it_brings_and_nothing_vanishes_meanwhile(phone):
    stays, goes = received(phone, name="Stays", mobile="9876543210"), received(phone, name="Goes")
    take(phone, a_part(MEMBERS, a_section([stays])), granted=(MEMBERS, GROUPS), more=True, number=2)
    assert len(phone.ask(list_groups)) == 2
    take(phone, a_part(MEMBERS, left={"Shg": [stays.id]}), more=True, number=3)
    take(phone, a_part(GROUPS, a_section([stays], without=("mobile", "remarks"))), number=4)
    assert [row.name for row in phone.ask(list_groups)] == ["Stays"]
    assert phone.ask(find_shg, id=stays.id)[0].mobile is None
    assert phone.ask(find_shg, id=goes.id) == []


# --- derived columns


def test_the_centres_derived_values_stand_where_nothing_is_unsent(phone):
    shg = received(phone)  # says 7 members, though none has been received
    take(phone, a_part(MEMBERS, a_section([a_member(shg)])), number=2)
    assert phone.ask(list_groups)[0].roster_count == 7


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_derived_values_of_unsent_work_do_not_depend_on_the_order_of_arrival(phone, order):
    shg = received(phone)
    phone.do(AddMember(shg.id, {"name": "Mine"}))
    sections = [a_section([shg.model_copy(update={"roster_count": 2})]), a_section([a_member(shg), a_member(shg)])]
    for at in order:
        take(phone, a_part(MEMBERS, sections[at]), number=2 + at)
    assert phone.ask(list_groups)[0].roster_count == 3
    answered(phone)
    take(phone, number=9)
    assert phone.ask(list_groups)[0].roster_count == 2  # the centre has not said 3 yet


def test_a_phone_that_does_not_hold_the_roster_leaves_its_count_alone(tmp_path):
    with a_phone(tmp_path, TREE, capacity=supervisor_capacity(TREE)) as phone:
        shg = an_shg(village_id=TREE.village.id, roster_count=7, marks=("woman_in_two_groups",))
        take(phone, a_part(GROUPS, a_section([shg], without=("mobile", "remarks"))))
        phone.do(RecordStep(shg.id, "submitted", date(2026, 11, 1)))
        (row,) = phone.ask(list_groups)
        assert (row.roster_count, row.marks, row.account_state) == (7, ("woman_in_two_groups",), "submitted")


def test_a_mark_that_needs_a_wider_view_is_kept_as_the_centre_saw_it(phone):
    shg = an_shg(village_id=TREE.village.id, roster_count=1, marks=("too_few_members", "woman_in_two_groups"))
    member = a_member(shg)
    take(phone, a_part(MEMBERS, a_section([shg]), a_section([member])))
    phone.do(ChangeMember(member.id, {"age": 30}))
    assert phone.ask(list_groups)[0].marks == ("too_few_members", "woman_in_two_groups")


def test_an_account_begun_on_two_phones_is_one_record(phone):
    shg = received(phone)
    phone.do(RecordStep(shg.id, "resolution_passed", date(2026, 11, 2)))
    theirs = an_account(shg, branch_id="0" * 32, state="submitted")
    take(phone, a_part(MEMBERS, a_section([theirs])), number=2)
    (account,) = phone.ask(find_account, shg_id=shg.id)
    assert account.id == first_account_id(shg.id)
    assert (account.branch_id, account.state, account.unsent) == ("0" * 32, "resolution_passed", 1)
