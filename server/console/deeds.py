"""Errands that are done with words: what they make is read by people. Beside those of `server/errands.py`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from records.days import INDIA, day_of
from records.errands import PACK_FORMS, MakeReviewPack, PackMade
from records.messages import Capacity
from records.problems import Problem
from records.written import show_day
from screens.console.review_pack import pages_of
from screens.words import languages, words_of
from server.central_store import CentralStore
from server.console.printing import pdf_of
from server.console.reviewing import Reviewing
from server.console.workbook import workbook_of
from server.console_sessions import ConsoleSessions
from server.errands import DEEDS, Deed
from server.reaching import capacity_of

MIME_TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def console_deeds(centre: CentralStore) -> Mapping[type, Deed]:
    """Everything that can be asked for at the console of this centre."""

    def make_review_pack(sessions: ConsoleSessions, token: str, errand: MakeReviewPack) -> PackMade:
        return _make_review_pack(centre, sessions, token, errand)

    return {**DEEDS, MakeReviewPack: make_review_pack}


def _make_review_pack(centre: CentralStore, sessions: ConsoleSessions, token: str, errand: MakeReviewPack) -> PackMade:
    """Raises Problem: sign_in, revoked, not_allowed, out_of_reach."""
    if errand.form not in PACK_FORMS or errand.language not in languages():
        raise Problem("not_understood")
    now_ms = centre.clock()
    with centre.database.reading() as db:
        session = sessions.find(db, token)
        capacity = capacity_of(db, centre.tables, centre.state_id, session.person_id, day_of(now_ms))
        reviews = Reviewing(db, centre, capacity).reviews(errand.block_id)
    # Drawn after the transaction: nobody waits for a page.
    pages = pages_of(reviews, words_of(errand.language), _name(capacity, errand.language), _moment(now_ms))
    made_at = datetime.fromtimestamp(now_ms / 1000, UTC)
    content = pdf_of(pages, made_at) if errand.form == "pdf" else workbook_of(pages, made_at)
    name = f"samooh-review-{day_of(now_ms).isoformat()}.{errand.form}"
    return PackMade(name, content, MIME_TYPES[errand.form], len(pages))


def _name(capacity: Capacity, language: str) -> str:
    return (capacity.name_hi if language == "hi" else None) or capacity.name


def _moment(ms: int) -> str:
    when: Any = datetime.fromtimestamp(ms / 1000, INDIA)
    return f"{show_day(when.date())} {when.hour}:{when.minute:02}"
