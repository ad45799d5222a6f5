"""The documents keep their promises: what they name exists, and what exists that they must name is named."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from records.marks import MARKS
from records.messages import OUTCOMES, PROTOCOL
from records.problems import CALL_CODES, CODES, FIELD_CODES, HTTP_STATUS, RECORD_CODES

ROOT = Path(__file__).parents[2]
PROTOCOL_TEXT = (ROOT / "docs" / "protocol.md").read_text("utf-8")
RULE = re.compile(r"^- \*\*M(\d+)\*\* (.*?)(?=^- \*\*M\d+\*\*|^#|\Z)", re.MULTILINE | re.DOTALL)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
NO_TEST = "(no test yet)"
RULES = {int(number): text for number, text in RULE.findall(PROTOCOL_TEXT)}


def documents() -> list[Path]:
    """The documents of the project: those that git tracks or would track; without git, those that lie there."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", "*.md"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        found = [ROOT / line for line in listed.stdout.splitlines()]
    except (OSError, subprocess.CalledProcessError):
        found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return sorted(path for path in found if path.is_file())


DOCUMENTS = documents()


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def names_in(source: Path) -> set[str]:
    """The names of the tests in a file, those in classes too."""
    tree = ast.parse(source.read_text("utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return {node.name for node in functions if node.name.startswith("test_")} | state_machines(tree)


def state_machines(tree: ast.Module) -> set[str]:
    """Names that a module gives to the test case of a hypothesis state machine: `test_laws = Machine.TestCase`."""
    targets = [node.targets[0] for node in tree.body if isinstance(node, ast.Assign)]
    return {target.id for target in targets if isinstance(target, ast.Name) and target.id.lower().startswith("test")}


# --- docs/protocol.md


def test_rules_are_numbered_upwards_without_repeats():
    numbers = [int(number) for number, _ in RULE.findall(PROTOCOL_TEXT)]
    assert numbers == sorted(set(numbers)) and len(numbers) > 50


def test_every_rule_is_one_sentence_that_says_must_or_may():
    for number, text in RULES.items():
        said = " ".join(TEST.sub("", text.replace(NO_TEST, "")).split())
        assert re.search(r"\b(MUST|MAY)\b", said), f"M{number}"
        assert said.endswith(".") and not re.search(r"[.!?] [A-Z]", said), f"M{number} is not one sentence: {said}"


def test_every_rule_names_its_tests_or_says_that_there_is_none():
    for number, text in RULES.items():
        assert bool(TEST.search(text)) != (NO_TEST in text), f"M{number}"
        assert text.count("`tests/") == len(TEST.findall(text)), f"M{number} names a test that cannot be read"


@pytest.mark.parametrize("path", sorted({path for path, _ in TEST.findall(PROTOCOL_TEXT)}))
def test_every_test_that_the_protocol_names_exists(path):
    assert (ROOT / path).is_file()
    named = {name for other, name in TEST.findall(PROTOCOL_TEXT) if other == path}
    assert not named - names_in(ROOT / path)


def tables_of(heading: str) -> dict[str, list[str]]:
    """First cell -> further cells, of the table rows below a heading."""
    text = PROTOCOL_TEXT.split(f"### {heading}\n", 1)[1].split("\n#", 1)[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return {match[1]: cells for first, *cells in rows if (match := re.fullmatch(r"`(\w+)`", first))}


@pytest.mark.parametrize(
    ("heading", "codes"),
    [
        ("Why a value was refused", FIELD_CODES),
        ("Why a change was refused, held or set aside", RECORD_CODES),
        ("Why a call did not do what was asked", CALL_CODES),
    ],
)
def test_every_problem_code_stands_in_its_table(heading, codes):
    assert tuple(tables_of(heading)) == codes


def test_all_codes_are_in_one_of_the_three_tables():
    assert len(CODES) == len(set(CODES)) == len(FIELD_CODES) + len(RECORD_CODES) + len(CALL_CODES)


def test_statuses_are_those_of_the_code():
    told = {code: cells[-1] for code, cells in tables_of("Why a call did not do what was asked").items()}
    assert {code: int(status) for code, status in told.items() if status.isdigit()} == dict(HTTP_STATUS)


def test_outcomes_and_marks_that_the_protocol_speaks_of_exist():
    aside = {cells[-1] for cells in tables_of("Why a change was refused, held or set aside").values()}
    assert aside - {"only on the phone"} <= set(OUTCOMES)
    assert {"rule_broken", "day_in_future", "outside_reach"} <= set(MARKS)


def test_the_ledger_ends_with_the_version_that_is_spoken():
    ledger = PROTOCOL_TEXT.split("## 7. Versions\n", 1)[1]
    assert [int(number) for number in re.findall(r"^- \*\*(\d+)\*\*,", ledger, re.MULTILINE)][-1] == PROTOCOL


# --- commands and decisions


def test_every_command_of_the_makefile_stands_in_the_readme():
    makefile, readme = ((ROOT / name).read_text("utf-8") for name in ("Makefile", "README.md"))
    commands = re.findall(r"^([a-z-]+):[^#\n]*## ", makefile, re.MULTILINE)
    assert "demo" in commands and "test" in commands
    assert not [command for command in commands if f"`make {command}`" not in readme]
    assert not [
        command for command in re.findall(r"^\| `make ([a-z-]+)", readme, re.MULTILINE) if command not in commands
    ]


def test_every_decision_stands_in_the_table_and_has_the_four_headings():
    folder = ROOT / "docs" / "adr"
    listed = re.findall(
        r"^\| \[(\d{4})\]\(([\w.-]+)\) \| (.+) \|$", (folder / "README.md").read_text("utf-8"), re.MULTILINE
    )
    files = sorted(path.name for path in folder.glob("*.md") if path.name != "README.md")
    assert [name for _, name, _ in listed] == files
    assert [int(written) for written, _, _ in listed] == sorted({int(written) for written, _, _ in listed})
    for written, name, title in listed:
        text = (folder / name).read_text("utf-8")
        assert name.startswith(f"{written}-")
        assert text.startswith(f"# {written} {title}\n"), name
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == [
            "Context",
            "Decision",
            "Consequences",
            "Alternatives",
        ], name
        assert re.search(r"^> ", text, re.MULTILINE), f"{name} has no line that can be quoted"


# --- all documents


def anchor(heading: str) -> str:
    """The anchor that a heading gets where Markdown is shown."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def prose(text: str) -> str:
    """A document without its blocks and spans of code."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^ {4}.*$", "", text, flags=re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS, ids=shown)
def test_links_lead_somewhere(document):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(document.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, part = target.partition("#")
        found = document if not path else document.parent / path
        assert found.exists(), target
        if part:
            headings = re.findall(r"^#+ (.+)$", found.read_text("utf-8"), re.MULTILINE)
            assert part in {anchor(heading) for heading in headings}, target


@pytest.mark.parametrize("document", DOCUMENTS, ids=shown)
def test_files_that_are_named_exist(document):
    rooms = "records|storage|sync|screens|server|operations|tests|docs|assets"
    named = re.findall(rf"`((?:{rooms})/[\w/.-]*)", document.read_text("utf-8"))
    assert not [path for path in named if not (ROOT / path).exists()]


PRIVATE = {
    "a path of one machine": r"(?<![\w.:/])/(?:home|root|work|Users|tmp|mnt|srv|opt|var/folders)/\w|[A-Z]:\\\w",
    "the host of a package registry": r"pypi\.org|pythonhosted|npmjs|registry\.|artifactory|/simple/|proxy\.golang",
    "an address with a login": r"://[^/\s]+@",
}


@pytest.mark.parametrize("document", DOCUMENTS, ids=shown)
@pytest.mark.parametrize("what", PRIVATE)
def test_no_document_names(document, what):
    found = re.findall(PRIVATE[what], document.read_text("utf-8"))
    assert not found, f"{shown(document)} names {what}: {found}"
