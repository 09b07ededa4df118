"""Arrivals that wait for their number, and numbers that wait for their document."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import books_words as words
from api.web import forms
from api.web.address import RowId
from api.web.render import page
from docflow import clock, organization, registry
from docflow.errors import DocflowError
from docflow.i18n import Text, t
from docflow.office import Office
from docflow.principal import Principal
from docflow.registry import DeliveryMethod, Direction, arrivals, reservations

router = APIRouter()
PAGE_SIZE = 50
_REMEMBERED = "docflow_arrival"  # cookie: the way of delivery chosen last time


@router.get("/arrivals")
def listing(
    request: Request,
    by: CurrentUser,
    office: TheOffice,
    everything: Annotated[bool, Query(alias="all")] = False,
    before: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """What arrived and waits to be registered, and the short form for what arrives now."""
    typed = {"delivery_method": request.cookies.get(_REMEMBERED, ""), "is_openable": "on"}
    return _arrivals(request, office, by, typed, {}, everything=everything, before=before)


@router.post("/arrivals")
def arrive(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Give an item its arrival number."""
    try:
        method = forms.choice(
            form, "delivery_method", DeliveryMethod, otherwise=DeliveryMethod.POST
        )
        new = arrivals.NewArrival(
            delivery_method=method,
            sender_name=forms.text(form, "sender_name"),
            sender_email=forms.text(form, "sender_email"),
            delivery_detail=forms.text(form, "delivery_detail"),
            is_openable=bool(forms.text(form, "is_openable")),
            note=forms.text(form, "note"),
        )
        with office.db.begin() as session:
            arrival = arrivals.arrive(session, new, by=by, zone=office.settings.zone)
            place = arrival.id
    except DocflowError as error:
        return _arrivals(request, office, by, forms.as_typed(form), _errors(error), error=error)
    response = RedirectResponse(f"/arrivals?done=arrived#arrival-{place}", 303)
    response.set_cookie(_REMEMBERED, method, max_age=90 * 86400, httponly=True, samesite="lax")
    return response


@router.post("/arrivals/{arrival_id}/end")
def end(
    request: Request, arrival_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """End an arrival that gets no number, with the reason."""
    try:
        outcome = forms.choice(
            form, "outcome", arrivals.ArrivalOutcome, otherwise=arrivals.ArrivalOutcome.JUNK
        )
        with office.db.begin() as session:
            arrivals.end(session, arrival_id, outcome, reason=forms.text(form, "reason"), by=by)
    except DocflowError as error:
        return _arrivals(
            request,
            office,
            by,
            forms.as_typed(form),
            _errors(error),
            error=error,
            ending=arrival_id,
        )
    return RedirectResponse("/arrivals?done=arrival-ended", 303)


def _errors(error: DocflowError) -> dict[str, Text]:
    return {error.field or "form": error.message}


def _arrivals(
    request: Request,
    office: Office,
    by: Principal,
    typed: Mapping[str, str],
    errors: Mapping[str, Text],
    *,
    everything: bool = False,
    before: int | None = None,
    error: DocflowError | None = None,
    ending: int = 0,
) -> Response:
    with office.db.read() as session:
        rows = arrivals.listing(
            session, by=by, only_waiting=not everything, before=before, limit=PAGE_SIZE + 1
        )
        waiting = arrivals.count_waiting(session, body_id=by.body_id)
    return page(
        request,
        "web/books/arrivals.html",
        status_code=problems.status_of(error) if error else 200,
        rows=rows[:PAGE_SIZE],
        next_before=rows[PAGE_SIZE - 1].id if len(rows) > PAGE_SIZE and everything else None,
        is_first=before is None,
        waiting=waiting,
        everything=everything,
        may_arrive=by.is_clerk or by.is_registrar,
        methods=list(DeliveryMethod),
        outcomes=words.OUTCOMES,
        values=typed,
        errors=errors,
        ending=ending,
        now=clock.now(),
    )


@router.get("/reservations")
def reserved(
    request: Request,
    by: CurrentUser,
    office: TheOffice,
    everything: Annotated[bool, Query(alias="all")] = False,
) -> Response:
    """Reserved numbers, and the form that reserves."""
    end = clock.today(office.settings.zone) + timedelta(days=7)
    typed = {"count": "1", "direction": "outgoing", "last_day": f"{end:%d/%m/%Y}"}
    return _reservations(request, office, by, typed, {}, everything=everything)


@router.post("/reservations")
def reserve(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Take numbers for documents that are still to come."""
    try:
        last_day = forms.day(form, "last_day")
        if last_day is None:
            raise reservations.BadReservation(t("Write until which day."), field="last_day")
        with office.db.begin() as session:
            owner = forms.text(form, "owner")
            owner_id = (
                organization.principal_named(session, owner, via=by.via).user_id if owner else None
            )
            reservations.reserve(
                session,
                forms.text(form, "book") or None,
                direction=forms.choice(form, "direction", Direction, otherwise=Direction.OUTGOING),
                count=forms.whole(form, "count", otherwise=1),
                reason=forms.text(form, "reason"),
                last_day=last_day,
                owner_id=owner_id,
                by=by,
                zone=office.settings.zone,
            )
    except DocflowError as error:
        typed = forms.as_typed(form)
        return _reservations(request, office, by, typed, _errors(error), error=error)
    return RedirectResponse("/reservations?done=reserved", 303)


@router.post("/reservations/{reservation_id}/give-back")
def give_back(
    request: Request, reservation_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """End a reservation before its time; its number is annulled with the reason."""
    try:
        with office.db.begin() as session:
            reservations.give_back(
                session, reservation_id, reason=forms.text(form, "reason"), by=by
            )
    except DocflowError as error:
        typed = forms.as_typed(form)
        return _reservations(
            request, office, by, typed, _errors(error), error=error, ending=reservation_id
        )
    return RedirectResponse("/reservations?done=given-back", 303)


def _reservations(
    request: Request,
    office: Office,
    by: Principal,
    typed: Mapping[str, str],
    errors: Mapping[str, Text],
    *,
    everything: bool = False,
    error: DocflowError | None = None,
    ending: int = 0,
) -> Response:
    with office.db.read() as session:
        rows = reservations.listing(session, by=by, only_held=not everything)
        books = registry.books_open_to(session, by, to_write=True)
        people = organization.usernames(session, by.body_id) if books else []
        context: dict[str, Any] = {
            "rows": rows,
            "books": [(book.code, book.title) for book in books],
            "people": [(name, full_name) for name, full_name, *_ in people],
        }
    return page(
        request,
        "web/books/reservations.html",
        status_code=problems.status_of(error) if error else 200,
        directions=list(Direction),
        everything=everything,
        values=typed,
        errors=errors,
        ending=ending,
        now=clock.now(),
        **context,
    )
