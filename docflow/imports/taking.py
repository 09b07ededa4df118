"""Writing an old register into the book: everything in one transaction, by COPY.

Until it commits nobody sees any of it, and a crash leaves nothing behind. The database lets in
numbers that no series gave only while the year's row says that it is importing, and that row is
made and sealed in the same transaction.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, pairwise
from typing import Any

import psycopg
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from docflow import clock, organization, registry
from docflow.folding import fold, fold_reference
from docflow.imports import comparing
from docflow.imports.judging import Judged
from docflow.imports.models import OldRegister
from docflow.principal import Principal
from docflow.registry import Direction, Entry, Numbering, Policy, importing, masks

CHUNK = 5000
_ENTRY = (
    "id", "body_id", "book_id", "year", "series", "number", "sub_number", "label", "direction",
    "registered_at", "received_at", "subject", "sender_name", "sender_address", "sender_email",
    "sender_reference", "sender_reference_key", "sender_dated_on", "delivery_method",
    "delivery_detail", "attachments_count", "attachments_note", "verification_code",
)  # fmt: skip
_RECIPIENT = ("entry_id", "position", "name", "address", "email", "is_copy")
_OLD = ("entry_id", "register_id", "row", "cells")
# As `registry.indexing` weighs the fields of an entry; an old entry has no files to be found by.
_SEARCH = text(
    """
    INSERT INTO search_texts (entry_id, fields, vector)
    SELECT id, f,
           setweight(to_tsvector('greek', f), 'A') || setweight(to_tsvector('simple', f), 'A')
      FROM unnest(CAST(:ids AS bigint[]), CAST(:fields AS text[])) AS rows (id, f)
    """
)
_HANDLINGS = text(
    """
    INSERT INTO handlings (entry_id, state, unit_id, disposal, closed_reason, closed_at)
    SELECT id, 'closed', :unit, 'filed', :reason, :at FROM unnest(CAST(:ids AS bigint[])) AS id
    """
)
_ACCESS = text(
    "INSERT INTO entry_access (entry_id, unit_id) "
    "SELECT id, :unit FROM unnest(CAST(:ids AS bigint[])) AS id"
)


@dataclass(frozen=True, slots=True)
class Taken:
    """What was written: how many entries, and the digest over all their cores."""

    entries: int
    core_digest: str


def take(
    session: Session,
    register: OldRegister,
    rows: Sequence[Judged],
    headings: Sequence[str],
    *,
    ends: Mapping[str, int],
    by: Principal,
    progress: Callable[[int], None],
) -> Taken:
    """Make the year, write its entries in the order of their numbers, seal it.

    `ends` is the last number of each series in the old register: all below it that no row brings
    are declared missing, those of rows that were left out too.
    """
    ordered = numbered(rows)
    book = session.get_one(registry.Book, register.book_id)
    policy = Policy()
    if register.by_direction:
        policy = Policy(numbering=Numbering.BY_DIRECTION, mask="{dir} {n}/{year}")
    importing.begin(session, book, register.year, policy=policy, by=by)
    secretariat = organization.body(session, register.body_id).secretariat_id
    ids = session.scalars(
        text("SELECT nextval('entries_id_seq') FROM generate_series(1, :n)"), {"n": len(ordered)}
    )
    pairs = zip(ids, ordered, strict=True)
    done = 0
    while chunk := list(islice(pairs, CHUNK)):
        _copy(session, "entries", _ENTRY, (_entry(register, i, one) for i, one in chunk))
        _copy(session, "recipients", _RECIPIENT, _recipients(chunk))
        _copy(session, "old_entries", _OLD, (_old(register, headings, i, o) for i, o in chunk))
        session.execute(
            _SEARCH,
            {"ids": [i for i, _ in chunk], "fields": [_fields(one) for _, one in chunk]},
        )
        handled = [i for i, one in chunk if one.direction != Direction.OUTGOING]
        if secretariat is not None and handled:
            session.execute(
                _HANDLINGS,
                {
                    "ids": handled,
                    "unit": secretariat,
                    "reason": register.taken_from,
                    "at": clock.now(),
                },
            )
            session.execute(_ACCESS, {"ids": handled, "unit": secretariat})
        done += len(chunk)
        progress(done)
    gaps = comparing.gaps(((one.series, one.number) for one in ordered), ends)
    importing.seal(session, book, register.year, gaps=gaps, by=by)
    return Taken(len(ordered), core_digest(session, register.book_id, register.year))


def numbered(rows: Sequence[Judged]) -> list[Judged]:
    """In the order of series and number; a number that stands again gets sub-numbers 1, 2 …"""
    ordered = sorted(rows, key=lambda one: (one.series, one.number, one.row))
    for before, one in pairwise(ordered):
        same = (before.series, before.number) == (one.series, one.number)
        one.sub_number = before.sub_number + 1 if same else 0
    return ordered


def core_digest(session: Session, book_id: int, year: int) -> str:
    """SHA-256 over the digests of all entries of the year, as they stand in the database."""
    digest = hashlib.sha256()
    for entry in session.scalars(
        select(Entry)
        .where(Entry.book_id == book_id, Entry.year == year)
        .order_by(Entry.series, Entry.number, Entry.sub_number)
        .execution_options(yield_per=CHUNK)
    ):
        digest.update(registry.core_digest(entry).encode() + b"\n")
        session.expunge(entry)  # or the whole year would be held in memory
    return digest.hexdigest()


def _entry(register: OldRegister, entry_id: int, one: Judged) -> tuple[Any, ...]:
    before = f"{masks.DIRECTIONS[Direction(one.direction)]} " if register.by_direction else ""
    after = f"-{one.sub_number}" if one.sub_number else ""
    at = _instant(one)
    return (
        entry_id,
        register.body_id,
        register.book_id,
        register.year,
        one.series,
        one.number,
        one.sub_number,
        f"{before}{one.number}{after}/{register.year}",
        one.direction,
        at,
        at,
        one.subject,
        one.sender if one.direction != Direction.OUTGOING else "",
        "",
        "",
        one.reference,
        fold_reference(one.reference),
        one.dated_on,
        one.delivery,
        one.delivery_detail,
        one.attachments,
        one.attachments_note,
        registry.codes.new(),
    )


def _recipients(chunk: Sequence[tuple[int, Judged]]) -> Iterator[tuple[Any, ...]]:
    for entry_id, one in chunk:
        if one.recipient:
            yield (entry_id, 1, one.recipient, "", "", False)


def _old(
    register: OldRegister, headings: Sequence[str], entry_id: int, one: Judged
) -> tuple[Any, ...]:
    cells = [
        (headings[place] if place < len(headings) and headings[place] else f"#{place + 1}", cell)
        for place, cell in enumerate(one.cells)
        if cell
    ]
    return (entry_id, register.id, one.row, json.dumps(cells, ensure_ascii=False))


def _fields(one: Judged) -> str:
    words = (one.subject, one.sender, one.recipient, one.reference, one.attachments_note)
    return fold(" ".join((*words, one.delivery_detail, *one.extra)))


def _instant(one: Judged) -> datetime:
    assert one.at is not None  # a row without a date is bad, and bad rows do not come here
    return one.at


def _copy(
    session: Session, table: str, columns: Sequence[str], rows: Iterator[tuple[Any, ...]]
) -> None:
    raw = session.connection().connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    names = psycopg.sql.SQL(", ").join(map(psycopg.sql.Identifier, columns))
    statement = psycopg.sql.SQL("COPY {} ({}) FROM STDIN").format(
        psycopg.sql.Identifier(table), names
    )
    with raw.cursor() as cursor, cursor.copy(statement) as stream:
        for row in rows:
            stream.write_row(row)
