"""The settings of a server: every mistake at once, each a sentence that says what to write; no password."""

import pickle
import re
from pathlib import Path

import pytest

from server.settings import ELSEWHERE, INSTEAD, SETTINGS, BadSettings, read_settings

PASSWORD = "kachnar-47"


@pytest.fixture(autouse=True)
def bare(monkeypatch, tmp_path):
    """No setting of this machine; a folder of the test's own."""
    import os

    for name in list(os.environ):
        if name.startswith("SAMOOH_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SAMOOH_FOLDER", str(tmp_path / "server"))


def mistakes(monkeypatch, **settings):
    for name, value in settings.items():
        monkeypatch.setenv(f"SAMOOH_{name.upper()}", value)
    with pytest.raises(BadSettings) as refused:
        read_settings()
    return refused.value.mistakes


def test_what_is_usual(tmp_path):
    settings = read_settings()
    assert (settings.state, settings.host, settings.port, settings.workers) == (23, "127.0.0.1", 8600, 1)
    assert settings.database_file == tmp_path / "server" / "central.db"
    assert settings.secret_path == tmp_path / "server" / "secret.key"
    assert settings.revocations_path == tmp_path / "server" / "revocations.jsonl"
    assert (settings.console_port, settings.metrics_port, settings.log) == (8601, 8602, "json")


def test_chosen_wins_over_the_environment_and_that_over_the_file(monkeypatch, tmp_path):
    file = tmp_path / "settings.env"
    file.write_text("SAMOOH_PORT=8700\nSAMOOH_STATE=22\nSAMOOH_LOG=plain\n")
    monkeypatch.setenv("SAMOOH_STATE", "21")
    settings = read_settings(file, log="json")
    assert (settings.port, settings.state, settings.log) == (8700, 21, "json")
    monkeypatch.setenv("SAMOOH_SETTINGS", str(file))
    assert read_settings().port == 8700


def test_all_mistakes_are_told_at_once(monkeypatch):
    said = mistakes(
        monkeypatch, port="eighty", workers="3", log="loud", state="0", behind_proxy="maybe", host="0.0.0.0"
    )
    for name in ("PORT", "WORKERS", "LOG", "STATE", "BEHIND_PROXY", "HOST"):
        [line] = [line for line in said if line.startswith(f"SAMOOH_{name} ")]
        assert line.endswith("."), line
    assert len(said) == 6


@pytest.mark.parametrize("name", INSTEAD)
def test_what_to_write_instead_is_known_for_every_setting_that_can_be_malformed(name):
    assert name in SETTINGS and set(SETTINGS) - set(INSTEAD) == {"database_url"}


@pytest.mark.parametrize(
    ("address", "says"),
    [
        (f"mysql://u:{PASSWORD}@h/d", "mysql, which is not supported"),
        (f"postgresql://u:{PASSWORD}@h", "names no database"),
        (f"u:{PASSWORD}@h/d", "not the address of a database"),
        (f"postgresql://u:{PASSWORD}@h:port/d", "not the address of a database"),
        (f"postgresql+psycopg2://u:{PASSWORD}@h/d", "postgresql+psycopg2, which is not installed"),
        (f"postgresql+asyncpg://u:{PASSWORD}@h/d", "write postgresql+psycopg://"),
        ("sqlite+aiosqlite:////x", "sqlite+aiosqlite, which is not installed"),
        ("sqlite://", "names no file"),
    ],
)
def test_a_wrong_address_is_told_without_its_password(monkeypatch, address, says):
    [line] = mistakes(monkeypatch, database_url=address)
    assert says in line and "SAMOOH_DATABASE_URL" in line and PASSWORD not in line


def test_the_password_is_shown_nowhere_and_given_to_the_engine(monkeypatch):
    monkeypatch.setenv("SAMOOH_DATABASE_URL", f"postgres://u:{PASSWORD}@h/d")
    settings = read_settings(workers=4)
    assert settings.url == f"postgresql+psycopg://u:{PASSWORD}@h/d"
    assert PASSWORD not in f"{settings!r} {settings} {settings.shown_url} {settings.model_dump()}"
    assert pickle.loads(pickle.dumps(settings)).url == settings.url


def test_several_workers_need_postgresql(monkeypatch):
    [line] = mistakes(monkeypatch, workers="2")
    assert "write 1" in line and "PostgreSQL" in line


def test_an_address_for_others_needs_a_proxy(monkeypatch):
    assert "BEHIND_PROXY=yes" in mistakes(monkeypatch, host="10.1.2.3")[0]
    monkeypatch.setenv("SAMOOH_BEHIND_PROXY", "yes")
    assert read_settings().host == "10.1.2.3"


