"""Photos of a group's account: last, piece by piece, by hash, and only where the record may be seen or was made."""

import hashlib
import random
from contextlib import ExitStack
from datetime import date

import pytest

from records.access import editable
from records.commands.accounts import RecordStep
from records.commands.groups import ChangeGroup, RegisterGroup
from records.commands.photos import AddPhoto, RemovePhoto
from records.ids import first_account_id
from records.messages import LARGEST_PIECE, PIECE, PhotoCall, PhotoReply
from records.problems import Problem, Refused
from storage import photos as stored
from storage.identity import end_login
from storage.opened import open_sound
from storage.photos import MOST_KEPT
from storage.queries import list_groups, list_photos
from sync.enrolling import enrol
from tests.console import Console
from tests.fleet import Phone, quiet
from tests.integration.conftest import Fleet, a_world
from tests.pictures import a_photo, from_camera
from tests.world import ref

DAY = date(2026, 3, 1)
PHOTO, OTHER = a_photo(1), a_photo(2)


def a_group(phone: Phone, village: str = "V1") -> str:
    return phone.do(RegisterGroup({"village_id": ref(village), "name": "जय अम्बे", "formed_on": DAY})).id


def a_photo_of(phone: Phone, group: str, content: bytes = PHOTO, kind: str = "resolution") -> str:
    return phone.do(AddPhoto(group, kind, content)).id


def held_at_centre(fleet, id: str) -> bytes:
    rows = fleet.world.rows(fleet.world.centre.tables.photo)
    return next((bytes(row["content"]) for row in rows if row["id"] == id), b"")


def code_of(phone: Phone, call: PhotoCall) -> str:
    with pytest.raises(Problem) as problem:
        phone.line.server.photo(call)
    return problem.value.code


def call_for(id: str, **how) -> PhotoCall:
    return PhotoCall(id, hashlib.sha256(PHOTO).hexdigest(), **how)


@pytest.fixture
def near(tmp_path):
    """Phones of a world in this process: for what does not depend on the way to the centre."""
    with ExitStack() as stack:
        maker = Fleet(a_world("in process, SQLite", tmp_path, stack), tmp_path)
        stack.callback(maker.close)
        yield maker


# --- sending


def test_a_photo_reaches_the_centre_whole_after_everything_else(fleet):
    abm = fleet("abm")
    group = a_group(abm)
    photo = a_photo_of(abm, group)
    assert abm.workspace.photo(photo).state == "waiting" and abm.workspace.sync_status().photos_waiting == 1
    calls_before = len(abm.line.sent)
    assert abm.sync()
    assert len(abm.line.sent) > calls_before and held_at_centre(fleet, photo) == PHOTO
    assert abm.workspace.photo(photo).state == "received" and abm.workspace.sync_status().photos_waiting == 0
    pieces = [call for call in abm.line.photo_calls if call.content]
    assert [len(call.content) for call in pieces[:-1]] == [PIECE] * (len(pieces) - 1)
    assert b"".join(call.content for call in pieces) == PHOTO
    assert abm.sync() and not abm.line.photo_calls[len(pieces) + 1 :], "nothing is said of it again"


@pytest.mark.parametrize("fault", ["lost_request", "lost_reply"])
def test_cut_at_every_piece_it_goes_on_from_what_the_centre_holds(fleet, fault):
    abm = fleet("abm")
    group = a_group(abm)
    abm.sync()
    photo = a_photo_of(abm, group)
    abm.sync("")  # the record; the first call about the photo is cut below
    runs = 0
    while abm.workspace.photo(photo).state == "waiting":
        # Each run asks, sends one piece, and is cut at the next.
        abm.line.photo_faults = ["", "", fault]
        abm.sync()
        runs += 1
        assert runs < 30
    assert held_at_centre(fleet, photo) == PHOTO
    given = [call for call in abm.line.photo_calls if call.content]
    sent = sum(len(call.content) for call in given)
    assert sent <= len(PHOTO) + runs * PIECE, "a cut costs no more than a piece"


