"""The console's overview: its numbers, the way to the groups behind each, tables in any order, and who has not sent."""

from contextlib import asynccontextmanager
from datetime import date, timedelta

import flet as ft
import pytest
from sqlalchemy import insert, update

from records.commands.accounts import RecordStep
from records.commands.checks import CheckGroup
from records.commands.groups import RegisterGroup
from records.days import day_of, months_until
from records.errands import HoldReview
from records.receipts import receipts_csv
from screens.console.breakdown import begins_with, units_below
from screens.console.house import CONSOLE
from screens.console.set_back import SEEN
from screens.console.table import TableColumn, in_order
from screens.words import words_of
from server.metrics import exposed
from storage.queries import list_devices, list_receipts
from storage.queries.devices import DeviceRow, urgency
from tests.console import Console
from tests.fleet import Phone
from tests.harness import running
from tests.world import World, ref

HINDI = words_of("hi", strict=True, at="console")


@pytest.fixture
def world(tmp_path):
    made = World(url=f"sqlite:///{tmp_path / 'central.db'}")
    yield made
    made.centre.close()


@pytest.fixture
def console(world):
    made = Console(world)
    yield made
    made.close()


@asynccontextmanager
async def shown(page, route="/", width=360):
    async with running(page.workspace, route, house=CONSOLE) as app:
        if width != 360:
            app.session.apply_page_patch({"width": width, "height": 800})
            await app.event(app.page, "resize", {"width": width, "height": 800})
        yield app


def fill(page):
    """Three groups in two panchayats; the account of one is opened. Returns their ids by name."""
    made = {}
    for name, village, women in (("सीता", "V1", 12), ("गीता", "V1", 18), ("रेखा", "V2", 10)):
        values = {"village_id": ref(village), "name": name, "formed_on": date(2026, 3, 1), "declared_members": women}
        made[name] = page.workspace.do(RegisterGroup(values)).id
    page.workspace.do(RecordStep(made["गीता"], "opened", date(2026, 4, 1)))
    return made


async def test_the_first_screen_of_a_supervisor_tells_how_it_stands(console):
    page = console.signed_in("supervisor")
    fill(page)
    async with shown(page) as app:
        await app.see("tile-groups")
        said = " ".join(app.texts())
        assert "13.3" in said and HINDI.say("overview.missing", count=5, norm=15) in said
        await app.see("chart-months")
        assert HINDI.say("chart.ages_said", count=2, late=2, days=7) in " ".join(app.texts())


@pytest.mark.parametrize("person", ["supervisor", "nodal", "district"])
async def test_a_centre_that_went_back_is_told_until_she_says_that_she_has_seen_it(world, console, person):
    fill(console.signed_in("supervisor"))
    page = console.signed_in(person)
    world.enrol("abm")
    world.clock.forward(ms=60_000)
    epoch = world.centre.new_epoch()
    async with shown(page) as app:
        await app.see("set-back")
        assert HINDI.say("set_back.silent", count=1, phones=1) in app.texts()
        await app.click("set-back-seen")
        await app.gone("set-back")
    assert page.workspace.setting(SEEN) == epoch
    async with shown(page) as app:
        await app.see("tile-groups")
        assert not app.has("set-back")


async def test_each_number_leads_to_the_groups_behind_it_and_to_the_record(console):
    page = console.signed_in("supervisor")
    made = fill(page)
    async with shown(page) as app:
        await app.click("tile-pending")
        await app.see(f"group-{made['सीता']}")
        assert app.has(f"group-{made['रेखा']}") and not app.has(f"group-{made['गीता']}")
        await app.click(f"group-{made['सीता']}")
        await app.see("edit-group")


async def test_a_place_is_opened_and_a_village_shows_its_own_groups(console):
    page = console.signed_in("supervisor")
    made = fill(page)
    async with shown(page) as app:
        await app.click(f"unit-{ref('G1')}")
        await app.see_text("Place G1")
        await app.click(f"unit-{ref('V1')}")
        await app.see_text("Place V1")
        await app.click("tile-groups")
        await app.see(f"group-{made['गीता']}")
        assert not app.has(f"group-{made['रेखा']}")


