"""The entries of a search that the person may see: ids, and what is counted of them.

How a search of a million stays quick. The index of words also holds the keys of `search_texts`, so
PostgreSQL intersects "has the word" with "is work of this unit" before it touches a row. The newest
blocks of entries are looked into first, and older ones only until there is enough. Each hit is then
asked for its rights (`registry.visible_to`), and no more than MOST of them, the newest, are taken:
beyond that a count says "more than".
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Select,
    bindparam,
    cast,
    func,
    select,
    text,
    union,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from docflow import kinds, registry
from docflow.principal import Principal
from docflow.registry import Annulment, Book, Entry, Handling, SearchText, findable
from docflow.search.filters import Filters, channel, conditions, with_files

MOST = 1000
"""Hits that are taken, counted and sorted; of more it is only said that there are more."""
_BLOCKS_OF_ALL, _BLOCKS_OF_UNIT = (2, 10), (10,)
"""How many of the newest blocks the first passes look into, where all is open, or a unit's work."""
_FIRST_SPAN, _WIDER = 4_000, 4
"""Ids of the newest entries that filters without a word go through first, and how the spans grow.

What many entries have is found in the first of them; what few have costs one look at each entry,
never one search of every index for each.
"""
_NO_ENTRY = 2**62  # above any id
_PLANNED = "search is planned"  # said once in a transaction

# A plan for the values of this very query, enough memory for the bitmap of a common word (a lossy
# one would make PostgreSQL look at every row again), and no reading of whole tables, which its
# estimates for the beginnings of words are too coarse to judge.
_PLAN = text(
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), "
    "set_config('work_mem', '48MB', true), set_config('enable_seqscan', 'off', true)"
)


@dataclass(frozen=True, slots=True)
class Row:
    """A hit, with what it is counted by."""

    id: int
    registered_at: datetime
    year: int
    book: str
    direction: str
    channel: str
    state: str | None
    unit_id: int | None
    user_id: int | None
    kind: str | None
    is_annulled: bool
    has_files: bool
    language: str


@dataclass(frozen=True, slots=True)
class InSight:
    """The newest hits, at most MOST of them; `is_more`: there are others."""

    rows: tuple[Row, ...]
    is_more: bool = False


def of_ids(
    session: Session, ids: Iterable[int], wanted: Filters, *, by: Principal, zone: str
) -> InSight:
    """Those of the entries that the person may see and that pass the filters."""
    found = _fetched(session, _rows(wanted, by, zone).where(Entry.id.in_(list(ids))))
    return InSight(tuple(found[:MOST]), len(found) > MOST)


def of_query(
    session: Session,
    query: str,
    beside: Sequence[Select[int]],
    wanted: Filters,
    *,
    by: Principal,
    zone: str,
    most: int = MOST,
    is_rare: bool = False,
) -> InSight:
    """Entries whose words match the `tsquery`, or that one of the selects of ids names.

    Candidates come from the index in the order of their age, some more than are wanted; where
    rights and filters leave too few of them, four times as many are asked for, and so on. Of what
    is rare, the work of a unit is looked through at once: each pass gathers all beginnings anew.
    """
    if not session.info.get(_PLANNED):
        session.execute(_PLAN)
        session.info[_PLANNED] = True
    found: list[Row] = []
    waiting: list[int] = []  # candidates of passes that brought few: asked for their rights at once
    for within in _passes(session, by, is_rare=is_rare):
        before, chunk, is_last = _NO_ENTRY, most + most // 5 + 1, False
        while len(found) <= most and not is_last:
            ids = _candidates(session, query, beside, within, before, chunk, by)
            waiting, is_last = [*waiting, *ids], len(ids) < chunk
            if len(waiting) >= chunk:
                found = _merged(found, _in_sight(session, waiting, wanted, by, zone, most))
                waiting = []
            before, chunk = ids[-1] if ids else 0, chunk * 4
        if len(found) > most:
            break
    found = _merged(found, _in_sight(session, waiting, wanted, by, zone, most))
    return InSight(tuple(found[:most]), len(found) > most)


def _in_sight(
    session: Session, ids: Sequence[int], wanted: Filters, by: Principal, zone: str, most: int
) -> list[Row]:
    if not ids:
        return []
    rows = _rows(wanted, by, zone).where(Entry.id == func.any(_array(ids)))
    return _fetched(session, rows.limit(most + 1))


def _candidates(
    session: Session,
    query: str,
    beside: Sequence[Select[int]],
    within: Sequence[ColumnElement[bool]],
    before: int,
    chunk: int,
    by: Principal,
) -> Sequence[int]:
    """Ids of the newest matching entries below `before`, seen by whomever.

    The matches are made first and sorted then: PostgreSQL would else be tempted to walk through
    all entries from the newest on, reading the words of each.
    """
    texts = select(SearchText.entry_id.label("id")).where(_matches(query), *within)
    if by.confidential_reads:
        beside = [*beside, _in_whole_books(query, by)]
    matching = (union(texts, *beside) if beside else texts).cte("matching")
    matching = matching.prefix_with("MATERIALIZED")
    newest = select(matching.c.id).where(matching.c.id < before)
    return session.scalars(newest.order_by(matching.c.id.desc()).limit(chunk)).all()


