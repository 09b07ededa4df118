"""Which objects the register needs, and which of them belong to one entry.

`objects.named` says which digests any row names: the sweep goes by that, for it forgets no table.
What must be there is less: a digest of printed content is no object, and what is being prepared may
go again.
"""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Select, String, func, literal, select, union
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
    return _of_entries(table, select(literal(entry_id)))


def _of_erased(table: str) -> ColumnElement[bool] | None:
    tables = Base.metadata.tables
    erasures, decisions = tables["erasures"], tables["erasure_decisions"]
    erased = (
        select(erasures.c.entry_id)
        .join(decisions, decisions.c.erasure_id == erasures.c.id)
        .where(decisions.c.is_approved)
    )
    found = _of_entries(table, erased)
    # Unknown (NULL) is nobody's row: it is needed.
    return None if found is None else func.coalesce(found, False)


# How a row leads to its entry, where it does not name it: over which column to which table.
_OVER = {"file_id": "files", "document_id": "sealed_documents", "draft_id": "drafts"}


def _of_entries(table: str, entries: Select[int]) -> ColumnElement[bool] | None:
    """The rows that belong to one of the entries; None where no row of the table ever does.

    A draft belongs to the entry that was issued of it, not to the one that it answers.
    """
    columns = Base.metadata.tables[table].columns
    if "entry_id" in columns:
        return columns["entry_id"].in_(entries)
    for name, over in _OVER.items():
        if name in columns and columns[name].references(Base.metadata.tables[over].c.id):
            owner = Base.metadata.tables[over]
            return columns[name].in_(select(owner.c.id).where(owner.c.entry_id.in_(entries)))
    return None
