"""Work that is carried: sealed on one phone, brought by another or the office, applied once under its author's name."""

import hashlib
import json
from contextlib import ExitStack
from datetime import date

import pytest

from records import bundles
from records.bundles import FILE_ENDING, file_name, read_bundle
from records.commands.groups import ChangeGroup, RegisterGroup
from records.commands.members import AddMember
from records.errands import AcceptChange, ListSetAside, TakeInBundle
from records.messages import BatchAnswer
from records.problems import Problem
from records.wire import thawed
from storage.contact import begin_epoch
from storage.identity import end_login
from storage.queries import list_groups
from sync import bundles as sealing
from sync.enrolling import enrol
from tests.console import Console
from tests.fleet import differences, fresh_contents, quiet
from tests.integration.conftest import Fleet, a_world
from tests.world import World, ref

DAY = date(2026, 3, 1)
OTHER_SECRET = b"the secret of another state....."
NAME, WOMAN, MOBILE = "जय अम्बे समूह", "सीता देवी", "9876543210"


def registering(name: str = NAME, village: str = "V1") -> RegisterGroup:
    return RegisterGroup({"village_id": ref(village), "name": name, "formed_on": DAY})


def a_day_of_work(phone) -> str:
    """A group with a member, of whom one knows her name and number."""
    group = phone.do(registering()).id
    phone.do(AddMember(group, {"name": WOMAN, "mobile": MOBILE}))
    return group


def in_the_village(phone) -> bytes:
    """What she hands over where there is no network."""
    phone.line.cut = True
    return phone.workspace.hand_over()


def carried(carrier, content: bytes) -> str:
    """The state of a file once this phone has taken it in and synchronised."""
    carrier.workspace.take_in(content)
    carrier.sync()
    return carrier.workspace.parcels()[0].state


def code_of(call) -> str:
    with pytest.raises(Problem) as problem:
        call()
    return problem.value.code


def centre_rows(fleet, kind: str) -> dict:
    return {row["id"]: row for row in fleet.world.rows(fleet.world.centre.tables.records[kind])}


def deeds(fleet) -> list:
    rows = fleet.world.rows(fleet.world.centre.tables.deed)
    return [(row["person_id"], row["about"], json.loads(row["detail"])) for row in rows if row["what"] == "carried"]


@pytest.fixture
def near(tmp_path):
    """Phones of a world in this process: for what does not depend on the way to the centre."""
    with ExitStack() as stack:
        maker = Fleet(a_world("in process, SQLite", tmp_path, stack), tmp_path)
        stack.callback(maker.close)
        yield maker


# --- by a colleague's phone


def test_a_colleague_carries_it_and_it_stands_under_its_authors_name(fleet):
    abm, sakhi = fleet("abm"), fleet("sakhi")
    group = a_day_of_work(abm)
    content = in_the_village(abm)
    assert read_bundle(content).records == 2 and abm.workspace.sync_status().waiting == 2
    taken = sakhi.workspace.take_in(content)
    assert (taken.what, taken.records) == ("carried", 2)
    assert sakhi.workspace.parcels()[0].state == "waiting" and not centre_rows(fleet, "Shg")
    assert sakhi.sync()
    (parcel,) = sakhi.workspace.parcels()
    assert (parcel.state, parcel.records, parcel.device) == ("delivered", 2, abm.workspace.identity().device)
    row = centre_rows(fleet, "Shg")[group]
    assert row["name"] == NAME and parcel.device in row["stamps"]
    assert deeds(fleet) == [(ref("sakhi"), ref("abm"), {"device": parcel.device, "number": 1})]
    # Her own phone hears of it as of any other work of hers, and sends nothing twice.
    abm.line.cut = False
    quiet([abm])
    assert abm.workspace.sync_status().waiting == 0
    assert [one.state for one in abm.workspace.history(group)] == ["received"] * len(abm.workspace.history(group))


