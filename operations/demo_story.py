"""The demo's story, done for real, on phones that are cut off half of the time.

Nothing is printed because it ought to be so: after each deed the stores are asked, and their answers are printed.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from operations.demo_desk import Desk
from operations.demo_mending import mend
from operations.demo_phones import Phone
from operations.demo_reading import (
    account_at,
    counted_at_centre,
    counted_on_phone,
    figures_of,
    roster_of,
    steps_of,
    strip,
)
from operations.demo_sample import since_the_review, verify
from operations.demo_telling import Told, refused, synced, village_of
from operations.demo_verdict import agree
from records.bank_branch import BankBranch, ServiceArea
from records.commands.accounts import RecordStep
from records.commands.groups import ChangeGroup, RegisterGroup
from records.commands.members import AddMember
from records.member import Member
from records.person import Person
from records.place import Place
from records.record import Record
from records.savings_account import AccountStep, SavingsAccount
from records.shg import Shg
from records.written import show_count
from server.central_store import CentralStore
from storage.queries.members import list_members
from storage.queries.places import list_branches

# Invented, like everybody in the demo.
WOMEN = (
    "सीता बाई कोल", "गीता बाई पटेल", "कमला बाई यादव", "सुशीला बाई चौधरी", "फूलमती बाई कोल", "रामकली बाई पटेल",
    "मुन्नी बाई बर्मन", "शांति बाई लोधी", "उर्मिला बाई विश्वकर्मा", "पार्वती बाई कोल", "गेंदा बाई यादव",
)  # fmt: skip
MISSPELT, CORRECTED = "जय अंबे समुह", "जय अम्बे समूह"
SECOND = "नर्मदा समूह"
ACCOUNT_NUMBER = "8005101100004721"
STEPS = ("resolution_passed", "kyc_collected", "form_filled", "submitted", "opened")


FETCHED: tuple[tuple[type[Record], str], ...] = (
    (Place, "places"),
    (Shg, "groups"),
    (Member, "members"),
    (SavingsAccount, "savings accounts"),
)
"""What a phone is asked for after its first sync."""


def tell(
    phones: Mapping[str, Phone], centre: CentralStore, codes: Mapping[str, str], say: Callable[[str], None]
) -> bool:
    """The whole story; True when at its end all copies agree. Raises StoryBroke where it does not go as it should."""
    told = Told(phones, centre, say)
    abm, sakhi, supervisor = phones["abm"], phones["sakhi"], phones["supervisor"]
    _the_centre(told)
    _join(told, codes)
    before = figures_of(supervisor)
    both = _register_cut_off(told, abm)
    first, _ = both
    _send(told, abm, both)
    _open_account_cut_off(told, sakhi, both)
    _correct_cut_off(told, abm, first)
    _meet_again(told, abm, sakhi, both)
    with Desk(centre, supervisor.someone) as desk:
        mend(told, desk, both[1])
        verify(told, desk)
        _figures(told, before, supervisor)
        since_the_review(told, desk)
    _district(told, phones["reviewer"], both)
    told.act("Do all copies agree?")
    return agree(phones, centre, told.line)


# --- the acts


def _the_centre(told: Told) -> None:
    def count(kind: Any, **values: Any) -> int:
        return counted_at_centre(told.centre, kind, **values)

    told.act("The server keeps")
    told.line(
        f"{count(Place, level='block')} blocks of {count(Place, level='district')} districts with their LGD codes, "
        f"{count(BankBranch)} bank branches with their IFSC;"
    )
    told.line(
        f"for practice, with codes DEMO-: {count(Place, level='gram_panchayat')} gram panchayats, "
        f"{count(Place, level='village')} villages, {count(ServiceArea)} service areas, {count(Person)} people;"
    )
    told.line(
        f"the register of Badwara: {show_count(count(Shg))} groups, {show_count(count(Member))} members, "
        f"{show_count(count(SavingsAccount))} savings accounts, {show_count(count(AccountStep))} steps of accounts."
    )


def _join(told: Told, codes: Mapping[str, str]) -> None:
    told.act("Each phone joins over HTTP with its one-time code, and fetches what its owner needs")
    for key, phone in told.phones.items():
        identity = phone.join(codes[key])
        begun = time.monotonic()
        synced(phone)
        seconds = time.monotonic() - begun
        told.of(phone, f"{identity.name_hi}, code {codes[key]}: device {identity.device}")
        held = ", ".join(f"{show_count(counted_on_phone(phone, kind))} {words}" for kind, words in FETCHED)
        told.of(phone, f"{held} after a first sync of {seconds:.1f} seconds")


def _register_cut_off(told: Told, abm: Phone) -> tuple[str, str]:
    """Two groups, one with its women and one with a number only. Returns their ids."""
    told.act("The network is down. The ABM registers two groups")
    abm.online = False
    today, do = abm.today(), abm.workspace.do
    formed = today - timedelta(days=12)
    values = {
        "name": MISSPELT,
        "village_id": village_of(abm, "बिजौरी"),
        "formed_on": formed,
        "meeting_rhythm": "weekly",
    }
    first = do(RegisterGroup(values)).id
    women = [do(AddMember(first, {"name": name, "joined_on": formed})).id for name in WOMEN]
    bearers = {"president_id": women[0], "secretary_id": women[1], "treasurer_id": women[2]}
    do(ChangeGroup(first, {**bearers, "president_signs": True, "secretary_signs": True}))
    values = {"name": SECOND, "village_id": village_of(abm, "भजिया"), "formed_on": today - timedelta(days=3)}
    second = do(RegisterGroup({**values, "meeting_rhythm": "fortnightly", "declared_members": 12})).id
    refused(abm)
    both = first, second
    told.groups(abm, both)
    told.of(abm, f"of the first group {roster_of(abm, first)}")
    told.of(abm, strip(abm))
    told.at_server(both)
    return both


def _send(told: Told, abm: Phone, both: Sequence[str]) -> None:
    told.act("The network returns. Sync")
    abm.online = True
    synced(abm)
    told.of(abm, strip(abm))
    told.groups(abm, both)
    told.at_server(both)


def _open_account_cut_off(told: Told, sakhi: Phone, both: Sequence[str]) -> None:
    told.act("The bank sakhi's phone receives them. At the branch, cut off, she records the account's steps")
    first = both[0]
    synced(sakhi)
    told.groups(sakhi, both)
    told.of(sakhi, f"of the first group the office bearers only, {roster_of(sakhi, first)}")
    sakhi.online = False
    _record_steps(sakhi, first)
    refused(sakhi)
    told.of(sakhi, steps_of(sakhi, first))
    told.of(sakhi, account_at(sakhi, first))
    told.of(sakhi, strip(sakhi))


def _record_steps(sakhi: Phone, group: str) -> None:
    """One step a day up to `opened`: the branch becomes known with the first, the number with the last."""
    today, village = sakhi.today(), village_of(sakhi, "बिजौरी")
    branch = next(row for row in sakhi.workspace.ask(list_branches, village_id=village) if row.serves_village)
    learned: dict[str, Mapping[str, Any]] = {
        "resolution_passed": {"branch_id": branch.id},
        "opened": {"account_number": ACCOUNT_NUMBER, "name_in_passbook": CORRECTED, "opened_on": today},
    }
    for days_ago, kind in zip(reversed(range(len(STEPS))), STEPS, strict=True):
        day = today - timedelta(days=days_ago)
        sakhi.workspace.do(RecordStep(group, kind, day, account_values=learned.get(kind, {})))


def _correct_cut_off(told: Told, abm: Phone, first: str) -> None:
    told.act("Meanwhile the ABM, cut off as well, corrects the first group's name")
    abm.online = False
    abm.workspace.do(ChangeGroup(first, {"name": CORRECTED}))
    refused(abm)
    told.groups(abm, [first])
    told.of(abm, strip(abm))


def _meet_again(told: Told, abm: Phone, sakhi: Phone, both: Sequence[str]) -> None:
    told.act("Both have a network again. Sync")
    for phone in (sakhi, abm):
        phone.online = True
        synced(phone)
    # The bank sakhi came first: what the ABM has sent since reaches her with her next contact.
    synced(sakhi)
    told.groups(abm, both)
    told.of(abm, account_at(abm, both[0]))
    told.groups(sakhi, both)
    told.at_server(both)


def _figures(told: Told, before: str, supervisor: Phone) -> None:
    told.act("The supervisor at the block office sees, from her own phone's copy")
    synced(supervisor)
    told.line(f"before: {before}")
    told.line(f"after:  {figures_of(supervisor)}")


def _district(told: Told, reviewer: Phone, both: Sequence[str]) -> None:
    told.act("The district reviewer has the same groups without personal data")
    first = both[0]
    synced(reviewer)
    told.groups(reviewer, both)
    names = len(reviewer.workspace.ask(list_members, shg_id=first))
    told.of(reviewer, f"{names} names of members; {account_at(reviewer, first)}")