async def test_a_wide_table_is_put_in_order_by_its_heads(console):
    page = console.signed_in("supervisor")
    fill(page)
    async with shown(page, width=1280) as app:
        await app.see("order-groups")
        units = [ref("G1"), ref("G2")]
        lines = lambda: [one.key for one in app.all(cls=ft.Container) if str(one.key).startswith("unit-")]  # noqa: E731
        await app.click("order-groups")
        await app.until(lambda: lines() == [f"unit-{id}" for id in units])
        await app.click("order-groups")
        await app.until(lambda: lines() == [f"unit-{id}" for id in reversed(units)])
        assert isinstance(app.all("order-groups", ft.TextButton)[0], ft.TextButton), (
            "a button is reached by the keyboard"
        )


async def test_beside_a_count_stands_what_the_sample_found(console):
    page = console.signed_in("supervisor")
    abm = console.signed_in("abm")
    day = date(2026, 3, 1)
    made = [
        abm.workspace.do(RegisterGroup({"village_id": ref("V1"), "name": name, "formed_on": day})).id
        for name in ("एक", "दो", "तीन", "चार")
    ]
    async with shown(page) as app:
        await app.see("tile-groups")
        await app.see_text(HINDI.say("found.none"))
    for group, result in zip(made, ("confirmed", "differs", "not_reached"), strict=False):
        page.workspace.do(CheckGroup(group, result, what="group", how="visit"))
    card = HINDI.say("found.card.groups", count=2, as_told=1)
    async with shown(page) as app:
        parts = HINDI.say("found.said", count=2, as_told=1), HINDI.say("found.not_reached", count=1)
        await app.see_text(" · ".join(parts))
        assert any(card in words for words in app.texts())
        await app.click("open-differs")
        await app.see(f"group-{made[1]}")
        assert not app.has(f"group-{made[0]}")
    async with shown(page, width=1280) as app:
        await app.see_text(HINDI.say("found.explain"))
        await app.see_text(HINDI.say("found.short", count=2, as_told=1))


def test_rows_without_a_value_stand_last_whichever_way():
    column = TableColumn("n", "n", lambda row: row, str)
    assert in_order([2, None, 1, 3], column, True) == [3, 2, 1, None]
    assert in_order([2, None, 1, 3], column, False) == [1, 2, 3, None]


async def test_who_works_in_a_panchayat_or_at_a_branch_begins_with_todays_work(console):
    async with shown(console.signed_in("abm")) as app:
        await app.see("register-group")
        assert not app.has("tile-groups")


def test_figures_are_broken_down_by_what_lies_below():
    assert units_below("", ("supervisor",))[0] == "block" and begins_with("", ("supervisor",)) == "gram_panchayat"
    assert units_below("", ("district",))[0] == "district" and begins_with("", ("district",)) == "block"
    assert units_below("gram_panchayat", ()) == ("village", "person") and units_below("village", ()) == ()
    months = months_until(date(2026, 2, 9), 3)
    assert months == (date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1))


# --- the norm as an average


async def test_the_average_tells_of_places_and_of_no_single_group(console):
    page = console.signed_in("supervisor")
    fill(page)
    async with shown(page, "/average", width=1280) as app:
        await app.see(f"unit-{ref('V1')}")
        await app.see_text(HINDI.say("average.rule", most=20))
        texts = app.texts()
        assert "0" in texts, "the two groups of V1 have an average of 15"
        assert "–" in texts and "5" not in texts, "V2 has one group: nothing is asked of it"


async def test_a_woman_is_looked_for_before_she_is_asked(console):
    page = console.signed_in("supervisor")
    fill(page)
    async with shown(page, "/average") as app:
        await app.fill("woman-there", "सुनीता")
        await app.see("there-none")


# --- who has not sent


def phones(world, *people):
    found = {}
    for person in people:
        found[person] = world.enrol(person)
    return found


