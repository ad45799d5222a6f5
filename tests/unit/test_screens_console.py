"""The screens at the console: the code form, the session that ends, the same screens with the console's words."""

from contextlib import asynccontextmanager
from datetime import date

import flet as ft
import pytest

from records.check import Check
from records.commands.accounts import RecordStep
from records.commands.checks import AnswerCheck, CheckGroup
from records.commands.groups import ChangeGroup, RegisterGroup
from records.commands.reference import PutRecord
from records.errands import ListSetAside
from records.ids import official_id
from records.problems import Problem
from records.staffing import ListStaff
from records.workspace import SyncStatus
from screens.console.house import CONSOLE
from screens.context import Here
from screens.group_joined import left_behind, sides_of, stands_for_both
from screens.navigation import back_from
from screens.parts.sync_strip import strip_words
from screens.words import languages, words_of
from screens.words.built import AT_CONSOLE
from server.console_sessions import VALID_MS
from storage.queries import find_shg, list_conflicts, list_groups, list_proposals, list_returned
from tests.console import Console
from tests.fleet import Phone, quiet
from tests.harness import key_of, running
from tests.world import World, ref

HINDI = words_of("hi", strict=True, at="console")


@pytest.fixture
def world(tmp_path):
    # A file: pages ask from several threads at once, and a database in memory has one connection.
    made = World(url=f"sqlite:///{tmp_path / 'central.db'}")
    yield made
    made.centre.close()


@pytest.fixture
def console(world):
    made = Console(world)
    yield made
    made.close()


@asynccontextmanager
async def shown(page, route: str = "/groups", width: int = 360):
    async with running(page.workspace, route, house=CONSOLE, width=width) as app:
        yield app


def code_of(world, person="supervisor"):
    return world.centre.enrolments.console_code_for(ref(person))


def a_group(**values) -> RegisterGroup:
    return RegisterGroup({"village_id": ref("V1"), "name": "जय अम्बे", "formed_on": date(2026, 3, 1), **values})


# --- signing in and out


@pytest.mark.parametrize("route", ["/", "/new", "/settings", "/sync", f"/group/{'a' * 32}"])
async def test_a_page_without_a_session_shows_the_code_form_and_nothing_else(console, route):
    console.signed_in("supervisor").workspace.do(a_group())
    async with shown(console.page("0" * 64), route) as app:
        await app.see("code")
        said = " ".join(app.texts())
        assert HINDI.say("enrol.title") in said and "जय अम्बे" not in said
        assert not app.has("tabs") and not app.has("register-group")


async def test_signing_in_with_a_code_shows_the_groups_of_ones_area(world, console):
    console.signed_in("supervisor").workspace.do(a_group())
    page = console.page()
    async with shown(page) as app:
        await app.fill("code", code_of(world))
        await app.click("enrol-go")
        await app.see("register-group")
        await app.see_text("जय अम्बे")
        assert page.token and not app.has("code")


async def test_a_wrong_code_says_what_to_do_and_after_five_the_right_one_is_closed(world, console):
    code = code_of(world)
    wrong = code[:-1] + str((int(code[-1]) + 1) % 10)
    async with shown(console.page()) as app:
        for typed, problem in ((wrong, "code_wrong"),) * 5 + ((code, "too_many_tries"),):
            await app.fill("code", typed)
            await app.click("enrol-go")
            await app.until(lambda problem=problem: app.one("code").error == HINDI.problem(problem), problem)
        assert not app.has("register-group")


async def test_the_code_of_a_phone_is_wrong_here(world, console):
    async with shown(console.page()) as app:
        await app.fill("code", world.centre.enrolments.code_for(ref("supervisor")))
        await app.click("enrol-go")
        await app.until(lambda: app.one("code").error == HINDI.problem("code_wrong"))


