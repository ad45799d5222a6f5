"""Every rule within one record, in both directions: what it refuses, and what it lets pass."""

import random
from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from records.kinds import KINDS
from records.parts import PARTS
from records.problems import FIELD_CODES
from records.record import fields_of, problem_code
from records.rules import RULES, breakable, broken_rules

TODAY = date(2026, 11, 24)
TOMORROW, LONG_AGO, BEFORE = TODAY + timedelta(1), date(2010, 1, 1), date(2015, 6, 1)

# kind, code, field it stands at, values that break it, values that keep it
CASES = [
    ("Shg", "day_in_future", "formed_on", {"formed_on": TOMORROW}, {"formed_on": TODAY}),
    (
        "Shg",
        "day_in_future",
        "restarted_on",
        {"origin": "revived", "restarted_on": TOMORROW},
        {"origin": "revived", "restarted_on": TODAY},
    ),
    (
        "Shg",
        "before_formation",
        "restarted_on",
        {"origin": "revived", "formed_on": BEFORE, "restarted_on": LONG_AGO},
        {"origin": "revived", "formed_on": LONG_AGO, "restarted_on": BEFORE},
    ),
    (
        "Shg",
        "restart_day_needed",
        "restarted_on",
        {"origin": "co_opted"},
        {"origin": "co_opted", "restarted_on": BEFORE},
    ),
    ("Shg", "only_if_restarted", "restarted_on", {"origin": "new", "restarted_on": BEFORE}, {"origin": "new"}),
    (
        "Shg",
        "only_named_promoter",
        "promoter_name",
        {"promoted_by": "nrlm", "promoter_name": "Asha"},
        {"promoted_by": "ngo", "promoter_name": "Asha"},
    ),
    (
        "Shg",
        "only_special_group",
        "special_kind",
        {"group_type": "women", "special_kind": "pvtg"},
        {"group_type": "special", "special_kind": "pvtg"},
    ),
    (
        "Shg",
        "only_special_group",
        "special_note",
        {"group_type": "women", "special_note": "x"},
        {"group_type": "special", "special_note": "x"},
    ),
    (
        "Shg",
        "not_in_rhythm",
        "meeting_week",
        {"meeting_rhythm": "fortnightly", "meeting_week": "third"},
        {"meeting_rhythm": "monthly", "meeting_week": "third"},
    ),
    (
        "Shg",
        "not_in_rhythm",
        "meeting_week",
        {"meeting_rhythm": "weekly", "meeting_week": "first"},
        {"meeting_rhythm": "fortnightly", "meeting_week": "first"},
    ),
    (
        "Shg",
        "only_with_weekday",
        "meeting_weekday",
        {"meeting_weekday": "friday"},
        {"meeting_rhythm": "weekly", "meeting_weekday": "friday"},
    ),
    (
        "Shg",
        "only_with_weekday",
        "meeting_weekday",
        {"meeting_rhythm": "monthly", "meeting_week": "on_date", "meeting_weekday": "friday"},
        {"meeting_rhythm": "monthly", "meeting_week": "last", "meeting_weekday": "friday"},
    ),
    (
        "Shg",
        "only_with_date",
        "meeting_date",
        {"meeting_rhythm": "monthly", "meeting_week": "first", "meeting_date": 5},
        {"meeting_rhythm": "monthly", "meeting_week": "on_date", "meeting_date": 5},
    ),
    (
        "Shg",
        "only_voluntary_saving",
        "voluntary_interest",
        {"voluntary_saving": False, "voluntary_interest": 0},
        {"voluntary_saving": True, "voluntary_interest": 0},
    ),
    (
        "Shg",
        "only_with_bookkeeper",
        "bookkeeper_name",
        {"bookkeeper": "none", "bookkeeper_name": "Rekha"},
        {"bookkeeper": "external", "bookkeeper_name": "Rekha"},
    ),
    (
        "Shg",
        "only_with_bookkeeper",
        "bookkeeper_mobile",
        {"bookkeeper_mobile": "9876543210"},
        {"bookkeeper": "internal", "bookkeeper_mobile": "9876543210"},
    ),
    *(
        (
            "Shg",
            "day_in_future",
            f"{office}_from",
            {f"{office}_from": TOMORROW},
            {f"{office}_from": TODAY},
        )
        for office in ("president", "secretary", "treasurer")
    ),
    *(
        (
            "Shg",
            "before_formation",
            f"{office}_from",
            {"formed_on": BEFORE, f"{office}_from": LONG_AGO},
            {"formed_on": BEFORE, f"{office}_from": BEFORE},
        )
        for office in ("president", "secretary", "treasurer")
    ),
    (
        "Shg",
        "mobile_missing",
        "mobile_of_id",
        {"mobile_of_id": "0" * 32},
        {"mobile_of_id": "0" * 32, "mobile": "9876543210"},
    ),
    (
        "Shg",
        "only_if_inactive",
        "inactive_reason",
        {"active": True, "inactive_reason": "dispute"},
        {"active": False, "inactive_reason": "dispute"},
    ),
    ("Member", "day_in_future", "joined_on", {"joined_on": TOMORROW}, {"joined_on": TODAY}),
    ("Member", "day_in_future", "left_on", {"left_on": TOMORROW}, {"left_on": TODAY}),
    ("Member", "day_in_future", "born_on", {"born_on": TOMORROW}, {"born_on": LONG_AGO}),
    (
        "Member",
        "before_joining",
        "left_on",
        {"joined_on": BEFORE, "left_on": LONG_AGO},
        {"joined_on": BEFORE, "left_on": BEFORE},
    ),
    (
        "Member",
        "before_birth",
        "joined_on",
        {"born_on": BEFORE, "joined_on": LONG_AGO},
        {"born_on": LONG_AGO, "joined_on": BEFORE},
    ),
    ("Member", "age_or_birth_day", "age", {"age": 30, "born_on": LONG_AGO}, {"age": 30}),
    (
        "Member",
        "mobile_missing",
        "may_be_called",
        {"may_be_called": True},
        {"may_be_called": True, "mobile": "9876543210"},
    ),
    (
        "Member",
        "only_with_disability",
        "disability_kind",
        {"disability": "none", "disability_kind": "sight"},
        {"disability": "family", "disability_kind": "sight"},
    ),
    (
        "Member",
        "only_with_insurance",
        "insurance",
        {"insured": False, "insurance": "pmsby"},
        {"insured": True, "insurance": "pmsby"},
    ),
    (
        "Member",
        "only_with_insurance",
        "insured_until",
        {"insured_until": TODAY},
        {"insured": True, "insured_until": TODAY},
    ),
    ("Member", "only_if_left", "left_reason", {"left_reason": "died"}, {"left_on": TODAY, "left_reason": "died"}),
    ("SavingsAccount", "day_in_future", "opened_on", {"opened_on": TOMORROW}, {"opened_on": TODAY}),
    *(
        (
            "SavingsAccount",
            "branch_twice",
            "typed_branch",
            {"branch_id": "0" * 32, typed: "x"},
            {typed: "x"},
        )
        for typed in ("typed_bank", "typed_branch", "typed_ifsc")
    ),
    ("AccountStep", "day_in_future", "on_day", {"on_day": TOMORROW}, {"on_day": TODAY}),
    ("AccountStep", "reason_needed", "reason", {"kind": "returned"}, {"kind": "returned", "reason": "come_later"}),
    ("AccountStep", "reason_not_needed", "reason", {"kind": "opened", "reason": "come_later"}, {"kind": "opened"}),
    ("AccountStep", "cancels_nothing", "cancels_id", {"kind": "cancelled"}, {"kind": "cancelled", "cancels_id": "0"}),
    ("AccountStep", "cancels_nothing", "cancels_id", {"kind": "opened", "cancels_id": "0"}, {"kind": "opened"}),
    (
        "AccountStep",
        "not_of_process",
        "kind",
        {"process": "signatories", "kind": "closed"},
        {"process": "savings", "kind": "closed"},
    ),
]


