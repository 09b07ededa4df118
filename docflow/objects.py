"""Which objects of the store rows still name.

A column whose name contains `sha256` names an object, in whatever table it stands: a new table
counts by itself, and nobody's bytes are taken away because somebody forgot a list.
"""

from collections.abc import Collection, Mapping

from sqlalchemy import ColumnElement, String, select
from sqlalchemy.orm import Session

from docflow.db import Base


def named(
    session: Session,
    digests: Collection[str],
    *,
    but_for: Mapping[str, ColumnElement[bool]] | None = None,
) -> set[str]:
    """Those of the digests that a row names.

    `but_for` says of a table, by its name, which of its rows do not count.
    """
    found: set[str] = set()
    for table in Base.metadata.tables.values():
        for column in table.columns:
            if "sha256" not in column.name or not isinstance(column.type, String):
                continue
            query = select(column).where(column.in_(set(digests) - found))
            if but_for and table.name in but_for:
                # Unknown (NULL) is nobody's row: it counts.
                query = query.where(but_for[table.name].is_not(True))
            found.update(session.scalars(query.distinct()))
    return found