async def test_when_the_session_ends_the_page_goes_back_to_the_code_form_and_the_draft_stays(world, console):
    page = console.signed_in("supervisor")
    async with shown(page, "/new") as app:
        await app.fill("field-name", "आधा नाम")
        await app.until(lambda: page.workspace.draft("Shg/new"))
        world.clock.forward(ms=VALID_MS)
        console.watch.look()
        await app.see("code")
        await app.fill("code", code_of(world))
        await app.click("enrol-go")
        await app.until(lambda: app.one("field-name").value == "आधा नाम")


async def test_a_save_after_the_session_has_ended_saves_nothing_and_keeps_what_was_typed(world, console):
    page = console.signed_in("supervisor")
    group = page.workspace.do(a_group()).id
    async with shown(page, f"/group/{group}/edit") as app:
        await app.see("field-name")
        await app.fill("field-name", "नया नाम")
        await app.until(lambda: page.workspace.draft(f"Shg/{group}"))
        world.clock.forward(ms=VALID_MS)
        await app.click("save")
        await app.see("code")
    again = console.signed_in("supervisor").workspace
    assert [row.name for row in again.ask(list_groups)] == ["जय अम्बे"]
    assert again.draft(f"Shg/{group}").values["name"] == "नया नाम"


async def test_signing_out_leads_to_the_code_form_and_takes_the_token_from_the_browser(console):
    page = console.signed_in("supervisor")
    token = page.token
    async with shown(page, "/settings") as app:
        await app.click("sign-out")
        await app.see("code")
    assert page.token == "" and console.page(token).workspace.identity() is None


async def test_a_database_that_does_not_answer_asks_nobody_for_a_code(console, monkeypatch):
    page = console.signed_in("supervisor")

    def fails():
        raise Problem("busy")

    monkeypatch.setattr(page.workspace, "identity", fails)
    async with shown(page) as app:
        await app.see_text(HINDI.problem("busy"))
        assert not app.has("code")
        monkeypatch.undo()
        await app.click("try-again")
        await app.see("register-group")


# --- the same screens


async def test_a_group_is_corrected_at_the_console(console):
    page = console.signed_in("supervisor")
    group = page.workspace.do(a_group()).id
    async with shown(page) as app:
        await app.click(f"group-{group}")
        await app.click("edit-group")
        await app.see("field-name")
        await app.fill("field-name", "माँ शारदा")
        await app.click("save")
        await app.see_text(HINDI.say("saved.now"))
        await app.see_text("माँ शारदा")
        await app.click("tab-history")
        await app.see_text("supervisor")


async def test_the_list_shows_what_a_colleague_has_done_without_being_touched(console):
    colleague = console.signed_in("abm")
    async with shown(console.signed_in("supervisor")) as app:
        await app.see("groups-none")
        colleague.workspace.do(a_group())
        await app.see_text("जय अम्बे")


async def test_what_makes_no_sense_at_the_centre_is_not_there(console):
    page = console.signed_in("supervisor")
    async with shown(page) as app:
        await app.see("register-group")
        await app.see_text(HINDI.say("sync.direct"))
        labels = [one.label for one in app.all(cls=ft.NavigationBarDestination)]
        assert labels == [HINDI.say(f"nav.{tab}") for tab in ("overview", "groups", "accounts", "decide", "more")]
        await app.click("sync-strip")
        await app.see_text(HINDI.say("sync.what"))
        assert not app.has("sync-now") and not app.has("sync-last")


async def test_a_reviewer_of_the_district_reads_and_is_offered_no_deed(console):
    group = console.signed_in("supervisor").workspace.do(a_group(mobile="9876543210")).id
    async with shown(console.signed_in("district")) as app:
        await app.click(f"group-{group}")
        await app.see("group-members")
        assert not any(app.has(key) for key in ("edit-group", "add-member", "register-group"))
        await app.click("tab-account")
        await app.settle()
        assert not app.has("record-step") and "9876543210" not in " ".join(app.texts())


# --- words


