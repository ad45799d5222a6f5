"""Photos of papers: taken, sent piece by piece over the same lines, seen by who reads the group and by nobody else."""

import hashlib
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from sqlalchemy import select

import sync.photos
from records.commands.photos import RemovePhoto
from records.messages import PhotoCall
from records.problems import Problem, Refused
from storage.photos import HERE, KIND, RECEIVED, WAITING, WANTED
from tests.property.simulation.handsets import Handset
from tests.property.simulation.ledger import Broken
from tests.property.simulation.town import Town
from tests.world import ref

if TYPE_CHECKING:
    from tests.property.simulation.laws import Verdict

PIECE = 256
"""Bytes of a piece, so that each of these small pictures goes in three."""


@cache
def pictures() -> list[bytes]:
    """A few small pictures, the same in every run."""
    found = []
    for number in range(4):
        written = io.BytesIO()
        Image.frombytes("L", (24, 24), Random(number).randbytes(576)).save(written, "JPEG", quality=60)
        found.append(written.getvalue())
    return found


@contextmanager
def small_pieces() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sync.photos, "PIECE", PIECE)
        yield


class Picturing:
    """Operations of a run; those of `running.Run` stand beside them."""

    town: Town
    phones: list[Handset]

    def _look_at_photo(self, phone: Handset, r: Random) -> str:
        """Somebody wants to see a photo, or removes or restores it."""
        with phone.store.reading() as t:
            photo = t.tables[KIND]
            ids = list(t.connection.scalars(select(photo.c.id).order_by(photo.c.id)))
        if not ids:
            return "none"
        id = r.choice(ids)
        if r.random() < 0.75:
            phone.workspace.want_photo(id)
            return f"wants {id}"
        try:
            phone.do(RemovePhoto(id, restore=r.random() < 0.5))
        except Refused as refused:
            return f"{id} refused {refused.code}"
        return f"removed or restored {id}"

    def judge_photos(self, verdict: "Verdict") -> None:
        """At rest: the centre has every photo, whoever asked for one sees it, and nobody else is given a byte."""
        records = verdict.oracle.rows[KIND]
        if not records:
            return
        kept = {row["id"]: row for row in self.town.rows(self.town.centre.tables.photo)}
        whole = {id for id, row in kept.items() if row["held"] == records[id]["size"]}
        for id in whole:
            if hashlib.sha256(kept[id]["content"]).hexdigest() != records[id]["sha256"]:
                raise Broken(f"law 3: the bytes of photo {id} at the centre are not those that were taken")
        self.town.ledger.counts["photos whole"] += len(whole)
        for phone in self.phones:
            hers = verdict.oracle.copy_of(ref(phone.person)).get(KIND, {}).keys()
            for row in self._on(phone):
                gone = row.id not in records or records[row.id]["deleted_on"]
                if row.state in (WAITING, RECEIVED) and not gone and row.id not in whole and row.id in hers:
                    raise Broken(
                        f"law 1: photo {row.id} is {row.state} on {phone.name}, and the centre has not all of it"
                    )
                if row.state in (HERE, RECEIVED) and hashlib.sha256(row.content).hexdigest() != row.sha256:
                    raise Broken(f"law 3: photo {row.id} on {phone.name} is not the one that was taken")
                if row.state == HERE and row.id not in hers:
                    raise Broken(f"law 6: {phone.name} has photo {row.id}, which is not hers")
            self._wanted_comes(phone, whole & hers)
            self._nobody_else_is_given(phone, records, hers)

    def _wanted_comes(self, phone: Handset, there: set[str]) -> None:
        wanted = {row.id for row in self._on(phone) if row.state == WANTED} & there
        if wanted:
            # Bytes are no news: they come with the next run after the phone that has them has sent them.
            phone.sync()
            if some := wanted - {row.id for row in self._on(phone) if row.state == HERE}:
                raise Broken(f"law 4: {phone.name} asked for photos {sorted(some)}, and they do not come")
            self.town.ledger.counts["photos seen"] += len(wanted)

    def _nobody_else_is_given(self, phone: Handset, records: Iterable[str], hers: Iterable[str]) -> None:
        centre = self.town.centre.for_device(phone.token())
        for id in sorted(set(records) - set(hers)):
            try:
                content = centre.photo(PhotoCall(id, "", wanted=PIECE)).content
            except Problem as problem:
                if problem.code != "photo_unknown":
                    raise
                content = b""
            if content:
                raise Broken(f"law 6: {phone.name} is given photo {id}, which is not hers")

    def _on(self, phone: Handset) -> list[Any]:
        with phone.store.reading() as t:
            return list(t.connection.execute(select(t.tables.photo)))
