"""The end of the story: every phone held against the centre, and the verdict in words."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby

from operations.agreement import Checked, Comparison, compare
from operations.demo_phones import Phone
from operations.demo_reading import stream_words
from server.central_store import CentralStore

SHOWN_DIGITS = 16
"""Hex digits of a SHA-256 that are printed; all of them are compared."""


MANY = 4
"""So many streams of one sort are shown as one line."""


def agree(phones: Mapping[str, Phone], centre: CentralStore, say: Callable[[str], None]) -> bool:
    """Compare each phone with the centre, stream by stream; say what came of it. True when every byte is the same."""
    say("SHA-256 of each stream that a phone may read: its records with all their columns and stamps,")
    say("computed from the phone's tables and from the server's.")
    compared = {key: compare(phone.store, centre) for key, phone in phones.items()}
    for key, comparison in compared.items():
        _say_comparison(phones[key], comparison, say)
    agreed = all(comparison.agrees for comparison in compared.values())
    if agreed:
        say(f"All {len(phones)} phones and the server agree on every byte of their streams.")
    else:
        say("THE COPIES DO NOT AGREE: see the lines marked DIFFERS.")
    return agreed


def _say_comparison(phone: Phone, comparison: Comparison, say: Callable[[str], None]) -> None:
    say(f"{phone.someone.called}:")
    for one in _folded([one for one in comparison.streams if one.records or not one.agrees]):
        word, sign = ("same   ", "=") if one.agrees else ("DIFFERS", "x")
        hashes = f"{one.phone[:SHOWN_DIGITS]} {sign} {one.centre[:SHOWN_DIGITS]}"
        say(f"  {word} {hashes} {one.records:6} records {one.size:9} bytes  {stream_words(phone, one.stream)}")
        for kind, id in one.differing:
            say(f"  DIFFERS {kind} {id}")
    empty = sum(one.agrees and not one.records for one in comparison.streams)
    if empty:
        say(f"  same    {empty} streams that are empty on both sides")
    if comparison.unsent:
        say(f"  DIFFERS {comparison.unsent} entries of this phone are not on the server")
    if not comparison.reach_agrees:
        say("  DIFFERS the phone and the server say different things about its owner")


def _folded(streams: Sequence[Checked]) -> Iterator[Checked]:
    """The streams as they are shown: many of one sort that agree, such as those of all gram panchayats of a block, on
    one line, with a hash over their hashes; what differs always by itself."""

    def sort_of(one: Checked) -> tuple[bool, str, str]:
        level, _, rest = one.stream.partition("/")
        return one.agrees, level, rest.partition("/")[2]

    for (agrees, level, what), some in groupby(sorted(streams, key=sort_of), key=sort_of):
        same = list(some)
        if not agrees or len(same) < MANY:
            yield from same
            continue
        phone, centre = (
            hashlib.sha256("".join(hashes).encode()).hexdigest()
            for hashes in ([one.phone for one in same], [one.centre for one in same])
        )
        records, size = sum(one.records for one in same), sum(one.size for one in same)
        yield Checked(f"{len(same)} streams of {level}: {what}", records, size, phone, centre, ())