def test_what_a_carrier_holds_cannot_be_read_and_is_not_among_her_own_work(near):
    abm, sakhi = near("abm"), near("sakhi")
    a_day_of_work(abm)
    before = sakhi.contents()
    content = in_the_village(abm)
    sakhi.workspace.take_in(content)
    assert not differences(sakhi.contents(), before) and sakhi.workspace.sync_status().waiting == 0
    (blob,) = [batch.blob for batch, _rows in sealing.batches_to_carry(abm.store)]
    assert thawed(blob).sections, "the same bytes can be read where they are not sealed"
    for told in (NAME, WOMAN, MOBILE):
        assert told.encode() not in content
    assert blob not in content and blob[1:-1] not in content
    sakhi.store.close()
    file = (near.folder / f"{sakhi.name}.sqlite").read_bytes()
    assert WOMAN.encode() not in file and MOBILE.encode() not in file and content[100:200] in file
    sakhi.open()


def test_bundle_then_network_network_then_bundle_twice_and_by_two_are_applied_once(fleet):
    abm, sakhi, supervisor = fleet("abm"), fleet("sakhi"), fleet("supervisor")
    group = a_day_of_work(abm)
    first = in_the_village(abm)
    assert carried(sakhi, first) == "delivered"
    assert carried(supervisor, first) == "delivered"
    assert sakhi.workspace.take_in(first).what == "delivered", "the same file again is no second parcel"
    abm.do(ChangeGroup(group, {"name": "नया नाम"}))
    second = in_the_village(abm)
    abm.line.cut = False
    quiet([abm])
    assert carried(sakhi, second) == "delivered" and carried(supervisor, second) == "delivered"
    assert len(deeds(fleet)) == 1, "only what was new is noted"
    quiet([abm, sakhi, supervisor])
    assert centre_rows(fleet, "Shg")[group]["name"] == "नया नाम" and len(centre_rows(fleet, "Member")) == 1
    assert not fleet.world.rows(fleet.world.centre.tables.quarantine)
    assert not centre_rows(fleet, "Conflict")
    assert not differences(abm.contents(), fresh_contents(fleet.world, "abm", fleet.folder))


def test_a_parcel_goes_only_when_the_centre_has_it(near):
    abm, sakhi = near("abm"), near("sakhi")
    a_day_of_work(abm)
    sakhi.workspace.take_in(in_the_village(abm))
    sakhi.line.bundle_faults = ["lost_request", "lost_reply"]
    assert sakhi.sync() is None and sakhi.workspace.parcels()[0].state == "waiting"
    assert sakhi.sync() is None and sakhi.workspace.parcels()[0].state == "waiting"
    assert len(centre_rows(near, "Shg")) == 1
    sakhi.kill()
    sakhi.connect()
    assert sakhi.sync() and sakhi.workspace.parcels()[0].state == "delivered"


def test_a_parcel_outlives_another_persons_login_on_the_phone(near):
    abm, sakhi = near("abm"), near("sakhi")
    a_day_of_work(abm)
    sakhi.workspace.take_in(in_the_village(abm))
    end_login(sakhi.store, "sign_in")
    enrol(sakhi.store, sakhi.centre(), near.world.centre.enrolments.code_for(ref("sakhi2")), app="0.1.0")
    sakhi.connect()
    assert sakhi.sync() and sakhi.workspace.parcels()[0].state == "delivered"


# --- the answer


def test_the_answer_that_is_carried_back_is_as_good_as_one_by_network(fleet):
    abm, sakhi = fleet("abm"), fleet("sakhi")
    group = a_day_of_work(abm)
    abm.do(registering("दूर का समूह", "V2"))  # out of her reach
    content = in_the_village(abm)
    carried(sakhi, content)
    reply = sakhi.workspace.parcel(sakhi.workspace.parcels()[0].id)
    later = abm.do(ChangeGroup(group, {"name": "बाद में"}))
    taken = abm.workspace.take_in(reply)
    assert (taken.what, taken.records) == ("answered", 3)
    assert [one.code for one in abm.workspace.mending()] == ["out_of_reach"]
    assert abm.workspace.sync_status().waiting == 1 and later.id == group
    assert abm.workspace.take_in(reply).records == 0
    abm.line.cut = False
    quiet([abm])
    assert centre_rows(fleet, "Shg")[group]["name"] == "बाद में"


def test_an_answer_that_comes_after_the_networks_changes_nothing(near):
    abm, sakhi = near("abm"), near("sakhi")
    a_day_of_work(abm)
    carried(sakhi, in_the_village(abm))
    abm.line.cut = False
    quiet([abm])
    before = abm.contents()
    assert abm.workspace.take_in(sakhi.workspace.parcel(sakhi.workspace.parcels()[0].id)).records == 0
    assert not differences(abm.contents(), before)


