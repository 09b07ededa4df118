"""What somebody typed into the box, taken apart: words, phrases in quotes, what shall not be there.

A word without quotes is meant in any form of it; a phrase as it stands. A minus before a word or a
phrase leaves out whatever has it.
"""

import re
from dataclasses import dataclass

from docflow.folding import words
from docflow.registry import findable

MAX_QUERY = 500
MAX_TERMS = 24
_PIECES = re.compile(
    r"(?P<minus>(?<!\S)[-−])?(?:\"(?P<a>[^\"]*)\"?|«(?P<b>[^»]*)»?|“(?P<c>[^”]*)”?|(?P<word>\S+))"
)
# Words that stand in almost every text and say nothing where others were typed too, folded.
_LITTLE_WORDS = (
    "ο η το οι τα του τησ των τον την τη στο στη στον στην στα στουσ στισ τουσ τισ και κι να με σε "
    "για απο που προσ ωσ εωσ ανα κατα επι δεν θα ειναι υπ αρ αριθ οδοσ "
    "the of and to in is for on a az es nem egy hogy na ze se je do ve pro"
)
_LITTLE = frozenset(_LITTLE_WORDS.split())
_LONGEST_CODE = 5  # letters of what is taken for a code where it stands in capitals: ΥΠΕΣ, ABE


@dataclass(frozen=True, slots=True)
class Term:
    """A word, a reference of several parts, or a phrase.

    `words` are folded, `written` as typed in small letters; `key` is that of a reference. A code
    is short and in capitals, or of letters of two alphabets: it may stand in the other alphabet.
    """

    words: tuple[str, ...]
    written: tuple[str, ...]
    is_phrase: bool = False
    is_excluded: bool = False
    is_code: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """`text` as it was typed, as far as it is searched; `whole` all of it, as a QR may be long;
    `key` that of the whole, where it may be one reference.
    """

    text: str
    whole: str
    terms: tuple[Term, ...]
    key: str = ""

    @property
    def wanted(self) -> tuple[Term, ...]:
        return tuple(term for term in self.terms if not term.is_excluded)


def clean(typed: str) -> str:
    return " ".join(typed.replace("\x00", " ").split())[:MAX_QUERY]


def parse(typed: str) -> Query:
    """The query in what was typed; a quotation mark that is never closed ends with the text."""
    whole = " ".join(typed.replace("\x00", " ").split())
    text = whole[:MAX_QUERY]
    terms = [term for match in _PIECES.finditer(text) if (term := _term(match)) is not None]
    telling = [term for term in terms if term.is_excluded or not _says_little(term)]
    if any(not term.is_excluded for term in telling):
        terms = telling
    plain = not any(term.is_phrase or term.is_excluded for term in terms)
    is_reference = plain and len(terms) <= 5 and any(char.isdigit() for char in text)
    return Query(text, whole, tuple(terms[:MAX_TERMS]), findable.key(text) if is_reference else "")


def _term(match: re.Match[str]) -> Term | None:
    phrase = next((match[name] for name in "abc" if match[name] is not None), None)
    text = match["word"] if phrase is None else phrase
    folded = tuple(words(text))
    if not folded:
        return None
    written = tuple(part for part in re.split(r"[\W_]+", text.lower()) if part)
    key = findable.key(text) if phrase is None and findable.is_reference(text) else ""
    return Term(
        folded,
        written if len(written) == len(folded) else folded,
        is_phrase=phrase is not None,
        is_excluded=match["minus"] is not None,
        is_code=phrase is None and _is_code(text),
        key=key,
    )


def _says_little(term: Term) -> bool:
    return not term.is_phrase and len(term.words) == 1 and term.words[0] in _LITTLE


def _is_code(text: str) -> bool:
    letters = sum(char.isalpha() for char in text)
    is_short = 1 < letters <= _LONGEST_CODE and text == text.upper()
    return is_short or (letters > 1 and findable.is_mixed(text))
