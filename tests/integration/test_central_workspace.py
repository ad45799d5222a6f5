"""The workspace of the console: the same commands by the same push, sessions, drafts, history, news of others' work."""

import json
from datetime import date

import pytest
from sqlalchemy import event

from records.commands.accounts import ChangeAccount, RecordStep
from records.commands.conflicts import RestoreValue
from records.commands.groups import ChangeGroup, DeleteGroup, RegisterGroup
from records.commands.members import AddMember
from records.commands.reference import PutRecord
from records.errands import SignOut
from records.messages import EnrolRequest
from records.problems import Problem, Refused
from records.stamps import device_of
from server.console_sessions import VALID_MS, ConsoleSessions
from storage.queries import find_shg, list_conflicts, list_groups, list_members, list_people
from tests.fleet import quiet
from tests.world import ref

DAY = date(2026, 3, 1)


@pytest.fixture
def world(world_on_each):
    return world_on_each


def a_group(village: str = "V1", **values) -> RegisterGroup:
    return RegisterGroup({"village_id": ref(village), "name": "जय अम्बे", "formed_on": DAY, **values})


def device_row(world, number):
    return next(row for row in world.rows(world.centre.tables.device) if row["device"] == number)


# --- commands


def test_a_group_registered_at_the_console_arrives_at_the_phones_of_its_panchayat_only(console, phones):
    page = console.signed_in("supervisor").workspace
    near, far = phones("abm"), phones("abm3")
    done = page.do(a_group(mobile="9876543210"))
    assert page.ask(find_shg, id=done.id)[0].name == "जय अम्बे"
    quiet([near, far])
    values = near.contents()["Shg"][done.id][0]
    assert (values["name"], values["mobile"], values["formed_by_id"]) == ("जय अम्बे", "9876543210", ref("supervisor"))
    assert done.id not in far.contents().get("Shg", {})


def test_what_is_done_in_a_session_is_numbered_and_stamped_as_its_own_device(world, console):
    page = console.signed_in("supervisor").workspace
    other = console.signed_in("supervisor2").workspace
    group = page.do(a_group()).id
    page.do(ChangeGroup(group, {"name": "दूसरा"}))
    other.do(a_group("V3"))
    number = page.identity().device
    row = device_row(world, number)
    assert row["name"].startswith("console-") and row["token_hash"] is None and row["last_batch"] == 2
    batches = [one for one in world.rows(world.centre.tables.batch) if one["device"] == number]
    assert [one["number"] for one in batches] == [1, 2] and all(one["answer"] is None for one in batches)
    assert {device_of(stamp) for stamp in world.stamps("Shg", group).values()} == {number}
    assert other.identity().device != number


def test_two_changes_in_one_millisecond_are_two_changes(world, console):
    page = console.signed_in("supervisor").workspace
    group = page.do(a_group()).id
    for name in ("एक", "दो", "तीन"):
        page.do(ChangeGroup(group, {"name": name}))
    assert page.ask(find_shg, id=group)[0].name == "तीन"
    assert [past.value for past in page.history(group) if past.field == "name"] == ["तीन", "दो", "एक", "जय अम्बे"]
    assert not page.ask(list_conflicts, shg_id=group)


def test_a_change_merges_with_one_that_a_phone_made_meanwhile_and_the_loser_is_kept(console, phones):
    abm = phones("abm")
    group = abm.do(a_group()).id
    quiet([abm])
    page = console.signed_in("supervisor").workspace
    abm.do(ChangeGroup(group, {"name": "फोन का नाम", "remarks": "मंगलवार"}))
    abm.world.clock.forward(ms=500)
    page.do(ChangeGroup(group, {"name": "कार्यालय का नाम", "declared_members": 12}))
    quiet([abm])
    for workspace in (page, abm.workspace):
        shg = workspace.ask(find_shg, id=group)[0]
        assert (shg.name, shg.remarks, shg.declared_members) == ("कार्यालय का नाम", "मंगलवार", 12)
        kept = workspace.ask(list_conflicts, shg_id=group)
        assert [(json.loads(one.value), one.losing_person_name) for one in kept] == [("फोन का नाम", "abm")]
    names = {past.value: past.state for past in page.history(group) if past.field == "name"}
    assert names == {"कार्यालय का नाम": "received", "फोन का नाम": "lost", "जय अम्बे": "received"}
    page.do(RestoreValue("Shg", group, "name", "फोन का नाम"))
    assert not page.ask(list_conflicts, shg_id=group)
    quiet([abm])
    assert abm.workspace.ask(find_shg, id=group)[0].name == "फोन का नाम"


