"""The demo's places, branches and people: official codes are real ones, everything else says that it is practice."""

import re
from collections import Counter
from datetime import date

import pytest
from sqlalchemy import func, select

from operations.demo_places import BLOCKS, BRANCHES, PANCHAYATS, STATE
from operations.demo_setup import ABM, PEOPLE, REVIEWER, SAKHI, SUPERVISOR, people_rows, set_up
from operations.demo_setup import BLOCKS as FILLED
from operations.practice_filling import fill_places
from operations.practice_places import branch_rows, place_rows
from records.ids import official_id
from records.kinds import KINDS
from records.record import fields_of
from server.reaching import capacity_of
from server.serving import open_centre

ROWS = [*place_rows(FILLED), *branch_rows(FILLED), *people_rows()]
PLACES = {id: values for kind, id, values in ROWS if kind == "Place"}

# Typed from the Local Government Directory, a second time and in another order, so that a slip in either shows.
LGD_BLOCKS = {
    "Ajaigarh": 3930, "Badwara": 3885, "Bahoriband": 3886, "Dheemerkheda": 3887, "Gunour": 3931, "Katni": 3888,
    "Panna": 3932, "Pawai": 3933, "Rithi": 3889, "Shahnagar": 3934, "Vijayraghavgarh": 3890,
}  # fmt: skip


@pytest.fixture
def centre(tmp_path):
    centre = open_centre(tmp_path, 23)
    yield centre
    centre.close()


def test_the_eleven_blocks_have_their_lgd_codes():
    assert {name: code for code, _, name, _, _ in BLOCKS} == LGD_BLOCKS
    assert Counter(district for _, district, *_ in BLOCKS) == {413: 6, 420: 5}


def test_the_state_is_where_the_centre_looks_for_it():
    assert official_id("lgd", "state/23") == STATE


def test_no_lgd_code_is_invented():
    for values in PLACES.values():
        official = values["level"] in ("state", "district", "block")
        assert ("lgd_code" in values) == official, values
        assert ("local_code" in values) == (not official), values
        assert official or values["local_code"].startswith("DEMO-")
        assert "nrlm_code" not in values


def test_service_areas_are_marked_as_practice():
    areas = [values for kind, _, values in ROWS if kind == "ServiceArea"]
    assert all(values["local_code"].startswith("DEMO-") for values in areas)


def test_people_are_marked_as_practice():
    for someone in PEOPLE:
        assert someone.name.startswith("Practice: ") and someone.name_hi.startswith("अभ्यास: ")


def test_ids_and_local_codes_are_unique():
    assert max(Counter(id for _, id, _ in ROWS).values()) == 1
    codes = [values["local_code"] for _, _, values in ROWS if "local_code" in values]
    assert max(Counter(codes).values()) == 1


def test_every_name_has_its_hindi():
    for values in PLACES.values():
        assert re.fullmatch(r"[\u0900-\u097f ]+", values["name_hi"]), values
        assert values["name"].isascii()


def test_every_village_is_served_by_one_branch():
    villages = Counter(name for branch in BRANCHES for name in branch.serves)
    assert villages == Counter(name for some in PANCHAYATS.values() for name, _ in some)
    served = Counter(values["village_id"] for kind, _, values in ROWS if kind == "ServiceArea")
    assert served == Counter(id for id, values in PLACES.items() if values["level"] == "village")


def test_every_value_passes_the_checks_of_a_change():
    for kind, _, values in ROWS:
        specs = fields_of(KINDS[kind].cls)
        for name, value in values.items():
            specs[name].check(value)


def test_set_up_fills_the_centre_and_a_second_one_changes_nothing(tmp_path, centre):
    codes = set_up(tmp_path)
    assert {key: bool(re.fullmatch(r"\d{4} \d{4} \d{4}", code)) for key, code in codes.items()} == {
        someone.key: True for someone in PEOPLE
    }
    with centre.database.reading() as db:
        counts = {
            kind: db.scalar(select(func.count()).select_from(centre.tables.records[kind]))
            for kind in ("Place", "Person")
        }
    assert counts == {"Place": 1 + 2 + 11 + 64 + 222, "Person": 4}
    assert fill_places(centre, ROWS) == 0


def test_everybody_reaches_what_the_story_needs(tmp_path, centre):
    set_up(tmp_path)
    with centre.database.reading() as db:
        reach = {
            someone.key: capacity_of(db, centre.tables, 23, someone.id, date(2026, 11, 22)).reaches
            for someone in PEOPLE
        }
    assert [(r.role, len(r.gram_panchayats), len(r.blocks)) for r in reach[ABM.key]] == [("abm", 16, 1)]
    assert [(r.role, len(r.branches), len(r.blocks)) for r in reach[SAKHI.key]] == [("bank_sakhi", 1, 1)]
    assert [(r.role, len(r.gram_panchayats), len(r.blocks)) for r in reach[SUPERVISOR.key]] == [("supervisor", 64, 1)]
    assert [(r.role, len(r.districts), len(r.blocks)) for r in reach[REVIEWER.key]] == [("district", 1, 6)]
