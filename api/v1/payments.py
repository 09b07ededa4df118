"""/api/v1/payments: what is owed and paid, and what the financial application reads of it."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from api.deps import TheOffice
from api.v1.fields import Id
from api.v1.payment_shapes import (
    Event,
    Events,
    Marking,
    OnePayment,
    Payment,
    Payments,
    Proof,
    Reason,
    SeenVersion,
    Start,
    Typed,
    one_payment,
)
from api.v1.reads import Limit, ReadRoute
from api.v1.security import Reader, Router
from docflow import payments
from docflow.payments import Basket

router = APIRouter(prefix="/payments", tags=["payments"], route_class=ReadRoute)
_MOST_NOTICE = 65_536


@router.get("")
def listing(
    by: Reader,
    office: TheOffice,
    basket: Basket = Basket.CHECK,
    text: Typed = "",
    start: Start = 0,
    limit: Limit = 50,
) -> Payments:
    """The payments of a basket, as far as the caller may see them."""
    with office.db.read() as session:
        found = payments.queries.listing(
            session, by=by, basket=basket, text=text.replace("\0", ""), start=start, limit=limit
        )
    return Payments(items=[Payment.model_validate(one) for one in found])


@router.get("/events")
def events(
    by: Reader,
    office: TheOffice,
    after: Annotated[int, Query(ge=0, le=2**62, description="`last` of the answer before.")] = 0,
    limit: Limit = 100,
) -> Events:
    """What happened, for the financial application: read on behind the last position it had."""
    with office.db.begin() as session:
        payments.events.place(session)
    with office.db.read() as session:
        found = payments.events.after(session, after, by=by, limit=limit)
    items = [Event.model_validate(one) for one in found]
    return Events(items=items, last=items[-1].position if items else after)


@router.post("/card-notices", status_code=204)
async def hear_card(request: Request, office: TheOffice) -> Response:
    """The card provider says how a payment stands. Its signature is the whole of its access."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_NOTICE:
            raise HTTPException(413)
    await run_in_threadpool(payments.cards.heard, office, request.headers, body)
    return Response(status_code=204)


@router.get("/{payment_id}")
def show(payment_id: Id, by: Reader, office: TheOffice) -> OnePayment:
    """One payment: what is owed, what came, what the bank says."""
    with office.db.read() as session:
        return one_payment(session, payment_id, by)


@router.get(
    "/{payment_id}/receipt",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}, "description": "The receipt."}},
)
def receipt(
    payment_id: Id,
    by: Reader,
    office: TheOffice,
    language: Annotated[str, Query(pattern="^(el|en)$")] = "el",
) -> Response:
    """The receipt of a payment that is entered for good, as PDF."""
    with office.db.read() as session:
        payable = payments.get(session, payment_id, by=by)
    pdf = payments.receipt(office, payable.id, language=language)
    return Response(pdf, media_type="application/pdf")


@router.post("/{payment_id}/mark")
def mark(
    payment_id: Id, body: Marking, by: Router, office: TheOffice, seen: SeenVersion = None
) -> OnePayment:
    """Mark the line of the statement that is this payment; nothing counts yet."""
    with office.db.begin() as session:
        payments.mark(session, payment_id, body.line_id, by=by, seen=seen, line_seen=body.line_seen)
        return one_payment(session, payment_id, by)


@router.post("/{payment_id}/completion")
def confirm(payment_id: Id, by: Router, office: TheOffice, seen: SeenVersion = None) -> OnePayment:
    """Complete: what is marked counts, for good."""
    with office.db.begin() as session:
        payments.confirm(session, payment_id, by=by, seen=seen)
        return one_payment(session, payment_id, by)


@router.post("/{payment_id}/proof")
def by_hand(
    payment_id: Id, body: Proof, by: Router, office: TheOffice, seen: SeenVersion = None
) -> OnePayment:
    """Count money by a proof that stands in no file of the bank."""
    with office.db.begin() as session:
        payments.confirm_by_hand(session, payment_id, **body.model_dump(), by=by, seen=seen)
        return one_payment(session, payment_id, by)


@router.post("/{payment_id}/refusal")
def refuse(
    payment_id: Id, body: Reason, by: Router, office: TheOffice, seen: SeenVersion = None
) -> OnePayment:
    """End without success: the payment was not found. The payer is told the reason."""
    with office.db.begin() as session:
        payments.refuse(session, payment_id, reason=body.reason, by=by, seen=seen)
        return one_payment(session, payment_id, by)
