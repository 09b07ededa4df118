"""Requests for annulment as people see them: what waits for the registrar, what was asked."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import organization
from docflow.principal import Principal
from docflow.registry.access import visible_to
from docflow.registry.changes import AnnulmentRequest, RequestState
from docflow.registry.models import Annulment, Entry
from docflow.registry.queries import Line, lines, lines_query


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """A request and what was decided; `may_decide` and `may_withdraw` are for the reader."""

    id: int
    entry_id: int
    state: str
    reason: str
    authority: str
    requested_by: str
    requested_at: datetime
    decided_by: str
    decided_at: datetime | None
    decision_reason: str
    may_decide: bool
    may_withdraw: bool


def requests_of(session: Session, entry_id: int, *, by: Principal) -> list[RequestInfo]:
    """The requests of an entry, oldest first; the caller got it through `registry.get`."""
    rows = session.scalars(
        select(AnnulmentRequest)
        .where(AnnulmentRequest.entry_id == entry_id)
        .order_by(AnnulmentRequest.id)
    ).all()
    return _told(session, list(rows), by)


def waiting_annulments(session: Session, *, by: Principal) -> list[tuple[RequestInfo, Line]]:
    """Requests that wait for a decision, oldest first, of entries that the person may see."""
    rows = session.scalars(
        select(AnnulmentRequest)
        .join(Entry, Entry.id == AnnulmentRequest.entry_id)
        .outerjoin(Annulment, Annulment.entry_id == Entry.id)
        .where(
            AnnulmentRequest.state == RequestState.PENDING,
            Annulment.entry_id.is_(None),
            visible_to(by),
        )
        .order_by(AnnulmentRequest.id)
    ).all()
    ids = [row.entry_id for row in rows]
    found = session.execute(lines_query(by).where(Entry.id.in_(ids))).all() if ids else []
    by_id = {line.id: line for line in lines(session, found)}
    return [(info, by_id[info.entry_id]) for info in _told(session, list(rows), by)]


def waiting_count(session: Session, *, by: Principal) -> int:
    """How many requests the person could decide on now."""
    if not by.is_registrar:
        return 0
    query = (
        select(func.count())
        .select_from(AnnulmentRequest)
        .join(Entry, Entry.id == AnnulmentRequest.entry_id)
        .outerjoin(Annulment, Annulment.entry_id == Entry.id)
        .where(
            AnnulmentRequest.state == RequestState.PENDING,
            AnnulmentRequest.requested_by != by.user_id,
            Annulment.entry_id.is_(None),
            visible_to(by),
        )
    )
    return session.scalar(query) or 0


def _told(session: Session, rows: list[AnnulmentRequest], by: Principal) -> list[RequestInfo]:
    people = organization.names(
        session, [person for row in rows for person in (row.requested_by, row.decided_by)]
    )
    return [
        RequestInfo(
            id=row.id,
            entry_id=row.entry_id,
            state=row.state,
            reason=row.reason,
            authority=row.authority,
            requested_by=people.get(row.requested_by, ""),
            requested_at=row.requested_at,
            decided_by=people.get(row.decided_by or 0, ""),
            decided_at=row.decided_at,
            decision_reason=row.decision_reason,
            may_decide=row.state == RequestState.PENDING
            and by.is_registrar
            and row.requested_by != by.user_id,
            may_withdraw=row.state == RequestState.PENDING and row.requested_by == by.user_id,
        )
        for row in rows
    ]
