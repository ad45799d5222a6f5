"""What a contact leaves behind at the office: when it was, and what its phone has still to send."""

from datetime import date

import pytest

from records.commands.groups import RegisterGroup
from tests.fleet import quiet
from tests.world import ref

GROUP = {"village_id": ref("V1"), "name": "जय अम्बे", "formed_on": date(2026, 3, 1)}


@pytest.fixture
def world(world_on_each):
    return world_on_each


def owed(world, phone):
    device = phone.workspace.identity().device
    (row,) = [row for row in world.rows(world.centre.tables.device) if row["device"] == device]
    return row["unsent"], row["oldest_unsent_ms"]


def test_whoever_has_sent_everything_with_one_contact_owes_nothing(world, phones):
    abm = phones("abm")
    quiet([abm])
    abm.do(RegisterGroup(GROUP))
    abm.sync()
    assert world.rows(world.centre.tables.records["Shg"])
    assert owed(world, abm) == (0, None)


def test_what_did_not_get_through_is_owed(world, phones):
    """Cut off before the second call, of which the first has told."""
    abm = phones("abm")
    quiet([abm])
    for _ in range(2):
        abm.do(RegisterGroup(GROUP))
    abm.sync_cut_short()
    assert owed(world, abm)[0] == 1
