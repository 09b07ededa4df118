"""Does the register agree with the audit trail? Part of every `docflow audit verify`."""

from collections.abc import Iterator

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from docflow import audit
from docflow.registry.models import Annulment, BookYear, Entry
from docflow.registry.service import core_digest


@audit.check
def entries_are_as_registered(session: Session) -> Iterator[audit.Finding]:
    """Each entry has its event and is as the event says; each registration has its entry."""
    rows = session.execute(
        select(Entry, audit.Event)
        .join(
            audit.Event,
            and_(
                audit.Event.subject_type == "entry",
                audit.Event.subject_id == Entry.id,
                audit.Event.action == "entry.registered",
            ),
            full=True,
        )
        .where((audit.Event.action == "entry.registered") | audit.Event.id.is_(None))
        .execution_options(yield_per=2000)
    )
    for entry, event in rows:
        if event is None:
            yield audit.Finding(
                "inserted",
                None,
                None,
                f"entry {entry.label} has no event of its registration",
            )
        elif entry is None:
            number = f"{event.details.get('number')}/{event.details.get('year')}"
            yield audit.Finding("missing", None, event.id, f"entry {number} was removed")
        elif core_digest(entry) != event.details.get("core"):
            yield audit.Finding("altered", None, event.id, f"entry {entry.label} was altered")


@audit.check
def annulments_have_events(session: Session) -> Iterator[audit.Finding]:
    """No annulment was made or taken back behind the trail."""
    events = set(
        session.scalars(
            select(audit.Event.subject_id).where(audit.Event.action == "entry.annulled")
        )
    )
    rows = set(session.scalars(select(Annulment.entry_id)))
    for entry_id in sorted(rows ^ events):
        what = "inserted" if entry_id in rows else "missing"
        yield audit.Finding(what, None, None, f"the annulment of entry id {entry_id} is {what}")


@audit.check
def numbers_are_contiguous(session: Session) -> Iterator[audit.Finding]:
    """The counter of each book-year agrees with its entries (details: `registry.contiguity`)."""
    for series in session.scalars(select(BookYear)):
        numbers = session.scalars(
            select(Entry.number)
            .where(Entry.book_id == series.book_id, Entry.year == series.year)
            .order_by(Entry.number)
            .execution_options(yield_per=5000)
        )
        expected = 0
        for number in numbers:
            expected += 1
            if number != expected:
                detail = f"book {series.book_id} of {series.year}: number {expected} is missing"
                yield audit.Finding("missing", None, None, detail)
                expected = number
        if expected != series.last_number:
            detail = (
                f"book {series.book_id} of {series.year}: the counter says {series.last_number}, "
                f"the last entry is {expected}"
            )
            yield audit.Finding("altered", None, None, detail)
