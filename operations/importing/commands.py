"""What somebody types: `places import`, `branches import`, `groups import`, `members import`, each with a dry run.

Exit status 0: all rows placed. 1: some were refused, and a file says why, or a sheet with a list was not read. 2: a
file could not be read at all.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from operations.importing.branches import BranchesImporter
from operations.importing.comparing import Comparing
from operations.importing.finding import Found, Places, Where, find_block
from operations.importing.finding_branches import Branches
from operations.importing.groups import GroupsImporter
from operations.importing.headers import HEADS
from operations.importing.members import MembersImporter
from operations.importing.places import PlacesImporter
from operations.importing.planned import Importer
from operations.importing.reading import CannotRead, Sheet, open_sheet
from operations.importing.reasons import Unplaced
from operations.importing.refused import RefusedRows, free_path, must_be_new
from operations.importing.report import Report
from operations.importing.running import run
from records.days import day_of
from server.central_store import CentralStore
from server.importing import Importing
from server.schema import SchemaProblem
from server.serving import centre_of
from server.settings import read_settings

places = typer.Typer(no_args_is_help=True, help="States, districts, blocks, gram panchayats and villages.")
branches = typer.Typer(no_args_is_help=True, help="Bank branches.")
groups = typer.Typer(no_args_is_help=True, help="Self-help groups.")
members = typer.Typer(no_args_is_help=True, help="Members of groups.")

Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="CSV or XLSX files, in this order.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would become of every row, and write nothing.")]
Refused = Annotated[
    Path | None,
    typer.Option(
        "--refused",
        help="Where refused rows go: a file (.xlsx or .csv), or a folder for several. Otherwise beside each file.",
    ),
]
Comparison = Annotated[
    Path | None,
    typer.Option(
        "--comparison",
        help="An .xlsx file that will say what stands only here, only in the list, and in which fields they differ.",
    ),
]
Block = Annotated[str, typer.Option(help="Block (name or LGD code) of rows that name none.")]


@places.callback()
@branches.callback()
@groups.callback()
@members.callback()
def _apps() -> None:
    """Each app has a word of its own before its commands, also while it has only one."""


@places.command("import")
def import_places(
    files: Files,
    dry_run: DryRun = False,
    refused: Refused = None,
) -> None:
    """Take in downloads of the Local Government Directory (LGD): blocks, panchayats, villages, mappings."""
    _import("places", files, dry_run, refused)


@branches.command("import")
def import_branches(
    files: Files,
    dry_run: DryRun = False,
    refused: Refused = None,
    block: Block = "",
) -> None:
    """Take in a list of bank branches with their IFSC."""
    _import("branches", files, dry_run, refused, block)


@groups.command("import")
def import_groups(
    files: Files,
    dry_run: DryRun = False,
    refused: Refused = None,
    block: Block = "",
    comparison: Comparison = None,
) -> None:
    """Take in the portal's register of groups, with their bank accounts."""
    _import("groups", files, dry_run, refused, block, comparison)


@members.command("import")
def import_members(
    files: Files,
    dry_run: DryRun = False,
    refused: Refused = None,
    comparison: Comparison = None,
) -> None:
    """Take in the portal's register of members; their groups come first."""
    _import("members", files, dry_run, refused, comparison=comparison)


def _import(
    kind: str,
    files: list[Path],
    dry_run: bool,
    refused: Path | None,
    block: str = "",
    comparison: Path | None = None,
) -> None:
    console = Console(stderr=False, highlight=False, soft_wrap=True)
    try:
        sheets = [open_sheet(path, HEADS[kind]) for path in files]
        if comparison is not None and len(files) > 1:
            raise CannotRead("--comparison is of one list: name one file.")
        compares = comparison and Comparing(comparison, kind)
        outs = _refused_paths(files, refused, dry_run)
        centre = _centre()
    except CannotRead as reason:
        _complain(reason)
    try:
        with _one_try(kind, centre) if dry_run and len(files) > 1 else nullcontext() as trial:
            reports = [
                import_sheet(
                    kind, sheet, centre, dry_run=dry_run, refused=out, block=block, console=console,
                    compares=compares, trial=trial,
                )
                for sheet, out in zip(sheets, outs, strict=True)
            ]  # fmt: skip
    except CannotRead as reason:
        _complain(reason)
    finally:
        centre.close()
    raise typer.Exit(0 if all(report.all_placed for report in reports) else 1)


