"""How the demo begins: what it cannot do it says in a sentence, and it empties no folder but its own."""

import contextlib
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from operations import demo
from operations.demo import MARK, CannotStart, main, own
from operations.demo_web import PortTaken, port_of, reserved

ROOT = Path(__file__).parents[2]


def test_a_new_folder_is_made_and_marked(tmp_path):
    with own(tmp_path / "new"):
        assert (tmp_path / "new" / MARK).exists()


def test_a_folder_of_somebody_else_is_left_alone(tmp_path, capsys):
    (tmp_path / "letter.txt").write_text("dear")
    assert main(["--once", "--folder", str(tmp_path)]) == 2
    assert "--folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_folder_in_use_is_refused_and_free_again_afterwards(tmp_path):
    with own(tmp_path), pytest.raises(CannotStart, match="Another demo is using"), own(tmp_path):
        pass
    with own(tmp_path):
        pass


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart, match="cannot write"), own(tmp_path / "file" / "below"):
        pass


def test_ports_in_a_row_are_taken():
    first = free_port()
    sockets = reserved(first, 3)
    try:
        assert [port_of(one) for one in sockets] == [first, first + 1, first + 2]
    finally:
        for one in sockets:
            one.close()


def test_a_taken_port_is_named_and_the_others_are_let_go():
    first = free_port()
    with socket.create_server(("127.0.0.1", first + 1)), pytest.raises(PortTaken) as refused:
        reserved(first, 3)
    assert refused.value.port == first + 1
    for one in reserved(first, 3):
        one.close()


def test_a_taken_port_is_said_before_anything_is_made(tmp_path, capsys):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert main(["--port", str(port), "--folder", str(tmp_path / "new")]) == 2
    said = capsys.readouterr().err
    assert f"Port {port} is taken" in said and re.search(r"--port \d+", said)
    assert not (tmp_path / "new").exists()


def test_words_that_are_not_compiled_are_said(tmp_path, capsys, monkeypatch):
    def missing(language):
        raise FileNotFoundError(language)

    monkeypatch.setattr("screens.words.words_of", missing)
    assert main(["--once", "--folder", str(tmp_path)]) == 2
    assert "make demo" in capsys.readouterr().err


def test_a_missing_library_is_said():
    """-S and -I: a Python that has nothing installed."""
    start = "import sys; sys.path.insert(0, '.'); from operations.demo import main; sys.exit(main(['--once']))"
    run = subprocess.run([sys.executable, "-I", "-S", "-c", start], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 2, run.stderr
    assert re.fullmatch(r"\w+ is missing from this Python\. `make demo` .*\n", run.stderr)


def test_ctrl_c_is_no_traceback(monkeypatch, capsys):
    def interrupted(chosen):
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "_run", interrupted)
    assert main(["--once"]) == 130
    assert "Ended." in capsys.readouterr().out


def free_port() -> int:
    """A port that is free, with two free ones behind it."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as one:
            port = one.getsockname()[1]
        with contextlib.suppress(PortTaken):
            for one in reserved(port, 3):
                one.close()
            return port
