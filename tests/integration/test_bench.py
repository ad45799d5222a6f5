"""Every measuring function of the benchmark runs, at a tiny size. How fast is no matter of tests."""

import json
from pathlib import Path

import pytest

from bench import __main__ as command
from bench import block, carrying, importing, meeting, pulling, pushing, report, scenarios
from bench.bed import Bed, by_id
from bench.findings import TINY
from bench.peer import Peer
from bench.workload import edited, edits, records, write_lines

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="the benchmark reads /proc: Linux only")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PEERS_HOME", str(tmp_path / "peers"))


@pytest.mark.parametrize("part", [pushing, pulling, block, meeting, importing], ids=lambda part: part.__name__)
def test_a_part_measures(part, tmp_path):
    findings = list(part.measure(TINY, tmp_path))
    reasons = [finding.skipped for finding in findings if finding.skipped]
    assert findings and all("PostgreSQL" in why for why in reasons), reasons
    assert all(finding.measured for finding in findings if not finding.skipped)


def test_the_adapter_does_every_operation_of_the_contract(tmp_path):
    """Also what is not in a scenario of one client: the copies are compared after each step."""
    lines = list(records(12))
    with Bed(Peer("samooh"), "test") as bed:
        bed.do("a", "load", "--in", str(write_lines(tmp_path / "lines", lines)))
        bed.do("a", "push")
        bed.do("b", "pull")
        assert bed.records_of("b") == by_id(lines)
        changes = list(edits(12, 3))
        bed.do("b", "edit", "--in", str(write_lines(tmp_path / "changes", changes)))
        bed.do("a", "delete", "--in", str(write_lines(tmp_path / "gone", [{"id": lines[0]["id"]}])))
        for client in ("a", "b", "a"):
            bed.do(client, "sync")
        wanted = edited(lines, changes)
        del wanted[lines[0]["id"]]
        assert bed.records_of("a") == bed.records_of("b") == wanted
        assert bed.do("a", "conflicts")["said"]["conflicts"] == []
        assert bed.attempt("a", "sync")["turns"] == 1


def test_bytes_and_paces_are_told_from_the_figures_of_scenarios(monkeypatch):
    kept = json.loads((report.HERE / "results" / "reference.json").read_text("utf-8"))["basic"]
    monkeypatch.setattr(scenarios, "basic", lambda peer, count: kept["1000" if count == 20 else "10000"])
    monkeypatch.setattr(
        scenarios, "day", lambda peer, known: {"sync_s": 3.0, "up": 2000, "down": 500, "turns": 1, "exact": True}
    )
    findings = {finding.what: finding for finding in carrying.measure(TINY, Path())}
    assert findings["a day's work: bytes both ways"].measured == "2,500 B"
    assert findings["nothing to do: bytes both ways, token and HTTP headers included"].reached
    assert findings["copies equal after every step"].reached


def test_the_command_tells_writes_and_goes_on_after_a_part_that_breaks(tmp_path, monkeypatch, capsys):
    def broken(scale, scratch):
        raise RuntimeError("no room")
        yield

    monkeypatch.setitem(command.PARTS, "push", broken)
    figures, document = tmp_path / "figures.json", tmp_path / "performance.md"
    chosen = ["--scale", "tiny", "--parts", "push,import", "--figures", str(figures), "--document", str(document)]
    assert command.main(chosen) == 0
    told = json.loads(figures.read_text("utf-8"))
    assert [finding["what"] for finding in told["findings"]] == ["the rest of push", importing.WHAT, importing.MEMORY]
    assert told["machine"]["cores"] and told["command"].endswith(str(document))
    text = document.read_text("utf-8")
    assert "no room" in text and "## Where the time goes" in text
    assert "no room" in capsys.readouterr().out


def test_an_unknown_part_is_refused_with_those_that_there_are(capsys):
    with pytest.raises(SystemExit):
        command.main(["--parts", "speed"])
    assert "no part named speed" in capsys.readouterr().err
