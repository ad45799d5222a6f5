"""What the centre promises each device: once, in order, within reach, nothing thrown away.

The contract of `records.messages.CentralServer`: told in process and over HTTP, on SQLite and on PostgreSQL.
"""

import dataclasses
from datetime import date

import pytest

from records.days import day_of
from records.messages import SyncReply, SyncRequest, capacity_hash
from records.problems import Problem
from records.stamps import parts, stamp_of
from server.enrolment import TRIES
from tests.world import World, ref


class Caller:
    """A device that speaks the protocol by hand, without a store."""

    def __init__(self, world: World, person: str) -> None:
        self.world, self.enrolled = world, world.enrol(person)
        self.device, self.server = self.enrolled.device, world.door(self.enrolled.token)
        self.number, self.cursor, self.under, self.answered = 0, None, 0, 0

    def call(self, batch=None, **more) -> SyncReply:
        return self.server.sync(SyncRequest("0.1.0", self.cursor, batch, self.answered, **more))

    def pull(self, room: int = 500) -> SyncReply:
        """Pages until there is no more; the last reply, whose page holds all parts."""
        parts = []
        while True:
            reply = self.call(room=room)
            self.take(reply)
            parts += reply.page.parts
            if not reply.page.more:
                return dataclasses.replace(reply, page=dataclasses.replace(reply.page, parts=parts))

    def take(self, reply: SyncReply) -> None:
        if reply.page:
            self.cursor, self.under = reply.page.cursor, reply.page.number
        if reply.answer:
            self.answered = reply.answer.number

    def frozen(self, *rows, **more):
        self.number += 1
        return self.world.batch(self.device, self.number, list(rows), under=more.pop("under", self.under), **more)

    def push(self, *rows, **more) -> SyncReply:
        reply = self.call(self.frozen(*rows, **more))
        self.take(reply)
        return reply


def a_group(**values):
    return {"village_id": ref("V1"), "name": "जय अम्बे", "formed_on": date(2026, 1, 1)} | values


def states(reply: SyncReply) -> list[tuple[str, str | None]]:
    return [(o.state, o.code) for o in reply.answer.outcomes for _ in range(o.first, o.last + 1)]


def kinds_of(reply: SyncReply) -> dict[str, set[str]]:
    """kind -> ids of the records that came with columns."""
    found: dict[str, set[str]] = {}
    for part in reply.page.parts:
        for section in part.rows:
            found.setdefault(section.kind, set()).update(section.ids)
    return found


# --- once, and in order


def test_a_repeated_batch_gets_the_same_answer_and_changes_nothing(world):
    abm = Caller(world, "abm")
    abm.pull()
    batch = abm.frozen(("Shg", "a" * 32, a_group()))
    first = abm.call(batch)
    before = world.rows(world.centre.tables.feed), world.row("Shg", "a" * 32)
    assert abm.call(batch).answer == first.answer
    assert (world.rows(world.centre.tables.feed), world.row("Shg", "a" * 32)) == before


def test_an_answer_is_kept_for_ever(world):
    """A copy of the phone may ask for it when the phone itself has long had it."""
    abm = Caller(world, "abm")
    abm.pull()
    batch = abm.frozen(("Shg", "a" * 32, {"name": "no village"}))
    first = abm.call(batch)
    abm.take(first)
    abm.call()
    assert first.answer.outcomes and abm.call(batch).answer == first.answer


def test_a_batch_before_its_turn_is_kept_until_the_gap_closes(world):
    abm = Caller(world, "abm")
    abm.pull()
    one = abm.frozen(("Shg", "a" * 32, a_group()))
    two = abm.frozen(("Member", "b" * 32, {"shg_id": "a" * 32, "name": "सीता"}))
    early = abm.call(two).answer
    assert (early.state, early.wanted) == ("waiting_for", 1)
    assert abm.call(one).answer.state == "applied"
    assert world.row("Member", "b" * 32)["name"] == "सीता"
    assert abm.call(two).answer.outcomes[0].state == "applied"


