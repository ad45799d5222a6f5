"""Personal values pass the codec wherever they are stored: with one that reverses, no plain value is in the file."""

from pathlib import Path

import pytest

from records.commands.accounts import RecordStep
from records.commands.groups import ChangeGroup, RegisterGroup
from records.commands.members import AddMember
from records.messages import BatchAnswer, Outcome
from records.problems import Refused
from storage.adopting import adopt
from storage.answers import take_answer
from storage.freezing import next_batch
from storage.pages import take_page
from storage.queries import find_account, find_member, list_members
from storage.store import LocalStore
from tests.factories import (
    NOW_MS,
    a_member,
    a_page,
    a_part,
    a_place_tree,
    a_section,
    an_shg,
    filled,
    supervisor_capacity,
)
from tests.phones import KEYS, a_phone, an_enrolment

TREE = a_place_tree()
MEMBERS = f"gp/{TREE.panchayat.id}/members"
AADHAAR = "2341 2341 2346"


class Reversing:
    """A codec for tests: everything backwards."""

    def seal(self, text: str) -> str:
        return text[::-1]

    def open(self, text: str) -> str:
        return text[::-1]


def bytes_of(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.parent.glob(path.name + "*"))


@pytest.mark.parametrize("closed", [False, True])
def test_no_personal_value_stands_in_the_file_as_it_was_typed(tmp_path, closed):
    secrets = ["Sunita Kumari", "9876543210", "Shanti Guardian", "50000111122", "behind the well", "Rekha Received"]
    secrets += ["Draft Personal", "9812345678", "Refused Personal", "a-token"]
    with a_phone(tmp_path, TREE, codec=Reversing(), capacity=supervisor_capacity(TREE)) as phone:
        id = phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id, mobile=secrets[1])))).id
        phone.do(RecordStep(id, "opened", "2026-11-01", note=secrets[4], account_values={"account_number": secrets[3]}))
        member = phone.do(AddMember(id, {"name": secrets[0], "guardian_name": secrets[2], "age": 41})).id
        take_page(phone.store, a_page(a_part(MEMBERS, a_section([a_member(id, name=secrets[5])]))))
        phone.keep_draft("member/new", {"name": secrets[6]})
        next_batch(phone.store)
        phone.do(ChangeGroup(id, {"mobile": secrets[7]}))
        path = phone.store.path
        assert phone.ask(find_member, id=member)[0].age == 41
        assert phone.ask(find_account, shg_id=id)[0].account_number == secrets[3]
        assert {row.name for row in phone.ask(list_members, shg_id=id)} == {secrets[0], secrets[5]}
        batch = next_batch(phone.store)
        take_answer(phone.store, BatchAnswer(batch.number))
        phone.do(AddMember(id, {"name": secrets[8]}))
        batch = next_batch(phone.store)
        take_answer(phone.store, BatchAnswer(batch.number, "applied", (Outcome(0, 9, "refused", "required"),)))
        assert phone.mending() and phone.history(id)
        if not closed:
            found = bytes_of(path)
    if closed:
        found = bytes_of(path)
    assert b"Jai Ambe" in found  # what is not personal can be read: the test does look at the right bytes
    for secret in secrets:
        assert secret.encode() not in found, secret


def test_with_the_plain_codec_the_same_values_are_in_the_file(tmp_path):
    with a_phone(tmp_path, TREE) as phone:
        id = phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id, mobile="9876543210")))).id
        assert id
        path = phone.store.path
    assert b"9876543210" in bytes_of(path)


def test_what_this_phone_may_show_no_more_cannot_be_read_out_of_its_file(tmp_path):
    """However SQLite was built: by itself it mostly leaves the bytes of what is deleted."""
    with a_phone(tmp_path, TREE) as phone:
        shg = an_shg(village_id=TREE.village.id, name="Stays", mobile="9876543210")
        members = [a_member(shg.id, name=f"Lost From Sight {number}") for number in range(60)]
        groups = a_part(f"block/{TREE.block.id}/groups", held={"Shg": [shg.id]})
        take_page(phone.store, a_page(a_part(MEMBERS, a_section([shg]), a_section(members)), groups))
        phone.store.write_out()
        found = bytes_of(phone.store.path)
        assert b"Lost From Sight 7" in found and b"9876543210" in found
        take_page(phone.store, a_page(a_part(MEMBERS, left={"Shg": [shg.id]}), number=2))
        take_page(phone.store, a_page(withdrawn=(MEMBERS,), number=3))
        phone.store.write_out()
        found = bytes_of(phone.store.path)
        assert b"Stays" in found
        assert b"Lost From Sight" not in found and b"9876543210" not in found


