"""How much of a payable is owed on a day, and how much of it came."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import calendars, clock
from docflow.payments import fees
from docflow.payments.fees import FeeLine
from docflow.payments.models import Payable, PaymentPart


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

    Of what has ended: as it was on the day of its last payment, or of its end.
    """
    parts = select(
        func.coalesce(func.sum(PaymentPart.cents), 0), func.max(PaymentPart.received_on)
    ).where(PaymentPart.payable_id == payable.id)
    paid, last_on = session.execute(parts).one()
    day = on or clock.today()
    if on is None and payable.is_ended:
        day = last_on or clock.local(payable.ended_at or clock.now()).date()
    # The day on which it was demanded is the earliest on which anybody can owe it.
    demanded_on = clock.local(payable.demanded_at).date()
    at_or_after = calendars.of(session, payable.body_id).at_or_after
    rule = fees.read(payable.rule)
    fee = rule.compute(payable.data, on=max(day, demanded_on), at_or_after=at_or_after)
    return Owed(fee.cents, int(paid), fee.lines, None if payable.is_ended else fee.until)
