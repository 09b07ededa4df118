"""How a payment ends: money is found for it, compared, marked and counted (domain row S0-8).

An employee marks the line of the statement that he found, and completes: what is complete is so for
good. Money that comes for what has ended already, or more of it than is owed, goes into the list of
what is to be given back.
"""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock
from docflow.errors import Conflict, Invalid
from docflow.folding import line as one_line
from docflow.i18n import t
from docflow.payments import (
    access,
    by_hand,
    counting,
    events,
    hooks,
    mails,
    owing,
    payables,
    refunds,
)
from docflow.payments.models import (
    BankLine,
    Certainty,
    LineState,
    Payable,
    PayableState,
    PaymentPart,
    RefundWhy,
    Source,
)
from docflow.payments.payables import PaymentEnded
from docflow.principal import Principal


class NothingMarked(Conflict):
    """No money was found for the payment yet."""


class LineDecided(Conflict):
    """The line of the statement was decided on already."""


class BadReceiptDay(Invalid):
    """The day on which the money came is not right."""


_FREE = (LineState.OPEN, LineState.PROPOSED, LineState.IGNORED)


def mark(
    session: Session,
    payable_id: int,
    line_id: int,
    *,
    by: Principal,
    seen: int | None = None,
    line_seen: int | None = None,
) -> Payable:
    """This line of the statement is the payment's (act 4). Nothing is counted yet.

    Raises NoSuchPayable, NoSuchLine, NotAllowed, ChangedMeanwhile, LineDecided, PaymentEnded.
    """
    payable = access.held(session, payable_id, by=by, seen=seen)
    line = access.held_line(session, line_id, by=by, seen=line_seen)
    if payable.is_ended:
        raise PaymentEnded(t("This payment has ended already: nothing more is to be done."))
    _require_shown(session, line, payable, by)
    _require_free(line)
    line.state, line.payable_id, line.reason = LineState.MARKED, payable.id, ""
    _decided(line, by)
    access.touch(payable, by)
    audit.record(session, "payable.marked", by=by, subject=("payable", payable.id), line=line.id)
    session.flush()
    return payable


def unmark(session: Session, payable_id: int, *, by: Principal, seen: int | None = None) -> Payable:
    """The lines marked for the payment are open again. Raises as `mark`."""
    payable = access.held(session, payable_id, by=by, seen=seen)
    payables.free_lines(session, payable.id)
    access.touch(payable, by)
    audit.record(session, "payable.unmarked", by=by, subject=("payable", payable.id))
    session.flush()
    return payable


def confirm(
    session: Session, payable_id: int, *, by: Principal, seen: int | None = None
) -> Payable:
    """Complete (act 5): what is marked counts; the payment ends as paid, or stands as paid in part.

    Raises NoSuchPayable, NotAllowed, ChangedMeanwhile, PaymentEnded, NothingMarked.
    """
    payable = access.held(session, payable_id, by=by, seen=seen)
    if payable.is_ended:
        raise PaymentEnded(t("This payment has ended already: nothing more is to be done."))
    marked = session.scalars(
        select(BankLine)
        .where(BankLine.payable_id == payable.id, BankLine.state == LineState.MARKED)
        .order_by(BankLine.booked_on, BankLine.id)
        .with_for_update()
    ).all()
    if not marked:
        raise NothingMarked(
            t(
                "No line of the bank’s statement is marked for this payment. Find it and mark it "
                "first; without a file, enter the proof that you saw."
            )
        )
    for line in marked:
        _take_line(session, payable, line, by)
    session.flush()
    return payable


def take_proposed(session: Session, payable_id: int, *, by: Principal) -> Payable:
    """Complete with the lines that name the payment: whoever says that it came means these.

    Those are proposed for its code or for the number that the citizen told, the sure ones first.
    One of the same payer and amount alone may be of a namesake: a person looks at it.

    Raises as `confirm`; NothingMarked where no such line is proposed.
    """
    payable = access.held(session, payable_id, by=by)
    lines = session.scalars(
        select(BankLine)
        .where(
            BankLine.payable_id == payable.id,
            BankLine.state == LineState.PROPOSED,
            BankLine.certainty != Certainty.PAYER,
        )
        .order_by(BankLine.certainty != Certainty.SURE, BankLine.booked_on, BankLine.id)
        .with_for_update()
    ).all()
    if not lines:
        raise NothingMarked(
            t("No line of the bank’s statement names this payment by its code or its number.")
        )
    for line in lines:
        if not payable.is_ended:  # what came beside it is for a person to look at
            _take_line(session, payable, line, by)
    session.flush()
    return payable


def accept(
    session: Session, line_id: int, *, by: Principal, line_seen: int | None = None
) -> Payable:
    """Mark and complete in one: the payable that is proposed for the line is the right one.

    Of one that has ended, the money goes to the refunds. Raises as `mark`.
    """
    payable_id = session.scalar(
        select(BankLine.payable_id).where(
            BankLine.id == line_id,
            BankLine.body_id == by.body_id,
            BankLine.state == LineState.PROPOSED,
        )
    )
    payable = access.held(session, payable_id, by=by) if payable_id is not None else None
    line = access.held_line(session, line_id, by=by, seen=line_seen)
    if payable is None or line.state != LineState.PROPOSED or line.payable_id != payable.id:
        raise _decided_already(line)
    _take_line(session, payable, line, by)
    session.flush()
    return payable


