"""What a screen says of a phone that is nearly full, and of steps that only the server has."""

from datetime import date

import pytest

from records.commands.groups import RegisterGroup
from records.ids import first_account_id
from records.norm import Norm
from screens.words import words_of
from tests.factories import an_account, an_id, an_shg, filled
from tests.harness import TREE, a_phone, receive, running

HINDI = words_of("hi")


def a_full_phone(folder, most):
    """A phone that may hold so many records."""
    phone = a_phone(folder)
    receive(phone, Norm(id=an_id(), code="device_records", value=most, from_on=date(2020, 1, 1)))
    return phone


def held(phone):
    return phone.support().room.records


@pytest.mark.parametrize("route", ["/sync", "/settings"])
async def test_from_eighty_of_a_hundred_she_is_told_what_will_happen(tmp_path, route):
    phone = a_full_phone(tmp_path, 10_000)
    async with running(phone, route) as app:
        await app.until(lambda: route == "/sync" or app.has("room-holds"))
        assert not app.has("room-note")
    with phone.store.writing() as t:
        t.connection.exec_driver_sql("UPDATE norm SET value=?", (int(held(phone) / 0.9),))
    async with running(phone, route) as app:
        await app.see("room-note")
        await app.see_text(HINDI.say("room.will"))
        percent = int(phone.support().room.share * 100)
        assert 80 <= percent <= 100 and HINDI.say("room.nearly", percent=percent) in app.texts()
    with phone.store.writing() as t:
        t.connection.exec_driver_sql("UPDATE norm SET value=?", (held(phone) - 1,))
    async with running(phone, route) as app:
        await app.see_text(HINDI.say("room.nothing_more"))


async def test_older_steps_are_told_of_and_fetched_when_asked_for(tmp_path):
    phone = a_phone(tmp_path)
    group = phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id)))).id
    account = first_account_id(group)
    receive(phone, an_account(group))
    async with running(phone, f"/group/{group}") as app:
        await app.click("tab-account")
        await app.see("account-state")
        assert not app.has("older-steps")
        with phone.store.writing() as t:
            for number in range(3):
                row = {"kind": "AccountStep", "id": f"{number:032x}", "parent": account, "held": ",1,"}
                t.connection.execute(t.tables.let_go.insert().values(**row, whole=1, public=1))
            t.changed.add("AccountStep")
        await app.see_text(HINDI.say("accounts.older", count=3))
        await app.click("older-get")
        await app.see("older-wanted")
        assert phone.older_steps(account).wanted
