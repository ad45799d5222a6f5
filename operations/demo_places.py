"""The places and branches of the demo: real ones by their official codes, practice ones marked DEMO-.

State, districts and blocks are those of the Local Government Directory (LGD, Ministry of Panchayati Raj, Government
Open Data License - India), with their codes. The villages bear names of real post offices of Badwara and its
neighbourhood (India Post, GODL). What is made up for practice has a local code DEMO- and no other: which panchayat a
village stands under, which branch serves it, and for names from around Badwara that they stand in this block at all.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from records.ids import official_id

Row = tuple[str, str, Mapping[str, Any]]
"""(kind, id, values) of a reference record."""

STATE_CODE = 23
STATE = official_id("lgd", f"state/{STATE_CODE}")

DISTRICTS = ((413, "Katni", "कटनी"), (420, "Panna", "पन्ना"))

# (LGD code, LGD code of the district, name, Hindi name, other spellings in use)
BLOCKS = (
    (3885, 413, "Badwara", "बड़वारा", "Barwara"),
    (3886, 413, "Bahoriband", "बहोरीबंद", None),
    (3887, 413, "Dheemerkheda", "ढीमरखेड़ा", "Dhimarkheda"),
    (3888, 413, "Katni", "कटनी", "Murwara मुड़वारा"),
    (3889, 413, "Rithi", "रीठी", None),
    (3890, 413, "Vijayraghavgarh", "विजयराघवगढ़", None),
    (3930, 420, "Ajaigarh", "अजयगढ़", "Ajaygarh"),
    (3931, 420, "Gunour", "गुनौर", "Gunnor Gunnaur"),
    (3932, 420, "Panna", "पन्ना", None),
    (3933, 420, "Pawai", "पवई", None),
    (3934, 420, "Shahnagar", "शाहनगर", None),
)

# Panchayat -> its villages, the one that gives the name first.
PANCHAYATS: Mapping[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("Badwara", "बड़वारा"): (
        ("Badwara", "बड़वारा"),
        ("Bijouri", "बिजौरी"),
        ("Daigawan", "दैगवाँ"),
        ("Gopalpur Tamoriya", "गोपालपुर तमोरिया"),
        ("Khamaria", "खमरिया"),
    ),
    ("Bhajia", "भजिया"): (
        ("Bhajia", "भजिया"),
        ("Kokodabra", "कोकोडबरा"),
        ("Katariya", "कटरिया"),
        ("Ganeshpur", "गणेशपुर"),
        ("Deori Hatai", "देवरी हटाई"),
    ),
    ("Bhudsa", "भुड़सा"): (
        ("Bhudsa", "भुड़सा"),
        ("Parsel", "परसेल"),
        ("Majhgawan", "मझगवाँ"),
        ("Basadi", "बसाड़ी"),
        ("Bhadora", "भदौरा"),
    ),
    ("Vilayat Kalan", "विलायत कला"): (
        ("Vilayat Kalan", "विलायत कला"),
        ("Deori Guda", "देवरी गुड़ा"),
        ("Hadarhata", "हदरहटा"),
        ("Karela", "करेला"),
        ("Jagua", "जगुआ"),
    ),
    ("Rupondh", "रूपौंद"): (
        ("Rupondh", "रूपौंद"),
        ("Nadavan", "नदावन"),
        ("Kumharwara", "कुम्हरवारा"),
        ("Kuthiya Mahgawan", "कुठिया महगवाँ"),
        ("Salaiya Sihora", "सलैया सिहोरा"),
    ),
    ("Khamtara Paharua", "खमतरा पहरुआ"): (
        ("Khamtara Paharua", "खमतरा पहरुआ"),
        ("Rohniya", "रोहनिया"),
        ("Nanhwara Kala", "नन्हवारा कला"),
        ("Kua", "कुआँ"),
        ("Pipariya Kalan", "पिपरिया कला"),
    ),
}


@dataclass(frozen=True)
class Branch:
    """A real branch (list of the Reserve Bank of India); `serves` names the villages it is given in the demo."""

    ifsc: str
    bank_name: str
    name: str
    name_hi: str
    block_code: int
    serves: tuple[str, ...]


# Gramin Bank branches are reached through the codes of their sponsor, Bank of India.
BRANCHES = (
    Branch(
        "BKID0MG1227", "Madhya Pradesh Gramin Bank", "Badwara", "बड़वारा", 3885,
        ("Badwara", "Bijouri", "Daigawan", "Gopalpur Tamoriya", "Khamaria", "Bhajia", "Kokodabra"),
    ),
    Branch(
        "CBIN0281974", "Central Bank of India", "Badwara", "बड़वारा", 3885,
        ("Katariya", "Ganeshpur", "Deori Hatai"),
    ),
    Branch(
        "BKID0MG1221", "Madhya Pradesh Gramin Bank", "Vilayat Kalan", "विलायत कला", 3885,
        ("Vilayat Kalan", "Deori Guda", "Hadarhata", "Karela", "Jagua"),
    ),
    Branch(
        "IDIB000P517", "Indian Bank", "Pahruwa", "पहरुआ", 3885,
        ("Khamtara Paharua", "Rohniya", "Nanhwara Kala", "Kua", "Pipariya Kalan"),
    ),
    Branch(
        "SBIN0000405", "State Bank of India", "Katni", "कटनी", 3888,
        ("Bhudsa", "Parsel", "Majhgawan", "Basadi", "Bhadora"),
    ),
    Branch(
        "SBIN0004643", "State Bank of India", "Vijayraghavgarh", "विजयराघवगढ़", 3890,
        ("Rupondh", "Nadavan", "Kumharwara", "Kuthiya Mahgawan", "Salaiya Sihora"),
    ),
)  # fmt: skip


def district_id(code: int) -> str:
    return official_id("lgd", f"district/{code}")


def block_id(code: int) -> str:
    return official_id("lgd", f"block/{code}")


def practice_code(what: str, name: str) -> str:
    """The local code of something that exists for practice only: `DEMO-GP-BADWARA`."""
    return f"DEMO-{what}-{name.upper().replace(' ', '-')}"


def practice_id(what: str, name: str) -> str:
    return official_id("demo", practice_code(what, name))


def branch_id(ifsc: str) -> str:
    return official_id("ifsc", ifsc)


BADWARA = block_id(3885)


def place_rows() -> Iterator[Row]:
    """All places, each after the one it stands in."""
    yield "Place", STATE, _official("state", STATE_CODE, None, "Madhya Pradesh", "मध्य प्रदेश")
    for code, name, name_hi in DISTRICTS:
        yield "Place", district_id(code), _official("district", code, STATE, name, name_hi)
    for code, district, name, name_hi, aliases in BLOCKS:
        values = _official("block", code, district_id(district), name, name_hi)
        yield "Place", block_id(code), {**values, "aliases": aliases} if aliases else values
    for (name, name_hi), villages in PANCHAYATS.items():
        panchayat = practice_id("GP", name)
        yield "Place", panchayat, _practice("gram_panchayat", "GP", BADWARA, name, name_hi)
        for village, village_hi in villages:
            yield "Place", practice_id("V", village), _practice("village", "V", panchayat, village, village_hi)


def branch_rows() -> Iterator[Row]:
    """The branches, then the villages that each serves in the demo."""
    for branch in BRANCHES:
        yield "BankBranch", branch_id(branch.ifsc), {
            "bank_name": branch.bank_name,
            "name": branch.name,
            "name_hi": branch.name_hi,
            "ifsc": branch.ifsc,
            "block_id": block_id(branch.block_code),
        }  # fmt: skip
    for branch in BRANCHES:
        for village in branch.serves:
            yield "ServiceArea", practice_id("SA", village), {
                "branch_id": branch_id(branch.ifsc),
                "village_id": practice_id("V", village),
                "local_code": practice_code("SA", village),
            }  # fmt: skip


def _official(level: str, code: int, parent: str | None, name: str, name_hi: str) -> dict[str, Any]:
    values = {"level": level, "name": name, "name_hi": name_hi, "lgd_code": str(code)}
    return {**values, "parent_id": parent} if parent else values


def _practice(level: str, what: str, parent: str, name: str, name_hi: str) -> dict[str, Any]:
    code = practice_code(what, name)
    return {"level": level, "name": name, "name_hi": name_hi, "parent_id": parent, "local_code": code}
