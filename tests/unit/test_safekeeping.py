"""The secrets of a login in the device's safe: moved there, given back at the next start, and life without one."""

import asyncio
import json

import pytest

from records.messages import NewNumber
from records.problems import Problem
from storage import meta as named
from storage.adopting import Keys, adopt, take_number
from storage.contact import token_of
from storage.identity import login_is_good
from storage.newer import read_ready
from storage.opened import open_sound
from storage.secrets import IN_SAFE, secret_of, to_lock_away
from storage.store import LocalStore
from sync.runner import SyncRunner
from sync.safekeeping import Safekeeping
from tests.harness import CAPACITIES, StillServices, a_phone
from tests.phones import an_enrolment

TOKEN = "a-token-of-nobody-0123456789"
KEYS = Keys(b"\x11" * 32, b"\x22" * 32)
SECRETS = (TOKEN, KEYS.signing.hex(), KEYS.sealing.hex())


def lie_in_safe(store: LocalStore) -> bool:
    with store.reading() as t:
        return t.meta.get(named.TOKEN) == IN_SAFE


def enrolled(token: str):
    return an_enrolment(CAPACITIES["abm"], token=token)


class Closed(StillServices):
    """A safe that does not answer."""

    async def unlock(self, name):
        raise Problem("safe_closed")

    async def lock_away(self, name, value):
        return False


class NoSafe(StillServices):
    secrets_are_safe = False

    async def unlock(self, name):
        raise AssertionError("nobody asks a safe that is not there")

    lock_away = unlock


@pytest.fixture
def store(tmp_path):
    phone = a_phone(tmp_path)
    adopt(phone.store, enrolled(TOKEN), KEYS)
    yield phone.store
    phone.store.close()


async def reopened(store: LocalStore, services) -> LocalStore:
    """The process dies; another one opens the file, with what the safe gives."""
    store.close()
    safe = await Safekeeping(services, "phone").unlock()
    again = open_sound(store.path)
    safe.give_to(again)
    return again


def in_files(store: LocalStore) -> list[str]:
    """The secrets that can be read out of the files of a store."""
    written = b"".join(path.read_bytes() for path in store.path.parent.iterdir() if path.is_file())
    return [secret for secret in SECRETS if secret.encode() in written]


async def test_the_secrets_of_a_login_leave_the_file_and_work_goes_on(store):
    services = StillServices()
    assert in_files(store) == list(SECRETS), "an app without a safe left them open"
    await Safekeeping(services, "phone").lock_away(store)
    assert not in_files(store) and lie_in_safe(store)
    assert json.loads(services.secrets["login.phone"])["token"] == TOKEN
    assert token_of(store) == TOKEN
    with store.reading() as t:
        assert [secret_of(t, name) for name in ("token", "signing_key", "sealing_key")] == list(SECRETS)
        assert login_is_good(t)


async def test_the_next_start_gets_them_from_the_safe(store):
    services = StillServices()
    await Safekeeping(services, "phone").lock_away(store)
    again = await reopened(store, services)
    assert token_of(again) == TOKEN and not in_files(again) and not to_lock_away(again)
    assert read_ready(again.path, unlocked=again.unlocked).token == TOKEN, "an older app can still hand over"
    assert read_ready(again.path).token is None
    again.close()


async def test_killed_between_safe_and_file_nothing_is_lost(store):
    services = StillServices()
    await services.lock_away("login.phone", json.dumps(to_lock_away(store)))
    again = await reopened(store, services)
    assert token_of(again) == TOKEN and not lie_in_safe(again)
    await Safekeeping(services, "phone").lock_away(again)
    assert not in_files(again)
    again.close()


async def test_a_new_number_of_a_copied_phone_is_locked_away_as_well(store):
    services = StillServices()
    safe = Safekeeping(services, "phone")
    await safe.lock_away(store)
    take_number(store, NewNumber("0000beef", "another-token"))
    assert token_of(store) == "another-token"
    await safe.lock_away(store)
    kept = json.loads(services.secrets["login.phone"])
    assert (kept["device"], kept["token"], kept["signing_key"]) == ("0000beef", "another-token", KEYS.signing.hex())
    assert token_of(await reopened(store, services)) == "another-token"


async def test_a_login_that_changes_while_it_is_locked_away_stays_in_the_file_until_the_next_time(store):
    class Slow(StillServices):
        async def lock_away(self, name, value):
            if not self.secrets:
                await asyncio.to_thread(take_number, store, NewNumber("0000beef", "another-token"))
            return await super().lock_away(name, value)

    services = Slow()
    safe = Safekeeping(services, "phone")
    await safe.lock_away(store)
    assert token_of(store) == "another-token" and not lie_in_safe(store)
    await safe.lock_away(store)
    assert token_of(store) == "another-token" and lie_in_safe(store)


async def test_a_file_that_came_to_another_phone_without_its_safe_must_sign_in_and_keeps_its_work(store):
    await Safekeeping(StillServices(), "phone").lock_away(store)
    again = await reopened(store, StillServices())
    runner = SyncRunner(again, None, app="0.1.0")
    line = runner.run()
    assert token_of(again) is None and (line.state, line.problem) == ("stopped", "sign_in")
    with again.reading() as t:
        assert not login_is_good(t), "a code can be used at once"
    adopt(again, enrolled("a new token"), KEYS)
    assert token_of(again) == "a new token"
    again.close()


async def test_a_safe_that_does_not_answer_today_ends_no_login(store):
    services = StillServices()
    await Safekeeping(services, "phone").lock_away(store)
    again = await reopened(store, Closed())
    line = SyncRunner(again, None, app="0.1.0").run()
    assert (line.state, line.problem) == ("stopped", "safe_closed")
    opened = await reopened(again, services)
    assert token_of(opened) == TOKEN
    opened.close()


async def test_what_another_store_or_somebody_else_left_in_the_safe_is_not_taken(store):
    services = StillServices()
    await Safekeeping(services, "phone").lock_away(store)
    for strange in ("no json", "[1]", json.dumps({"device": "0000beef", "token": "x"}), json.dumps({"token": 5})):
        services.secrets["login.phone"] = strange
        safe = await Safekeeping(services, "phone").unlock()
        assert safe.unlocked.get("token") in (None, "x")
    again = await reopened(store, services)
    assert token_of(again) is None
    again.close()


async def test_without_a_safe_they_stay_where_they_are_and_that_is_told(store):
    for services in (NoSafe(), Closed()):
        safe = await Safekeeping(services, "phone").unlock()
        await safe.lock_away(store)
        assert not lie_in_safe(store) and token_of(store) == TOKEN
