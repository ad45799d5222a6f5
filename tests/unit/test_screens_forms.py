"""Forms as people meet them: kept while being typed, refused at the field, held to what the role may do."""

import json
from dataclasses import replace
from datetime import date
from typing import Annotated

import pytest

from records.access import Reach
from records.fields import Choice, Text
from records.ids import official_id
from records.kinds import KINDS, Kind
from records.member import Member
from records.parts import PARTS
from records.shg import Shg
from screens import questions
from screens.filling import form_fields
from screens.guarding import part
from screens.parts.times import today
from screens.record_form import RecordForm
from screens.words import words_of
from storage.identity import capacity_of, keep_capacity
from tests.factories import a_member, an_account, an_shg
from tests.harness import BRANCH, TREE, a_phone, receive, running, showing

HINDI = words_of("hi")
VILLAGE = TREE.village


def a_group(**changes):
    return an_shg(**({"village_id": VILLAGE.id} | changes))


def the_groups(phone):
    return phone.ask(questions.list_groups)


async def fill_new_group(app, name="जय अम्बे"):
    await app.click("field-village_id")
    await app.click(f"choose-{VILLAGE.id}")
    await app.fill("field-name", name)
    await app.fill("field-formed_on", "१४-११-२०२६")


async def test_a_group_is_registered_and_its_page_opens(tmp_path):
    phone = a_phone(tmp_path)
    async with running(phone, "/new") as app:
        await fill_new_group(app)
        await app.fill("field-declared_members", "१२")
        await app.click("meeting_rhythm-weekly")
        await app.click("save")
        await app.see("group-members")
        assert app.page.route.startswith("/group/")
        assert any(one.value == HINDI.say("saved.now") for one in app.all("told"))
    (row,) = the_groups(phone)
    shg = phone.ask(questions.find_shg, id=row.id)[0]
    assert (shg.name, shg.formed_on, shg.declared_members) == ("जय अम्बे", date(2026, 11, 14), 12)
    assert (shg.meeting_rhythm, shg.village_id) == ("weekly", VILLAGE.id)
    assert shg.formed_by_id == official_id("demo/person", "abm")
    assert phone.draft("Shg/new") is None, "what is saved is no draft any more"


async def test_village_and_rhythm_are_offered_again_for_the_next_group(tmp_path):
    phone = a_phone(tmp_path)
    async with running(phone, "/new") as app:
        await fill_new_group(app)
        await app.click("meeting_rhythm-monthly")
        await app.click("save")
        await app.see("group-members")
        await app.until(lambda: "monthly" in (phone.setting("last.meeting_rhythm") or ""))
        await app.go("/new")
        await app.until(lambda: app.has("value-village_id") and app.one("value-village_id").value == VILLAGE.name)


async def test_a_village_is_chosen_within_her_panchayats(tmp_path):
    own, other = TREE.villages[1], TREE.villages[2]
    for role, sees in (("abm", False), ("supervisor", True)):
        async with running(a_phone(tmp_path / role, role), "/new") as app:
            await app.click("field-village_id")
            await app.see(f"choose-{own.id}")
            assert app.has(f"choose-{other.id}") is sees, role


async def test_a_group_is_moved_within_her_panchayats(tmp_path):
    shg = a_group()
    async with running(a_phone(tmp_path, "abm", shg), f"/group/{shg.id}/edit") as app:
        await app.click("field-village_id")
        await app.see(f"choose-{TREE.villages[1].id}")
        assert not app.has(f"choose-{TREE.villages[2].id}")


async def test_an_abm_without_a_panchayat_is_told_why_there_is_no_village(tmp_path):
    phone = a_phone(tmp_path)
    reassign(phone, Reach("abm"))
    async with running(phone, "/new") as app:
        await app.click("field-village_id")
        await app.see("choose-no-panchayats")


async def test_the_last_village_is_not_offered_when_it_is_no_longer_hers(tmp_path):
    phone = a_phone(tmp_path)
    phone.keep_setting("last.village_id", json.dumps([VILLAGE.id, today().isoformat()]))
    reassign(phone, Reach("abm", frozenset({TREE.panchayats[1].id})))
    async with running(phone, "/new") as app:
        await app.until(
            lambda: app.has("value-village_id") and HINDI.say("do.select") in app.one("value-village_id").value
        )


async def test_a_form_stays_open_when_her_panchayats_change_and_offers_the_new_ones(tmp_path):
    phone = a_phone(tmp_path)
    async with running(phone, "/new") as app:
        await app.fill("field-name", "जय")
        reassign(phone, Reach("abm", frozenset({TREE.panchayats[1].id})))
        await app.settle(0.3)
        assert app.one("field-name").value == "जय" and not app.has("draft-restored")
        await app.click("field-village_id")
        await app.see(f"choose-{TREE.villages[2].id}")
        assert not app.has(f"choose-{VILLAGE.id}")


