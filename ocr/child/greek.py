"""Letters that Tesseract's Greek model confuses and that no Greek text means.

Measured on official letters: a third of all mu come as U+00B5 MICRO SIGN, monotonic text gets stray
polytonic letters, and capitals come as the Latin ones that look the same.
"""

import re
import unicodedata

_GREEK = re.compile(r"[\u0370-\u03ff]")
_LETTERS = re.compile(r"[^\W\d_]+")

# Latin letters that look like Greek ones. Small letters only where the print is truly alike.
_ALIKE = str.maketrans("ABEZHIKMNOPTYXovuk", "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧονυκ")
_ALIKE_ONLY = re.compile(r"[ABEZHIKMNOPTYXovuk]+")
# Decree 297/1982 (monotonic orthography): monosyllables bear no accent, save a few that are not
# in this list. The model writes «καί» for half of all «και».
_BARE = {
    "καί": "και",
    "Καί": "Και",
    "χαί": "και",
    "τό": "το",
    "τά": "τα",
    "τόν": "τον",
    "τήν": "την",
    "τής": "της",
    "τών": "των",
    "τού": "του",
    "τούς": "τους",
    "τίς": "τις",
    "οί": "οι",
    "γία": "για",
    "γιά": "για",
    "μέ": "με",
    "σέ": "σε",
    "νά": "να",
    "θά": "θα",
    "δέν": "δεν",
    "στό": "στο",
    "στά": "στα",
    "στή": "στη",
    "στήν": "στην",
    "στόν": "στον",
    "στούς": "στους",
    "στίς": "στις",
}
_ACCENTED_MONOSYLLABLE = re.compile(rf"(?<!\w)(?:{'|'.join(_BARE)})(?!\w)")
# The prefix προ- does not run together with the vowel behind it: προϋπολογισμός, προϊστάμενος.
_WITH_DIAERESIS = {"υ": "ϋ", "ι": "ϊ", "ύ": "ΰ", "ί": "ΐ"}
_DIAERESIS_LOST = re.compile(r"(?<!\w)([Ππ]ρο)(υ(?=π)|ι(?=στ|όν|όντ))")
_GRAVE_AND_CIRCUMFLEX = {"\u0300", "\u0342"}
_MARKS_KEPT = {"\u0301", "\u0308"}  # tonos and dialytika


def normal(text: str) -> str:
    """NFKC, without control characters and lone surrogates."""
    clean = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    clean = "".join(char for char in clean if unicodedata.category(char) not in ("Cc", "Cs"))
    return unicodedata.normalize("NFKC", clean)


def folded(text: str) -> str:
    """One word as a Greek office writes it: NFKC, monotonic, Greek letters in Greek words."""
    text = _monotonic(normal(text))
    text = _ACCENTED_MONOSYLLABLE.sub(lambda match: _BARE[match[0]], text)
    text = _DIAERESIS_LOST.sub(lambda match: match[1] + _WITH_DIAERESIS[match[2]], text)
    return _LETTERS.sub(lambda match: _in_greek(match[0]), text) if _GREEK.search(text) else text


def _monotonic(text: str) -> str:
    if not any("\u1f00" <= char <= "\u1fff" for char in text):
        return text
    marks = []
    for char in unicodedata.normalize("NFD", text):
        if not unicodedata.combining(char) or char in _MARKS_KEPT:
            marks.append(char)
        elif char in _GRAVE_AND_CIRCUMFLEX:
            marks.append("\u0301")
    return unicodedata.normalize("NFC", "".join(marks))


def _in_greek(run: str) -> str:
    """A run of letters; where some are Greek, those that look Greek are meant to be."""
    greek = len(_GREEK.findall(run))
    if not greek or greek == len(run):
        return run
    rest = _GREEK.sub("", run)
    return run.translate(_ALIKE) if _ALIKE_ONLY.fullmatch(rest) else run
