"""The tables of the centre. Record tables are derived from the register; the rest is bookkeeping.

Every primary and unique key begins with `state_id`, which no move changes, so that the schema can be spread over a
distributed PostgreSQL (design 5). No triggers, no foreign keys across records.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    bindparam,
    false,
    update,
)

from records.columns import TEXT, SealedBytes, SealedText, table_of
from records.kinds import Registry
from records.personal import PLAIN, Codec, Plain


def table_name(kind: str) -> str:
    """`SavingsAccount` -> `savings_account`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower()


@dataclass(frozen=True)
class CentralTables:
    """All tables of the centre; `records` by kind."""

    metadata: MetaData
    records: Mapping[str, Table]
    standing: Table
    standing_past: Table
    stream: Table
    feed: Table
    history: Table
    device: Table
    reach_past: Table
    batch: Table
    early_batch: Table
    restamped: Table
    cursor: Table
    difference: Table
    held: Table
    quarantine: Table
    deed: Table
    photo: Table
    enrolment: Table
    console_session: Table
    draft: Table
    person_setting: Table
    review: Table
    review_part: Table
    meta: Table


def central_tables(registry: Registry, codec: Codec = PLAIN) -> CentralTables:
    """The tables for the kinds of a register."""
    metadata = MetaData()
    records = {kind.name: _record_table(kind.name, registry, metadata, codec) for kind in registry.values()}
    beside = _bookkeeping(metadata, codec)
    meta = beside["meta"]
    for kind in REACHING & records.keys():
        # Whatever is written there is noted in the same transaction (`server/upserting.py`).
        records[kind].info[NOTED] = update(meta).where(meta.c.name == REACH).values(value=bindparam("mark"))
    return CentralTables(metadata, records, **beside)


REACHING = frozenset({"Place", "BankBranch", "Person", "Assignment"})
"""Kinds that say who reaches what."""

REACH = "reach"
"""A value of the table meta: a mark that has not been there before, after whatever is written of those kinds. What was
worked out under a mark is right for as long as that mark stands (`server/reaching.py`)."""

AT_OFFICE = ("open", "refused")
"""States of set-aside work that waits at the office, which may send it back, and accept some of it."""
UNDECIDED = (*AT_OFFICE, "returned")
"""And of that about which something may still be decided: it waits for its author."""

NOTED = "noted by"


def _record_table(kind: str, registry: Registry, metadata: MetaData, codec: Codec) -> Table:
    """`group_id`: the group a record stands below. `disputed`: names of fields of which more than
    one change is unsuperseded: in conflict, or equal."""
    name = table_name(kind)
    extra: list[Any] = [
        Column("state_id", Integer, primary_key=True),
        Column("group_id", TEXT),
        Column("search_key", TEXT),
        Column("stamps", TEXT, nullable=False, default=""),
        Column("bases", TEXT, nullable=False, default=""),
        Column("disputed", TEXT, nullable=False, default=""),
    ]
    if registry[kind].standing == "group":
        extra.append(Index(f"{name}_group", "state_id", "group_id"))
    for field in INDEXED.get(kind, ()):
        extra.append(Index(f"{name}_{field}", "state_id", field))
    return table_of(name, registry[kind].cls, metadata, *extra, codec=codec, key=("state_id",))


INDEXED: Mapping[str, tuple[str, ...]] = {
    "Place": ("parent_id", "block_id", "district_id"),
    "Shg": ("village_id", "same_as", "portal_code"),
    "Member": ("mobile", "portal_code"),
    "SavingsAccount": ("account_number",),
    "AccountStep": ("account_id",),
    "Attachment": ("account_id",),
    "Assignment": ("person_id",),
    "ServiceArea": ("village_id", "district_id"),
    "Conflict": ("record_id",),
    "Check": ("what",),
    "Verdict": ("person_id",),
}
"""Fields by which the centre looks records up, for itself and for the console."""