def test_an_answer_for_another_phone_or_from_a_centre_that_went_back_is_refused(near):
    abm, sakhi = near("abm"), near("sakhi")
    a_day_of_work(abm)
    carried(sakhi, in_the_village(abm))
    reply = sakhi.workspace.parcel(sakhi.workspace.parcels()[0].id)
    assert code_of(lambda: sakhi.workspace.take_in(reply)) == "bundle_not_yours"
    assert code_of(lambda: sakhi.line.bundle(reply)) == "bundle_not_yours"
    near.world.centre.new_epoch()
    with abm.store.writing() as t:
        begin_epoch(t, "ffffffff")
    assert code_of(lambda: abm.workspace.take_in(reply)) == "bundle_outdated"


def test_an_answer_that_somebody_else_wrote_is_refused(near, monkeypatch):
    abm, sakhi = near("abm"), near("sakhi")
    a_day_of_work(abm)
    content = in_the_village(abm)
    stranger = World(secret=OTHER_SECRET)
    own = bundles.centre_mark(near.world.centre.enrolments.sealing_public())
    maker = next(row for row in devices(near) if row.device == abm.workspace.identity().device)
    # Another server, which says on the outside that it is ours, of our epoch, and seals with its own key.
    with near.world.centre.database.reading() as db:
        epoch = near.world.centre.epoch(db)
    monkeypatch.setattr(stranger.centre, "epoch", lambda db: epoch)
    forged = stranger.centre.carried._reply(read_bundle(content), maker, [BatchAnswer(1)])
    assert read_bundle(forged).centre == own
    assert code_of(lambda: abm.workspace.take_in(forged)) == "bundle_changed"
    assert abm.workspace.sync_status().waiting == 2
    assert sakhi.workspace.parcels() == []
    stranger.drop()


def devices(fleet) -> list:
    table = fleet.world.centre.tables.device
    with fleet.world.centre.database.reading() as db:
        return list(db.execute(table.select()))


# --- what is refused


def test_a_file_of_another_centre_is_refused_by_the_carrier_already(near, tmp_path):
    (tmp_path / "other").mkdir()
    elsewhere = Fleet(World(secret=OTHER_SECRET), tmp_path / "other")
    stranger, sakhi = elsewhere("abm"), near("sakhi")
    a_day_of_work(stranger)
    content = in_the_village(stranger)
    assert code_of(lambda: sakhi.workspace.take_in(content)) == "bundle_elsewhere"
    assert code_of(lambda: sakhi.line.bundle(content)) == "bundle_elsewhere"
    elsewhere.close()
    elsewhere.world.drop()


def test_a_file_that_was_changed_and_made_to_look_whole_is_refused_by_the_centre_and_kept(near):
    abm, sakhi = near("abm"), near("sakhi")
    a_day_of_work(abm)
    content = in_the_village(abm)
    for at in (len(content) - 200, len(content) - 150, len(content) - 40):
        body = bytearray(content[: -bundles.DIGEST])
        body[at] ^= 1
        forged = bundles.ended(bytes(body))
        assert carried(sakhi, forged) == "refused"
        parcel = sakhi.workspace.parcels()[0]
        assert parcel.code == "bundle_changed" and sakhi.workspace.parcel(parcel.id) == forged
        near.world.clock.forward(ms=1000)
    assert not centre_rows(near, "Shg") and not deeds(near)
    assert carried(sakhi, content) == "delivered"


def test_a_file_that_another_phone_signed_is_refused(near):
    abm, sakhi = near("abm"), near("sakhi")
    a_day_of_work(abm)
    content = in_the_village(abm)
    theirs = sealing.on_hand(sakhi.store)
    body = content[: -bundles.DIGEST - bundles.SIGNATURE]
    signature = sealing.Ed25519PrivateKey.from_private_bytes(theirs.signing_key).sign(body)
    assert code_of(lambda: sakhi.line.bundle(bundles.ended(body + signature))) == "bundle_changed"
    assert not centre_rows(near, "Shg")


def test_a_phone_that_the_centre_does_not_know_is_refused_and_the_file_kept(near, tmp_path):
    abm, sakhi = near("abm"), near("sakhi")
    a_day_of_work(abm)
    content = in_the_village(abm)
    with near.world.centre.database.writing() as db:
        table = near.world.centre.tables.device
        db.execute(table.delete().where(table.c.device == abm.workspace.identity().device))
    assert carried(sakhi, content) == "refused"
    (parcel,) = sakhi.workspace.parcels()
    assert parcel.code == "bundle_unknown" and sakhi.workspace.parcel(parcel.id) == content


