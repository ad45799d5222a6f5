"""The words: complete in every language, nothing left over, and said as people here speak."""

import gettext
import io
import re
from datetime import date
from pathlib import Path
from string import Formatter
from typing import Annotated

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import PoFileError, read_po

from records.fields import Choice, Name, Text
from records.kinds import KINDS, Kind
from records.member import Member
from records.record import fields_of
from records.shg import Shg
from screens.words import Words, choice_key, field_key, languages, words_of
from screens.words.built import BUILT, ELSEWHERE
from screens.words.compile import compile_catalogues
from screens.words.extracting import (
    Wanted,
    allowed,
    missing,
    unused,
    wanted_by_records,
    wanted_by_screens,
    wanted_by_source,
)
from screens.words.keys import SHARED
from screens.words.saying import _log_once

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "screens" / "words"


def read(language: str) -> Catalog:
    return read_po(io.BytesIO((FOLDER / f"{language}.po").read_bytes()), locale=language, abort_invalid=True)


def entries_of(catalogue: Catalog) -> dict[str, Message]:
    return {name(message): message for message in catalogue if message.id}


def name(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def texts(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def placeholders(message: Message) -> set[str]:
    return {field for text in texts(message) for _, field, _, _ in Formatter().parse(text) if field is not None}


LANGUAGES = sorted(path.stem for path in FOLDER.glob("*.po"))
CATALOGUES = {language: read(language) for language in LANGUAGES}
ENTRIES = {language: entries_of(catalogue) for language, catalogue in CATALOGUES.items()}
HINDI, ENGLISH = ENTRIES["hi"], ENTRIES["en"]
WANTED = [*wanted_by_records(), *wanted_by_screens()]

each_language = pytest.mark.parametrize("language", LANGUAGES)


def in_memory(language: str, *, strict: bool = True) -> Words:
    compiled = io.BytesIO()
    write_mo(compiled, CATALOGUES[language])
    compiled.seek(0)
    return Words(language, gettext.GNUTranslations(compiled), strict)


@pytest.fixture(scope="module")
def hindi() -> Words:
    return in_memory("hi")


@pytest.fixture(scope="module")
def english() -> Words:
    return in_memory("en")


# ---- The catalogues are whole


@each_language
def test_everything_that_is_wanted_has_words(language):
    assert not missing(WANTED, ENTRIES[language])


@each_language
def test_every_entry_is_wanted(language):
    assert not unused(ENTRIES[language], WANTED, allowed())


def test_what_is_said_elsewhere_is_said_there_and_by_no_screen():
    demo = "".join(path.read_text("utf-8") for path in (ROOT / "operations").glob("*.py"))
    assert all(f'"{key}"' in demo for key in ELSEWHERE)
    assert not set(ELSEWHERE) & {one.key for one in WANTED}


def test_all_languages_have_the_same_entries_in_the_same_order():
    for entries in ENTRIES.values():
        assert list(entries) == list(ENGLISH)


def test_all_languages_have_the_same_placeholders_and_plurals():
    for key, message in ENGLISH.items():
        for entries in ENTRIES.values():
            assert placeholders(entries[key]) == placeholders(message), key
            assert entries[key].pluralizable == message.pluralizable, key


@each_language
def test_every_form_of_every_entry_is_filled_in(language):
    for key, message in ENTRIES[language].items():
        assert not message.fuzzy, key
        assert len(texts(message)) == (2 if message.pluralizable else 1), key
        assert all(text and text == text.strip() for text in texts(message)), key


def misfits(wanted: list[Wanted]) -> list[str]:
    """Where the code gives a sentence other values than its placeholders, or counts what has no plural."""
    found = []
    for one in wanted:
        message = ENGLISH.get(one.key)
        if message is None or message.pluralizable < one.plural:
            found += [f"{one.where}: {one.key} has no plural"] if message else []
        elif one.values is not None and placeholders(message) ^ one.values:
            found.append(f"{one.where}: {one.key} takes {sorted(placeholders(message))}")
    return found


def test_every_saying_gives_what_the_words_ask_for():
    assert not misfits(WANTED)


def test_a_saying_that_does_not_fit_is_noticed():
    assert misfits([*wanted_by_source("say('members.added')", "here.py")])
    assert misfits([*wanted_by_source("say('sync.waiting')", "here.py")])
    assert misfits([*wanted_by_source("say('do.save', name=name)", "here.py")])
    assert misfits([*wanted_by_source("say('nav.groups', count=count)", "here.py")])
    assert not misfits([*wanted_by_source("say('members.added', name=name)", "here.py")])


def test_compiled_words_are_those_of_the_catalogues():
    for language in LANGUAGES:
        with (FOLDER / f"{language}.mo").open("rb") as stream:
            compiled = entries_of(read_mo(stream))
        same = {key: texts(message) for key, message in compiled.items()} == {
            key: texts(message) for key, message in ENTRIES[language].items()
        }
        assert same, f"{language}.mo is older than {language}.po: make words"


# ---- How people here speak


def test_hindi_counts_nought_and_one_as_one(hindi):
    assert hindi.say("sync.waiting", count=0) == "0 प्रविष्टि भेजनी बाकी"
    assert hindi.say("sync.waiting", count=1) == "1 प्रविष्टि भेजनी बाकी"
    assert hindi.say("sync.waiting", count=2) == "2 प्रविष्टियाँ भेजनी बाकी"


def test_english_counts_only_one_as_one(english):
    assert [english.say("sync.waiting", count=n) for n in (0, 1, 2)] == [
        "0 entries to send",
        "1 entry to send",
        "2 entries to send",
    ]


LATIN_IN_HINDI = {"IFSC", "LGD", "NRLM"}
"""Codes that stand in Latin letters on passbooks and portals."""


def test_hindi_is_written_in_devanagari():
    strangers = {
        key: found
        for key, message in HINDI.items()
        if (found := set(re.findall(r"[A-Za-z]+", re.sub(r"{\w*}", "", " ".join(texts(message))))) - LATIN_IN_HINDI)
    }
    assert not strangers


def test_english_is_written_in_latin_letters():
    assert not [key for key, message in ENGLISH.items() if re.search("[\u0900-\u097f]", " ".join(texts(message)))]


UNWANTED = {
    "block is विकासखण्ड in Madhya Pradesh": "प्रखंड|प्रखण्ड|ब्लॉक|विकासखंड",
    "a group is समूह": "स्वयं सहायता|एसएचजी",
    "saving and syncing are सेव and सिंक": "सहेज|तुल्यकालन|समन्वयन",
    "a date is दिनांक": "(?<!जन्म)(?<!अंतिम )तिथि|तारीख",
    "handing a form in is no deposit": "जमा",
    "a village is ग्राम": "गाँव|गांव",
    "nobody is told what she or he did": "आपने|(?<!जा )(रहे|रही|सकते|सकती) हैं",
    "the stop behind a digit reads as a 1": "[0-9]।",
}
SPOKEN = {"members.consent"}
"""Read aloud by a person to women, so that it speaks as they speak."""


@pytest.mark.parametrize("rule", UNWANTED)
def test_hindi_keeps_to_the_words_of_the_offices(rule):
    told = {key: " ".join(texts(message)) for key, message in HINDI.items() if key not in SPOKEN}
    assert not {key for key, text in told.items() if re.search(UNWANTED[rule], text)}


def test_problems_do_not_blame_and_need_nothing_filled_in():
    for language, entries in ENTRIES.items():
        for key, message in entries.items():
            if key.startswith("problem."):
                assert not placeholders(message), (language, key)
                assert not re.search("गलती|you (must|did|have)|invalid|illegal", texts(message)[0], re.I), key


# ---- The rule of the keys


def test_keys_follow_from_kind_field_and_choice():
    assert field_key("SavingsAccount", "opened_on") == "savings_account.opened_on"
    assert field_key("Shg", "deleted_on") == field_key("Member", "deleted_on") == "record.deleted_on"
    assert choice_key("Shg", "group_type", "special") == "shg.group_type.special"
    assert choice_key("SavingsAccount", "state", "opened") == "state.opened"
    assert choice_key("AccountStep", "kind", "opened") == "step.opened"


def test_shared_lists_are_closed_lists_of_records():
    for kind, field in SHARED:
        assert fields_of(KINDS[kind].cls)[field].choices


def test_no_two_things_share_a_key():
    places: dict[str, set[str]] = {}
    for one in wanted_by_records():
        places.setdefault(one.key, set()).add(one.where)
    doubled = {key for key, where in places.items() if len(where) > 1}
    # What stands on the portal is said alike of a group, a member and an account; so are rhythms and livelihoods.
    alike = ("portal_status.", "rhythm.", "livelihood.")
    assert {key for key in doubled if not key.startswith(alike)} == {"record.deleted_on"}


def test_a_new_field_and_its_choices_want_words():
    class More(Shg):
        banner: Name | None = None
        books: Annotated[str, Choice("kept", "not_kept")] | None = None

    more = KINDS.replaced(Kind("Shg", More, KINDS["Shg"].streams, "group"))
    assert missing(wanted_by_records(more), HINDI).keys() - missing(wanted_by_records(), HINDI).keys() == {
        "shg.banner",
        "shg.books",
        "shg.books.kept",
        "shg.books.not_kept",
    }


def test_a_new_kind_wants_a_name_with_a_plural():
    class Visit(Member):
        purpose: Text | None = None

    more = KINDS.replaced(Kind("Visit", Visit, None, "group"))
    wanted = {one.key: one for one in wanted_by_records(more)}
    assert wanted["kind.Visit"].plural
    assert "visit.purpose" in missing(wanted.values(), HINDI)


def test_a_field_that_goes_leaves_its_words_unused():
    less = KINDS.replaced(Kind("Shg", Member, None, "group"))
    left = unused(HINDI, [*wanted_by_records(less), *wanted_by_screens()], allowed(less))
    assert {"shg.meeting_rhythm", "rhythm.weekly", "shg.remarks.help"} <= left


# ---- What the code of the screens wants


def wanted_in(source: str) -> dict[str, Wanted]:
    return {one.key: one for one in wanted_by_source(source, "here.py")}


def test_a_key_is_found_wherever_it_is_said():
    found = wanted_in(
        "say('a.one')\n"
        "here.words.say('a.two', count=n, place=p)\n"
        "say('a.three' if x else 'a.four' if y else 'a.five')\n"
        "words.say_if_known(key, 'a.six')\n"
        "TABS = (('a.seven', icon),)\n"
        "say('a.eight', **values)\n"
    )
    assert sorted(found) == sorted(f"a.{n}" for n in "one two three four five six seven eight".split())
    assert found["a.two"] == Wanted("a.two", "here.py:2", True, frozenset({"count", "place"}), 2)
    assert found["a.one"].values == frozenset()
    assert found["a.seven"].values is None and found["a.eight"].values is None


def test_other_strings_are_not_taken_for_keys():
    assert not wanted_in("key='group-save'; route='/groups'; name='hi.'; text='One. Two.'; log('samooh.screens')")


def test_a_built_key_is_wanted_in_all_its_forms():
    found = wanted_in("say(f'history.state.{past.state}')")
    assert set(found) == {f"history.state.{ending}" for ending in BUILT["history.state"]}


def test_a_key_built_from_a_list_of_the_records_needs_no_declaration():
    assert not wanted_in("say(f'state.{row.state}'); say_if_known(f'role.{role}', 'value.newer')").keys() - {
        "value.newer"
    }


def test_a_built_key_with_an_undeclared_prefix_is_missing():
    assert missing(wanted_by_source("say(f'some.{thing}')", "here.py"), HINDI)
    assert missing(wanted_by_source("say(f'{some}.thing')", "here.py"), HINDI)
    assert missing(wanted_by_source("say(f'state{thing}')", "here.py"), HINDI)


def test_babel_finds_the_same_keys():
    with (FOLDER / "babel.cfg").open() as stream:
        methods, options = parse_mapping_cfg(stream)
    found = extract_from_dir(
        ROOT,
        methods,
        options,
        directory_filter=lambda folder: Path(folder).relative_to(ROOT).parts[0] in ("records", "screens"),
    )
    keys = {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}
    assert keys == {one.key for one in WANTED}


# ---- Saying


def test_numbers_days_and_text_are_filled_in(english, hindi):
    assert english.say("sync.waiting", count=161200) == "1,61,200 entries to send"
    assert hindi.say("members.left", day=date(2026, 11, 4)) == "समूह छोड़ने का दिनांक: 04-11-2026"
    assert english.say("group.number", number="00012345") == "Group number 00012345"
    assert english.say("figure.average", average=None, norm=15) == "Average members – (norm 15)"


def test_typed_text_is_never_read_as_a_placeholder(hindi):
    assert "{count} {x.__class__}" in hindi.say("groups.none_found", text="{count} {x.__class__}")


def test_kinds_have_a_singular_and_a_plural(english, hindi):
    assert english.kind("SavingsAccount") == "Savings account"
    assert english.kind("SavingsAccount", 2) == "Savings accounts"
    assert hindi.kind("SavingsAccount", 2) == "बचत खाते"


def test_fields_choices_and_help(hindi):
    assert hindi.field("Member", "guardian_name") == "पिता/पति का नाम"
    assert hindi.choice(Shg, "meeting_rhythm", "fortnightly") == "पाक्षिक"
    assert hindi.help("Shg", "name") is None
    assert hindi.help("Shg", "declared_members")


def test_what_a_newer_version_sent_says_update_the_app(hindi):
    assert hindi.choice(Shg, "group_type", "on_the_moon") == "नई जानकारी: ऐप अपडेट करें"
    for said in (hindi.problem("new_code"), hindi.mark("new_mark"), hindi.mark_remedy("new_mark")):
        assert "ऐप अपडेट करें" in said
    assert hindi.reason("new_reason") and hindi.reason_remedy("new_reason")


def test_strict_words_raise_on_a_mistake():
    strict = in_memory("hi", strict=True)
    with pytest.raises(KeyError, match=r"no\.such"):
        strict.say("no.such")
    with pytest.raises(KeyError, match="name"):
        strict.say("members.added")


def test_lenient_words_show_the_key_and_log_it_once(caplog):
    _log_once.cache_clear()
    lenient = in_memory("hi", strict=False)
    assert lenient.say("no.such", count=3) == "no.such"
    assert lenient.say("no.such", count=4) == "no.such"
    assert lenient.say("members.added") == "सदस्य जोड़ा गया: {name}"
    assert [record.getMessage().split(" in ")[0] for record in caplog.records] == [
        "no words for 'no.such'",
        "'members.added' needs a value for 'name'",
    ]


def test_an_entry_without_plurals_can_be_counted(hindi):
    assert hindi.say("nav.groups", count=5) == "समूह"


def test_languages_come_hindi_first_and_name_themselves():
    assert languages() == ("hi", "en")
    assert [words_of(language).say("language.name") for language in languages()] == ["हिन्दी", "English"]


def test_words_are_read_once_and_compare_by_language():
    assert words_of("hi") is words_of("hi")
    assert words_of("hi") != words_of("en")
    assert words_of("hi") == Words("hi", gettext.NullTranslations())


def test_a_language_that_was_not_compiled_says_what_to_do():
    with pytest.raises(FileNotFoundError, match="make words"):
        words_of("xx")


# ---- Compiling


def test_a_catalogue_is_compiled_beside_its_source(tmp_path):
    (tmp_path / "en.po").write_bytes((FOLDER / "en.po").read_bytes())
    assert compile_catalogues(tmp_path) == [tmp_path / "en.mo"]
    with (tmp_path / "en.mo").open("rb") as stream:
        assert gettext.GNUTranslations(stream).gettext("do.save") == "Save"


def test_a_damaged_catalogue_leaves_the_compiled_one_as_it_was(tmp_path):
    (tmp_path / "en.mo").write_bytes(b"as before")
    (tmp_path / "en.po").write_text('msgid "do.save"\nSave\n')
    with pytest.raises(PoFileError):
        compile_catalogues(tmp_path)
    assert (tmp_path / "en.mo").read_bytes() == b"as before"
