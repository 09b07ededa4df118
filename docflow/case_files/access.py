"""Who may see a case file, and who works with it. Every query on files starts from `visible_to`.

- An ordinary file is open to those who work in its unit or head it, to whoever is responsible for
  it, to the registry, and to auditors.
- A confidential file is open to whoever is responsible for it and to the heads over its unit.
- What lies in a file stays under the rights of the entry: a file opens no entry to anybody, and
  says of entries that are not open neither number nor count.
"""

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.orm import Session

from docflow import clock, organization
from docflow.case_files.models import CaseFile
from docflow.errors import Conflict, Forbidden, Invalid, NotFound
from docflow.folding import line, lines
from docflow.i18n import Text, t
from docflow.principal import Principal, Substitution

MAX_REASON = 500


class NoSuchCaseFile(NotFound):
    """There is no such case file, or it is not open to this person."""


class NotYourCaseFile(Forbidden):
    """Only those who work with the case file can do this."""


class CaseFileClosed(Conflict):
    """The case file is closed."""


class CaseFileChanged(Conflict):
    """Somebody else changed the case file in the meantime."""


class CaseFileReason(Invalid):
    """This act needs a reason of 500 characters at most."""


def visible_to(by: Principal) -> ColumnElement[bool]:
    """The condition on `case_files` that the person may see the file."""
    mine = CaseFile.responsible_id == by.user_id if by.user_id else false()
    headed = CaseFile.unit_id.in_(by.headed_unit_ids) if by.headed_unit_ids else false()
    units = by.unit_ids | by.headed_unit_ids
    units |= {unit for one in by.substitutions for unit in one.unit_ids | one.headed_unit_ids}
    people = [one.person_id for one in by.substitutions]
    if by.is_clerk or by.is_registrar or by.is_auditor:
        ordinary: ColumnElement[bool] = true()
    else:
        ordinary = CaseFile.unit_id.in_(units) if units else false()
        if people:
            ordinary = or_(ordinary, CaseFile.responsible_id.in_(people))
    open_ones = and_(~CaseFile.is_confidential, ordinary)
    return and_(CaseFile.body_id == by.body_id, or_(open_ones, mine, headed))


def get(session: Session, file_id: int, *, by: Principal, lock: bool = False) -> CaseFile:
    """A file that the person may see; `lock` holds its row. Raises NoSuchCaseFile.

    The lock lets others refer to the row: an answer that is issued into the file need not wait.
    """
    query = select(CaseFile).where(CaseFile.id == file_id, visible_to(by))
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None:
        raise NoSuchCaseFile(t("There is no such case file, or it is not open to you."))
    return found


def coded(session: Session, code: str, *, by: Principal) -> CaseFile:
    """The file of this code. Raises NoSuchCaseFile."""
    clean = line(code)
    if not clean:
        raise NoSuchCaseFile(t("Write the code of the case file."), field="case_file")
    found = session.scalar(select(CaseFile).where(CaseFile.code == clean, visible_to(by)))
    if found is None:
        raise NoSuchCaseFile(
            t("There is no case file “{code}” open to you.", code=clean[:60]), field="case_file"
        )
    return found


def may_work(by: Principal, file: CaseFile) -> bool:
    """Whether the person files and changes: who sees the file, but for those who only read."""
    if by.user_id is None:
        return False
    if file.responsible_id == by.user_id or by.heads(file.unit_id):
        return True
    if file.is_confidential:
        return False
    return (
        by.works_in(file.unit_id)
        or by.is_clerk
        or by.is_registrar
        or in_place_of(by, file) is not None
    )


def may_close(by: Principal, file: CaseFile) -> bool:
    """Who is responsible, the heads over the unit, the head of the registry; or their deputy."""
    if by.user_id is None:
        return False
    if file.responsible_id == by.user_id or by.heads(file.unit_id):
        return True
    if file.is_confidential:
        return False
    stands_in = by.stands_in(file.responsible_id) or by.heads_for(file.unit_id)
    return by.is_registrar or stands_in is not None


def in_place_of(by: Principal, file: CaseFile) -> Substitution | None:
    """For whom the person acts on this file today, where it is not in his own right."""
    if file.responsible_id == by.user_id or by.works_in(file.unit_id):
        return None
    if by.is_clerk or by.is_registrar:
        return None
    return by.stands_in(file.responsible_id) or by.works_for(file.unit_id)


def worker(by: Principal, file: CaseFile) -> Principal:
    """The person as the trail shall name him. Raises NotYourCaseFile."""
    if not may_work(by, file):
        raise NotYourCaseFile(
            t("Only who works in the unit of the case file, or in the registry, can do this.")
        )
    return by.on_behalf(in_place_of(by, file))


def closer(by: Principal, file: CaseFile) -> Principal:
    """As `worker`, for closing and opening again. Raises NotYourCaseFile."""
    if not may_close(by, file):
        raise NotYourCaseFile(
            t("Only who is responsible for the case file, or a head over its unit, can do this.")
        )
    return by.on_behalf(in_place_of(by, file))


def require_open(session: Session, file: CaseFile) -> None:
    """Raises CaseFileClosed."""
    if file.closed_at is not None:
        people = organization.names(session, [file.closed_by])
        raise CaseFileClosed(
            t(
                "The case file {code} was closed on {day} by {person}. Open it again first.",
                code=file.code,
                day=f"{clock.local(file.closed_at):%d/%m/%Y}",
                person=people.get(file.closed_by or 0, ""),
            ),
            field="case_file",
        )


def require_version(session: Session, file: CaseFile, seen: int | None) -> None:
    """Nobody changes a file in a state that he did not see. Raises CaseFileChanged."""
    if seen is None or seen == file.version:
        return
    people = organization.names(session, [file.changed_by])
    raise CaseFileChanged(
        t(
            "{person} changed the case file in the meantime. What you typed is still here: look "
            "at the file as it is now, and send it again.",
            person=people.get(file.changed_by or 0, ""),
        )
    )


def clean_reason(typed: str, message: Text | None = None) -> str:
    """The reason as it is kept. Raises CaseFileReason."""
    clean = lines(typed)
    if not clean:
        raise CaseFileReason(message or t("Write the reason."), field="reason")
    if len(clean) > MAX_REASON:
        raise CaseFileReason(
            t("At most {max} characters fit here.", max=MAX_REASON), field="reason"
        )
    return clean
