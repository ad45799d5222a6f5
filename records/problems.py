"""Every way in which things go wrong, with stable codes. The server sends codes; the phone chooses the words.

A code is never renamed. Each has words in every language under `problem.<code>`.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FIELD_CODES = (
    "required",
    "too_long",
    "not_an_id",
    "not_a_mobile",
    "not_an_ifsc",
    "not_an_account_number",
    "not_a_pin_code",
    "not_a_number",
    "not_a_day",
    "not_yes_or_no",
    "not_text",
    "not_in_list",
    "not_understood",
    "too_small",
    "too_large",
    "day_too_early",
    "day_in_future",
    "before_formation",
    "before_joining",
    "before_birth",
    "restart_day_needed",
    "only_if_restarted",
    "only_named_promoter",
    "only_special_group",
    "not_in_rhythm",
    "only_with_weekday",
    "only_with_date",
    "only_voluntary_saving",
    "only_with_bookkeeper",
    "only_with_disability",
    "only_with_insurance",
    "only_if_left",
    "only_if_inactive",
    "age_or_birth_day",
    "mobile_missing",
    "not_of_process",
    "reason_needed",
    "reason_not_needed",
    "cancels_nothing",
    "branch_twice",
    "number_not_repeated",
    "holds_aadhaar",
    "picture_empty",
    "not_a_picture",
    "picture_too_large",
    "picture_not_clean",
)
"""Why a value was refused; the words stand at the field and say what to do."""

RECORD_CODES = (
    "not_allowed",
    "not_allowed_field",
    "out_of_reach",
    "update_app",
    "unknown_kind",
    "unknown_field",
    "unknown_record",
    "read_only",
    "too_late_to_cancel",
    "not_yours_to_cancel",
    "only_add",
    "changed_meanwhile",
    "own_work",
    "device_revoked",
    "before_going_back",
    "waits_for_parent",
)
"""Why a change was refused, held or set aside as a whole."""

FILE_CODES = (
    "not_a_bundle",
    "bundle_cut",
    "bundle_changed",
    "bundle_newer",
    "bundle_elsewhere",
    "bundle_unknown",
    "bundle_cloned",
    "bundle_own",
    "bundle_not_yours",
    "bundle_outdated",
)
"""What can be wrong with a carried file, and with nothing else."""

CALL_CODES = (
    "offline",
    "captive_portal",
    "busy",
    "server_problem",
    "sign_in",
    "revoked",
    "app_too_old",
    "bad_message",
    "too_large_message",
    "device_cloned",
    "waiting_for",
    "cursor_unknown",
    "photo_unknown",
    "photo_damaged",
    "photo_not_taken",
    "nothing_waits",
    *FILE_CODES,
    "code_wrong",
    "code_used",
    "code_expired",
    "code_replaced",
    "too_many_tries",
    "too_many_here",
    "only_at_office",
    "only_on_phone",
    "store_damaged",
    "store_newer",
    "store_in_use",
    "disk_full",
    "no_room",
    "unsent_work",
    "safe_closed",
    "something_broke",
)
"""Why a call did not do what was asked."""

BUNDLE_CODES = (*FILE_CODES, "too_large_message")
"""Why a carried file is not taken. Whoever has it keeps it: it may be right elsewhere, or later."""

CODES = FIELD_CODES + RECORD_CODES + CALL_CODES

HTTP_STATUS: Mapping[str, int] = {
    "sign_in": 401,
    "revoked": 403,
    "code_wrong": 403,
    "code_used": 403,
    "code_expired": 403,
    "code_replaced": 403,
    "too_many_tries": 429,
    "too_many_here": 429,
    "bad_message": 422,
    "too_large_message": 413,
    "photo_unknown": 404,
    "photo_damaged": 409,
    "photo_not_taken": 422,
    "not_a_bundle": 422,
    "bundle_cut": 422,
    "bundle_changed": 422,
    "bundle_newer": 426,
    "bundle_elsewhere": 409,
    "bundle_unknown": 404,
    "bundle_cloned": 409,
    "bundle_not_yours": 409,
    "app_too_old": 426,
    "busy": 503,
    "server_problem": 500,
}
"""The status that carries a call's problem over HTTP; a code without one never crosses the wire as an error."""


@dataclass(frozen=True)
class Refusal:
    """One reason why a change cannot be: at a field, or of the whole record (`field` None)."""

    code: str
    field: str | None = None
    kind: str | None = None
    context: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class Problem(Exception):
    """Something a person or a caller can act on. `code` is from the closed list; `retry_after` in seconds."""

    def __init__(self, code: str, *, retry_after: float | None = None, **context: Any) -> None:
        if code not in CODES:
            raise ValueError(f"{code!r} is not in the closed list of problem codes")
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after
        self.context = context


class Refused(Problem):
    """A command was refused: nothing was changed, and the reasons say where and why."""

    def __init__(self, refusals: list[Refusal]) -> None:
        super().__init__(refusals[0].code)
        self.refusals = refusals
