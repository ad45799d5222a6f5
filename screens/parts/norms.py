"""The numbers that the mission sets, as they hold today."""

from collections.abc import Callable

from records.figures import Yardstick, norm_on, yardstick_on
from screens import questions
from screens.parts.times import today
from screens.use_query import use_query


def use_norms() -> Callable[[str], int] | None:
    """The value of a norm by its code; None until they are known, so that nothing is judged by a wrong one."""
    norms = use_query(questions.list_norms)
    return (lambda code: norm_on(norms.rows, code, today())) if norms.loaded else None


def use_measure() -> Yardstick | None:
    """What groups are measured by today; None until the norms are known."""
    norms = use_query(questions.list_norms)
    return yardstick_on(norms.rows, today()) if norms.loaded else None
