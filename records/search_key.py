"""Search keys: one folded spelling for a name, in whatever script and however it was spelled.

`सीता`, `Sita` and `Seeta` have the key `sit`; `बड़वारा`, `Badwara` and `Barwara` have `brvr`. A key finds candidates, it
never proves that two names are one: different names share keys (`राम` and `रमा`). It is stored in a column and compared
by `LIKE 'key%'` and `LIKE '% key%'`, so it holds only a-z, 0-9 and single spaces, and the key of the first letters of
a word begins the word's key, unless a spelling was cut in two (the first `e` of `Seeta`).

What is folded, because people write it both ways:

- long and short vowels, `ee` and `i`, `oo` and `u`, `au`, `ou` and `ow`, `ai` and `ay`, `ia` and `iya`, `eo` and `ev`;
- every `a` but one that begins the word: Hindi drops the vowel that consonants carry, Latin spelling now and then;
- sibilants, dental and retroflex, aspirated and plain, doubled letters;
- `d` and `r` within a word, because ड़ and ढ़ are written with either (Badwara, Barwara; Garh, Gadh);
- w and v, f and ph, z and j, x and ksh, ज्ञ and gy, anusvara and the nasal that it stands for.

What is not: b and v (Basanti, Vasanti), e and i, o and u, words written together or apart. These make different keys;
a search finds them by `loose`, after what is written as it was typed. Letters of other scripts are left out. The
sounds are those of IAST and ISO 15919; the tests compare with an implementation of IAST.
"""

import re
import unicodedata
from functools import lru_cache

# A consonant brings a vowel, marked apart from a written one; a vowel sign or virama cancels it. Both marks are ASCII
# controls, so that most texts are plain ASCII after one pass.
_INHERENT, _CANCEL = "\x02", "\x01"

# The letters of Devanagari as Latin spelling writes their sounds; a consonant's own vowel is not in it.
CONSONANTS = dict(
    zip(
        "कखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसहळ",
        "k kh g gh n ch chh j jh n t th d dh n t th d dh n p ph b bh m y r l v sh sh s h l".split(),
        strict=True,
    )
)
_VOWELS = dict(zip("अआइईउऊऋएऐओऔऑऍ", "a a i i u u ri e ai o au o e".split(), strict=True))
_SIGNS = dict(zip("ािीुूृेैोौॉॅ", "a i i u u ri e ai o au o e".split(), strict=True))
# Nukta, visarga and avagraha; soft hyphen, joiners and other signs without width; apostrophes.
_SILENT = "\u093c\u0903\u093d\u00ad\u200b\u200c\u200d\u2060\ufeff'\u2019"
_LETTERS: dict[int, str] = {
    **{ord(letter): sound + _INHERENT for letter, sound in CONSONANTS.items()},
    **{ord(vowel): sound for vowel, sound in _VOWELS.items()},
    **{ord(sign): _CANCEL + sound for sign, sound in _SIGNS.items()},
    **{0x0966 + digit: str(digit) for digit in range(10)},
    **{ord(sign): "" for sign in _SILENT},
    **{ord(nasal): "n" for nasal in "\u0901\u0902ṃṁ"},
    ord("\u094d"): _CANCEL,  # virama
    ord("\u0950"): "om",
}

# Spellings that are not said letter by letter. Latin writes गाँव as gaon or gawan, with the nasal last.
_SPELLINGS = (("ज्ञ", "ग्य"), ("jñ", "gy"), ("सिंह", "सिंघ"), ("गाँव", "गावन"), ("गांव", "गावन"))
_NASAL_OF_LIPS = re.compile("[\u0901\u0902ṃṁ](?=[पफबभमpbm])")
# The mother goddess heads the names of many groups; Latin spelling leaves her nasal out.
_MOTHER = re.compile("(?<!\\S)मा[\u0901\u0902](?!\\S)")
# IAST writes the vowel ऋ as r with a dot below.
_VOWEL_R = re.compile("r\u0323(?![aeiou])")

