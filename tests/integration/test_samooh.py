"""The commands of the office: what they do to the centre, what they print, and the sentences for what cannot be."""

import io
import re
import sqlite3
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import update

from operations.samooh import main
from records.commands.groups import RegisterGroup
from records.ids import is_id
from records.messages import EnrolRequest, SyncRequest
from records.problems import Problem
from server.importing import Importing, Listed
from server.reaching import capacity_of
from server.serving import now_ms
from tests.fleet import Phone, quiet
from tests.integration.test_backup_restore import OfficeWorld
from tests.servers import three_free_ports
from tests.world import ref

DAY = date(2026, 3, 1)


@pytest.fixture
def world(tmp_path, monkeypatch):
    for name in ("SETTINGS", "DATABASE_URL", "SECRET_FILE", "REVOCATIONS"):
        monkeypatch.delenv(f"SAMOOH_{name}", raising=False)
    monkeypatch.setenv("SAMOOH_FOLDER", str(tmp_path / "server"))
    world = OfficeWorld(tmp_path / "server")
    world.overwrite("Place", "G1", lgd_code="114402")
    world.overwrite("Place", "B1", lgd_code="3885")
    yield world
    world.centre.close()


@pytest.fixture
def run(capsys):
    """Runs a command; gives (exit status, what it printed, what it complained of)."""

    def run(*arguments):
        status = main(list(arguments))
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return status, said.out, said.err

    return run


def reach_of(world, person):
    with world.centre.database.reading() as db:
        return capacity_of(db, world.centre.tables, 23, person, date(2026, 12, 1))


# --- which centre


def test_a_folder_that_is_mistyped_founds_no_centre(world, run, monkeypatch, tmp_path):
    monkeypatch.setenv("SAMOOH_FOLDER", str(tmp_path / "severs"))
    for command in (["status"], ["people", "list"], ["enrol", "x"], ["revoke", "--store-lost"]):
        status, _, err = run(*command)
        assert status == 2 and f"no centre in {tmp_path / 'severs'}" in err and "SAMOOH_FOLDER" in err
    assert not (tmp_path / "severs").exists()


@pytest.mark.parametrize("command", ["status", "serve"])
def test_the_centre_of_one_state_is_not_opened_as_that_of_another(world, run, monkeypatch, command):
    monkeypatch.setenv("SAMOOH_STATE", "24")
    monkeypatch.setenv("SAMOOH_PORT", str(three_free_ports()))
    monkeypatch.setattr("operations.serve.log_as", lambda style: None)
    status, _, err = run(command)
    assert status == 2 and "SAMOOH_STATE=23" in err
    assert {row["state_id"] for row in world.rows(world.centre.tables.meta)} == {23}


# --- people


def test_a_person_added_with_her_panchayat_may_work_there(world, run):
    status, out, _ = run(
        "people", "add", "Practice Sunita", "--name-hi", "अभ्यास सुनीता", "--role", "abm", "--place", "114402",
        "--from", "01-04-2026",
    )  # fmt: skip
    person = out.strip()
    assert status == 0 and is_id(person)
    capacity = reach_of(world, person)
    assert (capacity.name, capacity.name_hi) == ("Practice Sunita", "अभ्यास सुनीता")
    [reach] = capacity.reaches
    assert reach.role == "abm" and reach.gram_panchayats == {ref("G1")}
    assert person in run("people", "list")[1]


def test_who_was_entered_after_the_backup_is_entered_again_under_the_id_she_had(world, run):
    add = ("people", "add", "Practice Sunita", "--role", "abm", "--place", "114402", "--id")
    assert run(*add, ref("before"))[:2] == (0, ref("before") + "\n")
    assert "further work" in run(*add, ref("before"))[2] and "is no id" in run(*add, "before")[2]


def test_a_bank_sakhi_is_added_at_a_branch_and_an_ifsc_of_several_is_asked_back(world, run):
    status, _, err = run("people", "add", "Rekha", "--role", "bank_sakhi", "--branch", "BKID0MG1227")
    assert status == 2 and "more than one" in err and ref("R2") in err
    status, out, _ = run("people", "add", "Rekha", "--role", "bank_sakhi", "--branch", ref("R2"), "--in-charge")
    assert status == 0 and reach_of(world, out.strip()).reaches[0].branches == {ref("R2")}
    assert "(in charge)" in run("people", "list")[1]


