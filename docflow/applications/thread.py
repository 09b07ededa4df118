"""The messages about an application: between the citizen and his office, written once.

Files of a message become files of the entry, so that they are checked, read and kept as all are.
A mail says only that a message waits.
"""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import audit, clock, documents, organization, registry
from docflow.applications import access, telling
from docflow.applications.models import Application, ApplicationState, ThreadFile, ThreadMessage
from docflow.applications.values import ThreadFileInfo, ThreadLine
from docflow.canonical import digest
from docflow.errors import Conflict, Invalid, NotFound
from docflow.folding import lines
from docflow.i18n import t
from docflow.notices import NoticeKind
from docflow.office import Office
from docflow.principal import Principal, Via, system

MAX_TEXT = 5000
MOST_FILES = 10  # of one message
MOST_UNANSWERED = 20  # of a citizen, until the office writes


class BadMessage(Invalid):
    """A message has a text of at most 5,000 characters, and at most ten files."""


class TooManyMessages(Conflict):
    """The office has not answered the last messages yet."""


class NoSuchThreadFile(NotFound):
    """There is no such file in this thread."""


def write(
    session: Session,
    office: Office | None,
    application_id: int,
    text: str,
    *,
    by: Principal | None = None,
    uploads: Sequence[documents.Upload] = (),
) -> ThreadMessage:
    """A message of the office; by an act of the software where nobody is named.

    Raises BadMessage, NoSuchApplication, NotYoursToHandle.
    """
    if by is not None:
        by.require_scope("route")
        row = access.of_staff(session, application_id, by=by, lock=True)
        access.require_handles(session, row, by)
    else:
        row = held(session, application_id)
    who = by or system(row.body_id)
    made = _written(session, office, row, text, uploads, is_from_office=True, by=who)
    row.office_read_at = made.sent_at
    telling.tell_citizen(session, row, telling.WAITS, by=who)
    return made


def post(
    session: Session,
    office: Office,
    row: Application,
    text: str,
    *,
    uploads: Sequence[documents.Upload] = (),
) -> ThreadMessage:
    """A message of the citizen; `row` was opened for him. Raises BadMessage, TooManyMessages.

    Also after the end: a question about a decision is one about the application.
    """
    registry.hold(session, row.entry_id)
    row = held(session, row.id)
    if row.state == ApplicationState.WITHDRAWN:
        raise access.ApplicationMoved(t("The application was withdrawn. File a new one."))
    if _unanswered(session, row.id) >= MOST_UNANSWERED:
        raise TooManyMessages(
            t("Your last messages wait for an answer. Please wait for it, or call the office.")
        )
    by = access.portal(row.body_id)
    made = _written(session, office, row, text, uploads, is_from_office=False, by=by)
    row.citizen_read_at = made.sent_at
    telling.tell_office(session, row, NoticeKind.APPLICANT_WROTE, by=system(row.body_id))
    return made


