"""Phone process to server process through the counting proxy: bytes, seconds and memory, beside the peers' results."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench import scenarios
from bench.bed import Failed
from bench.findings import Finding, Scale, at_least, at_most, median, skipped
from bench.peer import ADAPTERS, Peer
from bench.run import RESULTS, carried, kept_results, seconds

RIVALS = {"pouchdb": (5.0, 8.0), "watermelon": (1.5, 1.0)}
"""System -> how many times as fast as it we want to be: up, down."""


def measure(scale: Scale, scratch: Path) -> Iterator[Finding]:
    """The scenarios `basic` and `day`; in a full run also the slow link with and without cuts."""
    peer = Peer("samooh")
    day = scenarios.day(peer, known=scale.carried[0])
    yield from _day(day)
    found = {count: scenarios.basic(peer, count) for count in scale.carried}
    few, many = scale.carried
    yield from _bytes(found, few, many)
    yield from _paces(many, scale)
    for count in scale.linked:
        yield from _linked(peer, count)


def _day(day: dict[str, Any]) -> Iterator[Finding]:
    size = carried(day)
    shown = f"{day['sync_s']:.1f} s, {day['turns']} round trips, exact: {'yes' if day['exact'] else 'NO'}"
    yield at_most("a day's work, 20 new records over the 2G link: seconds", day["sync_s"], 15, "s", shown=shown, **day)
    yield at_most("a day's work: bytes both ways", size / 1000, 6, "kB", shown=f"{size:,} B")


def _bytes(found: dict[int, Any], few: int, many: int) -> Iterator[Finding]:
    nothing, big = found[many]["noop_b"], found[many]
    size = carried(nothing)
    exact = all(found[count]["pull_exact"] and found[count]["inc_exact"] for count in found)
    yield Finding("copies equal after every step", "yes", "yes" if exact else "NO", reached=exact)
    shown = f"{size} B ({nothing['up']} up, {nothing['down']} down), {nothing['turns']} round trip(s)"
    yield at_most("nothing to do: bytes both ways, token and HTTP headers included", size, 300, "B", shown=shown)
    for way, title in (("push", "up"), ("pull", "down")):
        each = carried(big[way]) / many
        shown = f"{each:.1f} B ({big[way]['up'] / many:.1f} up, {big[way]['down'] / many:.1f} down)"
        yield at_most(f"first sync {title}, {many:,} records: bytes a record both ways", each, 70, "B", shown=shown)
    for way, title in (("inc_push", "sent"), ("inc_pull", "fetched")):
        one, other = found[few][way], found[many][way]
        shown = f"{carried(other) / 1000:.1f} kB ({other['up']:,} up, {other['down']:,} down); of {few:,}: "
        shown += f"{carried(one) / 1000:.1f} kB"
        most = max(other["up"], other["down"]) / 1000
        yield at_most(f"100 edited records of {many:,} {title}: the greater way", most, 4, "kB", shown=shown)
    for way in ("push", "pull"):
        small, large = found[few][way]["client_rss_mib"], big[way]["client_rss_mib"]
        shown = f"{small:.0f} MiB at {few:,}, {large:.0f} MiB at {many:,}"
        yield at_most(f"memory of the phone's process in a first {way}, at {many:,} / at {few:,}", large / small, 1.2,
                      "", shown=shown)  # fmt: skip


def _paces(count: int, scale: Scale) -> Iterator[Finding]:
    """A first push and pull of ours and of the rivals, in turns as often as the scale says; the median of each."""
    kept = {one["peer"]: one.get("basic", {}).get(str(count)) for one in kept_results(RESULTS)}
    names = ["samooh", *(rival for rival in RIVALS if _is_here(rival))]
    took: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for _ in range(scale.rounds):
        for name in names:
            if (figures := _run_here(name, count)) is not None:
                took[name].append(figures)
    for way in ("push", "pull"):
        rate = _rate(took["samooh"], way, count)
        figures = {"seconds": [seconds(one[way]) for one in took["samooh"]]}
        yield Finding(f"first {way} of {count:,} records", "", f"{rate:,.0f} records/s", figures=figures)
        for rival, goals in RIVALS.items():
            what, goal = f"first {way} of {count:,} records / {rival}", goals[way == "pull"]
            if runs := took.get(rival):
                other, said = _rate(runs, way, count), "in this run, in turns"
            elif theirs := kept.get(rival):
                other, said = count / seconds(theirs[way]), "as kept in bench/results, another machine and day"
            else:
                yield skipped(what, f"no result of {rival} at {count:,} records is kept, and it is not installed")
                continue
            yield at_least(what, rate / other, goal, f"{rate:,.0f} / {other:,.0f} records/s, {said}")


def _rate(runs: list[dict[str, Any]], way: str, count: int) -> float:
    return count / median([seconds(one[way]) for one in runs])


def _is_here(name: str) -> bool:
    """Whether `bench/run_peers.sh` has installed what this system needs."""
    return (ADAPTERS / name).is_dir() and Peer(name).installed()


def _run_here(name: str, count: int) -> dict[str, Any] | None:
    """One first push and pull; None, told aloud, when a rival's installation does not work."""
    try:
        return scenarios.first(Peer(name), count)
    except Failed as error:
        if name == "samooh":
            raise
        print(f"{name} is installed and does not run, so its kept result is taken: {str(error)[:200]}", flush=True)
        return None


def _linked(peer: Peer, count: int) -> Iterator[Finding]:
    whole = scenarios.slow(peer, count, replace(scenarios.VILLAGE_CUT, cut_every=0))
    cut = scenarios.slow(peer, count)
    goal = 30 if count <= 1000 else 90
    for way in ("push", "pull"):
        one, other = cut[way], whole[way]
        shown = (
            f"{one['sync_s']:.0f} s in {one['starts']} start(s) with {one['cuts']} cut(s), exact: {cut.get('exact')}"
        )
        shown += f"; without cuts {other['sync_s']:.0f} s"
        yield at_most(f"{way} of {count:,} records over the 2G link, cut every 30 s", one["sync_s"], goal, "s",
                      shown=shown, **one)  # fmt: skip
        ratio = carried(one) / carried(other)
        shown = f"{carried(one):,} / {carried(other):,} B"
        yield at_most(f"{way} of {count:,} records: bytes with cuts / without", ratio, 1.1, "", shown=shown)
