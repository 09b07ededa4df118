"""Filling in the form of a service, page by page, and sending it.

The first page is shown without keeping anything; what is typed there begins a draft, which the
server keeps from then on: whoever loses his connection, or must log in, goes on where he was.
"""

import secrets
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData, UploadFile

from api import forms, pages
from api.deps import TheOffice
from api.pages import TheForm
from api.portal import form_pages
from api.portal.citizen import FORMS_COOKIE, TheCitizen, is_https
from api.portal.form_pages import Step
from docflow import applications, documents, organization, services, throttle
from docflow.accounts import Citizen
from docflow.applications import drafts
from docflow.errors import Invalid
from docflow.i18n import Text
from docflow.office import Office

router = APIRouter()
Code = Annotated[str, Path(max_length=64)]
Token = Annotated[str, Path(pattern=r"^[\w-]{1,64}$")]
Number = Annotated[int, Path(ge=1, le=99)]
BEGUN, SAVED = 1000, 4000  # of one address in five minutes: a whole library may share one


@router.get("/services/{code}/apply")
def first(request: Request, code: Code, office: TheOffice, citizen: TheCitizen) -> Response:
    """The first page of the form, with what is known of the citizen. Nothing is kept yet."""
    language = pages.reader_of(request).language
    with office.db.read() as session:
        body_id = organization.body_named(session, None).id
        version = services.deployed(session, body_id, code)
        drafts.require_electronic(version)
        citizen.require(version.level, to=f"/services/{code}/apply")
        begun = drafts.begun(session, version, citizen=citizen, secret=_secret(request))
    step = Step(version, language, 1, action=f"/services/{code}/apply")
    return form_pages.group(
        request, step, typed=drafts.known_of(citizen, step.form), begun=begun, citizen=citizen
    )


@router.post("/services/{code}/apply")
def begin(
    request: Request, code: Code, form: TheForm, office: TheOffice, citizen: TheCitizen
) -> Response:
    """Begin a draft with the first page."""
    _count(office, request, "begun", BEGUN)
    secret = _secret(request) or secrets.token_urlsafe(32)
    language = pages.reader_of(request).language
    with office.db.begin() as session:
        body_id = organization.body_named(session, None).id
        version = services.deployed(session, body_id, code)
        row = drafts.begin(session, version, citizen=citizen, secret=secret, language=language)
        token = row.token
    response = _saved(request, office, token, 1, form, citizen, secret)
    response.set_cookie(
        FORMS_COOKIE,
        secret,
        httponly=True,
        samesite="lax",
        secure=is_https(office),
        max_age=int(drafts.KEPT.total_seconds()),
    )
    return response


@router.get("/apply/{token}")
def continued(token: Token, office: TheOffice, request: Request, citizen: TheCitizen) -> Response:
    """Go on with a draft: where something is missing first, or at the last page."""
    with office.db.read() as session:
        row = drafts.opened(session, token, secret=_secret(request), citizen=citizen)
        if row.filed_at is not None:
            return RedirectResponse(f"/apply/{token}/done", 303)
        version = services.version(session, row.version_id)
        step = Step(version, row.language, 1, token=token)
        files = drafts.files(session, row.id)
    faults = form_pages.faults(step.form, row.typed, files)
    place = step.page_of(next(iter(faults))) if faults else 0
    return RedirectResponse(f"/apply/{token}/{place or 'check'}", 303)


@router.get("/apply/{token}/check")
def check(request: Request, token: Token, office: TheOffice, citizen: TheCitizen) -> Response:
    """What was typed, in full, before it is sent."""
    return _check(request, office, token, citizen)


@router.get("/apply/{token}/done")
def done(request: Request, token: Token, office: TheOffice, citizen: TheCitizen) -> Response:
    """The number and the secret: as often as the page is asked for."""
    with office.db.read() as session:
        row = drafts.opened(session, token, secret=_secret(request), citizen=citizen)
        filed = applications.filed(office, session, row)
        if filed is None:
            return RedirectResponse(f"/apply/{token}/check", 303)
        version = services.version(session, row.version_id)
    response = form_pages.done(request, version, filed, language=row.language)
    if row.account_id is None:  # an account opens its page by itself, and after it nobody here
        form_pages.remember(request, response, office, filed.id, filed.secret)
    return response


@router.get("/apply/{token}/{number}")
def shown(
    request: Request, token: Token, number: Number, office: TheOffice, citizen: TheCitizen
) -> Response:
    """A page of the form, as it was left."""
    with office.db.read() as session:
        row = drafts.opened(session, token, secret=_secret(request), citizen=citizen)
        if row.filed_at is not None:
            return RedirectResponse(f"/apply/{token}/done", 303)
        version = services.version(session, row.version_id)
        files = drafts.files(session, row.id)
    step = Step(version, row.language, number, token=token)
    if number > step.total:
        return RedirectResponse(f"/apply/{token}/check", 303)
    return form_pages.group(request, step, typed=row.typed, files=files, citizen=citizen)


@router.post("/apply/{token}/throw-away")
def throw_away(request: Request, token: Token, office: TheOffice, citizen: TheCitizen) -> Response:
    """The citizen does not want to send it."""
    with office.db.begin() as session:
        row = drafts.opened(session, token, secret=_secret(request), citizen=citizen, lock=True)
        code = row.service_code
        drafts.throw_away(session, row)
    return RedirectResponse(f"/services/{code}", 303)


