"""Questions that screens ask, one select each, answered alike by the phone's store and by the central one."""

from storage.queries.accounts import AccountRow, StepRow, find_account, list_steps
from storage.queries.asking import Query, Row, query
from storage.queries.board import BlockerRow, BoardBranchRow, BoardRow, count_board, list_board, list_board_branches
from storage.queries.checks import ReturnedRow, UncheckedRow, list_returned, list_unchecked
from storage.queries.conflicts import ConflictRow, list_conflicts
from storage.queries.doubles import (
    NearRow,
    SameNumberRow,
    WomanRow,
    list_groups_near,
    list_same_number,
    list_women_like,
)
from storage.queries.figures import FigureRow, list_norms, unit_figures
from storage.queries.groups import CountRow, GroupRow, count_groups, find_shg, list_groups
from storage.queries.members import FoundMemberRow, MemberRow, find_member, list_members, search_members
from storage.queries.people import PersonRow, find_person, list_people
from storage.queries.places import BranchRow, PlaceRow, find_branch, find_place, list_branches, list_villages
from storage.queries.proposals import ProposalRow, list_proposals
from storage.queries.samples import (
    LookRow,
    SampleRow,
    list_new_accounts,
    list_new_groups,
    list_opened_without_number,
    list_shared_numbers,
)
from storage.queries.today import TodayRow, count_today

__all__ = [
    "AccountRow",
    "BlockerRow",
    "BoardBranchRow",
    "BoardRow",
    "BranchRow",
    "ConflictRow",
    "CountRow",
    "FigureRow",
    "FoundMemberRow",
    "GroupRow",
    "LookRow",
    "MemberRow",
    "NearRow",
    "PersonRow",
    "PlaceRow",
    "ProposalRow",
    "Query",
    "ReturnedRow",
    "Row",
    "SameNumberRow",
    "SampleRow",
    "StepRow",
    "TodayRow",
    "UncheckedRow",
    "WomanRow",
    "count_board",
    "count_groups",
    "count_today",
    "find_account",
    "find_branch",
    "find_member",
    "find_person",
    "find_place",
    "find_shg",
    "list_board",
    "list_board_branches",
    "list_branches",
    "list_conflicts",
    "list_groups",
    "list_groups_near",
    "list_members",
    "list_new_accounts",
    "list_new_groups",
    "list_norms",
    "list_opened_without_number",
    "list_people",
    "list_proposals",
    "list_returned",
    "list_same_number",
    "list_shared_numbers",
    "list_steps",
    "list_unchecked",
    "list_villages",
    "list_women_like",
    "query",
    "search_members",
    "unit_figures",
]
