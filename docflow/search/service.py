"""One box: a number, a number with its year, a reference, a name, words of a subject or a scan.

Every hit, count and passage comes from `registry.visible_to`, so that nothing is told of what the
person may not open. Source: domain rows 92 and 93.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import BigInteger, Select, case, func, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from docflow import case_files, clock, parties, registry
from docflow.case_files import FileLine
from docflow.principal import Principal
from docflow.registry import Corrected, Entry, EntryPerson, Recipient, SearchText
from docflow.search import citations, facets, matching, sight, typed
from docflow.search.facets import Facet
from docflow.search.filters import Filters, Sort
from docflow.search.passages import marked, passages
from docflow.search.sight import InSight, Row

_FEW = 10
"""Below so many exact hits, what only begins with the words is found too."""
_RANKED = 200
"""So many of the newest hits are sorted by how well they fit; the others follow by age."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that was found; `subject` and `passage` have the found words marked ⟦so⟧.

    The passage is text of the file at the position `file`, on its page `page`; empty where only
    the fields of the entry match.
    """

    line: registry.Line
    passage: str = ""
    subject: str = ""
    file: int | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """`total` hits, or more where `is_more`; `facets` are counted over `total` of them, the newest.

    `is_cited`: the query names entries by number or code, and these are they; `is_one` where it
    can mean no other.
    """

    total: int
    hits: tuple[Hit, ...]
    is_more: bool = False
    is_cited: bool = False
    is_one: bool = False
    facets: tuple[Facet, ...] = ()
    case_files: tuple[FileLine, ...] = ()


def search(
    session: Session,
    query: str,
    *,
    by: Principal,
    filters: Filters | None = None,
    sort: Sort = Sort.RELEVANCE,
    zone: str = clock.OFFICIAL_ZONE,
    offset: int = 0,
    limit: int = 25,
) -> Found:
    """Entries that the person may see and that the query means, the best first.

    "1234", "1234/2026", "ΕΞ 1234" and "ΕΚΤ-2026-0007" find numbers, a verification code or the
    text of a QR its entry; anything else is searched in subjects, names, references and the text
    of files, blind to case, accents and final sigma, words by their stem. A phrase in quotes is
    searched as it stands, and never taken for a number. Without a query the filters alone list.
    """
    by.require_scope("read")
    asked, wanted = typed.parse(query), filters or Filters()
    if not asked.text and not wanted.chosen:
        return Found(0, ())
    outcome = _found(session, asked, wanted, sort, by=by, zone=zone)
    seen, is_cited = outcome.seen, outcome.is_cited
    ordered = _ordered(seen.rows, outcome.ranks, sort)
    shown = [row.id for row in ordered[offset : offset + limit]]
    return Found(
        total=len(seen.rows),
        is_more=seen.is_more,
        hits=_hits(session, shown, outcome.beginnings, by),
        is_cited=is_cited,
        is_one=outcome.is_one and len(seen.rows) == 1,
        facets=facets.counted(session, seen.rows, by=by),
        case_files=_case_files(session, asked, wanted, by) if not offset else (),
    )


def ids(
    session: Session, query: str, wanted: Filters, *, by: Principal, zone: str
) -> tuple[list[int], bool]:
    """The ids of the hits, the newest first, and whether there are more than were taken."""
    asked = typed.parse(query)
    seen = _found(session, asked, wanted, Sort.NEWEST, by=by, zone=zone).seen
    return [row.id for row in seen.rows], seen.is_more


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Hits in sight; whether they were cited, and as one; how well the newest fit; what to mark."""

    seen: InSight
    is_cited: bool = False
    is_one: bool = False
    ranks: dict[int, float] = field(default_factory=dict)
    beginnings: tuple[str, ...] = ()


