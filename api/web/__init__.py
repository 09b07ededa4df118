"""The staff's pages: server-rendered, in the person's language, usable without JavaScript."""

import logging
from typing import cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from api import problems, uploads
from api.deps import SESSION_COOKIE, CurrentUser, chosen_language
from api.pages import ClosesForms, is_htmx, read_form
from api.web import (
    accounts,
    annulments,
    answers,
    arrivals,
    articles,
    bank_files,
    batch,
    bodies,
    books,
    case_covers,
    case_files,
    catalogue,
    chains,
    citizens,
    classification,
    closings,
    confidential,
    contact_lists,
    contacts,
    corrections,
    deadline_terms,
    deadlines,
    deliveries,
    delivery_lists,
    deputies,
    diary,
    diary_calendars,
    draft_papers,
    drafts,
    elsewhere,
    emergency,
    entering,
    entries,
    evidence,
    exports,
    imports,
    intake,
    interrupted,
    keys,
    kinds,
    learning,
    live,
    login,
    looking,
    messages,
    notices,
    organogram,
    oversight,
    papers,
    parties,
    payments,
    people,
    petitions,
    process_templates,
    processes,
    proposals,
    publishing,
    read_reports,
    register,
    reorganising,
    residents,
    scans,
    searching,
    series,
    service_wordings,
    signed,
    signing_desk,
    statistics,
    storage,
    undescribed,
    work,
    workdays,
    worklists,
)
from api.web.render import error_page, page
from docflow import documents, organization, reads
from docflow.db import OutcomeUnknown
from docflow.errors import DocflowError, Unavailable
from docflow.i18n import t
from docflow.notices import Hearing
from docflow.office import Office

log = logging.getLogger(__name__)


def create_app(office: Office) -> FastAPI:
    """The staff's app over an office."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.office = office
    app.state.hearing = Hearing(office.db)
    for module in (
        login,
        entering,
        organogram,
        reorganising,
        accounts,
        bodies,
        series,
        proposals,
        register,
        undescribed,
        kinds,
        catalogue,
        service_wordings,
        articles,
        entries,
        intake,
        searching,
        looking,
        live,
        notices,
        messages,
        deliveries,
        publishing,
        learning,
        evidence,
        work,
        delivery_lists,
        worklists,
        statistics,
        answers,
        batch,
        chains,
        citizens,
        draft_papers,
        deputies,
        deadlines,
        bank_files,  # its addresses go before that of one payment
        payments,
        deadline_terms,
        workdays,
        elsewhere,
        drafts,
        signed,
        keys,
        signing_desk,
        oversight,
        confidential,
        read_reports,
        storage,
        papers,
        scans,
        books,
        emergency,
        imports,
        closings,
        case_covers,
        case_files,
        classification,
        exports,
        arrivals,
        annulments,
        corrections,
        parties,
        people,
        contact_lists,
        contacts,
        diary_calendars,
        diary,
        petitions,
        residents,
        processes,
        process_templates,
    ):
        app.include_router(module.router)
    app.get("/")(home)
    app.add_exception_handler(organization.NotLoggedIn, _login_first)
    app.add_exception_handler(organization.PasswordHandedOver, _own_password_first)
    app.add_exception_handler(Unavailable, _try_again)
    app.add_exception_handler(reads.ReasonNeeded, _ask_reason)
    app.add_exception_handler(DocflowError, _told)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(RequestValidationError, _not_found)
    app.add_exception_handler(Exception, _broken)
    app.add_middleware(ClosesForms)
    return app


def home(by: CurrentUser) -> Response:
    """A clerk begins with the form, an auditor with the trail, everybody else with his work."""
    if by.is_clerk and not by.headed_unit_ids:
        return RedirectResponse("/register", 303)
    if by.is_data_protection and not by.unit_ids:
        return RedirectResponse("/reads", 303)
    if by.is_administrator and not by.unit_ids:
        return RedirectResponse("/system", 303)
    return RedirectResponse("/audit" if by.is_auditor else "/work", 303)


async def _login_first(request: Request, error: Exception) -> Response:
    if is_htmx(request):
        return _told(request, error)
    return await run_in_threadpool(
        login.ended, request, _office(request), await _sent(request), chosen_language(request)
    )


def _own_password_first(request: Request, error: Exception) -> Response:
    return _told(request, error) if is_htmx(request) else RedirectResponse("/password", 303)


async def _try_again(request: Request, error: Exception) -> Response:
    """A part does not answer: what was typed comes back in a page that can send it once more."""
    told = cast(DocflowError, error)
    form = await _sent(request)
    if not form or SESSION_COOKIE not in request.cookies or is_htmx(request):
        return _told(request, error)
    principal = getattr(request.state, "principal", None)
    body_id = principal.body_id if principal else None
    kept = await run_in_threadpool(
        interrupted.kept, _office(request), request.url.path, form, body_id=body_id
    )
    return page(
        request,
        "web/resume.html",
        status_code=problems.status_of(told),
        form=kept,
        message=told.message,
        may_be_saved=isinstance(told, OutcomeUnknown),
    )


async def _sent(request: Request) -> FormData | None:
    return await read_form(request) if request.method == "POST" else None


def _ask_reason(request: Request, error: Exception) -> Response:
    if is_htmx(request):
        return _told(request, error)
    return confidential.ask(request, cast(reads.ReasonNeeded, error))


def _told(request: Request, error: Exception) -> Response:
    told = cast(DocflowError, error)
    return error_page(request, problems.status_of(told), told.message)


def _plain(request: Request, error: Exception) -> Response:
    status = cast(HTTPException, error).status_code
    if uploads.is_full(error.__cause__):
        return _told(request, documents.no_room())
    if status == 404:
        return _not_found(request, error)
    return error_page(
        request,
        status,
        t("The request was not as this page sends it. Go back, reload the page and try again."),
    )


def _not_found(request: Request, _: Exception) -> Response:
    return error_page(request, 404, t("There is no such page."))


def _broken(request: Request, error: Exception) -> Response:
    # The border of the pages: the person gets a number to tell, the log gets the trace.
    log.exception("request failed", exc_info=error)
    return error_page(
        request,
        500,
        t("Something went wrong here. Nothing was changed. Please try again, or tell us."),
    )


def _office(request: Request) -> Office:
    office: Office = request.app.state.office
    return office
