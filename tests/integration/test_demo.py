"""`make demo` as a new user meets it: the story with a real server process, its exit status, the page, and the end."""

import contextlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from operations.demo_setup import BLOCKS, FORTNIGHT, SEED
from operations.practice_earlier import register_on
from operations.practice_places import GROUPS_PER_BLOCK, villages_of
from operations.practice_register import AS_ON, practice_register
from records.written import show_change, show_count
from screens.words import words_of

ROOT = Path(__file__).parents[2]
DEMO = [sys.executable, "-m", "operations.demo"]

FEW = 40
"""Groups of the register in all demos but one: the story is the same, and is told many times here."""


def run_demo(folder: Path, *more: str, groups: int | None = FEW) -> subprocess.CompletedProcess[str]:
    register = [] if groups is None else ["--groups", str(groups)]
    command = [*DEMO, "--folder", str(folder), *register, *more]
    return subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=300)


class Register:
    """What the figures of a demo must be, counted group by group in the register that it begins with."""

    def __init__(self, groups: int) -> None:
        self.groups = list(practice_register(SEED, villages_of(BLOCKS), groups))
        self.names = sum(len(group.members) for group in self.groups)
        self.steps = sum(len(group.account.steps) for group in self.groups if group.account)
        self.women = sum(len(group.present) or group.declared_members for group in self.groups)
        self.opened = sum(bool(group.account and group.account.number) for group in self.groups)

    def figures(self, groups: int = 0, women: int = 0, pending: int = 0, opened: int = 0) -> str:
        """The line of figures, with what the story adds."""
        groups, women, hindi = groups + len(self.groups), women + self.women, words_of("hi")
        pending, opened = pending + len(self.groups) - self.opened, opened + self.opened
        return " · ".join(
            [
                hindi.say("figure.groups", count=groups),
                hindi.say("figure.members", count=women),
                hindi.say("figure.average", average=round(women / groups, 1), norm=15),
                hindi.say("figure.pending_accounts", count=pending),
                f"{hindi.say('state.opened')}: {show_count(opened)}",
            ]
        )

    def since_the_review(self) -> str:
        """What the overview compares: the register with what the story adds, beside that of a fortnight ago."""
        hindi, then = words_of("hi", at="console"), Register(0)
        then.groups = list(register_on(self.groups, AS_ON - FORTNIGHT))
        added = {"groups": ADDED["groups"], "opened": ADDED["opened"], "pending": ADDED["pending"]}
        said = []
        for name in ("groups", "opened", "pending"):
            now = self.count(name) + added[name]
            change = show_change(now - then.count(name))
            said.append(hindi.say("review.line", what=hindi.say(f"review.figure.{name}"), now=now, change=change))
        return " · ".join(said)

    def count(self, name: str) -> int:
        opened = sum(bool(group.account and group.account.number) for group in self.groups)
        return {"groups": len(self.groups), "opened": opened, "pending": len(self.groups) - opened}[name]


ADDED = {"groups": 3, "women": 11 + 13 + 11, "pending": 2, "opened": 1}
"""By the story: a group of eleven whose account is opened, one of thirteen by what was decided, registered twice and
counted once, and one of eleven that the office accepted."""


def server_of(said: str) -> int:
    """The process that a demo says is its server."""
    found = re.search(r"process of its own \((\d+)\)", said)
    assert found, said
    return int(found[1])


def is_gone(process: int, within: float = 15.0) -> bool:
    until = time.monotonic() + within
    while is_running(process):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def is_running(process: int) -> bool:
    with contextlib.suppress(OSError):
        # In a container nobody may have collected what is left of an ended process (state Z).
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


