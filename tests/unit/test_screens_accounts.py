"""The branch day board: by what blocks, what is needed, many steps in a row, several at once, and a list to share."""

import asyncio
from datetime import timedelta

import flet as ft

from records.commands.accounts import RecordStep
from records.problems import Refusal, Refused
from records.written import show_day
from screens import questions
from screens.accounts import shared_text
from screens.accounts_many import record_many
from screens.context import Here
from screens.parts.times import today as india_today
from screens.words import words_of
from tests.factories import a_branch, a_member, a_step, an_account, an_id, an_shg
from tests.harness import BRANCH, TREE, StillServices, a_phone, running

HINDI = words_of("hi")
DAY = india_today()


def a_group(name, days, **changes):
    return an_shg(name=name, village_id=TREE.village.id, formed_on=DAY - timedelta(days=days), **changes)


def a_board(folder, role="bank_sakhi", more=()):
    """Three groups: returned for its photos, to be handed in, not begun."""
    groups = [a_group("पुराना", 30), a_group("बीच", 20), a_group("नया", 2)]
    accounts = [an_account(shg, state=state, branch_id=BRANCH.id) for shg, state in
                zip(groups, ("returned", "form_filled"), strict=False)]  # fmt: skip
    steps = [
        a_step(accounts[0], "returned", reason="photo_or_seal_missing", on_day=DAY - timedelta(days=4)),
        a_step(accounts[1], "form_filled", on_day=DAY - timedelta(days=3)),
    ]
    return groups, a_phone(folder, role, *groups, *accounts, *steps, *more)


async def test_the_board_tells_age_reason_and_what_is_needed(tmp_path):
    groups, phone = a_board(tmp_path)
    async with running(phone, "/accounts") as app:
        await app.see(f"board-{groups[0].id}")
        assert app.one(f"state-{groups[0].id}").value == (
            f"{HINDI.say('accounts.returned_because', reason=HINDI.reason('photo_or_seal_missing'))}"
            f" · {HINDI.say('figure.days', count=4)}"
        )
        assert HINDI.say("need.photos") in app.one(f"needs-{groups[0].id}").value
        assert any(HINDI.say("figure.pending_days", count=30) in text for text in app.texts())
        await app.see_text(f"{HINDI.say('blocker.all')} 3")
        await app.see_text(f"{HINDI.say('blocker.returned')} 1")
        await app.click("blocker-to_submit")
        await app.gone(f"board-{groups[0].id}")
        await app.see(f"board-{groups[1].id}")
        await app.click("blocker-to_submit")
        await app.see(f"board-{groups[0].id}")


async def test_the_chosen_chip_stands_in_sight(tmp_path):
    _groups, phone = a_board(tmp_path)
    async with running(phone, "/accounts") as app:
        await app.click("blocker-not_begun")
        words = [f"{HINDI.say(f'blocker.{name}')} {count}" for name, count in (("all", 3), ("not_begun", 1))]
        await app.until(lambda: [text for text in app.texts() if HINDI.say("blocker.all") in text or
                                 text.startswith(HINDI.say("blocker.not_begun"))] == words)  # fmt: skip
        assert app.texts().index(words[1]) == app.texts().index(words[0]) + 1


async def test_a_step_is_two_taps_from_the_board_and_leads_back_to_it(tmp_path):
    groups, phone = a_board(tmp_path)
    async with running(phone, "/accounts") as app:
        await app.click("blocker-to_submit")
        await app.click(f"step-{groups[1].id}")
        await app.see("step-group")
        await app.click("save")
        await app.see("board-none")
        assert phone.ask(questions.find_account, shg_id=groups[1].id)[0].state == "submitted"
        assert app.has("blocker-waiting"), "the same board, with the next ones"


async def tapped_twice(app, key):
    """Both taps are there before the first has been drawn, as on a phone that is busy."""
    button = await app.see(key)
    await asyncio.gather(*(app.session.dispatch_event(button._i, "click", None) for _ in range(2)))
    await app.settle()


