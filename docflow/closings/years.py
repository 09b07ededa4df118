"""Closing the year of a book: what it needs, and the act with its signed declaration.

From then on the database gives no number in that year (migrations 0002 and 0003). Entries of a
closed year may still be charged, answered and annulled (domain section (e) 6).
Source: domain row 22; regional regulation of 1988 art. 23 as model.
"""

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import signing
from docflow import clock, documents, registry
from docflow.closings import content as contents
from docflow.closings import declarations
from docflow.closings.access import book_named, require_close
from docflow.closings.days import due, start_of
from docflow.closings.declarations import Listed, Preparation
from docflow.closings.making import AlreadyClosed
from docflow.closings.models import DailyRegister, YearClosing
from docflow.errors import Conflict, Invalid, NotFound
from docflow.i18n import DEFAULT_LANGUAGE, Text, t, translate
from docflow.office import Office
from docflow.principal import Principal
from docflow.registry import Annulment, Book, BookYear, Direction, Entry, Provisional

_NAMED = 10  # of a list of days or entries, so many are named in an obstacle


class NoSuchYear(NotFound):
    """The book has no such year."""


class YearNotReady(Conflict):
    """The year cannot be closed yet."""


class NotConfirmed(Invalid):
    """A closing is confirmed by who has read its report."""


class ChangedMeanwhile(Conflict):
    """The year changed while its declaration was made."""


def prepare_year(
    session: Session, office: Office, code: str, year: int, *, by: Principal
) -> Preparation:
    """The preparation report. Raises NoSuchBook, NoSuchYear."""
    book = book_named(session, code, by)
    row = session.get(BookYear, (book.id, year))
    if row is None:
        raise NoSuchYear(t("The book “{book}” has no year {year}.", book=book.title, year=year))
    own = (Entry.book_id == book.id, Entry.year == year)
    counted = session.execute(
        select(Entry.direction, func.count()).where(*own).group_by(Entry.direction)
    ).all()
    by_direction = {str(direction): int(n) for direction, n in counted}
    return Preparation(
        book=book,
        year=year,
        entries=sum(by_direction.values()),
        by_direction={d.value: by_direction.get(d.value, 0) for d in Direction},
        series=_series(session, book, year),
        annulled=_annulled(session, book, year),
        unused=tuple(
            Listed(one.label, one.reason)
            for one in registry.reservations.held_in(session, book.id, year)
        ),
        days=session.scalar(
            select(func.count())
            .select_from(DailyRegister)
            .where(DailyRegister.book_id == book.id, DailyRegister.year == year)
        )
        or 0,
        days_since=_days_since(session, book, year, office.settings.zone),
        last_digest=session.scalar(
            select(DailyRegister.content_sha256)
            .where(DailyRegister.book_id == book.id, DailyRegister.year == year)
            .order_by(DailyRegister.running.desc())
            .limit(1)
        )
        or "",
        obstacles=tuple(_obstacles(session, office, book, year)),
        closed_at=row.closed_at,
    )


def close_year(
    office: Office,
    code: str,
    year: int,
    *,
    by: Principal,
    key: "signing.SigningKey | None" = None,
) -> YearClosing:
    """Close the year: declaration sealed (and signed with `key`), then no number any more.

    Raises NotYoursToClose, NoSuchBook, NoSuchYear, YearNotReady, AlreadyClosed, NotSealed,
    ChangedMeanwhile, StoreUnavailable.
    """
    by.require_scope("annul")  # what a program needs for acts that cannot be undone
    with office.db.begin() as session:
        ready = _ready(session, office, code, year, by)
        content = declarations.content_of(session, ready, by)
        data = declarations.printed_of(session, office, ready, content, by)
    pdf = declarations.sealed_pdf(office, data, content, key, body_id=ready.book.body_id)
    kept = documents.keep(office, pdf, body_id=ready.book.body_id)
    with office.db.begin() as session:
        session.execute(  # nobody registers, or fills a reservation, until the year is closed
            select(BookYear.year)
            .where(BookYear.book_id == ready.book.id, BookYear.year == year)
            .with_for_update()
        )
        again = _ready(session, office, code, year, by)
        if declarations.content_of(session, again, by, trail_of=content) != content:
            raise ChangedMeanwhile(
                t("Something of the year changed meanwhile. Look at the report again.")
            )
        zone = office.settings.zone
        return _write(session, again, content, kept.sha256, len(pdf), by=by, zone=zone)


def require_confirmed(confirmed: bool) -> None:
    """Raises NotConfirmed."""
    if not confirmed:
        raise NotConfirmed(
            t("Tick that you have read the report: a closing cannot be undone."), field="sure"
        )


