"""Is every register that was taken over as it was sealed? Part of every `docflow audit verify`."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit
from docflow.imports.models import ImportState, OldRegister
from docflow.imports.taking import core_digest
from docflow.registry import BookYear, YearState


@audit.check
def old_registers_are_as_sealed(session: Session) -> Iterator[audit.Finding]:
    """Each imported year has one sealed register, whose event holds the digest of its entries.

    Its entries have no events of their own; the digest over all of them stands for these.
    """
    events = {
        event.subject_id: event
        for event in session.scalars(
            select(audit.Event).where(audit.Event.action == "register.taken-over")
        )
    }
    sealed = session.scalars(
        select(OldRegister).where(OldRegister.state == ImportState.SEALED)
    ).all()
    years = {(row.book_id, row.year) for row in sealed}
    for register in sealed:
        what = f"the old register {register.id} (book {register.book_id}, {register.year})"
        event = events.pop(register.id, None)
        if event is None:
            yield audit.Finding("inserted", None, None, f"{what} has no event of its sealing")
        elif core_digest(session, register.book_id, register.year) != event.details.get("core"):
            yield audit.Finding("altered", None, event.id, f"{what}: its entries were altered")
    for event in events.values():
        detail = f"the old register {event.subject_id} was removed or opened"
        yield audit.Finding("missing", None, event.id, detail)
    for year in session.scalars(select(BookYear).where(BookYear.state != YearState.OPEN)):
        if (year.book_id, year.year) not in years:
            detail = f"book {year.book_id} of {year.year} says it was taken over, and was not"
            yield audit.Finding("inserted", None, None, detail)
