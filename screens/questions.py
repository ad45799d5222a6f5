"""All that screens ask, in one place: the queries of storage that they know by name."""

from storage.queries.accounts import find_account, list_photos, list_steps
from storage.queries.board import NO_BRANCH, count_board, list_board, list_board_branches
from storage.queries.checks import list_last_checks, list_returned, list_unchecked
from storage.queries.conflicts import list_conflicts
from storage.queries.devices import find_set_back, list_devices, list_receipts
from storage.queries.doubles import list_groups_near, list_same_number, list_to_compare, list_women_like
from storage.queries.figures import list_norms
from storage.queries.groups import count_groups, find_shg, list_groups, list_joined
from storage.queries.listed import list_tallied
from storage.queries.members import find_member, list_members, search_members
from storage.queries.overview import tally, tally_accounts, tally_coverage, tally_months
from storage.queries.people import find_person, list_people
from storage.queries.places import find_branch, find_place, list_branches, list_villages
from storage.queries.portal import NOBODY, count_to_enter, list_beside_portal, list_members_beside_portal
from storage.queries.proposals import list_proposals
from storage.queries.reviews_held import list_parts_held, list_reviews_held
from storage.queries.samples import (
    list_new_accounts,
    list_new_groups,
    list_opened_without_number,
    list_shared_numbers,
    tally_checked,
)
from storage.queries.today import count_today

__all__ = [
    "NOBODY",
    "NO_BRANCH",
    "count_board",
    "count_groups",
    "count_to_enter",
    "count_today",
    "find_account",
    "find_branch",
    "find_member",
    "find_person",
    "find_place",
    "find_set_back",
    "find_shg",
    "list_beside_portal",
    "list_board",
    "list_board_branches",
    "list_branches",
    "list_conflicts",
    "list_devices",
    "list_groups",
    "list_groups_near",
    "list_joined",
    "list_last_checks",
    "list_members",
    "list_members_beside_portal",
    "list_new_accounts",
    "list_new_groups",
    "list_norms",
    "list_opened_without_number",
    "list_parts_held",
    "list_people",
    "list_photos",
    "list_proposals",
    "list_receipts",
    "list_returned",
    "list_reviews_held",
    "list_same_number",
    "list_shared_numbers",
    "list_steps",
    "list_tallied",
    "list_to_compare",
    "list_unchecked",
    "list_villages",
    "list_women_like",
    "search_members",
    "tally",
    "tally_accounts",
    "tally_checked",
    "tally_coverage",
    "tally_months",
]
