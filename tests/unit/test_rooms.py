"""Who may import whom: the contracts of pyproject.toml are run, and shown to notice what they forbid."""

import ast
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[2]
STANDARD_LIBRARY = sys.stdlib_module_names


def imported_names(source: Path) -> set[str]:
    """The dotted names that a file imports, wherever in the file the import stands."""
    names = set()
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_contracts_hold(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    # The tool would configure logging for the whole process, and silence the loggers that other tests listen to.
    monkeypatch.setattr("importlinter.cli._configure_logging", lambda verbose: None)
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True, no_logo=True)
    assert status == 0, "".join(capsys.readouterr())


def test_main_only_joins_the_rooms_of_the_phone():
    main = ROOT / "main.py"
    imported = imported_names(main)
    rooms = {name.split(".")[0] for name in imported} - STANDARD_LIBRARY
    assert rooms <= {"flet", "records", "storage", "sync", "screens"}
    assert not [name for name in imported if name.startswith("screens.console")]
    assert len(main.read_text("utf-8").splitlines()) < 85


def test_records_need_pydantic_and_the_standard_library_only():
    known = STANDARD_LIBRARY | {"records", "pydantic", "pydantic_core", "annotated_types", "typing_extensions"}
    strangers = {}
    for source in sorted((ROOT / "records").rglob("*.py")):
        allowed = known | {"sqlalchemy"} if source == ROOT / "records" / "columns.py" else known
        if unknown := {name.split(".")[0] for name in imported_names(source)} - allowed:
            strangers[source.name] = unknown
    assert not strangers


# Controls: a contract that cannot fail proves nothing. Each line is one forbidden import in an otherwise clean house.
FORBIDDEN = [
    ("records", "records/shg.py", "import storage.opened"),
    ("records", "records/shg.py", "import flet"),
    ("records", "records/shg.py", "def late():\n    import requests"),
    ("columns", "records/shg.py", "from sqlalchemy import Table"),
    ("storage", "storage/opened.py", "import requests"),
    ("storage", "storage/opened.py", "from sync import runner"),
    ("queries", "storage/queries/groups.py", "from storage import opened"),
    ("sync", "sync/runner.py", "import sqlalchemy"),
    ("sync", "sync/runner.py", "import screens.app"),
    ("screens", "screens/app.py", "from sync.runner import run"),
    ("screens", "screens/parts/field.py", "import sqlalchemy.orm"),
    ("screens-storage", "screens/app.py", "from storage import opened"),
    ("screens-storage", "screens/app.py", "import storage"),
    ("charts", "screens/app.py", "import flet_charts"),
    ("phone", "sync/runner.py", "import server.endpoints"),
    ("server", "server/endpoints.py", "import sync.runner"),
    ("server", "server/endpoints.py", "import flet"),
    ("server", "server/endpoints.py", "from screens import app"),
    ("server", "server/console/serving.py", "import sync.runner"),
    ("console", "server/endpoints.py", "from server.console import serving"),
    ("console", "screens/app.py", "import server.console.serving"),
    ("server-storage", "server/endpoints.py", "from storage.opened import Store"),
    ("operations", "server/endpoints.py", "import operations"),
]
ALLOWED = {
    "records/__init__.py": "",
    "records/columns.py": "import sqlalchemy",
    "records/shg.py": "import pydantic",
    "storage/__init__.py": "",
    "storage/opened.py": "import sqlalchemy\nfrom records import shg\nfrom storage import queries",
    "storage/queries/__init__.py": "",
    "storage/queries/groups.py": "import sqlalchemy\nfrom records import shg",
    "sync/__init__.py": "",
    "sync/runner.py": "import requests\nfrom storage import opened\nfrom records import shg",
    "screens/__init__.py": "",
    "screens/app.py": "import flet\nfrom storage.queries import groups\nfrom storage import queries",
    "screens/parts/__init__.py": "",
    "screens/parts/field.py": "import flet",
    "screens/console/__init__.py": "import flet_charts",
    "server/__init__.py": "",
    "server/endpoints.py": "import fastapi\nfrom records import shg\nfrom storage.queries import groups",
    "server/console/__init__.py": "",
    "server/console/serving.py": "import flet, flet_web\nfrom screens import app\nfrom screens.console import house",
    "screens/console/house.py": "from screens import app",
    "server/central_store.py": "import sqlalchemy\nfrom records import shg",
    "operations/__init__.py": "",
    "operations/demo.py": "import main, server.endpoints, server.console.serving, screens.app, sync.runner",
}
# One process judges all cases: building the graph is quick, starting Python and import-linter is not.
JUDGE = """
import contextlib, io, json, sys
from pathlib import Path
from importlinter.cli import lint_imports

def kept(contract):
    with contextlib.redirect_stdout(io.StringIO()):
        return lint_imports("pyproject.toml", limit_to_contracts=(contract,), no_cache=True, no_logo=True) == 0

answers = []
for contract, path, line in json.load(sys.stdin):
    clean = Path(path).read_text()
    before = kept(contract)
    Path(path).write_text(clean + "\\n" + line + "\\n")
    answers.append([before, kept(contract)])
    Path(path).write_text(clean)
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory) -> dict[tuple[str, str, str], list[bool]]:
    house = tmp_path_factory.mktemp("house")
    (house / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    for path, text in ALLOWED.items():
        (house / path).parent.mkdir(parents=True, exist_ok=True)
        (house / path).write_text(text + "\n")
    judged = subprocess.run(
        [sys.executable, "-c", JUDGE], cwd=house, input=json.dumps(FORBIDDEN), capture_output=True, text=True
    )
    assert judged.returncode == 0, judged.stderr
    return dict(zip(FORBIDDEN, json.loads(judged.stdout), strict=True))


@pytest.mark.parametrize("case", FORBIDDEN, ids=lambda case: f"{case[0]}: {case[2].split()[-1]} in {case[1]}")
def test_contract_notices(case, verdicts):
    kept_without, kept_with = verdicts[case]
    assert kept_without, "the clean house is refused already"
    assert not kept_with


def test_every_contract_has_a_control():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    assert {contract["id"] for contract in contracts} == {case[0] for case in FORBIDDEN}