def test_steps_and_members_go_the_same_way(console, phones):
    page = console.signed_in("supervisor").workspace
    group = page.do(a_group()).id
    page.do(AddMember(group, {"name": "सुनीता बाई"}))
    page.do(ChangeAccount(group, {"branch_id": ref("R1")}))
    page.do(RecordStep(group, "submitted", date(2026, 3, 2)))
    row = page.ask(list_groups)[0]
    assert (row.account_state, row.roster_count, row.unsent) == ("submitted", 1, 0)
    sakhi = phones("sakhi")
    assert sakhi.contents()["SavingsAccount"] and sakhi.contents()["AccountStep"]


A_NORM = {"code": "pending_days", "value": 9, "from_on": DAY}
REFUSED = [
    ("supervisor", a_group("V3"), "out_of_reach", None),
    ("abm", a_group("V2"), "out_of_reach", None),
    ("district", a_group(), "not_allowed", None),
    ("sakhi", a_group(), "not_allowed", None),
    ("supervisor", a_group(mobile="12"), "not_a_mobile", "mobile"),
    ("supervisor", a_group(remarks="2341 2341 2346"), "holds_aadhaar", "remarks"),
    ("supervisor", RegisterGroup({"village_id": ref("V1")}), "required", "name"),
    ("supervisor", PutRecord("Norm", ref("n"), A_NORM), "not_allowed", None),
]  # fmt: skip


@pytest.mark.parametrize(("person", "command", "code", "field"), REFUSED, ids=lambda one: str(one)[:30])
def test_a_refused_command_changes_nothing_at_all(world, console, person, command, code, field):
    """Not a row, not a batch number, and nothing set aside for the office: the person is there and is told."""
    page = console.signed_in(person).workspace
    tables = world.centre.tables
    looked_at = [tables.records["Shg"], tables.records["Norm"], tables.batch, tables.device, tables.quarantine,
                 tables.held, tables.stream, tables.restamped]  # fmt: skip
    before = [world.rows(table) for table in looked_at]
    with pytest.raises(Refused) as refused:
        page.do(command)
    assert code in [one.code for one in refused.value.refusals]
    assert field in [one.field for one in refused.value.refusals if one.code == code]
    assert [world.rows(table) for table in looked_at] == before


def test_all_of_a_command_is_done_or_nothing(world, console, monkeypatch):
    """The second change is out of reach, which only the push finds: the first is undone with it."""
    page = console.signed_in("supervisor").workspace

    class Both:
        def reads(self):
            return []

        def decide(self, known, moment):
            return [*a_group().decide(known, moment), *a_group("V3").decide(known, moment)]

    with pytest.raises(Refused, match="out_of_reach"):
        page.do(Both())
    assert not world.rows(world.centre.tables.records["Shg"])


def test_a_command_reads_only_what_its_person_may_see(console):
    """What she does not see is not there for her: she can neither change nor probe it."""
    page = console.signed_in("supervisor2").workspace
    group = console.signed_in("supervisor").workspace.do(a_group()).id
    for command in (ChangeGroup(group, {"name": "मेरा"}), DeleteGroup(group)):
        with pytest.raises(Refused, match="unknown_record"):
            page.do(command)
    assert not page.ask(find_shg, id=group) and not page.history(group)


