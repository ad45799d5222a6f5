"""A name in the other script, as a proposal: Devanagari to the Latin spelling of registers and bank papers, and back.

Only ever offered, never taken without being seen: spelling is a habit, not a rule, and her own way of writing her name
is the right one. Words of Hindi drop the vowel that a consonant carries at the end of a word and in the middle of many;
the rule is Ohala's (Aspects of Hindi Phonology, 1983), from left to right. From Latin letters the length of a vowel and
the place of a t or d cannot be read: common words are looked up, the rest is guessed.
"""

import re
import unicodedata
from collections.abc import Iterable

from records.search_key import CONSONANTS
from records.written import western_digits

_VOWELS = dict(zip("अआइईउऊऋएऐओऔऑऍ", "a a i i u u ri e ai o au o e".split(), strict=True))
_SIGNS = dict(zip("ािीुूृेैोौॉॅ", "aa i i u u ri e ai o au o e".split(), strict=True))
_DOTTED = {"ज": "z", "फ": "f"}
_NUKTA, _VIRAMA, _NASALS = "\u093c", "\u094d", "\u0901\u0902"
_DEVANAGARI = re.compile("[\u0900-\u097f]")
_WORD = re.compile("[\u0900-\u097f]+|[A-Za-z']+|[^\u0900-\u097fA-Za-z']+")

COMMON = dict(
    pair.split("=")
    for pair in (
        "जय=jai माँ=maa मां=maa श्री=shri सिंह=singh समूह=samuh महिला=mahila स्व=swa सहायता=sahayata स्वयं=swayam "
        "आजीविका=aajeevika बाई=bai देवी=devi पूजा=pooja मीना=meena गीता=geeta नीता=neeta रीता=reeta दीपक=deepak "
        "ज्योति=jyoti शांति=shanti मूर्ति=murti कीर्ति=kirti भूमि=bhumi शक्ति=shakti भक्ति=bhakti प्रगति=pragati "
        "जागृति=jagriti स्वाति=swati सुमति=sumati चौधरी=chaudhari दुबे=dubey फूलमती=phoolmati फूल=phool "
        "अम्बे=ambe शिव=shiv शारदा=sharda"
    ).split()
)
"""Words whose usual Latin spelling does not follow from their letters; read both ways."""

_USUAL = {
    **{latin: hindi for hindi, latin in COMMON.items()},
    **dict(
        pair.split("=")
        for pair in (
            "sita=सीता seeta=सीता gita=गीता geeta=गीता rita=रीता nita=नीता mina=मीना meena=मीना rina=रीना bina=बीना "
            "lila=लीला leela=लीला tara=तारा kamla=कमला vimla=विमला sarla=सरला nirmala=निर्मला sushila=सुशीला "
            "urmila=उर्मिला shakuntala=शकुंतला sunita=सुनीता anita=अनीता vinita=विनीता sangita=संगीता sangeeta=संगीता "
            "kavita=कविता savita=सविता sarita=सरिता mamta=ममता rekha=रेखा radha=राधा usha=उषा asha=आशा maya=माया "
            "ganga=गंगा jamuna=जमुना yamuna=यमुना durga=दुर्गा parvati=पार्वती saraswati=सरस्वती lakshmi=लक्ष्मी "
            "laxmi=लक्ष्मी savitri=सावित्री gayatri=गायत्री puja=पूजा pooja=पूजा pushpa=पुष्पा kusum=कुसुम "
            "rajkumari=राजकुमारी ram=राम rama=रमा ramkali=रामकली rambai=रामबाई shyam=श्याम shyama=श्यामा "
            "krishna=कृष्ण radhika=राधिका janki=जानकी ahilya=अहिल्या tulsi=तुलसी tulsa=तुलसा munni=मुन्नी "
            "guddi=गुड्डी rani=रानी lata=लता mata=माता kumari=कुमारी kumar=कुमार lal=लाल prasad=प्रसाद "
            "patel=पटेल yadav=यादव kol=कोल gond=गोंड singh=सिंह sinh=सिंह thakur=ठाकुर lodhi=लोधी kushwaha=कुशवाहा "
            "vishwakarma=विश्वकर्मा chaudhary=चौधरी choudhary=चौधरी chaudhari=चौधरी tiwari=तिवारी dubey=दुबे dube=दुबे "
            "mishra=मिश्रा sharma=शर्मा verma=वर्मा gupta=गुप्ता soni=सोनी sahu=साहू ahirwar=अहिरवार adivasi=आदिवासी "
            "prajapati=प्रजापति namdev=नामदेव raikwar=रैकवार kewat=केवट dahiya=दहिया barman=बर्मन "
            "group=ग्रुप self=सेल्फ help=हेल्प shg=एसएचजी ambe=अम्बे sharda=शारदा shiv=शिव om=ओम narmada=नर्मदा "
            "swasahayata=स्वसहायता sahyog=सहयोग jagruti=जागृति ekta=एकता vikas=विकास naya=नया savera=सवेरा"
        ).split()
    ),
}


