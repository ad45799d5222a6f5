"""Saying a key in a language. Standard library only: a phone has no Babel."""

import gettext
import logging
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from records.record import Record, fields_of
from records.written import show_count, show_day
from screens.words.keys import (
    choice_key,
    field_key,
    help_key,
    kind_key,
    mark_key,
    problem_key,
    reason_key,
    remedy_key,
)

FIRST = "hi"
"""The language the app starts in, and the first to choose from."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Words:
    """The words of one language. Screens get it from their context: a console serves people of both languages at once.

    A key that no catalogue has, or a placeholder left empty, is a programmer's mistake. `strict` raises KeyError, for
    tests; otherwise the key, or the unfilled sentence, is shown and logged once, since a screen with one odd label is
    of more use in a village than none.
    """

    language: str
    catalogue: gettext.NullTranslations = field(repr=False, compare=False)
    strict: bool = False
    at: str = ""
    """Where they are said: at the `console` some keys have words of their own, `saved.now@console`."""

    def say(self, key: str, *, count: int | None = None, **values: Any) -> str:
        """The words of a key, its placeholders filled in; with `count` in the right plural, `{count}` filled too.

        Days are written dd-mm-yyyy and whole numbers with Indian grouping; a code that looks like one is given as text.
        """
        if self.at and self.has(f"{key}@{self.at}"):
            key = f"{key}@{self.at}"
        if not self.has(key):
            return self._mistake(f"no words for {key!r} in {self.language!r}", key)
        text = self._found(key, 1 if count is None else count)
        if count is not None:
            values["count"] = count
        try:
            return text.format_map({name: _shown(value) for name, value in values.items()})
        except KeyError as missing:
            return self._mistake(f"{key!r} needs a value for {missing}", text)

    def has(self, key: str) -> bool:
        return self._found(key, 1) != key

    def _found(self, key: str, count: int) -> str:
        """The entry with plurals or without; the key itself when there is none.

        The gettext() of an older Python, such as Debian 12's, does not find an entry with plurals; ngettext() never one
        without.
        """
        text = self.catalogue.ngettext(key, key, count)
        return self.catalogue.gettext(key) if text == key else text

    def say_if_known(self, key: str, otherwise: str) -> str:
        """The words of `key`, or those of `otherwise` for a code that a newer server sent to this older app."""
        return self.say(key if self.has(key) else otherwise)

    def kind(self, kind: str, count: int = 1) -> str:
        """The name of a kind, for one or several; the number itself is not said."""
        return self.say(kind_key(kind), count=count)

    def field(self, kind: str, name: str) -> str:
        return self.say(field_key(kind, name))

    def help(self, kind: str, name: str) -> str | None:
        key = help_key(kind, name)
        return self.say(key) if self.has(key) else None

    def choice(self, cls: type[Record], name: str, option: str) -> str:
        """The words of an option; "new value, update the app" for one that this app does not know."""
        known = option in fields_of(cls)[name].choices
        return self.say(choice_key(cls.__name__, name, option)) if known else self.say("value.newer")

    def problem(self, code: str) -> str:
        return self.say_if_known(problem_key(code), "problem.unknown")

    def mark(self, code: str) -> str:
        return self.say_if_known(mark_key(code), "value.newer")

    def mark_remedy(self, code: str) -> str:
        return self.say_if_known(remedy_key(mark_key(code)), "mark.unknown.remedy")

    def reason(self, code: str) -> str:
        return self.say_if_known(reason_key(code), "value.newer")

    def reason_remedy(self, code: str) -> str:
        return self.say_if_known(remedy_key(reason_key(code)), "mark.unknown.remedy")

    def _mistake(self, what: str, instead: str) -> str:
        if self.strict:
            raise KeyError(what)
        _log_once(what)
        return instead


@cache
def words_of(language: str, *, strict: bool = False, at: str = "") -> Words:
    """The words of a language, read once; `at`: as said there. FileNotFoundError when no catalogue is compiled."""
    compiled = files("screens.words") / f"{language}.mo"
    try:
        with compiled.open("rb") as stream:
            return Words(language, gettext.GNUTranslations(stream), strict, at)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"no compiled words for {language!r}: run `make words`") from error


@cache
def languages() -> tuple[str, ...]:
    """The languages there are catalogues for, Hindi first. `language.name` of each is its name in itself."""
    found = (entry.name.removesuffix(".mo") for entry in files("screens.words").iterdir() if entry.name.endswith(".mo"))
    return tuple(sorted(found, key=lambda language: (language != FIRST, language)))


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, int):
        return show_count(value)
    return show_day(value) if isinstance(value, date) else str(value)


@cache
def _log_once(what: str) -> None:
    # A screen says a sentence at every redraw.
    log.warning("%s", what)