def test_what_is_said_otherwise_at_the_console_is_said_on_a_phone_too():
    for language in languages():
        phone, console = words_of(language, strict=True), words_of(language, strict=True, at="console")
        for key in AT_CONSOLE:
            plain = key.removesuffix("@console")
            assert phone.has(plain) and phone.has(key), key
            values = {"name": "x", "number": "y"}
            assert phone.say(plain, **values) != console.say(plain, **values) == phone.say(key, **values)
        assert phone.say("do.save") == console.say("do.save")


def test_no_word_of_the_console_speaks_of_what_is_safe_on_a_phone():
    for code in ("busy", "sign_in", "revoked", "something_broke", "code_used"):
        assert "फोन" not in HINDI.problem(code) and "phone" not in words_of("en", at="console").problem(code)


def test_the_line_says_that_the_work_is_done_at_the_centre():
    assert strip_words(HINDI, SyncStatus(state="direct")) == HINDI.say("sync.direct")


# --- to decide


@pytest.fixture
def office(world, console, tmp_path):
    """A conflict about a name, two groups that may be one, and a group registered out of reach: the ABM's phone and
    the group in conflict."""
    abm, supervisor = (Phone(world, person, tmp_path, person) for person in ("abm", "supervisor"))
    quiet([abm, supervisor])
    group, other = abm.do(a_group()).id, abm.do(a_group(name="जय अंबे")).id
    quiet([abm, supervisor])
    abm.do(ChangeGroup(group, {"name": "पहले का"}))
    supervisor.do(ChangeGroup(group, {"name": "बाद का"}))
    pair = official_id("samooh/join", "/".join(sorted((group, other))))
    abm.do(PutRecord("Proposal", pair, {"shg_id": other, "other_id": group, "because": ("name_and_village",)}))
    abm.do(a_group(village_id=ref("V2"), name="दूर का समूह"))
    quiet([abm, supervisor])
    yield abm, group
    for phone in (abm, supervisor):
        phone.store.close()


async def test_a_conflict_is_decided_and_taken_back_on_the_screen(console, office):
    page = console.signed_in("supervisor")
    (row,) = page.workspace.ask(list_conflicts)
    async with shown(page, "/decide") as app:
        await app.see(f"standing-{row.id}")
        said = " ".join(app.texts())
        assert all(words in said for words in ("बाद का", "पहले का", "abm", "supervisor"))
        await app.click(f"choose-kept-{row.id}")
        await app.gone(f"conflict-{row.id}")
        assert page.workspace.ask(find_shg, id=office[1])[0].name == "पहले का"
        await app.click("decide-decided")
        kept, other = HINDI.say("decide.kept", value="पहले का", person="abm"), "बाद का"
        assert (await app.see(f"kept-{row.id}")).value == kept
        assert app.one(f"not-kept-{row.id}").value == HINDI.say("decide.not_kept", value=other, person="supervisor")
        assert app.one(f"decided-by-{row.id}").value.startswith(HINDI.say("decide.by", person="supervisor", time=""))
        await app.click(f"undo-{row.id}")
        await app.until(lambda: page.workspace.ask(find_shg, id=office[1])[0].name == "बाद का")
        await app.click("decide-conflicts")
        await app.click(f"choose-standing-{row.id}")
        await app.gone(f"conflict-{row.id}")
        assert page.workspace.ask(find_shg, id=office[1])[0].name == "बाद का"


async def test_two_groups_are_joined_on_the_screen(console, office):
    page = console.signed_in("supervisor")
    (row,) = page.workspace.ask(list_proposals)
    async with shown(page, "/decide") as app:
        await app.click("decide-doubles")
        await app.click(f"same-{row.id}")
        await app.gone(f"proposal-{row.id}")
    assert page.workspace.ask(find_shg, id=row.shg_id)[0].same_as == row.other_id