REVIEWED = ("groups", "members", "averaged_groups", "averaged_members", "opened", "pending", "overdue")
"""Figures of `storage.queries.overview.TallyRow` that a review keeps."""


def _key(*names: str) -> list[Column[Any]]:
    return [
        Column("state_id", Integer, primary_key=True, autoincrement=False),
        *(Column(n, TEXT, primary_key=True) for n in names),
    ]


def _bookkeeping(metadata: MetaData, codec: Codec) -> dict[str, Table]:
    # Values of records outside their own tables pass the codec as a whole.
    sealed: Any = TEXT if isinstance(codec, Plain) else SealedText(codec, number=False)

    def table(name: str, *columns: Any) -> Table:
        return Table(name, metadata, *columns)

    return {
        **_stream_tables(table),
        **_device_tables(table, sealed),
        **_console_tables(table, sealed),
        # A group's row of derived facts, by which streams and reach are judged; `outside`: applied after a withdrawal.
        "standing": table(
            "standing",
            *_key("id"),
            Column("block_id", TEXT),
            Column("gram_panchayat_id", TEXT),
            Column("district_id", TEXT),
            Column("branches", TEXT, nullable=False),
            Column("bearers", TEXT, nullable=False),
            Column("outside", Boolean, nullable=False, default=False),
            Index("standing_block", "state_id", "block_id"),
        ),
        # What it was until `until_ms`: work typed before a withdrawal is judged by it (law 6).
        "standing_past": table(
            "standing_past",
            *_key("id"),
            Column("until_ms", BigInteger, primary_key=True, autoincrement=False),
            Column("block_id", TEXT),
            Column("gram_panchayat_id", TEXT),
            Column("branches", TEXT, nullable=False),
        ),
        # Changes that are not a field's present value: superseded ones and kept losers. Never deleted.
        "history": table(
            "history",
            *_key("record_id", "field", "stamp"),
            Column("kind", TEXT, nullable=False),
            Column("base", TEXT, nullable=False),
            Column("value", sealed),
            Column("person_id", TEXT),
        ),
        "held": table(
            "held",
            *_key("device"),
            Column("number", BigInteger, primary_key=True, autoincrement=False),
            Column("row", Integer, primary_key=True, autoincrement=False),
            Column("parent_id", TEXT, nullable=False),
            Column("kind", TEXT, nullable=False),
            Column("record_id", TEXT, nullable=False),
            Column("cells", sealed, nullable=False),
            Column("typed_under", BigInteger, nullable=False),
            Column("received_ms", BigInteger, nullable=False),
            Index("held_parent", "state_id", "parent_id"),
        ),
        # `state`: open, refused (its author was told what is wrong), accepted, returned, mended (changed by its author
        # since), withdrawn (by its author). `passed_to`: who took over from its author, and gets it when it is sent
        # back.
        "quarantine": table(
            "quarantine",
            *_key("device"),
            Column("number", BigInteger, primary_key=True, autoincrement=False),
            Column("row", Integer, primary_key=True, autoincrement=False),
            Column("kind", TEXT, nullable=False),
            Column("record_id", TEXT, nullable=False),
            Column("person_id", TEXT),
            Column("block_id", TEXT),
            Column("cells", sealed, nullable=False),
            Column("code", TEXT, nullable=False),
            Column("field", TEXT),
            Column("received_ms", BigInteger, nullable=False),
            Column("state", TEXT, nullable=False, default="open"),
            Column("reason", sealed),
            Column("decider_id", TEXT),
            Column("decided_ms", BigInteger),
            Column("passed_to", TEXT),
            Index("quarantine_block", "state_id", "block_id"),
            Index("quarantine_person", "state_id", "person_id"),
        ),
        # Who did what at the office, and when: codes issued, devices shut out, work handed over. Never deleted.
        "deed": table(
            "deed",
            *_key("id"),
            Column("at_ms", BigInteger, nullable=False),
            Column("person_id", TEXT, nullable=False),
            Column("device", TEXT, nullable=False),
            Column("what", TEXT, nullable=False),
            Column("about", TEXT, nullable=False),
            Column("detail", TEXT, nullable=False),
            Index("deed_about", "state_id", "about"),
        ),
        # The bytes of photos, by the record that names them; `held`: how many have come.
        "photo": table(
            "photo",
            *_key("id"),
            Column("held", Integer, nullable=False),
            Column("content", LargeBinary() if isinstance(codec, Plain) else SealedBytes(codec), nullable=False),
            Column("changed_ms", BigInteger, nullable=False),
        ),
        "meta": table("meta", *_key("name"), Column("value", TEXT, nullable=False)),
    }


