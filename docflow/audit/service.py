"""Write events, chain them, and show that nothing was altered since.

The act and its event are one transaction. One sequencer then gives each committed event its place
in the chain, so that the acts themselves never wait for each other. Whoever changes, removes or
swaps a chained event breaks the chain at that place.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from docflow import clock
from docflow.audit.models import Event, Link, Pending
from docflow.principal import Principal

GENESIS = "0" * 64
_SEQUENCER_LOCK = 0x0D0C_F10A  # pg_advisory_lock key: one sequencer at a time


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

    `details` must be JSON: strings, numbers, booleans, None, lists and dicts of these.
    """
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


def sequence(session: Session, *, limit: int = 1000) -> int:
    """Chain the events that are not chained yet; the number of them.

    Only one sequencer works at a time (advisory lock for the transaction); another returns 0.
    """
    if not session.scalar(select(func.pg_try_advisory_xact_lock(_SEQUENCER_LOCK))):
        return 0
    events = session.scalars(
        select(Event).join(Pending, Pending.event_id == Event.id).order_by(Event.id).limit(limit)
    ).all()
    if not events:
        return 0
    last = session.execute(select(Link.seq, Link.hash).order_by(Link.seq.desc()).limit(1)).first()
    seq, previous = last or (0, GENESIS)
    for event in events:
        seq, previous = seq + 1, chained(previous, event)
        session.add(Link(seq=seq, event_id=event.id, hash=previous))
    session.execute(delete(Pending).where(Pending.event_id.in_([event.id for event in events])))
    return len(events)


def chained(previous: str, event: Event) -> str:
    """The link of `event` after `previous`: SHA-256 over the previous link and the event."""
    return hashlib.sha256(previous.encode() + b"\n" + canonical(event)).hexdigest()


def canonical(event: Event) -> bytes:
    """The event as bytes that are the same whenever and wherever it is read."""
    fields = {
        "id": event.id,
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "body": event.body_id,
        "actor": event.actor_id,
        "name": event.actor_name,
        "via": event.via,
        "action": event.action,
        "subject": [event.subject_type, event.subject_id],
        "details": event.details,
    }
    return json.dumps(fields, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was written. `seq` is its place in the chain, if it has one."""

    what: str
    seq: int | None
    event_id: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class Verification:
    """The outcome of a check of the whole trail; `head` is the last link, to be kept elsewhere.

    `unchained` events wait for the sequencer; they are no finding.
    """

    links: int
    unchained: int
    head: str
    findings: tuple[Finding, ...]

    @property
    def is_sound(self) -> bool:
        return not self.findings


Check = Callable[[Session], Iterable[Finding]]
_checks: list[Check] = []


def check(function: Check) -> Check:
    """Register a check of the database against its events, done by every verification."""
    _checks.append(function)
    return function


def verify(session: Session, *, progress: Callable[[int, int], None] | None = None) -> Verification:
    """Recompute the chain from its beginning and compare the database with its events.

    Stops at the first broken link (what follows it cannot be judged) and names it. Needs one
    moment of the database, hence `Database.read()`: registering goes on meanwhile.
    """
    total = session.scalar(select(func.count()).select_from(Link)) or 0
    findings: list[Finding] = []
    previous, expected = GENESIS, 0
    rows = session.execute(
        select(Link, Event)
        .outerjoin(Event, Event.id == Link.event_id)
        .order_by(Link.seq)
        .execution_options(yield_per=2000)
    )
    for link, event in rows:
        expected += 1
        finding = _judge(link, event, previous, expected)
        if finding:
            findings.append(finding)
            break
        previous = link.hash
        if progress and expected % 2000 == 0:
            progress(expected, total)
    rows.close()  # where a broken link ended the loop, the rest was not fetched
    findings += _outside_the_chain(session)
    unchained = session.scalar(select(func.count()).select_from(Pending)) or 0
    for compare in _checks:
        findings += compare(session)
    return Verification(expected, unchained, previous, tuple(findings))


def _outside_the_chain(session: Session) -> list[Finding]:
    """Events that were neither chained nor announced: written past the trigger, by hand."""
    events = session.scalars(
        select(Event)
        .outerjoin(Link, Link.event_id == Event.id)
        .outerjoin(Pending, Pending.event_id == Event.id)
        .where(Link.event_id.is_(None), Pending.event_id.is_(None))
        .order_by(Event.id)
    )
    return [
        Finding(
            "inserted",
            None,
            e.id,
            f"event {e.id} ({e.action}) was inserted past the chain",
        )
        for e in events
    ]


def _judge(link: Link, event: Event | None, previous: str, expected: int) -> Finding | None:
    if link.seq != expected:
        return Finding("missing", expected, None, f"link {expected} is missing from the chain")
    if event is None:
        return Finding("missing", link.seq, link.event_id, f"event {link.event_id} was removed")
    if chained(previous, event) != link.hash:
        detail = (
            f"event {event.id} ({event.action} of {event.subject_type} {event.subject_id}) "
            "or its link was altered"
        )
        return Finding("altered", link.seq, event.id, detail)
    return None
