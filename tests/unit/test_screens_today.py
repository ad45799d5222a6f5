"""Today, the lists it opens, and the drafts: each count is that of the list behind it."""

from datetime import date, timedelta

import flet as ft

from records.commands.groups import ChangeGroup, RegisterGroup
from records.conflict import Conflict
from records.workspace import Draft, Mending
from screens import navigation
from screens.drafts import form_of
from screens.parts.times import today as india_today
from screens.words import words_of
from tests.factories import a_member, a_stamp, an_account, an_id, an_shg
from tests.harness import BRANCH, TREE, a_phone, running

HINDI = words_of("hi")
LONG_AGO = india_today() - timedelta(days=40)


def a_group(**changes):
    values = {"village_id": TREE.village.id, "formed_on": LONG_AGO, "declared_members": 12}
    return an_shg(**(values | changes))


def far(**changes):
    """A group of another panchayat, of which an ABM holds the name only."""
    return a_group(village_id=TREE.villages[3].id, **changes)


def a_conflict(shg):
    values = {"record_kind": "Shg", "record_id": shg.id, "shg_id": shg.id, "field": "name", "value": '"x"'}
    return Conflict(id=an_id(), state="open", losing_stamp=a_stamp(), winning_stamp=a_stamp(counter=1), **values)


def opened(shg):
    return an_account(shg, state="opened", branch_id=BRANCH.id)


async def test_nothing_waits_is_said_warmly(tmp_path):
    shg = a_group()
    async with running(a_phone(tmp_path, "abm", shg, opened(shg))) as app:
        await app.see("today-nothing")
        assert HINDI.say("today.nothing") in app.texts()
        assert app.has("register-group") and app.has("sync-strip")


async def test_what_waits_stands_in_order_and_each_line_opens_its_list(tmp_path):
    marked, disputed, few, late = (a_group(name=name) for name in ("निशान", "अलग", "कम", "देर"))
    marked = marked.model_copy(update={"marks": ("few_signatories",)})
    few = few.model_copy(update={"declared_members": 7, "marks": ("too_few_members",)})
    fine = a_group(name="ठीक", formed_on=india_today())
    others = [far(name="दूर", marks=("few_signatories",)), far(name="दूर कम", declared_members=3)]
    accounts = [opened(shg) for shg in (marked, disputed, few)]
    phone = a_phone(tmp_path, "abm", marked, disputed, few, late, fine, *others, *accounts, a_conflict(disputed))
    phone.keep_draft("Shg/new", {"name": "आधा"})
    phone.do(ChangeGroup(late.id, {"remarks": "x"}))
    async with running(phone) as app:
        await app.see("today-overdue")
        await app.see("today-unsent")
        lines = [one.key for one in app.all(cls=ft.Container) if str(one.key or "").startswith("today-")]
        order = ["mending", "overdue", "drafts", "unsent", "too_few", "pending", "formed"]
        assert lines == [f"today-{name}" for name in order]
        assert app.one("words-mending").value == HINDI.say("today.mending", count=2)
        assert app.one("words-pending").value == HINDI.say("today.pending", count=2)
        for line, names in (
            ("mending", {"निशान", "अलग"}),
            ("overdue", {"देर"}),
            ("too_few", {"कम"}),
            ("pending", {"देर", "ठीक"}),
            ("formed", {"ठीक"}),
        ):
            await app.go("/")
            await app.click(f"today-{line}")
            await app.until(lambda names=names: len(app.all(cls=ft.ListTile)) == len(names), line)
            assert {tile.title.value for tile in app.all(cls=ft.ListTile)} == names, line
            await app.until(
                lambda names=names: app.one("groups-count").value == HINDI.say("figure.groups", count=len(names))
            )


