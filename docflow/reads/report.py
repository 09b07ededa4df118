"""Who read what in a month: for the data protection officer, and for the history of an entry.

The officer sees every reading, the confidential ones with label and reason and without a word of
what they hold; an auditor those of entries that are open to him. Source: GDPR art. 5 par. 2, 39.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from docflow import audit, clock, registry
from docflow.errors import Invalid
from docflow.i18n import t
from docflow.principal import Principal
from docflow.reads.models import Batch, Read, Reason

FIRST_HOUR, LAST_HOUR = 6, 21  # readings before and after, and on Sundays, are counted apart


class BadMonth(Invalid):
    """There is no report for this month."""


@dataclass(frozen=True, slots=True)
class ReadLine:
    """One reading; `reason` is empty for what asks for none."""

    at: datetime
    person: str
    via: str
    what: str
    position: int | None
    is_confidential: bool
    basis: str
    reason: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """What one person read in the month; `odd_hours` are readings at night and on Sundays."""

    person: str
    reads: int
    entries: int
    confidential: int
    odd_hours: int


@dataclass(frozen=True, slots=True)
class Report:
    """A month of a body; `is_over` says whether it can still grow."""

    year: int
    month: int
    reads: int
    people: int
    entries: int
    confidential: int
    odd_hours: int
    by_person: Sequence[Reader]
    confidential_reads: Sequence[ReadLine]
    is_over: bool

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)


def of_entry(session: Session, entry_id: int, *, limit: int = 200) -> list[ReadLine]:
    """Who read the entry, the newest first. The caller has checked the right to see it."""
    rows = session.execute(
        select(Read, Reason.reason)
        .outerjoin(Reason, Reason.id == Read.reason_id)
        .where(Read.entry_id == entry_id)
        .order_by(Read.id.desc())
        .limit(limit)
    )
    return [_line(read, reason) for read, reason in rows]


def may_see(by: Principal) -> bool:
    """Whether reports on reading are for this person."""
    return by.is_data_protection or by.is_auditor


def monthly(session: Session, year: int, month: int, *, by: Principal, zone: str) -> Report:
    """The report of a month. Raises NotAllowed, BadMonth (one to come)."""
    by.require_scope("audit")
    by.require(may_see(by), t("Only the data protection officer and auditors see who read what."))
    first, end = bounds(year, month, zone)
    mine = (
        Read.body_id == by.body_id,
        Read.at >= first,
        Read.at < end,
        _open_to(by),
    )
    odd = _odd_hours(zone)
    totals = session.execute(
        select(
            func.count(),
            func.count(Read.user_id.distinct()),
            func.count(Read.entry_id.distinct()),
            func.count().filter(Read.is_confidential),
            func.count().filter(odd),
        ).where(*mine)
    ).one()
    people = session.execute(
        select(
            func.max(Read.user_name),
            func.count(),
            func.count(Read.entry_id.distinct()),
            func.count().filter(Read.is_confidential),
            func.count().filter(odd),
        )
        .where(*mine)
        .group_by(Read.user_id)
        .order_by(func.count().desc(), func.max(Read.user_name))
    )
    confidential = session.execute(
        select(Read, Reason.reason, registry.Entry.label, registry.Book.title)
        .join(registry.Entry, registry.Entry.id == Read.entry_id)
        .join(registry.Book, registry.Book.id == registry.Entry.book_id)
        .outerjoin(Reason, Reason.id == Read.reason_id)
        .where(*mine, Read.is_confidential)
        .order_by(Read.id)
    )
    return Report(
        year,
        month,
        *totals,
        by_person=[Reader(*row) for row in people],
        confidential_reads=[
            _line(read, reason, f"{label} ({book})") for read, reason, label, book in confidential
        ],
        is_over=end <= clock.now(),
    )


def record_report(session: Session, report: Report, form: str, *, by: Principal) -> None:
    """That a report was taken out is an act of its own."""
    audit.record(
        session,
        "reads.report-taken",
        by=by,
        subject=("reads", by.body_id),
        month=f"{report.year}-{report.month:02}",
        form=form,
    )


def months(session: Session, body_id: int, zone: str) -> list[tuple[int, int]]:
    """Year and month of each report that there is, the newest first; the running one at least."""
    earliest = session.scalar(select(func.min(Read.at)).where(Read.body_id == body_id))
    last = clock.today(zone)
    first = clock.local(earliest, zone).date() if earliest else last
    count = (last.year - first.year) * 12 + last.month - first.month
    found = []
    for back in range(count + 1):
        at = last.year * 12 + last.month - 1 - back
        found.append((at // 12, at % 12 + 1))
    return found


def sealed(session: Session, body_id: int) -> tuple[int, datetime | None]:
    """How many batches of reads stand in the log of the body, and when the last was sealed."""
    count, last = session.execute(
        select(func.count(), func.max(Batch.sealed_at)).where(Batch.body_id == body_id)
    ).one()
    return count, last


def _open_to(by: Principal) -> ColumnElement[bool]:
    if by.is_data_protection:
        return true()
    return Read.entry_id.in_(select(registry.Entry.id).where(registry.visible_to(by)))


def _odd_hours(zone: str) -> ColumnElement[bool]:
    at = func.timezone(zone, Read.at)
    hour, day = func.extract("hour", at), func.extract("isodow", at)
    return (hour < FIRST_HOUR) | (hour >= LAST_HOUR) | (day == 7)


def bounds(year: int, month: int, zone: str) -> tuple[datetime, datetime]:
    """The first instant of a month and its end. Raises BadMonth, for one to come too."""
    if not (1 <= month <= 12 and 2000 <= year <= 2999):
        raise BadMonth(t("There is no such month."), field="month")
    here = ZoneInfo(zone)
    first = datetime(year, month, 1, tzinfo=here)
    if first > clock.now():
        raise BadMonth(t("This month has not begun yet."), field="month")
    end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=here)
    return first, end


def _line(read: Read, reason: str | None, label: str = "") -> ReadLine:
    return ReadLine(
        read.at,
        read.user_name,
        read.via,
        read.what,
        read.position,
        read.is_confidential,
        read.basis,
        reason or "",
        label,
    )
