"""What the centre has received, as a file for the office's own books."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from records.days import INDIA

HEADINGS = ("device", "person", "batch", "received", "sha256")
FILE_NAME = "receipts.csv"
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def receipts_csv(rows: Iterable[Any]) -> bytes:
    """A line per batch that is on the centre's disk, UTF-8 with a mark, so that spreadsheets read Hindi names."""
    told = io.StringIO()
    writer = csv.writer(told)
    writer.writerow(HEADINGS)
    for row in rows:
        when = datetime.fromtimestamp(row.received_ms / 1000, INDIA)
        cells = (row.device, row.person_name or "", row.number, when.strftime("%d-%m-%Y %H:%M:%S"), row.sha256)
        writer.writerow([plain(str(cell)) for cell in cells])
    return told.getvalue().encode("utf-8-sig")


def plain(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula, whatever somebody has called herself."""
    return f"'{cell}" if cell.startswith(STARTS_A_FORMULA) else cell
