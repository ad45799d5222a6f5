"""What blocks a group's account and what it still needs for its next step: from its state and the bank's last reason.

Codes only; the words are `blocker.<code>` and `need.<code>`.
"""

from collections.abc import Mapping

BLOCKERS: Mapping[str, str] = {
    "returned": "returned",
    "form_filled": "to_submit",
    "submitted": "waiting",
    "kyc_collected": "form_missing",
    "resolution_passed": "kyc_missing",
    "not_started": "not_begun",
    "opened": "passbook_missing",
}
"""State of an account -> what it waits for, in the order in which a day at the branch goes through them."""

PENDING_BLOCKERS = tuple(blocker for blocker in BLOCKERS.values() if blocker != "passbook_missing")
"""Those of accounts that are pending; a passbook is fetched for one that is open."""

NEEDED: Mapping[str, tuple[str, ...]] = {
    "not_started": ("resolution_copy",),
    "resolution_passed": ("kyc_of_bearers", "photos"),
    "kyc_collected": ("account_form",),
    "form_filled": ("account_form", "resolution_copy", "kyc_of_bearers", "photos"),
    "submitted": ("ask_branch",),
    "opened": ("passbook",),
}
"""State -> what has to be there for the step after it (field notes 2.4: KYC of the office bearers suffices)."""

NEEDED_FOR_REASON: Mapping[str, tuple[str, ...]] = {
    "kyc_mismatch": ("matching_kyc",),
    "bearer_absent": ("bearers_present",),
    "resolution_missing": ("resolution_copy",),
    "photo_or_seal_missing": ("photos", "seal"),
    "pan_or_form60_asked": ("form60",),
    "come_later": ("day_at_branch",),
    "no_staff_or_day": ("day_at_branch",),
    "existing_account": ("old_passbook",),
    "service_area": ("other_branch",),
    "network_down": ("ask_branch",),
}
"""Why the bank returned an application -> what has to be there when it is handed in again."""

NEEDS = tuple(
    dict.fromkeys(
        need
        for needs in (*NEEDED.values(), *NEEDED_FOR_REASON.values(), ("bearers", "signatories", "branch"))
        for need in needs
    )
)
"""Every need there is."""

BEFORE_SUBMITTING = ("not_started", "resolution_passed", "kyc_collected", "form_filled", "returned")


def blocker_of(state: str) -> str | None:
    """What an account in this state waits for; None where there is nothing to do for it."""
    return BLOCKERS.get(state)


def states_of(blocker: str) -> tuple[str, ...]:
    """The states in which an account waits for this; of "" those of every pending account."""
    wanted = (blocker,) if blocker else PENDING_BLOCKERS
    return tuple(state for state, code in BLOCKERS.items() if code in wanted)


def needs_of(state: str, reason: str | None, *, bearers: int, signatories: int, has_branch: bool) -> tuple[str, ...]:
    """What is still needed for the next step, the most telling first.

    `bearers`, `signatories`: how many offices are filled and how many of them sign.
    """
    needs = list(NEEDED_FOR_REASON.get(reason or "", ()) if state == "returned" else NEEDED.get(state, ()))
    if state in BEFORE_SUBMITTING:
        if not has_branch and state in ("kyc_collected", "form_filled"):
            needs.append("branch")
        if bearers < 2:
            needs.insert(0, "bearers")
        elif signatories < 2:
            needs.append("signatories")
    return tuple(dict.fromkeys(needs))