def _stream_tables(table: Any) -> dict[str, Table]:
    return {
        # `seq` numbers the feed of a stream without gaps for readers; `live` counts the records it holds now; `number`
        # stands for the stream in the feed.
        "stream": table(
            "stream",
            *_key("name"),
            Column("number", Integer, nullable=False),
            Column("seq", BigInteger, nullable=False),
            Column("live", BigInteger, nullable=False),
            Index("stream_number", "state_id", "number", unique=True),
        ),
        # One row per stream, by its number, and record. `others_seq`: the last change by anybody but `by_device`, so
        # that a device need not get its own work back. `changed`: number -> names of the fields told with it, beyond
        # `whole_seq`, with which the whole record was told; without it the whole record is told with `seq`. The key is
        # for looking up records.
        "feed": table(
            "feed",
            *_key("id"),
            Column("stream", Integer, primary_key=True, autoincrement=False),
            Column("kind", TEXT, nullable=False),
            Column("seq", BigInteger, nullable=False),
            Column("left", Boolean, nullable=False),
            Column("by_device", TEXT, nullable=False),
            Column("others_seq", BigInteger, nullable=False),
            Column("whole_seq", BigInteger),
            Column("changed", TEXT),
            Index("feed_order", "state_id", "stream", "seq", unique=True),
        ),
    }


def _device_tables(table: Any, sealed: Any) -> dict[str, Table]:
    number = Column("number", BigInteger, primary_key=True, autoincrement=False)
    return {
        "device": table(
            "device",
            *_key("device"),
            Column("person_id", TEXT, nullable=False),
            Column("name", TEXT, nullable=False),
            Column("token_hash", TEXT),
            Column("signing_key", TEXT),
            Column("sealing_key", TEXT),
            Column("enrolled_ms", BigInteger, nullable=False),
            Column("revoked_ms", BigInteger),
            Column("last_contact_ms", BigInteger),
            Column("app", TEXT),
            Column("unsent", BigInteger),
            Column("oldest_unsent_ms", BigInteger),
            Column("drafts", BigInteger),
            Column("last_batch", BigInteger, nullable=False, default=0),
            Column("cursor_number", BigInteger, nullable=False, default=0),
            Column("office", Boolean, nullable=False, default=False),
            Index("device_token", "state_id", "token_hash", unique=True),
            Index("device_person", "state_id", "person_id"),
        ),
        # What a person reached, from `from_ms` on, as found at a contact.
        "reach_past": table(
            "reach_past",
            *_key("person_id"),
            Column("from_ms", BigInteger, primary_key=True, autoincrement=False),
            Column("capacity", TEXT, nullable=False),
        ),
        # The hash and the answer of every batch, for ever; without an answer are those of the console, and of before.
        "batch": table(
            "batch",
            *_key("device"),
            number,
            Column("sha256", TEXT, nullable=False),
            Column("answer", TEXT),
            Column("received_ms", BigInteger, nullable=False),
        ),
        # `set_aside`: why it is not applied even then, where that was so when it came; else empty.
        "early_batch": table(
            "early_batch",
            *_key("device"),
            Column("number", BigInteger, primary_key=True, autoincrement=False),
            Column("sha256", TEXT, nullable=False),
            Column("blob", sealed, nullable=False),
            Column("set_aside", TEXT),
        ),
        "restamped": table("restamped", *_key("device", "sent"), Column("stored", TEXT, nullable=False)),
        # `vector`: JSON {stream: `server.cursors.Reached`}; rows up to `since` are sent whole even to their author.
        "cursor": table(
            "cursor",
            *_key("device"),
            Column("number", BigInteger, primary_key=True, autoincrement=False),
            Column("vector", TEXT, nullable=False),
        ),
        # Streams of which a device's copy was found to differ (ADR 0023). `fetched_ms`: when it was last given the
        # stream anew for it; `healed_ms`: when its copy was found to agree again.
        "difference": table(
            "difference",
            *_key("device", "stream"),
            Column("found_ms", BigInteger, nullable=False),
            Column("fetched_ms", BigInteger),
            Column("healed_ms", BigInteger),
            Column("times", BigInteger, nullable=False),
        ),
        "enrolment": table(
            "enrolment",
            *_key("slot"),
            Column("secret_hash", TEXT, nullable=False),
            Column("person_id", TEXT, nullable=False),
            Column("made_ms", BigInteger, nullable=False),
            Column("expires_ms", BigInteger, nullable=False),
            Column("tries", Integer, nullable=False, default=0),
            Column("used_ms", BigInteger),
            # What it is for, as part of the hash says too; a newer one for the same closes it.
            Column("purpose", TEXT),
            Column("replaced_ms", BigInteger),
            # The device that came in with it, and a hash of what its phone can show again when the reply was lost.
            Column("device", TEXT),
            Column("proof_hash", TEXT),
        ),
    }


