"""The state of an account, computed from its steps: a pure function of the set (design 3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from records.savings_account import STATES, STEP_KINDS, AccountStep


@dataclass(frozen=True)
class AccountState:
    """`state` is one of STATES or `unknown`; `heads` the steps that stand last; `disputed`: they differ in kind."""

    state: str = "not_started"
    heads: tuple[str, ...] = ()
    submitted_on: date | None = None
    disputed: bool = False


def state_of(
    steps: Iterable[AccountStep], process: str = "savings", stamps: dict[str, str] | None = None
) -> AccountState:
    """The state that a set of steps amounts to. `stamps`: step id -> stamp, the last tie-break.

    A cancelled step and a cancellation are links only: what lies behind them is history, they are never heads
    themselves, and what a cancelled head had replaced stands again.
    """
    mine = {step.id: step for step in steps if step.process == process and not step.deleted_on}
    cancelled = {step.cancels_id for step in mine.values() if step.kind == "cancelled"}
    live = {id: step for id, step in mine.items() if step.kind != "cancelled" and id not in cancelled}
    history = _behind(live, mine)
    # Steps that name each other in a circle, as only a faulty phone writes them, still stand.
    heads = [step for id, step in live.items() if id not in history] or list(live.values())
    if not heads:
        return AccountState()
    if any(step.kind not in STEP_KINDS for step in heads):
        return AccountState("unknown", tuple(sorted(step.id for step in heads)))
    order = {state: rank for rank, state in enumerate(STATES)}
    heads.sort(key=lambda s: (order[s.kind], s.on_day, (stamps or {}).get(s.id, ""), s.id), reverse=True)
    return AccountState(
        heads[0].kind,
        tuple(step.id for step in heads),
        _submitted_on(heads[0], mine, cancelled),
        len({step.kind for step in heads}) > 1,
    )


def last_steps(steps: Iterable[AccountStep], process: str = "savings") -> tuple[str, ...]:
    """What a new step is `after`: every step of the process that no other step names, cancellations included."""
    mine = {step.id: step for step in steps if step.process == process and not step.deleted_on}
    named = {id for step in mine.values() for id in step.after}
    return tuple(sorted(id for id in mine if id not in named))


def is_reached(steps: Iterable[AccountStep], kind: str, process: str = "savings") -> bool:
    """Whether an account is already at this state, or further on."""
    state = state_of(steps, process).state
    return state in STATES and kind in STATES and STATES.index(state) >= STATES.index(kind)


def _behind(live: dict[str, AccountStep], all_steps: dict[str, AccountStep]) -> set[str]:
    """Everything reachable through `after` from a live step; cancelled steps and cancellations count as links."""
    seen: set[str] = set()
    pending = [id for step in live.values() for id in step.after]
    while pending:
        id = pending.pop()
        if id not in seen:
            seen.add(id)
            pending.extend(all_steps[id].after if id in all_steps else ())
    return seen


def _submitted_on(head: AccountStep, all_steps: dict[str, AccountStep], cancelled: set[str | None]) -> date | None:
    """The day of the last `submitted` step at or behind the head: from it the bank's delay is counted."""
    behind = _behind({head.id: head}, all_steps) | {head.id}
    days = [
        all_steps[id].on_day
        for id in behind
        if id in all_steps and all_steps[id].kind == "submitted" and id not in cancelled
    ]
    return max(days, default=None)