@pytest.mark.parametrize(("kind", "code", "field", "broken", "kept"), CASES, ids=lambda one: str(one)[:40])
def test_a_rule_refuses_what_breaks_it_and_nothing_else(kind, code, field, broken, kept):
    names = fields_of(KINDS[kind].cls)
    assert names.keys() >= broken.keys() | kept.keys()
    assert (code, field) in {(one.code, one.field) for one in broken_rules(kind, broken, None, today=TODAY)}
    assert (code, field) not in {(one.code, one.field) for one in broken_rules(kind, kept, None, today=TODAY)}


def test_every_rule_has_its_case():
    assert {(rule.kind, rule.code, rule.at) for rule in RULES} == {case[:3] for case in CASES}


def test_every_rule_says_a_known_code_at_a_field_that_is_there():
    for rule in RULES:
        assert rule.code in FIELD_CODES
        assert {rule.at, *rule.fields} <= fields_of(KINDS[rule.kind].cls).keys()


def test_a_rule_is_judged_only_when_a_change_names_one_of_its_fields():
    stood = KINDS["Shg"].cls.known({"id": "0" * 32, "formed_on": TOMORROW, "name": "x", "village_id": "0" * 32})
    assert not broken_rules("Shg", {"name": "y"}, stood, today=TODAY)
    assert broken_rules("Shg", {"formed_on": TOMORROW}, stood, today=TODAY)


