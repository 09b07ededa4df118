"""One box: a number, a number with its year, a reference, a name, words of a subject or a scan.

Every hit, count and passage comes from `registry.visible_to`, so that nothing is told of what the
person may not open. Source: domain rows 92 and 93.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, bindparam, func, or_, select, text
from sqlalchemy.orm import Session

from docflow import documents, emergency, registry
from docflow.folding import fold, fold_reference, words
from docflow.principal import Principal
from docflow.registry import Correction, Entry, SearchText

# Words that people put before one of our numbers; any other word belongs to a sender's reference.
_BEFORE = r"(?:αρ\.?(?:\s*πρωτ\.?)?|α\.?\s*π\.?|πρωτ\.?|εξ\.?|εισ\.?|εσ\.?|no\.?)"
_NUMBER = re.compile(rf"^(?:{_BEFORE}\s*)?(\d{{1,9}})(?:\s*/\s*(\d{{4}}))?$")
MAX_QUERY = 500
_LONG = 6  # letters of a word whose stem is worth a prefix: «οδός» shall not find «οδηγία»


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that was found; `passage` is text of its files with the found words marked ⟦so⟧."""

    line: registry.Line
    passage: str


@dataclass(frozen=True, slots=True)
class Found:
    total: int
    hits: tuple[Hit, ...]


def search(
    session: Session, query: str, *, by: Principal, offset: int = 0, limit: int = 25
) -> Found:
    """Entries that the person may see and that the query means, the best first.

    "1234", "1234/2026" and "ΕΚΤ-2026-0007" find numbers, a verification code or the address in a
    QR its entry; anything else is searched in subjects, names, references and the text of files,
    blind to case, accents and final sigma, Greek words by their stem.
    """
    query = query.replace("\x00", " ").strip()[:MAX_QUERY]
    if not query:
        return Found(0, ())
    known = (
        _by_number(session, query, by, limit)
        or _by_emergency_number(session, query, by)
        or _by_code(session, query, by)
    )
    if known is not None:
        return known
    terms = words(query)
    if not terms:
        return Found(0, ())
    return _by_words(session, query, terms, by, offset, limit)


def _by_number(session: Session, query: str, by: Principal, limit: int) -> Found | None:
    match = _NUMBER.match(fold(query).strip())
    if match is None:
        return None
    number, year = int(match.group(1)), match.group(2)
    wanted = registry.lines_query(by).where(Entry.number == number)
    if year:
        wanted = wanted.where(Entry.year == int(year))
    rows = session.execute(wanted.order_by(Entry.registered_at.desc()).limit(limit)).all()
    return _exactly(session, rows)


def _by_emergency_number(session: Session, query: str, by: Principal) -> Found | None:
    entry_id = emergency.entry_of(session, query, by=by)
    if entry_id is None:
        return None
    wanted = registry.lines_query(by).where(Entry.id == entry_id)
    return _exactly(session, session.execute(wanted).all())


def _by_code(session: Session, query: str, by: Principal) -> Found | None:
    code = registry.codes.typed(query.rpartition("/")[2])
    if code is None:
        return None
    wanted = registry.lines_query(by).where(Entry.verification_code == code)
    return _exactly(session, session.execute(wanted).all())


def _exactly(session: Session, rows: Sequence[registry.LineRow]) -> Found | None:
    if not rows:
        return None
    return Found(len(rows), tuple(Hit(line, "") for line in registry.lines(session, rows)))


_WORDS = text(
    "search_texts.vector @@ (websearch_to_tsquery('greek', :folded)"
    " || websearch_to_tsquery('simple', :folded) || to_tsquery('simple', :prefixes)"
    " || to_tsquery('greek', :stems))"
)


def _by_words(
    session: Session,
    query: str,
    terms: list[str],
    by: Principal,
    offset: int,
    limit: int,
) -> Found:
    folded = fold(query)
    prefixes = " & ".join(f"{term}:*" for term in terms)
    # The stemmer cuts «εργασία» shorter than «εργασίες»: the stem of a long word is a prefix too.
    stems = " & ".join(f"{term}:*" if len(term) >= _LONG else term for term in terms)
    matches = _WORDS.bindparams(folded=folded, prefixes=prefixes, stems=stems)
    reference = fold_reference(query)
    condition: ColumnElement[bool] = Entry.id.in_(select(SearchText.entry_id).where(matches))
    if len(reference) > 2:
        corrected = select(Correction.entry_id).where(Correction.key == reference)
        condition = or_(condition, Entry.sender_reference_key == reference, Entry.id.in_(corrected))
    total = session.scalar(
        select(func.count()).select_from(Entry).where(registry.visible_to(by), condition)
    )
    rank = func.ts_rank_cd(
        SearchText.vector, func.to_tsquery("simple", bindparam("ranked", prefixes))
    )
    rows = session.execute(
        _with_texts(registry.lines_query(by))
        .where(condition)
        .order_by(rank.desc().nulls_last(), Entry.registered_at.desc())
        .offset(offset)
        .limit(limit)
    ).all()
    lines = registry.lines(session, rows)
    return Found(
        total or 0,
        tuple(Hit(line, _passage(session, line.id, terms)) for line in lines),
    )


def _with_texts(query: registry.LineQuery) -> registry.LineQuery:
    return query.outerjoin(SearchText, SearchText.entry_id == Entry.id)


def _passage(session: Session, entry_id: int, terms: list[str], *, around: int = 90) -> str:
    """Some text around the first found word, found words marked; empty where only fields match."""
    full = documents.text_of(session, entry_id)
    tokens = list(re.finditer(r"\w+", full))
    stems = tuple(term[: max(4, len(term) - 2)] for term in terms)
    hits = [m for m in tokens if fold(m.group()).startswith(stems)]
    if not hits:
        return ""
    start, end = (
        max(0, hits[0].start() - around),
        min(len(full), hits[0].end() + around),
    )
    passage, place = "", start
    for match in hits:
        if match.end() > end:
            break
        passage += full[place : match.start()] + f"⟦{match.group()}⟧"
        place = match.end()
    return " ".join((passage + full[place:end]).split())
