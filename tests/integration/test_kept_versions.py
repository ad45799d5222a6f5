"""What earlier versions said is understood as they meant it, and what they left behind goes on with today's code."""

from datetime import date

import pytest

from records.commands.groups import RegisterGroup
from records.wire import read_request
from screens.version import VERSION
from server.central_store import CentralStore
from storage.queries import find_shg, list_groups
from storage.store import LocalStore
from storage.workspace import PhoneWorkspace
from sync.synchronise import synchronise
from tests.fleet import contents, differences
from tests.kept_versions import KEPT, kept_versions, meaning, read, story_of, unpacked
from tests.phone_files import contents as rows_of
from tests.world import ref

each_version = pytest.mark.parametrize("kept", kept_versions(), ids=lambda kept: kept.name)


def test_this_version_is_kept():
    """After a new version: `python -m tests.kept_versions`, and the folder it writes goes into the same commit."""
    assert KEPT / VERSION in kept_versions()


def includes(now, then) -> bool:
    """Whether a value says all that another one said; it may say more, in fields of its own."""
    if isinstance(then, dict) and isinstance(now, dict):
        return all(name in now and includes(now[name], value) for name, value in then.items())
    if isinstance(then, list) and isinstance(now, list):
        return len(now) == len(then) and all(map(includes, now, then))
    return now == then


@each_version
def test_every_kept_message_still_means_what_it_meant(kept):
    _, messages = story_of(kept)
    lost = [one["what"] for one in messages if not includes(meaning(read(one)), one["means"])]
    assert not lost
    assert {one["what"] for one in messages} == {
        "request", "batch", "reply", "enrol", "enrolled", "photo_call", "photo_reply", "problem",
    }  # fmt: skip


def test_the_story_holds_what_a_protocol_has():
    """A kept story without a case proves nothing about it."""
    _, messages = story_of(KEPT / VERSION)
    replies = [one["means"] for one in messages if one["what"] == "reply"]
    answers = [reply["answer"] for reply in replies if reply["answer"]]
    parts = [part for reply in replies if reply["page"] for part in reply["page"]["parts"]]
    assert {answer["state"] for answer in answers} == {"applied", "waiting_for", "device_cloned"}
    states = {outcome["state"] for answer in answers for outcome in answer["outcomes"]}
    assert states == {"applied", "lost", "held", "quarantined", "refused"}
    assert all(any(reply[name] for reply in replies) for name in ("offers", "cursor_unknown", "renumbered", "capacity"))
    assert all(any(part[name] for part in parts) for name in ("rows", "held", "left", "own"))
    assert all(any(r["page"] and r["page"][name] for r in replies) for name in ("granted", "withdrawn"))
    assert any(answer["restamped"] for answer in answers)


# --- a phone and a centre of that version, with today's code


class Later:
    """The kept phone of the ABM and the kept centre, opened by today's code at the end of their story."""

    def __init__(self, kept, folder):
        self.now_ms, self.messages = story_of(kept)
        unpacked(kept, folder)
        self.folder, self.before = folder, rows_of(folder / "centre.sqlite")
        self.centre = CentralStore(
            f"sqlite:///{folder / 'centre.sqlite'}", state_id=23, secret=b"a secret outside the database..!",
            clock=self.clock,
        )  # fmt: skip
        self.store = LocalStore.open(folder / "abm.sqlite", clock=self.clock)
        self.phone = PhoneWorkspace(self.store)

    def clock(self):
        self.now_ms += 1
        return self.now_ms

    def sync(self, store):
        with store.reading() as t:
            door = self.centre.for_device(t.meta.get("token"))
        for _ in range(6):
            synchronise(store, door, app=VERSION, timer=lambda: 0.0)

    def close(self):
        self.store.close()
        self.centre.close()


@pytest.fixture(params=kept_versions(), ids=lambda kept: kept.name)
def later(request, tmp_path):
    made = Later(request.param, tmp_path)
    yield made
    made.close()


def test_a_kept_centre_holds_all_its_rows_after_the_upgrade(later):
    """Every table of then, every row of it, every value. The step at which the database is, and what an enrolment or a
    worker counts anew at its start, are not of the register."""
    after = rows_of(later.folder / "centre.sqlite")
    # The feed of then names a stream where there is a number now.
    names = {row["number"]: row["name"] for row in after["stream"]}
    after["feed"] = [{**row, "stream": names[row["stream"]]} for row in after["feed"]]
    for table, rows in later.before.items():
        if table != "alembic_version":
            assert len(after[table]) >= len(rows), table
            for row in rows:
                assert any(row.items() <= one.items() for one in after[table]), f"{table}: {row}"
    assert len(later.before["shg"]) == 3 and later.before["quarantine"] and later.before["conflict"]


def test_a_kept_phone_gives_its_work_to_a_kept_centre_and_both_agree(later):
    waiting = later.phone.sync_status().waiting
    assert waiting == 2, "one group is frozen in a batch, one change was typed since"
    later.sync(later.store)
    assert later.phone.sync_status().waiting == 0 and not later.phone.mending()
    groups = {row.name: row for row in later.phone.ask(list_groups)}
    assert {"Under way", "Sharda of the hill", "जय अम्बे समूह"} <= set(groups)
    assert later.phone.ask(find_shg, id=groups["जय अम्बे समूह"].id)[0].declared_members == 12
    later.phone.do(RegisterGroup({"village_id": ref("V1"), "name": "By the new app", "formed_on": date(2026, 3, 1)}))
    later.sync(later.store)
    fresh = a_fresh_phone(later)
    assert not differences(contents(later.store), contents(fresh))
    fresh.close()


def a_fresh_phone(later) -> LocalStore:
    from sync.enrolling import enrol

    store = LocalStore.open(later.folder / "fresh.sqlite", clock=later.clock)
    enrol(store, later.centre, later.centre.enrolments.code_for(ref("abm")), app=VERSION)
    later.sync(store)
    return store


def test_the_calls_of_a_kept_phone_are_answered_by_todays_centre(later):
    """The bytes as that version sent them: a call whose answer was lost is answered again, nothing twice applied."""
    with later.store.reading() as t:
        token = t.meta.get("token")
    calls = [one for one in later.messages if one["what"] == "request" and one["means"]["batch"]]
    door = later.centre.for_device(token)
    answered = [door.sync(read_request(bytes.fromhex(calls[0]["bytes"]))) for _ in range(2)]
    assert [reply.answer.state for reply in answered] == ["applied", "applied"]
