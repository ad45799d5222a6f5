"""The demo's phones in the browser: the app as main.py joins it, over the phone's own store and sync."""

import threading

import pytest

import main
from operations.demo_phones import Phone, SwitchedCentre
from operations.demo_setup import PEOPLE
from records.messages import EnrolReply
from screens.version import VERSION
from storage.adopting import Keys, adopt
from storage.opened import close_all, opened
from sync.joining import joined
from tests.factories import NOW_MS
from tests.harness import CAPACITIES, RunningApp

NOWHERE = "http://127.0.0.1:9"
"""Where no server listens."""


@pytest.fixture
def folder(tmp_path):
    yield tmp_path
    close_all()


def enrol(store):
    adopt(store, EnrolReply("token", "0000c0de", CAPACITIES["abm"], "epoch", NOW_MS, b"", b""), Keys(b"", b""))


async def test_all_pages_of_a_phone_share_its_store_and_one_runner_that_the_switch_wakes(folder, monkeypatch):
    phone = Phone(folder, PEOPLE[0], NOWHERE)
    enrol(phone.store)
    phone.online = False
    tries, post = [], phone.centre.post

    def noted(*request):
        tries.append(phone.online)
        return post(*request)

    monkeypatch.setattr(phone.centre, "post", noted)
    running = set(threading.enumerate())
    pages = [await RunningApp.start(phone.show) for _ in range(2)]
    try:
        for page in pages:
            await page.see("register-group")
        await pages[0].until(lambda: False in tries, "a try by the phone's own connection")
        begun = [one for one in set(threading.enumerate()) - running if one.name == "samooh-sync"]
        assert len(begun) == 1
        phone.online = True
        await pages[0].until(lambda: True in tries, "a try when the network is back")
    finally:
        for page in pages:
            await page.stop()
        phone.close()


async def test_main_joins_a_store_once_and_as_it_is_told(folder):
    asked, runners = [], []

    def join(store, centre, *, app):
        asked.append((store, centre, app))
        workspace, runner = joined(store, centre, app=app)
        runners.append(runner)
        return workspace, runner

    centre = SwitchedCentre(NOWHERE)
    centre.online = False
    enrol(opened(folder, "abm"))
    shown = main.build(centre, folder, "abm", join=join)
    pages = [await RunningApp.start(shown) for _ in range(2)]
    for page in pages:
        await page.see("register-group")
        await page.stop()
    assert asked == [(opened(folder, "abm"), centre, VERSION)]
    for runner in runners:
        runner.stop()
