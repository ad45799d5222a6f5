"""Runs one system through the scenarios and keeps what was measured: `python -m bench.run --peer pouchdb`.

The results lie in `results/<peer>.json`; `--table` prints them side by side.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from bench import scenarios
from bench.peer import HERE, Peer

RESULTS = Path(os.environ.get("PEERS_RESULTS") or HERE / "results")
BASIC_SECONDS = float(os.environ.get("PEERS_BASIC_LIMIT", "400"))
"""A slow system is not run three times when one run has taken this long."""


def measured(peer: Peer, scenario: str, chosen: argparse.Namespace) -> dict[str, Any]:
    """What to keep of one scenario: {name: figures}."""
    if scenario == "basic":
        counts = [int(count) for count in chosen.n.split(",")]
        return {"basic": {str(n): repeated(lambda n=n: scenarios.basic(peer, n), chosen.runs) for n in counts}}
    if scenario == "kill":
        return {"kill": scenarios.kill(peer, chosen.kill_n)}
    if scenario == "slow":
        name = "slow" if chosen.slow_n == 1000 else f"slow{chosen.slow_n}"
        return {name: scenarios.slow(peer, chosen.slow_n)}
    plain: dict[str, Callable[[Peer], Any]] = {
        "conflict": scenarios.conflict,
        "cuts": scenarios.cuts,
        "day": scenarios.day,
        "fleet": scenarios.fleet,
    }
    if scenario not in plain:
        raise SystemExit(f"There is no scenario named {scenario}. There are: basic, kill, slow, {', '.join(plain)}.")
    return {scenario: plain[scenario](peer)}


def repeated(once: Callable[[], dict[str, Any]], runs: int) -> dict[str, Any]:
    """The medians of several runs."""
    began, found = time.monotonic(), [once()]
    while len(found) < runs and time.monotonic() - began < BASIC_SECONDS:
        found.append(once())
    return {**median_of(found), "runs": len(found)}


def median_of(runs: list[Any]) -> Any:
    """The median of every number over runs of one shape; of yes and no, whether all said yes."""
    first = runs[0]
    if isinstance(first, dict):
        return {name: median_of([run[name] for run in runs if name in run]) for name in first}
    if isinstance(first, bool):
        return all(runs)
    if isinstance(first, int | float):
        middle = statistics.median(one for one in runs if one is not None)
        return round(middle, 3) if isinstance(middle, float) else middle
    return first


def keep(peer: Peer, part: dict[str, Any]) -> None:
    """Adds to the results of a system; those of other scenarios and sizes stay."""
    path = RESULTS / f"{peer.name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = json.loads(path.read_text("utf-8")) if path.exists() else {"peer": peer.name}
    kept |= {"about": peer.about.get("about", ""), "versions": peer.versions()}
    sizes = {**kept.get("basic", {}), **part.pop("basic", {})}
    kept |= part | ({"basic": sizes} if sizes else {})
    aside = path.with_suffix(".new")
    aside.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", "utf-8")
    aside.replace(path)


def kept_results(folder: Path = RESULTS) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.json")):
        kept = json.loads(path.read_text("utf-8"))
        if isinstance(kept, dict) and "peer" in kept:
            yield kept


HEADINGS = (
    "system", "N", "push", "B a record", "pull", "B a record", "server CPU µs a record", "client MiB push/pull",
    "100 edits push/pull", "nothing to do", "server disk B a record", "exact",
)  # fmt: skip


def table() -> str:
    lines = [" | ".join(HEADINGS).join(("| ", " |")), "|---" * len(HEADINGS) + "|"]
    for kept in kept_results():
        for count, figures in sorted(kept.get("basic", {}).items(), key=lambda pair: int(pair[0])):
            lines.append(" | ".join(_cells(kept["peer"], int(count), figures)).join(("| ", " |")))
    return "\n".join(lines)


def _cells(name: str, count: int, figures: dict[str, Any]) -> list[str]:
    push, pull, nothing = figures["push"], figures["pull"], figures["noop_a"]
    edits = (figures["inc_push"], figures["inc_pull"])
    return [
        name,
        str(count),
        _pace(push, count),
        f"{carried(push) / count:.0f}",
        _pace(pull, count),
        f"{carried(pull) / count:.0f}",
        f"{push['server_cpu_s'] * 1e6 / count:.0f}",
        f"{push['client_rss_mib']:.0f}/{pull['client_rss_mib']:.0f}",
        f"{_both(seconds(one) for one in edits)} s, {_both(carried(one) / 1e3 for one in edits)} kB",
        f"{seconds(nothing):.2f} s, {carried(nothing) / 1e3:.2f} kB",
        f"{figures['server_disk'] / count:.0f}",
        "yes" if figures["pull_exact"] and figures["inc_exact"] else "NO",
    ]  # fmt: skip


def _both(values: Iterable[float]) -> str:
    return "/".join(f"{value:.2f}" for value in values)


def seconds(figures: dict[str, Any]) -> float:
    return float(figures.get("sync_s") or figures["wall_s"] or 0.0001)


def carried(figures: dict[str, Any]) -> int:
    return int(figures["up"] + figures["down"])


def _pace(figures: dict[str, Any], count: int) -> str:
    return f"{seconds(figures):.2f} s, {count / seconds(figures):.0f}/s"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.run", description="Run one system through the scenarios.")
    parser.add_argument("--peer", help="name of a folder in bench/adapters")
    parser.add_argument("--n", default="1000,10000", help="sizes of the scenario basic")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--scenarios", default="basic,conflict,kill,fleet")
    parser.add_argument("--kill-n", type=int, default=10000)
    parser.add_argument("--slow-n", type=int, default=1000)
    parser.add_argument("--table", action="store_true", help="print the results kept so far")
    chosen = parser.parse_args(arguments)
    if chosen.table:
        print(table())
        return
    if not chosen.peer:
        parser.error("name a system with --peer, or ask for the --table")
    peer = Peer(chosen.peer)
    for scenario in chosen.scenarios.split(","):
        began = time.monotonic()
        keep(peer, measured(peer, scenario, chosen))
        print(f"{peer.name} {scenario}: {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
