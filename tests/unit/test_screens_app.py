"""The app as a whole, without a client: the way through the screens, and what each says."""

import asyncio
import threading
from dataclasses import replace
from datetime import date, timedelta

import flet as ft
import pytest

from records.commands.accounts import RecordStep
from records.commands.groups import ChangeGroup, DeleteGroup
from records.commands.members import AddMember
from records.conflict import Conflict
from records.norm import Norm
from records.problems import Problem
from records.workspace import Mending, Run, SyncStatus
from screens import questions
from screens.account_form import allowed_steps, proposed_step
from screens.app import app as the_app
from screens.parts.fields import day_of
from screens.parts.sync_strip import strip_words
from screens.parts.times import today as india_today
from screens.sync_screen import address_of
from screens.words import words_of
from tests.factories import NOW_MS, a_member, a_person, a_stamp, an_account, an_id, an_shg
from tests.harness import BRANCH, TREE, RunningApp, StillServices, a_phone, receive, running

HINDI, ENGLISH = words_of("hi"), words_of("en")


def a_group(**changes):
    return an_shg(**({"village_id": TREE.village.id} | changes))


async def test_nothing_is_asked_of_a_phone_that_is_enrolled(tmp_path):
    async with running(a_phone(tmp_path)) as app:
        await app.see("today-no-groups")
        assert app.one("title").value == HINDI.say("nav.today"), "Hindi first"
        await app.click("register-group")
        await app.see("field-name")


async def test_a_phone_joins_with_a_code(tmp_path):
    phone = a_phone(tmp_path, None)
    asked = []

    def enrol(code):
        asked.append(code)
        raise Problem("code_wrong" if len(asked) == 1 else "offline")

    phone._enrol_with = enrol
    async with running(phone) as app:
        await app.see("code")
        assert app.has("what-sync-means"), "what the word means is said once, here"
        await app.click("enrol-go")
        assert app.one("code").error == HINDI.problem("required")
        await app.fill("code", "१२३४ ५६७८")
        await app.click("enrol-go")
        await app.until(lambda: app.one("code").error == HINDI.problem("code_wrong"))
        await app.click("enrol-go")
        await app.until(lambda: app.one("code").error == HINDI.say("enrol.offline"))
        assert asked == ["12345678", "12345678"]


async def test_a_code_tapped_in_twice_is_shown_once(tmp_path):
    phone = a_phone(tmp_path, None)
    asked = []
    phone._enrol_with = lambda code: asked.append(code) or a_phone_joins(phone)
    async with running(phone) as app:
        await app.fill("code", "12345678")
        go = await app.see("enrol-go")
        await asyncio.gather(*(app.session.dispatch_event(go._i, "click", None) for _ in range(2)))
        await app.see("register-group")
        assert asked == ["12345678"]


async def test_after_joining_the_groups_are_there(tmp_path):
    phone = a_phone(tmp_path, None)

    def enrol(code):
        return a_phone_joins(phone)

    phone._enrol_with = enrol
    async with running(phone) as app:
        await app.fill("code", "12345678")
        await app.event(app.one("code"), "submit")
        await app.see("register-group")


def a_phone_joins(phone):
    from records.messages import EnrolReply
    from storage.adopting import Keys, adopt
    from tests.factories import NOW_MS
    from tests.harness import CAPACITIES

    reply = EnrolReply("token", "0000c0de", CAPACITIES["abm"], "epoch", NOW_MS, b"", b"")
    return adopt(phone.store, reply, Keys(b"", b""))


async def test_a_store_that_cannot_be_opened_says_why():
    async def open_workspace():
        raise Problem("store_newer")

    app = await RunningApp.start(lambda page: the_app(page, open_workspace, StillServices()))
    await app.see("not-opened")
    assert HINDI.problem("store_newer") in app.texts()
    await app.stop()


