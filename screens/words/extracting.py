"""Which words the house needs: the keys of every record kind in the register, and every key said in the screens.

`python -m screens.words.extracting` lists what the catalogues lack and what nobody asks for. Needs Babel only there;
babel.cfg offers the same keys to Babel's own tools.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from records.kinds import KINDS, Registry
from records.marks import MARKS
from records.problems import CODES
from records.record import fields_of
from screens.words.built import AT_CONSOLE, BUILT, ELSEWHERE, NOT_KEYS
from screens.words.keys import (
    SHARED,
    choice_key,
    field_key,
    help_key,
    kind_key,
    mark_key,
    problem_key,
    remedy_key,
)

SCREENS = Path(__file__).parents[1]

SAYING = {"say": 1, "say_if_known": 2}
"""Calls that say keys -> how many of their first arguments are keys."""

RECORD_SECTIONS = {*SHARED.values(), "mark", "problem"}
"""Sections of which the records want every key, so that code may build them: `say(f"state.{row.state}")`."""

LOOKS_LIKE_A_KEY = re.compile(r"[a-z]+(_[a-z]+)*(\.[a-z0-9]+(_[a-z0-9]+)*)+")


@dataclass(frozen=True)
class Wanted:
    """A key that something needs. `values`: the placeholders it will be given, None where the code does not tell."""

    key: str
    where: str
    plural: bool = False
    values: frozenset[str] | None = None
    line: int = 0


def wanted_by_records(registry: Registry = KINDS) -> Iterator[Wanted]:
    """Keys of every kind, field, choice, mark and problem."""
    for name, kind in registry.items():
        yield Wanted(kind_key(name), name, plural=True)
        for field, spec in fields_of(kind.cls).items():
            where = f"{name}.{field}"
            yield Wanted(field_key(name, field), where, values=frozenset())
            for option in spec.choices:
                key = choice_key(name, field, option)
                yield Wanted(key, where, values=frozenset())
                if SHARED.get((name, field)) == "reason":
                    yield Wanted(remedy_key(key), where, values=frozenset())
    for code in MARKS:
        yield Wanted(mark_key(code), "records.marks", values=frozenset())
        yield Wanted(remedy_key(mark_key(code)), "records.marks", values=frozenset())
    for code in CODES:
        # Without placeholders: the context of a code may be lost on its way from the server.
        yield Wanted(problem_key(code), "records.problems", values=frozenset())


def allowed(registry: Registry = KINDS) -> Iterator[str]:
    """Keys that may have words though no screen needs them: help at fields, what is said elsewhere or otherwise."""
    yield from (help_key(name, field) for name, kind in registry.items() for field in fields_of(kind.cls))
    yield from ELSEWHERE
    yield from AT_CONSOLE


def wanted_by_source(source: str, where: str) -> Iterator[Wanted]:
    """Keys that one file of screens holds: those said, `say("…")`, and every other string that looks like a key.

    A key may stand far from where it is said, as in a table of the navigation.
    """
    said: set[ast.AST] = set()
    nodes = list(ast.walk(ast.parse(source)))
    for call in nodes:
        if not (isinstance(call, ast.Call) and _name(call.func) in SAYING):
            continue
        given = {keyword.arg for keyword in call.keywords}
        values = None if None in given else frozenset(name for name in given if name)
        for argument in call.args[: SAYING[_name(call.func)]]:
            for key in _branches(argument):
                said.add(key)
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield Wanted(key.value, f"{where}:{key.lineno}", "count" in given, values, key.lineno)
                elif isinstance(key, ast.JoinedStr):
                    yield from _built(key, where, "count" in given)
    for node in nodes:
        if node in said or not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            continue
        if LOOKS_LIKE_A_KEY.fullmatch(node.value) and node.value not in NOT_KEYS:
            yield Wanted(node.value, f"{where}:{node.lineno}", line=node.lineno)


def wanted_by_screens(folder: Path = SCREENS) -> Iterator[Wanted]:
    """Keys that all files of screens hold, those in `words/` included: it falls back on a few."""
    own = (Path(__file__), Path(__file__).with_name("built.py"))
    for path in sorted(folder.rglob("*.py")):
        if path not in own:
            yield from wanted_by_source(path.read_text("utf-8"), path.relative_to(folder.parent).as_posix())


def missing(wanted: Iterable[Wanted], entries: Mapping[str, Any]) -> dict[str, str]:
    """What is wanted and has no words: key -> where it is wanted."""
    return {one.key: one.where for one in wanted if one.key not in entries}


def unused(entries: Iterable[str], wanted: Iterable[Wanted], allowed: Iterable[str]) -> set[str]:
    """Entries that nobody asks for. `allowed`: keys that need not be wanted."""
    return set(entries) - {one.key for one in wanted} - set(allowed)


def from_register(fileobj: Any, keywords: Any, comment_tags: Any, options: Any) -> Iterator[tuple]:
    """The keys of the register, for Babel. Which file it is given does not matter, only that it is one."""
    return (_for_babel(one) for one in wanted_by_records())


def from_screen(fileobj: Any, keywords: Any, comment_tags: Any, options: Any) -> Iterator[tuple]:
    """The keys that one file of screens says, for Babel."""
    return (_for_babel(one) for one in wanted_by_source(fileobj.read().decode("utf-8"), ""))


def _for_babel(one: Wanted) -> tuple:
    # Babel knows by these names how many messages there are.
    if one.plural:
        return one.line, "ngettext", (one.key, one.key), []
    return one.line, "gettext", one.key, []


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _branches(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.IfExp):
        yield from _branches(node.body)
        yield from _branches(node.orelse)
    else:
        yield node


def _built(node: ast.JoinedStr, where: str, plural: bool) -> Iterator[Wanted]:
    """The keys an f-string can come to; one with an undeclared prefix is itself wanted, so that the tests name it."""
    first = node.values[0] if node.values else None
    start = str(first.value) if isinstance(first, ast.Constant) else ""
    prefix = start[:-1] if start.endswith(".") else start + "…"
    if prefix in RECORD_SECTIONS:
        return
    for ending in BUILT.get(prefix, ("{declare the prefix in screens/words/built.py}",)):
        yield Wanted(f"{prefix}.{ending}", f"{where}:{node.lineno}", plural, line=node.lineno)


def main() -> int:
    # Only this needs Babel; the rest serves Babel's own tools and the tests.
    from babel.messages.pofile import read_po

    wanted = [*wanted_by_records(), *wanted_by_screens()]
    found = 0
    for source in sorted(Path(__file__).parent.glob("*.po")):
        with source.open("rb") as stream:
            entries = {_id(message): message for message in read_po(stream) if message.id}
        for key, where in sorted(missing(wanted, entries).items()):
            print(f"{source.name}: missing {key} (for {where})")
            found += 1
        for key in sorted(unused(entries, wanted, allowed())):
            print(f"{source.name}: unused {key}")
            found += 1
    return 1 if found else 0


def _id(message: Any) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


if __name__ == "__main__":
    sys.exit(main())
