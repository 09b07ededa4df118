"""Which objects the register needs, and which of them belong to one entry.

`objects.named` says which digests any row names: the sweep goes by that, for it forgets no table.
What must be there is less: a digest of printed content is no object, and what is being prepared may
go again.
"""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Select, String, select, union
from sqlalchemy.orm import Session

from docflow.db import Base

# Digests that name no object of the store, or one that may be gone by now.
_NO_OBJECTS = {"content_sha256", "previous_sha256"}
_PASSING = {"read_aheads", "pending_signatures", "learned_models", "scan_batches"}


def needed(session: Session, *, after: str = "", limit: int = 1000) -> list[str]:
    """The digests that must be in the store, in their order, those behind `after`.

    Files of entries whose data were erased are not among them.
    """
    queries = []
    for table, column in _columns():
        query = select(column.label("digest")).where(column > after)
        owned = _of_erased(table)
        if owned is not None:
            query = query.where(~owned)
        queries.append(query.order_by(column).limit(limit).distinct())
    found = union(*(select(query.subquery().c.digest) for query in queries)).subquery()
    rows = session.scalars(select(found.c.digest).order_by(found.c.digest).limit(limit))
    return [digest for digest in rows if digest]


def of_entry(session: Session, entry_id: int) -> set[str]:
    """Every object of an entry: files, what was derived from them, papers, copies."""
    found: set[str] = set()
    for table, column in _columns():
        owned = _owned_by(table, entry_id)
        if owned is not None:
            found.update(filter(None, session.scalars(select(column).where(owned))))
    return found


def owners(entry_id: int) -> dict[str, ColumnElement[bool]]:
    """By table: the rows that belong to the entry (for `objects.named`)."""
    owned = {table: _owned_by(table, entry_id) for table, _ in _columns()}
    return {table: condition for table, condition in owned.items() if condition is not None}


def _columns() -> Iterator[tuple[str, ColumnElement[str]]]:
    for table in Base.metadata.tables.values():
        if table.name in _PASSING:
            continue
        for column in table.columns:
            if (
                "sha256" in column.name
                and column.name not in _NO_OBJECTS
                and isinstance(column.type, String)
            ):
                yield table.name, column


def _owned_by(table: str, entry_id: int) -> ColumnElement[bool] | None:
    columns = Base.metadata.tables[table].columns
    if "entry_id" in columns:
        return columns["entry_id"] == entry_id
    if "file_id" in columns:
        return columns["file_id"].in_(_files_of(entry_id))
    return None


def _files_of(entry_id: int) -> Select[int]:
    files = Base.metadata.tables["files"]
    return select(files.c.id).where(files.c.entry_id == entry_id)


def _of_erased(table: str) -> ColumnElement[bool] | None:
    tables = Base.metadata.tables
    erasures, decisions, files = (
        tables[name] for name in ("erasures", "erasure_decisions", "files")
    )
    erased = (
        select(erasures.c.entry_id)
        .join(decisions, decisions.c.erasure_id == erasures.c.id)
        .where(decisions.c.is_approved)
    )
    columns = tables[table].columns
    if "entry_id" in columns:
        return columns["entry_id"].is_not(None) & columns["entry_id"].in_(erased)
    if "file_id" in columns:
        return columns["file_id"].is_not(None) & columns["file_id"].in_(
            select(files.c.id).where(files.c.entry_id.in_(erased))
        )
    return None
