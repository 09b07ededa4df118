"""Making the register of a day: composed, printed, sealed and stamped, kept, and written once.

The day must be over, and everything that was begun in it committed. The slow work (printing,
seal, time-stamp) is done outside any transaction; the row is written under a lock, after a look
whether somebody else was faster and whether the day is still as it was printed. Whatever fails
leaves the day pending, with the reason, and is tried again; a crash leaves at most an object that
no row names.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Any

import psycopg
from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

import signing
from docflow import (
    audit,
    calendars,
    clock,
    db,
    documents,
    organization,
    outbox,
    printing,
    registry,
    schedule,
)
from docflow.closings import content as contents
from docflow.closings import sealing, trail, wording
from docflow.closings.access import require_close
from docflow.closings.days import SETTLING, DueDay, deadline, due, start_of
from docflow.closings.models import NOTHING_BEFORE, DailyRegister, DayWait, RegisterStart
from docflow.errors import Conflict, DocflowError, Invalid, Unavailable
from docflow.i18n import DEFAULT_LANGUAGE, t
from docflow.office import Office
from docflow.principal import Principal, system
from docflow.registry import Book

log = logging.getLogger(__name__)
TASK = "closings.close_days"
_BATCH = 10  # days of one job: it ends soon, and asks for the next
_PATIENCE = "5s"  # with who writes in the book; meanwhile nobody else registers in it


class DayNotOver(Conflict):
    """A day is closed only when it is over."""


class DayNotSettled(Unavailable):
    """Something that was begun on that day is not finished yet."""


class ClockBehind(Unavailable):
    """The clock shows a time of a day that is closed."""


class EarlierDayOpen(Conflict):
    """Days are closed in their order."""


class NoSuchDay(Invalid):
    """No register has such a day."""


class AlreadyClosed(Conflict):
    """This day has its register already."""


class NotSealed(Unavailable):
    """The register could not be sealed and time-stamped."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is printed: the content of a day, its digest, and where it stands in the chain."""

    of: contents.Day
    content: contents.Content
    sha256: str
    identifier: str
    printed: printing.DailyRegisterData


def close_day(office: Office, book_id: int, day: date, *, by: Principal) -> int:
    """Make the register of a day that is over; the id of its row.

    Raises NotYoursToClose, NotAllowed, DayNotOver, EarlierDayOpen, AlreadyClosed, DayNotSettled,
    NotSealed, StoreUnavailable.
    """
    with office.db.begin() as session:
        book = session.get_one(Book, book_id)
        require_close(by, book)
        of = day_of(book, day, office.settings.zone)
        draft = _draft(session, office, of, _content(session, office, of), by=by)
    pdf = _sealed_pdf(office, draft)
    kept = documents.keep(office, pdf, body_id=by.body_id)
    with office.db.begin() as session:
        if _content(session, office, of, trail_of=draft.content) != draft.content:
            raise _unsettled(of)
        return _write(session, office, draft, kept.sha256, len(pdf), by=by)


def _content(
    session: Session,
    office: Office,
    of: contents.Day,
    *,
    trail_of: Mapping[str, Any] | None = None,
) -> contents.Content:
    """What stands in a day that is over, held against who writes; raises as `close_day`.

    `trail_of` is a content composed before: the log grew since, and that one's head of it counts.
    """
    book, day = of.book, of.day
    if clock.now() < of.ends_at + SETTLING:
        raise DayNotOver(t("{day} is not over yet.", day=f"{day:%d/%m/%Y}"))
    _require_settled(session, of)
    _hold(session, of)
    if _closed(session, book.id, day):
        raise AlreadyClosed(t("{day} is closed already.", day=f"{day:%d/%m/%Y}"))
    waiting = due(session, book, settings=office.settings)
    if waiting and waiting[0].day < day:
        raise EarlierDayOpen(t("{day} must be closed first.", day=f"{waiting[0].day:%d/%m/%Y}"))
    last = session.scalar(
        select(DailyRegister)
        .where(DailyRegister.book_id == book.id)
        .order_by(DailyRegister.running.desc())
        .limit(1)
    )
    place = contents.Place(
        running=(last.running if last else 0) + 1,
        previous_sha256=last.content_sha256 if last else NOTHING_BEFORE,
        trail=trail_of["trail"] if trail_of else trail.head(session, book.body_id),
    )
    return contents.compose(session, of, place=place)


