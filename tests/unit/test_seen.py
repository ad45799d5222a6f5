"""What was seen of a group when it was checked: a few letters, by which a later change of a field is named."""

from datetime import date

import pytest

from records.record import fields_of
from records.savings_account import SavingsAccount
from records.seen import LETTERS, SEEN, changed_since, seen_of
from records.shg import Shg

GROUP = Shg.known({"id": "a" * 32, "village_id": "b" * 32, "name": "जय अम्बे", "formed_on": date(2026, 3, 1)})
OTHER = {
    "name": "जय अंबे", "village_id": "c" * 32, "formed_on": date(2026, 3, 2), "declared_members": 0, "roster_count": 1,
    "president_id": "d" * 32, "secretary_id": "d" * 32, "treasurer_id": "d" * 32, "president_signs": False,
    "secretary_signs": True, "treasurer_signs": False, "group_type": "special", "origin": "revived",
    "restarted_on": date(2026, 3, 1), "active": False, "account_needed": False,
}  # fmt: skip


@pytest.mark.parametrize("name", SEEN["Shg"])
def test_a_change_of_each_field_is_named(name):
    assert changed_since(seen_of("Shg", GROUP), "Shg", GROUP.model_copy(update={name: OTHER[name]})) == (name,)


def test_what_is_as_it_was_or_was_never_kept_is_told_apart():
    assert changed_since(seen_of("Shg", GROUP), "Shg", GROUP) == ()
    assert changed_since(None, "Shg", GROUP) is None
    assert changed_since(seen_of("Shg", GROUP), "Shg", GROUP.model_copy(update={"remarks": "x", "marks": ("y",)})) == ()


def test_a_field_that_an_older_app_did_not_look_at_is_not_compared():
    fewer = seen_of("Shg", GROUP)[: 2 * LETTERS]
    changed = GROUP.model_copy(update={"name": "x", "formed_on": date(2026, 1, 1)})
    assert changed_since(fewer, "Shg", changed) == ("name",)


def test_it_holds_letters_only_so_that_nobody_reads_a_number_in_it():
    seen = seen_of("Shg", GROUP)
    assert seen.isascii() and seen.isalpha() and len(seen) == LETTERS * len(SEEN["Shg"]) < 250


@pytest.mark.parametrize("cls", [Shg, SavingsAccount])
def test_no_personal_field_is_looked_at_since_not_everybody_sees_it(cls):
    specs = fields_of(cls)
    assert not [name for name in SEEN[cls.__name__] if specs[name].personal]


def test_fields_looked_at_are_only_ever_appended():
    """The letters of checks that were made before stand in this order."""
    assert SEEN["Shg"][:16] == tuple(OTHER)
    assert SEEN["SavingsAccount"][:6] == (
        "branch_id", "typed_bank", "typed_branch", "typed_ifsc", "account_last4", "opened_on",
    )  # fmt: skip