def reassign(phone, *reaches):
    """The centre says that she works elsewhere now."""
    with phone.store.writing() as t:
        keep_capacity(t, replace(capacity_of(t.meta), reaches=reaches))


async def test_a_form_half_filled_is_there_again_after_the_process_was_killed(tmp_path):
    phone = a_phone(tmp_path)
    async with running(phone, "/new") as app:
        await fill_new_group(app, "आधा ना")
        await app.until(lambda: (d := phone.draft("Shg/new")) and d.values.get("formed_on"), "the draft")
        promised = phone.draft("Shg/new").values["_id"]
        # No way back, no save: the process is gone between two keys.
    phone.store.close()

    again = a_phone(tmp_path)
    async with running(again, "/new") as app:
        await app.see("draft-restored")
        assert app.one("field-name").value == "आधा ना"
        assert app.one("field-formed_on").value == "१४-११-२०२६"
        await app.fill("field-name", "आधा नाम")
        await app.click("save")
        await app.see("group-members")
    (row,) = the_groups(again)
    assert row.id == promised, "a form sent twice would make one group"


async def test_the_way_back_discards_nothing(tmp_path):
    phone = a_phone(tmp_path)
    async with running(phone, "/new") as app:
        await app.fill("field-name", "जय")
        await app.go("/")
        await app.see("register-group")
        await app.until(lambda: phone.draft("Shg/new"), "the draft")
        await app.click("register-group")
        await app.until(lambda: app.has("field-name") and app.one("field-name").value == "जय")
        await app.click("draft-discard")
        await app.until(lambda: app.one("field-name").value == "")
        assert phone.draft("Shg/new") is None
        assert not app.has("draft-restored")


async def test_opening_a_form_and_typing_nothing_keeps_no_draft(tmp_path):
    phone = a_phone(tmp_path)
    async with running(phone, "/new") as app:
        await app.see("field-name")
        await app.go("/")
        await app.settle(0.4)
    assert not phone.drafts()


async def test_what_is_missing_is_said_at_the_field(tmp_path):
    async with running(a_phone(tmp_path), "/new") as app:
        await app.click("save")
        required = HINDI.problem("required")
        await app.until(lambda: app.one("field-name").error == required)
        assert app.one("error-village_id").value == required
        assert app.has("form-errors")
        await app.fill("field-name", "जय")
        assert app.one("field-name").error is None


async def test_a_refusal_of_the_command_stands_at_its_field(tmp_path):
    phone = a_phone(tmp_path)
    async with running(phone, "/new") as app:
        await fill_new_group(app)
        await app.click("step-origin")
        await app.click("origin-revived")
        await app.click("save")
        await app.until(lambda: app.one("field-restarted_on").error == HINDI.problem("restart_day_needed"))
        await app.fill("field-restarted_on", "01-01-2020")
        await app.click("save")
        await app.until(lambda: app.one("field-restarted_on").error == HINDI.problem("before_formation"))
    assert not the_groups(phone)


async def test_an_aadhaar_number_is_named_and_struck(tmp_path):
    phone = a_phone(tmp_path)
    async with running(phone, "/new") as app:
        await fill_new_group(app, "जय अम्बे 2341 2341 2346")
        await app.click("save")
        await app.until(lambda: app.one("field-name").error == HINDI.problem("holds_aadhaar"))
        assert "234123412346" in app.one("aadhaar-name").value
        draft = await app.until(lambda: phone.draft("Shg/new"), "the draft")
        assert "2341 2341" not in str(draft.values), "not even in a draft"
        await app.click("strike-name")
        await app.until(lambda: app.one("field-name").value == "जय अम्बे")
        await app.click("save")
        await app.see("group-members")


async def test_members_follow_one_another_without_leaving_the_keyboard(tmp_path):
    shg = a_group()
    phone = a_phone(tmp_path, "abm", shg)
    async with running(phone, f"/group/{shg.id}/member/new") as app:
        for name in ("क्षमा", "सुशीला", "फूलमती"):
            await app.fill("field-name", name)
            await app.fill("field-age", "३४")
            await app.event(await app.see("field-mobile"), "submit")
            await app.until(lambda name=name: app.has("member-added") and name in app.one("member-added").value)
            await app.until(lambda: app.one("field-name").value == "")
        assert app.connection.calls[-1][0] == "focus", "the keyboard stays, in the name field"
        await app.until(lambda: "3" in app.one("members-so-far").value)
    rows = phone.ask(questions.list_members, shg_id=shg.id)
    assert {row.name for row in rows} == {"क्षमा", "सुशीला", "फूलमती"}
    assert {row.joined_on for row in rows} == {shg.formed_on}
    assert phone.draft(f"Member/new/{shg.id}") is None


