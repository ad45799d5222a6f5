"""The laws of sync where people have two roles, each with streams and columns of its own."""

import pytest

from tests.property.test_laws import (
    Simulation,
    assert_copies_are_what_a_fresh_phone_would_hold,
    assert_every_batch_was_applied_once,
    assert_no_written_value_has_vanished,
)

SECOND_ROLES = {
    "abm": ("district", {"place_id": "D"}),
    "sakhi": ("nodal", {"place_id": "B2"}),
    "sakhi2": ("nodal", {"place_id": "B1"}),
    "supervisor2": ("abm", {"place_id": "G1"}),
}


def begun(seed, folder) -> Simulation:
    simulation = Simulation(seed, folder)
    simulation.world.office(
        *(
            ("Assignment", f"{name}/2", {"person_id": name, "role": role, "from_on": "2020-01-01", **where})
            for name, (role, where) in SECOND_ROLES.items()
        )
    )
    return simulation


@pytest.mark.parametrize("seed", [0, 3, 12, 17, 27])
def test_the_laws_hold_for_people_with_two_roles(seed, tmp_path):
    simulation = begun(seed, tmp_path)
    simulation.run(120)
    simulation.rest()
    assert_no_written_value_has_vanished(simulation)
    simulation.withdraw_what_was_not_taken()
    assert_copies_are_what_a_fresh_phone_would_hold(simulation, tmp_path)
    assert_every_batch_was_applied_once(simulation)