def tell(world, device, **values):
    table = world.centre.tables.device
    with world.centre.database.writing() as db:
        db.execute(update(table).where(table.c.device == device).values(**values))


def test_only_phones_of_ones_area_are_seen_and_no_revoked_ones(world, console):
    enrolled = phones(world, "abm", "sakhi", "abm3", "district", "supervisor")
    seen = lambda person: {row.person_id for row in console.signed_in(person).workspace.ask(list_devices)}  # noqa: E731
    assert seen("supervisor") == {ref("abm"), ref("sakhi"), ref("supervisor")}
    assert seen("supervisor2") == {ref("abm3")}
    assert seen("district") == {ref(one) for one in enrolled}
    assert seen("abm") == seen("sakhi") == set()
    world.centre.enrolments.revoke(enrolled["sakhi"].device)
    assert seen("supervisor") == {ref("abm"), ref("supervisor")}


def test_who_has_left_is_seen_as_long_as_her_late_work_is_taken(world, console):
    phones(world, "abm")
    page = console.signed_in("supervisor").workspace
    now = day_of(world.clock())
    world.overwrite("Assignment", "abm/1", to_on=(now - timedelta(days=30)).isoformat())
    assert [row.person_id for row in page.ask(list_devices)] == [ref("abm")]
    world.overwrite("Assignment", "abm/1", to_on=(now - timedelta(days=31)).isoformat())
    assert page.ask(list_devices) == []


def test_the_most_urgent_stands_first():
    def a_row(device, **about):
        values = {"unsent": 0, "oldest_unsent_ms": None, "to_mend": 0, "differs": 0, "differed_ms": None}
        values |= {"last_contact_ms": 50, "enrolled_ms": 1}
        return DeviceRow.model_construct(device=device, **(values | about))

    rows = [
        a_row("quiet"),
        a_row("silent", last_contact_ms=None),
        a_row("waits", unsent=1, oldest_unsent_ms=9),
        a_row("waits-longer", unsent=1, oldest_unsent_ms=5),
        a_row("aside", to_mend=1),
        a_row("differs", differs=1, differed_ms=7),
    ]
    found = [row.device for row in sorted(rows, key=urgency)]
    assert found == ["aside", "differs", "waits-longer", "waits", "silent", "quiet"]


async def test_who_has_not_sent_is_told_with_what_her_phone_said(world, console):
    device = phones(world, "abm")["abm"].device
    tell(world, device, unsent=41, oldest_unsent_ms=world.clock() - 6 * 86_400_000, app="0.1.0")
    async with shown(console.signed_in("supervisor"), "/devices") as app:
        await app.see(f"device-{device}")
        await app.see_text(HINDI.say("devices.said", count=1, changes=41))


async def test_a_phone_whose_copy_differed_is_told_and_whether_it_has_mended_itself(world, console):
    made = phones(world, "abm", "abm2")
    seen_ms = {"found_ms": world.clock(), "fetched_ms": world.clock(), "times": 1}
    one = {"state_id": 23, "device": made["abm"].device, **seen_ms}
    rows = [one | {"stream": "gp/1/members", "healed_ms": None}, one | {"stream": "gp/2/members", "healed_ms": 1}]
    with world.centre.database.writing() as db:
        db.execute(insert(world.centre.tables.difference), rows)
    signed = console.signed_in("supervisor")
    seen = {row.device: row for row in signed.workspace.ask(list_devices)}
    assert seen[made["abm"].device].differs == 1
    assert seen[made["abm2"].device].differs == 0 and seen[made["abm2"].device].differed_ms is None
    async with shown(signed, "/devices") as app:
        await app.see_text(HINDI.say("devices.differs_still"))
    assert b'samooh_copies_differed{healed="no"} 1.0' in exposed(world.centre, None)
    with world.centre.database.writing() as db:
        db.execute(update(world.centre.tables.difference).values(healed_ms=world.clock()))
    async with shown(signed, "/devices") as app:
        await app.see_text(HINDI.say("devices.differs_healed"))