@pytest.mark.parametrize("cut_short", [False, True])
def test_the_next_person_can_read_nothing_of_the_one_before_out_of_the_file(tmp_path, monkeypatch, cut_short):
    with a_phone(tmp_path, TREE) as phone:
        shg = an_shg(village_id=TREE.village.id, name="Received Before")
        take_page(phone.store, a_page(a_part(MEMBERS, a_section([shg]))))
        for number in range(60):
            phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id, name=f"Typed Before {number}"))))
        take_answer(phone.store, BatchAnswer(next_batch(phone.store).number))
        phone.store.write_out()
        assert b"Typed Before 7" in bytes_of(phone.store.path) and b"Received Before" in bytes_of(phone.store.path)
        if cut_short:
            monkeypatch.setattr(LocalStore, "write_anew", lambda store: None)
        adopt(phone.store, an_enrolment(supervisor_capacity(TREE)), KEYS)
    monkeypatch.undo()
    with a_phone(tmp_path, TREE, enrolled=False) as again:
        assert again.identity().roles == ("supervisor",)
        found = bytes_of(again.store.path)
        assert b"Before" not in found


# --- drafts


def test_a_form_half_filled_survives_the_process(tmp_path):
    with a_phone(tmp_path, TREE) as phone:
        phone.keep_draft("shg/new", {"name": "जय", "members": [{"name": "Sunita"}], "formed_on": "2026-11-"})
        phone.keep_draft("shg/new", {"name": "जय अम्बे"})
        phone.keep_draft("other", {})
    with a_phone(tmp_path, TREE, enrolled=False) as again:
        draft = again.draft("shg/new")
        assert draft is not None and draft.values == {"name": "जय अम्बे"} and draft.kept_ms == NOW_MS
        assert {one.key for one in again.drafts()} == {"shg/new", "other"}
        again.drop_draft("shg/new")
        assert again.draft("shg/new") is None


def test_drafts_are_announced(tmp_path):
    with a_phone(tmp_path, TREE) as phone:
        heard = []
        phone.on_change(heard.append)
        phone.keep_draft("a", {"x": 1})
        phone.drop_draft("a")
        phone.drop_draft("a")
        assert heard == [frozenset({"drafts"})] * 2


def test_no_aadhaar_number_is_ever_written_not_even_into_a_draft(tmp_path):
    with a_phone(tmp_path, TREE) as phone:
        phone.keep_draft("a", {"remarks": f"her number {AADHAAR}", "rows": [{"note": AADHAAR}]})
        assert phone.draft("a").values == {"remarks": "her number XXXXXXXX2346", "rows": [{"note": "XXXXXXXX2346"}]}
        with pytest.raises(Refused) as refused:
            phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id, remarks=AADHAAR))))
        assert refused.value.refusals[0].code == "holds_aadhaar"
        path = phone.store.path
    assert AADHAAR.encode() not in bytes_of(path) and AADHAAR.replace(" ", "").encode() not in bytes_of(path)


def test_a_groups_own_account_number_may_stand_in_its_draft(tmp_path):
    number = AADHAAR.replace(" ", "")
    with a_phone(tmp_path, TREE) as phone:
        phone.keep_draft("a", {"account_number": number, "account_number_again": number})
        assert phone.draft("a").values["account_number_again"] == number


def test_what_has_a_form_of_its_own_stands_in_a_draft_as_typed(tmp_path):
    number, other = AADHAAR.replace(" ", ""), "499118665246"
    typed = {"account_number": AADHAAR, "account_number_again": other, "mobile": number, "village_id": f"{number:0>32}"}
    with a_phone(tmp_path, TREE) as phone:
        phone.keep_draft("a", {**typed, "note": other})
        assert phone.draft("a").values == {**typed, "note": "XXXXXXXX5246"}


def test_settings_survive_and_replace_each_other(tmp_path):
    with a_phone(tmp_path, TREE) as phone:
        phone.keep_setting("language", "hi")
        phone.keep_setting("language", "en")
    with a_phone(tmp_path, TREE, enrolled=False) as again:
        assert (again.setting("language"), again.setting("other")) == ("en", None)