def _found(
    session: Session, asked: typed.Query, wanted: Filters, sort: Sort, *, by: Principal, zone: str
) -> _Outcome:
    if not asked.text:
        return _Outcome(sight.of_filters(session, wanted, by=by, zone=zone))
    cited = citations.cited(session, asked.whole, by=by)
    if cited.ids:
        seen = sight.of_ids(session, cited.ids, wanted, by=by, zone=zone)
        if seen.rows:
            return _Outcome(seen, is_cited=True, is_one=cited.is_one)
    words = matching.asked(session, asked)
    if not words.exactly:
        return _Outcome(InSight(()))
    beside = _of_tax_number(session, asked, by)
    seen = sight.of_query(session, words.exactly, beside, wanted, by=by, zone=zone)
    if len(seen.rows) < _FEW and words.widely != words.exactly:
        seen = sight.of_query(session, words.widely, beside, wanted, by=by, zone=zone, is_rare=True)
    ranks = _ranks(session, seen.rows[:_RANKED], words) if sort is Sort.RELEVANCE else {}
    return _Outcome(seen, ranks=ranks, beginnings=words.beginnings)


def _ranks(session: Session, rows: Sequence[Row], words: matching.Asked) -> dict[int, float]:
    """How well entries fit; the exact form counts before what only begins so."""
    exactly, widely = (
        func.ts_rank(SearchText.vector, sql_cast(query, TSQUERY), 1)
        for query in (words.exactly, words.widely)
    )
    rank = exactly + widely / 10
    found = session.execute(
        select(SearchText.entry_id, rank).where(SearchText.entry_id.in_([row.id for row in rows]))
    )
    return {entry_id: float(value) for entry_id, value in found}


def _ordered(rows: Sequence[Row], ranks: dict[int, float], sort: Sort) -> list[Row]:
    newest = sorted(rows, key=lambda row: (row.registered_at, row.id), reverse=True)
    if sort is Sort.NEWEST:
        return newest
    return sorted(newest, key=lambda row: -ranks.get(row.id, 0.0))  # stable: then the newest


def _hits(
    session: Session, entry_ids: Sequence[int], beginnings: Sequence[str], by: Principal
) -> tuple[Hit, ...]:
    if not entry_ids:
        return ()
    place = case({entry_id: n for n, entry_id in enumerate(entry_ids)}, value=Entry.id)
    query = registry.lines_query(by).where(Entry.id.in_(entry_ids)).order_by(place)
    lines = registry.lines(session, session.execute(query).all())
    texts = passages(session, [line.id for line in lines], beginnings)
    hits = []
    for line in lines:
        passage, subject = texts.get(line.id), marked(line.subject, beginnings)
        if passage is None:
            hits.append(Hit(line, subject=subject))
        else:
            hits.append(Hit(line, passage.text, subject, passage.file, passage.page))
    return tuple(hits)


def _of_tax_number(session: Session, asked: typed.Query, by: Principal) -> list[Select[int]]:
    """The entries of whoever has the ΑΦΜ in the directory, as selects of ids."""
    number = asked.text.replace(" ", "").upper().removeprefix("ΑΦΜ").lstrip(":.")
    if not parties.is_tax_number(number):
        return []
    known = session.scalars(
        select(parties.Party.id).where(
            parties.Party.body_id == by.body_id, parties.Party.tax_number == number
        )
    )
    family = [one for party_id in known for one in parties.family(session, party_id)]
    if not family:
        return []
    sender = sql_cast(Corrected.fields["sender"]["party_id"].astext, BigInteger)
    return [
        select(Entry.id).where(Entry.sender_party_id.in_(family)),
        select(Recipient.entry_id).where(Recipient.party_id.in_(family)),
        select(EntryPerson.entry_id).where(EntryPerson.party_id.in_(family)),
        select(Corrected.entry_id).where(sender.in_(family)),
    ]


def _case_files(
    session: Session, asked: typed.Query, wanted: Filters, by: Principal
) -> tuple[FileLine, ...]:
    """Case files by code and title; filters are of entries, and leave none of them."""
    if wanted.chosen or not asked.wanted:
        return ()
    return tuple(case_files.find(session, asked.text, by=by))