def in_other_script(text: str) -> str:
    """The text in Latin letters if it holds Devanagari, else in Devanagari; "" where there is nothing to turn."""
    text = unicodedata.normalize("NFC", text).strip()
    if _DEVANAGARI.search(text):
        return " ".join(_turned(text, to_latin=True).split())
    return " ".join(_turned(text, to_latin=False).split()) if re.search("[A-Za-z]", text) else ""


def _turned(text: str, *, to_latin: bool) -> str:
    """The words in the other script, those that stand in it already and all else as they are."""
    parts = []
    for word in _WORD.findall(text):
        if _DEVANAGARI.match(word):
            parts.append(_to_latin(word) if to_latin else word)
        elif word[0].isalpha() and not to_latin:
            parts.append(_to_devanagari(word))
        else:
            parts.append(western_digits(word))
    return "".join(parts)


_ENDINGS = {
    **dict(pair.split("=") for pair in "लाल=lal राम=ram बाई=bai पुर=pur पुरा=pura नाथ=nath प्यारी=pyari".split()),
    **dict(pair.split("=") for pair in "गाँव=gaon गांव=gaon गवाँ=gawan कुमार=kumar कुमारी=kumari".split()),
}
"""What many names are put together with: the part before it is said like a word of its own."""
_ENDINGS_LATIN = {latin: hindi for hindi, latin in _ENDINGS.items()} | {"vati": "वती", "mati": "मती", "kali": "कली"}


def _parted(word: str, endings: Iterable[str]) -> tuple[str, str]:
    """(the part before, the ending) of a word that is put together; (word, "") of any other."""
    ending = max((one for one in endings if word.endswith(one) and len(word) > len(one) + 1), key=len, default="")
    return (word[: len(word) - len(ending)], ending) if ending else (word, "")


# --- from Devanagari


def _to_latin(word: str) -> str:
    composed = unicodedata.normalize("NFC", word)
    if usual := COMMON.get(composed):
        return usual.capitalize()
    start, ending = _parted(composed, _ENDINGS)
    if ending and start[-1] not in _SIGNS:
        return (_to_latin(start) + _ENDINGS[ending]).capitalize()
    word = unicodedata.normalize("NFD", word)
    syllables = _syllables(word)
    _drop_vowels(syllables)
    latin = ""
    for at, (cluster, vowel, nasal) in enumerate(syllables):
        sound = _cluster(cluster, after=latin)
        if at and vowel == "aa" and sound == "v":
            sound = "w"
        vowel = "a" if vowel == "aa" else vowel
        latin += sound + {"A": "a", "": ""}.get(vowel, vowel)
        if nasal:
            latin += "N"
    latin = re.sub("N(?=[pbm])", "m", latin).replace("N", "n")
    return western_digits(latin).capitalize()


def _syllables(word: str) -> list[list[str]]:
    """[consonants, vowel, nasal] of each syllable; "A" is the vowel that a consonant carries."""
    found: list[list[str]] = []
    cluster = ""
    for at, sign in enumerate(word):
        following = word[at + 1 : at + 2]
        if sign in CONSONANTS:
            cluster += sign
            if following == _NUKTA:
                cluster += _NUKTA
                following = word[at + 2 : at + 3]
            if following != _VIRAMA and following not in _SIGNS:
                found.append([cluster, "A", ""])
                cluster = ""
        elif sign in _SIGNS:
            found.append([cluster, _SIGNS[sign], ""])
            cluster = ""
        elif sign in _VOWELS:
            found.append(["", _VOWELS[sign], ""])
        elif sign in _NASALS and found:
            found[-1][2] = "n"
        elif sign == "\u0950":
            found.append(["", "om", ""])
        elif sign.isdigit():
            found.append([sign, "", ""])
    if cluster:
        found.append([cluster, "", ""])
    return found


