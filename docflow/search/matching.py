"""What PostgreSQL is asked for a query: every form of each word, joined into one `tsquery`.

Exactly: the word, its stems in the languages of the index, and for a code the same signs in the
other alphabet (ABE, ΑΒΕ). The index joins such lists with the keys of who may see without reading
them whole. Widely, where that finds little: whatever begins with the word or its stem too.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from docflow.folding import fold
from docflow.registry import findable
from docflow.search.typed import Query, Term

_LONG = 6  # letters of a word whose stem is worth a prefix: «οδός» shall not find «οδηγία»
_SHORTEST_PREFIX = 3
_MARKED = 4  # letters of a stem by which words are marked
_SHORTEST_STEM, _SHORT = 3, 4  # «παιδιά» has the stem «πα», «οδός» has «οδ»
_STEMS = text(
    """
    SELECT word, ts_lexize('greek_stem', word), ts_lexize('english_stem', word),
           ts_lexize('hungarian_stem', written)
      FROM unnest(CAST(:words AS text[]), CAST(:written AS text[])) AS typed (word, written)
    """
)
_GREEK = dict(zip("abehikmnoptuxyz", "αβεηικμνορτυχυζ", strict=True))
_LATIN = dict(zip("αβεηικμνορτυχζ", "abehikmnoptyxz", strict=True))


@dataclass(frozen=True, slots=True)
class Stems:
    """The stems of one word; empty where the dictionary knows no other form of it."""

    greek: str = ""
    english: str = ""
    hungarian: str = ""


Forms = Callable[[str, Stems], list[str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Two `tsquery` as text, both empty where nothing can be asked for, and how the words begin
    that are to be marked.
    """

    exactly: str = ""
    widely: str = ""
    beginnings: tuple[str, ...] = ()


def asked(session: Session, query: Query) -> Asked:
    """What is asked for the query. Exclusions alone would be the whole register: nothing."""
    if not query.wanted:
        return Asked()
    stems = _stems(session, query.terms)
    exactly, widely = (_joined(query, stems, forms) for forms in (_exact, _wide))
    return Asked(exactly, widely, _beginnings(query, stems))


def _joined(query: Query, stems: dict[str, Stems], forms: Forms) -> str:
    wanted = " & ".join(_asked(term, stems, forms) for term in query.wanted)
    if query.key:
        wanted = f"({wanted}) | {_lexeme(query.key)}"
    excluded = "".join(
        f" & !{_asked(term, stems, _exact)}" for term in query.terms if term.is_excluded
    )
    return f"({wanted}){excluded}"


def _beginnings(query: Query, stems: dict[str, Stems]) -> tuple[str, ...]:
    """How the folded words begin that are to be marked in a passage."""
    found: dict[str, None] = {}
    for term in query.wanted:
        for word in term.words:
            known = stems.get(word, Stems())
            forms = (known.greek.rstrip("ι"), known.english, known.hungarian)
            stemmed = (*forms, findable.czech_stem(word))
            short = [one for one in stemmed if _MARKED <= len(one) < len(word)]
            cut = word if len(word) <= _MARKED else word[: max(_MARKED, len(word) - 2)]
            found[word if term.is_phrase else min(short or [cut], key=len)] = None
    return tuple(found)


def beginning_with(word: str) -> str:
    """The `tsquery` of what begins with the folded word, in the fields of an entry."""
    return f"{_lexeme(word)}:*A"


def _stems(session: Session, terms: Iterable[Term]) -> dict[str, Stems]:
    pairs = {
        word: written
        for term in terms
        if not term.is_phrase
        for word, written in zip(term.words, term.written, strict=True)
        if not word.isdigit()
    }
    if not pairs:
        return {}
    rows = session.execute(_STEMS, {"words": list(pairs), "written": list(pairs.values())}).all()
    return {word: Stems(*(fold((found or [""])[0]) for found in rest)) for word, *rest in rows}


def _asked(term: Term, stems: dict[str, Stems], forms: Forms) -> str:
    if term.is_phrase:
        return "(" + " <-> ".join(map(_lexeme, term.words)) + ")"
    asked = " & ".join(
        "(" + " | ".join(_of_word(word, term, stems, forms)) + ")" for word in term.words
    )
    if term.key:
        asked = f"({asked}) | {_lexeme(term.key)}"
    return f"({asked})"


def _of_word(word: str, term: Term, stems: dict[str, Stems], forms: Forms) -> list[str]:
    if word.isdigit():
        return [_lexeme(word)]
    found = forms(word, stems.get(word, Stems()))
    return [*found, *_look_alikes(word)] if term.is_code else found


def _exact(word: str, stems: Stems) -> list[str]:
    """The word and its stems. The Greek stemmer leaves an iota to some forms of a word and not to
    others (εργασία, εργασίες): both are asked for.
    """
    found = {word, stems.english, stems.hungarian, findable.czech_stem(word)}
    greek = stems.greek
    if len(greek) >= _SHORTEST_STEM or len(word) <= _SHORT:
        found |= {greek, greek.rstrip("ι"), f"{greek}ι" if greek else ""}
    return [_lexeme(one) for one in sorted(found - {""})]


def _wide(word: str, stems: Stems) -> list[str]:
    """What begins with the word or its stem; what begins alike is asked for once."""
    if len(word) < _SHORTEST_PREFIX:
        return [_lexeme(word)]
    begins = {word}
    if len(word) >= _LONG and len(stems.greek) >= _SHORTEST_PREFIX:
        begins.add(stems.greek)
    if czech := findable.czech_stem(word):
        begins.add(czech)
    begins = {one for one in begins if not any(one != b and one.startswith(b) for b in begins)}
    exact = {stems.greek, stems.english, stems.hungarian} - {""}
    exact = {one for one in exact if not one.startswith(tuple(begins))}
    return [f"{_lexeme(one)}:*" for one in sorted(begins)] + [_lexeme(e) for e in sorted(exact)]


def _look_alikes(word: str) -> list[str]:
    """The word in either alphabet where each of its letters has a look-alike there, and its key."""
    found = set()
    for table in (_GREEK, _LATIN):
        other = "".join(table.get(char, char) for char in word)
        if other != word and not findable.is_mixed(other):
            found.add(other)
    return [_lexeme(other) for other in (*sorted(found), findable.key(word)) if other]


def _lexeme(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