async def test_a_tap_from_before_the_form_was_emptied_adds_no_second_member(tmp_path):
    shg = a_group()
    phone = a_phone(tmp_path, "abm", shg)
    async with running(phone, f"/group/{shg.id}/member/new") as app:
        await app.fill("field-name", "क्षमा")
        as_drawn = (await app.see("save-next")).on_click
        await app.click("save-next")
        await app.see("member-added")
        await as_drawn(None)
    assert [row.name for row in phone.ask(questions.list_members, shg_id=shg.id)] == ["क्षमा"]


async def test_what_is_wrong_is_brought_into_sight_with_what_is_said_about_it(tmp_path):
    shg = a_group()
    async with running(a_phone(tmp_path, "abm", shg), f"/group/{shg.id}/member/new") as app:
        await app.fill("field-name", "सीता देवी")
        await app.fill("field-mobile", "98765432")
        await app.click("save-next")
        await app.see_text(HINDI.problem("not_a_mobile"))
        await app.until(
            lambda: any(name == "scroll_to" and "at-mobile" in str(args) for name, args in app.connection.calls),
            "scrolled so that the sentence below the field is seen",
        )


@pytest.mark.parametrize(("answer", "consents"), [("yes", True), ("no", False)])
async def test_consent_is_noted_where_it_is_read_aloud(tmp_path, answer, consents):
    shg = a_group()
    phone = a_phone(tmp_path, "abm", shg)
    async with running(phone, f"/group/{shg.id}/member/new") as app:
        await app.fill("field-name", "क्षमा")
        await app.click("consent")
        await app.see_text(HINDI.say("members.consent"))
        await app.click(f"consent-{answer}")
        await app.see("consent-said")
        await app.click("save-next")
        await app.see("member-added")
        await app.gone("consent-said")
    (row,) = phone.ask(questions.list_members, shg_id=shg.id)
    assert phone.ask(questions.find_member, id=row.id)[0].consented is consents


async def test_enter_goes_to_the_next_field(tmp_path):
    shg = a_group()
    async with running(a_phone(tmp_path, "abm", shg), f"/group/{shg.id}/member/new") as app:
        await app.fill("field-name", "क्षमा")
        before = len(app.connection.calls)
        await app.event(app.one("field-name"), "submit")
        await app.until(lambda: any(name == "focus" for name, _ in app.connection.calls[before:]))
        assert app.one("field-name").value == "क्षमा"


async def test_what_a_role_may_not_change_is_shown_with_a_lock(tmp_path):
    shg = a_group(name="माँ शारदा")
    async with running(a_phone(tmp_path, "bank_sakhi", shg), f"/group/{shg.id}/edit") as app:
        await app.see("president_signs-true")
        await app.click("step-group")
        await app.until(lambda: app.has("shown-name") and app.one("shown-name").value == "माँ शारदा")
        assert not app.has("field-name")
        await app.click("step-contact")
        await app.see("field-mobile")
        await app.fill("field-mobile", "9876543210")
        await app.click("save")
        await app.see("group-members")


async def test_a_choice_of_a_newer_app_is_shown_and_not_sent(tmp_path):
    shg = a_group()
    phone = a_phone(tmp_path)
    receive(phone, shg, meeting_rhythm="each_full_moon")
    async with running(phone, f"/group/{shg.id}/edit") as app:
        await app.until(lambda: app.has("shown-meeting_rhythm"))
        assert app.one("shown-meeting_rhythm").value == HINDI.say("value.newer")
        await app.fill("field-name", "नया नाम")
        await app.click("save")
        await app.see("group-members")
    stands = phone.ask(questions.find_shg, id=shg.id)[0]
    assert (stands.name, stands.meeting_rhythm) == ("नया नाम", "each_full_moon")


async def test_a_new_field_of_a_record_class_is_in_the_form(tmp_path):
    class GrownShg(Shg):
        ward: Text | None = None
        roof: Annotated[str, Choice("tin", "tile")] | None = None

    GrownShg.__name__ = "Shg"
    registry = KINDS.replaced(Kind("Shg", GrownShg, KINDS["Shg"].streams, "group", ("name",)))
    phone = a_phone(tmp_path, "abm", registry=registry)

    @part
    def Form():
        return RecordForm(
            fields=form_fields(GrownShg), draft_key="x", command=lambda values, id: None, saved=lambda done: None
        )

    async with showing(phone, Form) as app:
        await app.see("field-ward")
        assert app.has("roof-tin") and app.has("roof-tile")


