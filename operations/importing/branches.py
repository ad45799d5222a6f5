"""`branches import`: a list of bank branches, as banks and the lead bank publish it.

A branch needs a block, because bank sakhis work by branches and see the groups of their blocks. Where the list has no
such column the branch's name, city and address are asked, and what does not tell is refused rather than guessed: the
file of refused rows then has a column `block` to fill in.
"""

from collections.abc import Iterable, Sequence

from operations.importing.door import Door, Listed
from operations.importing.finding import Found, Places, Where, find_block, find_district
from operations.importing.finding_branches import Branches, bank_and_name, block_of, branch_key
from operations.importing.headers import HEADS
from operations.importing.planned import Planned, Seen, must_fit, needed, passed_over, text
from operations.importing.reading import Row
from operations.importing.reasons import Unplaced
from operations.importing.values import checked, digits_of, shown_name


class BranchesImporter:
    heads = HEADS["branches"]
    source = "branches"
    adds = ("block",)

    def __init__(self, places: Places, branches: Branches, default_block: Found | None = None) -> None:
        self.places, self.branches, self.default_block = places, branches, default_block
        self.seen, self._ifscs = Seen(), Seen()

    def begin(self, rows: Iterable[Row]) -> None:
        """Note which IFSCs the list has at several branches: those are told apart by name."""
        for row in rows:
            try:
                ifsc, name = self._ifsc(row), branch_key(text(row, "branch"))
            except Unplaced:
                continue  # its reason is given when the row's turn comes
            first = self._ifscs.before(ifsc, name, row.line)
            if first and not first[1]:
                self._ifscs.before(f"{ifsc} shared", "", row.line)

    def plan(self, rows: Sequence[Row], door: Door) -> list[Planned]:
        return [self._row(row) for row in rows]

    def _row(self, row: Row) -> Planned:
        over = passed_over(row)
        if over:
            return Planned(row, passed_over=over)
        try:
            must_fit(row)
            return self._listed(row)
        except Unplaced as unplaced:
            return Planned(row, refused=unplaced)

    def _listed(self, row: Row) -> Planned:
        ifsc = self._ifsc(row)
        written = needed(row, "branch", text(row, "branch"))
        bank, name = bank_and_name(shown_name(text(row, "bank")), shown_name(written))
        block, told = self._block(row, written)
        id = self.branches.id_for(ifsc, name, block.id, shared=self._is_shared(ifsc))
        values = {
            "bank_name": checked("BankBranch", "bank_name", needed(row, "bank", bank), row.named("bank")),
            "name": checked("BankBranch", "name", name, row.named("branch")),
            "ifsc": ifsc,
            "block_id": block.id,
        }
        if hindi := text(row, "branch_hi"):
            values["name_hi"] = checked("BankBranch", "name_hi", hindi, row.named("branch_hi"))
        before = self.seen.before(id, sorted(values.items()), row.line)
        if before and not before[1]:
            raise Unplaced("twice_in_file", line=before[0])
        if before:
            return Planned(row, passed_over="repeated")
        self.branches.add({"id": id, **values})
        return Planned(row, (Listed("BankBranch", id, values),), notes=(told,))

    def _ifsc(self, row: Row) -> str:
        written = needed(row, "ifsc", text(row, "ifsc"))
        return str(checked("BankBranch", "ifsc", written, row.named("ifsc")))

    def _is_shared(self, ifsc: str) -> bool:
        return self._ifscs.knows(f"{ifsc} shared")

    def _block(self, row: Row, name: str) -> tuple[Found, str]:
        where = Where(
            district=_district_name(text(row, "district")),
            district_code=digits_of(row.cell("district_code"), row.named("district_code")),
            block=text(row, "block"),
            block_code=digits_of(row.cell("block_code"), row.named("block_code")),
        )
        if block := find_block(self.places, where):
            return block, "block_by_column"
        district = self.places.get(find_district(self.places, where))
        told = block_of(self.places, district, name, text(row, "city"), text(row, "address"))
        if told is None and self.default_block:
            return self.default_block, "block_by_column"
        if told is None:
            raise Unplaced("branch_block_unknown")
        return told


def _district_name(written: str) -> str:
    """`DISTRICT - KATNI` and `Katni` alike."""
    return written.removeprefix("DISTRICT").removeprefix("District").lstrip(" -:")
