"""A form without its controls: what was typed, what it amounts to, where a refusal stands."""

from datetime import date
from typing import Annotated

import pytest

from records.fields import Choice, Text
from records.member import Member
from records.problems import FIELD_CODES, Refusal
from records.record import fields_of
from records.savings_account import AccountStep, SavingsAccount
from records.shg import Shg
from screens.filling import Filling, FormField, form_fields, is_editable, typed_of, value_of
from tests.factories import a_member, an_shg


def names(fields: list[FormField]) -> list[str]:
    return [one.name for one in fields]


def a_filling(known=None, given=None, draft=None, cls=Shg, **typed) -> Filling:
    filling = Filling.opened(form_fields(cls), known, given or {}, draft)
    for name, value in typed.items():
        filling.put(name, value)
    return filling


def test_a_form_offers_every_field_that_a_person_writes():
    offered = names(form_fields(Shg))
    assert offered[:4] == ["village_id", "name", "name_other", "formed_on"]
    assert not {"roster_count", "marks", "canonical_id", "deleted_on"} & set(offered)
    assert names(form_fields(Member))[0] == "name"
    assert "author_id" not in names(form_fields(AccountStep))


def test_a_new_field_of_a_record_class_is_offered_at_once():
    class Grown(Shg):
        ward: Text | None = None

    assert names(form_fields(Grown))[-1] == "ward"


@pytest.mark.parametrize("typed", ["14-11-2026", "१४/११/२०२६", "14.11.2026", "14112026", " 14 - 11 - 2026 "])
def test_a_day_is_understood_as_people_write_it(typed):
    assert value_of(fields_of(Shg)["formed_on"], typed) == (date(2026, 11, 14), None)


@pytest.mark.parametrize(
    ("name", "typed", "code"),
    [
        ("formed_on", "31-02-2026", "not_a_day"),
        ("formed_on", "soon", "not_a_day"),
        ("declared_members", "twelve", "not_a_number"),
        ("declared_members", "-1", "too_small"),
        ("mobile", "12345", "not_a_mobile"),
        ("meeting_rhythm", "daily", "not_in_list"),
    ],
)
def test_what_cannot_be_says_why(name, typed, code):
    assert value_of(fields_of(Shg)[name], typed) == (None, code)
    assert code in FIELD_CODES


def test_numbers_are_accepted_in_both_scripts():
    assert value_of(fields_of(Shg)["declared_members"], "१२") == (12, None)
    assert value_of(fields_of(Shg)["mobile"], "९८७६५ ४३२१०") == ("9876543210", None)


def test_what_is_known_comes_back_as_it_would_have_been_typed():
    shg = an_shg(declared_members=12, meeting_rhythm="weekly")
    for name, spec in fields_of(Shg).items():
        if spec.value_type.entry in ("day", "number", "text", "choice", "yes_no"):
            value = getattr(shg, name)
            assert value_of(spec, typed_of(spec, value)) == (value, None)


def test_a_new_record_names_only_what_was_filled_in():
    filling = a_filling(name="जय अम्बे", formed_on="14-11-2026", village_id="a" * 32, remarks=" ")
    assert filling.values() == {"name": "जय अम्बे", "formed_on": date(2026, 11, 14), "village_id": "a" * 32}


def test_a_default_is_written_when_it_was_chosen_by_hand():
    filling = a_filling(name="x", formed_on="14-11-2026", village_id="a" * 32, group_type="women")
    assert filling.values()["group_type"] == "women"


def test_required_fields_are_asked_for_at_the_field():
    filling = a_filling()
    filling.values()
    assert filling.errors == dict.fromkeys(("village_id", "name", "formed_on"), "required")


def test_a_known_record_names_only_what_differs():
    shg = an_shg(declared_members=12, mobile="9876543210")
    filling = a_filling(shg, name=shg.name, declared_members="१३", mobile="")
    assert filling.values() == {"declared_members": 13, "mobile": None}


def test_what_is_not_shown_is_not_written():
    shg = an_shg()
    filling = a_filling(shg, origin="revived", restarted_on="nonsense")
    assert filling.values(lambda one: one.spec.name != "restarted_on") == {"origin": "revived"}
    assert not filling.errors


def test_a_value_that_was_there_before_is_not_judged():
    shg = an_shg().model_copy(update={"mobile": "0755-12"})
    filling = a_filling(shg, name="New name")
    assert filling.values() == {"name": "New name"}


def test_a_draft_lies_over_what_is_known_and_over_what_is_given():
    shg = an_shg(name="Old", declared_members=12)
    filling = a_filling(shg, draft={"name": "Half wri", "declared_members": "", "_id": "x", "gone_field": 1})
    assert (filling.typed["name"], filling.typed["declared_members"]) == ("Half wri", "")
    assert filling.draft() == {"name": "Half wri", "declared_members": ""}
    assert a_filling(given={"village_id": "b" * 32}, draft={"village_id": "c" * 32}).typed["village_id"] == "c" * 32


def test_a_number_is_typed_twice():
    spec = fields_of(SavingsAccount)["account_number"]
    fields = [FormField(SavingsAccount, spec), FormField(SavingsAccount, spec, again=True)]
    filling = Filling.opened(fields, None, {}, None)
    filling.put("account_number", "942110110001234")
    filling.put("account_number_again", "942110110001243")
    filling.values()
    assert filling.errors == {"account_number_again": "number_not_repeated"}
    filling.put("account_number_again", "९४२११ ०११००-०१२३४")
    assert filling.values() == {"account_number": "942110110001234"}
    assert not filling.errors


def test_a_refusal_stands_at_its_field_and_others_above_the_form():
    filling = a_filling(cls=Member)
    filling.refuse(
        [
            Refusal("not_a_mobile", "mobile", "Member"),
            Refusal("not_allowed", None, "Member"),
            Refusal("required", "shg_id", "Member"),
            Refusal("required", "name", "Shg"),
        ]
    )
    assert filling.errors == {"mobile": "not_a_mobile"}
    assert filling.about == ["not_allowed", "required"]


def test_typing_into_a_field_takes_its_error_away():
    filling = a_filling()
    filling.values()
    filling.put("name", "जय")
    assert "name" not in filling.errors


def test_access_decides_what_can_be_filled_in():
    by_name = {one.name: one for one in form_fields(Shg)}
    assert is_editable(by_name["name"], ("abm",), new=True, typed="")
    assert not is_editable(by_name["name"], ("bank_sakhi",), new=False, typed="x")
    assert is_editable(by_name["mobile"], ("bank_sakhi",), new=False, typed="")
    assert not is_editable(by_name["mobile"], (), new=False, typed="")


def test_a_choice_of_a_newer_app_cannot_be_changed():
    class Grown(Shg):
        rhythm: Annotated[str, Choice("weekly")] | None = None

    (rhythm,) = form_fields(Grown, only=["rhythm"])
    editable = FormField(Shg, rhythm.spec)
    assert is_editable(editable, ("abm",), new=False, typed="weekly")
    assert not is_editable(editable, ("abm",), new=False, typed="each_full_moon")


def test_a_member_form_keeps_the_group_out():
    member = a_member("a" * 32)
    assert "shg_id" not in names(form_fields(Member))
    assert a_filling(member, cls=Member, age="34").values() == {"age": 34}
