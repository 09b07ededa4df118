"""The payer's own page: what he owes and for what, how he pays, what he says that he paid."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse

from api import problems
from api.deps import Language, TheOffice
from api.forms import text
from api.pages import TheForm
from api.portal.render import page
from docflow import payments, throttle
from docflow.errors import Conflict, DocflowError, Invalid, Unavailable
from docflow.office import Office
from docflow.principal import Via, system

router = APIRouter(prefix="/pay")
Token = Annotated[str, Path(pattern=r"^[\w-]{10,60}$")]
_TRIES, _WINDOW = 30, timedelta(minutes=5)  # of one address, whatever the payment
_PRINTED = ("el", "en")


@router.get("/{token}")
def show(request: Request, token: Token, office: TheOffice, language: Language) -> Response:
    """What is owed and how it is paid."""
    return _page(request, office, token, language)


@router.post("/{token}")
def tell(
    request: Request, token: Token, form: TheForm, office: TheOffice, language: Language
) -> Response:
    """The payer types the bank's transaction number (domain row S0-6)."""
    _count(request, office)
    try:
        with office.db.begin() as session:
            payable = payments.of_token(session, token)
            by = system(payable.body_id, via=Via.PUBLIC)
            payments.told(session, payable.id, text(form, "bank_number"), by=by)
    except (Invalid, Conflict) as error:
        typed = text(form, "bank_number")
        return _page(request, office, token, language, error=error, typed=typed)
    return RedirectResponse(f"/pay/{token}?told=1", 303)


@router.post("/{token}/card")
def by_card(request: Request, token: Token, office: TheOffice, language: Language) -> Response:
    """Go to the card provider's page."""
    _count(request, office)
    try:
        address = payments.cards.begin(office, token)
    except (Conflict, Unavailable) as error:
        return _page(request, office, token, language, error=error)
    return RedirectResponse(address, 303)


@router.get("/{token}/card")
def back(request: Request, token: Token, office: TheOffice, language: Language) -> Response:
    """Back from the provider, whose word is asked for at once."""
    _count(request, office)
    try:
        payments.cards.look_for(office, token)
    except (Conflict, Unavailable) as error:
        return _page(request, office, token, language, error=error)
    return RedirectResponse(f"/pay/{token}", 303)


@router.get("/{token}/receipt.pdf")
def receipt(token: Token, office: TheOffice, language: Language) -> Response:
    """The receipt of what was paid."""
    with office.db.read() as session:
        payable = payments.of_token(session, token)
    chosen = language if language in _PRINTED else "en"
    pdf = payments.receipt(office, payable.id, language=chosen)
    return Response(
        pdf,
        media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{payable.reference}.pdf"'},
    )


def _count(request: Request, office: Office) -> None:
    client = request.client.host if request.client else ""
    with office.db.begin() as session:
        throttle.count(session, f"pay:{client}", limit=_TRIES, every=_WINDOW)


def _page(
    request: Request,
    office: Office,
    token: str,
    language: str,
    *,
    error: DocflowError | None = None,
    typed: str = "",
) -> Response:
    request.state.language = language
    with office.db.read() as session:
        payable = payments.of_token(session, token)
        owed = payments.owed(session, payable)
        account = payments.accounts.current(session, payable.body_id)
        card = payments.cards.last_of(session, payable.id)
    is_open = not payable.is_ended and owed.left_cents > 0
    qr = payments.transfers.qr_svg(account, payable, owed.left_cents) if account and is_open else ""
    return page(
        request,
        "portal/pay.html",
        status_code=problems.status_of(error) if error else 200,
        one=payable,
        owed=owed,
        account=account,
        iban=payments.references.grouped(account.iban) if account else "",
        code=payments.references.grouped(payable.reference),
        qr=qr,
        is_open=is_open,
        takes_cards=is_open and payments.cards.taken(office),
        card=card,
        typed={"bank_number": typed or payable.bank_number},
        was_told=bool(request.query_params.get("told")) and error is None,
        errors={error.field or "form": error.message} if error else {},
    )
