"""Work that is handed over in a file, carried for a colleague, brought to the office, and answered; as it is shown."""

import asyncio
from datetime import date

import pytest

from records.bundles import FILE_ENDING, read_bundle
from records.commands.groups import RegisterGroup
from records.ports import GivenFile
from screens.console.house import CONSOLE
from screens.words import words_of
from tests.console import Console
from tests.fleet import Phone
from tests.harness import StillServices, running
from tests.world import World, ref

HINDI = words_of("hi", strict=True)


@pytest.fixture
def world(tmp_path):
    # A file: pages ask from several threads at once, and a database in memory has one connection.
    made = World(url=f"sqlite:///{tmp_path / 'central.db'}")
    yield made
    made.centre.close()


@pytest.fixture
def phones(world, tmp_path):
    """(an ABM with a new group and no network, a bank sakhi)."""
    abm, sakhi = Phone(world, "abm", tmp_path, "one"), Phone(world, "sakhi", tmp_path, "two")
    abm.sync()
    sakhi.sync()
    abm.do(RegisterGroup({"village_id": ref("V1"), "name": "जय अम्बे", "formed_on": date(2026, 3, 1)}))
    yield abm, sakhi
    abm.store.close()
    sakhi.store.close()


def given(content: bytes) -> StillServices:
    services = StillServices()
    services.files = [GivenFile(f"given{FILE_ENDING}", content)]
    return services


async def test_she_hands_over_what_waits_and_it_stays_on_her_phone(phones):
    abm, _ = phones
    services = StillServices()
    async with running(abm.workspace, "/sync", services) as app:
        await app.see_text(HINDI.say("carry.going", count=1))
        await app.click("hand-over")
        await app.see_text(HINDI.say("carry.given", count=1))
    ((name, content, _mime),) = services.shared
    assert name.endswith(FILE_ENDING) and read_bundle(content).records == 1
    assert abm.workspace.sync_status().waiting == 1


async def test_tapped_twice_it_is_given_once(phones):
    abm, _ = phones
    services = StillServices()
    async with running(abm.workspace, "/sync", services) as app:
        give = await app.see("hand-over")
        await asyncio.gather(*(app.session.dispatch_event(give._i, "click", None) for _ in range(2)))
        await app.see_text(HINDI.say("carry.given", count=1))
    assert len(services.shared) == 1


async def test_with_nothing_to_hand_over_there_is_only_the_way_to_take_in(phones):
    _, sakhi = phones
    async with running(sakhi.workspace, "/sync") as app:
        await app.see("carry-nothing")
        assert not app.has("hand-over") and app.has("take-in")


async def test_a_carried_file_shows_how_far_it_is_and_can_be_given_on(phones):
    abm, sakhi = phones
    content = abm.workspace.hand_over()
    services = given(content)
    async with running(sakhi.workspace, "/sync", services) as app:
        await app.click("take-in")
        await app.see_text(HINDI.say("carry.carried", count=1))
        id = sakhi.workspace.parcels()[0].id
        await app.see_text(HINDI.say("carry.state.waiting"))
        await app.click(f"give-{id}")
        await app.until(lambda: services.shared)
        assert services.shared[0][1] == content
        sakhi.sync()
        await app.see_text("सर्वर पर दर्ज: ")
        await app.click(f"give-{id}")
        await app.until(lambda: len(services.shared) == 2)
    async with running(abm.workspace, "/sync", given(services.shared[1][1])) as app:
        await app.click("take-in")
        await app.see_text(HINDI.say("carry.answered", count=1))
        await app.see("carry-nothing")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda content: b"%PDF-1.7 a list", "not_a_bundle"),
        (lambda content: content[:-9], "bundle_cut"),
        (lambda content: content[:300] + b"?" + content[301:], "bundle_changed"),
    ],
)
async def test_why_a_file_is_not_taken_is_told(phones, change, code):
    abm, sakhi = phones
    async with running(sakhi.workspace, "/sync", given(change(abm.workspace.hand_over()))) as app:
        await app.click("take-in")
        await app.see_text(HINDI.problem(code))
    assert not sakhi.workspace.parcels()


async def test_a_refused_file_stays_with_its_reason(world, phones):
    abm, sakhi = phones
    sakhi.workspace.take_in(abm.workspace.hand_over())
    with world.centre.database.writing() as db:
        table = world.centre.tables.device
        db.execute(table.delete().where(table.c.device == abm.workspace.identity().device))
    sakhi.sync()
    async with running(sakhi.workspace, "/sync") as app:
        await app.see_text(HINDI.problem("bundle_unknown"))
        await app.see(f"give-{sakhi.workspace.parcels()[0].id}")


async def test_the_office_takes_a_file_in_and_saves_the_answer(world, phones):
    abm, _ = phones
    console, services = Console(world), given(abm.workspace.hand_over())
    page = console.signed_in("supervisor")
    async with running(page.workspace, "/devices", services, house=CONSOLE) as app:
        await app.click("take-in")
        await app.see_text("abm: 1 प्रविष्टि सर्वर पर दर्ज")
        await app.click("save-answer")
        await app.until(lambda: services.shared)
    assert abm.workspace.take_in(services.shared[0][1]).records == 1
    console.close()