async def test_every_offered_field_has_a_control(tmp_path):
    """No field is left out of a form because no control fits it."""
    for cls in (Shg, Member):

        @part
        def Form(cls=cls):
            return RecordForm(
                fields=form_fields(cls), draft_key="x", command=lambda values, id: None, saved=lambda done: None
            )

        folder = tmp_path / cls.__name__
        async with showing(a_phone(folder), Form) as app:
            await app.see("save")
            for one in form_fields(cls):
                if (cls.__name__, one.name) in PARTS:
                    continue  # asked for with its answer only: the test after this one
                choices = [f"{one.name}-{option}" for option in (*one.spec.choices, "true")]
                shown = [f"field-{one.name}", f"shown-{one.name}", *choices]
                assert any(app.has(key) for key in shown), f"{cls.__name__}.{one.name} has no control"


async def test_a_step_is_proposed_and_recorded(tmp_path):
    shg = a_group()
    phone = a_phone(tmp_path, "abm", shg)
    async with running(phone, f"/group/{shg.id}/step") as app:
        await app.see("kind-resolution_passed")
        assert app.one("field-on_day").value, "today is filled in"
        assert not app.has("kind-opened"), "an ABM hands over at the bank's counter"
        assert not app.has("field-account_number")
        await app.click("save")
        await app.click("tab-account")
        await app.until(lambda: app.has("account-state"))
        await app.until(lambda: app.one("account-state").value == HINDI.say("state.resolution_passed"))
        await app.go(f"/group/{shg.id}/step")
        await app.see("kind-kyc_collected")
        await app.click("kind-submitted")
        await app.click("field-branch_id")
        await app.click(f"choose-{BRANCH.id}")
        await app.click("save")
        await app.see("tab-account")
    account = phone.ask(questions.find_account, shg_id=shg.id)[0]
    assert (account.state, account.branch_id) == ("submitted", BRANCH.id)


async def test_a_branch_that_is_not_in_the_list_is_typed(tmp_path):
    shg = a_group()
    phone = a_phone(tmp_path, "abm", shg)
    async with running(phone, f"/group/{shg.id}/account") as app:
        await app.click("type-branch")
        await app.fill("field-typed_bank", "पंजाब नेशनल बैंक")
        await app.fill("field-typed_branch", "विलायत कलाँ")
        await app.fill("field-typed_ifsc", "punb 0123456")
        assert not app.has("field-branch_id")
        await app.click("save")
        await app.see("tab-account")
    account = phone.ask(questions.find_account, shg_id=shg.id)[0]
    assert (account.typed_ifsc, account.branch_id) == ("PUNB0123456", None)


async def test_a_return_needs_its_reason(tmp_path):
    shg = a_group()
    phone = a_phone(tmp_path, "bank_sakhi", shg, an_account(shg, branch_id=BRANCH.id))
    async with running(phone, f"/group/{shg.id}/step") as app:
        await app.see("kind-returned")
        assert not app.has("reason-come_later")
        await app.click("kind-returned")
        await app.click("save")
        await app.until(lambda: app.has("error-reason"))
        await app.click("reason-photo_or_seal_missing")
        await app.click("save")
        await app.see("tab-account")
    (step,) = phone.ask(questions.list_steps, account_id=phone.ask(questions.find_account, shg_id=shg.id)[0].id)
    assert (step.kind, step.reason) == ("returned", "photo_or_seal_missing")


async def test_the_number_is_typed_twice_when_the_account_is_opened(tmp_path):
    shg = a_group()
    phone = a_phone(tmp_path, "bank_sakhi", shg, an_account(shg, branch_id=BRANCH.id))
    async with running(phone, f"/group/{shg.id}/step") as app:
        await app.click("kind-opened")
        await app.fill("field-account_number", "942110110001234")
        await app.fill("field-account_number_again", "942110110001243")
        await app.click("save")
        wanted = HINDI.problem("number_not_repeated")
        await app.until(lambda: app.one("field-account_number_again").error == wanted)
        await app.fill("field-account_number_again", "942110110001234")
        await app.click("save")
        await app.see("tab-account")
    account = phone.ask(questions.find_account, shg_id=shg.id)[0]
    assert (account.account_number, account.state) == ("942110110001234", "opened")
    assert account.opened_on is not None


async def test_a_member_is_corrected_and_only_what_differs_is_written(tmp_path):
    shg = a_group()
    member = a_member(shg, name="Sunita", age=34)
    phone = a_phone(tmp_path, "abm", shg, member)
    async with running(phone, f"/group/{shg.id}/member/{member.id}") as app:
        await app.fill("field-age", "35")
        await app.click("save")
        await app.see("tab-members")
    assert [past.field for past in phone.history(member.id) if past.state == "waiting"] == ["age_on", "age"]


async def test_saving_a_form_untouched_changes_nothing(tmp_path):
    shg = a_group()
    phone = a_phone(tmp_path, "abm", shg)
    async with running(phone, f"/group/{shg.id}/edit") as app:
        await app.click("save")
        await app.see("group-members")
        await app.until(lambda: app.all("told"))
        assert app.one("told").value == HINDI.say("form.unchanged")
    assert phone.sync_status().waiting == 0
