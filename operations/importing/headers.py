"""Which column of a file holds what: header words as offices and portals write them, in Hindi and English.

A header is compared by its letters only: case, spaces, signs, nukta, the ways of writing a nasal, and "(In English)" do
not matter. A column that is not understood is left alone and named in the report.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

Words = Mapping[str, str]
"""Our name of a column -> header words, separated by `|`."""

STATE: Words = {
    "state_code": "state code | state lgd code | state lgd | राज्य कोड",
    "state": "state | state name | राज्य | राज्य का नाम",
    "state_hi": "state name (in local) | state name (in local language)",
}
DISTRICT: Words = {
    "district_code": "district code | district lgd code | district lgd | जिला कोड | जिले का कोड",
    "district": "district | district name | district assigned | जिला | जिले का नाम | जिला का नाम",
    "district_hi": "district name (in local) | district name (in local language)",
}
BLOCK: Words = {
    "block_code": (
        "block code | block lgd code | block lgd | development block code | विकासखण्ड कोड | ब्लॉक कोड | जनपद कोड"
    ),
    "block": (
        "block | block name | development block name | development block | vikaskhand | vikas khand | विकासखण्ड |"
        " विकास खण्ड | विकासखण्ड का नाम | ब्लॉक | ब्लाक | ब्लॉक का नाम | जनपद | जनपद पंचायत | जनपद का नाम"
    ),
    "block_hi": "block name (in local) | block name (in local language) | development block name (in local)",
    "block_nrlm": "block nrlm code | nrlm block code | block mis code",
}
PANCHAYAT: Words = {
    "panchayat_code": (
        "gp code | gp lgd code | gram panchayat code | gram panchayat lgd code | grampanchayat code | panchayat code |"
        " local body code | localbody code | lgd gp code | village panchayat code | ग्राम पंचायत कोड | पंचायत कोड"
    ),
    "panchayat": (
        "gp | gp name | gram panchayat | gram panchayat name | grampanchayat | grampanchayat name | panchayat |"
        " panchayat name | local body name | localbody name | village panchayat name | ग्राम पंचायत | ग्रामपंचायत |"
        " ग्राम पंचायत का नाम | पंचायत | पंचायत का नाम"
    ),
    "panchayat_hi": "local body name (in local) | gp name (in local) | gram panchayat name (in local)",
    "panchayat_nrlm": "gp nrlm code | nrlm gp code | gp mis code",
    "body_type": (
        "local body type name | local body type | localbody type name | local body type code | localbody type code"
    ),
}
VILLAGE: Words = {
    "village_code": (
        "village code | village lgd code | village lgd | lgd village code | lgd code of village | mis village code |"
        " ग्राम कोड | गाँव कोड | गाँव का कोड | ग्राम का कोड"
    ),
    "village": (
        "village | village name | vill name | vill | name of village | revenue village | ग्राम | गाँव |"
        " ग्राम का नाम | गाँव का नाम |"
        " ग्राम नाम | राजस्व ग्राम"
    ),
    "village_hi": "village name (in local) | village name (in local language)",
    "village_nrlm": "village nrlm code | nrlm village code | nrlm code | village mis code | एनआरएलएम कोड",
}
ACCOUNT: Words = {
    "bank": ("bank | bank name | name of bank | bank as listed | savings bank | बैंक | बैंक का नाम"),
    "branch": (
        "branch | branch name | bank branch | bank branch name | name of branch | शाखा | शाखा का नाम | बैंक शाखा |"
        " बैंक शाखा का नाम"
    ),
    "ifsc": (
        "ifsc | ifsc code | bank ifsc | bank ifsc code | branch ifsc | branch ifsc code | आईएफएससी | आईएफएससी कोड |"
        " IFSC कोड"
    ),
    "account_number": (
        "account number | account no | account no. | bank account no | bank account number | bank a/c no | a/c no |"
        " a/c number | ac no | sb account no | saving account no | savings account number | sb a/c no | bank acc no |"
        " acc no | shg account no | shg account number | खाता क्रमांक | खाता संख्या | खाता नंबर | बैंक खाता क्रमांक |"
        " बैंक खाता संख्या | बैंक खाता नंबर | बचत खाता क्रमांक | खाता क्र | खाता क्र."
    ),
    "opened_on": (
        "account opening date | account opening dt | acc opening date | date of account opening |"
        " account opened on | opening date |"
        " a/c opening date | a/c opening dt | ac opening date | bank account opening date | खाता खुलने का दिनांक |"
        " खाता खुलने की तिथि | खाता खोलने का दिनांक |"
        " खाता खोलने की तिथि | खाता दिनांक"
    ),
    "name_in_passbook": "name in passbook | account holder name | name in bank | पासबुक में लिखा नाम | खातेदार का नाम",
}
GROUP_CODE = (
    "shg code | shg id | shgid | shgcode | group code | group id | shg mis code | nrlm shg code | shg portal code |"
    " portal shg code | portal code | lokos shg code | shg no | समूह कोड | समूह का कोड | एसएचजी कोड | समूह क्रमांक |"
    " समूह आईडी"
)
GROUP_NAME = (
    "shg name | name of shg | group name | name of group | name of the shg | self help group | self help group name |"
    " shg | समूह का नाम | समूह नाम | एसएचजी का नाम | एसएचजी नाम | समूह | स्व सहायता समूह | स्व सहायता समूह का नाम |"
    " स्वयं सहायता समूह का नाम"
)

PLACES: Words = {**STATE, **DISTRICT, **BLOCK, **PANCHAYAT, **VILLAGE}

BRANCHES: Words = {
    **{name: ACCOUNT[name] for name in ("bank", "branch", "ifsc")},
    "branch_hi": "branch name (in local) | branch name in hindi | शाखा का नाम हिंदी में",
    "address": "address | branch address | bank address | पता | शाखा का पता",
    "city": "city | city1 | city 1 | centre | center | location | शहर | नगर",
    **{name: DISTRICT[name] for name in ("district", "district_code")},
    **{name: BLOCK[name] for name in ("block", "block_code")},
}

GROUPS: Words = {
    "code": GROUP_CODE + " | code | कोड",
    "name": GROUP_NAME + " | name | नाम",
    **{name: DISTRICT[name] for name in ("district", "district_code")},
    **{name: BLOCK[name] for name in ("block", "block_code")},
    **{name: PANCHAYAT[name] for name in ("panchayat", "panchayat_code")},
    **{name: VILLAGE[name] for name in ("village", "village_code", "village_nrlm")},
    "formed_on": (
        "formation date | formation dt | date of formation | formed on | group formation date | shg formation date |"
        " date formed |"
        " गठन दिनांक | गठन तिथि | गठन का दिनांक | गठन की तिथि | गठन की तारीख | समूह गठन दिनांक | समूह गठन तिथि |"
        " स्थापना दिनांक"
    ),
    "members": (
        "members | mem | total members | no of members | no. of members | number of members | member count |"
        " total member |"
        " members count | सदस्य | सदस्य संख्या | सदस्यों की संख्या | कुल सदस्य | कुल सदस्य संख्या"
    ),
    "promoted_by": "promoted by | promoter | promoting agency | promoting institution | प्रवर्तक संस्था | प्रवर्तक",
    "promoter_name": "promoter name | name of promoter | ngo name | संस्था का नाम",
    "origin": (
        "shg type | type of shg | type | origin | new/revived/co-opted | new revived | group status | समूह का प्रकार |"
        " नया/पुनर्जीवित"
    ),
    "promoter_and_origin": "promoted by / type | promoted by/type | प्रवर्तक / प्रकार",
    "restarted_on": (
        "revival date | date of revival | co-option date | cooption date | date of co-option | revival/co-option date |"
        " पुनर्जीवन दिनांक | पुनर्जीवित दिनांक"
    ),
    "group_type": "shg category | category of shg | special shg | समूह की श्रेणी | विशेष समूह",
    "special_kind": "special type | special shg type | tag | विशेष समूह का प्रकार",
    "meeting_rhythm": (
        "meeting frequency | frequency of meeting | meeting freq | meetings | बैठक आवृत्ति | बैठक की आवृत्ति | बैठक"
    ),
    **ACCOUNT,
}

MEMBERS: Words = {
    "group": GROUP_CODE,
    "code": (
        "member code | member id | shg member code | memberid | membercode | member mis code | lokos member code |"
        " सदस्य कोड | सदस्य का कोड | सदस्य आईडी | सदस्य क्रमांक"
    ),
    "name": (
        "member name | name of member | name of the member | name | सदस्य का नाम | सदस्य नाम | नाम | महिला का नाम"
    ),
    "name_other": "member name (local) | member name (in local) | name in local script | local name | नाम (स्थानीय)",
    "guardian": (
        "father/husband name | f/h name | father/husband's name | husband/father name | father husband name |"
        " father or husband |"
        " husband name | father name | belonging name | guardian | guardian name | spouse name | पिता/पति का नाम |"
        " पति/पिता का नाम | पिता या पति | पति का नाम | पिता का नाम"
    ),
    "age": "age | member age | आयु | उम्र",
    "born_on": "dob | date of birth | birth date | member dob | जन्म दिनांक | जन्म तिथि | जन्मतिथि",
    "social_category": "social category | caste category | caste | category | सामाजिक वर्ग | वर्ग | जाति वर्ग",
    "marital_status": "marital status | वैवाहिक स्थिति",
    "education": "education | qualification | educational qualification | शिक्षा | शैक्षणिक योग्यता",
    "disability": "disability | disabled | pwd | दिव्यांग | दिव्यांगता",
    "mobile": (
        "mobile | mobile no | mob no | mob | mobile no. | mobile number | phone | phone no | phone number |"
        " contact no | मोबाइल |"
        " मोबाइल नंबर | मोबाइल नम्बर | फोन नंबर | दूरभाष"
    ),
    "joined_on": (
        "joining date | joining dt | date of joining | joined on | member joining date | जुड़ने का दिनांक |"
        " समूह में जुड़ने का दिनांक |"
        " जुड़ने की तिथि | सदस्यता दिनांक"
    ),
    "left_on": "leaving date | date of leaving | left on | छोड़ने का दिनांक | छोड़ने की तिथि",
    "office": "post | designation | desig | office | office bearer | leader | role | position | पद | पदनाम",
}  # fmt: skip

REQUIRED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "places": (
        ("block_code", "panchayat_code", "village_code", "district_code"),
        ("block", "panchayat", "village", "district"),
    ),
    "branches": (("ifsc",), ("branch",)),
    "groups": (("code",), ("name",), ("village", "village_code"), ("formed_on",)),
    "members": (("group",), ("code",), ("name",)),
}
"""One column of each of these a file must have, or it is no such list."""

GENERAL = (
    "code | कोड | name | नाम | shg | समूह | type | category | वर्ग | tag | members | सदस्य | meetings | बैठक |"
    " opening date | leader | role | position | post"
)
"""Header words that may mean something else where a list has a column for it by a word of its own: the district's code,
the worker's name. They count only without one, and only once."""

