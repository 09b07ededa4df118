"""Does the register agree with the audit trail? Part of every `docflow audit verify`."""

from collections.abc import Iterator

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from docflow import audit
from docflow.registry import beside_checks, correction_checks, kind_checks  # noqa: F401  # checks
from docflow.registry.digests import core_digest
from docflow.registry.models import ERASED, Annulment, BookYear, Entry, YearState


@audit.check
def entries_are_as_registered(session: Session) -> Iterator[audit.Finding]:
    """Each entry has its event and is as the event says; each registration has its entry."""
    imported = {
        (year.book_id, year.year)
        for year in session.scalars(select(BookYear).where(BookYear.state != YearState.OPEN))
    }
    erased = audit.erased_subjects(session)
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
        if event is None and (entry.book_id, entry.year) in imported:
            continue  # `imports` holds the whole year against the digest in its one event
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
        elif entry.id in erased:
            if entry.subject != ERASED:
                detail = f"entry {entry.label} was erased, and has data again"
                yield audit.Finding("altered", None, event.id, detail)
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