def test_a_folder_that_cannot_be_is_told_once(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    [line] = mistakes(monkeypatch, folder=str(tmp_path / "file" / "below"))
    assert "SAMOOH_FOLDER" in line and "cannot be written" in line


def test_a_key_that_is_short_or_open_to_all_is_told(monkeypatch, tmp_path):
    key = tmp_path / "a.key"
    key.write_bytes(b"x" * 31)
    assert "not whole" in mistakes(monkeypatch, secret_file=str(key))[0]
    key.write_bytes(b"x" * 32)
    key.chmod(0o644)
    assert "chmod 600" in mistakes(monkeypatch, secret_file=str(key))[0]
    key.chmod(0o600)
    assert read_settings().secret_path == key


def test_a_misspelt_name_is_told_in_file_and_environment(monkeypatch, tmp_path):
    file = tmp_path / "settings.env"
    file.write_text("SAMOOH_PROT=8700\n")
    monkeypatch.setenv("SAMOOH_WORKER", "2")
    with pytest.raises(BadSettings) as refused:
        read_settings(file)
    assert any("SAMOOH_PROT" in line and "SAMOOH_PORT?" in line for line in refused.value.mistakes)
    assert any("SAMOOH_WORKER " in line and "SAMOOH_WORKERS?" in line for line in refused.value.mistakes)


@pytest.mark.parametrize("name", ["SAMOOH_DB_URL", "SAMOOH_SECRET", "SAMOOH_QQQ", "samooh_folders"])
def test_a_name_that_is_not_known_is_told_however_far_from_a_known_one(monkeypatch, name):
    monkeypatch.setenv(name, "x")
    with pytest.raises(BadSettings, match=f"{name} is no setting"):
        read_settings()


ROOT = Path(__file__).parents[2]


def test_names_that_others_use_are_left_alone(monkeypatch):
    read = re.compile(r"""(?:environ(?:\.get\(|\[)"|\{\$)SAMOOH_(\w+)""")
    places = [ROOT / "main.py", ROOT / "operations" / "samples" / "Caddyfile", *(ROOT / "tests").rglob("*.py")]
    used = {name for place in places for name in read.findall(place.read_text("utf-8"))}
    assert {"SITE", "SERVER", "SEEDS"} <= used and used - set(ELSEWHERE) <= {name.upper() for name in SETTINGS}
    for name in ELSEWHERE:
        monkeypatch.setenv(f"SAMOOH_{name}", "x")
    assert read_settings().port == 8600


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('SAMOOH_LOG=json\n\nSAMOOH_FOLDER="/tmp/kachnar-47\n', ["Line 3 of", "must end with the same one"]),
        ('SAMOOH_FOLDER="/tmp/kachnar-47\nSAMOOH_LOG="\n', ["Line 1 of"]),
        ("SAMOOH_WORKERS 4\nthis is no line\n", ["Line 1 of", "Line 2 of", "write NAME=value"]),
        ("# the port\nSAMOOH_PORT\nSAMOOH_LOG=\n", ["SAMOOH_PORT in line 2", "SAMOOH_LOG in line 3", "no value"]),
        ("SAMOOH_PORT=8700\n\nsamooh_port=8800\n", ["in line 1 and again in line 3"]),
        ("SAMOOH_PORT=eighty\nSAMOOH_WORKERS 4\n", ["Line 2 of", "'eighty'"]),
    ],
)
def test_a_line_that_cannot_be_read_is_told_and_not_shown(tmp_path, lines, says, caplog):
    file = tmp_path / "settings.env"
    file.write_text(lines)
    with pytest.raises(BadSettings) as refused:
        read_settings(file)
    said = str(refused.value)
    assert all(piece in said and str(file) in said for piece in says), said
    assert PASSWORD not in said and not caplog.records


def test_a_file_of_an_editor_of_windows_is_read_or_told(tmp_path):
    file = tmp_path / "settings.env"
    file.write_bytes("\ufeffSAMOOH_PORT=8700\r\nSAMOOH_LOG=plain\r\n".encode())
    assert (read_settings(file).port, read_settings(file).log) == (8700, "plain")
    file.write_text("SAMOOH_PORT=8700\n", "utf-16")
    with pytest.raises(BadSettings, match="UTF-8"):
        read_settings(file)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(BadSettings, match="is not there"):
        read_settings(tmp_path / "none.env")
