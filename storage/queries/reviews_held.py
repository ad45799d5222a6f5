"""Questions about the figures that were kept at reviews. Only the centre's console can ask them: `Review` and
`ReviewPart` are no records, and no phone has them."""

from datetime import date
from typing import Any

from sqlalchemy import FromClause, Select, and_, func, select

from records.figures import average
from storage.queries.asking import Row, Tables, query, where
from storage.queries.units import Within, inside_of, total, unit_of

FIGURES = ("groups", "members", "averaged_groups", "averaged_members", "opened", "pending", "overdue")
"""What is kept; each means what it means in `TallyRow`."""


class KeptFigures(Row):
    """Figures as they stood on the day of a review."""

    groups: int
    members: int
    averaged_groups: int
    averaged_members: int
    opened: int
    pending: int
    overdue: int

    @property
    def average(self) -> float | None:
        return average(self.averaged_members, self.averaged_groups)


NOTHING = KeptFigures(**dict.fromkeys(FIGURES, 0))
"""What was kept of a place without groups."""


class HeldRow(KeptFigures):
    """The figures of a block as they stood on the day of its review. `parts_kept`: whether those of what lies below it
    were kept as well; of a village or person that is then not among them there was nothing."""

    block_id: str
    on_day: date
    parts_kept: bool


class HeldPartRow(KeptFigures):
    """The figures of one unit at the last review, by a unit as in `tally`; of a unit without groups there is none."""

    unit_id: str | None


@query(HeldRow, kinds=("Assignment",))
def list_reviews_held(tables: Tables, *, before: date, within: Within | None = None) -> Select[Any]:
    """The last review before a day of each block of a district, of one block, or of all that are seen."""
    reviews, places, last = tables["Review"], tables["Place"], _last(tables, before)
    chosen = select(*(reviews.c[name] for name in HeldRow.model_fields)).select_from(
        reviews.join(last, _of_that_day(reviews, last)).outerjoin(places, places.c.id == reviews.c.block_id)
    )
    if within is not None:
        level, id = within
        chosen = chosen.where(reviews.c.block_id == id if level == "block" else places.c.district_id == id)
    return chosen.order_by(reviews.c.block_id)


@query(HeldPartRow, kinds=("Assignment", "Place"))
def list_parts_held(tables: Tables, *, before: date, by: str = "block", within: Within | None = None) -> Select[Any]:
    """What was kept at the last reviews before a day of the villages of a place, or of one person, broken down by the
    block that was reviewed, or by cluster, gram panchayat or village as these lie today."""
    kept, places, last = _parts(tables, within), tables["Place"], _last(tables, before)
    panchayats = tables["Place"].alias("panchayat")
    unit: Any = kept.c.block_id if by == "block" else unit_of(tables, kept, places, panchayats, by)
    there = (
        kept.join(last, _of_that_day(kept, last))
        .outerjoin(places, places.c.id == kept.c.village_id)
        .outerjoin(panchayats, panchayats.c.id == places.c.gram_panchayat_id)
    )
    sums = [total(kept.c[name]).label(name) for name in FIGURES]
    chosen = where(select(unit.label("unit_id"), *sums).select_from(there), inside_of(tables, kept, places, within))
    return chosen.group_by(unit).order_by(unit)


def _parts(tables: Tables, within: Within | None) -> FromClause:
    """The parts of all reviews that are seen, in the shape in which groups are put together by place or person."""
    parts = tables["ReviewPart"]
    level = "person" if within is not None and within[0] == "person" else "village"
    unit = (parts.c.unit_id.label("village_id"), parts.c.unit_id.label("formed_by_id"))
    figures = (parts.c[name] for name in FIGURES)
    return select(parts.c.block_id, parts.c.on_day, *unit, *figures).where(parts.c.level == level).subquery("kept")


def _last(tables: Tables, before: date) -> FromClause:
    """The day of the last review of each block."""
    reviews = tables["Review"]
    day = func.max(reviews.c.on_day).label("on_day")
    return (
        select(reviews.c.block_id, day).where(reviews.c.on_day < before).group_by(reviews.c.block_id).subquery("last")
    )


def _of_that_day(table: FromClause, last: FromClause) -> Any:
    return and_(last.c.block_id == table.c.block_id, last.c.on_day == table.c.on_day)
