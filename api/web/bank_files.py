"""The bank's files: taking them in, what is proposed for their lines, what matches nothing; money
that is to be given back; the accounts themselves.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData, UploadFile

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.address import RowId, Start
from api.web.render import page
from docflow import organization, payments
from docflow.db import TwoAtOnce
from docflow.errors import Conflict, DocflowError, Invalid, NotFound
from docflow.i18n import t
from docflow.office import Office
from docflow.payments import Certainty, LineState, csv_files
from docflow.principal import Principal

router = APIRouter(prefix="/payments")
_MOST = 20 * 1024 * 1024 + 1
_LISTS = {
    "proposed": (LineState.PROPOSED,),
    "open": (LineState.OPEN, LineState.TWIN),
    "ignored": (LineState.IGNORED,),
    "counted": (LineState.COUNTED, LineState.MARKED, LineState.REFUND),
    "known": (LineState.KNOWN,),
}
_AT_ONCE = 200

Typed = Annotated[str, Query(alias="q", max_length=200)]


@router.get("/statements")
def statements(request: Request, by: CurrentUser, office: TheOffice, start: Start = 0) -> Response:
    """The files that were taken in, and the form for another."""
    return _statements(request, office, by, start=start)


@router.post("/statements")
def take(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Take in a file; what it brought is shown as proposals and as what matches nothing."""
    part = form.get("file")
    try:
        if not isinstance(part, UploadFile) or not part.filename:
            raise payments.BadBankFile(t("Choose the bank’s file."), field="file")
        payments.statements.take(
            office,
            part.file.read(_MOST),
            part.filename,
            by=by,
            account_id=forms.optional_id(form, "account"),
        )
    except (Invalid, payments.FileKnown, payments.NoSuchAccount) as error:
        return _statements(request, office, by, form=form, error=error)
    return RedirectResponse("/payments/statements?done=bank-file", 303)