async def test_the_language_changes_everywhere_and_stays(tmp_path):
    phone = a_phone(tmp_path, "abm", a_group())
    async with running(phone, "/settings") as app:
        await app.click("language-en")
        await app.until(lambda: app.one("title").value == ENGLISH.say("settings.title"))
        await app.go("/groups")
        await app.until(lambda: app.one("title").value == ENGLISH.say("groups.title"))
        assert app.one("search").label == ENGLISH.say("groups.search")
        await app.until(lambda: phone.setting("language") == "en")
    async with running(phone, "/groups") as app:
        await app.until(lambda: app.has("title") and app.one("title").value == ENGLISH.say("groups.title"))


async def test_groups_are_found_in_either_script_and_listed_by_pages(tmp_path):
    groups = [a_group(name=f"समूह {number:03}") for number in range(60)]
    phone = a_phone(tmp_path, "abm", a_group(name="दुर्गा"), *groups)
    async with running(phone, "/groups") as app:
        await app.until(lambda: app.has("groups-count") and app.one("groups-count").value.startswith("61"))
        await app.until(lambda: len(app.all(cls=ft.ListTile)) == 50)
        await app.click("load-more")
        await app.until(lambda: len(app.all(cls=ft.ListTile)) == 61)
        assert not app.has("load-more")
        await app.fill("search", "Durga")
        await app.until(lambda: len(app.all(cls=ft.ListTile)) == 1)
        await app.fill("search", "नहीं है")
        await app.see("groups-none-found")


async def test_the_groups_of_one_village_are_listed(tmp_path):
    far = TREE.villages[3]
    phone = a_phone(tmp_path, "abm", a_group(name="यहाँ"), a_group(name="वहाँ", village_id=far.id))
    async with running(phone, "/groups") as app:
        await app.until(lambda: len(app.all(cls=ft.ListTile)) == 2)
        await app.click("filter-village")
        await app.click(f"choose-{far.id}")
        await app.until(lambda: app.has("groups-count") and far.name in app.one("groups-count").value)
        await app.until(lambda: len(app.all(cls=ft.ListTile)) == 1)
        await app.see_text("वहाँ")
        await app.click("all-villages")
        await app.until(lambda: len(app.all(cls=ft.ListTile)) == 2)


async def test_a_search_is_asked_once_a_word_not_once_a_letter(tmp_path, monkeypatch):
    phone = a_phone(tmp_path, "abm", a_group(name="दुर्गा"))
    asked = []
    ask = phone.ask

    def counting(query, **question):
        if query is questions.list_groups:
            asked.append(question["search"])
        return ask(query, **question)

    monkeypatch.setattr(phone, "ask", counting)
    async with running(phone, "/groups") as app:
        field = await app.see("search")
        for text in ("d", "du", "dur", "durg"):
            app.session.apply_patch(field._i, {"value": text})
            app.page.run_task(app.session.dispatch_event, field._i, "change", text)
        await app.until(lambda: "durg" in asked, f"durg {asked}")
        assert asked == ["", "durg"]


async def test_news_that_come_while_somebody_types_do_not_empty_the_search(tmp_path):
    other = a_group(name="लक्ष्मी")
    phone = a_phone(tmp_path, "abm", a_group(name="दुर्गा"), other)
    async with running(phone, "/groups") as app:
        field = await app.see("search")
        app.session.apply_patch(field._i, {"value": "durg"})
        app.page.run_task(app.session.dispatch_event, field._i, "change", "durg")
        phone.do(DeleteGroup(other.id))  # draws the whole screen anew: now there is a filter for deleted ones
        await app.until(lambda: app.all("deleted-groups") and app.one("search").value == "durg")
        await app.until(lambda: len([one for one in app.texts() if "दुर्गा" in one or "लक्ष्मी" in one]) == 1)


async def test_a_bank_sakhi_is_not_offered_what_she_may_not_do(tmp_path):
    shg = a_group()
    async with running(a_phone(tmp_path, "bank_sakhi", shg), "/groups") as app:
        await app.see(f"group-{shg.id}")
        assert not app.has("register-group")
        await app.click(f"group-{shg.id}")
        await app.see("group-members")
        assert not app.has("add-member")
        await app.click("tab-account")
        await app.see("record-step")


