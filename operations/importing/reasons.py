"""Why a row was not placed, and what to do about it, in English and Hindi. docs/importing.md explains every one.

A reason's words may name what stands in the row, except what is personal: `{column}`, `{line}`, `{place}` ...
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple


class Words(NamedTuple):
    """What is wrong and what to do, in one language."""

    wrong: str
    remedy: str


@dataclass(frozen=True)
class Reason:
    english: Words
    hindi: Words


class Unplaced(Exception):
    """A row that is not placed: a code of `REASONS` and what its words name."""

    def __init__(self, code: str, /, **said: Any) -> None:
        if code not in REASONS:
            raise ValueError(f"{code!r} has no words in operations/importing/reasons.py")
        super().__init__(code)
        self.code, self.said = code, said

    def words(self, language: str) -> Words:
        chosen = REASONS[self.code].hindi if language == "hi" else REASONS[self.code].english
        said = _Said(self.said)
        return Words(chosen.wrong.format_map(said), chosen.remedy.format_map(said))


class RefusedBefore(Unplaced):
    """A row that is refused again as it was, in the words that it had."""

    def __init__(self, code: str, english: Words, hindi: Words) -> None:
        super().__init__(code)
        self._words = {"en": english, "hi": hindi}

    def words(self, language: str) -> Words:
        return self._words[language]


class _Said(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "?"


def _reason(wrong: str, remedy: str, wrong_hi: str, remedy_hi: str) -> Reason:
    return Reason(Words(wrong, remedy), Words(wrong_hi, remedy_hi))


_ROW = {
    "cells_too_many": _reason(
        "The row has more cells than the header has columns, so values may stand in wrong columns.",
        "Put the values under their columns; in a CSV file put values with a comma between quotes.",
        "पंक्ति में शीर्षक से अधिक खाने हैं, इसलिए मान गलत कॉलम में हो सकते हैं।",
        "मान सही कॉलम में लिखें; CSV में अल्पविराम वाले मान को उद्धरण चिह्नों में रखें।",
    ),
    "rows_in_one_cell": _reason(
        "A quotation mark that stands alone has drawn the following lines of the file into column \"{column}\".",
        "Delete the quotation mark in the list and import the list again: those lines are not placed either.",
        "अकेले उद्धरण चिह्न के कारण फाइल की अगली पंक्तियाँ कॉलम \"{column}\" में मिल गई हैं।",
        "सूची में वह उद्धरण चिह्न हटाएँ और सूची दोबारा आयात करें: वे पंक्तियाँ भी दर्ज नहीं हुई हैं।",
    ),
    "twice_in_file": _reason(
        "The same code stands in line {line} with other values.",
        "Delete this row if the other is right. If this one is right, empty its cell \"reason\", and delete the other "
        "in the list.",
        "यही कोड पंक्ति {line} में अलग जानकारी के साथ है।",
        "दूसरी पंक्ति सही हो तो इसे हटाएँ। यही सही हो तो इसका खाना \"reason\" खाली करें और सूची से दूसरी हटाएँ।",
    ),
    "letters_lost": _reason(
        "In column \"{column}\" letters were lost, or turned into other signs.",
        "Write the text again, and save the file as XLSX or as \"CSV UTF-8\".",
        "कॉलम \"{column}\" में अक्षर नष्ट हो गए हैं या दूसरे चिह्न बन गए हैं।",
        "शब्द दोबारा लिखें और फाइल को XLSX या \"CSV UTF-8\" के रूप में सेव करें।",
    ),
    "old_font": _reason(
        "Column \"{column}\" holds the letters of an old Hindi font such as Kruti Dev, which are no Hindi without it.",
        "Convert the list to Unicode and import it again, or write the name in Hindi or English letters.",
        "कॉलम \"{column}\" में पुराने हिंदी फॉन्ट (जैसे कृति देव) के अक्षर हैं, जो उस फॉन्ट के बिना हिंदी नहीं हैं।",
        "सूची को यूनिकोड में बदलकर फिर आयात करें, या नाम हिंदी या अंग्रेज़ी अक्षरों में लिखें।",
    ),
    "formula_broken": _reason(
        "Column \"{column}\" holds the error of a formula instead of a value.",
        "Write the value itself into the cell.",
        "कॉलम \"{column}\" में मान की जगह सूत्र (फॉर्मूला) की त्रुटि है।",
        "खाने में मान स्वयं लिखें।",
    ),
    "required": _reason(
        "Column \"{column}\" is empty, and nothing can be placed without it.",
        "Fill in the column.",
        "कॉलम \"{column}\" खाली है; इसके बिना पंक्ति दर्ज नहीं हो सकती।",
        "कॉलम भरें।",
    ),
    "number_in_short_form": _reason(
        "In column \"{column}\" the spreadsheet has shortened a long number (like 1.23E+11); its digits are lost.",
        "Set the column's format to text and type the number again from the passbook or the portal.",
        "कॉलम \"{column}\" में स्प्रेडशीट ने लंबी संख्या को छोटा कर दिया है (जैसे 1.23E+11); अंक नष्ट हो गए हैं।",
        "कॉलम को टेक्स्ट बनाएँ और पासबुक या पोर्टल से देखकर संख्या दोबारा लिखें।",
    ),
    "number_rounded": _reason(
        "In column \"{column}\" stands a number of more than 15 digits, of which spreadsheets lose the last ones.",
        "Set the column's format to text and type the number again from the passbook or the portal.",
        "कॉलम \"{column}\" में 15 से अधिक अंकों की संख्या है; स्प्रेडशीट ऐसे अंतिम अंक बदल देती है।",
        "कॉलम को टेक्स्ट बनाएँ और पासबुक या पोर्टल से देखकर संख्या दोबारा लिखें।",
    ),
    "not_digits": _reason(
        "Column \"{column}\" holds something other than a code of digits.",
        "Write the code in digits.",
        "कॉलम \"{column}\" में अंकों का कोड नहीं है।",
        "कोड अंकों में लिखें।",
    ),
    "year_too_short": _reason(
        "In column \"{column}\" the year has only two digits.",
        "Write the date as dd-mm-yyyy, for example 15-08-2021.",
        "कॉलम \"{column}\" में वर्ष केवल दो अंकों में है।",
        "दिनांक dd-mm-yyyy लिखें, जैसे 15-08-2021.",
    ),
    "not_a_day": _reason(
        "Column \"{column}\" holds no date of the calendar, or one written month first.",
        "Write the date as dd-mm-yyyy, for example 15-08-2021.",
        "कॉलम \"{column}\" में सही दिनांक नहीं है, या महीना पहले लिखा है।",
        "दिनांक dd-mm-yyyy लिखें, जैसे 15-08-2021.",
    ),
    "day_order_unclear": _reason(
        "In column \"{column}\" day and month may be exchanged: it also has dates with the month first, or a "
        "spreadsheet has changed some of its dates and not others (compare line {line}).",
        "Look the date up and write the month in letters, such as 04-Aug-2021; or mend the list and import it again.",
        "कॉलम \"{column}\" में दिन और महीना आपस में बदले हो सकते हैं: उसमें महीना पहले वाले दिनांक भी हैं, "
        "या स्प्रेडशीट ने कुछ दिनांक बदल दिए हैं (पंक्ति {line} से मिलाएँ)।",
        "सही दिनांक देखकर महीना अक्षरों में लिखें, जैसे 04-Aug-2021; या सूची सुधारकर उसे फिर आयात करें।",
    ),
    "day_in_future": _reason(
        "The date in column \"{column}\" lies in the future.",
        "Correct the date.",
        "कॉलम \"{column}\" का दिनांक आने वाले समय का है।",
        "दिनांक सुधारें।",
    ),
    "day_too_early": _reason(
        "The date in column \"{column}\" is before {earliest}.",
        "Correct the date.",
        "कॉलम \"{column}\" का दिनांक {earliest} से पहले का है।",
        "दिनांक सुधारें।",
    ),
    "not_a_number": _reason(
        "Column \"{column}\" holds no whole number.",
        "Write a whole number, such as 12, or leave the cell empty.",
        "कॉलम \"{column}\" में पूर्ण संख्या नहीं है।",
        "पूर्ण संख्या लिखें, जैसे 12, या खाना खाली छोड़ें।",
    ),
    "holds_aadhaar": _reason(
        "Column \"{column}\" holds what looks like an Aadhaar number. Such numbers are never kept.",
        "Delete the number from the cell.",
        "कॉलम \"{column}\" में आधार जैसा नंबर है। आधार नंबर कभी नहीं रखे जाते।",
        "खाने से वह नंबर हटाएँ।",
    ),
}  # fmt: skip

_PLACE = {
    "other_state": _reason(
        "The row is of another state ({code}) than this centre.",
        "Delete the row, or import it at the centre of its state.",
        "यह पंक्ति दूसरे राज्य ({code}) की है।",
        "पंक्ति हटाएँ या उसी राज्य के केंद्र में आयात करें।",
    ),
    "parent_unknown": _reason(
        "The {level} in which this place lies is not known and not in this file.",
        "Import the list of the {level}s first, or fill in the columns of code and name of the {level}.",
        "यह स्थान जिस {level_hi} में है, वह न पहले से दर्ज है न इस फाइल में है।",
        "पहले {level_hi} की सूची आयात करें, या {level_hi} का कोड और नाम भरें।",
    ),
    "lies_elsewhere": _reason(
        "The {level} with the code {code} lies in another place by line {line}.",
        "Correct the row that is wrong; the other one counts until then.",
        "कोड {code} का स्थान ({level_hi}) पंक्ति {line} के अनुसार दूसरी जगह है।",
        "जो पंक्ति गलत है उसे सुधारें; तब तक दूसरी पंक्ति मानी जाएगी।",
    ),
    "block_missing": _reason(
        "The row does not say in which block it lies.",
        "Fill in the column \"block\", or give the block of the whole file with --block.",
        "पंक्ति में विकासखण्ड नहीं लिखा है।",
        "कॉलम \"block\" भरें, या पूरी फाइल का विकासखण्ड --block से बताएँ।",
    ),
    "block_unknown": _reason(
        "The block \"{place}\" is not known. Nearest: {nearest}.",
        "Write the block's name as the list of places has it, or its LGD code.",
        "विकासखण्ड \"{place}\" सूची में नहीं है। मिलते-जुलते: {nearest}.",
        "विकासखण्ड का नाम सूची के अनुसार या उसका LGD कोड लिखें।",
    ),
    "block_ambiguous": _reason(
        "There are several blocks \"{place}\": {nearest}.",
        "Fill in the column \"district\", or write the block's LGD code.",
        "विकासखण्ड \"{place}\" एक से अधिक हैं: {nearest}.",
        "कॉलम \"district\" भरें या विकासखण्ड का LGD कोड लिखें।",
    ),
    "district_unknown": _reason(
        "The district \"{place}\" is not known. Nearest: {nearest}.",
        "Write the district's name as the list of places has it, or its LGD code.",
        "जिला \"{place}\" सूची में नहीं है। मिलते-जुलते: {nearest}.",
        "जिले का नाम सूची के अनुसार या उसका LGD कोड लिखें।",
    ),
    "village_missing": _reason(
        "The row names no village.",
        "Fill in the village's name or its code.",
        "पंक्ति में ग्राम नहीं लिखा है।",
        "ग्राम का नाम या कोड भरें।",
    ),
    "village_unknown": _reason(
        "The village \"{place}\" is not known in {where}. Nearest: {nearest}.",
        "Write the name as the list of places has it, or the LGD code; if the village is missing, import it first.",
        "{where} में ग्राम \"{place}\" सूची में नहीं है। मिलते-जुलते: {nearest}.",
        "नाम सूची के अनुसार या LGD कोड लिखें; ग्राम सूची में न हो तो पहले उसे आयात करें।",
    ),
    "village_ambiguous": _reason(
        "There are several villages \"{place}\" in {where}: {nearest}.",
        "Fill in the gram panchayat, or write the village's LGD code.",
        "{where} में ग्राम \"{place}\" एक से अधिक हैं: {nearest}.",
        "ग्राम पंचायत भरें या ग्राम का LGD कोड लिखें।",
    ),
    "code_unknown": _reason(
        "The code {code} in column \"{column}\" is not known, and the row gives no name to find the place by.",
        "Correct the code, fill in the name, or import the list of places first.",
        "कॉलम \"{column}\" का कोड {code} सूची में नहीं है और नाम भी नहीं लिखा है।",
        "कोड सुधारें, नाम भरें, या पहले स्थानों की सूची आयात करें।",
    ),
    "code_and_name_differ": _reason(
        "The code {code} and the name \"{place}\" belong to different places: {nearest}.",
        "Correct the one that is wrong, or empty it.",
        "कोड {code} और नाम \"{place}\" अलग-अलग स्थानों के हैं: {nearest}.",
        "जो गलत है उसे सुधारें या खाली करें।",
    ),
    "panchayat_missing": _reason(
        "The row does not say to which gram panchayat the village belongs.",
        "Import the LGD download \"Village to Gram Panchayat Mapping\", or fill in the gram panchayat's code and name.",
        "पंक्ति में नहीं लिखा कि ग्राम किस ग्राम पंचायत का है।",
        "LGD का \"Village to Gram Panchayat Mapping\" आयात करें, या ग्राम पंचायत का कोड और नाम भरें।",
    ),
}  # fmt: skip

_BRANCH = {
    "branch_block_unknown": _reason(
        "Neither the branch's name nor its address tells the block it stands in.",
        "Fill in the column \"block\" with the block's name or LGD code.",
        "न शाखा के नाम से, न पते से पता चलता है कि शाखा किस विकासखण्ड में है।",
        "कॉलम \"block\" में विकासखण्ड का नाम या LGD कोड भरें।",
    ),
    "not_an_ifsc": _reason(
        "Column \"{column}\" holds no IFSC: it has 11 characters, four letters, a zero, and six letters or digits.",
        "Copy the IFSC from the passbook.",
        "कॉलम \"{column}\" में सही IFSC नहीं है: 11 अक्षर, पहले चार अक्षर, फिर शून्य, फिर छह अक्षर या अंक।",
        "पासबुक से देखकर IFSC लिखें।",
    ),
    "not_an_account_number": _reason(
        "Column \"{column}\" holds no account number: it has 9 to 18 digits.",
        "Copy the number from the passbook with its leading zeros; leave it empty where there is no account.",
        "कॉलम \"{column}\" में सही खाता क्रमांक नहीं है: 9 से 18 अंक होते हैं।",
        "पासबुक से देखकर शुरू के शून्य सहित लिखें; खाता न हो तो खाली छोड़ें।",
    ),
    "zeros_may_be_missing": _reason(
        "In column \"{column}\" the cell is a number, and other account numbers of this bank are longer: "
        "the spreadsheet may have dropped zeros in front.",
        "Set the column's format to text and type the number again from the passbook, with its leading zeros.",
        "कॉलम \"{column}\" में खाता क्रमांक संख्या के रूप में है और इस बैंक के दूसरे क्रमांक उससे लंबे हैं: "
        "स्प्रेडशीट ने शुरू के शून्य हटा दिए होंगे।",
        "कॉलम को टेक्स्ट बनाएँ और पासबुक से देखकर शुरू के शून्य सहित क्रमांक दोबारा लिखें।",
    ),
    "code_of_another_group": _reason(
        "The code {code} was typed at the group \"{name}\" here, which has another name, another village and another "
        "day of formation.",
        "Look up on the portal whose code it is: correct it at that group, or in the list.",
        "कोड {code} यहाँ समूह \"{name}\" में लिखा गया है, जिसका नाम, गाँव और गठन दिनांक तीनों अलग हैं।",
        "पोर्टल पर देखें कि यह कोड किसका है: उस समूह में या सूची में उसे सुधारें।",
    ),
    "opened_before_formation": _reason(
        "The account was opened before the group was formed.",
        "Correct the date of opening or the date of formation.",
        "खाता खुलने का दिनांक समूह गठन से पहले का है।",
        "खाता खुलने का या गठन का दिनांक सुधारें।",
    ),
}  # fmt: skip

_MEMBER = {
    "group_unknown": _reason(
        "No group with the code {code} is known.",
        "Import the register of groups first, or correct the group's code.",
        "कोड {code} का कोई समूह दर्ज नहीं है।",
        "पहले समूहों की सूची आयात करें, या समूह का कोड सुधारें।",
    ),
    "not_a_mobile": _reason(
        "Column \"{column}\" holds no mobile number: it has 10 digits and begins with 6, 7, 8 or 9.",
        "Correct the number, or leave the cell empty.",
        "कॉलम \"{column}\" में सही मोबाइल नंबर नहीं है: 10 अंक, पहला अंक 6, 7, 8 या 9.",
        "नंबर सुधारें, या खाना खाली छोड़ें।",
    ),
    "office_unknown": _reason(
        "Column \"{column}\" names no office of a group.",
        "Write President, Secretary or Treasurer, or leave the cell empty.",
        "कॉलम \"{column}\" में समूह का कोई पद नहीं लिखा है।",
        "अध्यक्ष, सचिव या कोषाध्यक्ष लिखें, या खाना खाली छोड़ें।",
    ),
    "office_twice": _reason(
        "The group has this office bearer already in line {line}.",
        "Empty the office here if the other member holds it. If this one does, empty her cell \"reason\", and the "
        "other's office in the list.",
        "समूह का यह पद पंक्ति {line} में पहले से है।",
        "पद दूसरी सदस्य का हो तो यहाँ पद खाली करें। इसी का हो तो इसका खाना \"reason\" खाली करें और सूची में दूसरी का पद।",
    ),
    "before_joining": _reason(
        "The member left before she joined.",
        "Correct one of the two dates.",
        "समूह छोड़ने का दिनांक जुड़ने से पहले का है।",
        "दोनों में से एक दिनांक सुधारें।",
    ),
    "born_lately": _reason(
        "By column \"{column}\" the member is less than ten years old; it may hold another date than that of birth.",
        "Correct the date of birth, or leave the cell empty.",
        "कॉलम \"{column}\" के अनुसार सदस्य दस वर्ष से छोटी है; शायद वहाँ जन्म के बदले कोई और दिनांक है।",
        "जन्म दिनांक सुधारें, या खाना खाली छोड़ें।",
    ),
    "before_birth": _reason(
        "The member joined before she was born.",
        "Correct one of the two dates.",
        "समूह में जुड़ने का दिनांक जन्म दिनांक से पहले का है।",
        "दोनों में से एक दिनांक सुधारें।",
    ),
}  # fmt: skip

_CENTRE = {
    "too_long": _reason(
        "The text in column \"{column}\" is too long.",
        "Shorten the text.",
        "कॉलम \"{column}\" का लेख बहुत लंबा है।",
        "लेख छोटा करें।",
    ),
    "too_small": _reason(
        "The number in column \"{column}\" is too small.",
        "Correct the number.",
        "कॉलम \"{column}\" की संख्या बहुत छोटी है।",
        "संख्या सुधारें।",
    ),
    "too_large": _reason(
        "The number in column \"{column}\" is too large.",
        "Correct the number.",
        "कॉलम \"{column}\" की संख्या बहुत बड़ी है।",
        "संख्या सुधारें।",
    ),
    "centre_refused": _reason(
        "The centre did not take the row ({code}, {field}).",
        "Import the row again after everything it names; if it is refused again, report it with this line.",
        "केंद्र ने पंक्ति स्वीकार नहीं की ({code}, {field}).",
        "जिनका नाम इस पंक्ति में है उन्हें पहले आयात करें; फिर भी न हो तो यह पंक्ति दिखाकर बताएँ।",
    ),
}  # fmt: skip

REASONS: Mapping[str, Reason] = {**_ROW, **_PLACE, **_BRANCH, **_MEMBER, **_CENTRE}
"""Every reason for which a row is refused."""

CURED_ELSEWHERE = frozenset(
    (
        "day_in_future", "other_state", "parent_unknown", "block_missing", "block_unknown", "block_ambiguous",
        "district_unknown", "village_unknown", "village_ambiguous", "code_unknown", "code_and_name_differ",
        "panchayat_missing", "branch_block_unknown", "group_unknown", "code_of_another_group", "centre_refused",
    )
)  # fmt: skip
"""Reasons that may pass without a change of the row: a list that was missing has come, a block is given with --block.
Any other lies in the row, or in what stands around it and is not in a file of refused rows."""

NOTES: Mapping[str, str] = {
    "met_by_name": "registered here before, met by its name and now with the portal's code",
    "in_another_panchayat": "placed in the village of that name in another gram panchayat of the block",
    "place_renamed": "a known place with another name in this list",
    "place_moved": "a known place that lies elsewhere by this list",
    "written_otherwise": "placed in a village whose name is written otherwise in the list of places",
    "panchayat_not_known": "with a gram panchayat that is not known, or one of several: placed by block and village",
    "code_not_known": "with a code of a place that is not known here: placed by the name beside it",
    "name_not_known": "with the name of a place that is not known here: placed by the code beside it",
    "branch_typed": "with a branch that is not in the list of branches: kept as written, for the office to link",
    "branch_named_otherwise": "with an IFSC of branches that have other names: kept as written, for the office to link",
    "account_from_number": "with an account number from a number cell, where zeros may be missing: see the passbook",
    "opened_on_formation_day": "with an account whose day of opening is not told: its step has the day of formation",
    "word_not_known": "with an answer in words that are not known here, which was left out",
    "restart_day_not_told": "revived or co-opted on a day that is not told: taken as it stands, counted from formation",
    "block_by_column": "branch with the block that the list names",
    "block_by_name": "branch with the block that its name names",
    "block_by_city": "branch with the block that its city names",
    "block_by_address": "branch with the block that its address names",
    "block_by_village": "branch with the block of the only village of its name in the district",
}
"""What is worth counting about rows that were placed."""

PASSED_OVER: Mapping[str, str] = {
    "blank": "blank lines",
    "header": "lines that repeat the header",
    "total": "lines of totals",
    "repeated": "lines that repeat another one word for word",
    "other_body": "local bodies that are no gram panchayats",
}
"""Rows that hold nothing to be placed."""
