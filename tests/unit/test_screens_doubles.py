"""The question about doubles in the forms: it comes while typing, opens the other, and keeps silent when told to."""

import json

import pytest

from records.written import show_day
from tests.factories import a_member, an_account, an_shg
from tests.harness import TREE, a_phone, running

SHG = an_shg(village_id=TREE.village.id, name="जय अम्बे समूह")


@pytest.fixture
def phone(tmp_path):
    phone = a_phone(tmp_path, "abm", SHG, a_member(SHG, name="सीता बाई"))
    phone.keep_setting("last.village_id", json.dumps([TREE.village.id, "2026-11-14"]))
    return phone


async def test_a_group_that_is_here_already_is_asked_about_and_opened(phone):
    async with running(phone, "/new") as app:
        await app.fill("field-name", "Durga")
        await app.settle(0.5)
        assert not app.has("doubles-group")
        await app.fill("field-name", "Jay Ambe")
        await app.see("doubles-group")
        await app.click("doubles-same-0")
        await app.until(lambda: app.page.route == f"/group/{SHG.id}")
        await app.until(
            lambda: phone.draft("Shg/new").values["name"] == "Jay Ambe", "what was typed is kept all the same"
        )


async def test_another_one_is_silenced_for_this_form_and_can_be_saved(phone):
    async with running(phone, "/new") as app:
        await app.fill("field-name", "Jay Ambe")
        await app.see("doubles-group")
        await app.click("doubles-other")
        await app.gone("doubles-group")
        await app.fill("field-name", "Jai Ambe SHG")
        await app.settle(0.6)
        assert not app.has("doubles-group")
        await app.fill("field-formed_on", show_day(SHG.formed_on))
        await app.click("save")
        await app.until(lambda: app.page.route.startswith("/group/"))


async def test_a_woman_of_this_group_is_asked_about(phone):
    async with running(phone, f"/group/{SHG.id}/member/new") as app:
        await app.fill("field-name", "Seeta Bai")
        await app.see("doubles-member")
        await app.see_text("सीता बाई")


async def test_an_account_number_of_another_group_is_asked_about(tmp_path):
    other = an_shg(village_id=TREE.village.id, name="Sharda")
    accounts = an_account(SHG), an_account(other, account_number="00123456789")
    phone = a_phone(tmp_path, "supervisor", SHG, other, *accounts)
    async with running(phone, f"/group/{SHG.id}/account") as app:
        await app.fill("field-account_number", "123456789")
        await app.see("doubles-account")
        await app.see_text("Sharda")
