"""A citizen's applications: his list, the page of each, and what he does there.

Opened by the account that filed it, or by its number and secret; a wrong secret is noted, and too
many of them alarm the administrator.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile

from api import forms, pages, step_values
from api.deps import TheOffice
from api.pages import TheForm
from api.portal import form_pages
from api.portal.citizen import TheCitizen, key_of
from api.portal.render import page
from api.streams import stored_file
from docflow import accounts, applications, citizens, documents, processes, throttle
from docflow.accounts import Citizen, Level
from docflow.applications import Application
from docflow.errors import Conflict, Invalid
from docflow.i18n import Text, t
from docflow.office import Office

router = APIRouter()
Id = Annotated[int, Path(ge=1, le=2**62)]
Key = Annotated[str, Path(max_length=60)]
TRIES, _WINDOW = 20, timedelta(minutes=5)  # of one address, whatever the application
_ACTS = 120


@router.get("/applications")
def mine(request: Request, office: TheOffice, citizen: TheCitizen) -> Response:
    """What the citizen filed, and the forms that he has not sent yet."""
    citizen.require(Level.VISITOR, to="/applications")
    language = pages.reader_of(request).language
    with office.db.read() as session:
        filed = applications.of_account(session, citizen.known_id, language=language)
        begun = applications.drafts.of_account(session, citizen.known_id, language=language)
    return page(request, "portal/applications.html", filed=filed, begun=begun)


@router.get("/status")
def ask(request: Request, citizen: TheCitizen) -> Response:
    """Ask for number and secret."""
    return page(request, "portal/status_ask.html", typed={}, errors={}, citizen=citizen)


@router.post("/status")
def by_number(request: Request, form: TheForm, office: TheOffice, citizen: TheCitizen) -> Response:
    """The page of the application, when number and secret are right; every try is recorded."""
    number, key = str(form.get("number", ""))[:100], str(form.get("secret", ""))[:60]
    _count(office, request)
    errors = {}
    if not number.strip():
        errors["number"] = t("Type the number of the application.")
    if not key.strip():
        errors["secret"] = t("Type the tracking code.")
    found = None if errors else _found(office, request, number, key)
    if found is not None:
        return form_pages.let_in(request, office, found, key, citizen)
    if not errors:
        with office.db.read() as session:
            errors["secret"] = applications.why_refused(session, number, key)
    return page(
        request,
        "portal/status_ask.html",
        status_code=422,
        typed={"number": number},
        errors=errors,
        citizen=citizen,
    )


@router.get("/status/{application_id}/{key}")
def by_link(
    request: Request, application_id: Id, key: Key, office: TheOffice, citizen: TheCitizen
) -> Response:
    """The link of the mail: it opens the page as number and secret do."""
    _count(office, request)
    try:
        with office.db.read() as session:
            applications.of_citizen(session, application_id, citizen=accounts.ANONYMOUS, key=key)
    except applications.NoSuchApplication:
        with office.db.begin() as session:
            applications.refused(session, application_id)
            throttle.wrong(session, "status", _client(request))
        return RedirectResponse("/status", 303)
    return form_pages.let_in(request, office, application_id, key, citizen)


@router.get("/applications/{application_id}")
def shown(request: Request, application_id: Id, office: TheOffice, citizen: TheCitizen) -> Response:
    """The page of an application."""
    return _page(request, office, application_id, citizen)


@router.post("/applications/{application_id}/messages")
def message(
    request: Request, application_id: Id, form: TheForm, office: TheOffice, citizen: TheCitizen
) -> Response:
    """A message to the office, with files."""
    text = str(form.get("text", ""))
    return _act(
        request,
        office,
        application_id,
        citizen,
        form,
        "message",
        lambda session, row, uploads: applications.post(
            session, office, row, text, uploads=uploads
        ),
        anchor="thread",
    )


@router.post("/applications/{application_id}/supplement")
def supplement(
    request: Request, application_id: Id, form: TheForm, office: TheOffice, citizen: TheCitizen
) -> Response:
    """The answer to what the office asked for."""
    text = str(form.get("text", ""))
    return _act(
        request,
        office,
        application_id,
        citizen,
        form,
        "supplement",
        lambda session, row, uploads: applications.supplements.answer(
            session, office, row, forms.optional_id(form, "asked") or 0, text, uploads
        ),
    )


@router.post("/applications/{application_id}/withdrawal")
def withdrawal(
    request: Request, application_id: Id, form: TheForm, office: TheOffice, citizen: TheCitizen
) -> Response:
    """Withdraw, with the reason."""
    reason = str(form.get("reason", ""))
    return _act(
        request,
        office,
        application_id,
        citizen,
        form,
        "withdrawal",
        lambda session, row, _: applications.withdraw(
            session, row, reason=reason, seen=forms.optional_id(form, "seen") or 0
        ),
    )


@router.post("/applications/{application_id}/steps/{task_id}")
def task(
    request: Request,
    application_id: Id,
    task_id: Id,
    form: TheForm,
    office: TheOffice,
    citizen: TheCitizen,
) -> Response:
    """A step of the process that is the applicant's."""
    typed = {name: value for name, value in form.items() if isinstance(value, str)}
    typed.pop("seen", None)
    return _act(
        request,
        office,
        application_id,
        citizen,
        form,
        f"task-{task_id}",
        lambda session, row, _: processes.answer(
            session,
            task_id,
            typed,
            subject=(applications.telling.SUBJECT, row.id),
            seen=forms.optional_id(form, "seen"),
        ),
    )


