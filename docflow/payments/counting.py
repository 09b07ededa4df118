"""Money counts for a payable: as a part, or as the whole, which then has its receipt."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow import audit, clock
from docflow.payments import access, events, hooks, mails, owing, payables, refunds
from docflow.payments.models import (
    BankLine,
    CardPayment,
    Payable,
    PayableState,
    PaymentPart,
    PaymentReceipt,
    PaymentSeries,
    RefundWhy,
)
from docflow.principal import Principal


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

    `part` says where it came from; its amount is set here: what is owed on its day, or on the day
    of what came later, and no more.
    """
    if payable.is_ended:
        why = RefundWhy.TWICE if payable.state == PayableState.PAID else RefundWhy.ENDED
        refunds.record(session, payable, cents, why, by=by, line=line, card=card)
        access.touch(payable, by)
        return False
    owed = owing.owed_with(session, payable, cents, part.received_on)
    left, part.cents = owed.cents - owed.paid_cents - cents, cents
    if left < 0:
        _give_back(session, payable, -left, part, by=by, line=line, card=card)
    if part.cents:
        session.add(part)
    session.flush()
    if left > 0:
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


def _give_back(
    session: Session,
    payable: Payable,
    cents: int,
    part: PaymentPart,
    *,
    by: Principal,
    line: BankLine | None,
    card: CardPayment | None,
) -> None:
    """What is more than was owed goes back to whose money came last, by its day.

    A file may tell of a day after later ones were counted; `part`, which is not written yet, then
    counts, and what came after all that was owed does not. Nobody gets back more than he gave.
    """
    others = session.scalars(
        select(PaymentPart)
        .where(PaymentPart.payable_id == payable.id)
        .order_by(PaymentPart.id.desc())
    ).all()
    for one in sorted([part, *others], key=lambda one: one.received_on, reverse=True):
        back = min(one.cents, cents)
        if not back:
            return
        its_line, its_card = line, card
        if one is part:
            part.cents -= back
        else:
            its_line = session.get(BankLine, one.bank_line_id or 0)
            its_card = session.get(CardPayment, one.card_payment_id or 0)
        why = RefundWhy.OVERPAID
        refunds.record(session, payable, back, why, by=by, line=its_line, card=its_card)
        cents -= back


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