def test_a_number_that_a_copy_of_the_phone_has_used_is_not_applied(near):
    abm, sakhi = near("abm"), near("sakhi")
    device = abm.workspace.identity().device
    copied = near.world.batch(device, 1, [("Shg", near.world.id(), {"village_id": ref("V1"), "name": "प्रति"})])
    near.world.centre._take_batch(device, copied, near.world.clock())
    a_day_of_work(abm)
    assert carried(sakhi, in_the_village(abm)) == "refused"
    assert sakhi.workspace.parcels()[0].code == "bundle_cloned" and len(centre_rows(near, "Member")) == 0
    abm.line.cut = False
    with pytest.raises(Problem, match="device_cloned"):
        abm.sync()
    abm.connect()
    quiet([abm])
    assert len(centre_rows(near, "Member")) == 1, "it was on her phone all the time"


def test_ones_own_file_and_nothing_at_all_are_no_bundles(near):
    abm = near("abm")
    assert code_of(abm.workspace.hand_over) == "nothing_waits"
    a_day_of_work(abm)
    content = in_the_village(abm)
    assert code_of(lambda: abm.workspace.take_in(content)) == "bundle_own"
    end_login(abm.store, "device_cloned")
    assert code_of(abm.workspace.hand_over) == "device_cloned"
    end_login(abm.store, "revoked")
    assert read_bundle(abm.workspace.hand_over()).records == 2, "what she typed with a login is hers to hand over"


# --- gaps, order, many


def test_a_file_whose_forerunner_is_missing_waits_sealed_until_the_gap_closes(fleet):
    abm, sakhi = fleet("abm"), fleet("sakhi")
    group = abm.do(registering()).id
    first = in_the_village(abm)
    abm.do(AddMember(group, {"name": WOMAN}))
    abm.workspace.hand_over()
    with abm.store.writing() as t:
        # A file with only the second batch in it, as when the first was answered in a copy of the centre that is lost.
        t.connection.execute(t.tables.frozen.update().where(t.tables.frozen.c.number == 1).values(answered=True))
    second = abm.workspace.hand_over()
    assert [part.number for part in read_bundle(second).parts] == [2]
    assert sakhi.line.bundle(second).state == "waiting_for" and not centre_rows(fleet, "Member")
    assert sakhi.line.bundle(second).state == "waiting_for"
    assert sakhi.line.bundle(first).state == "received"
    assert len(centre_rows(fleet, "Member")) == 1 and sakhi.line.bundle(second).state == "repeated"
    assert len(deeds(fleet)) == 2


def test_much_work_goes_in_many_batches_and_later_as_the_same_ones_by_network(near, monkeypatch):
    monkeypatch.setattr("storage.carrying.ROWS", 10)
    abm, sakhi = near("abm"), near("sakhi")
    groups = [abm.do(registering(f"समूह {at}")).id for at in range(12)]
    for group in groups:
        abm.do(AddMember(group, {"name": WOMAN}))
    content = in_the_village(abm)
    parts = read_bundle(content).parts
    assert [part.number for part in parts] == [1, 2, 3] and sum(part.records for part in parts) == 24
    abm.do(ChangeGroup(groups[0], {"name": "फिर बदला"}))
    later = read_bundle(in_the_village(abm)).parts
    assert [part.number for part in later] == [1, 2, 3, 4] and [one.sha256 for one in later[:3]] == [
        one.sha256 for one in parts
    ]
    abm.line.cut, abm.line.faults = False, []
    abm.sync("", "lost_reply")
    assert carried(sakhi, content) == "delivered"
    quiet([abm, sakhi])
    assert len(centre_rows(near, "Shg")) == 12 and centre_rows(near, "Shg")[groups[0]]["name"] == "फिर बदला"
    assert not differences(abm.contents(), fresh_contents(near.world, "abm", near.folder))
    assert not near.world.rows(near.world.centre.tables.early_batch)