def test_a_cluster_is_set_and_who_works_in_it_reaches_its_panchayats(world, run):
    make = ("cluster", "set", "C1", "--block", "3885", "--name", "Badwara", "--name-hi", "बड़वारा", "--panchayats")
    assert "No cluster yet" in run("cluster", "list")[1]
    status, said, _ = run(*make, f"114402,{ref('G2')}")
    assert status == 0 and "Badwara has 2 panchayats" in said
    status, person, _ = run("people", "add", "Sunita", "--role", "abm", "--place", "C1")
    [reach] = reach_of(world, person.strip()).reaches
    assert reach.gram_panchayats == {ref("G1"), ref("G2")} and reach.blocks == {ref("B1")}
    assert "Place G1, Place G2" in run("cluster", "list")[1]
    assert "1 left it" in run(*make, "114402")[1]
    assert reach_of(world, person.strip()).reaches[0].gram_panchayats == {ref("G1")}
    assert world.row("Place", ref("G2"))["parent_id"] == ref("B1")
    assert "not in the block" in run(*make, ref("G3"))[2] and "no gram panchayat" in run(*make, "999")[2]
    with Importing(world.centre, "lgd") as importing:
        listed = Listed("Place", ref("G1"), {"level": "gram_panchayat", "lgd_code": "114402", "parent_id": ref("B1")})
        importing.take([listed])
    assert reach_of(world, person.strip()).reaches[0].gram_panchayats == {ref("G1")}, "a list knows no clusters"


def test_further_work_and_its_end(world, run):
    added = run("people", "add", "Anjali", "--role", "supervisor", "--place", "3885", "--from", "01-04-2026")
    person = added[1].strip()
    assert run("people", "assign", "anjali", "--role", "abm", "--place", "114402", "--from", "01-04-2026")[0] == 0
    assert {reach.role for reach in reach_of(world, person).reaches} == {"abm", "supervisor"}
    assert run("people", "end", person, "--on", "30-11-2026")[0] == 0
    assert reach_of(world, person).reaches == ()
    assert run("people", "end", person, "--on", "30-11-2026")[0] == 2


def test_work_that_has_not_begun_by_the_last_day_is_not_ended_before_it_begins(world, run):
    add = ("people", "add", "Anjali", "--role", "supervisor", "--place", "3885", "--from", "01-12-2026")
    person = run(*add)[1].strip()
    status, _, err = run("people", "end", person, "--on", "01-11-2026")
    assert status == 2 and "begins as supervisor at Place B1 on 2026-12-01" in err
    assert len(reach_of(world, person).reaches) == 1
    run("people", "assign", person, "--role", "abm", "--place", "114402", "--from", "01-04-2026")
    status, out, _ = run("people", "end", person, "--on", "30-11-2026")
    assert status == 1 and "1 assignment of Anjali" in out and "begins as supervisor" in out
    assert [reach.role for reach in reach_of(world, person).reaches] == ["supervisor"]
    assert run("people", "end", person, "--on", "01-12-2026")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--role", "abm"), "name its LGD code with --place"),
        (("--role", "abm", "--place", "3885"), "no gram panchayat or cluster with the code 3885"),
        (("--role", "abm", "--branch", "X"), "leave out --branch"),
        (("--role", "bank_sakhi"), "--branch IFSC"),
        (("--role", "bank_sakhi", "--branch", "SBIN0000001"), "no branch with the IFSC"),
        (("--role", "boss"), "write one of abm"),
        (("--role", "admin", "--place", "3885"), "leave out --place"),
        (("--role", "abm", "--place", "114402", "--from", "02-04-2026", "--to", "01-04-2026"), "before the first day"),
    ],
)
def test_who_cannot_be_added_is_a_sentence_and_nothing_is_added(world, run, arguments, says):
    before = len(world.rows(world.centre.tables.records["Person"]))
    status, _, err = run("people", "add", "X", *arguments)
    assert status == 2 and says in err
    assert len(world.rows(world.centre.tables.records["Person"])) == before


# --- codes


def test_a_code_lets_one_phone_in(world, run):
    status, out, _ = run("enrol", ref("abm"))
    code = re.fullmatch(r"(\d{4} \d{4} \d{4})\nfor abm, .*\n", out)
    assert status == 0 and code
    world.clock.ms = world.centre.clock()
    reply = world.centre.enrol(EnrolRequest("0.1.0", code[1], b"s" * 32, b"x" * 32))
    assert reply.capacity.person_id == ref("abm")


