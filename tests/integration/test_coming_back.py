"""A phone that was enrolled after the backup comes back by its certificate, and loses nothing; nobody else does."""

import json
from dataclasses import replace
from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import delete

from records.commands.groups import ChangeGroup, RegisterGroup
from records.messages import Certified, EnrolRequest, SyncRequest, return_statement
from records.problems import Problem
from server.certificates import Certificates
from server.revocations import Revocations
from sync.enrolling import come_back
from sync.joining import joined
from tests.fleet import Phone, differences, fresh_contents, quiet
from tests.world import ref

DAY = date(2026, 3, 1)
OF_A_DEVICE = ("device", "batch", "cursor", "early_batch", "enrolment", "restamped")


def a_group(**values):
    return RegisterGroup({"village_id": ref("V1"), "name": "जय अम्बे", "formed_on": DAY, **values})


def forget(world, device):
    """As if the centre were of a time before this device was enrolled, in a new epoch: nothing of it is known."""
    with world.centre.database.writing() as db:
        for name in OF_A_DEVICE:
            table = getattr(world.centre.tables, name)
            db.execute(delete(table).where(table.c.device == device))
    world.centre.new_epoch()


class Shown:
    """A phone that shows its certificate by hand."""

    def __init__(self, world, person="abm"):
        self.world, self.person = world, ref(person)
        self.signing, self.sealing = Ed25519PrivateKey.generate(), X25519PrivateKey.generate()
        code = world.centre.enrolments.code_for(self.person)
        self.first = world.centre.enrol(replace(self.blank(), code=code))

    def blank(self):
        keys = [key.public_key().public_bytes_raw() for key in (self.signing, self.sealing)]
        return EnrolRequest("0.1.0", "", *keys, "phone", proof=b"p" * 16)

    def request(self, proof=b"q" * 16, signer=None, **changes):
        blank = replace(self.blank(), proof=proof)
        certificate = changes.pop("certificate", self.first.certificate)
        signature = (signer or self.signing).sign(return_statement(certificate, blank.sealing_key, proof))
        shown = Certified(self.first.device, self.person, certificate, signature)
        return replace(blank, certified=replace(shown, **changes))

    def come_back(self, **how):
        return self.world.centre.enrol(self.request(**how))

    def why_not(self, **how):
        with pytest.raises(Problem) as problem:
            self.come_back(**how)
        return problem.value.code


def devices(world, person="abm"):
    return sorted(row["device"] for row in world.rows(world.centre.tables.device) if row["person_id"] == ref(person))


@pytest.fixture
def shown(world_on_each):
    return Shown(world_on_each)


# --- over every way, on both engines


def test_a_phone_that_the_centre_has_forgotten_comes_back_by_itself_and_loses_nothing(world, tmp_path):
    phone, other = (Phone(world, person, tmp_path, person) for person in ("abm", "supervisor"))
    group = phone.do(a_group()).id
    quiet([phone, other])
    with phone.store.reading() as t:
        device, token = t.meta.get("device"), t.meta.get("token")
    forget(world, device)
    unsent = phone.do(a_group(name="अभी का")).id
    phone.do(ChangeGroup(group, {"remarks": "बाद में"}))
    _, runner = joined(phone.store, phone.centre(), app="0.1.0")
    status = runner.run()
    assert (status.state, status.problem) == ("idle", None)
    with phone.store.reading() as t:
        assert t.meta.get("device") == device and t.meta.get("token") != token and not t.meta.get("login")
        assert t.meta.get("returning") is None
    phone.connect()
    quiet([phone, other])
    assert world.row("Shg", unsent)["name"] == "अभी का" and world.row("Shg", group)["remarks"] == "बाद में"
    assert phone.workspace.mending() == []
    for one in (phone, other):
        assert not differences(one.contents(), fresh_contents(world, one.person, tmp_path))
        one.store.close()


# --- whose reply is lost, and who is a copy


def test_asked_again_it_is_given_the_same_login(shown):
    forget(shown.world, shown.first.device)
    first, again = shown.come_back(), shown.come_back()
    assert first.device == again.device == shown.first.device and first.token == again.token != shown.first.token
    assert devices(shown.world) == [shown.first.device]
    assert first.certificate == shown.first.certificate
    assert shown.world.door(first.token).sync(SyncRequest("0.1.0")).page


def test_a_copy_that_comes_second_goes_on_under_a_number_of_its_own(shown):
    """Two phones with one file: never two devices under one number, and no work is taken for the other's."""
    forget(shown.world, shown.first.device)
    one, two, again = shown.come_back(), shown.come_back(proof=b"r" * 16), shown.come_back(proof=b"r" * 16)
    assert two.device != one.device == shown.first.device and two.token != one.token
    assert (again.device, again.token) == (two.device, two.token)
    assert len(devices(shown.world)) == 2
    shown.world.centre.enrolments.revoke(one.device)
    for token in (one.token, two.token):
        with pytest.raises(Problem, match="revoked"):
            shown.world.door(token).sync(SyncRequest("0.1.0"))


def test_a_number_that_was_given_to_somebody_else_meanwhile_is_left_to_her(shown):
    forget(shown.world, shown.first.device)
    table = shown.world.centre.tables.device
    taken = shown.world.enrol("sakhi").device
    with shown.world.centre.database.writing() as db:
        db.execute(table.update().where(table.c.device == taken).values(device=shown.first.device))
    back = shown.come_back()
    assert back.device != shown.first.device and devices(shown.world) == [back.device]


