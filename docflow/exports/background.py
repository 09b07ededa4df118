"""Exports that a job makes: asked for, made with the rights of their person, kept for a week.

Who fetches a file must see every entry of it still: what he may not see any more he does not get,
and has the export made again.
"""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import clock, organization, outbox, schedule
from docflow.errors import Conflict, Forbidden, NotFound
from docflow.exports import kept, making
from docflow.exports.kept import ExportState
from docflow.exports.models import Format, RegisterExport
from docflow.exports.rows import Wanted, still_seen
from docflow.i18n import t
from docflow.principal import Principal, Via
from docflow.registry import Direction

_LARGEST = 4 << 30  # bytes of a file


class NoSuchExport(NotFound):
    """You have no such export, or its file was removed after a week."""


class NotReady(Conflict):
    """The file is not made yet."""


class RightsLost(Forbidden):
    """Something in the file is not for you any more."""


def request(
    session: Session,
    wanted: Wanted,
    form: Format,
    *,
    by: Principal,
    language: str,
    delimiter: str = ";",
) -> RegisterExport:
    """Ask for a file to be made by a job. Raises BadPeriod, NoSuchBook."""
    making.checked(session, wanted, by=by)
    row = RegisterExport(
        body_id=by.body_id,
        user_id=by.person_id,
        wanted={**making.as_json(wanted), "language": language, "delimiter": delimiter},
        format=form,
        state=ExportState.WAITING,
        created_at=clock.now(),
    )
    session.add(row)
    session.flush()  # its id, for the job
    outbox.enqueue(session, "exports.make", export_id=row.id)
    return row


def listing(session: Session, *, by: Principal, limit: int = 20) -> list[RegisterExport]:
    """The person's own exports, the newest first."""
    return list(
        session.scalars(
            select(RegisterExport)
            .where(RegisterExport.user_id == by.user_id)
            .order_by(RegisterExport.id.desc())
            .limit(limit)
        )
    )


def get(session: Session, export_id: int, *, by: Principal) -> RegisterExport:
    """One of the person's own exports. Raises NoSuchExport."""
    row = kept.own(session, RegisterExport, export_id, by=by)
    if row is None:
        raise NoSuchExport(t("You have no such export, or its file was removed after a week."))
    return row


def file_of(session: Session, export_id: int, *, by: Principal) -> RegisterExport:
    """As `get`, where the file is there and the person may see all that is in it.

    Raises NoSuchExport, NotReady, RightsLost, NotAllowed.
    """
    row = get(session, export_id, by=by)
    if row.state == ExportState.EXPIRED:
        raise NoSuchExport(t("You have no such export, or its file was removed after a week."))
    if row.state != ExportState.DONE:
        raise NotReady(t("The file is not made yet. Look again in a minute."))
    if not still_seen(session, row.entry_ids or (), by=by):
        raise RightsLost(
            t(
                "Your rights changed since the file was made, and it holds entries that you may "
                "not see now. Have the export made again."
            )
        )
    return row


def wanted_of(row: RegisterExport) -> Wanted:
    said = row.wanted
    return Wanted(
        first_day=date.fromisoformat(said["first_day"]),
        last_day=date.fromisoformat(said["last_day"]),
        book=said["book"],
        direction=Direction(said["direction"]) if said["direction"] else None,
    )


def name_of(row: RegisterExport) -> str:
    """The name of the file as a person saves it."""
    return making.file_name(wanted_of(row), Format(row.format))


def give_up(run: outbox.Run, *, export_id: int, why: str) -> None:
    """The job failed for good: the export shows it."""
    kept.give_up(run.office, RegisterExport, export_id, why)


@outbox.job("exports.make", given_up=give_up)
def make(run: outbox.Run, *, export_id: int) -> None:
    """Make the file with the rights that the person has now, and keep it."""
    office = run.office
    with office.db.read() as session:
        row = session.get_one(RegisterExport, export_id)
        if row.state != ExportState.WAITING:
            return
        by = organization.principal(session, row.user_id, via=Via.JOB)
        wanted, form = wanted_of(row), Format(row.format)
        language, delimiter = row.wanted["language"], row.wanted["delimiter"]
    with making.made(office, wanted, form, by=by, language=language, delimiter=delimiter) as export:
        stored = kept.store(office, export.path, by=by, limit=_LARGEST)
    with office.db.begin() as session:
        waiting = kept.waiting(session, RegisterExport, export_id)
        if waiting is not None:
            waiting.finish(stored, export.entry_ids)
            waiting.rows = export.rows


@outbox.job("exports.expire")
def expire(run: outbox.Run) -> None:
    """Remove the files after a week."""
    kept.expire(run.office, RegisterExport)


schedule.every("exports.expire", timedelta(hours=6))