def test_the_server_passes_over_what_only_a_clock_can_tell():
    assert broken_rules("Shg", {"formed_on": TOMORROW}, None, today=TODAY)
    assert not broken_rules("Shg", {"formed_on": TOMORROW}, None, today=TODAY, clocked=False)


def test_parts_name_fields_of_their_kind_that_may_be_empty():
    for (kind, name), part in PARTS.items():
        fields = fields_of(KINDS[kind].cls)
        assert {name, *part.of} <= fields.keys()
        assert not fields[name].required and fields[name].default is None, f"{kind}.{name} cannot be emptied"


@pytest.mark.parametrize(
    ("kind", "name", "value", "code"),
    [
        ("Shg", "pin_code", "48350", "not_a_pin_code"),
        ("Shg", "pin_code", "083501", "not_a_pin_code"),
        ("Shg", "pin_code", "४८३ ५०१", None),
        ("Shg", "meeting_date", 32, "too_large"),
        ("Shg", "meeting_date", 0, "too_small"),
        ("Shg", "meeting_date", 31, None),
        ("Shg", "tenure_months", 0, "too_small"),
        ("Shg", "tenure_months", 36, None),
        ("Shg", "saving_amount", -1, "too_small"),
        ("Shg", "saving_amount", 5000, None),
        ("Shg", "saving_interest", 10_001, "too_large"),
        ("Shg", "saving_interest", 2400, None),
        ("Shg", "promoted_by", "somebody", "not_in_list"),
        ("Shg", "livelihood", "dairy", None),
        ("Member", "age", 0, "too_small"),
        ("Member", "age", 121, "too_large"),
        ("Member", "age", "३४", None),
        ("Member", "social_category", "st", None),
        ("Member", "social_category", "rich", "not_in_list"),
        ("Member", "mobile", "5876543210", "not_a_mobile"),
        ("Member", "mobile", "९८७६५ ४३२१०", None),
    ],
)
def test_a_value_is_checked_by_the_type_of_its_field(kind, name, value, code):
    spec = fields_of(KINDS[kind].cls)[name]
    if code is None:
        assert spec.check(value) is not None
        return
    with pytest.raises(ValidationError) as found:
        spec.check(value)
    assert problem_code(found.value) == code


def test_a_rule_that_needs_a_field_is_kept_without_it():
    """What decides which rules are looked at in a batch: drawn records, each with every such field empty."""
    chance = random.Random(20261128)
    values = {
        "Shg": {"origin": ["new", "revived"], "formed_on": [None, TODAY], "meeting_rhythm": [None, "weekly"]},
        "Member": {"age": [None, 30], "joined_on": [None, LONG_AGO], "mobile": [None, "9000000001"]},
        "SavingsAccount": {"typed_bank": [None, "Gramin Bank"], "typed_branch": [None, "Katni"]},
        "AccountStep": {"kind": ["returned", "opened"]},
    }
    needing = [rule for rule in RULES if rule.filled]
    assert len(needing) > 15
    for rule in needing:
        assert rule.filled in rule.fields
        for _ in range(50):
            record = {name: spec.default for name, spec in fields_of(KINDS[rule.kind].cls).items()}
            record |= {name: chance.choice(some) for name, some in values.get(rule.kind, {}).items()}
            assert not rule.broken({**record, rule.filled: None}, TODAY), rule


@pytest.mark.parametrize(("kind", "code", "at", "breaks", "keeps"), CASES)
def test_a_rule_that_a_record_breaks_is_among_those_that_may_be(kind, code, at, breaks, keeps):
    whole = {name: spec.default for name, spec in fields_of(KINDS[kind].cls).items()}
    rules = [rule for rule in RULES if (rule.kind, rule.code, rule.at) == (kind, code, at) and not rule.clocked]
    assert all(rule in breakable(kind, [whole, {**whole, **breaks}]) for rule in rules)
