"""What the tour takes for scrolled away and for reaching out of the window, in a tree as Flutter writes it."""

import pytest
from playwright.sync_api import Browser

from tests.tour.looking import NODES

TREE = """<style>flt-semantics {{ position: absolute; display: block }}</style><flt-semantics-host>
<flt-semantics style="left: 0; top: 100px; width: 360px; height: 300px; overflow-{way}: {state}">
<flt-semantics role="button" style="left: 16px; top: 200px; width: 160px; height: 100px">लंबित खाते</flt-semantics>
</flt-semantics></flt-semantics-host>"""
"""A list that ends in the middle of a button."""


@pytest.mark.parametrize("state", ["scroll", "hidden"])
@pytest.mark.parametrize("way", ["x", "y"])
def test_a_list_is_a_list_also_just_after_the_pointer_has_moved(browser: Browser, way: str, state: str):
    """Flutter then writes `hidden` for half a second; what is half scrolled away was taken for cut off."""
    page = browser.new_page(viewport={"width": 360, "height": 740})
    page.set_content(TREE.format(way=way, state=state))
    [node] = page.evaluate(NODES)
    page.close()
    assert node["clipped"]
    assert node["sideways"] is (way == "x"), "what a list that scrolls upwards holds must fit between the sides"


def test_what_lies_in_no_list_is_neither(browser: Browser):
    page = browser.new_page(viewport={"width": 360, "height": 740})
    page.set_content(TREE.format(way="y", state="visible"))
    [node] = page.evaluate(NODES)
    page.close()
    assert not node["clipped"] and not node["sideways"]
