"""Lists with which paper goes to units: what waits, the lists that were made, their PDF."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.address import AfterId, RowId
from api.web.render import page
from docflow.errors import Conflict, DocflowError, Invalid, NotFound
from docflow.office import Office
from docflow.principal import Principal
from docflow.routing import delivery_lists

router = APIRouter()
PAGE_SIZE = 30


@router.get("/delivery-lists")
def listing(
    request: Request, by: CurrentUser, office: TheOffice, after: AfterId = None
) -> Response:
    """What waits to be handed over, by unit, and the lists so far."""
    return _show(request, office, by, after=after)


@router.post("/delivery-lists")
def make(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Make a list for each unit of the chosen documents; the page comes back where it cannot be."""
    chosen = {
        int(one) for one in forms.texts(form, "charge_id") if one.isdecimal() and len(one) < 19
    }
    try:
        with office.db.begin() as session:
            made = delivery_lists.make(session, sorted(chosen), by=by)
    except (Invalid, Conflict, delivery_lists.NoSuchDeliveryList) as error:
        return _show(request, office, by, chosen=chosen, error=error)
    if len(made) == 1:
        return RedirectResponse(f"/delivery-lists/{made[0].id}?done=delivery-list", 303)
    return RedirectResponse("/delivery-lists?done=delivery-list", 303)


@router.get("/delivery-lists/{list_id}")
def show(request: Request, list_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """A list with its documents."""
    with office.db.read() as session:
        info, lines = delivery_lists.get(session, list_id, by=by)
    return page(request, "web/delivery/list.html", info=info, lines=lines)


@router.get("/delivery-lists/{list_id}/list.pdf")
def printed(list_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """The list on paper, with the column for signatures."""
    with office.db.read() as session:
        sheet = delivery_lists.sheet(
            session, list_id, by=by, language=by.language, zone=office.settings.zone
        )
    pdf = delivery_lists.printed(sheet, language=by.language)
    name = f"delivery-list-{sheet.number.replace('/', '-')}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"}
    return Response(pdf, media_type="application/pdf", headers=headers)


def _show(
    request: Request,
    office: Office,
    by: Principal,
    *,
    after: int | None = None,
    chosen: set[int] | None = None,
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        waiting = delivery_lists.waiting(session, by=by)
        lists = delivery_lists.listing(session, by=by, after=after, limit=PAGE_SIZE + 1)
    status = 200
    if error is not None:
        status = 422 if isinstance(error, NotFound) else problems.status_of(error)
    return page(
        request,
        "web/delivery/lists.html",
        status_code=status,
        waiting=waiting,
        chosen={one.charge_id for one in waiting} if chosen is None else chosen,
        lists=lists[:PAGE_SIZE],
        next_after=lists[PAGE_SIZE - 1].id if len(lists) > PAGE_SIZE else None,
        errors={"form": error.message} if error is not None else {},
    )
