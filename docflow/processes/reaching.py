"""A step comes to a unit: which one, and that its people may see what it is about."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import clock, notices, organization, registry
from docflow.notices import NoticeKind
from docflow.organization import Unit
from docflow.principal import system
from docflow.processes.models import ProcessInstance, ProcessTask

MOST_SUCCESSORS = 20  # of a unit that was dissolved, one after the other


def reached(session: Session, row: ProcessInstance, task: ProcessTask) -> None:
    """Let the unit of the step see the entry, and tell its people."""
    assert task.unit_id is not None  # as every step of an employee has one
    open_to(session, row.entry_id, task.unit_id)
    session.flush()  # the id of the step, for the notice
    people = organization.people_of(session, task.unit_id)
    notices.tell(
        session,
        [one.id for one in people],
        kind=NoticeKind.STEP_WAITS,
        about=("process-task", task.id),
        by=system(row.body_id),
    )


def unit_for(session: Session, row: ProcessInstance, who: str) -> int:
    """The unit of this name, or the competent one; of a dissolved unit its successor."""
    code = who.removeprefix("unit:") if who.startswith("unit:") else ""
    unit_id = row.unit_id
    if code:
        named = session.scalars(
            select(Unit.id)
            .where(Unit.body_id == row.body_id, Unit.code == code)
            .order_by(Unit.valid_from.desc())
            .limit(1)
        ).one_or_none()
        unit_id = named or unit_id
    return _today(session, unit_id)


def open_to(session: Session, entry_id: int | None, unit_id: int) -> None:
    """A confidential book stays with those to whom it was opened by name."""
    if entry_id is None:
        return
    book = session.scalars(
        select(registry.Book)
        .join(registry.Entry, registry.Entry.book_id == registry.Book.id)
        .where(registry.Entry.id == entry_id)
    ).one()
    if not book.is_confidential:
        registry.open_to_unit(session, entry_id, unit_id)


def _today(session: Session, unit_id: int) -> int:
    today = clock.today()
    for _ in range(MOST_SUCCESSORS):
        unit = session.get_one(Unit, unit_id)
        if unit.valid_to is None or unit.valid_to >= today or unit.successor_id is None:
            break
        unit_id = unit.successor_id
    return unit_id