def test_a_form_saved_untouched_changes_nothing(world, console):
    page = console.signed_in("supervisor").workspace
    group = page.do(a_group()).id
    assert page.do(ChangeGroup(group, {"name": "जय अम्बे"})).changes == ()
    assert device_row(world, page.identity().device)["last_batch"] == 1


# --- history


def test_history_shows_only_fields_that_the_person_sees(console):
    page = console.signed_in("supervisor").workspace
    group = page.do(a_group(mobile="9876543210")).id
    page.do(ChangeGroup(group, {"mobile": "9876543211", "name": "नया"}))
    assert {"9876543210", "9876543211"} <= {past.value for past in page.history(group)}
    assert {past.person_name for past in page.history(group)} == {"supervisor"}
    seen = console.signed_in("district").workspace.history(group)
    assert {past.field for past in seen} == {"village_id", "name", "formed_on", "formed_by_id"}
    assert not console.signed_in("supervisor2").workspace.history(group)


# --- sessions


def code_of(world, person="supervisor"):
    return world.centre.enrolments.console_code_for(ref(person))


def test_a_code_opens_one_session_and_its_token_is_not_in_the_database(world, console):
    code = code_of(world)
    page = console.page()
    assert page.workspace.identity() is None
    assert page.workspace.enrol(code).person_id == ref("supervisor")
    assert len(bytes.fromhex(page.token)) == 32
    everything = [world.rows(table) for table in world.centre.tables.metadata.tables.values()]
    assert page.token not in json.dumps(everything, default=str)
    again = console.page(page.token)
    assert again.workspace.identity().device == page.workspace.identity().device
    with pytest.raises(Problem, match="code_used"):
        console.page().workspace.enrol(code)


def test_the_code_of_a_phone_and_that_of_the_console_are_not_exchangeable(world, console):
    enrolments = world.centre.enrolments
    with pytest.raises(Problem, match="code_wrong"):
        console.page().workspace.enrol(enrolments.code_for(ref("abm")))
    with pytest.raises(Problem, match="code_wrong"):
        world.centre.enrol(EnrolRequest("0.1.0", code_of(world, "abm"), b"s" * 32, b"x" * 32, "phone"))
    assert not world.rows(world.centre.tables.console_session)


def test_wrong_tries_close_a_code_and_an_old_code_is_refused(world, console):
    code = code_of(world)
    wrong = code[:-1] + str((int(code[-1]) + 1) % 10)
    for _ in range(5):
        with pytest.raises(Problem, match="code_wrong"):
            console.page().workspace.enrol(wrong)
    with pytest.raises(Problem, match="too_many_tries"):
        console.page().workspace.enrol(code)
    late = code_of(world)
    world.clock.forward(days=3.1)
    with pytest.raises(Problem, match="code_expired"):
        console.page().workspace.enrol(late)


CALLS = {
    "ask": lambda w: w.ask(list_groups),
    "do": lambda w: w.do(a_group()),
    "history": lambda w: w.history(ref("V1")),
    "draft": lambda w: w.draft("Shg/new"),
    "drafts": lambda w: w.drafts(),
    "keep_draft": lambda w: w.keep_draft("Shg/new", {"name": "x"}),
    "drop_draft": lambda w: w.drop_draft("Shg/new"),
    "support": lambda w: w.support(),
    "perform": lambda w: w.perform(SignOut()),
}


def expire(world, page):
    world.clock.forward(ms=VALID_MS)


def revoke(world, page):
    ConsoleSessions(world.centre).revoke(ref("supervisor"))


def revoke_device(world, page):
    world.centre.enrolments.revoke(page.workspace.identity().device)


def sign_out(world, page):
    page.workspace.perform(SignOut())


