"""What the office asks of an applicant, and his answer: a document of its own, with its number.

While the applicant is asked the clock of the entry stands still. Source: ν. 2690/1999 art. 3 par. 4
and art. 4 (what is missing is asked for, and the time does not run meanwhile).
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import (
    audit,
    canonical,
    clock,
    deadlines,
    documents,
    organization,
    processes,
    registry,
    routing,
)
from docflow.applications import access, telling, thread, waiting
from docflow.applications.models import Application, ApplicationState, Supplement
from docflow.applications.values import SupplementInfo
from docflow.errors import Conflict, Invalid
from docflow.folding import line, lines
from docflow.i18n import DEFAULT_LANGUAGE, t, translate
from docflow.notices import NoticeKind
from docflow.office import Office
from docflow.parties import Contact
from docflow.principal import Principal, system
from docflow.registry import DeliveryMethod, Direction, NewEntry, Relation

MAX_TEXT = 5000
MOST_FILES = 30
LONGEST = 366  # days until which something may be asked for
ANSWERED = "supplement-answered"  # the message that the process gets
_SUBJECT = "Supplement to the application {number}"


class BadSupplement(Invalid):
    """What is asked for needs a text, and a day that has not passed."""


class AskedAlready(Conflict):
    """Something is asked of the applicant already."""


class NothingAsked(Conflict):
    """Nothing is asked of the applicant now."""


def ask(
    session: Session,
    application_id: int,
    *,
    text: str,
    due_on: date,
    by: Principal | None,
    seen: int | None = None,
) -> Supplement:
    """Ask the applicant for something by a day; an act of the software asks as nobody.

    Raises NoSuchApplication, NotYoursToHandle, ApplicationMoved, AskedAlready, BadSupplement.
    """
    if by is not None:
        by.require_scope("route")
        row = access.of_staff(session, application_id, by=by, lock=True)
        access.require_handles(session, row, by)
        access.require_seen(row, seen)
    else:
        row = thread.held(session, application_id)
    who = by or system(row.body_id)
    earlier = waiting.asked(session, row.id)
    if earlier is not None:
        raise AskedAlready(
            t(
                "The applicant was asked for something already, by {day}. Wait for the answer, or "
                "take that request back first.",
                day=f"{earlier.due_on:%d/%m/%Y}",
            )
        )
    access.require_state(row, waiting.OPEN)
    access.require_kept(session, row)
    clean = _text(text)
    _require_day(due_on)
    made = Supplement(
        application_id=row.id,
        text=clean,
        due_on=due_on,
        asked_by=who.user_id,
        asked_at=clock.now(),
        stops_clock=deadlines.stand_still(session, row.entry_id, by=who, reason=clean[:500]),
    )
    session.add(made)
    row.state = ApplicationState.WAITING
    access.moved(row)
    session.flush()
    audit.record(
        session,
        "application.supplement-asked",
        by=who,
        subject=("entry", row.entry_id),
        application=row.id,
        supplement=made.id,
        due_on=due_on.isoformat(),
        content=canonical.digest(clean),
    )
    telling.tell_citizen(session, row, telling.ASKED, by=who, due=f"{due_on:%d/%m/%Y}")
    return made


def take_back(
    session: Session, application_id: int, *, by: Principal, seen: int | None = None
) -> None:
    """It is no longer needed; the clock runs on. Raises as `ask`, and NothingAsked."""
    by.require_scope("route")
    row = access.of_staff(session, application_id, by=by, lock=True)
    access.require_handles(session, row, by)
    access.require_seen(row, seen)
    asked = _require_asked(session, row)
    asked.cancelled_at, asked.cancelled_by = clock.now(), by.user_id
    _go_on(session, row, asked, by=by)
    audit.record(
        session,
        "application.supplement-taken-back",
        by=by,
        subject=("entry", row.entry_id),
        application=row.id,
        supplement=asked.id,
    )


def answer(
    session: Session,
    office: Office,
    row: Application,
    supplement_id: int,
    text: str,
    uploads: Sequence[documents.Upload],
) -> registry.Entry:
    """The applicant's answer: registered, tied to the application, and its number.

    `row` was opened for him. An answer after the day is taken all the same. Raises NothingAsked
    (also where it was answered in another window), BadSupplement, NoSuchBook.
    """
    registry.hold(session, row.entry_id)
    row = thread.held(session, row.id)
    access.require_kept(session, row)
    asked = _require_asked(session, row)
    if asked.id != supplement_id:
        raise NothingAsked(t("Something else is asked of you now. Look at the page again."))
    clean = lines(text)[:MAX_TEXT]
    if not clean and not uploads:
        raise BadSupplement(t("Write an answer, or add a file."), field="text")
    if len(uploads) > MOST_FILES:
        raise BadSupplement(t("At most {max} files are taken here.", max=MOST_FILES), field="files")
    by = access.portal(row.body_id)
    entry = _registered(session, office, row, clean, uploads, by)
    asked.answered_at, asked.answer, asked.answer_entry_id = clock.now(), clean, entry.id
    _go_on(session, row, asked, by=system(row.body_id))
    audit.record(
        session,
        "application.supplement-answered",
        by=by,
        subject=("entry", row.entry_id),
        application=row.id,
        supplement=asked.id,
        answer=entry.id,
        content=canonical.digest(clean),
    )
    telling.tell_office(session, row, NoticeKind.APPLICANT_WROTE, by=system(row.body_id))
    processes.send(session, (telling.SUBJECT, row.id), ANSWERED)
    return entry


def _registered(
    session: Session,
    office: Office,
    row: Application,
    text: str,
    uploads: Sequence[documents.Upload],
    by: Principal,
) -> registry.Entry:
    number = telling.number_of(session, row)
    subject = translate(_SUBJECT, DEFAULT_LANGUAGE, number=number)
    entry = registry.register(
        session,
        NewEntry(
            direction=Direction.INCOMING,
            subject=line(f"{subject}: {line(text)[:300]}" if text else subject),
            sender=Contact(name=row.full_name, party_id=row.party_id, email=row.email),
            delivery_method=DeliveryMethod.PORTAL,
            attachments_count=len(uploads),
            addressee_unit_id=row.unit_id,
            relations=((row.entry_id, Relation.RELATED),),
            has_personal_data=True,
        ),
        uploads,
        by=by,
        zone=office.settings.zone,
        ocr_languages=list(office.settings.ocr_languages),
        guard_duplicates=False,
    )
    handling = session.get_one(registry.Handling, row.entry_id)
    registry.open_to_unit(session, entry.id, handling.unit_id)
    registry.open_to_unit(session, entry.id, row.unit_id)
    if handling.user_id is not None:
        registry.open_to_person(session, entry.id, handling.user_id)
    # It is handled where the application is: a charge of its own would ask for the work twice.
    reason = translate("It belongs to the application {number}.", DEFAULT_LANGUAGE, number=number)
    routing.close_by_process(session, entry, by=by, reason=reason)
    return entry


def of_application(session: Session, row: Application, *, for_staff: bool) -> list[SupplementInfo]:
    """What was asked, the newest first."""
    found = session.scalars(
        select(Supplement).where(Supplement.application_id == row.id).order_by(Supplement.id.desc())
    ).all()
    names = organization.names(session, [one.asked_by for one in found]) if for_staff else {}
    unit = organization.unit_names(session, [row.unit_id]).get(row.unit_id, "")
    entries = [one.answer_entry_id for one in found if one.answer_entry_id is not None]
    rows = session.execute(
        select(registry.Entry.id, registry.Entry.label).where(registry.Entry.id.in_(entries))
    )
    labels = {entry_id: label for entry_id, label in rows}
    return [
        SupplementInfo(
            one.id,
            one.text,
            one.due_on,
            one.asked_at,
            names.get(one.asked_by or 0, "") or unit,
            one.answered_at,
            one.answer,
            labels.get(one.answer_entry_id or 0, ""),
            one.cancelled_at,
        )
        for one in found
    ]


def cancel_open(session: Session, row: Application) -> None:
    """The application ended: what was still asked for is not needed."""
    asked = waiting.asked(session, row.id)
    if asked is not None:
        asked.cancelled_at = clock.now()


def _go_on(session: Session, row: Application, asked: Supplement, *, by: Principal) -> None:
    row.state = ApplicationState.RUNNING
    access.moved(row)
    if asked.stops_clock:
        deadlines.run_on(session, row.entry_id, by=by)
    waiting.settle(session, row)  # his process may wait for him as well


def _require_asked(session: Session, row: Application) -> Supplement:
    asked = waiting.asked(session, row.id)
    if row.state != ApplicationState.WAITING or asked is None:
        raise NothingAsked(t("Nothing is asked any more: it was answered, or taken back."))
    return asked


def _text(typed: str) -> str:
    clean = lines(typed)
    if not clean:
        raise BadSupplement(t("Write what the applicant must send or say."), field="text")
    if len(clean) > MAX_TEXT:
        raise BadSupplement(
            t("A message has at most {max} characters.", max=MAX_TEXT), field="text"
        )
    return clean


def _require_day(day: date) -> None:
    days = (day - clock.today()).days
    if days < 1:
        raise BadSupplement(t("Give the applicant at least until tomorrow."), field="due_on")
    if days > LONGEST:
        raise BadSupplement(t("The day lies too far ahead."), field="due_on")