def test_another_batch_under_a_known_number_betrays_a_cloned_device(world):
    abm = Caller(world, "abm")
    abm.pull()
    abm.push(("Shg", "a" * 32, a_group()))
    clone = world.batch(abm.device, 1, [("Shg", "b" * 32, a_group())])
    reply = abm.call(clone)
    assert reply.answer.state == "device_cloned"
    other = world.door(reply.renumbered.token)
    again = world.batch(abm.device, 1, [("Shg", "c" * 32, a_group())])
    assert other.sync(SyncRequest("0.1.0", batch=again)).answer.outcomes[0].state == "applied"
    assert not [row for row in world.rows(world.centre.tables.records["Shg"]) if row["id"] == "b" * 32]


# --- one bad record blocks nothing


def test_a_bad_row_is_refused_with_field_and_reason_and_the_others_stand(world):
    abm = Caller(world, "abm")
    abm.pull()
    reply = abm.push(
        ("Shg", "a" * 32, a_group()),
        ("Shg", "b" * 32, a_group(group_type="magic")),
        ("Shg", "c" * 32, {"village_id": ref("V1"), "name": "no day"}),
        ("Shg", "d" * 32, a_group(remarks="आधार 234123412346 है")),
        ("Member", "e" * 32, {"shg_id": "a" * 32, "name": "राधा"}),
    )
    assert states(reply) == [
        ("applied", None), ("refused", "not_in_list"), ("refused", "required"), ("refused", "holds_aadhaar"),
        ("applied", None),
    ]  # fmt: skip
    assert {row["id"] for row in world.rows(world.centre.tables.records["Shg"])} == {"a" * 32}


def test_a_child_of_an_unknown_parent_is_held_and_applied_when_it_comes(world):
    abm = Caller(world, "abm")
    abm.pull()
    reply = abm.push(("Member", "b" * 32, {"shg_id": "a" * 32, "name": "सीता"}))
    assert states(reply) == [("held", "waits_for_parent")]
    reply = abm.push(("Shg", "a" * 32, a_group()))
    assert world.row("Member", "b" * 32)["name"] == "सीता" and world.row("Shg", "a" * 32)["roster_count"] == 1
    assert not world.rows(world.centre.tables.held)
    assert kinds_of(reply)["Member"] == {"b" * 32}, "whole: it may have come from another phone than this one"


def test_unknown_kinds_and_fields_and_derived_fields_are_set_aside_never_thrown_away(world):
    abm = Caller(world, "abm")
    abm.pull()
    reply = abm.push(
        ("Meeting", "a" * 32, {"on_day": "2026-11-01"}),
        ("Shg", "b" * 32, a_group(village_head="x")),
        ("Shg", "c" * 32, a_group(roster_count=99)),
    )
    assert states(reply) == [
        ("quarantined", "unknown_kind"),
        ("quarantined", "unknown_field"),
        ("quarantined", "read_only"),
    ]
    kept = world.rows(world.centre.tables.quarantine)
    assert [row["record_id"][0] for row in kept] == ["a", "b", "c"] and "2026-11-01" in kept[0]["cells"]


def test_an_aadhaar_number_in_quarantine_keeps_only_its_last_four_digits(world):
    abm = Caller(world, "abm")
    abm.pull()
    abm.push(("Meeting", "a" * 32, {"note": "2341 2341 2346"}))
    cells = world.rows(world.centre.tables.quarantine)[0]["cells"]
    assert "2346" in cells and "2341" not in cells


# --- law 6: nobody changes what is outside her scope


@pytest.mark.parametrize("person", ["abm2", "abm3", "supervisor2", "nodal", "district", "sakhi"])
def test_a_group_of_someone_elses_village_is_set_aside(world, person):
    caller = Caller(world, person)
    caller.pull()
    reply = caller.push(("Shg", "a" * 32, a_group()))
    assert states(reply)[0][0] == "quarantined"
    assert not world.rows(world.centre.tables.records["Shg"])
    assert world.rows(world.centre.tables.quarantine)[0]["person_id"] == ref(person)


def test_having_been_served_a_group_is_no_right_to_change_it(world):
    abm, other = Caller(world, "abm"), Caller(world, "abm2")
    abm.pull()
    abm.push(("Shg", "a" * 32, a_group()))
    assert "a" * 32 in kinds_of(other.pull())["Shg"]
    assert states(other.push(("Shg", "a" * 32, {"name": "mine now"})))[0] == ("quarantined", "out_of_reach")
    assert world.row("Shg", "a" * 32)["name"] == "जय अम्बे"