# --- the story


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A story told once, with its folder, for the tests that only look at it."""
    folder = tmp_path_factory.mktemp("demo") / "new"
    return folder, run_demo(folder, "--once")


@pytest.fixture
def kept(told, tmp_path):
    """A folder in which a story has been told, for a test to do with as it likes."""
    return shutil.copytree(told[0], tmp_path / "demo")


def test_the_story_ends_well(told):
    _, run = told
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stderr == ""
    assert run.stdout.rstrip().endswith("All 4 phones and the server agree on every byte of their streams.")


@pytest.mark.parametrize(
    "line",
    [
        "11 blocks of 2 districts with their LGD codes, 6 bank branches with their IFSC",
        "64 gram panchayats, 222 villages, 222 service areas, 4 people",
        "ABM: जय अंबे समुह, बिजौरी · 11 सदस्य · खाता शुरू नहीं · केवल फोन में सुरक्षित (Saved on this phone only)",
        "ABM: 13 प्रविष्टियाँ भेजनी बाकी · नेटवर्क नहीं है (13 entries to send · no network)",
        "Server: 40 groups, neither of the two among them",
        "Server: 42 groups, जय अंबे समुह and नर्मदा समूह among them",
        "Server: 42 groups, जय अम्बे समूह and नर्मदा समूह among them",
        "ABM: नर्मदा समूह, भजिया · 12 सदस्य · खाता शुरू नहीं · सर्वर पर दर्ज (Received by the server)",
        "Bank sakhi: of the first group the office bearers only, 3 names",
        "Bank sakhi: 6 प्रविष्टियाँ भेजनी बाकी · नेटवर्क नहीं है (6 entries to send · no network)",
        "ABM: 1 प्रविष्टि भेजनी बाकी · नेटवर्क नहीं है (1 entry to send · no network)",
        "ABM: जय अम्बे समूह, बिजौरी · 11 सदस्य · खाता खुल गया · सर्वर पर दर्ज (Received by the server)",
        "Bank sakhi: जय अम्बे समूह, बिजौरी · 11 सदस्य · खाता खुल गया · सर्वर पर दर्ज (Received by the server)",
        "District reviewer: 0 names of members; खाता खुल गया (Account opened)",
        "Supervisor: registered Narmada Samuh; since the sync her phone knows of नर्मदा समूह",
        "In the console she says that both are the same: Narmada Samuh = नर्मदा समूह",
        "ABM: 14 members; kept beside it: 13, by अभ्यास: सुनीता पटेल",
        "ABM: 13 members; open conflicts: 0",
        "Supervisor: 13 members; open conflicts: 0",
        "ABM: सुधार आवश्यक (Needs correction): यह प्रविष्टि आपके कार्यक्षेत्र से बाहर की है।",
        "Console: set aside, सरस्वती समूह by अभ्यास: सुनीता पटेल: बताई गई सदस्य संख्या 11. The supervisor accepts it.",
    ],
)
def test_the_story_tells(told, line):
    assert line in told[1].stdout


def test_the_figures_are_those_of_the_register_and_of_what_the_story_adds(told):
    register = Register(FEW)
    assert f"before: {register.figures()}\n" in told[1].stdout
    assert f"after:  {register.figures(**ADDED)}\n" in told[1].stdout
    assert register.figures() != register.figures(**ADDED)


def test_each_phone_holds_its_part_of_the_block(told):
    """The supervisor all names of women, the ABM those of her panchayats, the sakhi bearers, the reviewer none."""
    held = dict(re.findall(r"(\S.*): 294 places, [\d,]+ groups, ([\d,]+) members", told[1].stdout))
    register = Register(FEW)
    assert int(held["Supervisor"]) == register.names > int(held["ABM"]) > int(held["Bank sakhi"]) > 0
    assert held["District reviewer"] == "0"


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """The story of a full block, told once."""
    return run_demo(tmp_path_factory.mktemp("full") / "demo", "--once", groups=None)


def test_a_full_block_is_told_and_agrees_as_well(full):
    run = full
    assert run.returncode == 0, run.stdout + run.stderr
    register = Register(GROUPS_PER_BLOCK)
    assert f"{GROUPS_PER_BLOCK:,} groups and {register.names:,} members" in run.stdout
    assert f"before: {register.figures()}\n" in run.stdout
    assert f"after:  {register.figures(**ADDED)}\n" in run.stdout
    assert register.since_the_review() in run.stdout
    assert run.stdout.rstrip().endswith("All 4 phones and the server agree on every byte of their streams.")
    # The supervisor has the members of all panchayats, and so every name.
    assert re.search(rf"Supervisor: 294 places, 1,600 groups, {register.names:,} members", run.stdout)
    assert re.search(r"same .* 64 streams of gp: members", run.stdout)


def test_a_full_block_has_a_sample_of_which_one_group_differs(full):
    hindi = words_of("hi", at="console")
    found = [hindi.say(f"check.result.{result}") for result in ("confirmed", "differs", "confirmed")]
    said = re.search(r"chosen by lot.*?(?=\n\n)", full.stdout, re.DOTALL)
    assert said, full.stdout
    assert re.findall("|".join(dict.fromkeys(found)), said[0]) == found
    for beside, count, as_told in (("overview.groups", 2, 1), ("overview.opened", 1, 1)):
        words = hindi.say("found.said", count=count, as_told=as_told)
        assert f"beside {hindi.say(beside)}: {words}" in said[0]


def test_a_number_of_groups_that_no_block_has_is_refused(tmp_path):
    run = run_demo(tmp_path / "demo", "--once", groups=40_000)
    assert run.returncode == 2 and "--groups is a number from 0 to 4000" in run.stderr
    assert not (tmp_path / "demo").exists()


def test_a_demo_without_a_register_begins_empty(tmp_path):
    run = run_demo(tmp_path / "demo", "--once", groups=0)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "before: 0 समूह · 0 सदस्य · औसत सदस्य – (मानक 15) · 0 लंबित खाता · खाता खुल गया: 0" in run.stdout
    assert "after:  3 समूह · 35 सदस्य · औसत सदस्य 11.7 (मानक 15) · 2 लंबित खाते · खाता खुल गया: 1" in run.stdout


def test_the_reviewer_gets_the_last_four_digits_only(told):
    lines = [line for line in told[1].stdout.splitlines() if "खाता क्रमांक" in line]
    assert [line.split()[-1] for line in lines] == ["8005101100004721", "8005101100004721", "XXXXXX4721"]


def test_each_phone_has_a_code_and_a_device_of_its_own(told):
    joined = re.findall(r"code (\d{4} \d{4} \d{4}): device ([0-9a-f]{8})", told[1].stdout)
    assert len(joined) == len({code for code, _ in joined}) == len({device for _, device in joined}) == 4


def test_the_server_is_gone_with_the_story(told):
    assert is_gone(server_of(told[1].stdout))


def test_a_second_demo_begins_anew(kept):
    run = run_demo(kept, "--once")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "made anew" in run.stdout and "Server: 40 groups, neither" in run.stdout


# --- controls: a verdict that cannot be bad proves nothing


def test_kept_stores_are_compared_again(kept):
    run = run_demo(kept, "--once", "--keep")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "those of last time" in run.stdout and "DIFFERS" not in run.stdout


@pytest.mark.parametrize(
    ("store", "statement"),
    [
        ("phones/sakhi.sqlite", "UPDATE shg SET name = name || '.'"),
        ("phones/abm.sqlite", "UPDATE member SET joined_on = '2026-01-01'"),
        ("phones/supervisor.sqlite", "DELETE FROM account_step"),
        ("centre/central.db", "UPDATE shg SET formed_on = '2026-01-01'"),
    ],
)
def test_copies_that_do_not_agree_end_the_demo_badly(kept, store, statement):
    with contextlib.closing(sqlite3.connect(kept / store)) as db:
        assert db.execute(statement).rowcount > 0
        db.commit()
    run = run_demo(kept, "--once", "--keep")
    assert run.returncode == 1, run.stdout + run.stderr
    assert "THE COPIES DO NOT AGREE" in run.stdout and "DIFFERS" in run.stdout
    assert is_gone(server_of(run.stdout))


# --- in the browser


class Running:
    """A demo that serves, with what it has said so far."""

    def __init__(self, process: subprocess.Popen[str], said: str, page: str) -> None:
        self.process, self.said, self.page = process, said, page

    def state(self) -> dict:
        return requests.get(f"{self.page}state", timeout=10).json()

    def switch(self, key: str, word: str) -> dict:
        switched = requests.post(f"{self.page}network/{key}/{word}", headers={"x-samooh-demo": "1"}, timeout=10)
        assert switched.status_code == 200
        return switched.json()


@contextlib.contextmanager
def running(folder: Path, *more: str) -> Iterator[Running]:
    command = [*DEMO, "--folder", str(folder), "--port", "0", "--groups", str(FEW), *more]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", start_new_session=True
    )
    try:
        said = ""
        for line in process.stdout or ():
            said += line
            if "Ctrl-C" in line:
                break
        page = re.search(r"side by side.*(http://\S+)", said)
        assert page, said
        yield Running(process, said, page[1])
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    with running(tmp_path_factory.mktemp("serving") / "demo") as demo:
        yield demo


def test_both_phones_are_shown_after_the_story(serving):
    state = serving.state()
    assert [phone["key"] for phone in state["phones"]] == ["abm", "sakhi"]
    assert all(phone["online"] for phone in state["phones"])
    register = Register(FEW)
    counts = f"groups {FEW + 4}, members {register.names + 11}, account steps {register.steps + 5}"
    assert counts in state["centre"]
    assert "installed app itself works offline" in serving.said


def test_the_console_is_served_beside_them_with_a_code_for_each(serving):
    console = serving.state()["console"]
    assert f"for a desktop: {console}" in serving.said and requests.get(console, timeout=20).status_code == 200
    assert len(re.findall(r"(?:Supervisor|District reviewer): one-time code [\d ]+", serving.said)) == 2


def test_the_switch_cuts_and_restores_one_phone(serving):
    assert [phone["online"] for phone in serving.switch("abm", "off")["phones"]] == [False, True]
    assert [phone["online"] for phone in serving.switch("abm", "on")["phones"]] == [True, True]


def test_the_switch_listens_to_its_own_page_only(serving):
    assert requests.post(f"{serving.page}network/abm/off", timeout=10).status_code == 400
    wrong = requests.post(f"{serving.page}network/nobody/off", headers={"x-samooh-demo": "1"}, timeout=10)
    assert wrong.status_code == 404
    assert all(phone["online"] for phone in serving.state()["phones"])


def test_no_page_may_ask_another_machine_for_anything(serving):
    state = serving.state()
    ports = [phone["port"] for phone in state["phones"]]
    for address in (serving.page, *(f"http://127.0.0.1:{port}/" for port in ports), state["console"]):
        answer = requests.get(address, timeout=20)
        assert answer.status_code == 200
        policy = answer.headers["content-security-policy"]
        hosts = {source.split("/")[2].split(":")[0] for source in policy.split() if "://" in source}
        assert policy.startswith("default-src 'self'") and "127.0.0.1" in hosts <= {"127.0.0.1", "localhost"}
    assert "https://" not in requests.get(serving.page, timeout=10).text


def test_the_fonts_come_from_this_machine(serving):
    assert requests.get(f"{serving.page}font.ttf", timeout=10).content[:4] == b"\0\1\0\0"
    assert requests.get(f"{serving.page}font-bold.ttf", timeout=10).status_code == 200


def test_nobody_else_on_the_network_can_see_it(serving):
    assert serving.page.startswith("http://127.0.0.1:")
    listening = Path("/proc/net/tcp")
    if not listening.exists():
        pytest.skip("only Linux lists its listening sockets in a file")
    ports = {phone["port"] for phone in serving.state()["phones"]}
    rows = [line.split() for line in listening.read_text().splitlines()[1:]]
    bound = {address for _, address, _, state, *_ in rows if state == "0A" and int(address.split(":")[1], 16) in ports}
    assert bound and all(address.startswith("0100007F:") for address in bound)


@pytest.mark.skipif(os.name == "nt", reason="signals as on Unix")
def test_ctrl_c_ends_everything(kept):
    with running(kept, "--keep") as demo:
        server = server_of(demo.said)
        assert demo.state()["phones"], "it serves"
        # As a terminal does it: to the whole group. The server has a session of its own and is ended by the demo.
        os.killpg(demo.process.pid, signal.SIGINT)
        rest, _ = demo.process.communicate(timeout=30)
        assert demo.process.returncode == 0, rest
        assert "Ended." in rest and "Traceback" not in rest
        assert is_gone(server)


@pytest.mark.skipif(os.name == "nt", reason="signals as on Unix")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGKILL"])
def test_no_server_is_left_behind(kept, name):
    with running(kept, "--keep") as demo:
        server = server_of(demo.said)
        demo.process.send_signal(getattr(signal, name))
        demo.process.wait(30)
        assert is_gone(server)


def test_the_page_says_when_the_server_has_ended(kept):
    with running(kept, "--keep") as demo:
        server = server_of(demo.said)
        os.kill(server, signal.SIGTERM)
        until = time.monotonic() + 15
        while "ended" not in demo.state()["centre"] and time.monotonic() < until:
            time.sleep(0.1)
        assert "The server has ended." in demo.state()["centre"]
        assert len(demo.state()["phones"]) == 2
