"""Deliveries that somebody must see to: to be posted, waiting, failed; and the proof of one."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.deps import CurrentUser, TheOffice
from api.web.address import RowId, Start, path_of
from api.web.render import page
from docflow import dispatch
from docflow.dispatch import Pile, listing

router = APIRouter()


@router.get("/deliveries")
def listed(
    request: Request,
    by: CurrentUser,
    office: TheOffice,
    pile: Pile = Pile.TO_SEND,
    start: Start = 0,
) -> Response:
    """A pile of deliveries, over the entries that the person may see."""
    with office.db.read() as session:
        found = listing.lines(session, pile, by=by, start=start)
        counts = listing.counts(session, by=by)
    return page(
        request,
        "web/deliveries.html",
        found=found,
        counts=counts,
        pile=pile,
        piles=list(Pile),
        start=start,
        page_size=listing.PAGE_SIZE,
    )


@router.get("/deliveries/{delivery_id}/proof")
def proof(delivery_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """The proof of a delivery as PDF, with every try."""
    name, pdf = dispatch.proof(office, delivery_id, by=by, language=by.language)
    return Response(
        pdf,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )


@router.get("/deliveries/{delivery_id}/entry")
def entry(delivery_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """To the page of the document's entry."""
    with office.db.read() as session:
        path = path_of(session, dispatch.entry_of(session, delivery_id, by=by), by)
    return RedirectResponse(path or "/deliveries", 303)
