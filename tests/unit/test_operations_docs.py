"""The page for whoever runs a server names every setting, every command and every series, and the samples fit them."""

import configparser
import re
from pathlib import Path

import pytest
import typer

from operations.samooh import samooh
from server import metrics
from server.settings import FILE, PREFIX, SETTINGS, read_settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
SAMPLES = ROOT / "operations" / "samples"
IMPORTED = ("places", "branches", "groups", "members")


def commands(group=None, before=()):
    """Every command with the groups it stands in, as it is typed."""
    command = group or typer.main.get_command(samooh)
    for name, one in command.commands.items():
        if hasattr(one, "commands"):
            yield from commands(one, (*before, name))
        else:
            yield " ".join(("samooh", *before, name))


def test_every_command_stands_in_the_table_and_nothing_else_does():
    typed = {one for one in commands() if one.split()[1] not in IMPORTED}
    assert {"samooh serve", "samooh people add", "samooh norm set"} <= typed
    assert set(re.findall(r"^\| `(samooh [a-z ]+)` \|", PAGE, re.MULTILINE)) == typed


def test_importers_are_named():
    assert all(f"`samooh {name}`" in PAGE for name in IMPORTED)


def test_every_setting_stands_in_the_table_and_nothing_else_does():
    named = [PREFIX + name.upper() for name in SETTINGS]
    assert re.findall(r"^\| `(SAMOOH_\w+)` \| (?!the|what)", PAGE.split("## 3.")[1].split("## 4.")[0], re.MULTILINE)
    table = PAGE.split("## 3.")[1].split("## 4.")[0]
    assert re.findall(r"^\| `(SAMOOH_\w+)` \|", table, re.MULTILINE) == named
    assert FILE in table


def test_every_setting_stands_in_the_sample_and_the_sample_can_be_read(monkeypatch, tmp_path):
    text = (SAMPLES / "settings.env").read_text("utf-8")
    assert re.findall(r"^#?(SAMOOH_\w+)=", text, re.MULTILINE) == [PREFIX + name.upper() for name in SETTINGS]
    file = tmp_path / "settings.env"
    file.write_text(text.replace("/var/lib/samooh", str(tmp_path)))
    for name in SETTINGS:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)
    assert read_settings(file).port == 8600


@pytest.mark.parametrize(
    "name", [name for one in vars(metrics).values() if (name := getattr(one, "_name", None)) and "samooh" in str(name)]
)
def test_every_series_that_is_counted_is_explained(name):
    assert f"`{name}" in PAGE


def test_every_series_of_devices_is_explained():
    source = (ROOT / "server" / "metrics.py").read_text("utf-8")
    named = re.findall(r'GaugeMetricFamily\("(\w+)"', source)
    assert len(named) >= 4 and all(f"`{name}" in PAGE for name in named)


def test_the_unit_starts_what_exists_and_is_hardened():
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read_string((SAMPLES / "samooh.service").read_text("utf-8"))
    service = dict(unit["Service"])
    assert service["ExecStart"].endswith("-m operations.samooh serve")
    assert service["Environment"].startswith(f"{FILE}=/") and "EnvironmentFile" not in service, "it passes lines over"
    assert service["RestartPreventExitStatus"] == "2"
    for name, value in {"NoNewPrivileges": "yes", "ProtectSystem": "strict", "UMask": "0077", "User": "samooh"}.items():
        assert service[name] == value


def test_the_unit_lets_the_revocations_lie_on_another_disk_and_the_page_says_how():
    unit = (SAMPLES / "samooh.service").read_text("utf-8")
    [folder] = re.findall(r"^#ReadWritePaths=(\S+)$", unit, re.MULTILINE)
    assert f"SAMOOH_REVOCATIONS={folder}/" in (SAMPLES / "settings.env").read_text("utf-8")
    assert PAGE.split("## 3.")[1].split("## 4.")[0].count("ReadWritePaths=") == 1
    assert "ReadWritePaths=" in PAGE.split("## 11.")[1].split("which cannot be written")[1].split("\n")[0]


def test_what_the_page_tells_to_type_is_on_a_bare_system():
    installed = set(" ".join(re.findall(r"apt-get install (.+)", PAGE)).replace("`", " ").split())
    assert {"git", "make", "python3-venv", "cron", "postgresql", "chrony", "caddy"} <= installed
    assert not re.search(r"\bsudo\b", PAGE), "Debian's minimal system does not bring it"
    for line in re.findall(r"^    .*create(?:user|db) .*", PAGE, re.MULTILINE):
        assert line.startswith("    runuser -u postgres -- "), "root has no role in PostgreSQL"


def test_the_command_of_the_page_keeps_the_folder_in_which_it_is_given():
    [exec_] = re.findall(r"^    exec (.+)$", PAGE, re.MULTILINE)
    assert exec_.endswith('samooh --settings /etc/samooh/settings.env "$@"') and " -l " not in exec_
    assert not re.search(r"\bcd ", PAGE), "a name beside which somebody stands would be looked for elsewhere"
