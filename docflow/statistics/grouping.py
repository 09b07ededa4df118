"""By what figures are put together: the key of each group, and the name that people read."""

from collections.abc import Collection
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, String, cast, func, select
from sqlalchemy.orm import Session

from docflow import organization
from docflow.circulation import Draft
from docflow.i18n import t
from docflow.kinds import EntryKind, Kind
from docflow.registry import Corrected, Entry, Handling
from docflow.words import word


class By(StrEnum):
    UNIT = "unit"
    KIND = "kind"
    CHANNEL = "channel"
    DIRECTION = "direction"
    MONTH = "month"


# The unit of an issued document is the one that drafted it.
_DRAFTED = (
    select(Draft.entry_id, func.min(Draft.unit_id).label("unit_id"))
    .where(Draft.entry_id.is_not(None))
    .group_by(Draft.entry_id)
    .subquery("drafted")
)
UNIT: ColumnElement[Any] = func.coalesce(Handling.unit_id, _DRAFTED.c.unit_id)
"""With whom an entry is; NULL for an outgoing document that was registered by hand."""


def joined(query: Select[Any], by: By) -> Select[Any]:
    """The query over `entries` with all that `UNIT` and the key need, each at most one row."""
    query = query.outerjoin(Handling, Handling.entry_id == Entry.id).outerjoin(
        _DRAFTED, _DRAFTED.c.entry_id == Entry.id
    )
    if by is By.KIND:
        return query.outerjoin(EntryKind, EntryKind.entry_id == Entry.id)
    if by is By.CHANNEL:
        return query.outerjoin(Corrected, Corrected.entry_id == Entry.id)
    return query


def key(by: By, zone: str) -> ColumnElement[Any]:
    """The key of an entry's group; NULL where it has none."""
    match by:
        case By.UNIT:
            return UNIT
        case By.KIND:
            return cast(EntryKind.kind_id, BigInteger)
        case By.CHANNEL:
            corrected = Corrected.fields["delivery_method"].astext
            return func.coalesce(corrected, Entry.delivery_method)
        case By.DIRECTION:
            return cast(Entry.direction, String)
        case By.MONTH:
            return func.to_char(func.timezone(zone, Entry.registered_at), "YYYY-MM")


def titles(session: Session, by: By, keys: Collection[Any], language: str) -> dict[Any, str]:
    """The names of the groups, in the reader's language."""
    match by:
        case By.UNIT:
            found: dict[Any, str] = dict(organization.unit_names(session, keys))
        case By.KIND:
            rows = session.scalars(select(Kind).where(Kind.id.in_([k for k in keys if k])))
            found = {row.id: row.title_el if language == "el" else row.title_en for row in rows}
        case By.CHANNEL:
            found = {k: word("delivery_method", k, language) for k in keys if k}
        case By.DIRECTION:
            found = {k: word("direction", k, language) for k in keys if k}
        case By.MONTH:
            found = {k: f"{k[5:]}/{k[:4]}" for k in keys if k}
    nameless = {
        By.UNIT: t("no unit"),
        By.KIND: t("no kind"),
    }.get(by, t("unknown"))
    return {None: nameless.in_language(language)} | found
