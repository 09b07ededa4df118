"""Reading once more: by a person's wish, or by itself after troubles that pass."""

from contextlib import suppress
from datetime import timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

import ocr
import storage
from docflow import audit, clock, outbox, schedule
from docflow.documents import outcomes, renditions, screening
from docflow.documents.errors import (
    Erased,
    NoSuchLanguage,
    NoSuchPage,
    NothingToSettle,
    StillReading,
)
from docflow.documents.intake import store_unavailable
from docflow.documents.models import (
    File,
    PageText,
    Reading,
    ReadingState,
)
from docflow.documents.problems import PASSING
from docflow.i18n import t
from docflow.principal import Principal

PAUSE = timedelta(minutes=10)
MAX_TRIES = 200  # of a file by itself: a day and a half
_OPEN = (ReadingState.PENDING, ReadingState.RUNNING)


def read_again(
    session: Session,
    file: File,
    *,
    by: Principal,
    languages: list[str] | None = None,
    pages: list[int] | None = None,
) -> None:
    """Have a file read once more, or some of its pages, in other languages if given.

    Raises NotAllowed, Erased, StillReading, NoSuchLanguage, NoSuchPage, and screening.Quarantined
    for a closed file. The caller has checked that the person may see the entry.
    """
    _require(by)
    if languages and (unknown := set(languages) - set(ocr.languages.installed())):
        raise NoSuchLanguage(
            t(
                "No model is installed for: {languages}.",
                languages=", ".join(sorted(unknown)),
            ),
            field="languages",
        )
    _, reading = outcomes.locked(session, file.id)
    if reading.state in _OPEN:
        raise StillReading(t("The file is being read already. Wait for it to end."))
    if reading.state == ReadingState.QUARANTINED:
        raise screening.Quarantined(t("The file is kept closed; an administrator can let it out."))
    _mark(session, reading, pages, languages)
    _ask(session, reading)
    reading.tries = 0
    audit.record(
        session,
        "file.read-again",
        by=by,
        subject=("entry", file.entry_id),
        file=file.position,
        pages=sorted(set(pages)) if pages else None,
        languages=list(languages) if languages else None,
    )


def _require(by: Principal) -> None:
    by.require_scope("register")
    by.require(not by.is_auditor, t("An auditor changes nothing."))


def _mark(
    session: Session,
    reading: Reading,
    pages: list[int] | None,
    languages: list[str] | None,
) -> None:
    """Say which pages are to be read again; what was read of them stays until then."""
    stale = update(PageText).where(PageText.file_id == reading.file_id)
    if pages is None:
        session.execute(stale.values(is_stale=True, wanted=None))
        if languages:
            reading.languages = list(languages)
        return
    known = set(
        session.scalars(
            select(PageText.page).where(
                PageText.file_id == reading.file_id, PageText.page.in_(pages)
            )
        )
    )
    if missing := set(pages) - known or (set() if pages else {0}):
        raise NoSuchPage(
            t("There is no page {page} that was read before.", page=min(missing)), field="page"
        )
    wanted = list(languages) if languages else None
    session.execute(stale.where(PageText.page.in_(pages)).values(is_stale=True, wanted=wanted))


def _ask(session: Session, reading: Reading) -> None:
    reading.state, reading.problem, reading.detail = ReadingState.PENDING, None, None
    reading.notes, reading.pages_done = [], 0
    reading.settled_at = reading.settled_by = None
    outbox.enqueue(session, "documents.read", file_id=reading.file_id)


def settle(session: Session, file: File, *, by: Principal) -> None:
    """A person saw that a file could not be read, or only in part, and leaves it so.

    Raises NotAllowed, NothingToSettle. The caller has checked that the person may see the entry.
    """
    _require(by)
    _, reading = outcomes.locked(session, file.id)
    waits = (ReadingState.PARTLY, ReadingState.FAILED, ReadingState.QUARANTINED)
    if reading.state not in waits or reading.settled_at is not None:
        raise NothingToSettle(t("Nothing of this file waits for a person."))
    reading.settled_at, reading.settled_by = clock.now(), by.user_id
    audit.record(
        session, "file.settled", by=by, subject=("entry", file.entry_id), file=file.position
    )


def release(session: Session, file_id: int, *, reason: str, by: Principal) -> None:
    """Let a file out of quarantine and have it read.

    Raises Forbidden, screening.NotInQuarantine, screening.ReasonWanted.
    """
    file = screening.release(session, file_id, reason=reason, by=by)
    _, reading = outcomes.locked(session, file.id)
    _ask(session, reading)


@outbox.job("documents.try-again")
def try_again(run: outbox.Run) -> None:
    """Ask once more for files whose trouble may be over: the store or the virus check was away."""
    with run.office.db.begin() as session:
        waiting = session.scalars(
            select(Reading)
            .where(
                Reading.state == ReadingState.FAILED,
                Reading.problem.in_(PASSING),
                Reading.settled_at.is_(None),
                Reading.finished_at < clock.now() - PAUSE,
                # A reader that broke off twice over the same file will do so again.
                or_(Reading.tries == 0, Reading.problem != "crashed"),
                Reading.tries < MAX_TRIES,
            )
            .order_by(Reading.file_id)
            .limit(500)
            .with_for_update(skip_locked=True)
        ).all()
        for reading in waiting:
            tries = reading.tries + 1
            _ask(session, reading)
            reading.tries = tries


schedule.every("documents.try-again", PAUSE)


@outbox.job("documents.layer", queue="ocr")
def layer(run: outbox.Run, *, file_id: int) -> None:
    """The searchable PDF of a long file, after its text is there."""
    office = run.office
    with office.db.read() as session:
        source = renditions.page_source(session, file_id)
    pages = outcomes.pages_of(office, file_id)
    if not pages:  # the data of the entry were erased, or the file was closed
        return
    try:
        with office.store.local_copy(source) as path:
            stored = renditions.layered(office, path, pages, file_id=file_id)
    except storage.StorageError as error:
        raise store_unavailable() from error
    if stored is not None:
        with office.db.begin() as session, suppress(Erased):
            outcomes.locked(session, file_id)
            renditions.note(session, file_id, renditions.SEARCHABLE_PDF, stored)