@pytest.mark.parametrize(
    ("days", "says"),
    [
        (("--from", "01-04-2026", "--to", "01-05-2026"), "has no work since 2026-05-01"),
        (("--from", "01-04-2099"), "begins work on 2099-04-01 only"),
    ],
)
@pytest.mark.parametrize("console", [(), ("--console",)])
def test_a_code_for_somebody_who_does_not_work_today_comes_with_a_word(world, run, days, says, console):
    person = run("people", "add", "Anjali", "--role", "supervisor", "--place", "3885", *days)[1].strip()
    status, out, _ = run("enrol", person, *console)
    assert status == 1 and re.match(r"\d{4} \d{4} \d{4}\n", out) and f"Anjali {says}" in out


def test_nobody_or_several_is_a_sentence(world, run):
    assert "Nobody is found" in run("enrol", "zzzz")[2]
    status, out, err = run("enrol", "abm")
    assert status == 2 and not out and "more than one" in err


def test_a_console_code_is_said_to_be_missing_or_given(world, run, monkeypatch):
    if not hasattr(type(world.centre.enrolments), "console_code_for"):
        status, _, err = run("enrol", ref("supervisor"), "--console")
        assert status == 2 and "no console" in err
    monkeypatch.setattr(
        type(world.centre.enrolments), "console_code_for", lambda self, person: f"for {person}", raising=False
    )
    assert run("enrol", ref("supervisor"), "--console")[1].startswith(f"for {ref('supervisor')}\n")


# --- revoking


def test_a_revoked_phone_is_shut_out_and_its_last_word_shown(world, run):
    phone, other = world.enrol("abm"), world.enrol("abm2")
    world.centre.for_device(phone.token).sync(
        SyncRequest("0.1.0", unsent=4, oldest_unsent_ms=world.clock() - 3 * 86_400_000)
    )
    status, out, _ = run("revoke", phone.device, "--yes")
    assert status == 0 and "had 4 changes not sent" in out and "1 device revoked" in out
    with pytest.raises(Problem, match="revoked"):
        world.centre.for_device(phone.token).sync(SyncRequest("0.1.0"))
    world.centre.for_device(other.token).sync(SyncRequest("0.1.0"))
    assert phone.device in (world.folder / "revocations.jsonl").read_text()
    assert "revoked already" in run("revoke", phone.device, "--yes")[2]
    assert "not known" in run("revoke", "00000000", "--yes")[2]
    assert "not let in" in run("revoke", "0badcafe", "--forgotten")[1]
    assert "no device number" in run("revoke", "lost", "--forgotten")[2]


def test_all_devices_of_a_person(world, run):
    phones = [world.enrol("abm"), world.enrol("abm")]
    assert "2 devices revoked" in run("revoke", "--person", ref("abm"), "--yes")[1]
    for phone in phones:
        with pytest.raises(Problem, match="revoked"):
            world.centre.for_device(phone.token).sync(SyncRequest("0.1.0"))


def test_without_a_yes_nothing_is_revoked(world, run, monkeypatch):
    phone = world.enrol("abm")
    monkeypatch.setattr("typer.confirm", lambda question: False)
    assert run("revoke", phone.device)[0] == 2
    world.centre.for_device(phone.token).sync(SyncRequest("0.1.0"))


def test_where_nobody_answers_nothing_is_revoked_and_the_status_says_so(world, run, monkeypatch):
    phone = world.enrol("abm")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    status, out, err = run("revoke", phone.device)
    assert status == 2 and "add --yes" in err and "Aborted" not in out + err
    world.centre.for_device(phone.token).sync(SyncRequest("0.1.0"))


@pytest.mark.parametrize(
    "arguments",
    [("0badcafe", "--store-lost"), ("--person", "abm", "--store-lost"), ("--store-lost", "--forgotten")],
)
def test_the_store_is_not_written_again_where_something_else_was_meant(world, run, arguments):
    store = world.folder / "revocations.jsonl"
    store.unlink()
    status, _, err = run("revoke", *arguments)
    assert status == 2 and "--store-lost stands alone" in err and not store.exists()


def test_a_forgotten_phone_is_named_by_its_number_only(world, run):
    phone = world.enrol("abm")
    status, _, err = run("revoke", "--person", ref("abm"), "--forgotten", "--yes")
    assert status == 2 and "--forgotten goes with a device number" in err
    world.centre.for_device(phone.token).sync(SyncRequest("0.1.0"))


# --- norms


def test_a_norm_holds_from_a_day_and_the_same_day_again_corrects_it(world, run):
    assert run("norm", "set", "pending_days", "10", "--from", "01-04-2027")[0] == 0
    assert run("norm", "set", "pending_days", "9", "--from", "2027-04-01")[0] == 0
    assert run("norm", "set", "pending_days", "8", "--from", "01-05-2027")[0] == 0
    rows = {str(row["from_on"]): row["value"] for row in world.rows(world.centre.tables.records["Norm"])}
    assert rows == {"2027-04-01": 9, "2027-05-01": 8}
    assert not world.rows(world.centre.tables.records["Conflict"])
    assert "write one of" in run("norm", "set", "pending", "8", "--from", "01-05-2027")[2]