@pytest.mark.parametrize("width", [360, 1280])
async def test_whether_two_groups_are_one_is_decided_with_the_facts_of_both(console, office, width):
    page = console.signed_in("supervisor")
    (row,) = page.workspace.ask(list_proposals)
    stays, goes = sorted((row.shg_id, row.other_id))
    page.workspace.do(ChangeGroup(stays, {"declared_members": 12}))
    page.workspace.do(ChangeGroup(goes, {"declared_members": 14}))
    page.workspace.do(RecordStep(goes, "submitted", date(2026, 3, 2)))
    async with shown(page, f"/decide/doubles/{row.id}", width=width) as app:
        await app.see(f"proposal-{row.id}")
        for group, count, state in ((stays, 12, "not_started"), (goes, 14, "submitted")):
            await app.until(lambda group=group, count=count: app.one(f"members-{group}").value == f"{count} सदस्य")
            account = HINDI.say("group.account_line", state=HINDI.say(f"state.{state}"))
            assert app.one(f"account-{group}").value == account
            assert app.has(f"open-{group}"), "each of them is a tap away"
        formed = f"{HINDI.field('Shg', 'formed_by_id')}: abm"
        assert app.texts().count(formed) == 2
        assert app.one(f"if-joined-{stays}").value == HINDI.say("proposals.stays")
        assert app.one(f"if-joined-{goes}").value == HINDI.say("proposals.goes")
        assert app.one("members-behind").value == HINDI.say("proposals.members_behind", count=14)
        assert app.one("account-behind").value == HINDI.say("proposals.account_to_record")
        await app.click(f"same-{row.id}")
        if width == 1280:
            await app.see(f"was-joined-{goes}")
            assert HINDI.say("decide.done") in app.texts() and not app.has(f"was-joined-{stays}")
    (kept,) = page.workspace.ask(find_shg, id=goes)
    assert kept.canonical_id == stays, "what was said before it was decided is what happens"


async def test_on_a_groups_own_screen_the_other_one_is_shown_with_its_facts_too(console, office):
    page = console.signed_in("supervisor")
    (row,) = page.workspace.ask(list_proposals)
    page.workspace.do(ChangeGroup(row.other_id, {"declared_members": 12}))
    async with shown(page, f"/group/{row.shg_id}") as app:
        await app.until(lambda: app.one(f"members-{row.other_id}").value == "12 सदस्य")
        assert app.has(f"if-joined-{row.other_id}") and app.has(f"open-{row.other_id}")


def test_a_third_group_to_which_one_was_joined_before_is_said_to_stand_for_both(console, office):
    page = console.signed_in("supervisor")
    (row,) = page.workspace.ask(list_proposals)
    third, h = "0" * 32, Here(page.workspace, None, HINDI, None)
    one, other = sides_of(h, row.model_copy(update={"shg_canonical_id": third}))
    assert stands_for_both(one, other) == third
    assert "joined-third" in [key_of(line) for line in left_behind(h, one, other)]


async def test_work_is_sent_back_with_a_reason_and_heads_its_authors_today(world, console, office):
    abm, _ = office
    page = console.signed_in("supervisor")
    (row,) = page.workspace.perform(ListSetAside())
    key = f"{row.device}-{row.number}-{row.row}"
    async with shown(page, "/decide") as app:
        await app.click("decide-aside")
        await app.see(f"aside-{key}")
        assert "दूर का समूह" in " ".join(app.texts())
        await app.click(f"return-{key}")
        await app.click(f"send-{key}")
        await app.see_text(HINDI.problem("required"))
        await app.fill(f"reason-{key}", "ग्राम जाँचें")
        await app.click(f"send-{key}")
        await app.gone(f"aside-{key}")
    quiet([abm])
    async with running(abm.workspace, "/") as app:
        await app.see_text("ग्राम जाँचें")
        await app.click(f"returned-{row.record_id}")
        await app.see(f"mending-{row.record_id}")
        assert "ग्राम जाँचें" in " ".join(app.texts())


async def test_work_is_accepted_on_the_screen(console, office):
    page = console.signed_in("supervisor")
    (row,) = page.workspace.perform(ListSetAside())
    async with shown(page, "/decide") as app:
        await app.click("decide-aside")
        await app.click(f"accept-{row.device}-{row.number}-{row.row}")
        await app.until(lambda: page.workspace.ask(find_shg, id=row.record_id))
        await app.gone(f"aside-{row.device}-{row.number}-{row.row}")