OWN = ("line", "reason", "what to do", "कारण", "क्या करें", "refused as")
"""The columns that a file of refused rows has after those of the list; they are passed over when it comes back."""


@dataclass(frozen=True)
class Header:
    """Where the columns of a list are: `at` our name -> place; `unread` headers nobody asked for."""

    cells: tuple[str, ...]
    at: Mapping[str, int]
    unread: tuple[str, ...] = ()
    own: frozenset[int] = field(default_factory=frozenset)

    def named(self, name: str) -> str:
        """The header over a column, as the file writes it; for a column it lacks, our word."""
        return self.cells[self.at[name]] if name in self.at else name.replace("_", " ")

    @cached_property
    def kept(self) -> tuple[int, ...]:
        """Places of the columns that are the list's own, in its order."""
        return tuple(place for place in range(len(self.cells)) if place not in self.own)


def key_of(text: str) -> str:
    """The letters and digits by which headers are compared."""
    text = unicodedata.normalize("NFC", text).lower().replace("ँ", "ं").replace("\u093c", "")
    text = _NASALS.sub("ं", text)
    kept = "".join(c for c in text if unicodedata.category(c)[0] in "LMN")
    return _IN_ENGLISH.sub("", kept)


def letters_apart(one: str, other: str) -> int:
    """How many letters must be put in, left out or exchanged to make one word of the other."""
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        above, row = row, [number]
        for place, wanted in enumerate(other):
            row.append(min(above[place + 1] + 1, row[place] + 1, above[place] + (letter != wanted)))
    return row[-1]