def test_a_field_that_the_role_may_not_write_is_set_aside(world):
    abm, sakhi = Caller(world, "abm"), Caller(world, "sakhi")
    abm.pull(), sakhi.pull()
    abm.push(("Shg", "a" * 32, a_group()))
    sakhi.pull()
    assert states(sakhi.push(("Shg", "a" * 32, {"name": "x"})))[0] == ("quarantined", "not_allowed_field")
    assert states(sakhi.push(("Shg", "a" * 32, {"mobile": "9876543210"})))[0] == ("applied", None)


def test_a_step_signed_with_someone_elses_name_is_set_aside(world):
    abm, sakhi = Caller(world, "abm"), Caller(world, "sakhi")
    abm.pull(), sakhi.pull()
    account = ("SavingsAccount", "b" * 32, {"shg_id": "a" * 32})
    step = {"account_id": "b" * 32, "kind": "opened", "on_day": date(2026, 2, 1)}
    reply = abm.push(("Shg", "a" * 32, a_group()), account, ("AccountStep", "c" * 32, step))
    assert states(reply)[2] == ("quarantined", "not_allowed")
    sakhi.pull()
    assert states(sakhi.push(("AccountStep", "d" * 32, step | {"author_id": ref("abm")})))[0][1] == "not_allowed"
    assert states(sakhi.push(("AccountStep", "e" * 32, step | {"author_id": ref("sakhi")})))[0][0] == "applied"
    assert world.row("SavingsAccount", "b" * 32)["state"] == "opened"


def cancelling(world, *, days: int, says: date, ms: int | None = None, under: int | None = None, person: str = "abm"):
    """What becomes of the cancellation of an ABM's step, typed so many days after it, that names some other day."""
    abm, canceller = Caller(world, "abm"), Caller(world, person)
    abm.pull()
    step = {"account_id": "b" * 32, "kind": "resolution_passed", "on_day": day_of(world.clock())}
    abm.push(("Shg", "a" * 32, a_group()), ("SavingsAccount", "b" * 32, {"shg_id": "a" * 32}))
    abm.push(("AccountStep", "c" * 32, step | {"author_id": ref("abm")}))
    world.clock.forward(days=days)
    Caller(world, "supervisor").push(("Shg", "e" * 32, a_group()))  # news, so that there is a cursor of today
    canceller = abm if person == "abm" else canceller
    canceller.pull()
    cancelled = step | {"kind": "cancelled", "cancels_id": "c" * 32, "on_day": says, "author_id": ref(person)}
    under = canceller.under if under is None else under
    ((state, code),) = states(canceller.push(("AccountStep", "d" * 32, cancelled), under=under, ms=ms))
    assert (world.row("SavingsAccount", "b" * 32)["state"] == "resolution_passed") == (state != "applied")
    return code


LONG_AGO = date(2020, 1, 1)


def test_whatever_day_a_cancellation_names_it_is_in_time_only_within_seven_days(world):
    """By its stamp, or by the cursor that its author had."""
    assert cancelling(world, days=60, says=LONG_AGO, under=0) == "too_late_to_cancel"


@pytest.mark.parametrize(("days", "says", "behind", "person", "code"), [
    (60, LONG_AGO, True, "abm", "too_late_to_cancel"),
    (1, date(2027, 1, 1), False, "abm", "too_late_to_cancel"),
    (7, LONG_AGO, False, "abm", None),
    (60, LONG_AGO, False, "supervisor", None),
], ids=["a clock that is behind, and a cursor of today", "the day it names", "in time", "a supervisor"])  # fmt: skip
def test_a_cancellation_is_of_the_latest_of_the_days_that_speak_for_it(world, days, says, behind, person, code):
    ms = world.clock() if behind else None
    assert cancelling(world, days=days, says=says, ms=ms, person=person) == code


def test_a_stamp_of_someone_elses_device_is_set_aside(world):
    abm, other = Caller(world, "abm"), Caller(world, "abm2")
    abm.pull()
    forged = world.batch(other.device, 1, [("Shg", "a" * 32, a_group())], under=abm.under)
    assert states(abm.call(forged)) == [("quarantined", "not_allowed")]