def _console_tables(table: Any, sealed: Any) -> dict[str, Table]:
    """What a person has at the console and not on a phone: her session, and what her phone's store would keep."""
    return {
        # One row per session, by the hash of its token. `last_stamp`: the latest that its device has made.
        "console_session": table(
            "console_session",
            *_key("token_hash"),
            Column("person_id", TEXT, nullable=False),
            Column("device", TEXT, nullable=False),
            Column("begun_ms", BigInteger, nullable=False),
            Column("expires_ms", BigInteger, nullable=False),
            Column("ended_ms", BigInteger),
            Column("last_stamp", TEXT, nullable=False, default=""),
            Index("console_session_person", "state_id", "person_id"),
        ),
        # Forms half filled, as typed: {field: value} as JSON text.
        "draft": table(
            "draft",
            *_key("person_id", "key"),
            Column("values", sealed, nullable=False),
            Column("kept_ms", BigInteger, nullable=False),
        ),
        "person_setting": table("person_setting", *_key("person_id", "name"), Column("value", TEXT, nullable=False)),
        # The figures of a block as they stood on the day of its review (ADR 0021): counted here, never typed.
        # `parts_kept`: whether those of its villages and people are still there as well.
        "review": table(
            "review",
            *_key("block_id"),
            Column("on_day", Date, primary_key=True),
            Column("person_id", TEXT, nullable=False),
            Column("held_ms", BigInteger, nullable=False),
            Column("parts_kept", Boolean, nullable=False, server_default=false()),
            *(Column(name, BigInteger, nullable=False) for name in REVIEWED),
        ),
        # The same figures for each village of the block and for each person who formed groups there, by `level`; only
        # those of the last two reviews, which is what anything is compared with (ADR 0024).
        "review_part": table(
            "review_part",
            *_key("block_id"),
            Column("on_day", Date, primary_key=True),
            Column("level", TEXT, primary_key=True),
            Column("unit_id", TEXT, primary_key=True),
            *(Column(name, BigInteger, nullable=False) for name in REVIEWED),
            Index("review_part_unit", "state_id", "unit_id"),
        ),
    }