async def test_on_a_wide_screen_the_list_stands_beside_what_was_chosen_from_it(console, office):
    page = console.signed_in("supervisor")
    (row,) = page.workspace.ask(list_conflicts)
    (double,) = page.workspace.ask(list_proposals)
    async with shown(page, "/decide", width=1280) as app:
        await app.see("decide-choose-one")
        assert not app.has(f"conflict-{row.id}")
        await app.click(f"line-{row.id}")
        await app.see(f"conflict-{row.id}")
        assert app.page.route == f"/decide/conflicts/{row.id}"
        await app.click("decide-doubles")
        await app.click(f"line-{double.id}")
        await app.see(f"proposal-{double.id}")
        await app.go(f"/decide/conflicts/{row.id}")
        await app.click(f"choose-standing-{row.id}")
        # The next one never slides under the finger by itself; what was decided is said, and can be taken back.
        await app.see("decide-gone")
        assert HINDI.say("decide.done") in app.texts() and not app.has(f"line-{row.id}")
        kept = HINDI.say("decide.kept", value="बाद का", person="supervisor")
        assert app.one(f"kept-{row.id}").value == kept
        await app.click(f"undo-{row.id}")
        await app.see(f"conflict-{row.id}")


async def test_the_address_of_something_to_decide_shows_it_after_a_reload(console, office):
    page = console.signed_in("supervisor")
    (row,) = page.workspace.ask(list_conflicts)
    for width in (1280, 360):
        async with shown(page, f"/decide/conflicts/{row.id}", width=width) as app:
            await app.see(f"conflict-{row.id}")
            assert app.has("line-" + row.id) == (width > 840)
    async with shown(page, f"/decide/doubles/{'0' * 32}", width=1280) as app:
        await app.click("decide-next")
        await app.see(f"proposal-{page.workspace.ask(list_proposals)[0].id}")


async def test_groups_with_something_to_mend_are_a_list_of_their_own_on_a_wide_screen(console, office):
    page = console.signed_in("supervisor")
    page.workspace.do(ChangeGroup(office[1], {"declared_members": 30}))
    async with shown(page, "/decide", width=1280) as app:
        await app.click("see-marks")
        await app.click(f"line-{office[1]}")
        await app.see("edit-group")


async def test_of_doubles_no_nought_claims_that_somebody_has_looked(console):
    page = console.signed_in("supervisor")
    async with shown(page, "/decide/doubles") as app:
        await app.see_text(HINDI.say("decide.none_found"))
        await app.see_text(HINDI.say("decide.doubles"))
        await app.see_text(f"{HINDI.say('decide.aside')} (0)")


# --- people and devices


async def test_a_person_is_given_a_code_and_a_sheet_of_codes_is_printed(world, console):
    page = console.signed_in("supervisor")
    async with shown(page, "/settings") as app:
        await app.click("open-people")
        await app.click(f"code-{ref('abm')}")
        await app.see(f"shown-code-{ref('abm')}")
        for person in ("abm", "sakhi"):
            await app.click(f"sheet-{ref(person)}")
        await app.click("print-codes")
        await app.see_text(HINDI.say("people.printed"))
    assert len([row for row in world.rows(world.centre.tables.enrolment) if row["used_ms"] is None]) == 3