def match(
    session: Session,
    line_id: int,
    payable_id: int,
    *,
    by: Principal,
    line_seen: int | None = None,
    is_more: bool = False,
) -> Payable:
    """A person says what the line is for: it counts for this payable. Raises as `mark`.

    `is_more`: it is none of the money that a person counted by a proof before.
    """
    payable = access.held(session, payable_id, by=by)
    line = access.held_line(session, line_id, by=by, seen=line_seen)
    _require_shown(session, line, payable, by)
    _require_free(line)
    line.payable_id = payable.id
    _take_line(session, payable, line, by, may_back=not is_more)
    session.flush()
    return payable


def confirm_by_hand(
    session: Session,
    payable_id: int,
    *,
    cents: int,
    received_on: date,
    number: str,
    note: str,
    by: Principal,
    seen: int | None = None,
) -> Payable:
    """Count money that stands in no file of the bank: `note` tells the proof that was seen.

    Raises as `confirm`, ReasonMissing, BadReceiptDay.
    """
    payable = access.held(session, payable_id, by=by, seen=seen)
    if payable.is_ended:
        raise PaymentEnded(t("This payment has ended already: nothing more is to be done."))
    demanded_on = clock.local(payable.demanded_at).date()
    if not demanded_on <= received_on <= clock.today():
        raise BadReceiptDay(
            t(
                "The day lies between {first} and today.",
                first=f"{demanded_on:%d/%m/%Y}",
            ),
            field="received_on",
        )
    if cents <= 0:
        raise Invalid(t("The amount is too small."), field="amount")
    part = PaymentPart(
        payable_id=payable.id,
        source=Source.HAND,
        received_on=received_on,
        bank_number=one_line(number)[:100],
        note=access.clean_reason(note),
        noted_by=by.user_id,
    )
    counting.count(session, payable, cents, part, by=by)
    session.flush()
    return payable


def refuse(
    session: Session, payable_id: int, *, reason: str, by: Principal, seen: int | None = None
) -> Payable:
    """Complete without success, for good: the payment was not found; the payer is told why.

    What had come in part goes to the refunds. Raises as `confirm`, ReasonMissing.
    """
    payable = access.held(session, payable_id, by=by, seen=seen)
    if payable.is_ended:
        raise PaymentEnded(t("This payment has ended already: nothing more is to be done."))
    why = access.clean_reason(reason)
    paid = owing.owed(session, payable).paid_cents
    if paid:
        refunds.record(session, payable, paid, RefundWhy.ENDED, by=by)
    payables.end(session, payable, PayableState.REFUSED, why=why, by=by)
    audit.record(session, "payable.refused", by=by, subject=("payable", payable.id))
    events.note(session, payable, "refused")
    mails.send(session, payable, mails.REFUSED, by=by)
    hooks.settled(session, payable, by)
    return payable


def _take_line(
    session: Session, payable: Payable, line: BankLine, by: Principal, *, may_back: bool = True
) -> None:
    """The line is the payable's: what a person counted by a proof before counts once."""
    known = by_hand.proofs_of(session, payable, [line]).get(line.id, 0) if may_back else 0
    # Before the payable ends, which frees the lines that are only marked.
    line.payable_id, line.reason = payable.id, ""
    line.state = LineState.REFUND if payable.is_ended and not known else LineState.COUNTED
    _decided(line, by)
    session.flush()
    if known:
        access.touch(payable, by)
        audit.record(
            session,
            "payable.backed",
            by=by,
            subject=("payable", payable.id),
            line=line.id,
            cents=line.cents,
            counted=known,
        )
    if line.cents <= known:
        return
    part = PaymentPart(
        payable_id=payable.id,
        source=Source.BANK,
        received_on=line.booked_on,
        bank_number=line.bank_number,
        bank_line_id=line.id,
        noted_by=by.user_id,
    )
    counting.count(session, payable, line.cents - known, part, by=by, line=line)


def _require_shown(session: Session, line: BankLine, payable: Payable, by: Principal) -> None:
    """Who does not keep the account knows only lines that may be of his payment.

    Raises NoSuchLine.
    """
    if access.keeps_account(session, by):
        return
    left = owing.owed(session, payable, line.booked_on).left_cents
    is_named = payable.reference in line.references or line.payable_id == payable.id
    is_numbered = payable.bank_number.lower() == line.bank_number.lower() != ""
    if not (is_named or is_numbered or line.cents == left):
        raise access.NoSuchLine(t("There is no such line of a bank’s statement."))


def _require_free(line: BankLine) -> None:
    if line.state not in _FREE or line.cents <= 0:
        raise _decided_already(line)


def _decided_already(line: BankLine) -> LineDecided:
    at = line.decided_at or clock.now()
    return LineDecided(
        t(
            "This line of the statement was decided on at {at}. Look at the list again.",
            at=f"{clock.local(at):%d/%m/%Y %H:%M}",
        )
    )


def _decided(line: BankLine, by: Principal) -> None:
    line.version += 1
    line.decided_by, line.decided_at = by.user_id, clock.now()
