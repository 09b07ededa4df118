"""Payments: what waits for a check, one payment with its five acts, its receipt."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms, history
from api.web.address import RowId, Start
from api.web.render import page
from docflow import clock, payments
from docflow.errors import Conflict, DocflowError, Invalid
from docflow.i18n import t
from docflow.office import Office
from docflow.payments import Basket, Payable, PayableState
from docflow.principal import Principal

router = APIRouter(prefix="/payments")
_SHOWN = (Basket.CHECK, Basket.OPEN, Basket.ENDED, Basket.ALL)
_PRINTED = ("el", "en")

Typed = Annotated[str, Query(alias="q", max_length=200)]


@router.get("")
def listing(
    request: Request,
    by: CurrentUser,
    office: TheOffice,
    basket: Basket = Basket.CHECK,
    text: Typed = "",
    start: Start = 0,
) -> Response:
    """The payments of a basket; a payment code typed whole leads to its payment."""
    with office.db.read() as session:
        found = payments.queries.listing(session, by=by, basket=basket, text=text, start=start)
        counts = payments.queries.counts(session, by=by)
        keeps = payments.keeps_account(session, by)
    return page(
        request,
        "web/payments/list.html",
        payments=found,
        counts=counts,
        basket=basket,
        baskets=_SHOWN,
        text=text,
        start=start,
        page_size=payments.queries.PAGE_SIZE,
        keeps_account=keeps or by.is_auditor,
    )


@router.get("/{payable_id}")
def show(request: Request, payable_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """One payment: what is owed, what the citizen says, what the bank says, what is to be done."""
    return _page(request, office, by, payable_id)


@router.get("/{payable_id}/receipt.pdf")
def receipt(payable_id: RowId, by: CurrentUser, office: TheOffice, language: str = "") -> Response:
    """The receipt of a payment that is entered for good."""
    with office.db.read() as session:
        payable = payments.get(session, payable_id, by=by)
    chosen = language if language in _PRINTED else by.language
    pdf = payments.receipt(office, payable.id, language=chosen)
    return Response(
        pdf,
        media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{payable.reference}.pdf"'},
    )


@router.post("/{payable_id}/{act}")
def decide(
    request: Request,
    payable_id: RowId,
    act: str,
    form: TheForm,
    by: CurrentUser,
    office: TheOffice,
) -> Response:
    """Mark, take the mark back, complete, complete by a proof, refuse."""
    try:
        with office.db.begin() as session:
            ended = _act(session, payable_id, act, form, by)
    except (Invalid, Conflict) as error:
        return _page(request, office, by, payable_id, act=act, form=form, error=error)
    return RedirectResponse(f"/payments/{payable_id}?done={_done(act, ended)}", 303)


def _act(session: Session, payable_id: int, act: str, form: FormData, by: Principal) -> Payable:
    seen = forms.whole(form, "seen")
    if act == "mark":
        line_id = forms.whole(form, "line")
        if not line_id:
            raise forms.BadChoice(t("Choose the line of the statement."), field="line")
        line_seen = forms.whole(form, f"line_seen_{line_id}")
        return payments.mark(session, payable_id, line_id, by=by, seen=seen, line_seen=line_seen)
    if act == "unmark":
        return payments.unmark(session, payable_id, by=by, seen=seen)
    if act == "confirm":
        return payments.confirm(session, payable_id, by=by, seen=seen)
    if act == "by-hand":
        return payments.confirm_by_hand(
            session,
            payable_id,
            cents=payments.amounts.parse(forms.text(form, "amount"), field="amount"),
            received_on=forms.day(form, "received_on") or clock.today(),
            number=forms.text(form, "number"),
            note=forms.text(form, "reason"),
            by=by,
            seen=seen,
        )
    if act == "refuse":
        return payments.refuse(
            session, payable_id, reason=forms.text(form, "reason"), by=by, seen=seen
        )
    raise payments.NoSuchPayable(t("There is no such page."))


def _done(act: str, payable: Payable) -> str:
    if act in ("mark", "unmark"):
        return "payment-marked" if act == "mark" else "payment-unmarked"
    if payable.state == PayableState.REFUSED:
        return "payment-refused"
    return "payment-paid" if payable.state == PayableState.PAID else "payment-part"


def _page(
    request: Request,
    office: Office,
    by: Principal,
    payable_id: int,
    *,
    act: str = "",
    form: FormData | None = None,
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        shown = payments.queries.details(session, payable_id, by=by)
        keeps = payments.keeps_account(session, by)
        events = history.told(session, [("payable", payable_id)], by=by)
    typed: dict[str, Any] = forms.as_typed(form) if form else {}
    left = payments.amounts.typed(shown.owed.left_cents)
    return page(
        request,
        "web/payments/one.html",
        status_code=problems.status_of(error) if error else 200,
        shown=shown,
        one=shown.payable,
        events=events,
        keeps_account=keeps,
        open_act=act if error and act in ("by-hand", "refuse") else "",
        typed={"amount": left, **typed},
        errors={error.field or "form": error.message} if error else {},
        code=payments.references.grouped(shown.payable.reference),
    )
