"""A person's deadlines as a calendar that programs subscribe to, under a secret address.

The address is a key: whoever has it reads the numbers and days of the open items of one person.
So a calendar holds no subject and no name, and nothing of confidential books and entries. The
address is shown once and can be changed or taken back at any time. Format: RFC 5545.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow import audit, clock, organization, registry
from docflow.deadlines.agenda import Whose, agenda
from docflow.deadlines.models import CalendarFeed
from docflow.errors import NotFound
from docflow.i18n import Text, t, translate
from docflow.principal import Principal, Via
from docflow.registry import Book, Grade

BACK, AHEAD, MOST = timedelta(days=60), timedelta(days=400), 1000
_LINE = 75  # octets of a line (RFC 5545 § 3.1)


class NoSuchFeed(NotFound):
    """There is no calendar at this address."""


def made_at(session: Session, *, by: Principal) -> datetime | None:
    """When the person's address was made; None where he has none."""
    return session.scalar(select(CalendarFeed.made_at).where(CalendarFeed.user_id == by.person_id))


def make(session: Session, *, by: Principal) -> str:
    """A new secret for the person's calendar; the one before opens nothing any more."""
    by.require_scope("route")
    secret = secrets.token_urlsafe(32)
    now = {"token_digest": _digest(secret), "made_at": clock.now(), "read_at": None}
    session.execute(
        insert(CalendarFeed)
        .values(user_id=by.person_id, **now)
        .on_conflict_do_update(index_elements=[CalendarFeed.user_id], set_=now)
    )
    audit.record(session, "deadline.feed-made", by=by, subject=("user", by.person_id))
    return secret


def end(session: Session, *, by: Principal) -> None:
    """Take the address back."""
    by.require_scope("route")
    gone = session.execute(
        delete(CalendarFeed)
        .where(CalendarFeed.user_id == by.person_id)
        .returning(CalendarFeed.user_id)
    ).first()
    if gone is not None:
        audit.record(session, "deadline.feed-ended", by=by, subject=("user", by.person_id))


def calendar(session: Session, secret: str, *, url: str) -> str:
    """The calendar at a secret address, as it is now. Raises NoSuchFeed.

    `url` is where the staff's pages are; the person's rights are those of today.
    """
    row = session.scalar(select(CalendarFeed).where(CalendarFeed.token_digest == _digest(secret)))
    if row is None:
        raise _gone()
    try:
        by = organization.principal(session, row.user_id, via=Via.PUBLIC)
    except organization.NoSuchUser as error:
        raise _gone() from error
    today = clock.today()
    found = agenda(session, today - BACK, today + AHEAD, whose=Whose.MINE, by=by, limit=MOST)
    closed = set(
        session.scalars(select(Book.code).where(Book.body_id == by.body_id, Book.is_confidential))
    )

    def is_open(line: registry.Line) -> bool:
        return line.book not in closed and line.grade != Grade.CONFIDENTIAL

    days = [
        _Day(f"entry-{line.id}", t("Deadline of {number}", number=line.label), line.due_on, line)
        for line in found.lines
        if line.due_on is not None and is_open(line)
    ]
    days += [
        _Day(
            f"answer-{one.id}", t("Answer on {number}", number=one.line.label), one.due_on, one.line
        )
        for one in found.asked
        if is_open(one.line)
    ]
    return _written(days, by.language, url.rstrip("/"))


def read(session: Session, secret: str) -> None:
    """Note that the address was read: the person sees whether something still asks there."""
    session.execute(
        update(CalendarFeed)
        .where(CalendarFeed.token_digest == _digest(secret))
        .values(read_at=clock.now())
    )


def _gone() -> NoSuchFeed:
    return NoSuchFeed(t("There is no calendar at this address. Make a new one in Docflow."))


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Day:
    """An event of the calendar."""

    uid: str
    said: Text
    on: date
    line: registry.Line


def _written(days: list[_Day], language: str, url: str) -> str:
    said = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Docflow//Deadlines//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escaped(translate('Deadlines', language))}",
    ]
    stamp = f"{clock.now().astimezone(UTC):%Y%m%dT%H%M%SZ}"
    for day in days:
        line = day.line
        said += [
            "BEGIN:VEVENT",
            f"UID:{day.uid}@{url.partition('//')[2] or 'docflow'}",
            f"DTSTAMP:{stamp}",
            f"DTSTART;VALUE=DATE:{_day(day.on)}",
            f"DTEND;VALUE=DATE:{_day(day.on + timedelta(days=1))}",
            f"SUMMARY:{escaped(day.said.in_language(language))}",
            f"URL:{url}/entries/{line.book}/{line.year}/{line.place}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    return "".join(folded(one) for one in [*said, "END:VCALENDAR"])


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"


def escaped(text: str) -> str:
    """A value of a property: its commas, semicolons and line ends written as the format asks."""
    for char in ("\\", ";", ","):
        text = text.replace(char, "\\" + char)
    return text.replace("\n", "\\n")


def folded(line: str) -> str:
    """The line in pieces of at most 75 octets, no character cut (RFC 5545 § 3.1)."""
    pieces: list[str] = []
    piece = ""
    for char in line:
        if len((piece + char).encode()) > _LINE - bool(pieces):
            pieces.append(piece)
            piece = ""
        piece += char
    return "\r\n ".join([*pieces, piece]) + "\r\n"
