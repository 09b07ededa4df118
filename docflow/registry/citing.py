"""Entries as people name them: "15/2026", "koino: 15-out/2026", or as the book prints the number.

A name that fits several entries is asked back, never guessed. Source: domain rows 9, 11, 24 and 34.
"""

import re
from collections.abc import Iterable, Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from docflow.errors import Invalid
from docflow.folding import line
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import places
from docflow.registry.access import visible_to
from docflow.registry.models import Book, Entry

_CITED = re.compile(r"(?:([\w.-]{1,40})[: ]\s*)?(\d{1,9}(?:-\w{1,9})?)\s*/\s*(\d{4})")
_MOST = 20  # entries of one label or place that are looked at


class BadCitation(Invalid):
    """No entry that this person may see is cited so."""


def cited(session: Session, typed: str, *, by: Principal) -> Entry:
    """The entry that a person names: 15/2026, as the book prints it, or with the book's code first.

    The number of a case is its first document, a shared number the letter. Raises BadCitation,
    also where entries of several books or series are named so.
    """
    clean = line(typed)
    if not clean:
        raise BadCitation(t("Write the number of the entry, such as 15/2026."), field="other")
    found = _printed(session, clean, by) or _placed(session, clean, by)
    firsts: dict[tuple[int, int, str, int], tuple[Entry, str]] = {}
    for entry, book in found:
        firsts.setdefault((entry.book_id, entry.year, entry.series, entry.number), (entry, book))
    if len(firsts) == 1:
        return next(iter(firsts.values()))[0]
    if firsts:
        raise BadCitation(
            t(
                "Several entries are cited as “{typed}”. Write which one: {choices}.",
                typed=clean[:60],
                choices=", ".join(
                    f"{book}: {places.word(entry)}/{entry.year}" for entry, book in firsts.values()
                ),
            ),
            field="other",
        )
    raise BadCitation(
        t("There is no entry “{typed}” open to you. Write it as 15/2026.", typed=clean[:60]),
        field="other",
    )


def labels_open_to(session: Session, ids: Iterable[int], *, by: Principal) -> dict[int, str]:
    """The numbers of those of the entries that the person may see, by id."""
    wanted = set(ids)
    if not wanted:
        return {}
    query = select(Entry.id, Entry.label).where(Entry.id.in_(wanted), visible_to(by))
    return {row.id: row.label for row in session.execute(query)}


def _printed(session: Session, label: str, by: Principal) -> Sequence[tuple[Entry, str]]:
    return _rows(session, _entries(by).where(Entry.label == label))


def _placed(session: Session, typed: str, by: Principal) -> Sequence[tuple[Entry, str]]:
    match = _CITED.fullmatch(typed)
    place = places.parse(match[2].lstrip("0")) if match else None
    if match is None or place is None:
        return []
    query = _entries(by).where(Entry.year == int(match[3]), place.condition())
    if match[1]:
        query = query.where(Book.code == match[1])
    return _rows(session, query)


def _rows(session: Session, query: Select[Entry, str]) -> Sequence[tuple[Entry, str]]:
    return [(entry, book) for entry, book in session.execute(query.limit(_MOST))]


def _entries(by: Principal) -> Select[Entry, str]:
    """Entries open to the person with the codes of their books; of one number the first first."""
    return (
        select(Entry, Book.code)
        .join(Book, Book.id == Entry.book_id)
        .where(visible_to(by))
        .order_by(
            ~Book.is_default, Book.code, Entry.shares_number_of.is_not(None), Entry.sub_number
        )
    )