@router.post("/applications/{application_id}/decisions/{delivery_id}")
def decision(
    request: Request,
    application_id: Id,
    delivery_id: Id,
    office: TheOffice,
    citizen: TheCitizen,
) -> Response:
    """Pick the decision up: the time is noted as proof."""
    _limit(office, request)
    with office.db.begin() as session:
        row = _opened(session, request, application_id, citizen)
        collected = citizens.collect(
            session,
            delivery_id,
            answers_id=row.entry_id,
            name=row.full_name,
            email=row.email,
        )
    return stored_file(
        office,
        sha256=collected.sha256,
        name=collected.name,
        media_type="application/pdf",
        download=True,
    )


@router.get("/applications/{application_id}/files/{position}")
def file(
    request: Request,
    application_id: Id,
    position: Annotated[int, Path(ge=1, le=100_000)],
    office: TheOffice,
    citizen: TheCitizen,
) -> Response:
    """A file that was filed with the application, or of a message about it."""
    with office.db.read() as session:
        row = _opened(session, request, application_id, citizen)
        try:
            found = applications.filed_file(session, row, position)
        except applications.thread.NoSuchThreadFile:
            found = applications.thread.file_of(session, row, position)
    return stored_file(
        office,
        sha256=found.sha256,
        name=found.name,
        media_type=found.media_type,
        download=True,
    )


@router.get("/applications/{application_id}/receipt")
def receipt(
    request: Request, application_id: Id, office: TheOffice, citizen: TheCitizen
) -> Response:
    """The receipt of the registry once more."""
    _limit(office, request)
    with office.db.read() as session:
        row = _opened(session, request, application_id, citizen)
    pdf = applications.receipt(office, row)
    return Response(
        pdf,
        media_type="application/pdf",
        headers={
            "Content-Disposition": 'attachment; filename="apodeixi.pdf"',
            "Cache-Control": "private, no-store",
        },
    )


def _act(
    request: Request,
    office: Office,
    application_id: int,
    citizen: Citizen,
    form: FormData,
    what: str,
    act: Callable[[Session, Application, list[documents.Upload]], object],
    *,
    anchor: str = "",
) -> Response:
    """Do one thing on the page; what cannot be done is told there, with what was typed."""
    _limit(office, request)
    with office.db.read() as session:
        row = _opened(session, request, application_id, citizen)
    typed = {name: value for name, value in form.items() if isinstance(value, str)}
    try:
        uploads = _uploads(office, form, row.body_id)
        with office.db.begin() as session:
            row = _opened(session, request, application_id, citizen)
            act(session, row, uploads)
    except processes.BadAnswer as error:
        errors = dict(error.errors)
    except (Invalid, Conflict) as error:
        errors = {error.field or "form": error.message}
    else:
        place = f"#{anchor}" if anchor else ""
        return RedirectResponse(f"/applications/{application_id}?done={what}{place}", 303)
    status = 422 if "form" not in errors else 409
    return _page(
        request,
        office,
        application_id,
        citizen,
        open_act=what,
        typed=typed,
        errors=errors,
        status_code=status,
    )


def _uploads(office: Office, form: FormData, body_id: int) -> list[documents.Upload]:
    parts = [
        part for part in form.getlist("files") if isinstance(part, UploadFile) and part.filename
    ]
    if len(parts) > applications.drafts.MOST_FILES:
        raise applications.drafts.TooManyFiles(
            t("At most {max} files are taken here.", max=applications.drafts.MOST_FILES),
            field="files",
        )
    return [
        documents.receive(office, part.file, part.filename or "", body_id=body_id) for part in parts
    ]


def _opened(
    session: Session, request: Request, application_id: int, citizen: Citizen
) -> Application:
    key = key_of(request, application_id)
    return applications.of_citizen(session, application_id, citizen=citizen, key=key)


def _page(
    request: Request,
    office: Office,
    application_id: int,
    citizen: Citizen,
    *,
    open_act: str = "",
    typed: dict[str, str] | None = None,
    errors: dict[str, Text] | None = None,
    status_code: int = 200,
) -> Response:
    language = pages.reader_of(request).language
    try:
        with office.db.begin() as session:
            row = _opened(session, request, application_id, citizen)
            status = applications.status(session, row, language=language)
            data = processes.data(session, (applications.telling.SUBJECT, row.id))
            applications.thread.read_by_citizen(session, row)
    except applications.NoSuchApplication:
        if citizen.is_known:
            raise
        return RedirectResponse("/status", 303)
    done = request.query_params.get("done", "")
    said = _DONE.get("task" if done.startswith("task-") else done)
    return page(
        request,
        "portal/application.html",
        shown={one.id: step_values.shown(one.shows, data, language) for one in status.tasks},
        status_code=status_code,
        status=status,
        open_act=open_act,
        typed=typed or {},
        errors=errors or {},
        max_mb=office.settings.max_upload_mb,
        notices=[said] if said else [],
        citizen=citizen,
    )


_DONE = {
    "message": t("Your message was sent."),
    "supplement": t("Your answer was registered. Its number stands below."),
    "withdrawal": t("Your application was withdrawn."),
    "task": t("Thank you: what you filled in was saved."),
}


def _found(office: Office, request: Request, number: str, key: str) -> int | None:
    with office.db.begin() as session:
        row = applications.by_number(session, number, key)
        if row is None:
            throttle.wrong(session, "status", _client(request))
    return row.id if row is not None else None


def _count(office: Office, request: Request) -> None:
    """Raises TooManyTries."""
    with office.db.begin() as session:
        throttle.count(session, f"status:{_client(request)}", limit=TRIES, every=_WINDOW)


def _limit(office: Office, request: Request) -> None:
    """Raises TooManyTries where one address acts more often than people do."""
    with office.db.begin() as session:
        throttle.count(session, f"application:{_client(request)}", limit=_ACTS, every=_WINDOW)


def _client(request: Request) -> str:
    return request.client.host if request.client else ""