def test_work_typed_before_a_withdrawal_is_applied_and_marked_for_thirty_days(world):
    abm = Caller(world, "abm")
    abm.pull()
    abm.push(("Shg", "a" * 32, a_group()))
    typed_under = abm.under
    world.clock.forward(days=1)
    world.overwrite("Assignment", "abm/1", to_on=date(2026, 9, 1))
    abm.pull()
    reply = abm.push(("Shg", "a" * 32, {"remarks": "typed in time"}), under=typed_under)
    assert states(reply) == [("applied", None)]
    assert "outside_reach" in world.row("Shg", "a" * 32)["marks"]
    assert states(abm.push(("Shg", "a" * 32, {"remarks": "typed after"})))[0] == ("quarantined", "out_of_reach")
    world.clock.forward(days=31)
    late = abm.push(("Shg", "a" * 32, {"active": False}), under=typed_under)
    assert states(late) == [("quarantined", "out_of_reach")]


# --- law 6: nobody receives what is outside her scope


def test_each_role_receives_its_own_streams_and_columns(world):
    abm = Caller(world, "abm")
    abm.pull()
    group = a_group(mobile="9876543210", president_id="b" * 32)
    abm.push(
        ("Shg", "a" * 32, group),
        ("Member", "b" * 32, {"shg_id": "a" * 32, "name": "सीता"}),
        ("Member", "c" * 32, {"shg_id": "a" * 32, "name": "राधा"}),
        ("SavingsAccount", "d" * 32, {"shg_id": "a" * 32}),
    )
    received = {
        name: Caller(world, name).pull() for name in ("abm2", "sakhi", "sakhi2", "supervisor", "district", "abm3")
    }
    group_kinds = {
        name: {kind: ids for kind, ids in kinds_of(reply).items() if kind in ("Shg", "Member", "SavingsAccount")}
        for name, reply in received.items()
    }
    a, b, c, d = ({x * 32} for x in "abcd")
    assert group_kinds == {
        "abm2": {"Shg": a},
        "sakhi": {"Shg": a, "Member": b, "SavingsAccount": d},
        "sakhi2": {},
        "supervisor": {"Shg": a, "Member": b | c, "SavingsAccount": d},
        "district": {"Shg": a, "SavingsAccount": d},
        "abm3": {},
    }
    fields = {
        name: {field for part in reply.page.parts for s in part.rows if s.kind == "Shg" for field in s.fields}
        for name, reply in received.items()
    }
    assert "mobile" in fields["sakhi"] and "mobile" in fields["supervisor"]
    assert "mobile" not in fields["abm2"] and "mobile" not in fields["district"]


# --- cursors


def test_a_reply_that_was_lost_is_told_again_and_one_that_was_stored_is_not(world):
    abm = Caller(world, "abm")
    first = abm.call()
    again = abm.call()
    assert kinds_of(first) == kinds_of(again) and kinds_of(first)["Place"]
    abm.take(again)
    assert abm.call().page.parts == []


def test_nothing_to_do_gives_the_same_token_and_writes_nothing(world):
    abm = Caller(world, "abm")
    abm.pull()
    known = capacity_hash(abm.enrolled.capacity)
    one = abm.call(has_capacity=known)
    before = [world.rows(table) for table in world.centre.tables.metadata.sorted_tables]
    two = abm.call(has_capacity=known)
    assert (two.page.cursor, two.page.parts, two.capacity) == (one.page.cursor, [], None)
    assert [world.rows(table) for table in world.centre.tables.metadata.sorted_tables] == before


@pytest.mark.parametrize("later_ms, more", [(61_000, {}), (1_000, {"unsent": 3}), (1_000, {"drafts": 2})])
def test_a_contact_of_a_minute_later_or_that_says_something_else_is_noted(world, monkeypatch, later_ms, more):
    abm = Caller(world, "abm")
    abm.pull()
    known, worked_out = capacity_hash(abm.enrolled.capacity), []
    one = abm.call(has_capacity=known)
    stand = world.centre.contacts.stand
    monkeypatch.setattr(world.centre.contacts, "stand", lambda *what: worked_out.append(what) or stand(*what))
    world.clock.forward(ms=later_ms)
    two = abm.call(has_capacity=known, **more)
    assert (two.page.cursor, two.page.parts, two.capacity) == (one.page.cursor, [], None)
    row = next(row for row in world.rows(world.centre.tables.device) if row["device"] == abm.device)
    assert row["last_contact_ms"] == world.clock() and row["unsent"] == more.get("unsent", 0)
    assert row["drafts"] == more.get("drafts", 0) and len(worked_out) == 1, "where the device stands, once a call"


