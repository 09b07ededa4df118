"""Words as they go on paper: letters that the typeface has, capitals, dates and times.

Every text that reaches a template came from somebody else: it is made printable here and handed
over as data. A template shows it and never evaluates it.
"""

import re
import unicodedata
from datetime import date, datetime
from functools import cache
from itertools import chain

from docflow.printing import fonts

# Where a line may break inside an overlong word. The templates turn it into a space of no width,
# so that text copied out of the PDF does not contain it.
BREAK = "\u200b"
# What stands for a character that no font of ours can draw (emoji, Chinese …). PDF/A forbids a
# missing glyph, so the typesetter would refuse the whole document.
UNKNOWN = "\u25a1"

_LONGEST_WORD = 28
_LONG_WORD = re.compile(rf"\S{{{_LONGEST_WORD},}}")
_PIECE = re.compile(r"[^/?&=._@:,;-]{1,16}[/?&=._@:,;-]*|[/?&=._@:,;-]+")
_BLANKS = re.compile(r"\s+")

# Letters that the fonts inside the typesetter draw: polytonic Greek and Hebrew (Libertinus Serif),
# Arabic (DejaVu Sans Mono), signs. Found by setting every character of these blocks.
_FALLBACK_RANGES = (
    (0x250, 0x2AF), (0x374, 0x375), (0x37A, 0x37E), (0x3D0, 0x3E1), (0x3F0, 0x3F6),
    (0x5D0, 0x5EA), (0x5F0, 0x5F4), (0x621, 0x63A), (0x641, 0x64A), (0x660, 0x669),
    (0x1F00, 0x1F15), (0x1F18, 0x1F1D), (0x1F20, 0x1F45), (0x1F48, 0x1F4D), (0x1F50, 0x1F57),
    (0x1F59, 0x1F59), (0x1F5B, 0x1F5B), (0x1F5D, 0x1F5D), (0x1F5F, 0x1F7D), (0x1F80, 0x1FB4),
    (0x1FB6, 0x1FC4), (0x1FC6, 0x1FD3), (0x1FD6, 0x1FDB), (0x1FDD, 0x1FEF), (0x1FF2, 0x1FF4),
    (0x1FF6, 0x1FFE), (0x2010, 0x2027), (0x2030, 0x2037), (0x2039, 0x203E), (0x2070, 0x2071),
    (0x2074, 0x208E), (0x2100, 0x2103), (0x2116, 0x2116), (0x2126, 0x2126), (0x2153, 0x2184),
    (0x2190, 0x219B), (0x2200, 0x220D), (0x221A, 0x221A), (0x221E, 0x221E), (0x2248, 0x2248),
    (0x2260, 0x2260), (0x2264, 0x2265), (0x25A0, 0x25A1), (0x25CB, 0x25CF),
)  # fmt: skip

_MONTHS = {
    "el": "Ιανουαρίου Φεβρουαρίου Μαρτίου Απριλίου Μαΐου Ιουνίου Ιουλίου Αυγούστου Σεπτεμβρίου "
    "Οκτωβρίου Νοεμβρίου Δεκεμβρίου",
    "en": "January February March April May June July August September October November December",
}


def line(text: str | None) -> str:
    """One printable line: control characters, direction marks and line ends become blanks."""
    return _breakable(_BLANKS.sub(" ", _printable(text or "")).strip())


def paragraphs(text: str | None) -> list[str]:
    """The paragraphs of a text (parted by blank lines), each with its own line ends kept."""
    text = (text or "").replace("\r\n", "\n").replace("\r", "\n").replace("\x0c", "\n\n")
    found = []
    for paragraph in re.split(r"\n[ \t]*\n\s*", text):
        rows = [line(row) for row in paragraph.split("\n")]
        if any(rows):
            found.append("\n".join(row for row in rows if row))
    return found


def rows(text: str | None) -> list[str]:
    """The lines of a text that are not empty, each printable."""
    return [row for row in map(line, (text or "").splitlines()) if row]


def plain(text: str) -> str:
    """Without the break marks: for the title and other metadata of the file."""
    return text.replace(BREAK, "")


def clipped(text: str, most: int = 250) -> str:
    """The beginning of a text that is longer, with three dots: where there is no room for more.

    The default suits titles in a file's metadata, where PDF/A limits the length of a string.
    """
    return text if len(text) <= most else f"{text[:most].rstrip()}…"


def capitals(text: str) -> str:
    """Capitals as Greek writes them: no accents, but dialytika (Μάιος, ΜΑΪΟΣ) and the lone Ή.

    Unicode, Default Case Conversion for Greek (as in CLDR): accents and breathings go, and where
    an accent parted two vowels, dialytika part them now.
    """
    return re.sub(r"[^\W\d_]+", lambda word: _word_in_capitals(word.group()), text)


def long_date(day: date, language: str) -> str:
    """20 Νοεμβρίου 2026, 20 November 2026."""
    return f"{day.day} {_MONTHS[language].split()[day.month - 1]} {day.year}"


def short_date(day: date) -> str:
    """20/11/2026, in both languages: the office's habit."""
    return f"{day:%d/%m/%Y}"


def moment(instant: datetime) -> str:
    """20/11/2026 10:41:07 (UTC+02:00). The instant bears the office's own zone.

    Raises ValueError for an instant without a zone: an official time needs one.
    """
    offset = instant.strftime("%z")
    if not offset:
        raise ValueError("an instant on an official document needs its time zone")
    return f"{instant:%d/%m/%Y %H:%M:%S} (UTC{offset[:3]}:{offset[3:5]})"


def _word_in_capitals(word: str) -> str:
    decomposed = unicodedata.normalize("NFD", word)
    if decomposed in ("η\u0301", "Η\u0301"):
        return "Ή"
    result: list[str] = []
    base, accented = "", False
    for char in decomposed:
        if not unicodedata.combining(char):
            hiatus = accented and base in "αεοΑΕΟ" and char in "ιυΙΥ"
            base, accented = char, False
            result.append(char.upper())
            if hiatus:
                result.append("\u0308")
        elif not _is_greek(base):
            result.append(char)
        elif char == "\u0345":
            result.append("Ι")
        elif char == "\u0308" and result[-1] != "\u0308":
            result.append(char)
        else:
            accented = accented or char in "\u0300\u0301\u0342"
    return unicodedata.normalize("NFC", "".join(result))


def _is_greek(char: str) -> bool:
    return "\u0370" <= char <= "\u03ff"


def _printable(text: str) -> str:
    """The text composed, with only characters that a font of ours draws."""
    # An encode and decode turns lone surrogates (broken input) into question marks.
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return "".join(map(_drawn, unicodedata.normalize("NFC", whole)))


@cache
def _drawn(char: str) -> str:
    """The character itself; a blank, nothing or a sign where it cannot or must not be printed."""
    category = unicodedata.category(char)
    if char == "\u00ad" or category in ("Cf", "Mc", "Me"):
        # Format characters: invisible at best; direction overrides can make a text lie.
        return ""
    if category in ("Cc", "Zs", "Zl", "Zp"):
        return " "
    if ord(char) in _drawable():
        return char
    # A mark without its own glyph is dropped; its letter stays readable.
    return "" if category == "Mn" else UNKNOWN


@cache
def _drawable() -> frozenset[int]:
    fallback = chain.from_iterable(range(first, last + 1) for first, last in _FALLBACK_RANGES)
    return fonts.coverage() | frozenset(fallback)


def _breakable(text: str) -> str:
    return _LONG_WORD.sub(lambda word: BREAK.join(_PIECE.findall(word.group())), text)
