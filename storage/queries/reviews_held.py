"""Questions about the figures that were kept at reviews. Only the centre's console can ask them: `Review` is no record,
and no phone has one."""

from datetime import date
from typing import Any

from sqlalchemy import Select, and_, func, select

from records.figures import average
from storage.queries.asking import Row, Tables, query
from storage.queries.overview import Within


class HeldRow(Row):
    """The figures of a block as they stood on the day of a review; each means what it means in `TallyRow`."""

    block_id: str
    on_day: date
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


@query(HeldRow, kinds=("Assignment",))
def list_reviews_held(tables: Tables, *, before: date, within: Within | None = None) -> Select[Any]:
    """The last review before a day of each block of a district, of one block, or of all that are seen."""
    reviews, places = tables["Review"], tables["Place"]
    last = (
        select(reviews.c.block_id, func.max(reviews.c.on_day).label("on_day"))
        .where(reviews.c.on_day < before)
        .group_by(reviews.c.block_id)
        .subquery("last")
    )
    there = reviews.join(last, and_(last.c.block_id == reviews.c.block_id, last.c.on_day == reviews.c.on_day))
    chosen = select(*(reviews.c[name] for name in HeldRow.model_fields)).select_from(
        there.outerjoin(places, places.c.id == reviews.c.block_id)
    )
    if within is not None:
        level, id = within
        chosen = chosen.where(reviews.c.block_id == id if level == "block" else places.c.district_id == id)
    return chosen.order_by(reviews.c.block_id)