def _drop_vowels(syllables: list[list[str]]) -> None:
    last = len(syllables) - 1
    if last > 0 and syllables[last][1] == "A" and not syllables[last][2]:
        ends_open = len(_letters(syllables[last][0])) > 1 and syllables[last][0][-1] in "रयवलन"
        if not ends_open:
            syllables[last][1] = ""
    for at in range(1, last):
        before, here, after = syllables[at - 1], syllables[at], syllables[at + 1]
        closed = before[2] or (len(_letters(before[0])) > 1 and at > 1 and syllables[at - 2][1] == "")
        single = len(_letters(here[0])) == 1 and len(_letters(after[0])) == 1
        # Pipariya, Kalavati, Prajapati: these endings keep the vowel before them.
        ends = at + 2 == last and after[1] == "i" and syllables[last][0] == "य"
        ends = ends or (at + 1 == last and here[0] in "वपम" and after[0] == "त" and after[1] == "i")
        if here[1] == "A" and not here[2] and before[1] and after[1] and single and not closed and not ends:
            here[1] = ""


def _letters(cluster: str) -> str:
    return cluster.replace(_NUKTA, "")


def _cluster(cluster: str, after: str) -> str:
    """The sound of consonants written together. `after`: what has been written before them."""
    cluster = cluster.replace("जञ", "गय").replace("चछ", "छ")
    sound = ""
    for at, letter in enumerate(cluster):
        if letter == _NUKTA:
            continue
        if letter.isdigit():
            sound += letter
            continue
        mine = CONSONANTS[letter]
        if cluster[at + 1 : at + 2] == _NUKTA:
            mine = _DOTTED.get(letter, mine)
        before = (after + sound)[-1:]
        if mine == "v" and before and before not in "aeiourl":
            mine = "w"
        if letter == "ष" and before == "k":
            mine = "sh"
        sound += mine
    return sound


# --- from Latin letters

_SOUNDS = {
    "chh": "छ", "ksh": "क्ष", "shr": "श्र", "gy": "ज्ञ", "kh": "ख", "gh": "घ", "ch": "च", "jh": "झ", "th": "थ",
    "dh": "ध", "ph": "फ", "bh": "भ", "sh": "श", "k": "क", "g": "ग", "j": "ज", "t": "त", "d": "द", "n": "न", "p": "प",
    "b": "ब", "m": "म", "y": "य", "r": "र", "l": "ल", "v": "व", "w": "व", "s": "स", "h": "ह", "f": "फ", "z": "ज",
    "c": "क", "q": "क", "x": "क्स",
}  # fmt: skip
_SAID = {"aa": "ा", "ee": "ी", "ii": "ी", "oo": "ू", "uu": "ू", "ai": "ै", "ay": "ै", "au": "ौ", "ou": "ौ", "a": "",
         "i": "ि", "u": "ु", "e": "े", "o": "ो"}  # fmt: skip
_ALONE = {"": "अ", "ा": "आ", "ि": "इ", "ी": "ई", "ु": "उ", "ू": "ऊ", "े": "ए", "ै": "ऐ", "ो": "ओ", "ौ": "औ"}
_TOKENS = re.compile("|".join(sorted({*_SOUNDS, *_SAID}, key=len, reverse=True)))
_JOINED = re.compile("स[तथवनमकप]|श[वचन]|[कपतगदबभशघ]र|र[मगतवशजचदभणपख]|[कगतदनपबमसरलथध]्?य|कत|पत|दव|षण|कष")


def _to_devanagari(word: str) -> str:
    plain = word.lower().replace("'", "")
    if plain in _USUAL:
        return _USUAL[plain]
    start, ending = _parted(plain, _ENDINGS_LATIN)
    if ending:
        return _to_devanagari(start) + _ENDINGS_LATIN[ending]
    tokens = _TOKENS.findall(plain)
    written, consonant = "", ""
    for at, token in enumerate(tokens):
        last = at == len(tokens) - 1
        if token in _SAID and not (token == "ay" and not last):
            sign = _SAID[token]
            if token == "a" and tokens[at + 1 :] in (["r", "i"], ["l", "i"]):
                sign = "ा"
            if last:
                sign = {"": "ा" if len(tokens) > 2 else "", "ि": "ी", "ु": "ू"}.get(sign, sign)
            written += sign if consonant else _ALONE[sign]
            consonant = ""
            continue
        if token == "ay":
            written += ("" if consonant else "अ") + "य"
            consonant = "य"
            continue
        letter = _SOUNDS[token]
        following = tokens[at + 1] if not last else ""
        if letter in "नम" and following in _SOUNDS and written and _SOUNDS[following] not in "नमयरलवह":
            written += "ं"
            consonant = ""
            continue
        if consonant and (_JOINED.match(consonant + letter) or consonant == letter):
            written += _VIRAMA
        written += letter
        consonant = letter[-1]
    return unicodedata.normalize("NFC", written)