def preview(session: Session, office: Office, book: Book, day: date, *, by: Principal) -> Draft:
    """The day so far: of today, or of a day that waits; nothing is kept or sealed."""
    of = day_of(book, day, office.settings.zone)
    place = contents.Place(0, NOTHING_BEFORE, trail.NO_TRAIL)
    content = contents.compose(session, of, place=place)
    return _draft(session, office, of, content, by=by, so_far=True)


def day_of(book: Book, day: date, zone: str) -> contents.Day:
    """The day with its two midnights: 23 or 25 hours long when the clocks change.

    Raises NoSuchDay.
    """
    if not 1900 <= day.year <= 2999:
        raise NoSuchDay(t("Write a day between 1900 and 2999."), field="day")
    return contents.Day(
        book=book,
        day=day,
        # In UTC: two local times of one zone are subtracted as if no clock had changed.
        starts_at=registry.midnight(day, zone).astimezone(UTC),
        ends_at=registry.midnight(day + timedelta(days=1), zone).astimezone(UTC),
        zone=zone,
    )


def _draft(
    session: Session,
    office: Office,
    of: contents.Day,
    content: contents.Content,
    *,
    by: Principal,
    so_far: bool = False,
) -> Draft:
    body = organization.body(session, of.book.body_id)
    running = content["running"]
    identifier = f"{body.code}-{of.book.code}-{of.day:%Y%m%d}-{running:03}"
    sha256 = "" if so_far else contents.digest(content)
    printed = wording.daily(
        session,
        content,
        of=of,
        issuer=registry.issuer(session, body.id),
        identifier=identifier,
        digest=sha256,
        by=by,
        at=clock.local(clock.now(), office.settings.zone),
        so_far=so_far,
    )
    return Draft(of, content, sha256, identifier, printed)


def _sealed_pdf(office: Office, draft: Draft) -> bytes:
    """PDF/A-3 with the content inside, the body's seal and a time-stamp. Raises NotSealed."""
    try:
        letter = printing.daily_register(draft.printed, language=DEFAULT_LANGUAGE)
        pdf = printing.attach(
            letter.pdf,
            name=f"{draft.identifier}.json",
            data=contents.canonical(draft.content),
            description="Το περιεχόμενο του ημερήσιου πρωτοκόλλου",
            mime_type="application/json",
        )
        return sealing.sealed(
            office,
            pdf,
            letter.boxes["seal"],
            body_id=draft.of.book.body_id,
            name=draft.printed.issuer.name,
            capacity=draft.identifier,
            reason="Κλείσιμο ημέρας",
        )
    except (signing.SigningError, printing.PrintingError) as error:
        raise NotSealed(t("The register could not be sealed: {why}", why=str(error))) from error


def _write(
    session: Session, office: Office, draft: Draft, pdf_sha256: str, pdf_size: int, *, by: Principal
) -> int:
    of, content, now = draft.of, draft.content, clock.now()
    numbers = content["series"].values()
    calendar = calendars.of(session, of.book.body_id)
    row = DailyRegister(
        body_id=of.book.body_id,
        book_id=of.book.id,
        year=of.day.year,
        day=of.day,
        running=content["running"],
        identifier=draft.identifier,
        starts_at=of.starts_at,
        ends_at=of.ends_at,
        first_number=min((one["first"] for one in numbers), default=None),
        last_number=max((one["last"] for one in numbers), default=None),
        entries=len(content["entries"]),
        content=content,
        content_sha256=draft.sha256,
        previous_sha256=content["previous"],
        pdf_sha256=pdf_sha256,
        pdf_size=pdf_size,
        is_late=clock.local(now, of.zone).date() > deadline(of.day, calendar),
        closed_at=now,
        closed_by=by.user_id,
    )
    session.add(row)
    session.flush()  # its id, for the event; and the chain is checked here
    session.execute(delete(DayWait).where(DayWait.book_id == of.book.id, DayWait.day <= of.day))
    audit.record(
        session,
        "day.closed",
        by=by,
        subject=("daily-register", row.id),
        identifier=row.identifier,
        book=of.book.code,
        content=row.content_sha256,
        pdf=pdf_sha256,
    )
    return row.id