def held(session: Session, application_id: int) -> Application:
    """The application, its row locked."""
    return session.scalars(
        select(Application)
        .where(Application.id == application_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _written(
    session: Session,
    office: Office | None,
    row: Application,
    text: str,
    uploads: Sequence[documents.Upload],
    *,
    is_from_office: bool,
    by: Principal,
) -> ThreadMessage:
    access.require_kept(session, row)
    clean = lines(text)
    if not clean and not uploads:
        raise BadMessage(t("Write a message."), field="text")
    if len(clean) > MAX_TEXT:
        raise BadMessage(t("A message has at most {max} characters.", max=MAX_TEXT), field="text")
    if len(uploads) > MOST_FILES:
        raise BadMessage(t("A message takes at most {max} files.", max=MOST_FILES), field="files")
    made = ThreadMessage(
        application_id=row.id,
        is_from_office=is_from_office,
        author_id=by.user_id,
        text=clean,
        sent_at=clock.now(),
    )
    session.add(made)
    session.flush()
    if uploads and office is not None:
        files = documents.attach(
            session,
            row.entry_id,
            list(uploads),
            by=by,
            languages=list(office.settings.ocr_languages),
            first_position=documents.next_position(session, row.entry_id),
        )
        session.add_all([ThreadFile(file_id=one.id, message_id=made.id) for one in files])
    audit.record(
        session,
        "application.message-sent" if is_from_office else "application.message-received",
        by=by if is_from_office else system(row.body_id, via=Via.PUBLIC),
        subject=("entry", row.entry_id),
        application=row.id,
        message=made.id,
        content=digest(clean),
        files=[one.sha256 for one in uploads],
    )
    return made


def _unanswered(session: Session, application_id: int) -> int:
    last = (
        select(func.max(ThreadMessage.id))
        .where(ThreadMessage.application_id == application_id, ThreadMessage.is_from_office)
        .scalar_subquery()
    )
    query = select(func.count()).where(
        ThreadMessage.application_id == application_id,
        ~ThreadMessage.is_from_office,
        ThreadMessage.id > func.coalesce(last, 0),
    )
    return session.scalar(query) or 0


def messages_of(session: Session, row: Application, *, for_staff: bool) -> list[ThreadLine]:
    """The thread, oldest first. A citizen sees the unit that wrote, the staff the person."""
    found = session.scalars(
        select(ThreadMessage)
        .where(ThreadMessage.application_id == row.id)
        .order_by(ThreadMessage.id)
    ).all()
    files = _files(session, row)
    names = organization.names(session, [one.author_id for one in found]) if for_staff else {}
    unit = organization.unit_names(session, [row.unit_id]).get(row.unit_id, "")
    return [
        ThreadLine(
            one.id,
            one.is_from_office,
            _author(one, row, names, unit, for_staff=for_staff),
            one.text,
            one.sent_at,
            tuple(files.get(one.id, ())),
        )
        for one in found
    ]


def _author(
    one: ThreadMessage, row: Application, names: dict[int, str], unit: str, *, for_staff: bool
) -> str:
    if not one.is_from_office:
        return row.full_name
    if one.author_id is None:
        return "" if for_staff else unit
    return names.get(one.author_id, "") if for_staff else unit


def _files(session: Session, row: Application) -> dict[int, list[ThreadFileInfo]]:
    of_file = _messages_by_file(session, row)
    found: dict[int, list[ThreadFileInfo]] = {}
    for one in documents.files(session, row.entry_id) if of_file else ():
        if one.id in of_file:
            info = ThreadFileInfo(one.position, one.name, one.size, not one.is_closed)
            found.setdefault(of_file[one.id], []).append(info)
    return found


def _messages_by_file(session: Session, row: Application) -> dict[int, int]:
    query = (
        select(ThreadFile.file_id, ThreadFile.message_id)
        .join(ThreadMessage, ThreadMessage.id == ThreadFile.message_id)
        .where(ThreadMessage.application_id == row.id)
    )
    return {file_id: message_id for file_id, message_id in session.execute(query)}


def file_of(session: Session, row: Application, position: int) -> documents.FileInfo:
    """A file of the thread, for either side. Raises NoSuchThreadFile, StillChecked, Quarantined."""
    of_file = _messages_by_file(session, row)
    for one in documents.files(session, row.entry_id):
        if one.position == position and one.id in of_file:
            one.require_open()
            return one
    raise no_such_file()


def no_such_file() -> NoSuchThreadFile:
    return NoSuchThreadFile(t("There is no such file."))


def read_by_citizen(session: Session, row: Application) -> None:
    """He saw the thread now: the list of his applications counts from here."""
    row.citizen_read_at = clock.now()


def read_by_office(session: Session, row: Application) -> None:
    row.office_read_at = clock.now()


def unread(session: Session, rows: Sequence[Application], *, for_staff: bool) -> dict[int, int]:
    """How many messages of the other side each reader has not seen."""
    ids = [row.id for row in rows]
    seen = Application.office_read_at if for_staff else Application.citizen_read_at
    found = session.execute(
        select(ThreadMessage.application_id, func.count())
        .join(Application, Application.id == ThreadMessage.application_id)
        .where(
            ThreadMessage.application_id.in_(ids),
            ThreadMessage.is_from_office.is_not(for_staff),
            ThreadMessage.sent_at > func.coalesce(seen, Application.filed_at),
        )
        .group_by(ThreadMessage.application_id)
    )
    return {application_id: count for application_id, count in found}
