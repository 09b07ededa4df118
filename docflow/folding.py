"""One key for text that people write in different ways: blind to case, accents and final sigma.

Sources: Unicode NFKC (so that MICRO SIGN is mu, and full-width and ligatures are plain letters),
case folding, marks removed. Measured in practice: OCR of Greek returns MICRO SIGN for a third of
all mu, and stray polytonic letters; both fold to the same key.
"""

import re
import unicodedata

# Latin (and Cyrillic-free) capitals that look like Greek ones. Used only for numbers and codes,
# where "ΕΓΚ" is typed on either keyboard; folding words with it would merge languages.
_LOOKALIKES = str.maketrans("abehikmnoptuxyz", "αβεηικμνορτυχυζ")
_NOT_WORD = re.compile(r"[^\w]+", re.UNICODE)


def fold(text: str) -> str:
    """The text without case, accents and final sigma: «Ὁδός» and "ΟΔΟΣ" both give "οδοσ"."""
    # Marks go before the case is folded: casefold() makes a letter of the iota below ᾧ and ᾳ.
    bare = _bare(_bare(text).casefold())
    return unicodedata.normalize("NFC", bare).replace("ς", "σ").replace("\x00", " ")


def by_name(name: str) -> tuple[str, str]:
    """Where a name stands in a list read by people: Ά, Έ and Ό among Α, Ε and Ο.

    The database orders by code point, which puts every accented capital before all others.
    """
    return fold(name), name


def _bare(text: str) -> str:
    """The letters without their marks."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def fold_reference(text: str) -> str:
    """The key of a number or code as people cite it: no blanks or signs, look-alikes as one.

    "ΕΓΚ. 88/61230" and "ek 88-61230" typed on a Latin keyboard differ only in what they say.
    """
    return _NOT_WORD.sub("", fold(text).translate(_LOOKALIKES)).replace("_", "")


def line(text: str) -> str:
    """What a person typed into one line: composed accents, single blanks, no control characters.

    Half surrogates go too: no UTF-8, and so no database, holds them.
    """
    return " ".join(_typed(text, keep="").split())


def lines(text: str) -> str:
    """What a person typed into several lines, likewise; the line ends stay."""
    typed = _typed(text.replace("\r\n", "\n").replace("\r", "\n"), keep="\n\t")
    return "\n".join(row.rstrip() for row in typed.split("\n")).strip()


def _typed(text: str, *, keep: str) -> str:
    clean = (
        " " if char not in keep and unicodedata.category(char) in ("Cc", "Cs") else char
        for char in text
    )
    return unicodedata.normalize("NFC", "".join(clean))


def words(text: str) -> list[str]:
    """The folded words of a text, in order."""
    return [word for word in _NOT_WORD.split(fold(text)) if word]
