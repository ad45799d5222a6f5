"""A register of a state is read like one of a village: memory does not grow with the file."""

import tracemalloc

import pytest

from records.ids import official_id
from tests.lists import FakeDoor, csv_file, imported

NAMES = 500
"""So many different ones, so that the caches of search keys are as full after few rows as after many."""
GROUP = official_id("nrlm/shg", "000123")
GROUPS = ("SHG Code", "SHG Name", "Block", "GP", "Village", "Formation Date", "Members", "Account No")
MEMBERS = ("SHG Code", "Member Code", "Member Name", "Father/Husband Name", "Age")


class Forgetful(FakeDoor):
    def take(self, listed):
        answers = super().take(listed)
        self.kept.clear()
        return answers


def group_rows(count):
    for n in range(count):
        yield n, f"Group {n % NAMES}", "Badwara", "Bhajia", "Bijouri", "15-08-2021", n % 20 or "?", f"{n:011}"


def member_rows(count):
    for n in range(count):
        yield "000123", n, f"Woman {n % NAMES}", f"Man {n % NAMES}", n % 20 + 18 if n % 20 else "?"


@pytest.mark.parametrize(
    ("kind", "header", "rows", "few", "many"),
    [("groups", GROUPS, group_rows, 2_000, 10_000), ("members", MEMBERS, member_rows, 2_000, 20_000)],
    ids=["groups", "members"],
)
def test_memory_does_not_grow_with_the_file(tmp_path, kind, header, rows, few, many):
    def peak(count, again=""):
        path = csv_file(tmp_path / f"{count}.csv", [header, *rows(count)])
        out = tmp_path / f"{count}{again}.refused.csv"
        tracemalloc.start()
        try:
            report = imported(kind, path, Forgetful(known={"000123": GROUP}), refused=out)
            assert report.placed == count * 19 // 20
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(few)  # what is read once, such as field types
    # Caches of keys and patterns fill up to their limit; rows that are kept would be some hundred bytes each.
    assert peak(many) - peak(few, "again") < 50 * (many - few)