async def test_a_group_shows_numbers_with_their_meaning(tmp_path):
    shg = a_group(name="जय अम्बे", declared_members=12)
    phone = a_phone(tmp_path, "abm", shg)
    async with running(phone, f"/group/{shg.id}") as app:
        await app.see_text("सदस्य (10–20 के बीच)")
        await app.see_text("जय अम्बे")
        phone.do(AddMember(shg.id, {"name": "क्षमा"}))
        await app.see_text("सदस्य (न्यूनतम 10)")
        assert HINDI.say("figure.roster_and_declared", roster=1, declared=12) in app.texts()
        await app.until(lambda: app.has("mark-too_few_members"))


async def test_a_group_is_judged_by_the_norms_of_today(tmp_path):
    shg = a_group(declared_members=12, formed_on=india_today() - timedelta(days=9))
    phone = a_phone(tmp_path, "abm", shg)
    async with running(phone, f"/group/{shg.id}") as app:
        await app.see_text("सदस्य (10–20 के बीच)")
        receive(phone, a_norm("least_members", 13), a_norm("most_members", 25), a_norm("pending_days", 10))
        receive(phone, a_norm("least_members", 5, from_on=india_today() + timedelta(days=1)))
        await app.see_text("सदस्य (न्यूनतम 13)")
        await app.click("tab-account")
        await app.until(lambda: app.has("account-pending") and "9" in app.one("account-pending").value)
        assert HINDI.say("figure.overdue") not in app.one("account-pending").value, "after seven days by default"


def a_norm(code, value, from_on=date(2026, 1, 1)):
    return Norm(id=an_id(), code=code, value=value, from_on=from_on)


async def test_a_group_that_is_not_here_says_so(tmp_path):
    async with running(a_phone(tmp_path), f"/group/{'0' * 32}") as app:
        await app.see("group-not-found")


async def test_a_group_tells_how_far_it_has_come(tmp_path):
    shg = a_group()
    phone = a_phone(tmp_path, "abm", shg)
    async with running(phone, f"/group/{shg.id}") as app:
        await app.until(lambda: app.has("group-unsent") and app.one("group-unsent").value == HINDI.say("saved.server"))
        phone.do(ChangeGroup(shg.id, {"name": "नया नाम"}))
        await app.until(lambda: app.one("group-unsent").value == HINDI.say("saved.phone"))
        await app.until(lambda: app.one("title").value == "नया नाम")


async def test_a_group_of_another_area_claims_nothing_and_offers_nothing(tmp_path):
    """An ABM holds her block's other groups to recognise doubles: without members and accounts."""
    mine, elsewhere = a_group(), a_group(name="दूसरा", village_id=TREE.villages[-1].id)
    phone = a_phone(tmp_path, "abm", mine, elsewhere)
    async with running(phone, "/groups") as app:
        await app.see(f"group-{elsewhere.id}")
        assert [text for text in app.texts() if text == HINDI.say("state.not_started")] == [
            HINDI.say("state.not_started")
        ], "of her own group only"
        await app.see_text(HINDI.say("group.elsewhere"))
        await app.click(f"group-{elsewhere.id}")
        await app.see("group-elsewhere")
        assert not any(app.has(key) for key in ("add-member", "edit-group", "tab-account", "record-step"))


async def test_who_changed_what_is_told(tmp_path):
    shg = a_group()
    phone = a_phone(tmp_path, "abm", shg)
    phone.do(ChangeGroup(shg.id, {"meeting_rhythm": "weekly", "declared_members": 14}))
    async with running(phone, f"/group/{shg.id}") as app:
        await app.click("tab-history")
        await app.see_text("बैठक कितने दिन में: साप्ताहिक")
        await app.see_text("बताई गई सदस्य संख्या: 14")
        await app.see_text(HINDI.say("history.state.waiting"))