@pytest.mark.parametrize("ending", [expire, revoke, revoke_device, sign_out], ids=lambda one: one.__name__)
def test_an_ended_session_can_do_nothing_and_its_page_goes_back_to_the_code_form(world, console, ending):
    page = console.signed_in("supervisor")
    stranger = console.signed_in("supervisor2")
    token = page.token
    page.workspace.keep_draft("Shg/new", {"name": "आधा नाम"})
    ending(world, page)
    for call in CALLS.values():
        told: list[frozenset[str]] = []
        open_elsewhere = console.page(token)
        open_elsewhere.workspace.on_change(told.append)
        with pytest.raises(Problem) as ended:
            call(open_elsewhere.workspace)
        assert ended.value.code in ("sign_in", "revoked")
        assert open_elsewhere.workspace.identity() is None and open_elsewhere.token == ""
        assert told == [frozenset({"identity"})]
    assert not world.rows(world.centre.tables.records["Shg"])
    if ending is not expire:
        assert stranger.workspace.identity(), "nobody else's session ends with it"
    back = console.signed_in("supervisor").workspace
    assert back.draft("Shg/new").values == {"name": "आधा नाम"}


def test_a_session_lasts_for_twelve_hours_and_not_longer(world, console):
    page = console.signed_in("supervisor")
    world.clock.forward(ms=VALID_MS - 1)
    assert page.workspace.identity()
    world.clock.forward(ms=1)
    assert page.workspace.identity() is None


def test_without_a_session_nothing_is_answered(console):
    for token in ("", "0" * 64, "not a token"):
        page = console.page(token).workspace
        for call in CALLS.values():
            with pytest.raises(Problem, match="sign_in"):
                call(page)


def test_an_assignment_that_ends_takes_the_groups_away_at_once(world, console):
    page = console.signed_in("supervisor").workspace
    page.do(a_group())
    assert page.ask(list_groups) and page.identity().roles == ("supervisor",)
    world.overwrite("Assignment", "supervisor/1", to_on=date(2026, 1, 1))
    assert not page.ask(list_groups) and not page.ask(list_members, shg_id=ref("V1")) and page.identity().roles == ()
    with pytest.raises(Refused):
        page.do(a_group())


# --- drafts and settings


def test_drafts_and_settings_are_kept_with_the_person(console):
    mine, other = console.signed_in("supervisor").workspace, console.signed_in("supervisor2").workspace
    mine.keep_draft("Shg/new", {"name": "पहला", "remarks": "आधार 2341 2341 2346"})
    mine.keep_draft("Shg/new", {"name": "दूसरा", "remarks": "आधार 2341 2341 2346"})
    mine.keep_setting("language", "en")
    again = console.signed_in("supervisor").workspace
    assert again.draft("Shg/new").values["name"] == "दूसरा" and len(again.drafts()) == 1
    assert "2341 2341" not in again.draft("Shg/new").values["remarks"]
    assert again.setting("language") == "en"
    assert other.draft("Shg/new") is None and other.setting("language") is None
    other.drop_draft("Shg/new")
    assert again.drafts()
    mine.drop_draft("Shg/new")
    assert not again.drafts()


def test_the_language_of_the_code_form_is_kept_by_who_signs_in(world, console):
    page = console.page().workspace
    page.keep_setting("language", "en")
    assert page.setting("language") == "en"
    page.enrol(code_of(world))
    assert console.signed_in("supervisor").workspace.setting("language") == "en"
    assert console.page().workspace.setting("language") is None


def test_what_belongs_to_a_phone_is_refused(console):
    page = console.signed_in("supervisor").workspace
    for call in (page.hand_over, lambda: page.take_in(b""), lambda: page.perform(object())):
        with pytest.raises(Problem, match="only_on_phone"):
            call()
    assert page.sync_status().state == "direct" and not page.mending()
    page.request_sync()
    page.withdraw("Shg", ref("V1"))


# --- news


def listening(page):
    """What the page is told, after it has asked once, as a screen does."""
    told: list[frozenset[str]] = []
    page.workspace.on_change(told.append)
    page.workspace.ask(list_groups)
    return told


