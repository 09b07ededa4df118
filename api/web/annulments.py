"""Annulments that wait for the head of the registry."""

from fastapi import APIRouter, Request, Response

from api.deps import CurrentUser, TheOffice
from api.web.render import page
from docflow import registry
from docflow.i18n import t
from docflow.registry import NotYoursToAnnul

router = APIRouter()


@router.get("/annulments")
def waiting(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """Requests on which nobody has decided yet, the oldest first; each leads to its entry."""
    if not (by.is_registrar or by.is_clerk or by.is_auditor or by.confidential_writes):
        raise NotYoursToAnnul(t("Only the registry asks for annulments and decides on them."))
    with office.db.read() as session:
        found = registry.waiting_annulments(session, by=by)
    return page(request, "web/annulments.html", requests=found)
