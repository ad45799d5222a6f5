"""A file carried by hand that outlives a restore of the centre: its work comes a second time, in either order."""

import pytest

from records.commands.groups import ChangeGroup, RegisterGroup
from records.errands import AcceptChange, ListSetAside
from tests.console import Console
from tests.fleet import Phone, differences, fresh_contents, quiet
from tests.property.simulation.crashing import Files
from tests.world import World, ref

YEAR_MS = 365 * 86_400_000
FIRST, LATER = "जय अम्बे", "जय माँ अम्बे"


@pytest.fixture(params=[0, YEAR_MS], ids=["clock right", "clock a year ahead"])
def story(request, tmp_path):
    """(world, phone, carrier, group, file): the group was handed over, sent as well and changed since, and then the
    centre went back to before all that."""
    town = World(url=f"sqlite:///{tmp_path / 'central.db'}")
    abm, sakhi = Phone(town, "abm", tmp_path, "abm"), Phone(town, "sakhi", tmp_path, "sakhi")
    quiet([abm, sakhi])
    backup = Files.of(tmp_path / "central.db")
    abm.skew_ms = request.param
    group = abm.do(RegisterGroup({"village_id": ref("V1"), "name": FIRST, "formed_on": "2026-03-01"})).id
    content = handed_over(abm)
    abm.do(ChangeGroup(group, {"name": LATER}))
    quiet([abm, sakhi])
    go_back(town, backup, tmp_path / "central.db", abm, sakhi)
    yield town, abm, sakhi, group, content
    town.drop()


def go_back(town, backup, file, *phones):
    """The centre is restored to what it was, a day later; nobody says so."""
    town.clock.forward(days=1)
    town.centre.close()
    backup.put_back(file)
    town.centre = town.open_centre()
    for phone in phones:
        phone.connect()


def brought(sakhi, content):
    sakhi.workspace.take_in(content)
    sakhi.sync()
    (parcel,) = sakhi.workspace.parcels()
    return parcel.state, parcel.code


def set_aside(town):
    return town.rows(town.centre.tables.quarantine)


def assert_nothing_is_lost(town, abm, sakhi, group, folder):
    assert town.row("Shg", group)["name"] == LATER
    conflicts = town.rows(town.centre.tables.records["Conflict"])
    assert not [row for row in conflicts if row["state"] == "open"], "one person has typed both, one after the other"
    assert all(row["state"] == "mended" for row in set_aside(town))
    for phone in (abm, sakhi):
        assert not differences(phone.contents(), fresh_contents(town, phone.person, folder))
        assert phone.workspace.sync_status().waiting == 0


def test_where_the_phone_has_given_its_work_again_the_file_changes_nothing(story, tmp_path):
    town, abm, sakhi, group, content = story
    device, capped = abm.workspace.identity().device, abm.skew_ms > 0
    quiet([abm, sakhi])
    # What was capped the phone gives as it was stored, under the same number: the file's batch is another one.
    assert brought(sakhi, content) == (("refused", "bundle_cloned") if capped else ("delivered", None))
    quiet([abm, sakhi])
    assert abm.workspace.identity().device == device and not set_aside(town)
    assert_nothing_is_lost(town, abm, sakhi, group, tmp_path)


def test_where_the_file_comes_first_what_was_typed_since_still_stands(story, tmp_path):
    town, abm, sakhi, group, content = story
    assert brought(sakhi, content) == ("delivered", None)
    waits = [(row["code"], row["state"]) for row in set_aside(town)]
    assert waits == ([("before_going_back", "open")] if abm.skew_ms else [])
    quiet([abm, sakhi])
    assert_nothing_is_lost(town, abm, sakhi, group, tmp_path)


def test_where_its_phone_never_comes_the_office_can_accept_what_the_file_brought(story):
    town, _abm, sakhi, group, content = story
    brought(sakhi, content)
    console = Console(town)
    desk = console.signed_in("supervisor").workspace
    for row in desk.perform(ListSetAside()):
        desk.perform(AcceptChange(row.device, row.number, row.row, row.state))
    console.close()
    assert town.row("Shg", group)["name"] == FIRST


def test_a_part_that_waited_for_the_part_before_it_is_set_aside_as_it_would_have_been_at_once(tmp_path):
    """The first part was typed while the clock was right, the second while it was a year ahead; they come the other way
    round, to a centre that has gone back."""
    town = World(url=f"sqlite:///{tmp_path / 'central.db'}")
    abm, sakhi = Phone(town, "abm", tmp_path, "abm"), Phone(town, "sakhi", tmp_path, "sakhi")
    quiet([abm, sakhi])
    backup = Files.of(tmp_path / "central.db")
    values = {"village_id": ref("V1"), "name": FIRST, "formed_on": "2026-03-01"}
    group = abm.do(RegisterGroup(values)).id
    first = handed_over(abm)
    abm.skew_ms = YEAR_MS
    abm.do(ChangeGroup(group, {"name": "जय भीम"}))
    second = handed_over(abm)
    abm.do(ChangeGroup(group, {"name": LATER}))
    quiet([abm, sakhi])
    go_back(town, backup, tmp_path / "central.db", abm, sakhi)
    brought(sakhi, second)
    assert len(town.rows(town.centre.tables.early_batch)) == 1
    sakhi.workspace.take_in(first)
    sakhi.sync()
    assert town.row("Shg", group)["name"] == FIRST
    assert [row["code"] for row in set_aside(town)] == ["before_going_back"]
    quiet([abm, sakhi])
    assert_nothing_is_lost(town, abm, sakhi, group, tmp_path)
    town.drop()


def handed_over(phone):
    """A file with what waits on a phone, which then sends it as well."""
    phone.line.cut = True
    content = phone.workspace.hand_over()
    phone.line.cut = False
    quiet([phone])
    return content