def _hold(session: Session, of: contents.Day) -> None:
    """Nobody writes in the book, or closes a day of it, until this transaction ends.

    Whoever writes already is waited for, a little. A registration holds the row of its year before
    it shares the book's lock (the triggers of migration 0007), so that the rows come first here.
    """
    key = func.hashtextextended(f"closing:{of.book.id}", 0)
    session.execute(text(f"SET LOCAL lock_timeout = '{_PATIENCE}'"))
    try:
        with session.begin_nested():
            session.execute(
                select(registry.BookYear.year)
                .where(registry.BookYear.book_id == of.book.id)
                .with_for_update(read=True)
            )
            session.execute(select(func.pg_advisory_xact_lock(key)))
    except OperationalError as error:
        if not isinstance(error.orig, psycopg.errors.LockNotAvailable):
            raise
        raise _unsettled(of) from error
    session.execute(text("SET LOCAL lock_timeout = 0"))


def _closed(session: Session, book_id: int, day: date) -> bool:
    return (
        session.scalar(
            select(DailyRegister.id)
            .where(DailyRegister.book_id == book_id, DailyRegister.day >= day)
            .limit(1)
        )
        is not None
    )


def _require_settled(session: Session, of: contents.Day) -> None:
    """Nobody who began before midnight still writes: once the day is closed he would be refused.

    A role sees the transactions of its own sessions, and all of ours run under one role. Who has
    not written anything yet is not seen; him the trigger of migration 0007 refuses.
    """
    open_since = session.scalar(
        text(
            "SELECT min(xact_start) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL AND xact_start < :end"
        ),
        {"end": of.ends_at},
    )
    if open_since is not None:
        raise _unsettled(of)


def _unsettled(of: contents.Day) -> DayNotSettled:
    return DayNotSettled(
        t("Something that was begun on {day} is not finished.", day=f"{of.day:%d/%m/%Y}")
    )


def _clock_behind() -> ClockBehind:
    return ClockBehind(
        t(
            "The clock of the server shows a time of a day whose register is closed. Nothing was "
            "saved. The administrator must set the clock right; then try again."
        )
    )


db.explain("day_is_open", _clock_behind)


@outbox.job(TASK, queue="signing")
def close_days(run: outbox.Run) -> None:
    """Make what is missing, the oldest day of each book first, some days at a time."""
    office, made = run.office, 0
    with office.db.read() as session:
        books = [book.id for book in session.scalars(select(Book).order_by(Book.id))]
    for book_id in books:
        made += close_due(office, book_id, most=_BATCH - made)
        if made >= _BATCH:
            with office.db.begin() as session:
                outbox.enqueue(session, TASK)
            return


schedule.every(TASK, timedelta(minutes=5))


def close_due(
    office: Office, book_id: int, *, most: int | None = None, by: Principal | None = None
) -> int:
    """Close the days of a book that wait, in their order; how many. Stops at the first failure.

    What fails stands as the reason at the day, and is an alarm in the log once it is overdue.
    Without a person the installation itself closes. Raises NotYoursToClose, NotAllowed.
    """
    with office.db.begin() as session:
        book = session.get_one(Book, book_id)
        by = by or system(book.body_id)
        require_close(by, book)
        waiting = due(session, book, settings=office.settings)
        if waiting:
            _begin(session, book, office.settings.zone)
    made = 0
    for one in waiting[:most]:
        try:
            close_day(office, book_id, one.day, by=by)
        except AlreadyClosed:
            continue
        except DocflowError as error:
            _wait(office, one, error.message.in_language(DEFAULT_LANGUAGE))
            break
        made += 1
    return made


def _begin(session: Session, book: Book, zone: str) -> None:
    """Note for good since when the book has daily registers."""
    first = start_of(session, book, zone)
    session.execute(
        insert(RegisterStart)
        .values(book_id=book.id, first_day=first, set_at=clock.now())
        .on_conflict_do_nothing()
    )


def _wait(office: Office, one: DueDay, why: str) -> None:
    log_it = log.error if one.is_overdue else log.warning
    log_it("the register of %s (book %s) waits: %s", one.day, one.book_id, why)
    now = clock.now()
    row = insert(DayWait).values(
        book_id=one.book_id, day=one.day, problem=why[:500], since=now, tried_at=now
    )
    again = row.on_conflict_do_update(
        index_elements=[DayWait.book_id, DayWait.day],
        set_={"problem": why[:500], "tried_at": now, "tries": DayWait.tries + 1},
    )
    with office.db.begin() as session:
        session.execute(again)