def test_receipts_are_those_of_the_area_and_no_cell_is_a_formula(world, console, tmp_path):
    phone = Phone(world, "abm", tmp_path, "phone")
    phone.sync()
    phone.do(RegisterGroup({"village_id": ref("V1"), "name": "जय", "formed_on": date(2026, 3, 1)}))
    phone.sync()
    phone.store.close()
    rows = console.signed_in("supervisor").workspace.ask(list_receipts)
    assert [(row.number, row.person_name) for row in rows] == [(1, "abm")]
    assert console.signed_in("supervisor2").workspace.ask(list_receipts) == []
    evil = rows[0].model_copy(update={"person_name": "=HYPERLINK(1)"})
    text = receipts_csv([evil]).decode("utf-8-sig")
    assert ",'=HYPERLINK(1)," in text and text.startswith("device,person,batch,received,sha256")


async def test_the_figures_of_a_review_are_kept_and_compared_with_at_the_next_one(world, console):
    page = console.signed_in("supervisor")
    fill(page)
    async with shown(page) as app:
        await app.click("hold-review")
        await app.see_text(HINDI.say("review.held"))
    table = world.centre.tables.review
    with world.centre.database.writing() as db:
        # The screen's day is that of this machine, the centre's that of the test's clock.
        db.execute(update(table).values(on_day=date(2026, 1, 5)))
    values = {"village_id": ref("V2"), "name": "चौथा", "formed_on": date(2026, 3, 1), "declared_members": 20}
    page.workspace.do(RegisterGroup(values))
    async with shown(page) as app:
        await app.see("review-groups")
        line = {"what": HINDI.say("review.figure.groups"), "now": 4, "change": "+1"}
        assert HINDI.say("review.line", **line) in app.texts()
        assert HINDI.say("review.average", then="13.3", now="15.0") in app.texts()


def reviewed_on(world, day):
    """The screen's day is that of this machine, the centre's that of the test's clock."""
    with world.centre.database.writing() as db:
        for table in (world.centre.tables.review, world.centre.tables.review_part):
            db.execute(update(table).values(on_day=day))


async def test_what_is_smaller_than_a_block_is_compared_with_the_last_review_too(world, console):
    page = console.signed_in("supervisor")
    fill(page)
    page.workspace.perform(HoldReview(ref("B1")))
    reviewed_on(world, date(2026, 1, 5))
    values = {"village_id": ref("V2"), "name": "चौथा", "formed_on": date(2026, 3, 1), "declared_members": 20}
    page.workspace.do(RegisterGroup({**values, "formed_by_id": ref("abm")}))
    said = lambda now, change: HINDI.say(  # noqa: E731
        "review.line", what=HINDI.say("review.figure.groups"), now=now, change=change
    )
    places = {f"gram_panchayat/{ref('G1')}": (2, "0"), f"village/{ref('V2')}": (2, "+1")}
    people = {f"person/{ref('supervisor')}": (3, "0"), f"person/{ref('abm')}": (1, "+1")}
    for where, (now, change) in (places | people).items():
        async with shown(page, f"/place/{where}") as app:
            await app.see("review-groups")
            assert said(now, change) in app.texts(), where
            assert HINDI.say("review.on", day=date(2026, 1, 5)) in app.texts()


async def test_a_review_without_figures_of_its_villages_says_so(world, console):
    page = console.signed_in("supervisor")
    fill(page)
    async with shown(page, f"/place/village/{ref('V1')}") as app:
        await app.see_text(HINDI.say("review.none"))
    page.workspace.perform(HoldReview(ref("B1")))
    reviewed_on(world, date(2026, 1, 5))
    with world.centre.database.writing() as db:
        db.execute(update(world.centre.tables.review).values(parts_kept=False))
    async with shown(page, f"/place/village/{ref('V1')}") as app:
        await app.see_text(HINDI.say("review.not_kept"))
        assert not app.has("review-groups")