def test_a_copied_phone_that_comes_second_sends_its_work_under_its_new_number(world_on_each, tmp_path):
    world = world_on_each
    phone = Phone(world, "abm", tmp_path, "one")
    phone.sync()
    twin = Phone.__new__(Phone)
    twin.__dict__.update(phone.__dict__ | {"name": "two", "written": []})
    phone.store.write_out()
    (tmp_path / "two.sqlite").write_bytes((tmp_path / "one.sqlite").read_bytes())
    twin.open()
    with phone.store.reading() as t:
        forget(world, t.meta.get("device"))
    mine, theirs = phone.do(a_group(name="पहला")).id, twin.do(a_group(name="दूसरा")).id
    for one in (phone, twin):
        one.come_back()
    quiet([phone, twin])
    assert [world.row("Shg", id)["name"] for id in (mine, theirs)] == ["पहला", "दूसरा"]
    for one in (phone, twin):
        assert one.workspace.mending() == []
        assert not differences(one.contents(), fresh_contents(world, "abm", tmp_path))
        one.store.close()


# --- who is not let in


def test_what_is_not_this_phones_own_opens_nothing(shown):
    forget(shown.world, shown.first.device)
    stranger = Ed25519PrivateKey.generate()
    other = Shown(shown.world, "sakhi")
    assert shown.why_not(signer=stranger) == "sign_in"
    assert shown.why_not(certificate=bytes(64)) == "sign_in"
    assert shown.why_not(device="0badcafe") == "sign_in"
    assert shown.why_not(person_id=ref("supervisor")) == "sign_in"
    assert shown.why_not(certificate=other.first.certificate) == "sign_in"
    with pytest.raises(Problem, match="sign_in"):
        shown.world.centre.enrol(replace(shown.request(), proof=b"r" * 16))
    with pytest.raises(Problem, match="sign_in"):
        shown.world.centre.enrol(replace(shown.request(), sealing_key=b"x" * 32))
    with pytest.raises(Problem, match="sign_in"):
        shown.world.centre.enrol(replace(shown.request(proof=b""), proof=b""))
    assert devices(shown.world) == []


def test_somebody_whom_the_centre_does_not_know_is_not_let_in_until_the_office_has_entered_her(shown, caplog):
    forget(shown.world, shown.first.device)
    person = shown.world.centre.tables.records["Person"]
    row = shown.world.row("Person", ref("abm"))
    with shown.world.centre.database.writing() as db:
        db.execute(delete(person).where(person.c.id == ref("abm")))
    assert shown.why_not() == "sign_in"
    assert f"samooh people add --id {ref('abm')}" in caplog.text
    with shown.world.centre.database.writing() as db:
        db.execute(person.insert().values(row))
    assert shown.come_back().device == shown.first.device


@pytest.fixture
def guarded(world_on_each, tmp_path):
    """A world with a second store of revocations, and that store."""
    world, store = world_on_each, Revocations(tmp_path / "revocations.jsonl")
    centre = world.centre
    store.replay(centre.database, centre.tables, centre.state_id)
    enrolments = centre.enrolments
    enrolments._revocations = store
    enrolments._certificates = Certificates(centre.tables, centre.state_id, world.secret, store)
    return world, store


def test_a_phone_that_was_revoked_after_the_backup_stays_out(guarded):
    world, _ = guarded
    shown = Shown(world)
    world.centre.enrolments.revoke(shown.first.device)
    forget(world, shown.first.device)
    assert shown.why_not() == "revoked" and devices(world) == []


def test_a_number_that_this_database_does_not_know_can_be_shut_out_all_the_same(guarded):
    world, _ = guarded
    shown, other = Shown(world), Shown(world)
    for one in (shown, other):
        forget(world, one.first.device)
    world.centre.enrolments.revoke(shown.first.device)
    assert shown.why_not() == "revoked"
    assert other.come_back().device == other.first.device


def test_a_phone_that_this_database_knows_to_be_revoked_stays_out_by_its_copies_too(shown):
    twin = shown.come_back()
    assert twin.device != shown.first.device
    shown.world.centre.enrolments.revoke(shown.first.device)
    assert shown.why_not() == shown.why_not(proof=b"r" * 16) == "revoked"


def test_where_the_revocations_were_lost_no_older_certificate_is_good(guarded):
    world, store = guarded
    shown = Shown(world)
    forget(world, shown.first.device)
    store.path.unlink()
    store.begin_anew(world.centre.database, world.centre.tables, world.centre.state_id, world.clock())
    assert json.loads(store.path.read_text("utf-8").splitlines()[0])["deed"] == "begin"
    assert shown.why_not() == "sign_in"
    later = Shown(world, "sakhi")
    forget(world, later.first.device)
    assert later.come_back().device == later.first.device


# --- on the phone


def test_a_phone_of_before_a_certificate_or_without_its_keys_asks_for_a_code(world_on_each, tmp_path):
    phone = Phone(world_on_each, "abm", tmp_path, "one")
    with phone.store.writing() as t:
        before = t.meta.get("signing_key")
        t.meta.put("signing_key", None)
    with pytest.raises(Problem, match="sign_in"):
        come_back(phone.store, phone.centre(), app="0.1.0")
    with phone.store.writing() as t:
        t.meta.put("signing_key", before)
        t.meta.put("certificate", None)
    with pytest.raises(Problem, match="sign_in"):
        come_back(phone.store, phone.centre(), app="0.1.0")
    phone.store.close()
