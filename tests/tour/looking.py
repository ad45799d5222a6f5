"""What a person would stumble over on a screen: text cut off, targets too small, things outside of the window, boxes.

Read from the tree of semantics that stands beside the canvas, and from the picture of the canvas itself.
"""

import io
from dataclasses import dataclass
from itertools import pairwise

from PIL import Image
from playwright.sync_api import Page

from tests.fonts import FONTS, letters_missing

TOUCH = 48
"""dp that a thumb needs, each way (Material 3, accessibility)."""
BACK = ("वापस जाएं", "Back")
"""What Flutter calls its own arrow, in the language of the app."""
ARROW = 40
ROUND = 26
"""dp of a button's side that its round ends may take."""
SLACK = 1.0
"""dp by which rounding may differ."""

# Every node that says or does something: words, role, place, and whether it lies in something that scrolls sideways.
NODES = """() => {
  const found = [];
  // As Flutter writes it at a list, each way by itself: computed, the other way would be 'auto'. For half a second
  // after the pointer has moved it is 'hidden'.
  const lists = (way) => ['scroll', 'hidden'].includes(way);
  const scrolls = (node) => {
    for (let at = node.parentElement; at && at.tagName !== 'FLT-SEMANTICS-HOST'; at = at.parentElement) {
      if (lists(at.style.overflowX)) return true;
    }
    return false;
  };
  // What is scrolled half out of its list is as high as the part that is seen.
  const clipped = (node, box) => {
    for (let at = node.parentElement; at && at.tagName !== 'FLT-SEMANTICS-HOST'; at = at.parentElement) {
      if (!lists(at.style.overflowY) && !lists(at.style.overflowX)) continue;
      const list = at.getBoundingClientRect();
      if (box.top <= list.top + 2 || box.bottom >= list.bottom - 2) return true;
      if (box.left <= list.left + 2 || box.right >= list.right - 2) return true;
    }
    return false;
  };
  for (const node of document.querySelectorAll('flt-semantics-host flt-semantics')) {
    const role = node.getAttribute('role') || '';
    const own = [...node.childNodes].filter(one => one.nodeType === 3 || one.tagName === 'SPAN')
      .map(one => one.textContent).join('');
    const words = (node.getAttribute('aria-label') || own || '').trim();
    if (!words && !['button', 'tab', 'textbox', 'radio', 'checkbox', 'switch'].includes(role)) continue;
    const box = node.getBoundingClientRect();
    found.push({role, words, all: (node.textContent || '').trim(), x: box.x, y: box.y, w: box.width, h: box.height,
                id: node.getAttribute('flt-semantics-identifier') || '', sideways: scrolls(node),
                clipped: clipped(node, box)});
  }
  return found;
}"""
TARGETS = ("button", "tab", "radio", "checkbox", "switch", "link")


@dataclass(frozen=True)
class Fault:
    """Something on a screen that is not as it should be."""

    what: str
    where: str

    def __str__(self) -> str:
        return f"{self.what}: {self.where}"


def faults_on(page: Page) -> list[Fault]:
    """All that is wrong with the screen as it stands."""
    size = page.viewport_size or {"width": 0, "height": 0}
    nodes = [node for node in page.evaluate(NODES) if node["w"] > 0 and node["h"] > 0]
    seen = [node for node in nodes if node["y"] < size["height"] and node["y"] + node["h"] > 0]
    found = [fault for node in seen for fault in _node_faults(node, size["width"])]
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        found += _cut_off(picture.convert("RGB"), seen, size)
    said = "".join(node["words"] + node["all"] for node in nodes)
    missing = letters_missing(said, FONTS[0])
    if missing:
        found.append(Fault("no font has these letters", " ".join(sorted(missing))))
    if not seen:
        found.append(Fault("nothing on the screen", page.url))
    return found


def still(page: Page) -> None:
    """Wait until the canvas has caught up: something is drawn, and it does not change any more."""
    before = b""
    for _ in range(40):
        now = page.screenshot()
        if now == before and _is_drawn(now):
            return
        before = now
        page.wait_for_timeout(250)


def _is_drawn(taken: bytes) -> bool:
    with Image.open(io.BytesIO(taken)) as picture:
        return len(picture.convert("RGB").getcolors(1 << 24) or ()) > 20


def _node_faults(node: dict, width: int) -> list[Fault]:
    where = node["id"] or node["words"] or node["all"][:60]
    found = []
    if node["role"] in TARGETS:
        if not (node["words"] or node["all"]):
            found.append(Fault("a target without a name", node["id"] or node["role"]))
        # Flutter's own arrow in the title is 40 dp in a browser; on a phone the room round it counts, which makes 48.
        square = abs(node["w"] - ARROW) < SLACK and abs(node["h"] - ARROW) < SLACK
        own_arrow = square and node["x"] < TOUCH and node["words"] in BACK
        if not own_arrow and not node["clipped"] and (node["w"] + SLACK < TOUCH or node["h"] + SLACK < TOUCH):
            found.append(Fault(f"a target of {node['w']:.0f} x {node['h']:.0f} dp", where))
    if not node["sideways"] and (node["x"] < -SLACK or node["x"] + node["w"] > width + SLACK):
        found.append(Fault(f"reaches from {node['x']:.0f} to {node['x'] + node['w']:.0f} of {width} dp", where))
    return found


def _cut_off(picture: Image.Image, nodes: list[dict], size: dict) -> list[Fault]:
    """Buttons whose words touch their upper or lower edge: there was no room for them."""
    scale = picture.width / max(size["width"], 1)
    found = []
    for node in nodes:
        if node["role"] != "button" or node["h"] > 4 * TOUCH:
            continue
        if node["clipped"] or node["y"] < 0 or node["y"] + node["h"] > size["height"]:
            continue  # scrolled half away
        box = [round(one * scale) for one in (node["x"], node["y"], node["x"] + node["w"], node["y"] + node["h"])]
        if any(_has_ink(picture, box, edge) for edge in ("top", "bottom")):
            found.append(Fault("words are cut off", node["id"] or node["words"] or node["all"][:60]))
    return found


def _has_ink(picture: Image.Image, box: list[int], edge: str) -> bool:
    """Whether a line just within an edge of a button is of more than one colour, its round ends left out."""
    left, top, right, bottom = box
    inset = max((right - left) // 6, ROUND)
    y = top + 4 if edge == "top" else bottom - 5
    start, end = max(left + inset, 0), min(right - inset, picture.width)
    if not 0 <= y < picture.height or end - start < 10:
        return False
    line = [picture.getpixel((x, y)) for x in range(start, end)]
    changes = sum(1 for one, other in pairwise(line) if _distance(one, other) > 60)
    return changes > 4


def _distance(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True))
