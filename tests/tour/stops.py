"""Where the tour stops: each screen of the phone and of the console, who sees it, and how it is reached."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.browser.phone_screen import PhoneScreen

Reach = Callable[[PhoneScreen], None]


@dataclass(frozen=True)
class Stop:
    """One screen. `path` may name `{group}` and `{member}`; `reach` goes on from there; `routes` it shows.

    `who`: whose phone, or who is signed in to the console: one of AT_CONSOLE.

    `hindi` and `english` say in one line what the screen is for.
    """

    name: str
    who: str
    path: str
    hindi: str
    english: str
    reach: tuple[str, ...] = ()
    """Identifiers to tap, one after the other, once the address is open; they may name records as `path` does."""
    name_typed: str = ""
    """What is then typed as the name of the group."""
    routes: tuple[str, ...] = ()
    """Addresses of screens/app.py that are shown here, as the routes write them; of `path` itself when empty."""


AT_CONSOLE = ("supervisor", "reviewer")

ON_PHONE = (
    Stop(
        "enrol",
        "abm",
        "/enrol",
        "फोन को कार्यालय के कोड से जोड़ना",
        "A phone joins with a code from the office",
    ),
    Stop("today", "abm", "/", "आज क्या करना है, जरूरी काम पहले", "What waits today, the most urgent first"),
    Stop(
        "today-sakhi",
        "sakhi",
        "/",
        "बैंक सखी का आज: पहले खाते",
        "A bank sakhi's day begins with the accounts",
        routes=("/",),
    ),
    Stop(
        "groups",
        "abm",
        "/groups",
        "समूहों की सूची: खोजें, छाँटें",
        "The groups: search in either script, narrow by what they need",
        routes=("/groups/:narrowed?",),
    ),
    Stop("group", "abm", "/group/{group}", "एक समूह: सदस्य और स्थिति", "One group: members and how it stands"),
    Stop(
        "group-account",
        "abm",
        "/group/{group}",
        "समूह का खाता और उसके चरण",
        "The group's account and its steps",
        reach=("tab-account",),
    ),
    Stop(
        "group-history",
        "abm",
        "/group/{group}",
        "किसने क्या बदला",
        "Who changed what",
        reach=("tab-history",),
    ),
    Stop("new-group", "abm", "/new", "नया समूह: पहला चरण ही काफी है", "A new group: the first step is enough"),
    Stop(
        "new-group-meeting",
        "abm",
        "/new",
        "नया समूह: बैठक और बचत",
        "A new group: meetings and savings",
        reach=("step-meeting",),
    ),
    Stop(
        "new-group-refused",
        "abm",
        "/new",
        "क्या बाकी है, वहीं बताया जाता है",
        "What is missing is said at the field",
        reach=("save",),
    ),
    Stop(
        "new-group-double",
        "abm",
        "/new",
        "क्या यह समूह पहले से दर्ज है?",
        "Is this group here already? A question that stands in nobody's way",
        reach=("field-village_id", "choose-{village}"),
        name_typed="{village_group}",
    ),
    Stop(
        "new-group-look",
        "abm",
        "/new/same/{group}",
        "वही समूह है? देखकर फॉर्म पर लौटें",
        "Is it the same group? Looked at over the form, which waits as it was left",
        routes=(
            "/new/same/:same_id",
            "/group/:shg_id/member/new/same/:same_id",
            "/group/:shg_id/account/same/:same_id",
        ),
    ),
    Stop(
        "edit-group",
        "abm",
        "/group/{group}/edit",
        "समूह की जानकारी सुधारना",
        "Correcting what is known of a group",
        reach=("step-bearers",),
        routes=("/group/:shg_id/edit/:field?",),
    ),
    Stop(
        "new-member",
        "abm",
        "/group/{group}/member/new",
        "सदस्य, एक के बाद एक",
        "Members, one after the other",
    ),
    Stop(
        "edit-member",
        "abm",
        "/group/{group}/member/{member}",
        "एक सदस्य की जानकारी",
        "What is known of a member",
        reach=("step-person",),
    ),
    Stop(
        "step-from-board",
        "sakhi",
        "/accounts/step/{account_group}",
        "शाखा की सूची से अगला चरण",
        "A step, straight from the branch's board",
        routes=("/accounts/step/:shg_id",),
    ),
    Stop("step", "abm", "/group/{group}/step", "खाते का अगला चरण", "The next step of an account"),
    Stop(
        "signatories",
        "sakhi",
        "/group/{account_group}/signatories",
        "हस्ताक्षरकर्ता बदलने का चरण",
        "A step towards new signatories",
        routes=("/group/:shg_id/signatories",),
    ),
    Stop("account", "sakhi", "/group/{account_group}/account", "शाखा, क्रमांक, पासबुक", "Branch, number, passbook",
         routes=("/group/:shg_id/account",)),
    Stop(
        "accounts",
        "sakhi",
        "/accounts",
        "बैंक की शाखा का आज का काम",
        "The branch day board: what blocks each group, what it still needs",
        routes=("/accounts/:narrowed?",),
    ),
    Stop("accounts-abm", "abm", "/accounts", "मेरे समूहों के लंबित खाते", "Accounts that wait, by their age",
         routes=("/accounts/:narrowed?",)),
    Stop("drafts", "abm", "/drafts", "अधूरे फॉर्म", "Forms half filled"),
    Stop("sync", "abm", "/sync", "क्या भेजा गया, क्या बाकी है", "What was sent, what waits, what needs mending"),
    Stop("settings", "abm", "/settings", "भाषा, अक्षर का आकार, धूप के रंग", "Language, text size, colours for the sun"),
    Stop("help", "abm", "/help", "सहायता", "Help in plain words"),
    Stop("support", "abm", "/support", "सहायता के लिए जानकारी", "What to tell when asking for help"),
)  # fmt: skip

IN_CONSOLE = (
    Stop("overview", "supervisor", "/", "विकासखण्ड एक नजर में", "How the block stands",
         routes=("/",)),
    Stop("overview-panchayat", "supervisor", "/place/gram_panchayat/{panchayat}", "एक ग्राम पंचायत", "One gram panchayat",
         routes=("/place/:level/:id",)),
    Stop("overview-district", "reviewer", "/", "जिला, विकासखण्ड के अनुसार", "The district, by block", routes=("/",)),
    Stop("listed", "supervisor", "/listed/overdue", "संख्या के पीछे के समूह", "The groups behind a number",
         routes=("/listed/:what/:level?/:id?",)),
    Stop("devices", "supervisor", "/devices", "किसने नहीं भेजा", "Who has not sent"),
    Stop("average", "supervisor", "/average", "औसत 15 तक कितना", "How far from the average of 15",
         routes=("/average/:level?/:id?",)),
    Stop("today-console", "supervisor", "/today", "कार्यालय का आज", "Today at the office"),
    Stop("decide", "supervisor", "/decide", "निर्णय के लिए", "What waits for a decision",
         routes=("/decide/:what?/:id?",)),
    Stop("people", "supervisor", "/people", "लोग और उनके फोन", "People and their phones"),
    Stop("new-person", "supervisor", "/people/new", "नया व्यक्ति जोड़ना", "Adding a person"),
    Stop("assign", "supervisor", "/people/assign/{person}", "कार्यक्षेत्र देना", "Giving somebody an area",
         routes=("/people/assign/:person_id",)),
    Stop("pack", "supervisor", "/pack", "समीक्षा पत्र", "The pages for the review"),
    Stop("portal", "supervisor", "/portal", "पोर्टल पर एंट्री शेष", "What is not yet on the portal",
         routes=("/portal/:stands?",)),
    Stop("portal-group", "supervisor", "/portal/group/{group}", "समूह, पोर्टल के क्रम में", "A group, in the portal's order",
         routes=("/portal/group/:shg_id",)),
    Stop("portal-member", "supervisor", "/portal/group/{group}/member/{member}", "सदस्य, पोर्टल के क्रम में",
         "A member, in the portal's order", routes=("/portal/group/:shg_id/member/:member_id",)),
)  # fmt: skip
"""Screens that the console has for itself; those of the phone it shows as the phone does."""

STOPS = ON_PHONE + IN_CONSOLE
