"""Groups that were said to be one: the joined one says so and offers no deed, the other one leads to it."""

import pytest

from records.figures import Yardstick
from screens.words import words_of
from storage.queries import count_groups, tally
from tests.factories import a_member, a_step, an_account, an_shg
from tests.harness import TREE, a_phone, running

HINDI = words_of("hi", strict=True)
STANDS = an_shg(village_id=TREE.village.id, name="नर्मदा समूह", roster_count=0)
AGAIN = an_shg(
    village_id=TREE.village.id,
    name="Narmada Samuh",
    same_as=STANDS.id,
    canonical_id=STANDS.id,
    roster_count=1,
    marks=("two_offices", "too_few_members"),
)
SITA = a_member(AGAIN, name="सीता बाई")
ACCOUNT = an_account(AGAIN, state="submitted")
STEP = a_step(ACCOUNT)
DEEDS = ("edit-group", "add-member", "record-step", "edit-account", "mend-two_offices", f"cancel-{STEP.id}")


@pytest.fixture(params=["abm", "supervisor"])
def phone(request, tmp_path):
    return a_phone(tmp_path, request.param, STANDS, AGAIN, SITA, ACCOUNT, STEP)


@pytest.mark.parametrize("width", [360, 1280])
async def test_a_joined_group_says_to_which_and_offers_no_deed(phone, width):
    async with running(phone, f"/group/{AGAIN.id}", width=width) as app:
        await app.see("group-joined")
        await app.see_text(HINDI.say("group.joined", name=STANDS.name))
        await app.see(f"member-{SITA.id}")
        assert not any(app.has(key) for key in DEEDS)
        await app.click("tab-account")
        await app.see(f"step-{STEP.id}")
        assert not any(app.has(key) for key in DEEDS) and not app.has("account-pending")
        await app.click("open-joined")
        await app.until(lambda: app.page.route == f"/group/{STANDS.id}")
        await app.see("record-step")


async def test_the_group_that_stands_leads_to_the_joined_one_and_keeps_its_deeds(phone):
    async with running(phone, f"/group/{STANDS.id}") as app:
        await app.click(f"joined-{AGAIN.id}")
        await app.see("group-joined")
        # A woman of hers can be moved to where she counts.
        await app.click(f"member-{SITA.id}")
        await app.see("move-member")


async def test_a_joined_group_is_listed_only_in_a_search_and_marked_there(phone):
    async with running(phone, "/groups") as app:
        await app.see(f"group-{STANDS.id}")
        assert not app.has(f"group-{AGAIN.id}")
        await app.until(lambda: app.one("groups-count").value == HINDI.say("figure.groups", count=1))
        await app.fill("search", "Narmada")
        await app.see(f"group-{AGAIN.id}")
        await app.see_text(HINDI.say("group.was_joined"))


async def test_beside_the_list_a_joined_group_offers_no_deed_either(phone):
    async with running(phone, "/groups", width=1280) as app:
        await app.fill("search", "Narmada")
        await app.click(f"group-{AGAIN.id}")
        await app.see("group-joined")
        assert not any(app.has(key) for key in DEEDS)


async def test_a_joined_group_is_not_offered_as_a_double_nor_to_move_a_member_to(phone):
    async with running(phone, "/new") as app:
        await app.click("field-village_id")
        await app.click(f"choose-{TREE.village.id}")
        await app.fill("field-name", "नर्मदा")
        await app.see("doubles-look-0")
        assert not app.has("doubles-look-1")
        assert any(STANDS.name in text for text in app.texts())


async def test_where_the_group_that_stands_is_not_here_that_is_said(tmp_path):
    alone = AGAIN.model_copy(update={"canonical_id": "0" * 32, "same_as": "0" * 32})
    async with running(a_phone(tmp_path, "supervisor", alone), f"/group/{alone.id}") as app:
        await app.see_text(HINDI.say("group.joined_elsewhere"))
        assert not app.has("open-joined") and not any(app.has(key) for key in DEEDS)


def test_the_list_counts_as_the_figures_do(phone):
    (figures,) = phone.ask(tally, measure=Yardstick(STANDS.formed_on))
    assert phone.ask(count_groups)[0].count == figures.groups == 1
