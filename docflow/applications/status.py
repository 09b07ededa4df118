"""The page of an application: where it stands, what is asked, owed, ready, and what was said."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from docflow import citizens, documents, payments, processes, registry, services
from docflow.applications import forms, supplements, telling, thread, waiting
from docflow.applications.forms import FormField
from docflow.applications.models import Application, ApplicationState, Outcome
from docflow.applications.values import SupplementInfo, ThreadLine


@dataclass(frozen=True, slots=True)
class Owed:
    """Something to pay, or paid, for an application; `token` leads to its page."""

    token: str
    reference: str
    state: str
    left_cents: int
    amount: str  # as people read it
    left: str
    reason: str
    due_on: date | None


@dataclass(frozen=True, slots=True)
class FiledFile:
    """A file as it was filed; `field` names the field of the form, empty for the free ones."""

    position: int
    name: str
    size: int
    field: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """A field of the form with what was filed in it, as people read it."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class AnswerGroup:
    title: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """Everything that the page of an application shows, in one language."""

    id: int
    version: int
    number: str
    service: str
    title: str
    state: ApplicationState
    outcome: Outcome | None
    outcome_note: str
    full_name: str
    filed_by: str
    filed_at: datetime
    ended_at: datetime | None
    withdrawal_reason: str
    due_on: date | None  # until when the office answers
    clock_stands: bool
    stages: tuple[processes.Stage, ...]
    tasks: tuple[processes.TaskInfo, ...]  # what the applicant is to do now
    owed: tuple[Owed, ...]
    supplements: tuple[SupplementInfo, ...]
    decisions: tuple[citizens.Decision, ...]
    thread: tuple[ThreadLine, ...]
    filed: tuple[AnswerGroup, ...]
    files: tuple[FiledFile, ...]

    @property
    def may_withdraw(self) -> bool:
        return self.state in waiting.OPEN

    @property
    def asked(self) -> SupplementInfo | None:
        """What is asked of the applicant now."""
        return next((one for one in self.supplements if one.is_open), None)


def status(session: Session, row: Application, *, language: str, for_staff: bool = False) -> Status:
    """The page of an application that the caller opened by `access`."""
    subject = (telling.SUBJECT, row.id)
    version = services.version(session, row.version_id)
    handling = session.get(registry.Handling, row.entry_id)
    tasks = (
        processes.tasks(session, subject, language=language) if row.state in waiting.OPEN else []
    )
    return Status(
        id=row.id,
        version=row.version,
        number=telling.number_of(session, row),
        service=row.service_code,
        title=version.title(language),
        state=ApplicationState(row.state),
        outcome=Outcome(row.outcome) if row.outcome else None,
        outcome_note=row.outcome_note,
        full_name=row.full_name,
        filed_by=row.filed_by,
        filed_at=row.filed_at,
        ended_at=row.ended_at or row.withdrawn_at,
        withdrawal_reason=row.withdrawal_reason,
        due_on=handling.due_on if handling else None,
        clock_stands=row.state == ApplicationState.WAITING
        and handling is not None
        and handling.is_suspended,
        stages=tuple(processes.stages(session, subject, language=language)),
        tasks=tuple(one for one in tasks if one.kind is processes.TaskKind.CITIZEN),
        owed=tuple(_owed(session, row, language)),
        supplements=tuple(supplements.of_application(session, row, for_staff=for_staff)),
        decisions=tuple(
            citizens.decisions(session, row.entry_id, name=row.full_name, email=row.email)
        ),
        thread=tuple(thread.messages_of(session, row, for_staff=for_staff)),
        filed=answers(version, row, language),
        files=tuple(_files(session, row, version, language)),
    )


def answers(
    version: services.ServiceVersion, row: Application, language: str
) -> tuple[AnswerGroup, ...]:
    """What was filed, group by group; a field that was not shown to the citizen is left out."""
    return tuple(
        AnswerGroup(
            group.title,
            tuple(
                Answer(one.label, forms.shown(one, row.values.get(one.name), language))
                for one in group.fields
                if one.shown_if is None or one.name in row.values
            ),
        )
        for group in forms.of(version.form, language).groups
    )


def _owed(session: Session, row: Application, language: str) -> list[Owed]:
    found = []
    for one in payments.of_subject(session, (telling.SUBJECT, row.id)):
        now = payments.owed(session, one)
        found.append(
            Owed(
                one.token,
                payments.references.grouped(one.reference),
                one.state,
                now.left_cents,
                payments.amounts.shown(now.cents, language),
                payments.amounts.shown(now.left_cents, language),
                services.said(one.reason, language),
                one.due_on,
            )
        )
    return found


def _files(
    session: Session, row: Application, version: services.ServiceVersion, language: str
) -> list[FiledFile]:
    """The paper of the application first, then what came with it."""
    named: dict[str, FormField] = {one.name: one for one in forms.of(version.form, language).fields}
    fields = {position: name for name, position in row.files}
    last = max(fields, default=1)
    return [
        FiledFile(
            one.position,
            one.name,
            one.size,
            named[fields[one.position]].label if fields.get(one.position) in named else "",
            not one.is_closed,
        )
        for one in documents.files(session, row.entry_id)
        if one.parent is None and one.position <= last
    ]


def filed_file(session: Session, row: Application, position: int) -> documents.FileInfo:
    """A file as it was filed. Raises thread.NoSuchThreadFile, StillChecked, Quarantined."""
    last = max((place for _, place in row.files), default=1)
    for one in documents.files(session, row.entry_id):
        if one.position == position and one.parent is None and position <= last:
            one.require_open()
            return one
    raise thread.no_such_file()