@router.post("/apply/{token}/send")
def send(
    request: Request, token: Token, form: TheForm, office: TheOffice, citizen: TheCitizen
) -> Response:
    """File the application. The same form sent twice leads to the same number."""
    _count(office, request, "sent", BEGUN)
    seen = forms.optional_id(form, "seen") or 0
    with office.db.begin() as session:
        row = drafts.opened(session, token, secret=_secret(request), citizen=citizen, lock=True)
        drafts.require_owner(row, citizen, to=f"/apply/{token}/check")
        draft_id = row.id
    try:
        applications.submit(office, draft_id, citizen=citizen, seen=seen)
    except applications.BadForm as error:
        return _check(request, office, token, citizen, faults=error.faults, status_code=422)
    except applications.FormChanged as error:
        with office.db.begin() as session:
            drafts.follow_newest(session, draft_id)
        return _check(request, office, token, citizen, told=error.message, status_code=409)
    except applications.FiledAlready as error:
        faults = {"form": error.message}
        return _check(request, office, token, citizen, faults=faults, status_code=409)
    return RedirectResponse(f"/apply/{token}/done", 303)


@router.post("/apply/{token}/{number}")
def save(
    request: Request,
    token: Token,
    number: Number,
    form: TheForm,
    office: TheOffice,
    citizen: TheCitizen,
) -> Response:
    """Keep a page; then the next one, or this one with what is wrong in it."""
    return _saved(request, office, token, number, form, citizen, _secret(request))


def _saved(
    request: Request,
    office: Office,
    token: str,
    number: int,
    form: FormData,
    citizen: Citizen,
    secret: str,
) -> Response:
    _count(office, request, "saved", SAVED)
    with office.db.begin() as session:
        row = drafts.opened(session, token, secret=secret, citizen=citizen, lock=True)
        if row.filed_at is not None:
            return RedirectResponse(f"/apply/{token}/done", 303)
        step = Step(services.version(session, row.version_id), row.language, number, token=token)
        drafts.save(session, row, step.typed(form), only=step.names)
        for file_id in form.getlist("drop"):
            if isinstance(file_id, str) and file_id.isdecimal() and len(file_id) < 19:
                drafts.drop_file(session, row, int(file_id))
        body_id = row.body_id
    errors = _kept_files(office, token, step, form, citizen, secret, body_id)
    with office.db.read() as session:
        row = drafts.opened(session, token, secret=secret, citizen=citizen)
        files = drafts.files(session, row.id)
    act = str(form.get("act", "next"))
    if act == "back" and not errors:
        before = number - 1
        return RedirectResponse(f"/apply/{token}/{before}" if before else step.service_page, 303)
    if act == "next":
        found = form_pages.faults(step.form, row.typed, files)
        errors = {**{name: found[name] for name in found if name in step.all_names}, **errors}
    if errors or act == "stay":
        return form_pages.group(
            request,
            step,
            typed=row.typed,
            files=files,
            errors=errors,
            citizen=citizen,
            status_code=422 if errors else 200,
        )
    after = number + 1
    return RedirectResponse(f"/apply/{token}/{after if after <= step.total else 'check'}", 303)


def _kept_files(
    office: Office,
    token: str,
    step: Step,
    form: FormData,
    citizen: Citizen,
    secret: str,
    body_id: int,
) -> dict[str, Text]:
    """Store the files of a page; what could not be taken, by field. Each is kept as it comes."""
    errors: dict[str, Text] = {}
    for name in step.file_names:
        field = "" if name == form_pages.FREE else name
        for part in _parts(form, name):
            try:
                upload = documents.receive(office, part.file, part.filename or "", body_id=body_id)
                with office.db.begin() as session:
                    row = drafts.opened(session, token, secret=secret, citizen=citizen, lock=True)
                    drafts.add_files(session, row, step.version, [upload], field=field)
            except Invalid as error:
                errors.setdefault(name, error.message)
    return errors


def _parts(form: FormData, name: str) -> Sequence[UploadFile]:
    return [
        part for part in form.getlist(name) if not isinstance(part, str) and bool(part.filename)
    ]


def _check(
    request: Request,
    office: Office,
    token: str,
    citizen: Citizen,
    *,
    faults: dict[str, Text] | None = None,
    told: Text | None = None,
    status_code: int = 200,
) -> Response:
    with office.db.read() as session:
        row = drafts.opened(session, token, secret=_secret(request), citizen=citizen)
        if row.filed_at is not None:
            return RedirectResponse(f"/apply/{token}/done", 303)
        version = services.version(session, row.version_id)
        files = drafts.files(session, row.id)
    step = Step(version, row.language, 1, token=token)
    return form_pages.check(
        request,
        step,
        typed=row.typed,
        files=files,
        faults=faults,
        told=told,
        citizen=citizen,
        status_code=status_code,
    )


def _secret(request: Request) -> str:
    return request.cookies.get(FORMS_COOKIE, "")[:100]


def _count(office: Office, request: Request, what: str, limit: int) -> None:
    """Raises TooManyTries."""
    client = request.client.host if request.client else ""
    with office.db.begin() as session:
        throttle.count(session, f"form-{what}:{client}", limit=limit, every=form_pages.WINDOW)