def test_a_record_that_is_in_two_files_comes_back_right_where_the_first_is_refused(near):
    """The first batch is refused for a rule; the second, frozen before anybody knew, changes the same record."""
    abm, sakhi = near("abm"), near("sakhi")
    group = abm.do(registering("दूर का", "V2")).id
    in_the_village(abm)
    abm.do(ChangeGroup(group, {"name": "दूर का, बदला"}))
    content = in_the_village(abm)
    assert [part.number for part in read_bundle(content).parts] == [1, 2]
    assert carried(sakhi, content) == "delivered"
    abm.workspace.take_in(sakhi.workspace.parcel(sakhi.workspace.parcels()[0].id))
    abm.line.cut = False
    quiet([abm])
    assert [one.title for one in abm.workspace.mending()] == ["दूर का, बदला"]
    assert [row.name for row in abm.workspace.ask(list_groups)] == ["दूर का, बदला"]


def test_a_file_takes_no_more_than_goes_in_one_call(near, monkeypatch):
    monkeypatch.setattr("storage.carrying.ROWS", 5)
    monkeypatch.setattr("storage.carrying.MOST_BYTES", 900)
    abm = near("abm")
    for at in range(20):
        abm.do(registering(f"समूह {hashlib.sha256(bytes([at])).hexdigest()[:20]}"))
    content = in_the_village(abm)
    numbers = [part.number for part in read_bundle(content).parts]
    assert numbers == list(range(1, len(numbers) + 1)) and 1 < len(numbers) < 4 and len(content) < 1400
    assert abm.workspace.sync_status().waiting == 20
    assert code_of(lambda: abm.line.server.bundle(b"x" * (bundles.LARGEST_BUNDLE + 1))) == "too_large_message"


# --- a phone that was shut out


def test_the_work_of_a_phone_that_was_shut_out_goes_to_the_office_and_is_not_lost(fleet):
    abm, sakhi = fleet("abm"), fleet("sakhi")
    group = a_day_of_work(abm)
    content = in_the_village(abm)
    fleet.world.centre.enrolments.revoke(abm.workspace.identity().device)
    assert sakhi.line.bundle(content).state == "set_aside" and sakhi.line.bundle(content).state == "repeated"
    assert not centre_rows(fleet, "Shg")
    console = Console(fleet.world)
    desk = console.signed_in("supervisor").workspace
    rows = desk.perform(ListSetAside())
    assert {(row.kind, row.code, row.person_name, row.acceptable) for row in rows} >= {
        ("Shg", "device_revoked", "abm", True)
    }
    for row in sorted(rows, key=lambda one: one.kind == "Member"):
        desk.perform(AcceptChange(row.device, row.number, row.row, row.state))
    assert centre_rows(fleet, "Shg")[group]["name"] == NAME
    console.close()


def test_what_was_set_aside_of_a_revoked_phone_is_mended_when_she_comes_back_with_it(near):
    abm, sakhi = near("abm"), near("sakhi")
    group = a_day_of_work(abm)
    content = in_the_village(abm)
    near.world.centre.enrolments.revoke(abm.workspace.identity().device)
    sakhi.line.bundle(content)
    end_login(abm.store, "revoked")
    enrol(abm.store, abm.centre(), near.world.centre.enrolments.code_for(ref("abm")), app="0.1.0")
    abm.connect()
    quiet([abm])
    assert centre_rows(near, "Shg")[group]["name"] == NAME and len(centre_rows(near, "Member")) == 1
    states = {row["state"] for row in near.world.rows(near.world.centre.tables.quarantine)}
    assert states == {"mended"}


# --- the office


def test_the_console_takes_a_file_in_and_gives_the_answer_to_bring_back(fleet):
    abm = fleet("abm")
    a_day_of_work(abm)
    content = in_the_village(abm)
    console = Console(fleet.world)
    desk = console.signed_in("supervisor2").workspace
    taken = desk.perform(TakeInBundle(content))
    assert (taken.state, taken.records, taken.person_name) == ("received", 2, "abm")
    assert taken.reply_name.endswith(FILE_ENDING) and taken.reply_name == file_name(taken.reply)
    assert desk.perform(TakeInBundle(content)).state == "repeated"
    assert [person for person, _about, _detail in deeds(fleet)] == [ref("supervisor2")]
    assert abm.workspace.take_in(taken.reply).records == 2 and abm.workspace.sync_status().waiting == 0
    with pytest.raises(Problem, match="bundle_cut"):
        desk.perform(TakeInBundle(content[:-1]))
    console.close()