def _centre() -> CentralStore:
    """The centre of this server's settings; none is founded by mistyping the name of its folder or database."""
    try:
        return centre_of(read_settings(), founds=False)
    except SchemaProblem as reason:
        raise CannotRead(str(reason)) from reason


def _complain(reason: CannotRead) -> NoReturn:
    Console(stderr=True, highlight=False, soft_wrap=True).print(str(reason), markup=False)
    raise typer.Exit(2) from reason


def _refused_paths(files: list[Path], refused: Path | None, dry_run: bool) -> list[Path | None]:
    """Where the refused rows of each file go; in a dry run nowhere, unless a place is named."""
    if refused is None and dry_run:
        return [None] * len(files)
    if refused and not refused.is_dir():
        if len(files) == 1:
            if refused.suffix.lower() not in (".xlsx", ".csv"):
                raise CannotRead(f"{refused} must end in .xlsx or .csv, or be a folder that is there.")
            must_be_new(refused, "--refused")
            return [refused]
        try:
            refused.mkdir(parents=True)
        except OSError as error:
            raise CannotRead(f"{refused} cannot be made a folder ({error.strerror or error}). Name another.") from error
    outs: list[Path | None] = []
    for path in files:
        # Two files may have one name, of different folders.
        outs.append(out := free_path(path, refused, outs))
        must_be_new(out, "--refused")
    return outs


def import_sheet(
    kind: str,
    sheet: Sheet,
    centre: CentralStore,
    *,
    dry_run: bool = False,
    refused: Path | None = None,
    block: str = "",
    console: Console | None = None,
    compares: Comparing | None = None,
    trial: "Trial | None" = None,
) -> Report:
    """Import one file that is open, and say what became of it. Raises CannotRead."""
    # What is known is read before the door opens: a dry run is one transaction.
    importer = importer_for(kind, centre, block, trial and trial.known)
    opened = nullcontext(trial.door) if trial else Importing(centre, importer.source, dry_run=dry_run)
    report = Report(sheet.path, dry_run)
    rows = RefusedRows(refused, sheet, importer.adds) if refused else None
    try:
        with opened as door, _progress(sheet.path.name, console) as told:
            if compares is None:
                run(sheet, importer, door, rows, report, told)
            else:
                run(sheet, importer, door, rows, report, told, partial(compares.add, door))
            # Before the comparison: what was refused must not be lost with it.
            report.refused_file = rows.close() if rows else None
            report.comparison = compares and compares.close(door)
    except BaseException:
        if rows:
            rows.forget()
        raise
    if console:
        for line in report.sentences():
            console.print(line, markup=False)
    return report


@dataclass(frozen=True)
class Known:
    """The places and branches that a list may name; what a list brings is known to the lists after it."""

    places: Places
    branches: Branches

    @classmethod
    def of(cls, centre: CentralStore) -> "Known":
        return cls(Places.of(centre), Branches.of(centre))


@dataclass(frozen=True)
class Trial:
    """A dry run of several files: each builds on those before it, as it will when they are brought in."""

    door: Importing
    known: Known


@contextmanager
def _one_try(kind: str, centre: CentralStore) -> Iterator[Trial]:
    known = Known.of(centre)
    with Importing(centre, SOURCES[kind], dry_run=True) as door:
        yield Trial(door, known)


SOURCES = {one.heads.kind: one.source for one in (PlacesImporter, BranchesImporter, GroupsImporter, MembersImporter)}


def importer_for(kind: str, centre: CentralStore, block: str = "", known: Known | None = None) -> Importer:
    """The importer of a kind, knowing what the centre knows now, or what is given."""
    today = day_of(centre.clock())
    if kind == "members":
        return MembersImporter(today)
    known = known or Known.of(centre)
    if kind == "places":
        return PlacesImporter(known.places)
    default = _default_block(known.places, block)
    if kind == "branches":
        return BranchesImporter(known.places, known.branches, default)
    return GroupsImporter(known.places, known.branches, today, default)


def _default_block(known: Places, block: str) -> Found | None:
    if not block:
        return None
    try:
        return find_block(known, Where(block_code=block) if block.isdigit() else Where(block=block))
    except Unplaced as unplaced:
        words = unplaced.words("en")
        raise CannotRead(f"--block: {words.wrong} {words.remedy}") from unplaced


@contextmanager
def _progress(name: str, console: Console | None) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal; nothing in a pipe or a log, where it would only be in the way."""
    if console is None or not console.is_terminal:
        yield lambda done, total: None
        return
    columns: list[Any] = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)
