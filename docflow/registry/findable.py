"""What of a text becomes findable: its words, its references as keys, the language it is in.

Words are folded and stand alone, so that PostgreSQL's parser takes nothing for an address, a
number with a sign or a compound. A reference (88/61230, Ω4Ε946ΜΤΛ6-ΑΒ1, a mail address, a code in
mixed letters) is kept whole as well, as a key in which Latin and Greek look-alikes are one; the
text itself stays as it is. Source: domain rows 92, 93.
"""

import re
from collections import Counter
from collections.abc import Iterable

from docflow.folding import fold, fold_reference, words

KEY = "="
"""What a key begins with in the index; no word does."""
MAX_KEYS = 3000
BLOCK = 20_000
_FIRST_BLOCK = 10**15  # the keys of blocks by age begin here (`give_search_keys`, migration 0024)
_TOKEN = re.compile(r"[\w@][\w@./\-–+:]*[\w]")
_SIGN = re.compile(r"[@./\-–+:]")
_GREEK = re.compile(r"[α-ω]")
_LATIN = re.compile(r"[a-z]")
_SAMPLE = 20_000  # characters from which the language is told
# Words that stand in any text of the language, folded.
_COMMON = {
    "en": "the of and to in is for that with this are was by from",
    "hu": "es az hogy nem egy ez van meg vagy szerint alapjan reszere is kell",
    "cs": "na ze se je pro podle nebo byl jako od ve do ktere dne ulice",
    "de": "der die und das den von mit fur ist des nicht eine dem auf",
    "fr": "le la les des et du pour dans est une sur par au que",
}
_WORDS_OF = {language: frozenset(text.split()) for language, text in _COMMON.items()}
LANGUAGES = ("el", *_WORDS_OF)
# Endings of Czech nouns and adjectives, folded, the longest first: the case endings of Dolamic and
# Savoy's light stemmer for Czech (2009). PostgreSQL has none.
_CZECH = (
    "atech ovych etem atum ech ich eho emu ete eti iho imi imu ach ata aty ych ama ami ove ovi "
    "ymi em es im um at am os us ym ou a e i o u y"
)


def blocks(first: int, last: int) -> list[int]:
    """Keys of the blocks in which the entries of these ids stand, and of rows of an older form."""
    return [0, *(_FIRST_BLOCK + block for block in range(first // BLOCK, last // BLOCK + 1))]


def plain(text: str) -> str:
    """The folded words of a text with blanks between them, as they are indexed."""
    return " ".join(words(text))


def key(reference: str) -> str:
    """The key by which a reference is found; empty where too little is left of it."""
    if "@" in reference:
        return KEY + fold(reference).strip()
    bare = fold_reference(reference)
    return KEY + bare if len(bare) > 2 else ""


def is_reference(token: str) -> bool:
    """Whether a token is one that people cite: with a digit among signs or letters, a mail
    address, or letters of two alphabets, which no word has.
    """
    if "@" in token:
        return True
    folded = fold(token)
    has_digit = any(char.isdigit() for char in folded)
    if has_digit and (_SIGN.search(folded) or any(char.isalpha() for char in folded)):
        return True
    return is_mixed(token)


def is_mixed(token: str) -> bool:
    """Whether it has letters of both alphabets, as reading and two keyboards make them."""
    folded = fold(token)
    return bool(_GREEK.search(folded) and _LATIN.search(folded))


def keys(text: str, *whole: str) -> list[str]:
    """The keys of all references in a text, and of values that are references as a whole."""
    found = dict.fromkeys(key(one) for one in whole if one)
    for match in _TOKEN.finditer(text):
        token = match.group()
        if is_reference(token):
            found[key(token)] = None
            if len(found) > MAX_KEYS:
                break
    found.pop("", None)
    return list(found)


def czech_stem(word: str) -> str:
    """The folded word without its case ending; empty where it has none, or is no Latin word."""
    if not word.isascii():
        return ""
    for ending in _CZECH.split():
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return ""


def language(text: str) -> str:
    """The language a text is in, told by its letters and commonest words; empty where unsure."""
    sample = words(text[:_SAMPLE])
    letters: Counter[str] = Counter()
    for word in sample:
        letters["greek" if _GREEK.search(word) else "latin" if _LATIN.search(word) else ""] += 1
    if letters["greek"] > letters["latin"]:
        return "el"
    counts = {name: _hits(sample, known) for name, known in _WORDS_OF.items()}
    best, second = sorted(counts.values(), reverse=True)[:2]
    if best < 3 or best < 2 * second:
        return _by_letters(text[:_SAMPLE])
    return max(counts, key=lambda name: counts[name])


def _hits(sample: Iterable[str], known: frozenset[str]) -> int:
    return sum(word in known for word in sample)


def _by_letters(text: str) -> str:
    """Letters that only one of our languages has: ő and ű, ř and ů."""
    low = text.casefold()
    if any(char in low for char in "őű"):
        return "hu"
    if any(char in low for char in "řůěĺ"):
        return "cs"
    return ""
