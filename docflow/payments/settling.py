"""How a payment ends: money is found for it, compared, marked and counted (domain row S0-8).

An employee marks the line of the statement that he found, and completes: what is complete is so for
good. Money that comes for what has ended already, or more of it than is owed, goes into the list of
what is to be given back.
"""

from datetime import date

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow import audit, clock
from docflow.errors import Conflict, Invalid
from docflow.folding import line as one_line
from docflow.i18n import t
from docflow.payments import access, events, hooks, mails, owing, payables, refunds
from docflow.payments.models import (
    BankLine,
    CardPayment,
    LineState,
    Payable,
    PayableState,
    PaymentPart,
    PaymentReceipt,
    PaymentSeries,
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
) -> Payable:
    """A person says what the line is for: it counts for this payable. Raises as `mark`."""
    payable = access.held(session, payable_id, by=by)
    line = access.held_line(session, line_id, by=by, seen=line_seen)
    _require_shown(session, line, payable, by)
    _require_free(line)
    line.payable_id = payable.id
    _take_line(session, payable, line, by)
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
    count(session, payable, cents, part, by=by)
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


def count(
    session: Session,
    payable: Payable,
    cents: int,
    part: PaymentPart,
    *,
    by: Principal,
    line: BankLine | None = None,
    card: CardPayment | None = None,
) -> bool:
    """Count money for a payable that is held; False where all of it is to be given back.

    `part` says where it came from; its amount is set here: no more counts than is owed on its day.
    """
    if payable.is_ended:
        why = RefundWhy.TWICE if payable.state == PayableState.PAID else RefundWhy.ENDED
        refunds.record(session, payable, cents, why, by=by, line=line, card=card)
        access.touch(payable, by)
        return False
    owed = owing.owed(session, payable, part.received_on)
    part.cents = min(cents, owed.left_cents)
    if part.cents:  # none where the rule owes no more, for that day, than what came before
        session.add(part)
    session.flush()
    left = owed.left_cents - part.cents
    if cents > part.cents:
        excess = cents - part.cents
        refunds.record(session, payable, excess, RefundWhy.OVERPAID, by=by, line=line, card=card)
    if left:
        payable.state = PayableState.PART
        access.touch(payable, by)
        audit.record(
            session,
            "payable.paid-in-part",
            by=by,
            subject=("payable", payable.id),
            cents=part.cents,
            left=left,
            source=str(part.source),
        )
        events.note(session, payable, "paid-in-part", part_cents=part.cents, left_cents=left)
        mails.send(session, payable, mails.PART, by=by, cents=owed.cents, left=left)
        return True
    payables.end(session, payable, PayableState.PAID, by=by)
    receipt = _receipt(session, payable, owed)
    audit.record(
        session,
        "payable.paid",
        by=by,
        subject=("payable", payable.id),
        cents=owed.cents,
        source=str(part.source),
        receipt=f"{receipt.number}/{receipt.year}",
    )
    events.note(
        session,
        payable,
        "paid",
        paid_cents=owed.cents,
        received_on=part.received_on.isoformat(),
        receipt=f"{receipt.number}/{receipt.year}",
    )
    mails.send(session, payable, mails.SETTLED, by=by, cents=owed.cents)
    hooks.settled(session, payable, by)
    return True


def _take_line(session: Session, payable: Payable, line: BankLine, by: Principal) -> None:
    part = PaymentPart(
        payable_id=payable.id,
        source=Source.BANK,
        received_on=line.booked_on,
        bank_number=line.bank_number,
        bank_line_id=line.id,
        noted_by=by.user_id,
    )
    # Before the payable ends, which frees the lines that are only marked.
    line.payable_id = payable.id
    line.state = LineState.REFUND if payable.is_ended else LineState.COUNTED
    _decided(line, by)
    session.flush()
    count(session, payable, line.cents, part, by=by, line=line)


def _receipt(session: Session, payable: Payable, owed: owing.Owed) -> PaymentReceipt:
    """The next number of the year; its row is held until the transaction ends."""
    year = clock.today().year
    counter = insert(PaymentSeries).values(body_id=payable.body_id, year=year, last_number=1)
    number: int = session.scalars(
        counter.on_conflict_do_update(
            index_elements=[PaymentSeries.body_id, PaymentSeries.year],
            set_={"last_number": PaymentSeries.last_number + 1},
        ).returning(PaymentSeries.last_number)
    ).one()
    row = PaymentReceipt(
        payable_id=payable.id,
        body_id=payable.body_id,
        year=year,
        number=number,
        cents=owed.cents,
        lines=[[dict(one.label), one.cents] for one in owed.lines],
    )
    session.add(row)
    session.flush()
    return row


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
