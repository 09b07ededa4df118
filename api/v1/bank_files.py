"""/api/v1/payments: the bank's files and their lines, refunds, collection accounts."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.deps import TheOffice
from api.v1.fields import Id
from api.v1.payment_shapes import (
    Account,
    Accounts,
    BankLine,
    BankLines,
    Matching,
    NewAccount,
    NewFile,
    OnePayment,
    Reason,
    Refund,
    RefundEnd,
    Refunds,
    SeenVersion,
    Start,
    Statement,
    Statements,
    Taken,
    Typed,
    one_payment,
)
from api.v1.reads import Limit, ReadRoute
from api.v1.security import Administrator, Reader, Router
from api.v1.submission import Submitted, request_body
from docflow import organization, payments
from docflow.i18n import t
from docflow.payments import LineState

router = APIRouter(prefix="/payments", tags=["payments"], route_class=ReadRoute)
_MOST_FILE = 20 * 1024 * 1024 + 1


@router.get("/statements")
def statements(by: Reader, office: TheOffice, start: Start = 0, limit: Limit = 50) -> Statements:
    """The bank's files that were taken in, the newest first."""
    with office.db.read() as session:
        found = payments.statements.listing(session, by=by, start=start, limit=limit)
    return Statements(items=[Statement.model_validate(one) for one in found])


@router.post(
    "/statements",
    status_code=201,
    openapi_extra=request_body(NewFile, files="The bank's file: CSV or camt.053."),
)
def take(sent: Submitted, by: Router, office: TheOffice) -> Taken:
    """Take in a bank's file. One that was taken in already is refused (`file-known`)."""
    said = sent.body(NewFile)
    if len(sent.files) != 1:
        raise payments.BadBankFile(t("Choose the bank’s file."), field="file")
    [file] = sent.files
    return Taken.model_validate(
        payments.statements.take(
            office,
            file.file.read(_MOST_FILE),
            file.filename or "",
            by=by,
            account_id=said.account_id,
        )
    )


@router.get("/lines")
def lines(
    by: Reader,
    office: TheOffice,
    state: Annotated[list[LineState] | None, Query(description="Undecided ones without.")] = None,
    text: Typed = "",
    start: Start = 0,
    limit: Limit = 50,
) -> BankLines:
    """Lines of the bank's files."""
    wanted = state or [LineState.OPEN, LineState.PROPOSED, LineState.TWIN]
    with office.db.read() as session:
        found = payments.queries.unmatched(
            session, by=by, states=wanted, text=text.replace("\0", ""), start=start, limit=limit
        )
        return BankLines(items=[BankLine.model_validate(line) for line, _ in found])


@router.post("/lines/{line_id}/acceptance")
def accept(line_id: Id, by: Router, office: TheOffice, seen: SeenVersion = None) -> OnePayment:
    """The payment proposed for the line is the right one: its money counts."""
    with office.db.begin() as session:
        payable = payments.accept(session, line_id, by=by, line_seen=seen)
        return one_payment(session, payable.id, by)


@router.post("/lines/{line_id}/match")
def match(
    line_id: Id, body: Matching, by: Router, office: TheOffice, seen: SeenVersion = None
) -> OnePayment:
    """Say by its payment code what the line is for."""
    with office.db.begin() as session:
        found = payments.payable(session, body.reference)
        if found is None or not payments.may_see(session, found, by):
            raise payments.BadReference(t("No payment has this code."), field="reference")
        payable = payments.match(
            session, line_id, found.id, by=by, line_seen=seen, is_more=body.is_more
        )
        return one_payment(session, payable.id, by)


@router.post("/lines/{line_id}/ignoring")
def ignore(
    line_id: Id, body: Reason, by: Router, office: TheOffice, seen: SeenVersion = None
) -> BankLine:
    """The line is nothing to be matched."""
    with office.db.begin() as session:
        line = payments.lines.ignore(session, line_id, reason=body.reason, by=by, seen=seen)
        return BankLine.model_validate(line)


@router.post("/lines/{line_id}/refund")
def give_back(
    line_id: Id, body: Reason, by: Router, office: TheOffice, seen: SeenVersion = None
) -> BankLine:
    """Nothing was owed: the money goes into the list of refunds."""
    with office.db.begin() as session:
        line = payments.lines.give_back(session, line_id, reason=body.reason, by=by, seen=seen)
        return BankLine.model_validate(line)


@router.post("/lines/{line_id}/reopening")
def reopen(line_id: Id, by: Router, office: TheOffice, seen: SeenVersion = None) -> BankLine:
    """A proposal is wrong, what looks like another is a payment of its own, an ignored line is
    looked at again, or a line that backs a proof was more money after all."""
    with office.db.begin() as session:
        line = payments.lines.reopen(session, line_id, by=by, seen=seen)
        return BankLine.model_validate(line)


@router.get("/refunds")
def refunds(
    by: Reader, office: TheOffice, ended: bool = False, start: Start = 0, limit: Limit = 50
) -> Refunds:
    """What is to be given back, or was dealt with."""
    with office.db.read() as session:
        found = payments.refunds.listing(
            session, by=by, is_open=not ended, start=start, limit=limit
        )
    return Refunds(items=[Refund.model_validate(one) for one in found])


@router.post("/refunds/{refund_id}/end", status_code=204)
def end_refund(refund_id: Id, body: RefundEnd, by: Router, office: TheOffice) -> Response:
    """Note that the money was given back, or why it is not."""
    with office.db.begin() as session:
        payments.refunds.end(session, refund_id, dropped=body.dropped, note=body.note, by=by)
    return Response(status_code=204)


@router.get("/accounts")
def accounts(by: Reader, office: TheOffice) -> Accounts:
    """The bank accounts into which citizens pay."""
    with office.db.read() as session:
        found = payments.accounts.known(session, by=by)
        return Accounts(items=[Account.model_validate(one) for one in found])


@router.put("/accounts")
def keep_account(body: NewAccount, by: Administrator, office: TheOffice) -> Account:
    """Add an account, or change the one with this IBAN."""
    try:
        with office.db.begin() as session:
            new = payments.NewAccount(**body.model_dump())
            return Account.model_validate(payments.accounts.keep(session, new, by=by))
    except organization.NoSuchUnit as error:
        raise payments.BadAccount(error.message, field="unit_id") from error
