"""Where the found words stand: a passage of a page of the entry's files, with the words marked."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import Integer, cast, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from docflow.documents import File, PageText
from docflow.folding import fold

_AROUND = 90  # characters before and behind the first found word
_MOST_WORDS = 8  # words that a page is asked for
# Where letters stand that fold to a plain one: Latin with marks, Greek, polytonic, MICRO SIGN.
_LETTERS = (range(0x41, 0x250), range(0x370, 0x400), range(0x1E00, 0x2000))
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Passage:
    """Text with the found words marked ⟦so⟧, from a page of the file at this position."""

    text: str
    file: int
    page: int


def passages(
    session: Session, entry_ids: Sequence[int], beginnings: Sequence[str]
) -> Mapping[int, Passage]:
    """For each entry the page with the most of the words; none where only its fields match.

    The caller has made sure that the entries may be seen. PostgreSQL chooses the page, so that a
    scan of a thousand pages is not brought here for one line of it.
    """
    wanted = tuple(beginnings)[:_MOST_WORDS]
    if not wanted or not entry_ids:
        return {}
    found = [PageText.text.op("~")(_pattern(one)) for one in wanted]
    score = sum((cast(one, Integer) for one in found[1:]), cast(found[0], Integer))
    rows = session.execute(
        select(File.entry_id, File.position, PageText.page, PageText.text)
        .join(PageText, PageText.file_id == File.id)
        .where(File.entry_id.in_(entry_ids), PageText.text.op("~")(_any(wanted)))
        .ext(distinct_on(File.entry_id))
        .order_by(File.entry_id, score.desc(), File.position, PageText.page)
    ).all()
    cut = {entry_id: (_cut(text, wanted), file, page) for entry_id, file, page, text in rows}
    return {entry_id: Passage(*found) for entry_id, found in cut.items() if found[0]}


def marked(text: str, beginnings: Sequence[str]) -> str:
    """The whole text with the found words marked."""
    begins, place, said = tuple(beginnings), 0, ""
    if not begins:
        return text
    for match in _WORD.finditer(text):
        if fold(match.group()).startswith(begins):
            said += f"{text[place : match.start()]}⟦{match.group()}⟧"
            place = match.end()
    return said + text[place:]


def _cut(text: str, beginnings: tuple[str, ...]) -> str:
    hit = next(
        (m for m in _WORD.finditer(text) if fold(m.group()).startswith(beginnings)),
        None,
    )
    if hit is None:
        return ""
    start, end = max(0, hit.start() - _AROUND), min(len(text), hit.end() + _AROUND)
    # No word is cut in two, and none is marked that was cut.
    while start and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    return marked(" ".join(text[start:end].split()), beginnings)


def _any(beginnings: Sequence[str]) -> str:
    return "|".join(_pattern(one) for one in beginnings)


def _pattern(beginning: str) -> str:
    """A regular expression of PostgreSQL for words that begin so, however they are accented."""
    return r"\m" + "".join(f"[{_variants()[c]}]" if c in _variants() else c for c in beginning)


@cache
def _variants() -> Mapping[str, str]:
    """The letters that fold to each plain letter."""
    found: dict[str, str] = {}
    for code in (code for letters in _LETTERS for code in letters):
        char = chr(code)
        plain = fold(char)
        if len(plain) == 1 and plain.isalpha():
            found[plain] = found.get(plain, "") + char
    return found