_WORDS = re.compile(f"[a-z0-9{_INHERENT}]+")
_WHOLE_WORDS = {"verma": "varma", "smt": "shrimati", "sinh": "singh"}
_LONG_O = re.compile("ow(?![aeiou])")
_LAST_EY = re.compile(f"ey{_INHERENT}?$")
# Written, or the one that a consonant brings along and that is said after two of them, as in कृष्ण, Krishna.
_LAST_A = re.compile(f"a$|[bcdfghjklpqstvwxyz][lmnrvy]{_INHERENT}$")
_LAST_Y = re.compile("(?<=[bkj])y$")
_FIRST_GY = re.compile("^[gj]n")
# In this order: a longer spelling is read before its parts.
_FOLDS = tuple(
    pair.split(">")
    for pair in (
        "aa>a ee>i ii>i oo>u uu>u au>o ou>o ai>ay ao>av eo>ev ia>iya dny>gy x>ks z>j f>p q>k ck>k w>v uva>ua "
        "cch>ch chh>ch sh>s bh>b ch>c dh>d gh>g jh>j kh>k ph>p th>t"
    ).split()
)
_DOUBLED = re.compile(r"([a-z])\1+")


@lru_cache(maxsize=4096)
def search_key(text: str) -> str:
    """The key of a name or of any text: `"जय अम्बे समूह"` gives `"jy ambe smuh"`, text without letters `""`."""
    return " ".join(map(_fold, _WORDS.findall(_latin(text))))


@lru_cache(maxsize=4096)
def name_key(text: str) -> str:
    """The key of a name that is to be told from others: that of a search, and of each word whether it ends in an `a`
    that is said. So `राम` and `Ram` are one, and `रमा` and `Rama` another; `कमल` is not `कमला`."""
    return " ".join(_fold(word) + "a" * bool(_LAST_A.search(word)) for word in _WORDS.findall(_latin(text)))


def search_words(text: str) -> tuple[str, ...]:
    """The keys of the words of a text, in its order, for a search in which they may stand in any order."""
    return tuple(search_key(text).split())


# Told apart by the key, confused by those who write: which letters a search takes for which others, in this order.
LOOSE = (("b", "v"), ("d", "r"), *((vowel, "") for vowel in "eiouy"), (" ", ""))


def loose(key: str) -> str:
    """The bones of a key: without what even careful writers confuse, which is vowels, b and v, words together or apart.

    Never stored: a search says the same of the stored keys in SQL (`storage/queries/asking.py`).
    """
    for written, said in LOOSE:
        key = key.replace(written, said)
    return key


def _latin(text: str) -> str:
    """The text in small Latin letters, with a mark for each vowel that a Devanagari consonant brings along."""
    if text.isascii():
        return text.lower().replace("'", "")
    text = unicodedata.normalize("NFC", text).lower()
    for written, said in _SPELLINGS:
        text = text.replace(written, said)
    text = _NASAL_OF_LIPS.sub("m", _MOTHER.sub("मा", text))
    text = text.translate(_LETTERS).replace(_INHERENT + _CANCEL, "").replace(_CANCEL, "")
    if text.isascii():
        return text
    text = _VOWEL_R.sub("ri", unicodedata.normalize("NFD", text))
    return "".join(character for character in text if not unicodedata.combining(character))


@lru_cache(maxsize=16384)
def _fold(word: str) -> str:
    """The key of one word of `_latin`."""
    word = _LAST_EY.sub("e", _WHOLE_WORDS.get(word, word)).replace(_INHERENT, "a")
    word = _LONG_O.sub("o", _FIRST_GY.sub("gy", word))
    for written, said in _FOLDS:
        word = word.replace(written, said)
    word = _LAST_Y.sub("i", _DOUBLED.sub(r"\1", word))
    # The vowel goes late: until here it kept apart what only seems doubled or aspirated, as in Lal and Sahaj. After it,
    # because the r and h of बरही and the one sound of गढ़ are both written rh.
    return word[:1] + word[1:].replace("a", "").replace("d", "r").replace("rh", "r").replace("yi", "y")