async def test_the_account_shows_state_reason_and_what_to_do(tmp_path):
    shg = a_group(formed_on=date(2026, 10, 1))
    phone = a_phone(tmp_path, "bank_sakhi", shg, an_account(shg, branch_id=BRANCH.id))
    phone.do(RecordStep(shg.id, "submitted", date(2026, 10, 20)))
    phone.do(RecordStep(shg.id, "returned", date(2026, 11, 2), reason="photo_or_seal_missing"))
    async with running(phone, f"/group/{shg.id}") as app:
        await app.click("tab-account")
        await app.until(lambda: app.has("account-state") and app.one("account-state").value == "बैंक ने लौटाया")
        await app.see("returned-because")
        # The norm is asked for apart from the account, and may come after it.
        await app.until(lambda: HINDI.say("figure.overdue") in app.one("account-pending").value)
        await app.see_text(BRANCH.bank_name)


async def test_a_step_is_cancelled_and_stays_struck_out(tmp_path):
    shg = a_group()
    phone = a_phone(tmp_path, "abm", shg)
    phone.do(RecordStep(shg.id, "resolution_passed", date.today()))
    step = phone.do(RecordStep(shg.id, "kyc_collected", date.today())).id
    async with running(phone, f"/group/{shg.id}") as app:
        await app.click("tab-account")
        await app.click(f"cancel-{step}")
        await app.click("cancel-yes")
        await app.until(lambda: app.one("account-state").value == HINDI.say("state.resolution_passed"))
        await app.until(lambda: app.has(f"step-{step}") and not app.has(f"cancel-{step}"))


async def test_what_is_saved_waits_to_be_sent_and_the_strip_says_so(tmp_path):
    shg = a_group()
    phone = a_phone(tmp_path, "abm", shg)
    async with running(phone) as app:
        await app.until(lambda: app.has("sync-words") and app.one("sync-words").value == HINDI.say("sync.never"))
        phone.do(ChangeGroup(shg.id, {"name": "नया नाम"}))
        await app.until(lambda: app.one("sync-words").value == HINDI.say("sync.waiting", count=1))
        await app.click("sync-strip")
        await app.see("sync-story")


async def test_a_phone_whose_login_has_ended_joins_again_with_its_work(tmp_path):
    shg = a_group()
    phone = a_phone(tmp_path, "abm", shg)
    phone.do(ChangeGroup(shg.id, {"name": "नया नाम"}))
    phone.store.tell_sync(SyncStatus(state="stopped", problem="revoked"))
    phone._enrol_with = lambda code: a_phone_joins(phone)
    async with running(phone, "/sync") as app:
        await app.click("join-again")
        await app.fill("code", "12345678")
        await app.click("enrol-go")
        await app.see("register-group")
        await app.go("/groups")
        await app.see_text("नया नाम")


async def test_sync_tells_its_story(tmp_path):
    phone = a_phone(tmp_path, "abm", a_group())
    async with running(phone, "/sync") as app:
        await app.until(lambda: app.one("sync-story").value == HINDI.say("sync.never"))
        phone.store.tell_sync(SyncStatus(state="waiting", problem="offline", last_try_ms=1_795_000_000_000))
        await app.see("sync-problem")
        await app.see_text(HINDI.problem("offline"))


