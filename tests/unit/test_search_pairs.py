"""The name that was searched is among the first five of a full block, however it is written and typed."""

from pathlib import Path

import pytest

from records.ids import official_id
from records.search_key import loose, search_key
from storage.queries import list_groups, search_members
from storage.store import LocalStore
from storage.workspace import PhoneWorkspace
from tests.full_block import fill, group_rows, reference_rows

LINES = (Path(__file__).parents[1] / "name_pairs.txt").read_text("utf-8").splitlines()
FIRST = 5
SHARE = 0.97


def pairs_of(section: str) -> list[tuple[str, str]]:
    start = LINES.index(f"[{section}]") + 1
    found = []
    for line in LINES[start:]:
        if line.startswith("["):
            break
        found.append(tuple(line.split(" = ")))
    return found


WOMEN, GROUPS = pairs_of("women"), pairs_of("groups")


@pytest.fixture(scope="module", params=[0, 1], ids=["stored in Hindi", "stored in Latin letters"])
def block(request, tmp_path_factory):
    """A full block with the names of one side of all pairs in it, and which side that is."""
    store = LocalStore.open(tmp_path_factory.mktemp("block") / "phone.sqlite")
    rows = [*reference_rows(), *group_rows()]
    villages = [id for kind, id, values in rows if kind == "Place" and values["level"] == "village"]
    groups = [id for kind, id, _values in rows if kind == "Shg"]
    for number, pair in enumerate(GROUPS):
        values = {
            "name": pair[request.param],
            "village_id": villages[number % len(villages)],
            "formed_on": "2026-01-01",
        }
        rows.append(("Shg", official_id("test", f"group {number}"), values))
    for number, pair in enumerate(WOMEN):
        values = {"name": pair[request.param], "shg_id": groups[number * 7]}
        rows.append(("Member", official_id("test", f"woman {number}"), values))
    fill(store, rows)
    yield PhoneWorkspace(store), request.param
    store.close()


def missed(block, query, pairs, what: str) -> list[str]:
    """The names that were not among the first five when typed as the other side writes them."""
    phone, stored = block
    lost = []
    for number, pair in enumerate(pairs):
        first = [row.id for row in phone.ask(query, search=pair[1 - stored], limit=FIRST)]
        if official_id("test", f"{what} {number}") not in first:
            lost.append(f"{pair[stored]} by {pair[1 - stored]}")
    return lost


def test_three_hundred_pairs_are_found_both_ways(block):
    assert len(WOMEN) + len(GROUPS) == 300
    lost = missed(block, list_groups, GROUPS, "group") + missed(block, search_members, WOMEN, "woman")
    assert len(lost) <= (1 - SHARE) * 300, lost


def test_a_name_is_found_as_it_was_written(block):
    phone, stored = block
    lost = []
    for number, pair in list(enumerate(WOMEN))[::5]:
        first = [row.id for row in phone.ask(search_members, search=pair[stored], limit=FIRST)]
        if official_id("test", f"woman {number}") not in first:
            lost.append(pair[stored])
    assert not lost


def test_what_the_key_keeps_apart_a_search_lets_go():
    for one, other in (("Basanti", "Vasanti"), ("Bimla", "Vimla"), ("Shyam bai", "Shyambai"), ("Jagruti", "Jagriti")):
        assert loose(search_key(one)) == loose(search_key(other))
    assert loose(search_key("Sita")) != loose(search_key("Gita"))
