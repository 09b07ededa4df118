"""Words by which services and articles are found, in each language's own forms of a word."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Text, cast, func, text
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from docflow.folding import words
from docflow.registry import findable

_MAX_WORDS = 12
_SHORTEST_PREFIX = 3
_SHORTEST_STEM = 4  # letters of a stem that is also looked for as a beginning
_MAX_TEXT = 200_000
_LITTLE_WORDS = (
    "ο η το οι τα του τησ των τον την τη στο στη στον στην στα και κι να με σε για απο που προσ θα "
    "ειναι δεν πωσ τι ποιοσ θελω μου the of and to in is for on a an i my how do what want"
)
_LITTLE = frozenset(_LITTLE_WORDS.split())
_VECTOR = text(
    """
    SELECT setweight(to_tsvector('simple', :first), 'A')
        || setweight(to_tsvector('greek', :first), 'A')
        || setweight(to_tsvector('english', :first), 'A')
        || setweight(to_tsvector('simple', :rest), 'C')
        || setweight(to_tsvector('greek', :rest), 'C')
        || setweight(to_tsvector('english', :rest), 'C')
        || setweight(to_tsvector('simple', :czech), 'C')
    """
)
_STEMS = text(
    """
    SELECT word, ts_lexize('greek_stem', word), ts_lexize('english_stem', word)
      FROM unnest(CAST(:words AS text[])) AS typed (word)
    """
)


def vector(session: Session, first: Iterable[str], rest: Iterable[str]) -> str:
    """What stands in the index: `first` are titles and keywords, which count more."""
    named = findable.plain("\n".join(first))[:_MAX_TEXT]
    other = findable.plain("\n".join(rest))[:_MAX_TEXT]
    czech = " ".join(findable.czech_stem(word) for word in f"{named} {other}".split())
    made = session.scalar(_VECTOR, {"first": named, "rest": other, "czech": czech})
    return str(made or "")


def query(session: Session, typed: str) -> ColumnElement[str] | None:
    """The `tsquery` for what somebody typed; None where there is no word in it.

    Each word must be there in some form, or as the beginning of one; little words do not count.
    """
    found = words(typed)[:_MAX_WORDS]
    wanted = [word for word in found if word not in _LITTLE] or found
    if not wanted:
        return None
    stems = {
        word: [(forms or [""])[0] for forms in rest]
        for word, *rest in session.execute(_STEMS, {"words": wanted})
    }
    asked = " & ".join(f"({' | '.join(_forms(word, stems[word]))})" for word in wanted)
    return cast(cast(asked, Text), TSQUERY)


def rank(vector: ColumnElement[str], asked: ColumnElement[str]) -> ColumnElement[float]:
    return func.ts_rank(vector, asked)


def _forms(word: str, stems: list[str]) -> list[str]:
    greek, english = stems
    exact = {word, greek, greek.rstrip("ι"), f"{greek}ι" if greek else "", english}
    exact.add(findable.czech_stem(word))
    begins = {word} if len(word) >= _SHORTEST_PREFIX else set()
    begins |= {stem for stem in (greek, english) if len(stem) >= _SHORTEST_STEM}
    return [f"'{one}'" for one in sorted(exact - begins - {""})] + [
        f"'{one}':*" for one in sorted(begins)
    ]