async def test_refused_work_heads_the_list_and_its_group_is_among_those_to_mend(tmp_path, monkeypatch):
    shg = a_group()
    phone = a_phone(tmp_path, "abm", shg, opened(shg))
    refused = [Mending("Member", an_id(), shg.id, "सीता", "out_of_reach", None)]
    monkeypatch.setattr(phone, "mending", lambda: refused)
    with phone.store.writing() as t:
        t.connection.exec_driver_sql(
            "INSERT INTO mending VALUES ('Member', ?, ?, 'refused', 'out_of_reach', NULL, 0, 0, '{}')",
            (refused[0].record_id, shg.id),
        )
    async with running(phone) as app:
        await app.see("today-refused")
        assert app.one("words-mending").value == HINDI.say("today.mending", count=1)
        await app.click("today-mending")
        await app.see(f"group-{shg.id}")
        await app.click(f"group-{shg.id}")
        await app.click("see-refused")
        await app.see(f"mending-{refused[0].record_id}")


async def test_the_way_back_leads_to_the_tab_of_before_as_it_was_left(tmp_path):
    groups = [a_group(name=f"समूह {n}") for n in range(3)]
    async with running(a_phone(tmp_path, "abm", *groups), "/groups/overdue") as app:
        await app.fill("search", "1")
        await app.until(lambda: len(app.all(cls=ft.ListTile)) == 1)
        await app.click(f"group-{groups[1].id}")
        await app.see("group-members")
        assert navigation.back_from(app.page) == "/groups/overdue"
        await app.go(f"/group/{groups[1].id}/edit")
        assert navigation.back_from(app.page) == f"/group/{groups[1].id}"
        app.page.on_view_pop(None)
        await app.see("group-members")
        app.page.on_view_pop(None)
        await app.until(lambda: app.has("search") and app.one("search").value == "1")
        assert len(app.all(cls=ft.ListTile)) == 1


async def test_a_bank_sakhis_today_begins_with_her_accounts(tmp_path):
    groups = [a_group(name=f"समूह {n}") for n in range(3)]
    states = ("returned", "form_filled", "opened")
    accounts = [an_account(shg, state=state, branch_id=BRANCH.id) for shg, state in zip(groups, states, strict=True)]
    async with running(a_phone(tmp_path, "bank_sakhi", *groups, *accounts)) as app:
        await app.see("today-blocker-returned")
        await app.see("today-branch")
        assert app.one("count-blocker-to_submit").value == "1"
        assert not app.has("register-group") and not app.has("today-blocker-waiting")
        await app.click("today-blocker-returned")
        await app.see(f"board-{groups[0].id}")
        assert not app.has(f"board-{groups[1].id}")


async def test_a_woman_is_found_and_her_group_opened(tmp_path):
    shg, other = a_group(name="जय अम्बे"), a_group(name="सुनीता समूह")
    member = a_member(shg, name="सुनीता बाई")
    async with running(a_phone(tmp_path, "abm", shg, other, member), "/groups") as app:
        await app.fill("search", "Suneeta bai")
        await app.see(f"woman-{member.id}")
        assert app.has("groups-none-found"), "no group has this name, so women are looked for by themselves"
        await app.fill("search", "Suneeta")
        await app.see(f"group-{other.id}")
        await app.click("filter-women")
        await app.click(f"woman-{member.id}")
        await app.until(lambda: app.one("title").value == "जय अम्बे")


async def test_groups_are_narrowed_by_chips_and_let_go_again(tmp_path):
    mine, away = a_group(name="यहाँ"), far(name="वहाँ")
    async with running(a_phone(tmp_path, "abm", mine, away), "/groups") as app:
        await app.until(lambda: len(app.all(cls=ft.ListTile)) == 2)
        await app.click("filter-mine")
        await app.until(lambda: len(app.all(cls=ft.ListTile)) == 1)
        await app.click("filter-mine")
        await app.until(lambda: len(app.all(cls=ft.ListTile)) == 2)
        await app.click("filter-unsent")
        await app.see("groups-none-needs")