def _statements(
    request: Request,
    office: Office,
    by: Principal,
    *,
    start: int = 0,
    form: FormData | None = None,
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        found = payments.statements.listing(session, by=by, start=start)
        accounts = payments.accounts.known(session, by=by)
        may_take = payments.keeps_account(session, by)
    status = problems.status_of(error) if error else 200
    return page(
        request,
        "web/payments/statements.html",
        status_code=422 if isinstance(error, NotFound) else status,
        statements=found,
        accounts=[(one.id, f"{one.bank} {one.iban}") for one in accounts],
        may_take=may_take,
        typed=forms.as_typed(form) if form else {},
        errors={error.field or "form": error.message} if error else {},
        start=start,
        page_size=50,
    )


@router.get("/lines")
def lines(
    request: Request,
    by: CurrentUser,
    office: TheOffice,
    shown: Annotated[str, Query(alias="list", max_length=20)] = "proposed",
    text: Typed = "",
    start: Start = 0,
) -> Response:
    """Lines of the statements: what is proposed for them, and what is known of none."""
    return _lines(request, office, by, shown=shown, text=text, start=start)


@router.post("/lines/accept")
def accept(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Accept the proposals that were ticked, each by itself: one that fails stops no other."""
    done = left = 0
    for ticked in forms.texts(form, "line")[:_AT_ONCE]:
        line_id, _, seen = ticked.partition(":")
        if not (line_id.isdecimal() and seen.isdecimal() and len(ticked) < 40):
            continue
        try:
            with office.db.begin() as session:
                payments.accept(session, int(line_id), by=by, line_seen=int(seen))
            done += 1
        except (Conflict, NotFound, TwoAtOnce):
            left += 1
    if not done and not left:
        error = Invalid(t("Tick the proposals that are right."), field="line")
        return _lines(request, office, by, error=error)
    told = "payments-left" if left else "payments-accepted"
    return RedirectResponse(f"/payments/lines?done={told}", 303)


@router.post("/lines/{line_id}/{act}")
def decide(
    request: Request,
    line_id: RowId,
    act: str,
    form: TheForm,
    by: CurrentUser,
    office: TheOffice,
) -> Response:
    """Say what a line is for, ignore it, give its money back, or open it again."""
    try:
        done = _act(office, line_id, act, form, by)
    except (Invalid, Conflict) as error:
        return _lines(
            request,
            office,
            by,
            shown=forms.text(form, "list") or "open",
            error=error,
            form=form,
            act=f"{act}-{line_id}",
        )
    back = forms.text(form, "list")
    return RedirectResponse(
        f"/payments/lines?list={back if back in _LISTS else 'open'}&done={done}", 303
    )


def _act(office: Office, line_id: int, act: str, form: FormData, by: Principal) -> str:
    seen, reason = forms.whole(form, "seen"), forms.text(form, "reason")
    with office.db.begin() as session:
        if act == "match":
            found = payments.payable(session, forms.text(form, "reference"))
            if found is None or not payments.may_see(session, found, by):
                raise payments.BadReference(t("No payment has this code."), field="reference")
            is_more = forms.text(form, "is_more") == "yes"
            payable = payments.match(
                session, line_id, found.id, by=by, line_seen=seen, is_more=is_more
            )
            if payments.by_hand.only_backs(session, line_id):
                return "bank-line-backs"
            return "bank-line-matched" if not payable.is_ended else "payments-accepted"
        if act == "ignore":
            payments.lines.ignore(session, line_id, reason=reason, by=by, seen=seen)
            return "bank-line-ignored"
        if act == "give-back":
            payments.lines.give_back(session, line_id, reason=reason, by=by, seen=seen)
            return "bank-line-refund"
        if act == "reopen":
            payments.lines.reopen(session, line_id, by=by, seen=seen)
            return "bank-line-reopened"
    raise payments.NoSuchLine(t("There is no such page."))


def _lines(
    request: Request,
    office: Office,
    by: Principal,
    *,
    shown: str = "proposed",
    text: str = "",
    start: int = 0,
    error: DocflowError | None = None,
    form: FormData | None = None,
    act: str = "",
) -> Response:
    shown = shown if shown in _LISTS else "proposed"
    with office.db.read() as session:
        found = payments.queries.unmatched(
            session, by=by, states=_LISTS[shown], text=text, start=start
        )
        proofs = payments.by_hand.among(session, [line for line, _ in found])
        counted = payments.queries.line_counts(session, by=by)
        may_keep = payments.keeps_account(session, by)
    return page(
        request,
        "web/payments/lines.html",
        status_code=problems.status_of(error) if error else 200,
        lines=found,
        shown=shown,
        lists=[
            (name, sum(counted.get(state, 0) for state in states))
            for name, states in _LISTS.items()
        ],
        sure=Certainty.SURE,
        proofs=proofs,
        may_keep=may_keep,
        text=text,
        start=start,
        page_size=payments.queries.PAGE_SIZE,
        open_act=act,
        typed=forms.as_typed(form) if form else {},
        errors={error.field or "form": error.message} if error else {},
    )


@router.get("/refunds")
def refunds(
    request: Request,
    by: CurrentUser,
    office: TheOffice,
    ended: bool = False,
    start: Start = 0,
) -> Response:
    """What is to be given back, and what was dealt with."""
    return _refunds(request, office, by, ended=ended, start=start)


@router.post("/refunds/{refund_id}/{act}")
def end_refund(
    request: Request,
    refund_id: RowId,
    act: str,
    form: TheForm,
    by: CurrentUser,
    office: TheOffice,
) -> Response:
    """Note that the money was given back, or why it is not."""
    if act not in ("done", "dropped"):
        raise payments.NoSuchRefund(t("There is no such page."))
    try:
        with office.db.begin() as session:
            payments.refunds.end(
                session,
                refund_id,
                dropped=act == "dropped",
                note=forms.text(form, "reason"),
                by=by,
            )
    except (Invalid, Conflict) as error:
        return _refunds(request, office, by, error=error, form=form, act=f"{act}-{refund_id}")
    return RedirectResponse(f"/payments/refunds?done=refund-{act}", 303)


def _refunds(
    request: Request,
    office: Office,
    by: Principal,
    *,
    ended: bool = False,
    start: int = 0,
    error: DocflowError | None = None,
    form: FormData | None = None,
    act: str = "",
) -> Response:
    with office.db.read() as session:
        found = payments.refunds.listing(session, by=by, is_open=not ended, start=start)
        may_keep = payments.keeps_account(session, by)
    return page(
        request,
        "web/payments/refunds.html",
        status_code=problems.status_of(error) if error else 200,
        refunds=found,
        ended=ended,
        may_keep=may_keep,
        start=start,
        page_size=50,
        open_act=act,
        typed=forms.as_typed(form) if form else {},
        errors={error.field or "form": error.message} if error else {},
    )


@router.get("/accounts")
def accounts(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """The bank accounts into which citizens pay."""
    return _accounts(request, office, by)


@router.post("/accounts")
def keep(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Add an account, or change one."""
    try:
        new = payments.NewAccount(
            bank=forms.text(form, "bank"),
            holder=forms.text(form, "holder"),
            iban=forms.text(form, "iban"),
            bic=forms.text(form, "bic"),
            creditor_code=forms.text(form, "creditor_code"),
            unit_id=forms.whole(form, "unit"),
            is_current=forms.text(form, "is_current") == "yes",
            profile=_profile(form),
        )
        with office.db.begin() as session:
            payments.accounts.keep(session, new, by=by)
    except (Invalid, organization.NoSuchUnit) as error:
        return _accounts(request, office, by, form=form, error=error)
    return RedirectResponse("/payments/accounts?done=collection-account", 303)


def _profile(form: FormData) -> dict[str, Any]:
    """Headings stand one a line; a column without any is none."""
    columns = {
        name: forms.text(form, f"column_{name}").splitlines()
        for name in csv_files.COLUMNS
        if forms.text(form, f"column_{name}")
    }
    return {
        **{name: forms.text(form, name) for name in ("encoding", "separator", "decimal")},
        "day": forms.text(form, "day_form"),
        "outgoing": forms.text(form, "outgoing").splitlines(),
        "columns": columns,
    }


def _accounts(
    request: Request,
    office: Office,
    by: Principal,
    *,
    form: FormData | None = None,
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        if not (by.is_administrator or payments.may_work(session, by)):
            raise payments.NoSuchAccount(t("There is no such collection account."))
        known = payments.accounts.known(session, by=by)
        tree = organization.units(session, by.body_id) if by.is_administrator else []
        names = organization.unit_names(session, [one.unit_id for one in known])
        is_keeper = payments.may_work(session, by)
    asked = request.query_params.get("iban", "")
    chosen = next((one for one in known if one.iban == asked), None)
    typed = forms.as_typed(form) if form else _typed(chosen)
    place = {"day": "day_form", "booked_on": "column_booked_on"}
    status = problems.status_of(error) if error else 200
    field = (error.field or "form") if error else ""
    return page(
        request,
        "web/payments/accounts.html",
        status_code=422 if isinstance(error, NotFound) else status,
        accounts=known,
        unit_names=names,
        units=tree,
        may_keep=by.is_administrator,
        is_keeper=is_keeper,
        chosen=chosen,
        typed=typed,
        errors={place.get(field, field): error.message} if error else {},
        columns=csv_files.COLUMNS,
        encodings=[(one, one) for one in csv_files.ENCODINGS],
        separators=list(csv_files.SEPARATORS),
        days=[(one, one) for one in csv_files.DAYS],
    )


def _typed(chosen: payments.CollectionAccount | None) -> dict[str, Any]:
    profile = chosen.profile if chosen else csv_files.GENERAL
    known: dict[str, Any] = {
        "encoding": profile["encoding"],
        "separator": profile["separator"],
        "decimal": profile["decimal"],
        "day_form": profile["day"],
        "outgoing": "\n".join(profile["outgoing"]),
        **{
            f"column_{name}": "\n".join(profile["columns"].get(name, ()))
            for name in csv_files.COLUMNS
        },
        "is_current": "yes",
    }
    if chosen is not None:
        known |= {
            "bank": chosen.bank,
            "holder": chosen.holder,
            "iban": chosen.iban,
            "bic": chosen.bic,
            "creditor_code": chosen.creditor_code,
            "unit": str(chosen.unit_id),
            "is_current": "yes" if chosen.is_current else "",
        }
    return known
