"""`make tour`: drive the real app through every stop, keep the pictures in docs/tour, and name what is wrong.

Ends with a status other than 0 when something is: text cut off, a target under 48 dp, something outside of the window,
a letter without a glyph.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.running import ARGUMENTS, CHROMIUM, MISSING, ROOT, running_demo
from tests.tour.going import DESK, PHONE, Look, Tourist, resized
from tests.tour.looking import faults_on
from tests.tour.stops import STOPS, Stop
from tests.tour.written import LANGUAGES, LOOKS, keep, picture_name, write_page

FOLDER = ROOT / "docs" / "tour"
NARROW, LARGEST = (320, 740), "largest"


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--only", nargs="*", help="names of stops; all when left out")
    asked.add_argument("--languages", nargs="*", choices=LANGUAGES, default=LANGUAGES, help="one by one, or all")
    asked.add_argument("--folder", type=Path, default=FOLDER)
    asked.add_argument("--no-pictures", action="store_true", help="only look for faults")
    options = asked.parse_args()
    if CHROMIUM is None:
        print(MISSING, file=sys.stderr)
        return 1
    stops = [stop for stop in STOPS if not options.only or stop.name in options.only]
    begun, faults = time.monotonic(), []
    print("A demo with a full block is put up; that takes half a minute.", flush=True)
    with tempfile.TemporaryDirectory() as folder, running_demo(Path(folder)) as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        tourist = Tourist(browser, demo, Path(folder))
        if not options.no_pictures:
            for language in options.languages:
                for colours in LOOKS:
                    print(f"{language}, {colours}", flush=True)
                    for stop in stops:
                        faults += _pictures(tourist, stop, Look(language, colours), options.folder)
        for language in options.languages:
            print(f"{language}, text {LARGEST}, and {NARROW[0]} dp", flush=True)
            for stop in stops:
                faults += _narrow(tourist, stop, Look(language, "light", LARGEST))
        browser.close()
    if not options.no_pictures and not options.only and options.languages == LANGUAGES:
        write_page(options.folder)
    for fault in faults:
        print(f"FAULT {fault}")
    print(f"{len(stops)} stops, {len(faults)} faults, {time.monotonic() - begun:.0f} s.")
    return 1 if faults else 0


def _pictures(tourist: Tourist, stop: Stop, look: Look, folder: Path) -> list[str]:
    """Both sizes of a stop, kept as pictures, and what is wrong there."""
    found = []
    with tourist.at(stop, look) as screen:
        for size in (PHONE, DESK):
            if size != PHONE:
                resized(screen, size)
            path = folder / picture_name(stop, look.language, look.colours, size)
            path.parent.mkdir(parents=True, exist_ok=True)
            keep(screen.page.screenshot(), path)
            found += [f"{path.name}: {fault}" for fault in faults_on(screen.page)]
    return found


def _narrow(tourist: Tourist, stop: Stop, look: Look) -> list[str]:
    """The largest text on a usual phone, and on the narrowest."""
    found = []
    with tourist.at(stop, look) as screen:
        for size in (PHONE, NARROW):
            if size != PHONE:
                resized(screen, size)
            where = f"{stop.name} {look.language} text {look.text} at {size[0]}"
            found += [f"{where}: {fault}" for fault in faults_on(screen.page)]
    return found


if __name__ == "__main__":
    sys.exit(main())