async def test_a_mark_is_one_tap_from_where_it_is_mended(tmp_path):
    marks = ("few_signatories", "too_few_members", "steps_disputed", "woman_in_two_groups")
    shg = a_group(marks=marks)
    async with running(a_phone(tmp_path, "abm", shg), f"/group/{shg.id}") as app:
        await app.click("mend-few_signatories")
        # The form opens at the step of the field, and the field is brought into sight.
        await app.see("step-bearers")
        await app.until(
            lambda: any(
                name == "scroll_to" and "at-president_signs" in str(args) for name, args in app.connection.calls
            ),
            "scrolled to the field",
        )
        await app.go(f"/group/{shg.id}")
        await app.click("mend-steps_disputed")
        await app.see("account-state")
        await app.click("mend-too_few_members")
        await app.see("save-next")
    async with running(a_phone(tmp_path / "sakhi", "bank_sakhi", shg), f"/group/{shg.id}") as app:
        await app.see("mark-too_few_members")
        assert not app.has("mend-too_few_members"), "she may not add members"


async def test_too_many_by_the_number_as_told_is_mended_at_that_number(tmp_path):
    """There are no names yet: no list in which anybody could look for who has left."""
    shg = a_group(marks=("too_many_members",), declared_members=35, roster_count=0)
    async with running(a_phone(tmp_path, "abm", shg), f"/group/{shg.id}") as app:
        await app.see_text(HINDI.say("group.told_too_many"))
        await app.click("mend-too_many_members")
        await app.see("field-declared_members")
    named = a_group(marks=("too_many_members",), roster_count=21)
    async with running(a_phone(tmp_path / "named", "abm", named), f"/group/{named.id}") as app:
        await app.see_text(HINDI.mark_remedy("too_many_members"))


# --- drafts


async def test_a_draft_is_opened_where_it_was_left_or_removed(tmp_path):
    shg = a_group(name="जय अम्बे")
    phone = a_phone(tmp_path, "abm", shg)
    phone.keep_draft("Shg/new", {"name": "आधा नाम"})
    phone.keep_draft(f"Member/new/{shg.id}", {"name": "सीता"})
    async with running(phone, "/drafts") as app:
        await app.see_text(HINDI.say("drafts.new_member", group="जय अम्बे"))
        await app.click(f"drop-Member/new/{shg.id}")
        await app.click("drop-yes")
        await app.gone(f"draft-Member/new/{shg.id}")
        assert phone.draft(f"Member/new/{shg.id}") is None
        await app.click("draft-Shg/new")
        await app.until(lambda: app.one("field-name").value == "आधा नाम")


def test_every_form_of_the_app_is_found_by_its_draft(tmp_path):
    shg = a_group(name="जय अम्बे")
    member = a_member(shg, name="सीता")
    phone = a_phone(tmp_path, "abm", shg, member)
    for key, address, about in (
        ("Shg/new", "/new", "आधा"),
        (f"Shg/{shg.id}", f"/group/{shg.id}/edit", "जय अम्बे"),
        (f"Member/new/{shg.id}", f"/group/{shg.id}/member/new", "जय अम्बे"),
        (f"Member/{member.id}", f"/group/{shg.id}/member/{member.id}", "सीता"),
        (f"AccountStep/{shg.id}", f"/group/{shg.id}/step", "जय अम्बे"),
        (f"AccountStep/signatories/{shg.id}", f"/group/{shg.id}/signatories", "जय अम्बे"),
        (f"SavingsAccount/{shg.id}", f"/group/{shg.id}/account", "जय अम्बे"),
        ("Newer/thing", None, ""),
    ):
        form = form_of(phone, Draft(key, {"name": "आधा"}, 0))
        assert (form.address, form.about) == (address, about), key


async def test_a_group_just_registered_counts_at_once(tmp_path):
    phone = a_phone(tmp_path, "abm")
    async with running(phone) as app:
        await app.see("today-no-groups")
        values = {"village_id": TREE.village.id, "name": "नया", "formed_on": date.today().replace(day=1)}
        phone.do(RegisterGroup(values))
        await app.see("today-formed")
