"""What is asked of every system: the same work, each step checked by comparing what the other side then holds."""

import hashlib
import json
import random
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import workload
from bench.bed import OPERATION_SECONDS, Bed, Failed, by_id
from bench.netproxy import Link, ask
from bench.peer import Peer, home
from bench.processes import bytes_below, cost
from bench.workload import Line, read_lines, write_lines

Figures = dict[str, Any]

VILLAGE = Link(delay_ms=300, kbps=40, connect_rtts=2)
"""A 2G link: 300 ms each way, 40 kbit/s each way, two round trips for a connection with TLS 1.3."""
VILLAGE_CUT = Link(delay_ms=300, kbps=40, connect_rtts=2, cut_every=30)
UNEVEN = Link(delay_ms=20, kbps=3000)


def digest(records: Mapping[str, Line]) -> str:
    """Equal for equal contents, in whatever order they are held."""
    whole = hashlib.sha256()
    for id in sorted(records):
        whole.update(json.dumps(records[id], ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())
    return whole.hexdigest()[:16]


def records_file(count: int) -> Path:
    folder = home() / "workload"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"records-{count}.jsonl"
    return path if path.exists() else write_lines(path, workload.records(count))


def edits_file(records_there: int, *, round_: int = 1, count: int = 100) -> Path:
    path = records_file(records_there).with_name(f"edits-{records_there}-{count}-{round_}.jsonl")
    return path if path.exists() else write_lines(path, workload.edits(records_there, count, round_=round_))


def basic(peer: Peer, count: int) -> Figures:
    """A stores and sends, B fetches; then nothing to do; then 100 edits, there and across."""
    lines, changes = records_file(count), edits_file(count)
    found: Figures = {"n": count}
    with Bed(peer, f"basic{count}") as bed:
        found["load"] = _slim(bed.do("a", "load", "--in", str(lines)))
        found["push"] = _slim(bed.do("a", "push"))
        found["server_disk"] = bed.server_bytes()
        found["pull"] = _slim(bed.do("b", "pull"))
        held = bed.records_of("b")
        found["pull_exact"] = digest(held) == digest(by_id(read_lines(lines)))
        found["pull_count"] = len(held)
        found["client_disk"] = bytes_below(bed.client_folder("b"))
        found["echo_a"] = _slim(bed.do("a", "sync"))
        found["noop_a"] = _slim(bed.do("a", "sync"))
        bed.do("b", "sync")
        found["noop_b"] = _slim(bed.do("b", "sync"))
        bed.do("a", "edit", "--in", str(changes))
        found["inc_push"] = _slim(bed.do("a", "push"))
        found["inc_pull"] = _slim(bed.do("b", "pull"))
        wanted = workload.edited(read_lines(lines), read_lines(changes))
        found["inc_exact"] = digest(bed.records_of("b")) == digest(wanted)
    return found


def first(peer: Peer, count: int) -> Figures:
    """A stores and sends, B fetches, to an empty server and from it; checked like the rest."""
    lines = records_file(count)
    with Bed(peer, f"first{count}") as bed:
        bed.do("a", "load", "--in", str(lines))
        found = {"push": _slim(bed.do("a", "push")), "pull": _slim(bed.do("b", "pull"))}
        if digest(bed.records_of("b")) != digest(by_id(read_lines(lines))):
            raise Failed(f"{peer.name}: what was fetched is not what was sent")
    return found


def conflict(peer: Peer, count: int = 100) -> Figures:
    """A and B edit without a network, then synchronise: A, B, A, B."""
    lines = records_file(count)
    some = read_lines(lines)
    both, same, gone = (some[number]["id"] for number in (3, 5, 7))
    with Bed(peer, "conflict") as bed:
        paper = bed.root / "changes.jsonl"

        def edit(client: str, *changes: tuple[str, Line]) -> None:
            write_lines(paper, [{"id": id, "set": values} for id, values in changes])
            bed.do(client, "edit", "--in", str(paper))

        bed.do("a", "load", "--in", str(lines))
        bed.do("a", "sync")
        bed.do("b", "sync")
        edit("a", (both, {"savings_paise": 111}), (same, {"meeting_day": "A-DAY"}))
        time.sleep(1.1)  # some of the systems decide by the second
        edit("b", (both, {"remarks": "B-REMARK"}), (same, {"meeting_day": "B-DAY"}))
        if peer.deletes:
            write_lines(paper, [{"id": gone}])
            bed.do("b", "delete", "--in", str(paper))
            edit("a", (gone, {"remarks": "EDITED-ON-A"}))
        for client in ("a", "b", "a", "b"):
            bed.do(client, "sync")
        mine, theirs = bed.records_of("a"), bed.records_of("b")
        recorded = {client: bed.attempt(client, "conflicts")["said"].get("conflicts") for client in ("a", "b")}
    found = {
        "converged": digest(mine) == digest(theirs),
        "different_fields": _fate(mine[both]),
        "same_field_winner": mine[same]["meeting_day"],
        "recorded_conflicts": recorded,
    }
    if peer.deletes:
        found["edit_vs_delete"] = mine[gone]["remarks"] if gone in mine else "deleted"
    return found


def _fate(record: Line) -> str:
    match record["savings_paise"] == 111, record["remarks"] == "B-REMARK":
        case True, True:
            return "merged"
        case True, False:
            return "A kept, B's edit gone"
        case False, True:
            return "B kept, A's edit gone"
    return "both gone"


def kill(peer: Peer, count: int = 10000) -> Figures:
    """The sender is killed at 20, 50 and 80 % of its bytes and started again; what does a fresh client then get?"""
    lines = records_file(count)
    wanted = digest(by_id(read_lines(lines)))
    with Bed(peer, "kill") as bed:
        bed.do("a", "load", "--in", str(lines))
        whole = bed.do("a", "push")["up"]
    trials = []
    for fraction in (0.2, 0.5, 0.8):
        with Bed(peer, "kill") as bed:
            bed.do("a", "load", "--in", str(lines))
            ask(bed.control, "reset")
            process = bed.start("a", "push", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while process.poll() is None and ask(bed.control)["up"] < whole * fraction:
                time.sleep(0.003)
            midway = process.poll() is None
            process.kill()
            process.wait()
            sent = ask(bed.control)["up"]
            time.sleep(0.5)
            again = bed.attempt("a", "push")
            ok = again["ok"] or bed.attempt("a", "push")["ok"]
            bed.do("fresh", "pull")
            held = bed.records_of("fresh")
            trials.append(
                {
                    "fraction": fraction,
                    "killed_midway": midway,
                    "sent_before": sent,
                    "restart": _slim(again),
                    "retry_ok": ok,
                    "count": len(held),
                    "exact": digest(held) == wanted,
                    "resent_share": round((sent + again["up"]) / whole - 1, 3),
                }
            )
    return {"n": count, "trials": trials, "full_push_bytes": whole}


def cuts(peer: Peer, count: int = 1000, trials: int = 12, seed: int = 6) -> Figures:
    """Connections reset at random points of pulls and pushes, then clean operations: is the copy exact?"""
    chance = random.Random(seed)
    lines = records_file(count)
    wanted = digest(by_id(read_lines(lines)))

    def repaired(bed: Bed, broken: list[Figures], client: str, operation: str, reader: str) -> Figures:
        clean = [bed.attempt(client, operation)["ok"] for _ in range(2)]
        if reader != client:
            bed.do(reader, "pull")
        held = bed.records_of(reader)
        return {"cuts": broken, "clean_ok": clean, "count": len(held), "exact": digest(held) == wanted}

    pulls, pushes = [], []
    with Bed(peer, "cutpull") as bed:
        bed.do("a", "load", "--in", str(lines))
        up = bed.do("a", "push")["up"]
        down = bed.do("z", "pull")["down"]
        bed.through(UNEVEN)
        for trial in range(trials):
            broken = [_broken(bed, f"b{trial}", "pull", "down", _anywhere(chance, down)) for _ in range(2)]
            pulls.append(repaired(bed, broken, f"b{trial}", "pull", f"b{trial}"))
    for _ in range(trials // 2):
        with Bed(peer, "cutpush") as bed:
            bed.do("a", "load", "--in", str(lines))
            bed.through(UNEVEN)
            broken = [_broken(bed, "a", "push", "up", _anywhere(chance, up)) for _ in range(3)]
            bed.through(Link())
            pushes.append(repaired(bed, broken, "a", "push", "fresh"))
    found: Figures = {"n": count, "push": pushes, "pull": pulls}
    for way, some in (("push", pushes), ("pull", pulls)):
        found[f"{way}_exact"] = f"{sum(one['exact'] for one in some)} of {len(some)}"
    return found


def _anywhere(chance: random.Random, total: int) -> int:
    return chance.randrange(max(1, total // 20), max(2, total * 19 // 20))


def _broken(bed: Bed, client: str, operation: str, way: str, at: int) -> Figures:
    """An operation whose connections are all reset once so many bytes have passed; did it claim success?"""
    ask(bed.control, "reset")
    process = bed.start(client, operation, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and ask(bed.control)[way] < at:
        time.sleep(0.002)
    ask(bed.control, "cut")
    try:
        process.wait(OPERATION_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    return {"at": at, "said_ok": process.returncode == 0}


def fleet(peer: Peer, clients: int = 50, each: int = 100) -> Figures:
    """Client processes with records of their own, released together."""
    lines = read_lines(records_file(clients * each))
    names = [f"f{number:02d}" for number in range(clients)]
    with Bed(peer, "fleet") as bed:
        for number, name in enumerate(names):
            part = write_lines(bed.root / "part.jsonl", lines[number * each : (number + 1) * each])
            bed.do(name, "load", "--in", str(part))
        ask(bed.control, "reset")
        with _at_the_barrier(bed, names) as processes:
            before, _ = cost(bed.server_pid)
            began = time.monotonic()
            for process in processes:
                process.stdin.write(b"go\n")
                process.stdin.close()
            said = [_said(process) for process in processes]
            wall = time.monotonic() - began
        after, peak = cost(bed.server_pid)
        passed = ask(bed.control)
        bed.do("fresh", "pull")
        exact = digest(bed.records_of("fresh")) == digest(by_id(lines))
    waits = sorted(one["sync_s"] for one in said if one.get("sync_s"))
    return {
        "clients": clients,
        "each": each,
        "ok": sum(bool(one.get("ok")) for one in said),
        "wall_s": round(wall, 3),
        "records_per_s": round(len(lines) / wall, 1),
        "server_cpu_s": round(after - before, 3),
        "server_cpu_ms_per_record": round((after - before) * 1000 / len(lines), 3),
        "server_rss_mib": round(peak, 1),
        "up": passed["up"],
        "down": passed["down"],
        "client_p50_s": waits[len(waits) // 2] if waits else None,
        "client_max_s": waits[-1] if waits else None,
        "exact": exact,
    }


@contextmanager
def _at_the_barrier(bed: Bed, names: list[str]) -> Iterator[list[Any]]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    processes = [bed.start(name, "push", "--barrier", **pipes) for name in names]
    try:
        for process in processes:
            assert process.stdout
            while (line := process.stdout.readline()) and line.strip() != b"READY":
                pass
        yield processes
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
                process.wait()


def _said(process: Any) -> Figures:
    lines = process.stdout.read().decode("utf-8", "replace").strip().splitlines()
    process.stdout.close()
    process.wait(OPERATION_SECONDS)
    try:
        return dict(json.loads(lines[-1]))
    except (IndexError, ValueError):
        return {}


def slow(peer: Peer, count: int = 1000, link: Link = VILLAGE_CUT) -> Figures:
    """Up and down over a bad link; an operation that fails is started again, as on a phone."""
    lines, changes = records_file(count), edits_file(count, round_=2, count=20)
    with Bed(peer, f"slow{count}") as bed:
        bed.do("a", "load", "--in", str(lines))
        bed.through(link)
        found: Figures = {"n": count, "link": vars(link), "push": _until_done(bed, "a", "push")}
        bed.through(Link())  # what is left goes over a good line, so that there is all of it to fetch
        rest = bed.attempt("a", "push")
        found["push_rest"] = {"ok": rest["ok"], "up": rest["up"]}
        bed.attempt("a", "sync")
        bed.through(link)
        found["pull"] = _until_done(bed, "b", "pull")
        if found["pull"]["ok"]:
            held = bed.records_of("b")
            found["count"], found["exact"] = len(held), digest(held) == digest(by_id(read_lines(lines)))
            found["noop"] = _until_done(bed, "a", "sync")
            bed.do("a", "edit", "--in", str(changes))
            found["inc20_push"] = _until_done(bed, "a", "push")
            found["inc20_pull"] = _until_done(bed, "b", "pull")
    return found


def day(peer: Peer, known: int = 1000, new: int = 20, link: Link = VILLAGE) -> Figures:
    """A day's work: a phone that is up to date stores some new records and sends them over the village's link."""
    every = read_lines(records_file(known + new))
    with Bed(peer, "day") as bed:
        before = write_lines(bed.root / "before.jsonl", every[:known])
        today = write_lines(bed.root / "today.jsonl", every[known:])
        bed.do("a", "load", "--in", str(before))
        bed.do("a", "sync")
        bed.do("a", "sync")
        bed.do("a", "load", "--in", str(today))
        bed.through(link)
        found = _until_done(bed, "a", "push")
        bed.through(Link())
        bed.do("fresh", "pull")
        found["exact"] = digest(bed.records_of("fresh")) == digest(by_id(every))
    return {"new": new, **found}


def _until_done(bed: Bed, client: str, operation: str, tries: int = 24, budget: float = 900) -> Figures:
    began, ok, starts, sync_s = time.monotonic(), False, 0, 0.0
    total = dict.fromkeys(("up", "down", "cuts", "turns", "conns"), 0)
    while not ok and starts < tries and (left := budget - (time.monotonic() - began)) > 0:
        figures = bed.attempt(client, operation, seconds=max(5, left))
        ok, starts, sync_s = figures["ok"], starts + 1, sync_s + (figures["sync_s"] or figures["wall_s"])
        total = {name: value + figures[name] for name, value in total.items()}
        if not ok:
            time.sleep(1)
    wall = round(time.monotonic() - began, 1)
    return {"ok": ok, "wall_s": wall, "sync_s": round(sync_s, 3), "starts": starts, **total}


def _slim(figures: Figures) -> Figures:
    return {name: value for name, value in figures.items() if name not in ("op", "client", "said")}