async def test_work_is_handed_over_on_the_screen_which_says_what_stays_on_the_phone(console, office):
    abm, group = office
    abm.workspace.keep_draft("Shg/new", {"name": "आधा"})
    abm.do(ChangeGroup(group, {"remarks": "x"}))
    abm.do(RegisterGroup({"village_id": ref("V1"), "name": "नया", "formed_on": date(2026, 3, 1)}))
    abm.sync_cut_short()
    page = console.signed_in("supervisor")
    async with shown(page, "/people") as app:
        assert not app.has(f"hand-{ref('supervisor')}")
        await app.click(f"hand-{ref('abm')}")
        stays = await app.see(f"stays-{ref('abm')}")
        assert HINDI.say("people.drafts", count=1) in stays.value
        assert HINDI.say("people.unsent", count=1) in stays.value
        await app.click(f"to-{ref('abm2')}")
        await app.click(f"hand-sure-{ref('abm')}")
        await app.gone(f"hand-{ref('abm')}")
    staff = {one.name: one for one in page.workspace.perform(ListStaff()).people}
    assert [one.place_name for one in staff["abm2"].work if one.to_on is None] == ["Place G2", "Place G1"]
    assert staff["abm2"].set_aside == 1 and staff["abm"].set_aside == 0


async def test_a_lost_phone_is_shut_out_when_that_is_asked_for_twice(console, office):
    number = office[0].workspace.identity().device
    page = console.signed_in("supervisor")
    async with shown(page, "/people") as app:
        await app.click(f"revoke-{number}")
        await app.click(f"revoke-sure-{number}")
        await app.see_text(HINDI.say("people.device_revoked"))
    with pytest.raises(Problem):
        office[0].sync()


async def test_a_person_is_added_with_a_name_and_a_place(console):
    page = console.signed_in("supervisor")
    async with shown(page, "/people") as app:
        await app.click("add-person")
        await app.fill("field-name", "Nayi")
        await app.click("save")
        await app.see_text(HINDI.problem("required"))
        await app.click("role-bank_sakhi")
        await app.click(f"where-{ref('R2')}")
        await app.fill("field-from_on", "01-02-2026")
        await app.click("save")
        await app.see_text("Nayi")
    (added,) = [one for one in page.workspace.perform(ListStaff()).people if one.name == "Nayi"]
    assert [(one.role, one.place_name, one.from_on) for one in added.work] == [("bank_sakhi", "R2", date(2026, 2, 1))]


async def test_an_abm_may_be_given_a_cluster_which_says_that_it_is_one(world, console):
    world.office(("Place", "C1", {"level": "cluster", "name": "Place G1", "parent_id": "B1"}))
    page = console.signed_in("supervisor")
    async with shown(page, "/people/new") as app:
        await app.fill("field-name", "Nayi")
        await app.see_text(f"Place G1 ({HINDI.say('level.cluster')})")
        await app.click(f"where-{ref('C1')}")
        await app.click("save")
        await app.see_text("Nayi")
        assert any(f"Place G1 ({HINDI.say('level.cluster')})" in text for text in app.texts())
    (added,) = [one for one in page.workspace.perform(ListStaff()).people if one.name == "Nayi"]
    assert [(one.role, one.level) for one in added.work] == [("abm", "cluster")]


async def test_who_is_no_supervisor_is_shown_no_way_to_the_people(console):
    async with shown(console.signed_in("district"), "/settings") as app:
        await app.see("sign-out")
        assert not app.has("open-people")


# --- check and return


async def test_a_group_is_returned_on_the_screen_heads_its_authors_today_and_is_approved_when_corrected(
    console, office, monkeypatch
):
    abm, group = office
    monkeypatch.setattr("screens.console.decide_lists.today", lambda: date(2026, 3, 5))
    page = console.signed_in("supervisor")
    async with shown(page, "/decide") as app:
        await app.click("decide-checks")
        await app.click(f"return-{group}")
        await app.fill(f"reason-{group}", "सदस्य लिखें")
        await app.click(f"send-{group}")
        await app.gone(f"check-{group}")
    quiet([abm])
    async with running(abm.workspace, "/") as app:
        await app.click(f"returned-{group}")
        await app.see(f"returned-note-{group}")
        assert "सदस्य लिखें" in " ".join(app.texts())
        (row,) = abm.workspace.ask(list_returned)
        assert not app.has("changed-approval")
        abm.do(ChangeGroup(group, {"declared_members": 11}))
        await app.see_text(CHANGED)
        await app.click(f"answer-{row.id}")
        await app.gone(f"returned-note-{group}")
    quiet([abm])
    async with shown(page, "/decide") as app:
        await app.click("decide-checks")
        await app.see_text("सदस्य लिखें")
        await app.see_text(CHANGED)
        await app.click(f"approve-{group}")
        await app.gone(f"check-{group}")
    abm.do(ChangeGroup(group, {"name": "जय अम्बे माता"}))
    quiet([abm])
    async with shown(page, f"/group/{group}") as app:
        await app.see("checked-approval")
        await app.see_text(HINDI.say("check.changed", fields=HINDI.field("Shg", "name")))


