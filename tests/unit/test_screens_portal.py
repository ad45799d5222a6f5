"""The console's screens for the portal and the review pack: copied and ticked by a tap, shown to whom it is for."""

from datetime import date

import pytest

from records.commands.groups import ChangeGroup, RegisterGroup, SayTheSame
from records.commands.members import AddMember
from records.ids import first_account_id
from records.record import to_wire
from screens.console.house import CONSOLE
from screens.words import words_of
from server.importing import Importing, Listed
from storage.queries import count_to_enter, find_member, find_shg, list_beside_portal
from tests.console import Console
from tests.harness import StillServices, running
from tests.world import World, ref

HINDI = words_of("hi", strict=True, at="console")


@pytest.fixture
def console(tmp_path):
    world = World(url=f"sqlite:///{tmp_path / 'central.db'}")
    made = Console(world)
    yield made
    made.close()
    world.centre.close()


def shown(page, route: str, services: StillServices | None = None):
    return running(page.workspace, route, services, house=CONSOLE)


def a_group(page, **values) -> str:
    given = {"village_id": ref("V1"), "name": "जय अम्बे", "formed_on": date(2026, 3, 1), "saving_amount": 5000}
    return page.workspace.do(RegisterGroup({**given, **values})).id


async def test_a_field_is_copied_as_the_portal_takes_it(console):
    page, services = console.signed_in("supervisor"), StillServices()
    group = a_group(page, mobile="9876543210")
    async with shown(page, f"/portal/group/{group}", services) as app:
        for field in ("name", "formed_on", "saving_amount", "gram-panchayat", "village_id", "mobile"):
            await app.click(f"copy-{field}")
        assert services.copied == ["जय अम्बे", "01-03-2026", "50", "Place G1", "Place V1", "9876543210"]


async def test_what_is_empty_says_so_and_copies_nothing(console):
    page, services = console.signed_in("supervisor"), StillServices()
    group = a_group(page)
    async with shown(page, f"/portal/group/{group}", services) as app:
        empty = await app.see("copy-tenure_months")
        assert empty.on_click is None and HINDI.say("portal.still_missing") in app.texts()
        assert app.has("portal-missing") and not app.has("copy-promoter_name")
    assert not services.copied


async def test_a_group_is_ticked_with_its_code_and_taken_back(console):
    page = console.signed_in("supervisor")
    group = a_group(page)
    async with shown(page, f"/portal/group/{group}") as app:
        await app.click("enter-Shg")
        await app.until(lambda: app.one("code-Shg").error == HINDI.problem("required"))
        await app.fill("code-Shg", "0042")
        await app.click("enter-Shg")
        await app.see("entered-Shg")
        shg = page.workspace.ask(find_shg, id=group)[0]
        assert (shg.portal_status, shg.portal_code) == ("entered", "0042")
        await app.click("not-entered-Shg")
        await app.see("enter-Shg")
    assert page.workspace.ask(find_shg, id=group)[0].portal_status == "not_entered"


async def test_a_member_has_a_sheet_of_her_own(console):
    page, services = console.signed_in("supervisor"), StillServices()
    group = a_group(page)
    member = page.workspace.do(AddMember(group, {"name": "सीता बाई", "age": 34})).id
    async with shown(page, f"/portal/group/{group}", services) as app:
        await app.click(f"sheet-{member}")
        await app.click("copy-age")
        assert not app.has("copy-born_on")
        await app.fill("code-Member", "M7")
        await app.click("enter-Member")
        await app.see("entered-Member")
    assert services.copied == ["34"] and page.workspace.ask(find_member, id=member)[0].portal_code == "M7"


async def test_what_is_to_be_entered_is_listed_by_person_and_leads_to_the_sheet(console):
    page = console.signed_in("supervisor")
    group = a_group(page)
    page.workspace.do(AddMember(group, {"name": "सीता बाई"}))
    done = a_group(page, name="उजाला")
    page.workspace.do(ChangeGroup(done, {"portal_status": "entered", "portal_code": "1"}))
    async with shown(page, "/portal") as app:
        said = f"{HINDI.say('figure.groups', count=1)} · {HINDI.say('figure.members', count=1)}"
        await app.see_text(said)
        await app.click(f"person-{ref('supervisor')}")
        await app.see(f"beside-{group}")
        assert not app.has(f"beside-{done}")
        await app.click(f"beside-{group}")
        await app.see("enter-Shg")