def test_pages_of_any_size_bring_the_same_in_the_end(world):
    whole = Caller(world, "supervisor").pull()
    small = Caller(world, "supervisor").pull(room=3)
    assert kinds_of(small) == kinds_of(whole)


@pytest.mark.parametrize("characters", [0, 700, 700_000])
def test_a_page_of_many_slices_brings_each_record_once(world, monkeypatch, characters):
    whole = Caller(world, "supervisor").pull()
    monkeypatch.setattr("server.paging.SLICE", 3)
    monkeypatch.setattr("server.paging.FEWEST_ROWS", 2)
    monkeypatch.setattr("server.paging.MOST_CHARACTERS", characters)
    sliced = Caller(world, "supervisor").pull(room=8)
    ids = [id for part in sliced.page.parts for section in part.rows for id in section.ids]
    assert len(ids) == len(set(ids)) and kinds_of(sliced) == kinds_of(whole)


@pytest.mark.parametrize("token", ["", "rubbish", "A" * 24, "€"])
def test_a_token_that_is_not_ours_is_unknown_and_never_an_error(world, token):
    abm = Caller(world, "abm")
    abm.cursor = token or "x"
    assert abm.call().cursor_unknown


def test_another_devices_token_is_unknown(world):
    abm, other = Caller(world, "abm"), Caller(world, "abm2")
    other.pull()
    abm.cursor = other.cursor
    assert abm.call().cursor_unknown


def test_a_device_does_not_get_its_own_work_back(world):
    abm = Caller(world, "abm")
    abm.pull()
    reply = abm.push(("Shg", "a" * 32, a_group()), ("Member", "b" * 32, {"shg_id": "a" * 32, "name": "सीता"}))
    fields = {field for part in reply.page.parts for section in part.rows for field in section.fields}
    assert fields == {"roster_count", "marks", "canonical_id"}


def test_own_work_that_needs_no_columns_is_named_by_its_rows_in_the_batch_of_the_call(world):
    abm, group = Caller(world, "abm"), "a" * 32
    abm.pull()
    rows = [("Member", f"{n:032x}", {"shg_id": group, "name": "सीता"}) for n in range(3)]
    batch = abm.frozen(("Shg", group, a_group()), *rows)
    parts = {part.stream: part for part in abm.call(batch).page.parts}
    members = parts[f"gp/{ref('G1')}/members"]
    assert members.own == [(1, 3)] and not members.held
    # A reply that was lost: the phone may have been started anew meanwhile, and gets ids.
    again = {part.stream: part for part in abm.call(batch).page.parts}[members.stream]
    assert not again.own and sorted(again.held["Member"]) == [id for _, id, _ in rows]


# --- time


def test_a_clock_twenty_years_ahead_is_capped_in_order_and_the_device_is_told(world):
    abm = Caller(world, "abm")
    abm.pull()
    future = world.clock() + 20 * 365 * 86_400_000
    reply = abm.push(("Shg", "a" * 32, a_group()), ("Shg", "b" * 32, a_group()), ms=future)
    sent = [stamp_of(future + n, 0, abm.device) for n in range(2)]
    stored = [reply.answer.restamped[stamp] for stamp in sent]
    assert stored == sorted(stored) and stored[0][:12] == f"{world.clock():012x}"
    assert world.stamps("Shg", "a" * 32)["name"] == stored[0]
    after = abm.push(("Shg", "a" * 32, {"name": "नया नाम"}), bases={"name": sent[0]})
    assert states(after) == [("applied", None)] and not world.rows(world.centre.tables.records["Conflict"])


