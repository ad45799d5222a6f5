"""The tour shows every screen: a new address, or a new stop, wants its pictures (`make tour`)."""

from collections.abc import Iterator
from pathlib import Path

import flet as ft
import pytest
from PIL import Image

from screens.app import ROUTES
from screens.console.house import CONSOLE_ROUTES
from tests.tour.looking import _cut_off, _node_faults
from tests.tour.stops import IN_CONSOLE, ON_PHONE, STOPS, Stop
from tests.tour.written import page_text, pictures

TOUR = Path(__file__).parents[2] / "docs" / "tour"


def addresses(routes: list[ft.Route], above: str = "") -> Iterator[str]:
    for route in routes:
        here = f"{above.rstrip('/')}/{(route.path or '').strip('/')}"
        yield here if here == "/" else here.rstrip("/")
        yield from addresses(list(route.children or []), here)


def test_every_address_has_a_stop():
    assert set(addresses(ROUTES)) - {""} == _shown(ON_PHONE)


def test_every_address_of_the_console_alone_has_a_stop():
    own = set(addresses(CONSOLE_ROUTES)) - set(addresses(ROUTES)) - {""}
    assert own == _shown(IN_CONSOLE) - {"/"}


def _shown(stops: tuple[Stop, ...]) -> set[str]:
    return {address for stop in stops for address in (stop.routes or (_route_of(stop.path),))}


def _route_of(path: str) -> str:
    return path.replace("{group}", ":shg_id").replace("{member}", ":member_id")


def test_stops_have_names_of_their_own():
    assert len({stop.name for stop in STOPS}) == len(STOPS)


@pytest.mark.parametrize("name", pictures())
def test_every_picture_of_the_tour_is_there_in_its_size(name):
    size = (360, 740) if name.endswith("-360.png") else (1280, 800)
    with Image.open(TOUR / name) as picture:
        assert picture.size == size


def test_the_page_shows_what_the_stops_say():
    assert (TOUR / "README.md").read_text("utf-8") == page_text()
    left = {str(path.relative_to(TOUR)) for path in TOUR.rglob("*.png")} - set(pictures())
    assert not left, "pictures of no stop"


def a_node(**changes):
    return {
        "role": "button",
        "words": "सेव करें",
        "all": "",
        "x": 10,
        "y": 20,
        "w": 100,
        "h": 56,
        "id": "",
        "sideways": False,
        "clipped": False,
    } | changes


def test_what_a_thumb_misses_is_found():
    assert not _node_faults(a_node(), 360)
    assert _node_faults(a_node(h=40), 360)
    assert _node_faults(a_node(words=""), 360)
    assert _node_faults(a_node(x=300), 360)
    assert not _node_faults(a_node(x=300, sideways=True), 360)


def test_flutters_own_arrow_may_be_smaller_by_a_hair():
    """Below a title of two lines its place is a fraction, and so is its height."""
    arrow = {"words": "वापस जाएं", "x": 8, "w": 40, "h": 39.999996}
    assert not _node_faults(a_node(**arrow), 360)
    assert _node_faults(a_node(**arrow | {"x": 200}), 360)
    assert _node_faults(a_node(**arrow | {"h": 36}), 360)


def test_words_that_touch_the_edge_of_a_button_are_found():
    whole, cut = Image.new("RGB", (360, 100), "green"), Image.new("RGB", (360, 100), "green")
    for x in range(40, 90, 5):
        for y in range(40, 52):
            whole.putpixel((x, y), (255, 255, 255))
        for y in range(20, 52):
            cut.putpixel((x, y), (255, 255, 255))
    size = {"width": 360, "height": 100}
    assert not _cut_off(whole, [a_node()], size)
    assert _cut_off(cut, [a_node()], size)