def steps_of(phone, shg):
    (account,) = phone.ask(questions.find_account, shg_id=shg.id)
    return [row.kind for row in phone.ask(questions.list_steps, account_id=account.id)]


async def test_save_tapped_twice_records_one_step(tmp_path):
    groups, phone = a_board(tmp_path)
    async with running(phone, "/accounts") as app:
        await app.click("blocker-to_submit")
        await app.click(f"step-{groups[1].id}")
        await app.see("step-group")
        await tapped_twice(app, "save")
        await app.see("board-none")
        assert steps_of(phone, groups[1]).count("submitted") == 1


async def test_a_form_that_is_on_its_way_out_saves_nothing_more(tmp_path, monkeypatch):
    groups, phone = a_board(tmp_path)
    async with running(phone, f"/accounts/step/{groups[1].id}") as app:
        save, led = await app.see("save"), []
        # A client that takes its time to show where it is led.
        monkeypatch.setattr(ft.Page, "navigate", lambda page, route: led.append(route))
        for _ in range(3):
            await app.event(save, "click")
        assert steps_of(phone, groups[1]).count("submitted") == 1 == len(led)


async def test_record_tapped_twice_for_several_groups_records_one_step_each(tmp_path):
    groups, phone = a_board(tmp_path)
    async with running(phone, "/accounts") as app:
        await app.click("pick-many")
        await app.click(f"board-{groups[1].id}")
        await app.click(f"board-{groups[2].id}")
        await app.click("record-many")
        await app.click("many-submitted")
        await tapped_twice(app, "many-record")
        await app.gone("many-count")
        assert [steps_of(phone, shg).count("submitted") for shg in groups[1:]] == [1, 1]


async def test_several_groups_take_one_step_on_one_day(tmp_path):
    groups, phone = a_board(tmp_path)
    async with running(phone, "/accounts") as app:
        await app.click("pick-many")
        await app.click(f"board-{groups[1].id}")
        await app.click(f"board-{groups[2].id}")
        await app.click("record-many")
        await app.click("many-record")
        await app.see("error-kind")
        await app.click("many-submitted")
        await app.fill("many-day", show_day(DAY - timedelta(days=1)))
        await app.click("many-record")
        await app.gone("many-count")
        states = [phone.ask(questions.find_account, shg_id=shg.id)[0] for shg in groups[1:]]
        assert [account.state for account in states] == ["submitted", "submitted"]
        assert [account.submitted_on for account in states] == [DAY - timedelta(days=1)] * 2
        assert states[1].branch_id == BRANCH.id, "the branch on whose board it was recorded"
        await app.see("pick-many")


async def test_one_group_that_refuses_keeps_none_back_and_is_named(tmp_path):
    groups, phone = a_board(tmp_path)
    unknown = an_id()
    steps = {id: an_id() for id in (groups[0].id, unknown, groups[1].id)}
    for _ in range(2):
        told = record_many(phone, steps, "submitted", DAY, None, BRANCH.id)
        assert (told.done, told.refused, told.left) == (2, (("", "unknown_record"),), (unknown,))
    assert steps_of(phone, groups[0]).count("submitted") == 1, "the same form once more records nothing more"
    told = record_many(phone, {groups[2].id: an_id()}, "submitted", DAY + timedelta(days=2), None, None)
    assert (told.done, told.refused) == (0, (("नया", "day_in_future"),))


async def test_those_that_were_recorded_are_not_recorded_again_with_the_others(tmp_path):
    groups, phone = a_board(tmp_path)
    async with running(phone, "/accounts") as app:
        await app.click("pick-many")
        await app.click(f"board-{groups[1].id}")
        await app.click(f"board-{groups[2].id}")
        await app.click("record-many")
        await app.click("many-submitted")
        do, refusing = phone.do, [groups[2].id]

        def refuse_one(command):
            if getattr(command, "shg_id", None) in refusing:
                raise Refused([Refusal("out_of_reach", None, "AccountStep")])
            return do(command)

        phone.do = refuse_one
        await app.click("many-record")
        await app.see("many-refused")
        await app.until(lambda: app.one("many-count").value == HINDI.say("figure.groups", count=1))
        refusing.clear()
        await app.fill("many-day", show_day(DAY - timedelta(days=1)))
        await app.click("many-record")
        await app.gone("many-count")
        assert [steps_of(phone, shg).count("submitted") for shg in groups[1:]] == [1, 1]


