"""Writing what happens, and reading it again as the history of a thing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import clock
from docflow.audit.models import Event
from docflow.canonical import encoded
from docflow.principal import Principal


def record(
    session: Session,
    action: str,
    *,
    by: Principal,
    subject: tuple[str, int],
    at: datetime | None = None,
    **details: Any,
) -> None:
    """Write what happened, in the transaction in which it happens.

    `details` must be JSON: strings, numbers, booleans, None, lists and dicts of these. Where the
    person acts for somebody who is away, the event says for whom and by which appointment.
    """
    if by.in_place_of is not None:
        details |= {
            "in_place_of": by.in_place_of.person_id,
            "appointment": by.in_place_of.appointment_id,
        }
    session.add(
        Event(
            at=at or clock.now(),
            body_id=by.body_id,
            actor_id=by.user_id,
            actor_name=by.full_name,
            via=by.via,
            action=action,
            subject_type=subject[0],
            subject_id=subject[1],
            details=details,
        )
    )


@dataclass(frozen=True, slots=True)
class HistoryLine:
    at: datetime
    actor_name: str
    via: str
    action: str
    details: dict[str, Any]


def history(session: Session, subjects: Iterable[tuple[str, int]]) -> list[HistoryLine]:
    """What happened to these subjects, oldest first. The caller has checked the right to see it."""
    lines: list[Event] = []
    for kind, subject_id in subjects:
        lines += session.scalars(
            select(Event)
            .where(Event.subject_type == kind, Event.subject_id == subject_id)
            .order_by(Event.id)
        )
    return [
        HistoryLine(e.at, e.actor_name, e.via, e.action, e.details)
        for e in sorted(lines, key=lambda e: (e.at, e.id))
    ]


# The columns of an event, in the order in which `canonical` takes them.
COLUMNS = (
    Event.id,
    Event.at,
    Event.body_id,
    Event.actor_id,
    Event.actor_name,
    Event.via,
    Event.action,
    Event.subject_type,
    Event.subject_id,
    Event.details,
)


def canonical(
    event_id: int,
    at: datetime,
    body_id: int,
    actor_id: int | None,
    actor_name: str,
    via: str,
    action: str,
    subject_type: str,
    subject_id: int,
    details: dict[str, Any],
) -> bytes:
    """The event as bytes that are the same whenever and wherever it is read.

    JSON with sorted keys, without spaces, in UTF-8; the time in UTC with microseconds.
    """
    fields = {
        "id": event_id,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "body": body_id,
        "actor": actor_id,
        "name": actor_name,
        "via": via,
        "action": action,
        "subject": [subject_type, subject_id],
        "details": details,
    }
    return encoded(fields)