def test_a_page_hears_of_others_work_by_its_kind_and_only_of_its_own_streams(console, phones):
    near, far = console.signed_in("supervisor"), console.signed_in("supervisor2")
    told, told_far = listening(near), listening(far)
    console.watch.look()
    assert told == told_far == []
    abm = phones("abm")
    abm.do(a_group())
    quiet([abm])
    console.watch.look()
    assert told == [frozenset({"Shg"})] and told_far == []
    console.watch.look()
    assert len(told) == 1


def test_a_page_hears_of_its_own_and_other_pages_work_at_once(console):
    one, two = console.signed_in("supervisor"), console.signed_in("supervisor")
    told_one, told_two = listening(one), listening(two)
    one.workspace.do(a_group())
    assert told_one == told_two == [frozenset({"Shg"})]


def test_what_changed_between_the_question_and_the_first_look_is_told(console, phones):
    abm = phones("abm")
    abm.do(a_group())
    told = listening(console.signed_in("supervisor"))
    quiet([abm])
    console.watch.look()
    assert told == [frozenset({"Shg"})]


def test_a_page_hears_that_its_session_has_ended_without_touching_anything(world, console):
    page = console.signed_in("supervisor")
    told = listening(page)
    world.clock.forward(ms=VALID_MS)
    console.watch.look()
    assert told == [frozenset({"identity"})] and page.token == ""


def test_a_page_hears_that_its_reach_has_changed(world, console):
    told = listening(console.signed_in("supervisor"))
    world.overwrite("Assignment", "supervisor/1", to_on=date(2026, 1, 1))
    console.watch.look()
    assert told and "identity" in told[0] and "Shg" in told[0]
    told_tomorrow = listening(console.signed_in("abm"))
    world.overwrite("Assignment", "abm/1", to_on=date(2026, 9, 21))
    console.watch.look()
    assert "identity" not in frozenset().union(*told_tomorrow), "the assignment ends later"
    world.clock.forward(ms=VALID_MS - 1)
    console.watch.look()
    assert "identity" in told_tomorrow[-1], "the day on which it ended has come"


def test_nobody_looks_while_nobody_listens(world, console):
    page = console.signed_in("supervisor")
    told: list[frozenset[str]] = []
    stop = page.workspace.on_change(told.append)
    page.workspace.ask(list_groups)
    stop()
    asked: list[str] = []
    event.listen(world.centre.database.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    console.watch.look()
    page.workspace.do(a_group())
    assert not any("stream.seq" in one and one.startswith("SELECT stream") for one in asked) and not told


def test_a_listener_that_breaks_stops_nobody(console):
    page = console.signed_in("supervisor")

    def broken(kinds):
        raise RuntimeError("a page that has gone")

    page.workspace.on_change(broken)
    told = listening(page)
    page.workspace.do(a_group())
    assert told


# --- how it is asked


def test_the_rows_of_a_person_are_found_by_index(world, console):
    """Each record's standing is looked up by its group, the feed by its id, and one record by its key: neither is read
    from end to end anywhere."""
    page = console.signed_in("supervisor").workspace
    group = page.do(a_group()).id
    statements: list[tuple[str, tuple]] = []
    event.listen(world.centre.database.engine, "before_cursor_execute", lambda *a: statements.append((a[2], a[3])))
    for query, question in ((find_shg, {"id": group}), (list_groups, {}), (list_people, {})):
        statements.clear()
        page.ask(query, **question)
        statement, parameters = statements[-1]
        if not world.centre.database.is_sqlite:
            continue  # PostgreSQL plans by how many rows there are: here it answers, what it does is measured
        with world.centre.database.reading() as db:
            plan = [row[-1] for row in db.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters)]
        feeds, standings = ([line for line in plan if name in line] for name in ("feed", "standing"))
        assert all("USING INDEX sqlite_autoindex_feed_1 (state_id=? AND id=?)" in line for line in feeds), plan
        assert all("standing" in line and "(state_id=? AND id=?)" in line for line in standings), plan
        assert bool(standings) == (query is not list_people), plan
        if query is find_shg:
            assert any("shg" in line and "(state_id=? AND id=?)" in line for line in plan), plan