async def test_of_a_full_phone_sync_does_not_say_that_something_is_not_saved(tmp_path):
    phone = a_phone(tmp_path, "abm", a_group())
    async with running(phone, "/sync") as app:
        run = Run(1_795_000_000_000, problem="disk_full")
        phone.store.tell_sync(SyncStatus(state="waiting", problem="disk_full", runs=(run,)))
        await app.see("sync-problem")
        await app.see("run-0")
        assert app.texts().count(HINDI.say("sync.disk_full")) == 2
        assert HINDI.problem("disk_full") not in app.texts()


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (SyncStatus(), "अभी तक सिंक नहीं हुआ"),
        (SyncStatus(waiting=1), "1 प्रविष्टि भेजनी बाकी"),
        (SyncStatus(waiting=7, problem="offline"), "7 प्रविष्टियाँ भेजनी बाकी · नेटवर्क नहीं है"),
        (SyncStatus(waiting=7, problem="busy"), "7 प्रविष्टियाँ भेजनी बाकी · सर्वर से उत्तर नहीं मिला"),
        (SyncStatus(waiting=7, needs_mending=2), "2 प्रविष्टियों में सुधार आवश्यक"),
        (SyncStatus(state="running", sent=40, to_send=120), "भेजा जा रहा है: 120 में से 40"),
        (SyncStatus(state="running", received=40, to_receive=1200), "नया काम लाया जा रहा है: 1,200 में से 40"),
        (SyncStatus(state="running"), "सर्वर से संपर्क हो रहा है"),
    ],
)
def test_the_strip_says_what_matters_most(status, words):
    assert strip_words(HINDI, status) == words


async def test_sync_now_asks_for_a_run(tmp_path):
    phone = a_phone(tmp_path)
    wanted = threading.Event()
    async with running(phone, "/sync") as app:
        await app.see("sync-now")
        phone._sync_wanted = wanted.set
        await app.click("sync-now")
        await app.until(wanted.is_set)


async def test_the_device_s_network_and_return_to_the_front_ask_for_a_run(tmp_path):
    phone, services, asked = a_phone(tmp_path), StillServices(), []
    phone._sync_wanted = lambda: asked.append(1)
    async with running(phone, services=services) as app:
        await app.until(lambda: services.connected and services.resumed)
        await app.until(lambda: asked)
        for listener in (*services.connected, *services.resumed):
            before = len(asked)
            listener()
            await app.until(lambda before=before: len(asked) > before)


async def test_refused_work_says_why_and_can_be_mended_or_taken_back(tmp_path, monkeypatch):
    shg = a_group(name="जय अम्बे")
    phone = a_phone(tmp_path, "abm", shg)
    refused = [Mending("Shg", shg.id, shg.id, "जय अम्बे", "out_of_reach", "name", {"name": "जय अम्बे माता"})]
    monkeypatch.setattr(phone, "mending", lambda: refused)
    monkeypatch.setattr(phone, "sync_status", lambda: SyncStatus(needs_mending=len(refused)))

    def withdraw(kind, id):
        refused.clear()
        phone.store.announce({"sync"})

    monkeypatch.setattr(phone, "withdraw", withdraw)
    async with running(phone, "/sync") as app:
        await app.see(f"mending-{shg.id}")
        await app.see_text(HINDI.problem("out_of_reach"))
        await app.see_text("समूह का नाम: जय अम्बे माता")
        await app.click(f"mend-{shg.id}")
        await app.see("field-name")
        await app.go("/sync")
        await app.click(f"withdraw-{shg.id}")
        await app.gone(f"mending-{shg.id}")


def test_every_kind_of_refused_work_has_a_place_to_mend_it():
    one = Mending("Member", "m", "g", "", "required", None)
    assert address_of(one) == "/group/g/member/m"
    assert address_of(replace(one, kind="SavingsAccount")) == "/group/g/account"
    assert address_of(replace(one, kind="AccountStep")) == "/group/g"
    assert address_of(replace(one, kind="Shg", record_id="g")) == "/group/g/edit"
    assert address_of(replace(one, shg_id=None)) is None


async def test_a_member_deleted_by_mistake_comes_back(tmp_path):
    shg = a_group()
    member = a_member(shg, name="क्षमा")
    phone = a_phone(tmp_path, "abm", shg, member)
    async with running(phone, f"/group/{shg.id}/member/{member.id}") as app:
        await app.click("delete-member")
        await app.click("delete-yes")
        await app.see("members-none")
        (undo,) = [one for one in app.controls() if isinstance(one, ft.SnackBar) and one.action]
        await app.event(undo.action, "click")
        await app.see(f"member-{member.id}")


