"""Words of a list that stand for an answer of a closed list, in Hindi and English: "NRLM", "पुनर्जीवित", "OBC".

A word that is not known here is left out and counted; it blocks no row, since the rest of the row is worth having.
"""

from collections.abc import Mapping

from operations.importing.headers import key_of

ANSWERS: Mapping[str, Mapping[str, str]] = {
    "promoted_by": {
        "nrlm": "nrlm | day nrlm | srlm | mpsrlm | aajeevika mission | एनआरएलएम | आजीविका मिशन | एसआरएलएम",
        "state_project": "state project | mpdpip | dpip | tejaswini | राज्य परियोजना | तेजस्विनी",
        "sgsy": "sgsy | एसजीएसवाय | एसजीएसवाई",
        "ngo": "ngo | एनजीओ | स्वयंसेवी संस्था",
        "other": "other | others | अन्य",
    },
    "origin": {
        "new": "new | नया | नवीन | नई",
        "revived": "revived | revival | पुनर्जीवित",
        "co_opted": "co-opted | coopted | co opted | सह-चयनित | सहयोजित",
    },
    "group_type": {
        "women": "women | regular | women regular | general | महिला | सामान्य",
        "special": "special | special shg | विशेष",
    },
    "special_kind": {
        "pvtg": "pvtg | पीवीटीजी | विशेष पिछड़ी जनजाति",
        "disabled": "pwd | disabled | divyang | दिव्यांग",
        "elderly": "elderly | बुजुर्ग | वृद्ध",
        "other": "other | अन्य",
    },
    "meeting_rhythm": {
        "weekly": "weekly | साप्ताहिक",
        "fortnightly": "fortnightly | biweekly | पाक्षिक",
        "monthly": "monthly | मासिक",
    },
    "social_category": {
        "sc": "sc | scheduled caste | अजा | अनुसूचित जाति",
        "st": "st | scheduled tribe | अजजा | अनुसूचित जनजाति",
        "obc": "obc | other backward class | अपिव | अन्य पिछड़ा वर्ग | पिछड़ा वर्ग",
        "general": "general | gen | ur | सामान्य",
        "minority": "minority | min | अल्पसंख्यक",
    },
    "marital_status": {
        "married": "married | विवाहित",
        "unmarried": "unmarried | single | अविवाहित",
        "widowed": "widow | widowed | विधवा",
        "divorced": "divorced | तलाकशुदा",
        "separated": "separated | परित्यक्ता",
    },
    "education": {
        "none": "illiterate | no schooling | निरक्षर | अशिक्षित",
        "can_sign": "literate | can sign | साक्षर",
        "primary": "primary | 5th | 5 | प्राथमिक | 5वीं",
        "middle": "middle | 8th | 8 | माध्यमिक | 8वीं",
        "secondary": "secondary | high school | 10th | 10 | matric | हाईस्कूल | 10वीं",
        "higher_secondary": "higher secondary | 12th | 12 | intermediate | हायर सेकेंडरी | 12वीं",
        "graduate": "graduate | ba | bsc | bcom | स्नातक",
        "post_graduate": "post graduate | pg | ma | msc | स्नातकोत्तर",
    },
    "disability": {
        "none": "no | none | नहीं",
        "self": "yes | self | हाँ | स्वयं",
        "family": "family | परिवार",
    },
}
"""Field -> our word for an answer -> words of lists, separated by `|`."""

_READ = {
    field: {key_of(word): answer for answer, words in answers.items() for word in words.split("|")}
    for field, answers in ANSWERS.items()
}


def answer_of(field: str, written: str) -> str | None:
    """Our word for what a list has written, None where it is not known."""
    return _READ[field].get(key_of(written))
