"""The workload: self-help groups as flat records of 16 fields with Hindi text, and edits of them.

The same numbers always give the same bytes, so that results of different days and machines are of the same work. About
685 bytes of UTF-8 JSON a record. Nothing in it is about a real person: names and numbers are drawn from short lists.
"""

import argparse
import json
import random
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

SEED = 7

NAMES = """सरस्वती,लक्ष्मी,दुर्गा,अन्नपूर्णा,जय माँ काली,उजाला,प्रगति,एकता,
संतोषी माता,राधा रानी,नारी शक्ति,सावित्री,गायत्री,शिव शक्ति,पार्वती,झाँसी रानी""".replace("\n", "").split(",")
ENDINGS = ["महिला स्वयं सहायता समूह", "आजीविका स्वयं सहायता समूह", "महिला बचत समूह"]
VILLAGES = """रामपुर,शिवगढ़,बड़ागाँव,कल्याणपुर,नयागाँव,सोनबरसा,मधुबन,हरिहरपुर,
गोपालपुर,बेलवा,तिलौथू,चंदनपुर,मझौली,देवरिया खुर्द,पिपरा कलाँ,भगवानपुर""".replace("\n", "").split(",")
FIRST_NAMES = "सुनीता,गीता,रेखा,मीना,अनीता,पूनम,शांति,कमला,ममता,बबीता,रीना,उर्मिला".split(",")
LAST_NAMES = "देवी,कुमारी,बाई,यादव,सिंह,साहू,मुर्मू,उराँव".split(",")
DAYS = "सोमवार,मंगलवार,बुधवार,गुरुवार,शुक्रवार,शनिवार,रविवार".split(",")
REMARKS = [
    "बैठक नियमित हो रही है",
    "ऋण वापसी में विलंब",
    "बैंक लिंकेज लंबित है",
    "नई सदस्य जोड़ी गई",
    "पंचसूत्र का पालन हो रहा है",
    "लेखा पुस्तिका अद्यतन नहीं",
    "ग्राम संगठन से जुड़ा हुआ",
    "सामुदायिक निवेश निधि प्राप्त",
]
BANKS = ["SBIN", "PUNB", "BARB", "CBIN", "UTBI", "MADB"]

Line = dict[str, Any]


def records(count: int, seed: int = SEED) -> Iterator[Line]:
    """The first `count` records; a longer run begins with the same ones."""
    chance = random.Random(f"records-{seed}")
    for number in range(count):
        yield _record(number, chance)


def _record(number: int, chance: random.Random) -> Line:
    # The order of the draws is part of the workload.
    block = chance.randrange(1, 40)
    return {
        "id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        "shg_code": f"SHG{chance.randrange(1, 38):02d}{block:03d}{number:07d}",
        "name": f"{chance.choice(NAMES)} {chance.choice(ENDINGS)}",
        "village": chance.choice(VILLAGES),
        "gram_panchayat": f"{chance.choice(VILLAGES)} ग्राम पंचायत",
        "block_code": f"{block:04d}",
        "formed_on": f"20{chance.randrange(11, 26):02d}-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}",
        "members": chance.randrange(10, 21),
        "savings_paise": chance.randrange(10000, 25000000),
        "meeting_day": chance.choice(DAYS),
        "bank_ifsc": f"{chance.choice(BANKS)}0{chance.randrange(1, 999999):06d}",
        "account_no": f"{chance.randrange(10**10, 10**11):011d}",
        "leader": f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)}",
        "status": chance.choice(["active", "active", "active", "dormant", "defunct"]),
        "remarks": f"{chance.choice(REMARKS)}। {chance.choice(REMARKS)}।",
        "updated_at": _moment(chance),
    }


def _moment(chance: random.Random) -> str:
    month, day = chance.randrange(1, 12), chance.randrange(1, 29)
    return (
        f"2026-{month:02d}-{day:02d}T{chance.randrange(24):02d}:{chance.randrange(60):02d}:{chance.randrange(60):02d}Z"
    )


def edits(records_there: int, count: int, *, round_: int = 1, seed: int = SEED) -> Iterator[Line]:
    """`count` edits of two fields each, spread over the first records of the same seed: {"id", "set": {field: value}}.

    Another round edits others, to other values.
    """
    chance = random.Random(f"edits-{seed}-{records_there}-{round_}")
    picked = set(chance.sample(range(records_there), min(count, records_there)))
    for number, record in enumerate(records(records_there, seed)):
        if number in picked:
            paise = chance.randrange(10000, 25000000)
            remark = f"संशोधित {round_}: {chance.choice(REMARKS)}"
            yield {"id": record["id"], "set": {"savings_paise": paise, "remarks": remark}}


def edited(lines: Iterable[Line], changes: Iterable[Line]) -> dict[str, Line]:
    """id -> record after the edits."""
    by_id = {line["id"]: dict(line) for line in lines}
    for change in changes:
        by_id[change["id"]].update(change["set"])
    return by_id


def as_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def write_lines(path: Path, lines: Iterable[Any]) -> Path:
    """A file of JSON lines, moved into place whole."""
    aside = path.with_name(f"{path.name}.new")
    with aside.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{as_text(line)}\n" for line in lines)
    return aside.replace(path)


def read_lines(path: Path) -> list[Any]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.workload", description="Write the workload as JSON lines.")
    parser.add_argument("what", choices=("records", "edits"))
    parser.add_argument("--records", type=int, required=True, help="how many records there are")
    parser.add_argument("--count", type=int, default=100, help="how many of them are edited")
    parser.add_argument("--round", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args(arguments)
    lines = records(chosen.records)
    if chosen.what == "edits":
        lines = edits(chosen.records, chosen.count, round_=chosen.round)
    write_lines(chosen.out, lines)


if __name__ == "__main__":
    main()