# --- status and doctor


def test_status_tells_of_devices_and_work_set_aside_and_names_no_group(world, run, tmp_path):
    phone = Phone(world, "abm", tmp_path, "one")
    phone.do(RegisterGroup({"village_id": ref("V1"), "name": "कनेरी", "formed_on": DAY}))
    quiet([phone])
    world.enrol("sakhi")
    status, out, _ = run("status")
    assert status == 0 and out.startswith("ready\n") and "कनेरी" not in out
    assert re.search(r"^devices: 2$", out, re.MULTILINE) and "set aside, to be decided: 0" in out
    assert re.search(r"^\w{8} +abm +", out, re.MULTILINE) and re.search(r"sakhi +never", out)


def test_status_speaks_of_a_clock_that_is_behind(world, run):
    """Contacts are written by the centre's own clock, so that none can lie in the future."""
    phone = world.enrol("abm")
    world.centre.for_device(phone.token).sync(SyncRequest("0.1.0"))
    device = world.centre.tables.device

    def heard(ms):
        with world.centre.database.writing() as db:
            db.execute(update(device).where(device.c.device == phone.device).values(last_contact_ms=now + ms))
        return run("status")[1]

    now = now_ms()
    assert "CLOCK" not in heard(60_000), "clocks go back by some seconds when they are set"
    out = heard(10 * 86_400_000)
    ahead = datetime.fromtimestamp(now / 1000 + 10 * 86_400, UTC)
    assert f"a phone was here at {ahead:%d-%m-%Y %H:%M} UTC" in out and "timedatectl" in out
    assert re.search(rf"^{phone.device} .* in the future", out, re.MULTILINE)


def test_the_doctor_finds_no_difference_where_there_is_none(world, run, tmp_path):
    phone = Phone(world, "abm", tmp_path, "one")
    phone.do(RegisterGroup({"village_id": ref("V1"), "name": "कनेरी", "formed_on": DAY, "mobile": "9812345607"}))
    quiet([phone])
    before = (tmp_path / "one.sqlite").read_bytes()
    status, out, _ = run("doctor", str(tmp_path / "one.sqlite"))
    assert status == 0 and "0 differences" in out
    assert (tmp_path / "one.sqlite").read_bytes() == before


def test_the_doctor_names_every_field_that_differs_and_shows_nothing_personal(world, run, tmp_path):
    phone = Phone(world, "abm", tmp_path, "one")
    values = {"village_id": ref("V1"), "name": "कनेरी", "formed_on": DAY, "mobile": "9812345607"}
    group = phone.do(RegisterGroup(values)).id
    lost = phone.do(RegisterGroup({**values, "name": "दूसरा"})).id
    quiet([phone])
    phone.store.close()
    with sqlite3.connect(tmp_path / "one.sqlite") as file:
        file.execute("UPDATE shg SET mobile = '9812345699', name = 'उलटा' WHERE id = ?", (group,))
        file.execute("DELETE FROM shg WHERE id = ?", (lost,))
    status, out, _ = run("doctor", str(tmp_path / "one.sqlite"))
    lines = out.splitlines()
    assert status == 1 and "3 differences" in out
    assert any(line.startswith(f"Shg {group} mobile: phone (personal)") for line in lines)
    assert any(line.startswith(f"Shg {group} name: phone 'उलटा'") and "'कनेरी'" in line for line in lines)
    assert f"Shg {lost}: phone lacks it, centre has it" in lines
    assert "98123456" not in out
    phone.open()


def test_the_doctor_tells_of_work_that_is_not_sent(world, run, tmp_path):
    phone = Phone(world, "abm", tmp_path, "one")
    phone.sync()
    phone.do(RegisterGroup({"village_id": ref("V1"), "name": "कनेरी", "formed_on": DAY}))
    status, out, _ = run("doctor", str(tmp_path / "one.sqlite"))
    assert status == 1 and "not sent yet" in out


@pytest.mark.parametrize("what", ["nothing", "text", "central"])
def test_what_is_no_phone_is_a_sentence(world, run, tmp_path, what):
    file = tmp_path / "x.sqlite"
    if what == "text":
        file.write_text("hello " * 1000)
    if what == "central":
        file = world.folder / "central.db"
    status, _, err = run("doctor", str(file))
    assert status == 2 and str(file) in err
