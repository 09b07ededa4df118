"""Do closed days and years still say what the rows say? Part of every `docflow audit verify`."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit
from docflow.closings import content as contents
from docflow.closings import trail
from docflow.closings.models import NOTHING_BEFORE, DailyRegister, YearClosing
from docflow.registry import Book, BookYear, YearState


@audit.check
def days_are_as_closed(session: Session) -> Iterator[audit.Finding]:
    """Each closed day is as its event says, follows the one before, and agrees with the rows."""
    for book in session.scalars(select(Book).order_by(Book.id)).all():
        yield from verify_days(session, book)


def verify_days(session: Session, book: Book) -> Iterator[audit.Finding]:
    """What is not as it was closed, of one book."""
    events, found = _in_trail(session, book), set()
    before, running = NOTHING_BEFORE, 0
    rows = session.scalars(
        select(DailyRegister)
        .where(DailyRegister.book_id == book.id)
        .order_by(DailyRegister.running)
        .execution_options(yield_per=20)
    )
    for row in rows:
        running += 1
        found.add(row.id)
        if row.running != running or row.previous_sha256 != before:
            yield _finding("missing", f"a daily register before {row.identifier} is missing")
            running = row.running
        before = row.content_sha256
        if contents.digest(row.content) != row.content_sha256:
            yield _finding("altered", f"the content of {row.identifier} was altered")
        if events.get(row.id, (None, None))[1] != row.content_sha256:
            yield _finding("altered", f"{row.identifier} is not as the trail says")
        if not trail.still_holds(session, row.body_id, row.content["trail"]):
            yield _finding("altered", f"the trail is not the one that {row.identifier} vouches for")
        changed = _changed(session, book, row)
        if changed:
            yield _finding(
                "altered", f"{changed} of {row.day:%d/%m/%Y} are not as in {row.identifier}"
            )
    for row_id in sorted(events.keys() - found):
        yield _finding("missing", f"the daily register {events[row_id][0]} is missing")


def _changed(session: Session, book: Book, row: DailyRegister) -> str:
    """Which parts of the day, composed anew from the rows, differ from the closed content."""
    of = contents.Day(book, row.day, row.starts_at, row.ends_at, row.content["zone"])
    place = contents.Place(row.running, row.previous_sha256, row.content["trail"])
    if audit.erased_subjects(session) & {one["id"] for one in row.content["entries"]}:
        return ""  # the closed day keeps its wording; the rows have lost theirs, by an erasure
    anew = contents.compose(session, of, place=place, concealed=contents.concealed_in(row.content))
    return ", ".join(part for part in anew if anew[part] != row.content.get(part))


@audit.check
def years_are_as_closed(session: Session) -> Iterator[audit.Finding]:
    """Each closed year is as its event says."""
    events = set(
        session.scalars(
            select(audit.Event.details["content"].as_string()).where(
                audit.Event.action == "year.closed"
            )
        )
    )
    for row in session.scalars(select(YearClosing)):
        if contents.digest(row.content) != row.content_sha256:
            yield _finding("altered", f"the closing of {row.content['identifier']} was altered")
        if row.content_sha256 not in events:
            yield _finding("inserted", f"{row.content['identifier']} was closed behind the trail")
    undeclared = (
        select(Book.code, BookYear.year)
        .join(Book, Book.id == BookYear.book_id)
        .outerjoin(
            YearClosing,
            (YearClosing.book_id == BookYear.book_id) & (YearClosing.year == BookYear.year),
        )
        .where(
            BookYear.closed_at.is_not(None),
            BookYear.state == YearState.OPEN,  # a year taken over was closed by its import
            YearClosing.year.is_(None),
        )
    )
    for code, year in session.execute(undeclared):
        yield _finding("missing", f"{code} of {year} is closed without a declaration")


def _in_trail(session: Session, book: Book) -> dict[int, tuple[Any, Any]]:
    """What the trail says of each closed day: identifier and digest, by the row's id."""
    said = audit.Event.details
    rows = session.execute(
        select(
            audit.Event.subject_id, said["identifier"].as_string(), said["content"].as_string()
        ).where(
            audit.Event.body_id == book.body_id,
            audit.Event.subject_type == "daily-register",
            audit.Event.action == "day.closed",
            said["book"].as_string() == book.code,
        )
    )
    return {subject_id: (identifier, sha256) for subject_id, identifier, sha256 in rows}


def _finding(what: str, detail: str) -> audit.Finding:
    return audit.Finding(what, None, None, detail)