def _matches(query: str) -> ColumnElement[bool]:
    return SearchText.vector.op("@@", return_type=Boolean)(cast(query, TSQUERY))


def of_filters(session: Session, wanted: Filters, *, by: Principal, zone: str) -> InSight:
    """All entries that pass the filters, without a word; the newest spans of ids first."""
    query = _rows(wanted, by, zone)
    keys = registry.search_keys(by)
    if keys is not None and not by.confidential_reads:
        found = _fetched(session, query.where(SearchText.keys.op("&&")(_array(keys))))
        return InSight(tuple(found[:MOST]), len(found) > MOST)
    found = []
    unordered = query.order_by(None).limit(None)
    for first, end in _spans(session):
        # Made whole, then sorted: PostgreSQL would else walk from entry to entry, newest first,
        # with a search of each joined table's index, in the hope that soon enough of them fit.
        span = unordered.where(Entry.id >= first, Entry.id < end).cte("span")
        span = span.prefix_with("MATERIALIZED")
        newest = select(span).order_by(span.c.id.desc()).limit(MOST + 1 - len(found))
        found += _fetched(session, newest)
        if len(found) > MOST:
            break
    return InSight(tuple(found[:MOST]), len(found) > MOST)


def _spans(session: Session) -> Iterator[tuple[int, int]]:
    """Ids from and before which a span of entries goes, the newest first, each wider."""
    end, width = (session.scalar(select(func.max(Entry.id))) or 0) + 1, _FIRST_SPAN
    while end > 1:
        first = max(1, end - width)
        yield first, end
        end, width = first, width * _WIDER


def _passes(
    session: Session, by: Principal, *, is_rare: bool
) -> Iterator[list[ColumnElement[bool]]]:
    """Conditions on `search_texts`, from the newest blocks of entries to the oldest."""
    keys = registry.search_keys(by)
    mine: list[ColumnElement[bool]] = (
        [] if keys is None else [SearchText.keys.op("&&", return_type=Boolean)(_array(keys))]
    )
    if is_rare and mine:
        yield mine
        return
    last = session.scalar(select(func.max(Entry.id))) or 0
    end = last + 1
    for blocks in _BLOCKS_OF_ALL if keys is None else _BLOCKS_OF_UNIT:
        first = max(0, (last // findable.BLOCK - blocks + 1) * findable.BLOCK)
        in_blocks = SearchText.keys.op("&&")(_array(findable.blocks(first, end - 1)))
        # Rows of an older form are in every block: the ids tell.
        yield [*mine, in_blocks, SearchText.entry_id >= first, SearchText.entry_id < end]
        end = first
        if first == 0:
            return
    yield [*mine, SearchText.entry_id < end]


def _in_whole_books(query: str, by: Principal) -> Select[int]:
    """Hits in confidential books that are open as a whole: no key leads there."""
    return (
        select(SearchText.entry_id)
        .join(Entry, Entry.id == SearchText.entry_id)
        .where(
            Entry.book_id.in_(by.confidential_reads),
            _matches(query),
        )
    )


def _rows(wanted: Filters, by: Principal, zone: str) -> Select[*tuple[object, ...]]:
    return (
        select(
            Entry.id,
            Entry.registered_at,
            Entry.year,
            Book.code,
            Entry.direction,
            channel(),
            Handling.state,
            Handling.unit_id,
            Handling.user_id,
            kinds.Kind.code,
            Annulment.entry_id.is_not(None),
            with_files(),
            func.coalesce(SearchText.language, ""),
        )
        .join(Book, Book.id == Entry.book_id)
        .outerjoin(SearchText, SearchText.entry_id == Entry.id)
        .outerjoin(Handling, Handling.entry_id == Entry.id)
        .outerjoin(Annulment, Annulment.entry_id == Entry.id)
        .outerjoin(kinds.EntryKind, kinds.EntryKind.entry_id == Entry.id)
        .outerjoin(kinds.Kind, kinds.Kind.id == kinds.EntryKind.kind_id)
        .where(registry.visible_to(by), *conditions(wanted, by=by, zone=zone))
        .order_by(Entry.id.desc())
        .limit(MOST + 1)
    )


def _fetched(session: Session, query: Select[*tuple[object, ...]]) -> list[Row]:
    return [Row(*row) for row in session.execute(query)]  # type: ignore[arg-type]  # of `_rows`


def _merged(found: list[Row], more: list[Row]) -> list[Row]:
    known = {row.id for row in found}
    return [*found, *(row for row in more if row.id not in known)]


def _array(keys: Sequence[int]) -> ColumnElement[object]:
    return cast(bindparam(None, list(keys), unique=True), ARRAY(BigInteger))
