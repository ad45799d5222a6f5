"""The kit of the benchmark: the workload is the same for ever, the proxy counts right, nobody depends on the kit."""

import hashlib
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from json import loads
from pathlib import Path

import pytest

from bench import workload
from bench.bed import by_id
from bench.findings import Finding, at_least, at_most, in_turns, p95, skipped
from bench.flat import FlatGroup, line_of, record_of
from bench.netproxy import Bottleneck, Link, ask
from bench.report import markdown_table
from bench.run import RESULTS, kept_results, median_of, table
from bench.scenarios import digest
from records.record import fields_of

ROOT = Path(__file__).parents[2]


def test_the_workload_is_the_one_that_all_results_are_of():
    text = "\n".join(workload.as_text(line) for line in workload.records(100))
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "3ac323506cd3a965"


def test_a_longer_workload_begins_with_the_shorter_one():
    assert list(workload.records(80))[:50] == list(workload.records(50))
    assert list(workload.records(50, 8)) != list(workload.records(50, 7))


def test_edits_change_as_many_records_as_they_say_and_others_in_another_round():
    before = list(workload.records(300))
    one, two = (list(workload.edits(300, 40, round_=number)) for number in (1, 2))
    after = workload.edited(before, one)
    assert sum(after[line["id"]] != line for line in before) == 40
    assert [line["id"] for line in one] != [line["id"] for line in two]


def test_the_flat_kind_takes_every_line_of_the_workload_as_it_is():
    assert set(fields_of(FlatGroup)) == {*next(workload.records(1)), "deleted_on"} - {"id"}
    for line in workload.records(60):
        checked = FlatGroup(**record_of(line))
        assert line_of(checked.model_dump()) == line


# --- the proxy


@contextmanager
def an_echo() -> Iterator[int]:
    """A server that sends back what it gets; its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=echo, args=(connection,), daemon=True).start()

    def echo(connection: socket.socket) -> None:
        with connection:
            try:
                while piece := connection.recv(65536):
                    connection.sendall(piece)
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


@contextmanager
def a_proxy(port: int, link: Link | None = None) -> Iterator[dict[str, int]]:
    command = [sys.executable, "-m", "bench.netproxy", "--target", f"127.0.0.1:{port}"]
    with subprocess.Popen(
        [*command, *(link or Link()).arguments()], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        try:
            yield loads(process.stdout.readline())
        finally:
            process.terminate()


def received(connection: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size and (piece := connection.recv(65536)):
        found += piece
    return found


def test_the_proxy_counts_bytes_and_round_trips_and_changes_nothing():
    sent = bytes(range(256)) * 300
    with an_echo() as port, a_proxy(port) as proxy, socket.create_connection(("127.0.0.1", proxy["port"])) as line:
        for _ in range(3):
            line.sendall(b"ping")
            assert received(line, 4) == b"ping"
        line.sendall(sent)
        assert received(line, len(sent)) == sent
        told = ask(proxy["control"], "reset")
        assert (told["up"], told["down"], told["conns"]) == (12 + len(sent), 12 + len(sent), 1)
        assert told["turns"] >= 4
        assert ask(proxy["control"])["up"] == 0


def test_a_cut_resets_what_is_open_and_the_link_comes_back():
    with an_echo() as port, a_proxy(port, Link(delay_ms=1)) as proxy:
        with socket.create_connection(("127.0.0.1", proxy["port"])) as line:
            line.sendall(b"ping")
            assert received(line, 4) == b"ping"
            ask(proxy["control"], "cut")
            with pytest.raises(ConnectionResetError):
                line.recv(1)
        assert ask(proxy["control"])["cuts"] == 1
        with socket.create_connection(("127.0.0.1", proxy["port"])) as line:
            line.sendall(b"pong")
            assert received(line, 4) == b"pong"


def test_a_target_that_refuses_is_refused_through_the_proxy():
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with a_proxy(port) as proxy, socket.create_connection(("127.0.0.1", proxy["port"])) as line:
        line.settimeout(10)
        with suppress(ConnectionResetError):
            assert line.recv(1) == b""


def test_bytes_leave_a_bottleneck_one_after_the_other_at_its_rate():
    slow = Bottleneck(Link(kbps=40).bytes_per_second)
    assert slow.leaves_at(5000, now=10.0) == 11.0
    assert slow.leaves_at(2500, now=10.5) == 11.5, "those before are still in it"
    assert slow.leaves_at(5000, now=20.0) == 21.0
    assert Bottleneck(0).leaves_at(5000, now=3.0) == 3.0


# --- figures


def test_medians_are_taken_number_by_number_and_a_no_stays_a_no():
    runs = [{"a": 1, "ok": True}, {"a": 9, "ok": True}, {"a": 2, "ok": False}]
    assert median_of(runs) == {"a": 2, "ok": False}
    assert p95(list(range(1, 101))) == 95 and p95([3.0]) == 3.0


def test_contents_are_equal_in_any_order_and_without_private_fields():
    one = by_id([{"id": "1", "x": 1, "_rev": 5}, {"id": "2", "x": 2}])
    assert digest(one) == digest(by_id([{"x": 2, "id": "2"}, {"x": 1, "id": "1"}]))
    assert digest(one) != digest(by_id([{"id": "1", "x": 1}, {"id": "2", "x": 3}]))


def test_works_take_turns_and_every_other_round_goes_backwards():
    said: list[str] = []
    found = in_turns(3, lambda: said.append("raw") or 1.0, lambda: said.append("ours") or 2.0)
    assert said == ["raw", "ours", "ours", "raw", "raw", "ours"]
    assert found == [[1.0] * 3, [2.0] * 3]


def test_a_goal_is_reached_or_not_and_what_was_skipped_says_why():
    assert at_least("a", 0.5, 0.5, "x").reached and not at_least("a", 0.49, 0.5, "x").reached
    assert at_most("b", 300, 300, "B").reached and not at_most("b", 301, 300, "B").reached
    text = markdown_table([at_most("b", 301, 300, "B"), skipped("c", "no | PostgreSQL"), Finding("d", measured="1")])
    assert "| b | <= 300 B | 301 B | 1.00 | no |" in text
    assert "skipped: no / PostgreSQL" in text


def test_the_kept_results_of_other_systems_can_be_read():
    names = {kept["peer"] for kept in kept_results(RESULTS)}
    assert names >= {"pouchdb", "watermelon", "tinybase", "actual", "kinto", "reference"}
    assert "| pouchdb | 10000 | 6.95 s, 1440/s |" in table()


def test_no_room_of_the_product_imports_the_benchmark():
    named = re.compile(r"^\s*(from|import) bench\b", re.MULTILINE)
    rooms = ("records", "storage", "sync", "screens", "server", "operations")
    sources = [ROOT / "main.py", *(path for room in rooms for path in (ROOT / room).rglob("*.py"))]
    assert len(sources) > 100
    assert not [path for path in sources if named.search(path.read_text("utf-8"))]