async def test_what_the_portal_says_otherwise_and_what_stands_only_there(console):
    page = console.signed_in("supervisor")
    mine = a_group(page, portal_code="77")
    values = {"village_id": ref("V1"), "formed_on": to_wire(date(2026, 3, 1))}
    with Importing(console.world.centre, "portal") as office:
        other = {**values, "name": "केवल पोर्टल", "portal_code": "88"}
        office.take([Listed("Shg", mine, {**values, "name": "जय अंबे"}), Listed("Shg", "a" * 32, other)])
    async with shown(page, "/portal/differs") as app:
        await app.see(f"beside-{mine}")
        assert not app.has(f"beside-{'a' * 32}")
        await app.click("stands-only_there")
        await app.see(f"beside-{'a' * 32}")
        assert not app.has(f"beside-{mine}")


def test_a_group_that_is_the_same_as_one_on_the_portal_is_not_to_be_entered_again(console):
    page = console.signed_in("supervisor")
    mine = a_group(page)
    page.workspace.do(AddMember(mine, {"name": "सीता बाई"}))
    listed = {"village_id": ref("V1"), "formed_on": "2026-03-02", "name": "जय अंबे", "portal_code": "88"}
    with Importing(console.world.centre, "portal") as office:
        office.take([Listed("Shg", "f" * 32, listed)])
    assert [row.id for row in page.workspace.ask(list_beside_portal)] == [mine]
    page.workspace.do(SayTheSame(mine, "f" * 32))
    assert not page.workspace.ask(list_beside_portal) and not page.workspace.ask(count_to_enter)
    page.workspace.do(SayTheSame(mine, None))
    assert [row.groups for row in page.workspace.ask(count_to_enter)] == [1]


async def test_a_group_leads_to_its_sheet_at_the_console(console):
    page = console.signed_in("supervisor")
    group = a_group(page)
    async with shown(page, f"/group/{group}") as app:
        await app.click("open-sheet")
        await app.see("copy-name")


async def test_the_account_is_ticked_without_a_code(console):
    from records.commands.accounts import ChangeAccount

    page, services = console.signed_in("supervisor"), StillServices()
    group = a_group(page)
    page.workspace.do(ChangeAccount(group, {"branch_id": ref("R1")}))
    async with shown(page, f"/portal/group/{group}", services) as app:
        await app.click("copy-ifsc")
        await app.click("enter-SavingsAccount")
        await app.see("entered-SavingsAccount")
    assert services.copied == ["BKID0MG1227"]
    assert console.world.row("SavingsAccount", first_account_id(group))["portal_status"] == "entered"


@pytest.mark.parametrize("person", ["district", "nodal", "sakhi"])
async def test_who_does_not_enter_groups_gets_no_sheet(console, person):
    group = a_group(console.signed_in("supervisor"), mobile="9876543210")
    async with shown(console.signed_in(person), f"/portal/group/{group}") as app:
        await app.see("portal-not-yours")
        assert not app.has("copy-name") and "9876543210" not in " ".join(app.texts())


# --- the review pack


async def test_the_pack_is_made_and_handed_to_the_browser(console):
    page, services = console.signed_in("supervisor"), StillServices()
    a_group(page)
    async with shown(page, "/settings", services) as app:
        await app.click("open-pack")
        await app.click("pack-en")
        await app.click("pack-pdf")
        await app.see("pack-ready")
        await app.click("pack-xlsx")
        await app.until(lambda: len(services.shared) == 2)
    (pdf, content, mime), (xlsx, workbook, _) = services.shared
    assert pdf.endswith(".pdf") and content.startswith(b"%PDF-") and mime == "application/pdf"
    assert xlsx.endswith(".xlsx") and workbook.startswith(b"PK")


async def test_who_does_not_review_is_told_so(console):
    async with shown(console.signed_in("abm"), "/pack") as app:
        await app.see("pack-not-yours")
        assert not app.has("pack-pdf")
