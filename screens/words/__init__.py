"""Every word that people read, one gettext catalogue per language; nothing else in the house holds a sentence.

`words_of("hi").say("sync.waiting", count=3)`. How the keys of records are named: `keys.py`. A new key is written into
each `.po` file here and compiled by `make words`; the tests name what is missing, unused or filled in differently.
"""

from screens.words.keys import (
    choice_key,
    field_key,
    help_key,
    kind_key,
    mark_key,
    problem_key,
    remedy_key,
)
from screens.words.saying import Words, languages, words_of

__all__ = [
    "Words",
    "choice_key",
    "field_key",
    "help_key",
    "kind_key",
    "languages",
    "mark_key",
    "problem_key",
    "remedy_key",
    "words_of",
]