async def test_a_member_deleted_some_time_ago_is_restored_at_the_group(tmp_path):
    shg = a_group()
    member = a_member(shg, name="क्षमा", deleted_on=date(2026, 11, 1))
    async with running(a_phone(tmp_path, "abm", shg, member), f"/group/{shg.id}") as app:
        await app.see("members-deleted")
        await app.click(f"restore-{member.id}")
        await app.see(f"member-{member.id}")
        await app.gone("members-deleted")


async def test_a_deleted_group_is_found_and_restored(tmp_path):
    shg, other = a_group(name="दुर्गा", deleted_on=date(2026, 11, 1)), a_group()
    member = a_member(shg)
    phone = a_phone(tmp_path, "abm", shg, member, other)
    async with running(phone, "/groups") as app:
        await app.see(f"group-{other.id}")
        assert not app.has(f"group-{shg.id}")
        await app.click("deleted-groups")
        await app.click(f"group-{shg.id}")
        await app.see("group-deleted")
        assert "01-11-2026" in " ".join(app.texts()) and not app.has("add-member")
        await app.click("restore-group")
        await app.see(f"member-{member.id}")
        await app.go("/groups")
        await app.see(f"group-{shg.id}")
        assert app.has(f"group-{other.id}") and not app.has("deleted-groups"), "nothing deleted, no filter"


async def test_whoever_may_not_delete_may_not_restore(tmp_path):
    shg, gone = a_group(), a_group(deleted_on=date(2026, 11, 1))
    member = a_member(shg, deleted_on=date(2026, 11, 1))
    phone = a_phone(tmp_path, "bank_sakhi", shg, gone, member)
    async with running(phone, f"/group/{gone.id}") as app:
        await app.see("group-deleted")
        assert not app.has("restore-group")
        await app.go(f"/group/{shg.id}")
        await app.see("members-none")
        await app.settle(0.3)
        assert not app.has("members-deleted")


async def test_a_group_named_by_a_newer_app_is_listed_and_opened(tmp_path):
    """Unknown values show as words, they break nothing."""
    shg = a_group()
    phone = a_phone(tmp_path)
    receive(phone, shg, group_type="cooperative", meeting_rhythm="each_full_moon", marks=["from_the_future"])
    async with running(phone, "/groups") as app:
        await app.click(f"group-{shg.id}")
        await app.see("group-members")
        assert not app.all("broken-Profile")


def test_the_next_step_is_proposed_to_whoever_may_take_it():
    abm, sakhi = allowed_steps(("abm",)), allowed_steps(("bank_sakhi",))
    assert proposed_step("not_started", abm) == "resolution_passed"
    assert proposed_step("returned", abm) == "submitted"
    assert proposed_step("submitted", abm) is None
    assert proposed_step("submitted", sakhi) == "opened"
    assert proposed_step("opened", sakhi) == "passbook_received"
    assert proposed_step("passbook_received", sakhi) is None
    assert proposed_step("unknown", sakhi) is None
    assert "cancelled" not in sakhi


def test_a_picked_day_is_that_day_wherever_the_phone_stands():
    from datetime import UTC, datetime, timedelta, timezone

    for hours in (-8, 0, 5.5, 11):
        midnight = datetime(2026, 11, 14, tzinfo=timezone(timedelta(hours=hours)))
        assert day_of(midnight.astimezone(UTC)) == date(2026, 11, 14)
    assert day_of(datetime(2026, 11, 14)) == date(2026, 11, 14)


async def test_a_session_that_has_ended_asks_no_more(tmp_path):
    phone = a_phone(tmp_path)
    async with running(phone) as app:
        await app.see("register-group")
        assert phone.store._listeners
    await asyncio.sleep(0.05)
    assert not phone.store._listeners


