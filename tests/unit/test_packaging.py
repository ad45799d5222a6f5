"""What gets onto a phone: read as flet build reads it, and imported with nothing else at hand."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from flet_cli.utils.app_excludes import find_default_excludes
from flet_cli.utils.project_dependencies import get_project_dependencies
from flet_cli.utils.pyproject_toml import load_pyproject_toml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCKS = {"requirements.lock": (), "requirements-server.lock": ("server",), "requirements-dev.lock": ("server", "dev")}
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)

setting = load_pyproject_toml(ROOT)


def pins(lock: str) -> dict[str, str]:
    return {canonicalize_name(name): version for name, version in PIN.findall((ROOT / lock).read_text("utf-8"))}


def test_the_app_starts_at_main():
    assert (ROOT / setting("tool.flet.app.path") / f"{setting('tool.flet.app.module')}.py").is_file()
    assert (ROOT / "assets" / "icon.png").is_file()


def test_the_phone_gets_its_libraries_and_no_other():
    listed = get_project_dependencies(setting("project.dependencies"))
    flets = {"flet", "flet-secure-storage", "flet-geolocator"}
    assert {Requirement(line).name for line in listed} == flets | {
        "sqlalchemy",
        "requests",
        "pillow",
        "pydantic",
        "cryptography",
    }


def top_level() -> set[str]:
    """What lies in the checkout and is not ignored by git; without git, all that lies there."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    )
    names = {line.split("/")[0] for line in listed.stdout.splitlines()} if listed.returncode == 0 else os.listdir(ROOT)
    return {name for name in names if (ROOT / name).exists()}


def test_the_package_holds_the_phones_rooms_only():
    excluded = setting("tool.flet.app.exclude")
    by_default = find_default_excludes(ROOT, (), excluded)
    packaged = top_level() - set(excluded) - set(by_default)
    meant = {"main.py", "records", "screens", "storage", "sync", "assets", "pyproject.toml", "LICENSE"}
    assert not packaged - meant, "would be packaged for the phone: name it in [tool.flet.app] exclude"


def test_every_exclude_names_something():
    # flet build matches exact paths and says nothing of one that matches none.
    assert not [path for path in setting("tool.flet.app.exclude") if not (ROOT / path).exists()]


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_agrees_with_pyproject(lock):
    wanted = list(setting("project.dependencies"))
    for extra in LOCKS[lock]:
        wanted += setting("project.optional-dependencies")[extra]
    pinned = pins(lock)
    stale = [line for line in wanted if not fits(Requirement(line), pinned)]
    assert not stale, f"{lock} is older than pyproject.toml: make lock"


def fits(requirement: Requirement, pinned: dict[str, str]) -> bool:
    version = pinned.get(canonicalize_name(requirement.name))
    return version is not None and requirement.specifier.contains(version)


@pytest.mark.parametrize("lock", [*LOCKS, "requirements-setup.lock"])
def test_lock_is_hashed_and_names_no_index(lock):
    text = (ROOT / lock).read_text("utf-8")
    assert "://" not in text
    entries = [entry for entry in re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE) if "==" in entry]
    assert entries and all("--hash=sha256:" in entry for entry in entries)


def test_locks_agree_with_each_other():
    everything = pins("requirements-dev.lock")
    for lock in LOCKS:
        assert pins(lock).items() <= everything.items(), lock


# Stands for a virtual environment with [project.dependencies] only: whatever the phone's lock does not name, and the
# rooms that stay behind, cannot be found. `*` imports every module of the phone's rooms, so that an import hidden in a
# function's module is met as well.
ON_THE_PHONE = """
import importlib, pkgutil, sys
from importlib.metadata import packages_distributions

# `samooh` is the checkout itself, installed in place.
what, *present = [*sys.argv[1:], "samooh"]
owners = {
    package: {name.lower().replace("_", "-").replace(".", "-") for name in names}
    for package, names in packages_distributions().items()
}

class Phone:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in ("server", "operations", "tests") or (top in owners and not owners[top] & set(present)):
            raise ModuleNotFoundError(f"{name} is not on the phone", name=name)

sys.meta_path.insert(0, Phone())
sys.path.insert(0, "")
if what == "*":
    for room in ("records", "storage", "sync", "screens"):
        package = importlib.import_module(room)
        for module in pkgutil.walk_packages(package.__path__, room + "."):
            # Tools that make the catalogues at set-up; the app reads what they made.
            if not module.name.startswith(("screens.console", "screens.words.")):
                importlib.import_module(module.name)
else:
    importlib.import_module(what)
"""


def import_on_the_phone(what: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", ON_THE_PHONE, what, *pins("requirements.lock")], cwd=ROOT, capture_output=True, text=True
    )


@pytest.mark.parametrize("what", ["main", "*"])
def test_import_with_the_phones_libraries_only(what):
    imported = import_on_the_phone(what)
    assert imported.returncode == 0, imported.stderr


@pytest.mark.parametrize("what", ["flet_web", "fastapi", "alembic", "pytest", "babel", "server", "operations"])
def test_the_stand_in_for_a_phone_refuses(what):
    assert f"{what} is not on the phone" in import_on_the_phone(what).stderr


def test_every_room_is_listed_as_a_package():
    """`samooh` is a command by an installation in place, and a flat layout has its packages listed by hand."""
    listed = setting("tool.setuptools.packages")
    rooms = {name.partition(".")[0] for name in listed}
    there = {
        ".".join(path.parent.relative_to(ROOT).parts) for room in rooms for path in (ROOT / room).rglob("__init__.py")
    }
    assert set(listed) == there and len(listed) == len(there)
    assert setting("project.scripts.samooh") == "operations.samooh:main"
