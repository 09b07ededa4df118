"""The citizens' pages: services, applications, payments, appointments, accounts, public acts;
documents checked and picked up. Who must be known is said by each page (`citizen.require`).
"""

import logging
from typing import cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from api import problems, uploads
from api.pages import ClosesForms
from api.portal import (
    account,
    acts,
    applying,
    at_provider,
    entering,
    health,
    pickup,
    proofs,
    representing,
    verify,
)
from api.portal import applications as application_pages
from api.portal import appointments as appointment_pages
from api.portal import log as log_pages
from api.portal import pay as pay_pages
from api.portal import services as service_pages
from api.portal.citizen import shown_the_way
from api.portal.render import error_page
from docflow import accounts, citizens, documents
from docflow.errors import DocflowError
from docflow.i18n import PORTAL_LANGUAGES, t
from docflow.office import Office

log = logging.getLogger(__name__)


def create_app(office: Office) -> FastAPI:
    """The citizens' app over an office."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.office = office
    app.state.languages = PORTAL_LANGUAGES
    app.include_router(proofs.router)
    app.include_router(verify.router)
    app.include_router(pickup.router)
    app.include_router(log_pages.router)
    app.include_router(acts.router)
    app.include_router(service_pages.router)
    app.include_router(applying.router)
    app.include_router(application_pages.router)
    app.include_router(appointment_pages.router)
    for module in (account, at_provider, entering, representing):
        app.include_router(module.router)
    app.include_router(pay_pages.router)
    app.include_router(health.router)
    app.add_exception_handler(DocflowError, _told)
    app.add_exception_handler(accounts.LevelNeeded, _show_the_way)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(RequestValidationError, _not_found)
    app.add_exception_handler(Exception, _broken)
    app.add_middleware(ClosesForms)
    return app


def _show_the_way(request: Request, error: Exception) -> Response:
    return shown_the_way(request, cast(accounts.LevelNeeded, error))


def _told(request: Request, error: Exception) -> Response:
    told = cast(DocflowError, error)
    gone = isinstance(told, citizens.PickupClosed)  # what waited there is no longer there
    return error_page(request, 410 if gone else problems.status_of(told), told.message)


def _plain(request: Request, error: Exception) -> Response:
    status = cast(HTTPException, error).status_code
    if uploads.is_full(error.__cause__):
        return _told(request, documents.no_room())
    if status == 404:
        return _not_found(request, error)
    return error_page(
        request, status, t("The request was not as this page sends it. Go back and try again.")
    )


def _not_found(request: Request, _: Exception) -> Response:
    return error_page(request, 404, t("There is no such page."))


def _broken(request: Request, error: Exception) -> Response:
    # The border of the pages: the visitor is told so, the log gets the trace.
    log.exception("request failed", exc_info=error)
    return error_page(request, 500, t("Something went wrong here. Please try again later."))