async def test_what_changed_while_a_browser_was_away_is_drawn_when_it_comes_back(tmp_path):
    phone = a_phone(tmp_path)
    async with running(phone, "/groups") as app:
        await app.see("groups-none")
        connection = app.connection
        await app.session.disconnect(60)
        receive(phone, a_group(name="दुर्गा"))
        await asyncio.sleep(0.3)
        await app.session.connect(connection)
        await app.see_text("दुर्गा")


async def test_who_changed_what_does_not_claim_others_work(tmp_path):
    shg = a_group(name="दुर्गा")
    account = an_account(shg, account_number="942110110001234")
    async with running(a_phone(tmp_path, "abm", shg, account), f"/group/{shg.id}") as app:
        await app.click("tab-history")
        await app.see_text(HINDI.say("history.elsewhere"))
        assert not any("942110110001234" in one for one in app.texts()), "only its end is shown"
        await app.see_text("XXXXXX1234")


async def test_many_changes_at_once_leave_the_app_alive(tmp_path):
    phone = a_phone(tmp_path)
    async with running(phone, "/groups") as app:
        await app.see("register-group")
        threads = [threading.Thread(target=receive, args=(phone, a_group(name=f"G{n:02}"))) for n in range(30)]
        for thread in threads:
            thread.start()
        await asyncio.to_thread(lambda: [thread.join() for thread in threads])
        await app.until(lambda: app.has("groups-count") and app.one("groups-count").value.startswith("30"))


async def test_a_value_that_lost_is_shown_with_its_author_and_can_be_put_back(tmp_path):
    """Law 3: the loser is kept, shown, and can be restored."""
    shg, other = a_group(name="बाद का नाम"), a_person(TREE.block, name="Rekha", name_hi="रेखा")
    kept = Conflict(
        id=an_id(), record_kind="Shg", record_id=shg.id, shg_id=shg.id, field="name", value='"पहले का नाम"',
        losing_stamp=a_stamp(NOW_MS), losing_person_id=other.id, winning_stamp=a_stamp(NOW_MS + 1),
    )  # fmt: skip
    phone = a_phone(tmp_path, "abm", shg, other, kept)
    async with running(phone, f"/group/{shg.id}") as app:
        await app.click("tab-history")
        await app.see_text("पहले का नाम")
        assert HINDI.say("conflicts.keep", person="रेखा") in app.texts()
        await app.click(f"keep-{kept.id}")
        await app.until(lambda: phone.ask(questions.find_shg, id=shg.id)[0].name == "पहले का नाम")


async def test_the_value_that_stands_can_be_kept_and_the_conflict_goes_at_once(tmp_path):
    shg = a_group(name="बाद का नाम")
    kept = Conflict(
        id=an_id(), record_kind="Shg", record_id=shg.id, shg_id=shg.id, field="name", value='"पहले का नाम"',
        losing_stamp=a_stamp(NOW_MS), winning_stamp=a_stamp(NOW_MS + 1),
    )  # fmt: skip
    phone = a_phone(tmp_path, "abm", shg, kept)
    async with running(phone, f"/group/{shg.id}") as app:
        await app.click("tab-history")
        await app.click(f"stands-{kept.id}")
        await app.gone(f"stands-{kept.id}")
    assert phone.ask(questions.find_shg, id=shg.id)[0].name == "बाद का नाम"


async def test_a_closed_conflict_is_not_shown(tmp_path):
    shg = a_group()
    closed = Conflict(
        id=an_id(), record_kind="Shg", record_id=shg.id, shg_id=shg.id, field="name", value='"पहले का नाम"',
        losing_stamp=a_stamp(), winning_stamp=a_stamp(), state="closed",
    )  # fmt: skip
    async with running(a_phone(tmp_path, "abm", shg, closed), f"/group/{shg.id}") as app:
        await app.click("tab-history")
        await app.see_text(HINDI.say("history.elsewhere"))
        assert not any("पहले का नाम" in one for one in app.texts())
