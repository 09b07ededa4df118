"""Whose a step is, and who may see it.

A step belongs to a unit: who works there, heads it, or stands in for somebody of it today. What is
about an entry is seen by those who may see the entry: a step never tells more than the list of
entries does, and nobody stands in for another where the entry is confidential.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, aliased

from docflow import registry
from docflow.errors import NotFound
from docflow.i18n import t
from docflow.principal import Principal
from docflow.processes.models import ProcessInstance, ProcessTask
from docflow.processes.values import TaskKind
from docflow.registry import Book, Entry, Grade


class NoSuchTask(NotFound):
    """There is no such step, or it is not open to this person."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a step is about, for the person who may see it."""

    task_id: int
    label: str  # of the entry
    subject: str
    is_closed: bool


def units_of(by: Principal) -> frozenset[int]:
    """All units whose steps the person may do today, for himself or for another."""
    mine = by.unit_ids | by.headed_unit_ids
    return mine.union(*(one.unit_ids | one.headed_unit_ids for one in by.substitutions))


def seen_by(by: Principal) -> ColumnElement[bool]:
    """The condition on `process_instances` that the person may know what one is about."""
    entry = (
        select(Entry.id)
        .where(Entry.id == ProcessInstance.entry_id, registry.visible_to(by))
        .correlate(ProcessInstance)  # and with nothing else that the query may ask of entries
    )
    return and_(
        ProcessInstance.body_id == by.body_id,
        or_(ProcessInstance.entry_id.is_(None), entry.exists()),
    )


def workable_by(by: Principal) -> ColumnElement[bool]:
    """The condition on `process_tasks` that the step is one of a unit of the person's."""
    return and_(
        ProcessTask.kind == TaskKind.EMPLOYEE,
        or_(
            ProcessTask.unit_id.in_(units_of(by)),
            ProcessTask.taken_by.in_(by.person_ids),
        ),
    )


def acting(session: Session, row: ProcessInstance, task: ProcessTask, by: Principal) -> Principal:
    """The person as one of the unit whose step it is, himself or in another's place.

    Raises NoSuchTask, also where the person may not know of it.
    """
    by.require_scope("route")
    if row.entry_id is not None:
        by = _own_rights(session, row.entry_id, by)
    if task.unit_id is not None and row.body_id == by.body_id:
        if by.works_in(task.unit_id) or task.taken_by == by.user_id:
            return by
        instead = by.works_for(task.unit_id) or by.stands_in(task.taken_by)
        if instead is not None:
            return by.on_behalf(instead)
    raise no_such_task()


def no_such_task() -> NoSuchTask:
    return NoSuchTask(t("There is no such step, or it is not open to you."))


def _own_rights(session: Session, entry_id: int, by: Principal) -> Principal:
    """Raises NoSuchTask where the entry is closed to the person."""
    found = session.execute(
        select(Entry.grade, Book.is_confidential)
        .join(Book, Book.id == Entry.book_id)
        .where(Entry.id == entry_id, registry.visible_to(by))
    ).one_or_none()
    if found is None:
        raise no_such_task()
    grade, is_closed_book = found
    if is_closed_book or grade == Grade.CONFIDENTIAL:
        return replace(by, substitutions=())
    return by


def named(session: Session, task_ids: Sequence[int], *, by: Principal) -> list[Named]:
    """Those of the steps that are the person's, with what they are about."""
    book = aliased(Book)  # the rights ask for books by themselves
    rows = session.execute(
        select(ProcessTask.id, Entry.label, Entry.subject, Entry.grade, book.is_confidential)
        .join(ProcessInstance, ProcessInstance.id == ProcessTask.instance_id)
        .outerjoin(Entry, Entry.id == ProcessInstance.entry_id)
        .outerjoin(book, book.id == Entry.book_id)
        .where(ProcessTask.id.in_(task_ids), workable_by(by), seen_by(by))
    ).all()
    return [
        Named(one, label or "", subject or "", bool(closed or grade == Grade.CONFIDENTIAL))
        for one, label, subject, grade, closed in rows
    ]
