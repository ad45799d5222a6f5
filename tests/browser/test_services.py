"""The device's services in a real browser, as far as a browser has them: its locked storage, and its place."""

import subprocess
import sys
import time
import urllib.request

import pytest

from tests.browser.phone_screen import PhoneScreen
from tests.browser.running import ROOT, free_port


@pytest.fixture(scope="module")
def address(browser):
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.browser.services_page", str(port)], cwd=ROOT)
    until = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}", timeout=2).close()
            break
        except OSError:
            assert time.monotonic() < until and process.poll() is None
            time.sleep(0.2)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(10)


@pytest.mark.parametrize("allowed", [True, False])
def test_secrets_are_locked_up_and_the_place_is_told_where_it_is_allowed(browser, address, allowed):
    place = {"latitude": 24.5833, "longitude": 80.8322, "accuracy": 9}
    context = browser.new_context(**({"permissions": ["geolocation"], "geolocation": place} if allowed else {}))
    screen = PhoneScreen(context.new_page(), [])
    screen.open(address)
    screen.tap_words("try")
    where = "at 24.5833 80.8322" if allowed else "nowhere"
    screen.sees(f"locked True | got a secret | kept of this browser | open None | {where}")
    stored = screen.page.evaluate("JSON.stringify(localStorage)")
    assert "samooh.login" in stored and "a secret" not in stored and "of this browser" not in stored
    context.close()
