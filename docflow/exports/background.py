"""Exports that a job makes: asked for, made with the rights of their person, kept for a week.

Who fetches a file must see every entry of it still: what he may not see any more he does not get,
and has the export made again. After a week nobody gets it, and then its bytes are removed, unless
somebody else named the very same ones.
"""

from datetime import date, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

import storage
from docflow import clock, documents, objects, organization, outbox, schedule
from docflow.errors import Conflict, Forbidden, NotFound
from docflow.exports import making
from docflow.exports.models import ExportState, Format, RegisterExport
from docflow.exports.rows import Wanted, still_seen
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal, Via
from docflow.registry import Direction

KEPT = timedelta(days=7)
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
    row = session.get(RegisterExport, export_id)
    if row is None or row.user_id != by.user_id:
        raise NoSuchExport(t("You have no such export, or its file was removed after a week."))
    return row


def file_of(session: Session, export_id: int, *, by: Principal) -> RegisterExport:
    """As `get`, where the file is there and the person may see all that is in it.

    Raises NoSuchExport, NotReady, RightsLost, NotAllowed.
    """
    by.require_scope("read")
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
    with run.office.db.begin() as session:
        row = session.get_one(RegisterExport, export_id, with_for_update=True)
        if row.state == ExportState.WAITING:
            row.state, row.problem, row.finished_at = ExportState.FAILED, why[:500], clock.now()


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
        try:
            with export.path.open("rb") as stream:
                kept = office.store_of(by.body_id).put(stream, limit=_LARGEST)
        except storage.StorageError as error:
            raise documents.store_unavailable() from error
    with office.db.begin() as session:
        row = session.get_one(RegisterExport, export_id, with_for_update=True)
        if row.state == ExportState.WAITING:
            row.state, row.finished_at = ExportState.DONE, clock.now()
            row.rows, row.sha256, row.size = export.rows, kept.sha256, kept.size
            row.entry_ids = export.entry_ids


@outbox.job("exports.expire")
def expire(run: outbox.Run) -> None:
    """Remove files after a week, for they hold what the register guards. The rows stay.

    A row names its bytes until they are gone: where the store does not answer, or keeps them a
    while longer, the next run tries again.
    """
    office, row = run.office, RegisterExport
    with office.db.begin() as session:
        is_old = and_(row.state == ExportState.DONE, row.finished_at < clock.now() - KEPT)
        is_left = and_(row.state == ExportState.EXPIRED, row.sha256.is_not(None))
        old = session.scalars(select(row).where(or_(is_old, is_left)).with_for_update()).all()
        for one in old:
            one.state, one.entry_ids = ExportState.EXPIRED, None
        digests = {one.sha256 for one in old if one.sha256}
    for sha256 in sorted(digests):
        if _removed(office, sha256):
            with office.db.begin() as session:
                over = select(row).where(row.sha256 == sha256, row.state == ExportState.EXPIRED)
                for one in session.scalars(over.with_for_update()):
                    one.sha256 = None


schedule.every("exports.expire", timedelta(hours=6))


def _removed(office: Office, sha256: str) -> bool:
    """Whether the bytes are gone, or are somebody else's. Raises StoreUnavailable."""
    expired = RegisterExport.state == ExportState.EXPIRED
    with office.db.read() as session:
        if objects.named(session, {sha256}, but_for={RegisterExport.__tablename__: expired}):
            return True
    try:
        office.store.delete(sha256)
    except (storage.TooYoung, storage.Held):  # put again lately, or kept by an order
        return False
    except storage.NoSuchObject:
        return True
    except storage.StorageError as error:
        raise documents.store_unavailable() from error
    return True
