"""Keys that no literal in the code shows, declared in this one place and held against code and catalogues by tests."""

from records.account_work import BLOCKERS, NEEDS
from storage.queries.listed import LISTED, ORDERS
from storage.queries.units import UNITS

BUILT: dict[str, tuple[str, ...]] = {
    # `records/account_work.py`; "all" is the chip for every pending account
    "blocker": ("all", *BLOCKERS.values()),
    "need": NEEDS,
    # `screens/groups.py`, `screens/theme.py`, `screens/help.py`
    "groups.needs": ("mending", "pending", "overdue", "too_few", "unsent", "formed"),
    "settings.text_size": ("normal", "large", "largest"),
    "settings.look": ("light", "outdoor", "dark"),
    "help": tuple(
        f"{page}{part}" for page in ("saved", "offline", "correct", "lost", "who") for part in ("", ".title")
    ),
    # the lists of `screens/console/decide.py`
    "decide": tuple(
        f"{name}{part}" for name in ("conflicts", "doubles", "checks", "aside") for part in ("", ".explain")
    ),
    # what is sampled, of `records/check.py`
    "sample": ("group", "account"),
    # `Past.state` of records/workspace.py
    "history.state": ("received", "waiting", "refused", "lost"),
    # `Photo.state` of records/workspace.py, but for refused ones
    "photos.state": ("waiting", "received", "here", "away", "wanted"),
    # `RESEMBLANCES` of records/proposal.py
    # keys of GROUP_STEPS and MEMBER_STEPS of screens/steps.py
    "form.step": (
        "group",
        "origin",
        "meeting",
        "work",
        "bearers",
        "contact",
        "member",
        "person",
        "living",
        "leaving",
    ),
    # `screens/console/`: UNITS of storage/queries/units.py, LISTED and ORDERS of storage/queries/listed.py
    "overview.by": UNITS[1:],
    "overview.unit": UNITS[1:],
    "overview.no_unit": ("person", "place"),
    # `on_card` of screens/console/found.py
    "found.card": ("groups", "opened"),
    "listed.what": LISTED,
    "listed.order": ORDERS,
    # KEPT of screens/console/since_review.py
    "review.figure": ("groups", "members", "opened", "pending", "overdue"),
    "month": tuple(f"m{month}" for month in range(1, 13)),
    "month.short": tuple(f"m{month}" for month in range(1, 13)),
    # `STANDS` of screens/console/portal.py
    "portal.stands": tuple(
        f"{one}{part}" for one in ("to_enter", "only_there", "differs") for part in ("", ".explain")
    ),
    "proposals": ("name_and_village", "account_number", "mobile"),
}
"""Prefix -> endings: what `say(f"history.state.{past.state}")` can come to. An f-string with any other prefix fails."""

AT_CONSOLE = tuple(
    f"{key}@console"
    for key in (
        "enrol.title",
        "enrol.explain",
        "enrol.network",
        "enrol.go",
        "enrol.joining",
        "error.safe",
        "group.not_found",
        "saved.now",
        "settings.person",
        "settings.device",
        "sync.what",
        "problem.busy",
        "problem.code_used",
        "problem.out_of_reach",
        "mark.day_in_future.remedy",
        "problem.revoked",
        "problem.sign_in",
        "problem.something_broke",
    )
)
"""What is said otherwise at the console than on a phone: the same key and the place."""

NOT_KEYS = ("http.response.start", "samooh.screens", "screens.words")
"""Strings of the screens that look like keys and are none."""

ELSEWHERE = ("figure.pending_accounts",)
"""Said by the demo, which prints the figures of a unit, and by no screen of the phone."""