def _ready(session: Session, office: Office, code: str, year: int, by: Principal) -> Preparation:
    found = prepare_year(session, office, code, year, by=by)
    require_close(by, found.book)
    if found.closed_at is not None:
        raise AlreadyClosed(
            t("The book “{book}” of {year} is closed.", book=found.book.title, year=year)
        )
    if found.obstacles:
        raise YearNotReady(t("The year cannot be closed yet: {why}", why=_joined(found.obstacles)))
    return found


def _joined(obstacles: tuple[Text, ...]) -> Text:
    """All obstacles in one text, each in the reader's language."""
    names = {f"part{n}": one for n, one in enumerate(obstacles)}
    return Text(" ".join(f"{{{name}}}" for name in names), names)


def _obstacles(session: Session, office: Office, book: Book, year: int) -> list[Text]:
    found = []
    if clock.today(office.settings.zone).year <= year:
        found.append(t("The year {year} is not over.", year=year))
    days = [one.day for one in due(session, book, settings=office.settings) if one.day.year == year]
    if days:
        found.append(
            t("Days without their register: {n} ({days}).", n=len(days), days=_some_days(days))
        )
    for series in registry.check_year(session, book, year):
        found += [t("The series is broken: {what}", what=what) for what in series.problems]
    waiting = session.scalars(
        select(Entry.label)
        .join(Provisional, Provisional.entry_id == Entry.id)
        .where(Entry.book_id == book.id, Entry.year == year, Provisional.described_at.is_(None))
        .order_by(Entry.number)
    ).all()
    if waiting:
        named = ", ".join(waiting[:_NAMED]) + (" …" if len(waiting) > _NAMED else "")
        found.append(
            t(
                "Entries that are still to be described: {n} ({labels}).",
                n=len(waiting),
                labels=named,
            )
        )
    return found


def _days_since(session: Session, book: Book, year: int, zone: str) -> date | None:
    """The first day with a register, where entries of the year are older; else None."""
    first = start_of(session, book, zone)
    if first is None:
        return None
    older = select(Entry.id).where(
        Entry.book_id == book.id,
        Entry.year == year,
        Entry.registered_at < registry.midnight(first, zone),
    )
    return first if session.scalar(older.limit(1)) is not None else None


def _some_days(days: list[date]) -> str:
    shown = ", ".join(f"{day:%d/%m}" for day in days[:_NAMED])
    return f"{shown} …" if len(days) > _NAMED else shown


def _series(session: Session, book: Book, year: int) -> tuple[tuple[str, int, int, int], ...]:
    rows = session.execute(
        select(Entry.series, func.min(Entry.number), func.max(Entry.number), func.count())
        .where(Entry.book_id == book.id, Entry.year == year)
        .group_by(Entry.series)
        .order_by(Entry.series)
    )
    return tuple((str(series), int(a), int(b), int(n)) for series, a, b, n in rows)


def _annulled(session: Session, book: Book, year: int) -> tuple[Listed, ...]:
    rows = session.execute(
        select(Entry.id, Entry.label, Annulment.reason)
        .join(Annulment, Annulment.entry_id == Entry.id)
        .where(Entry.book_id == book.id, Entry.year == year)
        .order_by(Entry.series, Entry.number, Entry.sub_number)
    ).all()
    concealed = contents.not_for_all(session, book, {entry_id for entry_id, _, _ in rows})
    return tuple(
        Listed(label, "" if entry_id in concealed else reason) for entry_id, label, reason in rows
    )


def _write(
    session: Session,
    ready: Preparation,
    content: contents.Content,
    pdf_sha256: str,
    pdf_size: int,
    *,
    by: Principal,
    zone: str,
) -> YearClosing:
    """The unused numbers annulled, the closing written, the series closed: one transaction."""
    reason = translate(
        "The reserved number was not used before the closing of {year}.",
        DEFAULT_LANGUAGE,
        year=ready.year,
    )
    registry.reservations.end_all(session, ready.book, ready.year, reason=reason)
    closing = YearClosing(
        book_id=ready.book.id,
        year=ready.year,
        content=content,
        content_sha256=contents.digest(content),
        pdf_sha256=pdf_sha256,
        pdf_size=pdf_size,
        closed_at=clock.now(),
        closed_by=by.person_id,
    )
    session.add(closing)
    session.flush()  # the row as the database keeps it, for the answer
    registry.close_year(
        session,
        ready.book,
        ready.year,
        by=by,
        zone=zone,
        identifier=content["identifier"],
        content=closing.content_sha256,
        pdf=pdf_sha256,
    )
    return closing
