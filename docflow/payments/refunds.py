"""Money that is to be given back: a list that is worked off. The financial service pays it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock, organization
from docflow.errors import Conflict, NotFound
from docflow.i18n import t
from docflow.payments import access, events
from docflow.payments.models import (
    BankLine,
    CardPayment,
    Payable,
    PaymentPart,
    Refund,
    RefundState,
    RefundWhy,
)
from docflow.principal import Principal


class NoSuchRefund(NotFound):
    """There is no such refund."""


class RefundEnded(Conflict):
    """The refund was dealt with already."""


@dataclass(frozen=True, slots=True)
class RefundInfo:
    """A row of the list of what is to be given back; to whom, as far as is known."""

    id: int
    cents: int
    why: str
    note: str
    state: str
    opened_at: datetime
    payable_id: int | None
    reference: str
    shown_as: str
    payer: str
    iban: str
    ended_by: str
    ended_at: datetime | None
    ended_note: str


def record(
    session: Session,
    payable: Payable | None,
    cents: int,
    why: RefundWhy,
    *,
    by: Principal,
    line: BankLine | None = None,
    card: CardPayment | None = None,
    note: str = "",
    body_id: int | None = None,
) -> Refund:
    """Note that so much is to be given back, for money that came by this line or card payment."""
    owner = payable.body_id if payable is not None else body_id
    assert owner is not None  # one of them says whose it is
    row = Refund(
        body_id=owner,
        payable_id=payable.id if payable is not None else None,
        bank_line_id=line.id if line is not None else None,
        card_payment_id=card.id if card is not None else None,
        cents=cents,
        why=why,
        note=note,
        state=RefundState.OPEN,
        ended_note="",
    )
    session.add(row)
    session.flush()
    audit.record(
        session, "refund.recorded", by=by, subject=("refund", row.id), cents=cents, why=str(why)
    )
    if payable is not None:
        events.note(session, payable, "refund-recorded", refund_cents=cents, refund_why=str(why))
    return row


def end(session: Session, refund_id: int, *, dropped: bool, note: str, by: Principal) -> Refund:
    """It was given back, or (`dropped`) it is not, with the reason.

    Raises NoSuchRefund, RefundEnded, ReasonMissing, NotAllowed.
    """
    access.require_keeper(session, by)
    row = session.scalar(
        select(Refund)
        .where(Refund.id == refund_id, Refund.body_id == by.body_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NoSuchRefund(t("There is no such refund."))
    if row.state != RefundState.OPEN:
        who = organization.names(session, [row.ended_by]).get(row.ended_by or 0, "")
        raise RefundEnded(
            t(
                "{who} dealt with it on {at} already.",
                who=who,
                at=f"{clock.local(row.ended_at or clock.now()):%d/%m/%Y %H:%M}",
            )
        )
    row.ended_note = access.clean_reason(note)
    row.state = RefundState.DROPPED if dropped else RefundState.DONE
    row.ended_by, row.ended_at = by.person_id, clock.now()
    audit.record(session, f"refund.{row.state}", by=by, subject=("refund", row.id))
    session.flush()
    return row


def listing(
    session: Session, *, by: Principal, is_open: bool = True, start: int = 0, limit: int = 50
) -> list[RefundInfo]:
    """What is to be given back, the oldest first; or what was dealt with, the latest first."""
    access.require_keeper(session, by, reads=True)
    condition = Refund.state == RefundState.OPEN if is_open else Refund.state != RefundState.OPEN
    rows = session.execute(
        select(Refund, Payable, BankLine)
        .outerjoin(Payable, Payable.id == Refund.payable_id)
        .outerjoin(BankLine, BankLine.id == Refund.bank_line_id)
        .where(Refund.body_id == by.body_id, condition)
        .order_by(Refund.id if is_open else Refund.ended_at.desc(), Refund.id)
        .offset(start)
        .limit(limit)
    ).all()
    people = organization.names(session, [row.ended_by for row, _, _ in rows])
    whole = [row for row, _, _ in rows if _is_of_the_whole(row)]
    lines = _lines_of(session, [row.payable_id for row in whole])
    return [
        _info(row, payable, line or (lines.get(row.payable_id) if row in whole else None), people)
        for row, payable, line in rows
    ]


def _is_of_the_whole(row: Refund) -> bool:
    """Whether all that was paid is given back, and not the money of a card or a proof alone."""
    is_named = row.bank_line_id is not None or row.card_payment_id is not None
    return not is_named and row.why != RefundWhy.OVERPAID


def _lines_of(session: Session, payable_ids: list[int | None]) -> dict[int | None, BankLine]:
    """Of payables that were paid: the latest line that they were paid by, with the payer’s IBAN."""
    rows = session.execute(
        select(PaymentPart.payable_id, BankLine)
        .join(BankLine, BankLine.id == PaymentPart.bank_line_id)
        .where(PaymentPart.payable_id.in_([one for one in payable_ids if one is not None]))
        .order_by(PaymentPart.id)
    ).all()
    return {payable_id: line for payable_id, line in rows}


def _info(
    row: Refund, payable: Payable | None, line: BankLine | None, people: dict[int, str]
) -> RefundInfo:
    return RefundInfo(
        id=row.id,
        cents=row.cents,
        why=row.why,
        note=row.note,
        state=row.state,
        opened_at=row.opened_at,
        payable_id=row.payable_id,
        reference=payable.reference if payable else "",
        shown_as=payable.shown_as if payable else "",
        payer=line.payer_name if line else (payable.payer_name if payable else ""),
        iban=line.payer_iban if line else "",
        ended_by=people.get(row.ended_by or 0, ""),
        ended_at=row.ended_at,
        ended_note=row.ended_note,
    )
