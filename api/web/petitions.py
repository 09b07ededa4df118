"""Applications of citizens, for the office: the list, what was filed, the thread, what is asked.

The page of one is read like the page of its entry, and noted like it.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile

from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.streams import stored_file
from api.web import forms
from api.web.address import Address
from api.web.render import page
from docflow import applications, documents, processes, reads, registry
from docflow.applications import Application, ApplicationState, Filter
from docflow.errors import Conflict, Invalid
from docflow.i18n import Text, t
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter(prefix="/petitions")
Id = Annotated[int, Path(ge=1, le=2**62)]
Typed = Annotated[str, Query(max_length=200)]
PAGE = 50


@router.get("")
def listed(
    request: Request,
    by: CurrentUser,
    office: TheOffice,
    service: Typed = "",
    state: Typed = "",
    q: Typed = "",
    unread: Typed = "",
    start: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> Response:
    """The applications that the person may see, the newest first."""
    wanted = Filter(
        service=service,
        state=state if state in set(ApplicationState) else "",
        text=q,
        unread=bool(unread),
    )
    with office.db.read() as session:
        found, total = applications.listing(session, by=by, wanted=wanted, start=start, limit=PAGE)
        services = applications.services_of(session, by=by, language=by.language)
    return page(
        request,
        "web/petitions.html",
        found=found,
        total=total,
        wanted=wanted,
        services=services,
        states=list(ApplicationState),
        start=start,
        page_size=PAGE,
    )


@router.get("/{application_id}")
def shown(request: Request, application_id: Id, by: CurrentUser, office: TheOffice) -> Response:
    """One application: what was filed, where it stands, what was written."""
    return _page(request, office, application_id, by)


@router.get("/{application_id}/files/{position}")
def file(
    application_id: Id,
    position: Annotated[int, Path(ge=1, le=100_000)],
    by: CurrentUser,
    office: TheOffice,
) -> Response:
    """A file of a message."""
    with office.db.read() as session:
        row = applications.of_staff(session, application_id, by=by)
        entry = session.get_one(registry.Entry, row.entry_id)
        found = applications.thread.file_of(session, row, position)
    reads.opened(office.db, entry, by=by, what=reads.What.FILE, position=position)
    return stored_file(
        office,
        sha256=found.sha256,
        name=found.name,
        media_type=found.media_type,
        download=True,
    )


@router.post("/{application_id}/messages")
def message(
    request: Request, application_id: Id, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """A message to the applicant."""

    def act(session: Session, uploads: list[documents.Upload]) -> object:
        text = forms.text(form, "text")
        return applications.write(session, office, application_id, text, by=by, uploads=uploads)

    return _act(request, office, application_id, by, form, "message", act)


@router.post("/{application_id}/supplement")
def ask(
    request: Request, application_id: Id, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Ask the applicant for something by a day."""

    def act(session: Session, _: list[documents.Upload]) -> object:
        return applications.supplements.ask(
            session,
            application_id,
            text=forms.text(form, "text"),
            due_on=_day(form),
            seen=forms.optional_id(form, "seen") or 0,
            by=by,
        )

    return _act(request, office, application_id, by, form, "supplement", act)


@router.post("/{application_id}/supplement/taken-back")
def take_back(
    request: Request, application_id: Id, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """What was asked for is not needed any more."""

    def act(session: Session, _: list[documents.Upload]) -> None:
        applications.supplements.take_back(
            session, application_id, seen=forms.optional_id(form, "seen") or 0, by=by
        )

    return _act(request, office, application_id, by, form, "taken-back", act)


def card(session: Session, entry: registry.Entry, by: Principal) -> dict[str, Any]:
    """What the page of an entry shows of the application that it is."""
    row = applications.of_entry(session, entry.id)
    if row is None:
        return {"petition": None}
    status = applications.status(session, row, language=by.language, for_staff=True)
    unread = applications.thread.unread(session, [row], for_staff=True).get(row.id, 0)
    return {"petition": status, "petition_unread": unread, "petition_level": row.level}


def _act(
    request: Request,
    office: Office,
    application_id: int,
    by: Principal,
    form: FormData,
    what: str,
    act: Callable[[Session, list[documents.Upload]], object],
) -> Response:
    try:
        uploads = [
            documents.receive(office, part.file, part.filename or "", body_id=by.body_id)
            for part in form.getlist("files")
            if isinstance(part, UploadFile) and part.filename
        ]
        with office.db.begin() as session:
            act(session, uploads)
    except (Invalid, Conflict) as error:
        typed = {name: value for name, value in form.items() if isinstance(value, str)}
        return _page(
            request,
            office,
            application_id,
            by,
            open_act=what,
            typed=typed,
            errors={error.field or "form": error.message},
            status_code=422 if isinstance(error, Invalid) else 409,
        )
    return RedirectResponse(f"/petitions/{application_id}?done=petition-{what}", 303)


def _page(
    request: Request,
    office: Office,
    application_id: int,
    by: Principal,
    *,
    open_act: str = "",
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, Text] | None = None,
    status_code: int = 200,
) -> Response:
    with office.db.read() as session:
        row = applications.of_staff(session, application_id, by=by)
        entry = session.get_one(registry.Entry, row.entry_id)
        reads.require_reason(session, entry, by=by)
        status = applications.status(session, row, language=by.language, for_staff=True)
        may_handle = applications.may_handle(session, row, by)
        instance = processes.instance(session, (applications.telling.SUBJECT, row.id))
        known = registry.details(session, entry, by=by)
        path = Address(known.book.code, entry.year, known.line.place).path
        applicant = applications.applicant_of(row)
    reads.opened(office.db, entry, by=by)
    if may_handle:
        with office.db.begin() as session:
            applications.thread.read_by_office(session, session.get_one(Application, row.id))
    return page(
        request,
        "web/petition.html",
        status_code=status_code,
        status=status,
        applicant=applicant,
        entry_path=path,
        instance=instance,
        may_handle=may_handle,
        max_mb=office.settings.max_upload_mb,
        open_act=open_act,
        typed=dict(typed or {}),
        errors=dict(errors or {}),
    )


def _day(form: FormData) -> date:
    found = forms.parse_day(forms.text(form, "due_on"), field="due_on")
    if found is None:
        raise applications.supplements.BadSupplement(
            t("Write the day until which the applicant may answer."), field="due_on"
        )
    return found
