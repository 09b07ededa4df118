"""Entries that were cited: by number, label, code, address, QR, emergency number.

Each way of reading finds ids of whatever stands in the body's books; `cited` gives those that the
person may see. Source: domain row 93.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from docflow import audit, emergency, registry
from docflow.folding import fold, fold_reference
from docflow.principal import Principal
from docflow.registry import Book, BookYear, Direction, Entry

# Words that people put before one of our numbers; any other word belongs to a sender's reference.
_BEFORE = re.compile(r"^(?:αρ\.?(?:\s*πρωτ\.?)?|α\.?\s*π\.?|πρωτ\.?|no\.?|#)\s*")
_DIRECTED = re.compile(
    r"^(?:(?P<incoming>εισ(?:ερχ\w*)?|in)|(?P<outgoing>εξ(?:ερχ\w*)?|out)"
    r"|(?P<internal>εσω?(?:τερικ\w*)?|int))(?![a-zα-ω])[.\s:/-]*"
)
_NUMBER = re.compile(
    r"(?P<number>\d{1,9})(?:-(?P<sub>\d{1,6}))?"
    r"(?:\s*/\s*(?:(?P<day>\d{1,2}[./-]\d{1,2}[./-]))?(?P<year>\d{4}|\d{2}))?"
)
_FIGURES = re.compile(r"\d+")
_PATH = re.compile(r"/entries/([\w.-]{1,40})/(\d{1,4})/([\w-]{1,20})")
_MOST_FIGURES, _LONGEST_LABEL = 6, 60
_PROOF = "/log/check#"  # what the address in the second QR of a receipt ends with
LONGEST_PROOF = 4_300  # digits, as `audit.check_proof` reads
_INDEX = slice(1, 7)  # the bytes of a packed proof that are its place in the log


@dataclass(frozen=True, slots=True)
class Cited:
    """Ids of entries, and whether the citation can mean no more than one of them."""

    ids: tuple[int, ...]
    is_one: bool = False


def cited(session: Session, text: str, *, by: Principal) -> Cited:
    """Everything the text may cite. No way of reading it hides another: what one of them finds may
    be closed to the person, and then must make no difference.
    """
    ways = (
        _by_number(session, text, by),
        _by_address(session, text, by),
        _by_emergency_number(session, text, by),
        _by_code(session, text),
        _by_proof(session, text),
        _by_label(session, text, by),
    )
    found = [one for one in ways if one is not None and one.ids]
    ids = dict.fromkeys(entry_id for one in found for entry_id in one.ids)
    if not ids:
        return Cited(())
    open_to_him = select(Entry.id).where(Entry.id.in_(ids), registry.visible_to(by))
    seen = set(session.scalars(open_to_him))
    return Cited(
        tuple(one for one in ids if one in seen),
        is_one=any(one.is_one and not seen.isdisjoint(one.ids) for one in found),
    )


def _by_address(session: Session, text: str, by: Principal) -> Cited | None:
    """The address of an entry's page, of a verification page, or what a QR of ours holds."""
    if "/" not in text or " " in text:
        return None
    try:
        path = unquote(urlsplit(text).path)
    except ValueError:
        return None
    if (page := _PATH.search(path)) is not None:
        place = registry.places.parse(page[3])
        if place is None:
            return None
        query = _series(session, by, years=[int(page[2])], book=page[1])
        return Cited(tuple(session.scalars(query.where(place.condition()))), is_one=True)
    return _by_code(session, path.rpartition("/")[2])


def _by_code(session: Session, text: str) -> Cited | None:
    code = registry.codes.typed(text)
    if code is None:
        return None
    ids = session.scalars(select(Entry.id).where(Entry.verification_code == code))
    return Cited(tuple(ids), is_one=True)


