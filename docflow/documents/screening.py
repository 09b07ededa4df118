"""Before a file can be opened: the virus check where one is set up, and kinds that never are.

A closed file stays stored and stays with its entry. Only an administrator gets its bytes, with a
reason that is kept, and may let it out where the check was wrong.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.orm import Session

import storage
from docflow import audit, clock
from docflow.documents import clamd
from docflow.documents.intake import BytesMissing, Upload, store_unavailable
from docflow.documents.models import (
    File,
    QuarantineAct,
    QuarantineNote,
    Screening,
    ScreeningState,
)
from docflow.documents.problems import PROBLEMS
from docflow.errors import Conflict, Forbidden, Invalid
from docflow.folding import line
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal

log = logging.getLogger(__name__)

CLOSED = (ScreeningState.WAITING, ScreeningState.INFECTED, ScreeningState.REFUSED)
MAX_REASON = 500


class StillChecked(Conflict):
    """The file waits for the virus check."""


class Quarantined(Forbidden):
    """The file is kept closed: a virus, or a kind of file that is never opened."""


class NotInQuarantine(Conflict):
    """The file is not kept closed."""


class ReasonWanted(Invalid):
    """Opening or letting out a closed file needs a reason of 1 to 500 characters."""


AfterIntake = Callable[[Session, File], None]
_after_intake: list[AfterIntake] = []


def after_intake(function: AfterIntake) -> AfterIntake:
    """Register what an upper package does once with each file that passed the check.

    It is called by the worker, in the transaction that lets the file through: slow work belongs
    into a job of one's own. Files that were made here (exact copies) and parts of mails and
    archives come too; a file in quarantine only when it is let out.
    """
    _after_intake.append(function)
    return function


def admit(office: Office, file_id: int) -> Screening:
    """Check a file that was not checked yet, and tell those who wait for it; what was decided.

    Raises ScannerAway, StoreUnavailable, BytesMissing; called outside of transactions.
    """
    with office.db.begin() as session:
        file, screening = _locked(session, file_id)
        sha256 = file.sha256
        address = office.settings.clamd or None
        wanted = address is not None and screening.state in (
            ScreeningState.WAITING,
            ScreeningState.UNCHECKED,
        )
    state, finding = None, ""
    if wanted and address is not None:
        state, finding = _scanned(office, address, sha256)
    elif screening.state == ScreeningState.WAITING:  # the check was taken away since
        state = ScreeningState.UNCHECKED
    with office.db.begin() as session:
        file, screening = _locked(session, file_id)
        if state is not None and screening.state not in (
            ScreeningState.REFUSED,
            ScreeningState.RELEASED,
        ):
            screening.state, screening.finding = state, finding
            screening.checked_at = clock.now() if wanted else None
        _take_in(session, file, screening)
    return screening


def check_now(office: Office, upload: Upload) -> None:
    """Have bytes checked that become no file of an entry, before anybody can open them.

    Raises Quarantined, ScannerAway, StoreUnavailable, BytesMissing; called outside transactions.
    """
    if not upload.waits_for_check or not office.settings.clamd:
        return
    state, _ = _scanned(office, office.settings.clamd, upload.sha256)
    if state in CLOSED:
        raise Quarantined(t("The virus check refused this file. Choose another one."))


def _take_in(session: Session, file: File, screening: Screening) -> None:
    if screening.state in CLOSED or screening.taken_in_at is not None:
        return
    screening.taken_in_at = clock.now()
    session.flush()
    for then in _after_intake:
        then(session, file)


def _scanned(office: Office, address: str, sha256: str) -> tuple[ScreeningState, str]:
    try:
        with office.store.open(sha256) as reading:
            virus = clamd.scan(address, _bytes(reading))
    except clamd.TooLargeToCheck:
        return ScreeningState.REFUSED, "too-large-to-check"
    except (storage.NoSuchObject, storage.DigestMismatch) as error:
        raise BytesMissing(PROBLEMS["missing"]) from error
    except storage.StorageError as error:
        raise store_unavailable() from error
    if virus is not None:
        log.error("virus %s in the object %s", virus, sha256)
        return ScreeningState.INFECTED, virus
    return ScreeningState.CLEAN, ""


def _bytes(reading: storage.Reading) -> Iterator[bytes]:
    yield from reading


def _locked(session: Session, file_id: int) -> tuple[File, Screening]:
    """The file with its screening; files of before this check get theirs now."""
    file = session.get_one(File, file_id)
    screening = session.get(Screening, file_id, with_for_update=True, populate_existing=True)
    if screening is None:
        screening = Screening(file_id=file_id, state=ScreeningState.UNCHECKED)
        session.add(screening)
        session.flush()
    return file, screening


def problem_of(screening: Screening) -> str:
    """The code of the problem of a closed file."""
    if screening.state == ScreeningState.INFECTED:
        return "virus"
    return screening.finding or "executable"


@dataclass(frozen=True, slots=True)
class Held:
    """A file in quarantine, as far as an administrator needs to know it."""

    file_id: int
    name: str
    sha256: str
    media_type: str


def open_quarantined(session: Session, file_id: int, *, reason: str, by: Principal) -> Held:
    """Let an administrator have the bytes of a closed file; the reason is kept.

    Raises Forbidden, NotInQuarantine, ReasonWanted.
    """
    file, _ = _held(session, file_id, by=by)
    _note(session, file, QuarantineAct.OPENED, reason, by=by)
    return Held(file.id, file.name, file.sha256, file.media_type)


def release(session: Session, file_id: int, *, reason: str, by: Principal) -> File:
    """Let a closed file out: the check was wrong, or the file is wanted in spite of it.

    The caller asks for its reading. Raises Forbidden, NotInQuarantine, ReasonWanted.
    """
    file, screening = _held(session, file_id, by=by)
    _note(session, file, QuarantineAct.RELEASED, reason, by=by)
    screening.state = ScreeningState.RELEASED
    return file


def _held(session: Session, file_id: int, *, by: Principal) -> tuple[File, Screening]:
    by.require_scope("administer")
    if not by.is_administrator:
        raise Forbidden(t("Only an administrator opens the quarantine."))
    row = session.execute(
        select(File, Screening)
        .join(Screening, Screening.file_id == File.id)
        .where(
            File.id == file_id,
            Screening.state.in_((ScreeningState.INFECTED, ScreeningState.REFUSED)),
        )
        .with_for_update(of=Screening)
    ).first()
    if row is None or body_of(session, row[0].entry_id) != by.body_id:
        raise NotInQuarantine(t("This file is not in quarantine."))
    return row[0], row[1]


def body_of(session: Session, entry_id: int) -> int:
    """The body of an entry; entries stand in an upper package and are asked for by table name."""
    found = session.scalar(text("SELECT body_id FROM entries WHERE id = :id"), {"id": entry_id})
    return int(found)


def _note(session: Session, file: File, act: QuarantineAct, reason: str, *, by: Principal) -> None:
    reason = line(reason)
    if not 1 <= len(reason) <= MAX_REASON:
        raise ReasonWanted(
            t("Write a reason of at most {max} characters.", max=MAX_REASON), field="reason"
        )
    note = QuarantineNote(file_id=file.id, act=act, reason=reason, acted_by=by.user_id)
    session.add(note)
    session.flush()
    audit.record(
        session,
        f"file.quarantine-{act}",
        by=by,
        subject=("entry", file.entry_id),
        file=file.position,
        sha256=file.sha256,
        note=note.id,
    )
