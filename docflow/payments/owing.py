"""How much of a payable is owed on a day, and how much of it came."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import calendars, clock
from docflow.payments import fees
from docflow.payments.fees import Fee, FeeLine
from docflow.payments.models import Payable, PayableState, PaymentPart, PaymentReceipt


@dataclass(frozen=True, slots=True)
class Owed:
    """What is owed on a day. `until` is the last day on which it is this much, if it changes."""

    cents: int
    paid_cents: int
    lines: tuple[FeeLine, ...]
    until: date | None

    @property
    def left_cents(self) -> int:
        return max(0, self.cents - self.paid_cents)


def owed(session: Session, payable: Payable, on: date | None = None) -> Owed:
    """What is owed by who pays on the day, today without one.

    Where money came on a later day than that, what is owed since then. Of what was paid: what its
    receipt says; of what ended otherwise: as it was on the day of its last payment, or of its end.
    """
    if payable.state == PayableState.PAID:
        receipt = session.get_one(PaymentReceipt, payable.id)
        lines = tuple(FeeLine(label, cents) for label, cents in receipt.lines)
        return Owed(receipt.cents, receipt.cents, lines, None)
    came = _came(session, payable)
    last_on = max(came, default=None)
    day = on or clock.today()
    if on is None and payable.is_ended:
        day = last_on or clock.local(payable.ended_at or clock.now()).date()
    fee = _fee(session, payable, max(day, last_on or day))
    return Owed(fee.cents, came.total(), fee.lines, None if payable.is_ended else fee.until)


def owed_with(session: Session, payable: Payable, cents: int, on: date) -> Owed:
    """What is owed once so much more is there, which came on the day `on`.

    A file of the bank may tell of a day after later ones were told of: the first day on which all
    that was owed had come decides, else the last day on which money came.
    """
    came = _came(session, payable)
    days = Counter(came)
    days[on] += cents
    total = 0
    for day in sorted(days):
        total += days[day]
        fee = _fee(session, payable, day)
        if total >= fee.cents:
            break
    return Owed(fee.cents, came.total(), fee.lines, fee.until)


def _came(session: Session, payable: Payable) -> Counter[date]:
    """The money that counts, by the day on which it came."""
    rows = session.execute(
        select(PaymentPart.received_on, func.sum(PaymentPart.cents))
        .where(PaymentPart.payable_id == payable.id)
        .group_by(PaymentPart.received_on)
    )
    return Counter({day: int(cents) for day, cents in rows})


def _fee(session: Session, payable: Payable, day: date) -> Fee:
    # The day on which it was demanded is the earliest on which anybody can owe it.
    demanded_on = clock.local(payable.demanded_at).date()
    at_or_after = calendars.of(session, payable.body_id).at_or_after
    rule = fees.read(payable.rule)
    return rule.compute(payable.data, on=max(day, demanded_on), at_or_after=at_or_after)