def _by_proof(session: Session, text: str) -> Cited | None:
    """The entry whose registration the proof on a receipt proves, by its place in the log."""
    address, _, digits = text.partition(_PROOF)
    if not address or not digits.isascii() or not digits.isdigit() or len(digits) > LONGEST_PROOF:
        return None
    data = int(digits).to_bytes(len(digits) // 2 + 1, "big").lstrip(b"\0")
    if len(data) < _INDEX.stop:
        return None
    ids = session.scalars(
        select(audit.Event.subject_id)
        .join(audit.Leaf, audit.Leaf.event_id == audit.Event.id)
        .where(
            audit.Leaf.index == int.from_bytes(data[_INDEX], "big"),
            audit.Event.action == "entry.registered",
            audit.Event.subject_type == "entry",
        )
    )
    return Cited(tuple(ids), is_one=True)


def _by_emergency_number(session: Session, text: str, by: Principal) -> Cited | None:
    entry_id = emergency.entry_of(session, text, by=by)
    return None if entry_id is None else Cited((entry_id,), is_one=True)


def _by_number(session: Session, text: str, by: Principal) -> Cited | None:
    """1234, 1234/2026, 1234/21-11-2026, 15-2/2026, ΕΞ 1234, and a book's code on either side."""
    book, rest = _without_book(session, fold(text).strip(), by)
    rest = _BEFORE.sub("", rest)
    directed = _DIRECTED.match(rest)
    if directed:
        rest = rest[directed.end() :]
    match = _NUMBER.fullmatch(_BEFORE.sub("", rest).strip())
    if match is None:
        return None
    typed_year = match["year"]
    year = int(typed_year) + (2000 if len(typed_year) == 2 else 0) if typed_year else None
    query = _series(session, by, years=[year] if year else None, book=book)
    query = query.where(Entry.number == int(match["number"]))
    if match["sub"]:
        query = query.where(Entry.sub_number == int(match["sub"]))
    ids = _with_shared(session, session.scalars(query).all())
    if directed and directed.lastgroup:
        # In one common series people write ΕΞ from habit: the number still means its entry.
        ids = _in_direction(session, ids, Direction(directed.lastgroup), by) or ids
    return Cited(tuple(ids), is_one=year is not None)


def _by_label(session: Session, text: str, by: Principal) -> Cited | None:
    """A number as the mask of its book prints it, such as ΕΚΤ-2026-0007."""
    key = fold_reference(text)
    figures = _FIGURES.findall(text)
    if not figures or len(figures) > _MOST_FIGURES or len(text) > _LONGEST_LABEL:
        return None
    numbers = {int(one) for one in figures if len(one) < 10}
    # {year}{n:07} and {yy}{n:07} run together
    numbers |= {int(one[cut:]) for one in figures for cut in (2, 4) if cut < len(one) < 14}
    query = _series(session, by).add_columns(Entry.label).where(Entry.number.in_(numbers))
    ids = [entry_id for entry_id, label in session.execute(query) if fold_reference(label) == key]
    return Cited(tuple(ids), is_one=True)


def _series(
    session: Session, by: Principal, *, years: Sequence[int] | None = None, book: str | None = None
) -> Select[int]:
    """Entries of the body's books, with every column named in which the index of numbers begins."""
    books = session.execute(select(Book.id, Book.code).where(Book.body_id == by.body_id)).all()
    ids = [book_id for book_id, code in books if book in (None, code)]
    if years is None:
        years = session.scalars(
            select(BookYear.year).distinct().where(BookYear.book_id.in_(ids))
        ).all()
    return select(Entry.id).where(
        Entry.book_id.in_(ids),
        Entry.year.in_(years),
        Entry.series.in_(("common", *Direction)),
        Entry.shares_number_of.is_(None),
    )


def _with_shared(session: Session, ids: Sequence[int]) -> list[int]:
    """The entries, and the answers that stand under the number of their letter."""
    if not ids:
        return []
    shared = session.scalars(select(Entry.id).where(Entry.shares_number_of.in_(ids)))
    return [*ids, *shared]


def _in_direction(
    session: Session, ids: Sequence[int], direction: Direction, by: Principal
) -> list[int]:
    """Those of the direction that the person may see: one that is closed to him hides no other."""
    query = select(Entry.id).where(
        Entry.id.in_(ids), Entry.direction == direction, registry.visible_to(by)
    )
    return list(session.scalars(query))


def _without_book(session: Session, text: str, by: Principal) -> tuple[str | None, str]:
    """The code of a book that stands before or behind the rest, and the rest."""
    if text.isdigit():
        return None, text
    for code in session.scalars(select(Book.code).where(Book.body_id == by.body_id)):
        folded = re.escape(fold(code))
        match = re.fullmatch(rf"{folded}[\s:/.-]+(.+)|(.+?)[\s,/(]+{folded}\)?", text)
        if match:
            return code, (match[1] or match[2]).strip()
    return None, text