@pytest.mark.parametrize("years", [0, 20])
def test_where_the_clock_of_the_centre_falls_back_a_change_still_beats_what_its_author_had_seen(world, years):
    """A value that was taken while the clock was three days ahead, and a change of it after the clock was put right: by
    a phone that is right now, or years ahead itself."""
    abm, supervisor = Caller(world, "abm"), Caller(world, "supervisor")
    world.clock.forward(days=3)
    for one in (abm, supervisor):
        one.pull()
    abm.push(("Shg", "a" * 32, a_group()))
    supervisor.pull()
    for device, name in ((supervisor, "दुर्गा"), (abm, "राधा")):
        world.clock.forward(days=-3 if device is supervisor else 0)
        seen = world.stamps("Shg", "a" * 32)["name"]
        ms = max(parts(seen).ms + 1, world.clock() + years * 365 * 86_400_000)
        reply = device.push(("Shg", "a" * 32, {"name": name}), bases={"name": seen}, ms=ms)
        assert states(reply) == [("applied", None)] and bool(reply.answer.restamped) == bool(years)
        assert world.row("Shg", "a" * 32)["name"] == name and world.stamps("Shg", "a" * 32)["name"] > seen
    assert not world.rows(world.centre.tables.records["Conflict"])


def test_a_clock_twenty_years_behind_loses_nothing(world):
    abm = Caller(world, "abm")
    abm.pull()
    past = world.clock() - 20 * 365 * 86_400_000
    assert states(abm.push(("Shg", "a" * 32, a_group()), ms=past)) == [("applied", None)]


# --- enrolment and tokens


def test_a_code_works_once(world):
    from records.messages import EnrolRequest

    code = world.centre.enrolments.code_for(ref("abm"))
    request = EnrolRequest("0.1.0", code, b"s" * 32, b"x" * 32)
    assert world.centre.enrol(request).capacity.reaches
    with pytest.raises(Problem, match="code_used"):
        world.centre.enrol(request)


def test_wrong_codes_are_counted_and_close_the_slot(world):
    from records.messages import EnrolRequest

    code = world.centre.enrolments.code_for(ref("abm")).replace(" ", "")
    wrong = code[:4] + f"{(int(code[4:]) + 1) % 10**8:08}"
    for _ in range(TRIES):
        with pytest.raises(Problem, match="code_wrong"):
            world.centre.enrol(EnrolRequest("0.1.0", wrong, b"s" * 32, b"x" * 32))
    with pytest.raises(Problem, match="too_many_tries"):
        world.centre.enrol(EnrolRequest("0.1.0", code, b"s" * 32, b"x" * 32))


def test_a_code_expires(world):
    from records.messages import EnrolRequest

    code = world.centre.enrolments.code_for(ref("abm"))
    world.clock.forward(days=4)
    with pytest.raises(Problem, match="code_expired"):
        world.centre.enrol(EnrolRequest("0.1.0", code, b"s" * 32, b"x" * 32))


def test_codes_and_tokens_stand_nowhere_in_the_database(world):
    code = world.centre.enrolments.code_for(ref("abm"))
    token = world.enrol("abm2").token
    everything = repr([world.rows(table) for table in world.centre.tables.metadata.sorted_tables])
    assert token not in everything and code.replace(" ", "")[4:] not in everything


def test_a_revoked_device_is_refused_and_an_unknown_one_must_sign_in(world):
    abm = Caller(world, "abm")
    abm.pull()
    world.centre.enrolments.revoke(abm.device)
    with pytest.raises(Problem, match="revoked"):
        abm.call()
    with pytest.raises(Problem, match="sign_in"):
        world.door("no such token").sync(SyncRequest("0.1.0"))


# --- a server that has gone back


def test_a_token_from_beyond_the_servers_own_numbers_proves_that_it_has_gone_back(world):
    abm = Caller(world, "abm")
    abm.pull()
    epoch = abm.call().epoch
    beyond = world.centre.cursors.token(abm.device, epoch, abm.under + 1)
    abm.cursor = beyond
    reply = abm.call()
    assert reply.offers and reply.cursor_unknown and reply.epoch != epoch
    assert abm.call().epoch == reply.epoch, "the epoch changes once, however often the old token is shown"
    abm.cursor = None
    abm.pull()
    assert abm.call().epoch == reply.epoch and not abm.call().offers


def test_a_phones_bare_word_does_not_prove_it(world):
    abm = Caller(world, "abm")
    epoch = abm.pull().epoch
    forged = world.centre.cursors.token(abm.device, epoch, abm.under + 1)
    abm.cursor = forged[:-3] + ("AAA" if forged[-3:] != "AAA" else "BBB")
    reply = abm.call()
    assert reply.cursor_unknown and not reply.offers and reply.epoch == epoch