_NASALS = re.compile("(?:ङ्(?=[कखगघ])|ञ्(?=[चछजझ])|ण्(?=[टठडढ])|न्(?=[तथदध])|म्(?=[पफबभ]))")
_IN_ENGLISH = re.compile("in(?:english|englsih|eng)$|english$")


def _nearly(written: str, word: str) -> bool:
    """Whether a header is a known word but for one letter, or two in a long one; short words are too many for that."""
    may = 0 if len(word) < 5 else 1 if len(word) < 9 else 2
    return abs(len(written) - len(word)) <= may and letters_apart(written, word) <= may


class Heads:
    """The header words of one kind of list."""

    def __init__(self, kind: str, words: Words) -> None:
        self.kind = kind
        self.required = REQUIRED[kind]
        self._names: dict[str, str] = {}
        self._words: dict[str, str] = {}
        for name, all_words in words.items():
            for word in all_words.split("|"):
                self._names.setdefault(key_of(word), name)
                self._words.setdefault(key_of(word), word.strip())
        self._general = frozenset(map(key_of, GENERAL.split("|")))
        self._own = frozenset(map(key_of, OWN))

    def read(self, cells: Sequence[str]) -> Header:
        """The columns of a row, taken as a header. Of two headers for one thing the first counts, but a general word
        only where no other tells, and no two of them."""
        keys = [key_of(cell) for cell in cells]
        own = {place for place, key in enumerate(keys) if key and key in self._own}
        at: dict[str, int] = {}
        known = [(place, key) for place, key in enumerate(keys) if place not in own and key in self._names]
        for place, key in known:
            if key not in self._general:
                at.setdefault(self._names[key], place)
        for place, key in known:
            if key in self._general and keys.count(key) == 1:
                at.setdefault(self._names[key], place)
        read = own | set(at.values())
        unread = tuple(cell for place, cell in enumerate(cells) if cell and place not in read)
        return Header(tuple(cells), at, unread, frozenset(own))

    def misspelt(self, header: Header) -> dict[str, str]:
        """Headers that are not read, though they are nearly a word for a column that the list lacks: header -> word."""
        lacking = [key for key, name in self._names.items() if name not in header.at]
        found: dict[str, str] = {}
        for cell in header.unread:
            written = key_of(cell)
            near = [key for key in lacking if _nearly(written, key)]
            if near and written not in self._names:
                found[cell] = self._words[min(near, key=lambda key: letters_apart(written, key))]
        return found

    def missing(self, header: Header) -> list[str]:
        """What the list must have and this header has not, in words."""
        return [
            " or ".join(one.replace("_", " ") for one in some)
            for some in self.required
            if not any(one in header.at for one in some)
        ]

    def best(self, rows: Iterable[tuple[int, Sequence[str]]]) -> tuple[int, Header] | None:
        """The first row that has all that is needed, with its line; else the one that has most, or None."""
        found: tuple[int, Header] | None = None
        for line, cells in rows:
            header = self.read(cells)
            if not self.missing(header):
                return line, header
            if header.at and (found is None or len(header.at) > len(found[1].at)):
                found = line, header
        return found


HEADS: Mapping[str, Heads] = {
    "places": Heads("places", PLACES),
    "branches": Heads("branches", BRANCHES),
    "groups": Heads("groups", GROUPS),
    "members": Heads("members", MEMBERS),
}
