"""For machines that watch: does this process live, can it serve, how is the installation?"""

import hmac

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

import storage
from api import metering
from api.deps import TheOffice
from docflow import documents, operation
from docflow.errors import NotFound
from docflow.i18n import t
from docflow.office import Office

router = APIRouter()
_NOT_KEPT = {"Cache-Control": "no-store"}
_NO_OBJECT = "0" * 64


class NoMetrics(NotFound):
    """There are no metrics for this caller."""


@router.get("/health/live")
def live() -> Response:
    """The process answers. Whoever watches it restarts it when it does not."""
    return PlainTextResponse("ok\n", headers=_NOT_KEPT)


@router.get("/health")
def healthy(office: TheOffice) -> Response:
    """This process can serve: the database answers."""
    with office.db.read() as session:
        session.connection()
    return PlainTextResponse("ok\n", headers=_NOT_KEPT)


@router.get("/health/ready")
def ready(office: TheOffice) -> Response:
    """Database and store answer: requests may be sent here. 503 while one of them does not."""
    with office.db.read() as session:
        session.connection()
    _ask(office)
    return PlainTextResponse("ok\n", headers=_NOT_KEPT)


def _ask(office: Office) -> None:
    try:
        office.store.exists(_NO_OBJECT)
    except storage.StorageError as error:
        raise documents.store_unavailable() from error


@router.get("/health/metrics")
def metrics(request: Request, office: TheOffice) -> Response:
    """Gauges of the installation and counts of this server, for Prometheus with its token."""
    token = office.settings.metrics_token
    sent = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token is None or not hmac.compare_digest(sent, token.get_secret_value()):
        raise NoMetrics(t("There is no such page."))
    with office.db.read() as session:
        now = operation.state(session, office.settings)
    body = operation.exposed(now, office.settings) + metering.requests()
    return Response(body, media_type="text/plain; version=0.0.4; charset=utf-8", headers=_NOT_KEPT)