async def test_a_returned_step_for_several_wants_its_reason(tmp_path):
    groups, phone = a_board(tmp_path)
    async with running(phone, "/accounts") as app:
        await app.click("pick-many")
        await app.click(f"board-{groups[1].id}")
        await app.click("record-many")
        await app.click("many-returned")
        await app.click("many-record")
        await app.see("error-reason")
        await app.click("many-reason-come_later")
        await app.click("many-record")
        await app.until(lambda: phone.ask(questions.find_account, shg_id=groups[1].id)[0].state == "returned")


async def test_the_shared_list_names_no_member_no_telephone_and_no_number(tmp_path):
    president = an_id()
    shg = a_group("जय अम्बे", 9, mobile="9876543210", president_id=president, remarks="गुप्त")
    member = a_member(shg, id=president, name="सीता बाई", mobile="9876500000", guardian_name="रामलाल")
    account = an_account(shg, state="submitted", branch_id=BRANCH.id, account_number="942110110001234")
    step = a_step(account, "submitted", note="मैनेजर मोहन से मिलें")
    phone = a_phone(tmp_path, "bank_sakhi", shg, member, account, step)
    services = StillServices()
    async with running(phone, "/accounts", services) as app:
        await app.see(f"board-{shg.id}")
        await app.click("share-list")
        await app.until(lambda: services.shared)
    (text,) = services.shared
    assert "जय अम्बे" in text and HINDI.say("state.submitted") in text and "9" in text
    for secret in ("सीता", "रामलाल", "9876543210", "9876500000", "942110110001234", "1234", "गुप्त", "मोहन"):
        assert secret not in text, secret


def test_a_shared_list_can_be_empty(tmp_path):
    h = Here(a_phone(tmp_path), StillServices(), HINDI, lambda _: None)
    assert shared_text(h, "शाखा", [], DAY).startswith("शाखा")


async def test_the_branch_is_chosen_and_remembered(tmp_path):
    second = a_branch(TREE.block, name="Rithi", name_hi="रीठी")
    other = a_group("दूसरी", 5)
    groups, phone = a_board(
        tmp_path, "supervisor", (second, other, an_account(other, branch_id=second.id, state="submitted"))
    )
    async with running(phone, "/accounts") as app:
        await app.see(f"board-{other.id}")
        await app.see(f"board-{groups[0].id}")
        await app.click("field-branch")
        await app.click(f"branch-{second.id}")
        await app.gone(f"board-{groups[0].id}")
        await app.see(f"board-{other.id}")
    async with running(phone, "/accounts") as app:
        await app.see(f"board-{other.id}")
        assert not app.has(f"board-{groups[0].id}")


async def test_an_abm_sees_the_accounts_of_her_own_groups_by_age(tmp_path):
    far = an_shg(name="दूर", village_id=TREE.villages[3].id, formed_on=DAY - timedelta(days=50))
    groups, phone = a_board(tmp_path, "abm", (far,))
    async with running(phone, "/accounts") as app:
        await app.see(f"board-{groups[0].id}")
        boards = [key for one in app.controls() if str(key := getattr(one, "key", "") or "").startswith("board-0")]
        assert list(dict.fromkeys(boards)) == [f"board-{shg.id}" for shg in groups], "the oldest first, hers only"
        assert not app.has("field-branch")


async def test_a_step_recorded_elsewhere_moves_the_group(tmp_path):
    groups, phone = a_board(tmp_path)
    async with running(phone, "/accounts/to_submit") as app:
        await app.see(f"board-{groups[1].id}")
        phone.do(RecordStep(groups[1].id, "submitted", DAY))
        await app.see("board-none")
