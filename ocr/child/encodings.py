"""Which letters the bytes of a plain text stand for, where nobody says it.

Greek offices send UTF-8, Windows-1253, ISO-8859-7 and, out of old programs, DOS code page 737.
"""

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 200_000
# A Greek word has all its letters above 127, a Hungarian or Czech one has some of them.
_WORD = re.compile(rb"[A-Za-z\x80-\xff]{3,}")
_GREEK_WORD = re.compile(rb"[\x80-\xff]{3,}")


def decoded(data: bytes, *, said: str = "") -> str:
    """The text, by its mark, by what the file says of itself, by what the bytes look like."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data.decode(name, errors="replace")
    for name in ("utf-8", said):
        try:
            if name:
                return data.decode(name)
        except (UnicodeDecodeError, LookupError, ValueError):
            continue
    return data.decode(_guessed(data[:_SAMPLE]), errors="replace")


def _guessed(data: bytes) -> str:
    high = [byte for byte in data if byte > 0x7F]
    words = [word for word in _WORD.findall(data) if max(word) > 0x7F]
    if 2 * sum(1 for word in words if _GREEK_WORD.fullmatch(word)) < len(words):
        return "cp1250"
    dos = sum(1 for byte in high if 0x80 <= byte <= 0xAF or 0xE0 <= byte <= 0xEA)
    windows = sum(1 for byte in high if byte >= 0xB8)
    if dos > windows:
        return "cp737"
    # The one letter that differs: Ά is 0xA2 in Windows-1253 and 0xB6 in ISO-8859-7.
    return "iso-8859-7" if high.count(0xB6) > high.count(0xA2) else "cp1253"