CHANGED = HINDI.say("check.changed", fields=HINDI.field("Shg", "declared_members"))


async def test_a_group_that_comes_back_unchanged_is_said_to_be(console, office, monkeypatch):
    abm, group = office
    monkeypatch.setattr("screens.console.decide_lists.today", lambda: date(2026, 3, 5))
    page = console.signed_in("supervisor")
    page.workspace.do(CheckGroup(group, "returned", reason="सदस्य लिखें"))
    quiet([abm])
    (row,) = abm.workspace.ask(list_returned)
    abm.do(AnswerCheck(row.id))
    quiet([abm])
    async with shown(page, "/decide") as app:
        await app.click("decide-checks")
        await app.see_text(HINDI.say("check.unchanged"))


async def test_whoever_formed_a_group_herself_is_not_asked_to_check_it(console, office, monkeypatch):
    _, formed_by_abm = office
    monkeypatch.setattr("screens.console.decide_lists.today", lambda: date(2026, 3, 5))
    page = console.signed_in("supervisor")
    hers = page.workspace.do(a_group()).id
    async with shown(page, "/decide") as app:
        await app.click("decide-checks")
        await app.see(f"approve-{formed_by_abm}")
        assert not app.has(f"check-{hers}")


async def test_a_sample_is_verified_on_the_screen_and_its_result_stands_beside_the_count(console, office, monkeypatch):
    _, group = office
    monkeypatch.setattr("screens.console.sample.today", lambda: date(2026, 3, 20))
    page = console.signed_in("supervisor")
    hers = page.workspace.do(a_group(name="मेरा समूह")).id
    async with shown(page, "/decide") as app:
        await app.click("decide-sample")
        await app.see(f"sample-group-{group}")
        assert not app.has(f"sample-group-{hers}"), "nobody verifies her own work"
        await app.click(f"call-group-{group}")
        await app.click(f"confirmed-group-{group}")
        await app.gone(f"sample-group-{group}")
        line = app.one(f"sample-of-{ref('abm')}").value
        assert line.startswith(HINDI.say("sample.person", person="abm", number=2, picked=2))
        assert f"{HINDI.choice(Check, 'result', 'confirmed')}: 1" in line


async def test_doubles_are_looked_for_on_the_screen(world, console, tmp_path):
    page = console.signed_in("supervisor")
    one, other = (page.workspace.do(a_group(name=name)).id for name in ("जय अम्बे", "जय अंबे"))
    async with shown(page, "/decide") as app:
        await app.click("decide-doubles")
        await app.click("look-for-doubles")
        await app.see_text(HINDI.say("decide.found", count=1))
        (row,) = page.workspace.ask(list_proposals)
        await app.click(f"different-{row.id}")
        await app.gone(f"proposal-{row.id}")
        await app.click("look-for-doubles")
        await app.see_text(HINDI.say("decide.found", count=0))
    assert {row.shg_id, row.other_id} == {one, other}


async def test_the_way_back_from_a_group_leads_to_what_is_to_be_decided(console, office):
    async with shown(console.signed_in("supervisor"), "/decide") as app:
        await app.click("decide-conflicts")
        await app.click(f"open-{office[1]}")
        await app.see("group-members")
        assert back_from(app.page) == "/decide/conflicts"