def test_killed_between_any_two_pieces_the_photo_is_there_and_goes_on(fleet):
    abm = fleet("abm")
    photo = a_photo_of(abm, a_group(abm))
    pieces = -(-len(PHOTO) // PIECE)
    for _ in range(pieces + 1):
        abm.line.photo_faults = ["", "", "lost_request"]
        abm.sync()
        abm.kill()
        calls = abm.line.photo_calls
        abm.connect()
        abm.line.photo_calls = calls
        assert abm.workspace.photo(photo).content == PHOTO
    assert held_at_centre(fleet, photo) == PHOTO and abm.workspace.photo(photo).state == "received"
    assert sum(len(call.content) for call in calls) == len(PHOTO), "no byte went twice"


def test_every_piece_twice_and_old_pieces_late_change_nothing(fleet):
    abm = fleet("abm")
    photo = a_photo_of(abm, a_group(abm))
    abm.line.photo_faults = ["twice"] * 30
    assert abm.sync() and held_at_centre(fleet, photo) == PHOTO
    for start in (0, PIECE, len(PHOTO) - 10, len(PHOTO), len(PHOTO) + 5):
        reply = abm.line.server.photo(call_for(photo, start=start, content=b"old bytes"))
        assert reply == PhotoReply(len(PHOTO))
    assert held_at_centre(fleet, photo) == PHOTO


def test_two_phones_that_send_the_same_photo_make_one_of_it(fleet):
    abm, sakhi = fleet("abm"), fleet("sakhi")
    photo = a_photo_of(abm, a_group(abm))
    abm.line.photo_faults = ["", "", "lost_request"]
    abm.sync()
    sakhi.sync()
    sakhi.do(AddPhoto(abm_group(sakhi), "resolution", PHOTO))
    assert sakhi.workspace.photo(photo).state == "waiting", "the same picture is the same record"
    assert sakhi.sync() and held_at_centre(fleet, photo) == PHOTO
    assert abm.sync() and abm.workspace.photo(photo).state == "received"


def abm_group(phone: Phone) -> str:
    return next(iter(phone.contents()["Shg"]))


def test_bytes_that_are_not_the_records_are_thrown_away_and_the_right_ones_taken(fleet):
    abm = fleet("abm")
    photo = a_photo_of(abm, a_group(abm))
    abm.line.photo_faults = ["lost_request"]
    abm.sync()
    door, wrong = abm.line.server, OTHER[: len(PHOTO)].ljust(len(PHOTO), b"x")
    for start in range(0, len(wrong) - PIECE, PIECE):
        door.photo(call_for(photo, start=start, content=wrong[start : start + PIECE]))
    last = (len(wrong) - 1) // PIECE * PIECE
    assert code_of(abm, call_for(photo, start=last, content=wrong[last:])) == "photo_damaged"
    assert held_at_centre(fleet, photo) == b""
    assert abm.sync() and held_at_centre(fleet, photo) == PHOTO


def test_bytes_beyond_the_size_that_the_record_names_are_never_kept(fleet):
    abm = fleet("abm")
    photo = a_photo_of(abm, a_group(abm))
    abm.line.photo_faults = ["lost_request"]
    abm.sync()
    held = 0
    while held < len(PHOTO) - PIECE:
        held = abm.line.server.photo(call_for(photo, start=held, content=b"x" * PIECE)).held
    assert code_of(abm, call_for(photo, start=held, content=b"x" * LARGEST_PIECE)) == "photo_damaged"
    assert held_at_centre(fleet, photo) == b""
    assert code_of(abm, call_for(photo, content=b"x" * (LARGEST_PIECE + 1))) == "too_large_message"


def test_a_photo_with_a_place_in_it_is_not_taken_whatever_the_phone_says(fleet, monkeypatch):
    abm, seen = fleet("abm"), from_camera(width=200, height=100)
    group = a_group(abm)
    with pytest.raises(Refused) as refused:
        abm.do(AddPhoto(group, "passbook", seen))
    assert refused.value.code == "picture_not_clean"
    monkeypatch.setattr("records.commands.photos.read_jpeg", lambda content: (200, 100) and Size(200, 100))
    photo = a_photo_of(abm, group, seen)
    assert abm.sync() and held_at_centre(fleet, photo) == b""
    told = abm.workspace.photo(photo)
    assert (told.state, told.code) == ("refused", "photo_not_taken")
    assert abm.workspace.sync_status().photos_waiting == 0


class Size:
    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height


def test_work_saved_while_a_photo_goes_does_not_wait_for_it(near):
    abm = near("abm")
    photo = a_photo_of(abm, a_group(abm))
    saved: list[str] = []
    door = abm.line.server

    class Watching:
        def sync(self, request):
            return door.sync(request)

        def photo(self, call):
            if call.content and not saved:
                saved.append(a_group(abm))
            if call.start > 2 * PIECE:
                known = [row["id"] for row in near.world.rows(near.world.centre.tables.records["Shg"])]
                assert saved[0] in known, "the group came before the rest of the photo"
            return door.photo(call)

    abm.line.server = Watching()
    assert abm.sync() and saved and held_at_centre(near, photo) == PHOTO


def test_a_photo_waits_for_its_record_and_goes_when_that_is_mended(near):
    abm = near("abm")
    group = a_group(abm, "V3")
    photo = a_photo_of(abm, group)
    assert abm.sync() and abm.workspace.mending(), "the village is out of reach"
    assert abm.workspace.photo(photo).state == "waiting" and held_at_centre(near, photo) == b""
    abm.do(ChangeGroup(group, {"village_id": ref("V1")}))
    quiet([abm])
    assert abm.workspace.photo(photo).state == "received" and held_at_centre(near, photo) == PHOTO


def test_a_removed_photo_is_not_sent_until_it_is_restored(near):
    abm = near("abm")
    group = a_group(abm)
    photo = a_photo_of(abm, group)
    abm.do(RemovePhoto(photo))
    assert abm.sync() and not abm.line.photo_calls and abm.workspace.sync_status().photos_waiting == 0
    abm.do(RemovePhoto(photo, restore=True))
    assert abm.workspace.sync_status().photos_waiting == 1
    assert abm.sync() and held_at_centre(near, photo) == PHOTO


# --- who may


def test_only_who_reaches_the_group_may_give_or_see_and_nobody_else_learns_that_it_is_there(fleet):
    abm, sakhi, supervisor = fleet("abm"), fleet("sakhi"), fleet("supervisor")
    photo = a_photo_of(abm, a_group(abm))
    assert abm.sync()
    for phone in (sakhi, supervisor):
        assert phone.line.server.photo(call_for(photo, wanted=10)) == PhotoReply(len(PHOTO), PHOTO[:10])
    for person in ("abm2", "abm3", "sakhi2", "supervisor2", "nodal", "district"):
        stranger = fleet(person)
        assert photo not in stranger.contents().get("Attachment", {})
        assert code_of(stranger, call_for(photo)) == "photo_unknown"
        assert code_of(stranger, call_for(photo, wanted=PIECE)) == "photo_unknown"
        assert code_of(stranger, call_for(photo, start=0, content=b"x")) == "photo_unknown"
    assert code_of(abm, PhotoCall(photo, "0" * 64)) == "photo_unknown", "another hash is another photo"
    assert code_of(abm, call_for("0" * 32)) == "photo_unknown"
    assert held_at_centre(fleet, photo) == PHOTO


def test_a_record_that_names_somebody_elses_hash_opens_nothing(fleet):
    """Whoever learned a hash, and writes a record of it below a group of her own, gets no byte that she had not."""
    abm, stranger = fleet("abm"), fleet("abm3")
    a_photo_of(abm, a_group(abm))
    abm.sync()
    mine = a_group(stranger, "V3")
    bait = a_photo_of(stranger, mine)
    stranger.line.photo_faults = ["lost_request"]
    stranger.sync()
    assert stranger.line.server.photo(call_for(bait, wanted=PIECE)) == PhotoReply(0, b"")


def test_a_photo_needs_a_login(fleet):
    abm = fleet("abm")
    photo = a_photo_of(abm, a_group(abm))
    abm.sync()
    assert code_of(Stranger(fleet.world.door("no such token")), call_for(photo)) == "sign_in"
    fleet.world.centre.enrolments.revoke(abm.workspace.identity().device)
    assert code_of(abm, call_for(photo, wanted=PIECE)) == "revoked"


class Stranger:
    def __init__(self, server) -> None:
        self.line = self
        self.server = server


def test_who_made_the_record_may_still_send_its_bytes_after_a_withdrawal_but_not_see_them(fleet):
    abm = fleet("abm")
    photo = a_photo_of(abm, a_group(abm))
    abm.line.photo_faults = ["lost_request"]
    abm.sync()
    fleet.world.clock.forward(days=2)
    fleet.world.overwrite("Assignment", "abm/1", to_on="2026-09-22")
    fleet.world.clock.forward(days=2)
    assert abm.sync()
    assert held_at_centre(fleet, photo) == PHOTO, "what she took is not lost with her assignment"
    assert abm.workspace.photo(photo).state == "away", "and nothing of it stays with her"
    assert abm.line.server.photo(call_for(photo, wanted=PIECE)) == PhotoReply(len(PHOTO), b"")


def test_a_fetched_photo_goes_with_its_record(fleet):
    abm, sakhi = fleet("abm"), fleet("sakhi")
    photo = a_photo_of(abm, a_group(abm))
    abm.sync()
    sakhi.sync()
    sakhi.workspace.want_photo(photo)
    sakhi.sync()
    assert sakhi.workspace.photo(photo).state == "here"
    fleet.world.overwrite("Assignment", "sakhi/1", to_on="2026-09-22")
    fleet.world.clock.forward(days=2)
    sakhi.sync()
    assert sakhi.workspace.photo(photo).state == "away"
    with pytest.raises(Problem, match="unknown_record"):
        sakhi.workspace.want_photo(photo)


# --- fetching


@pytest.mark.parametrize("fault", ["lost_request", "lost_reply"])
def test_the_bank_sakhi_sees_the_photo_that_the_abm_took_also_through_cuts(fleet, fault):
    abm, sakhi = fleet("abm"), fleet("sakhi")
    photo = a_photo_of(abm, a_group(abm))
    abm.sync()
    sakhi.sync()
    assert sakhi.workspace.photo(photo).state == "away" and not sakhi.line.photo_calls, "nothing comes unasked"
    sakhi.workspace.want_photo(photo)
    runs = 0
    while sakhi.workspace.photo(photo).state == "wanted":
        sakhi.line.photo_faults = ["", fault]
        sakhi.sync()
        sakhi.kill()
        calls = sakhi.line.photo_calls
        sakhi.connect()
        sakhi.line.photo_calls = calls
        runs += 1
        assert runs < 30
    found = sakhi.workspace.photo(photo)
    assert (found.state, found.content) == ("here", PHOTO)
    asked = [call.start for call in sakhi.line.photo_calls]
    assert runs > 3 and len(asked) <= -(-len(PHOTO) // PIECE) + runs, "a cut costs no more than a piece"


def test_what_the_centre_does_not_have_yet_is_said_and_comes_later(fleet):
    abm, sakhi = fleet("abm"), fleet("sakhi")
    photo = a_photo_of(abm, a_group(abm))
    abm.line.photo_faults = ["", "", "lost_request"]
    abm.sync()
    sakhi.sync()
    sakhi.workspace.want_photo(photo)
    assert sakhi.sync()
    told = sakhi.workspace.photo(photo)
    assert (told.state, told.content, told.code) == ("wanted", None, "photo_unknown")
    abm.sync()
    assert sakhi.sync() and sakhi.workspace.photo(photo).content == PHOTO


def test_a_photo_that_comes_damaged_is_not_shown_and_comes_again(near):
    abm, sakhi = near("abm"), near("sakhi")
    photo = a_photo_of(abm, a_group(abm))
    abm.sync()
    sakhi.sync()
    sakhi.workspace.want_photo(photo)
    door = sakhi.line.server

    class Damaging:
        def sync(self, request):
            return door.sync(request)

        def photo(self, call):
            reply = door.photo(call)
            return PhotoReply(reply.held, reply.content[:-1] + b"\x7f")

    sakhi.line.server = Damaging()
    assert sakhi.sync() and sakhi.workspace.photo(photo).state == "wanted"
    sakhi.line.server = door
    assert sakhi.sync() and sakhi.workspace.photo(photo).content == PHOTO


# --- on the phone


def test_a_photo_survives_restart_and_a_rescue_of_the_file(near):
    abm = near("abm")
    group = a_group(abm)
    photo = a_photo_of(abm, group)
    path = abm.store.path
    abm.store.close()
    with open(path, "r+b") as file:
        # The first leaf of the table of groups, or whatever lies there: enough to make SQLite stumble.
        file.seek(3 * 4096)
        file.write(random.Random(3).randbytes(4096))
    abm.store = open_sound(path, clock=abm.clock, randomness=abm.random.randbytes)
    abm.workspace.store = abm.store
    assert abm.workspace.notice().code == "rescued"
    found = abm.workspace.photo(photo)
    assert (found.state, found.content) == ("waiting", PHOTO)
    abm.connect()
    assert abm.sync() and abm.sync() and held_at_centre(near, photo) == PHOTO


def test_a_photo_that_was_damaged_on_the_phone_is_told_and_not_sent(near):
    abm = near("abm")
    photo = a_photo_of(abm, a_group(abm))
    with abm.store.writing() as t:
        t.connection.exec_driver_sql("UPDATE photo SET content=zeroblob(length(content))")
    assert abm.sync() and not abm.line.photo_calls
    assert abm.workspace.photo(photo).code == "photo_damaged"


def test_nobody_takes_over_a_phone_on_which_somebody_elses_photo_waits(near):
    abm = near("abm")
    photo = a_photo_of(abm, a_group(abm))
    abm.line.photo_faults = ["lost_request"]
    abm.sync()
    assert abm.workspace.sync_status().waiting == 0 and abm.workspace.sync_status().photos_waiting == 1
    end_login(abm.store, "sign_in")
    with pytest.raises(Problem, match="unsent_work"):
        enrol(abm.store, abm.centre(), near.world.centre.enrolments.code_for(ref("sakhi")), app="0.1.0")
    enrol(abm.store, abm.centre(), near.world.centre.enrolments.code_for(ref("abm")), app="0.1.0")
    abm.connect()
    assert abm.sync() and not abm.workspace.mending(), "what she offers again says nothing new"
    assert held_at_centre(near, photo) == PHOTO, "she herself comes back with it"


def test_a_centre_that_has_gone_back_gets_the_photos_it_lost_again(fleet):
    abm = fleet("abm")
    photo = a_photo_of(abm, a_group(abm))
    abm.sync()
    with fleet.world.centre.database.writing() as db:
        db.execute(fleet.world.centre.tables.photo.delete())
    fleet.world.centre.new_epoch()
    abm.sync()
    abm.sync()
    assert held_at_centre(fleet, photo) == PHOTO


def test_photos_that_the_centre_has_too_take_only_so_much_room(near, monkeypatch):
    monkeypatch.setattr(stored, "MOST_KEPT", int(2.5 * len(PHOTO)))
    abm = near("abm")
    group = a_group(abm)
    taken = [a_photo_of(abm, group, a_photo(seed)) for seed in range(3, 7)]
    assert all(abm.workspace.photo(one).content for one in taken), "what is not sent is never thrown away"
    abm.sync()
    states = [abm.workspace.photo(one).state for one in taken]
    assert states.count("received") == 2 and states[:2] == ["away", "away"]
    assert 40 * len(PHOTO) < MOST_KEPT


def test_the_photo_of_a_group_without_account_begins_it_and_costs_no_step(fleet):
    abm, sakhi = fleet("abm"), fleet("sakhi")
    group = a_group(abm)
    photo = a_photo_of(abm, group)
    abm.do(RecordStep(group, "resolution_passed", DAY))
    abm.sync()
    sakhi.sync()
    found = sakhi.contents()
    assert found["SavingsAccount"][first_account_id(group)][0]["state"] == "resolution_passed"
    values = found["Attachment"][photo][0]
    assert (values["kind"], values["size"], values["account_id"]) == ("resolution", len(PHOTO), first_account_id(group))


# --- records of photos, and the console


def test_what_a_photo_is_can_never_be_changed_only_that_it_stands(near):
    abm, sakhi = near("abm"), near("sakhi")
    photo = a_photo_of(abm, a_group(abm))
    abm.sync()
    sakhi.sync()
    for name, value in (("sha256", "0" * 64), ("size", 5), ("kind", "passbook"), ("taken_on", date(2026, 1, 1))):
        assert not editable(("abm", "bank_sakhi", "supervisor"), "Attachment", name, new=False), (name, value)
    sakhi.do(RemovePhoto(photo))
    quiet([sakhi, abm])
    assert abm.contents()["Attachment"][photo][0]["deleted_on"] and held_at_centre(near, photo) == PHOTO


def test_a_photo_of_the_console_is_there_at_once_and_comes_to_the_phones(world_on_each, tmp_path):
    world = world_on_each
    console, abm = Console(world), Phone(world, "abm", tmp_path, "abm")
    page = console.signed_in("supervisor").workspace
    try:
        group = page.do(RegisterGroup({"village_id": ref("V1"), "name": "जय अम्बे", "formed_on": DAY})).id
        photo = page.do(AddPhoto(group, "passbook", PHOTO)).id
        assert (page.photo(photo).state, page.photo(photo).content) == ("received", PHOTO)
        abm.sync()
        abm.workspace.want_photo(photo)
        abm.sync()
        assert abm.workspace.photo(photo).content == PHOTO
        question = {"account_id": first_account_id(group)}
        on_phone = [row.model_dump() for row in abm.workspace.ask(list_photos, **question)]
        assert on_phone and on_phone == [row.model_dump() for row in page.ask(list_photos, **question)]
        assert page.do(AddPhoto(group, "passbook", PHOTO)).changes == (), "the same picture is no second one"
        other = abm.do(AddPhoto(group, "resolution", OTHER)).id
        abm.line.photo_faults = ["lost_request"]
        abm.sync()
        told = page.photo(other)
        assert (told.state, told.content, told.code) == ("wanted", None, "photo_unknown")
        stranger = console.signed_in("district").workspace
        assert stranger.ask(list_groups) and not stranger.ask(list_photos, **question)
        with pytest.raises(Problem, match="photo_unknown"):
            stranger.photo(photo)
    finally:
        abm.store.close()
        console.close()
