"""The sheet of one-time codes that a block office prints and cuts: for each person her name, digits, and a picture.

Set by Typst, which shapes Devanagari as it must be; the fonts are the app's own, and nothing is fetched.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import segno
import typst

from records.days import INDIA
from records.staffing import PersonLine
from server.enrolment import VALID_MS

FONTS = Path(__file__).resolve().parents[1] / "assets" / "fonts"
FONTS_ONLY: list[Any] = [FONTS]

WORDS = {
    "hi": {
        "title": "फोन जोड़ने के कोड",
        "how": "ऐप खोलें और यह कोड लिखें। कोड एक ही बार काम करता है।",
        "until": "कोड {until} तक मान्य है।",
        "secret": "कोड केवल इसी व्यक्ति को दें।",
        "abm": "सहायक विकासखण्ड प्रबंधक",
        "bank_sakhi": "बैंक सखी",
    },
    "en": {
        "title": "Codes to join a phone",
        "how": "Open the app and type this code. A code works once.",
        "until": "The code is good until {until}.",
        "secret": "Give the code to this person only.",
        "abm": "Block assistant manager",
        "bank_sakhi": "Bank sakhi",
    },
}

SOURCE = """
#let sheet = json(bytes(sys.inputs.sheet))
#set page(paper: "a4", margin: 15mm, footer: align(center, text(9pt, sheet.made)))
#set text(font: "Noto Sans Devanagari", size: 11pt)
#text(18pt, weight: "bold", sheet.title)
#v(2mm)
#for one in sheet.people {
  block(width: 100%, breakable: false, stroke: (paint: gray, dash: "dashed"), inset: 5mm, below: 4mm, grid(
    columns: (1fr, 34mm), gutter: 4mm, align: (left + horizon, center + horizon),
    [
      #text(15pt, weight: "bold", one.name) \\
      #one.work \\
      #v(1mm)
      #text(24pt, weight: "bold", one.code) \\
      #v(1mm)
      #sheet.how \\
      #sheet.until #sheet.secret
    ],
    image(bytes(one.picture), format: "svg", width: 34mm),
  ))
}
"""


def codes_sheet(codes: Sequence[tuple[PersonLine, str]], language: str, now_ms: int) -> bytes:
    """A PDF with a part for each (person, code), in Hindi or English, that nothing but its reader keeps."""
    words = WORDS.get(language, WORDS["hi"])
    until = words["until"].format(until=_moment(now_ms + VALID_MS))
    people = [_part(person, code, words, language) for person, code in codes]
    sheet = {"title": words["title"], "how": words["how"], "until": until, "secret": words["secret"]}
    inputs = {"sheet": json.dumps(sheet | {"people": people, "made": _moment(now_ms)}, ensure_ascii=False)}
    return typst.compile(
        SOURCE.encode(), format="pdf", font_paths=FONTS_ONLY, ignore_system_fonts=True, sys_inputs=inputs
    )


def _part(person: PersonLine, code: str, words: dict[str, str], language: str) -> dict[str, str]:
    digits = "".join(sign for sign in code if sign.isdigit())
    picture = segno.make(digits, error="m").svg_inline(scale=4, border=2)
    named = [_of(one.place_name, one.place_name_hi, language) for one in person.work]
    roles = dict.fromkeys(words.get(one.role, "") for one in person.work)
    work = f"{', '.join(roles)} · {', '.join(dict.fromkeys(name for name in named if name))}"
    name = _of(person.name, person.name_hi, language)
    svg = picture if "xmlns=" in picture else picture.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    return {"name": name, "work": work, "code": code, "picture": svg}


def _of(latin: str | None, hindi: str | None, language: str) -> str:
    return (hindi or latin or "") if language == "hi" else (latin or hindi or "")


def _moment(ms: int) -> str:
    when = datetime.fromtimestamp(ms / 1000, INDIA)
    return f"{when:%d-%m-%Y %H:%M}"
