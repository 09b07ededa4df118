"""What the pages and programs of the office show of payments, to whom may see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, false, func, or_, select
from sqlalchemy.orm import Session

from docflow import organization
from docflow.folding import fold, fold_reference
from docflow.payments import access, by_hand, owing
from docflow.payments.models import (
    BankLine,
    CardPayment,
    LineState,
    Payable,
    PayableState,
    PaymentPart,
    PaymentReceipt,
    Refund,
)
from docflow.payments.owing import Owed
from docflow.principal import Principal

PAGE_SIZE = 50
_CANDIDATES = 20
_FOUND = (LineState.PROPOSED, LineState.MARKED)


class Basket(StrEnum):
    """Which payments a list shows."""

    CHECK = "check"  # the citizen says that he paid, or a line was found: an employee decides
    OPEN = "open"  # to be paid, or paid in part
    ENDED = "ended"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class PayableLine:
    """A payable as a row of a list."""

    id: int
    reference: str
    shown_as: str
    reason: dict[str, str]
    payer_name: str
    cents: int
    state: str
    bank_number: str
    demanded_at: datetime
    told_at: datetime | None
    found_lines: int  # proposed or marked


@dataclass(frozen=True, slots=True)
class PartInfo:
    """Money that counts."""

    source: str
    cents: int
    received_on: date
    bank_number: str
    note: str
    noted_by: str
    noted_at: datetime


@dataclass(frozen=True, slots=True)
class Details:
    """A payable as its page shows it.

    `twins` are others with the same number of the bank; `proofs` says of lines that tell of money
    which a person counted by a proof before: line -> cents of the proof.
    """

    payable: Payable
    owed: Owed
    unit: str
    parts: tuple[PartInfo, ...]
    marked: tuple[BankLine, ...]
    candidates: tuple[BankLine, ...]
    proofs: Mapping[int, int]
    refunds: tuple[Refund, ...]
    receipt: str
    cards: tuple[CardPayment, ...]
    twins: tuple[str, ...]
    changed_by: str
    may_keep: bool


def listing(
    session: Session,
    *,
    by: Principal,
    basket: Basket = Basket.CHECK,
    text: str = "",
    start: int = 0,
    limit: int = PAGE_SIZE,
) -> list[PayableLine]:
    """The payables of a basket that the person may see; what waits longest comes first."""
    by.require_scope("read")
    found_lines = (
        select(func.count())
        .select_from(BankLine)
        .where(BankLine.payable_id == Payable.id, BankLine.state.in_(_FOUND))
        .correlate(Payable)
        .scalar_subquery()
    )
    query = select(Payable, found_lines).where(*_conditions(session, by, basket, text))
    is_newest_first = basket in (Basket.ENDED, Basket.ALL)
    order = Payable.id.desc() if is_newest_first else Payable.id
    rows = session.execute(query.order_by(order).offset(start).limit(limit)).all()
    return [
        PayableLine(
            id=row.id,
            reference=row.reference,
            shown_as=row.shown_as,
            reason=row.reason,
            payer_name=row.payer_name,
            cents=row.cents,
            state=row.state,
            bank_number=row.bank_number,
            demanded_at=row.demanded_at,
            told_at=row.told_at,
            found_lines=count,
        )
        for row, count in rows
    ]


def counts(session: Session, *, by: Principal) -> dict[str, int]:
    """How many payables each basket holds for the person."""
    return {
        str(basket): session.scalars(
            select(func.count()).select_from(Payable).where(*_conditions(session, by, basket, ""))
        ).one()
        for basket in (Basket.CHECK, Basket.OPEN)
    }


def _conditions(
    session: Session, by: Principal, basket: Basket, text: str
) -> list[ColumnElement[bool]]:
    conditions = [access.visible(session, by), _in(basket)]
    typed = text.strip()
    if typed:
        conditions.append(_says(typed))
    return conditions


def _in(basket: Basket) -> ColumnElement[bool]:
    is_ended = Payable.ended_at.is_not(None)
    is_found = (
        select(BankLine.id)
        .where(BankLine.payable_id == Payable.id, BankLine.state.in_(_FOUND))
        .correlate(Payable)
        .exists()
    )
    if basket is Basket.CHECK:
        return ~is_ended & or_(Payable.state == PayableState.TOLD, is_found)
    if basket is Basket.OPEN:
        return Payable.state.in_([PayableState.OPEN, PayableState.PART]) & ~is_found
    return is_ended if basket is Basket.ENDED else ~false()


def _says(typed: str) -> ColumnElement[bool]:
    """What a person typed: a payment code, a number of entry or bank, a tax number, a name."""
    compact = "".join(typed.upper().split())
    found = [
        Payable.reference.contains(compact, autoescape=True),
        Payable.shown_as == typed,
        func.lower(Payable.bank_number) == typed.lower(),
        Payable.payer_tax_number == compact,
    ]
    words = fold(typed).split()
    if words:
        named = [Payable.payer_name_key.contains(word, autoescape=True) for word in words]
        condition = named[0]
        for one in named[1:]:
            condition = condition & one
        found.append(condition)
    return or_(*found)


def details(session: Session, payable_id: int, *, by: Principal) -> Details:
    """All of a payable. Raises NoSuchPayable."""
    payable = access.get(session, payable_id, by=by)
    parts = session.scalars(
        select(PaymentPart).where(PaymentPart.payable_id == payable.id).order_by(PaymentPart.id)
    ).all()
    lines = session.scalars(
        select(BankLine)
        .where(BankLine.payable_id == payable.id, BankLine.state == LineState.MARKED)
        .order_by(BankLine.booked_on, BankLine.id)
    ).all()
    refunds = session.scalars(
        select(Refund).where(Refund.payable_id == payable.id).order_by(Refund.id)
    ).all()
    cards = session.scalars(
        select(CardPayment).where(CardPayment.payable_id == payable.id).order_by(CardPayment.id)
    ).all()
    receipt = session.get(PaymentReceipt, payable.id)
    people = organization.names(session, [payable.changed_by, *(part.noted_by for part in parts)])
    owed = owing.owed(session, payable)
    found = [] if payable.is_ended else candidates(session, payable, owed)
    return Details(
        payable=payable,
        owed=owed,
        unit=organization.unit_names(session, [payable.unit_id]).get(payable.unit_id, ""),
        parts=tuple(_part(part, people) for part in parts),
        marked=tuple(lines),
        candidates=tuple(found),
        proofs=by_hand.proofs_of(session, payable, [*lines, *found]),
        refunds=tuple(refunds),
        receipt=f"{receipt.number}/{receipt.year}" if receipt else "",
        cards=tuple(cards),
        twins=_twins(session, payable, by),
        changed_by=people.get(payable.changed_by or 0, ""),
        may_keep=access.may_keep(session, payable, by),
    )


def candidates(session: Session, payable: Payable, owed: Owed) -> list[BankLine]:
    """Lines of the statements that may be this payment, the likeliest first: those that were
    proposed or name it, those with the bank's number, those with the amount."""
    number = payable.bank_number.lower()
    is_named = or_(
        (BankLine.payable_id == payable.id) & (BankLine.state == LineState.PROPOSED),
        BankLine.references.contains([payable.reference]),
        (func.lower(BankLine.bank_number) == number) if number else false(),
    )
    is_amount = (BankLine.cents == owed.left_cents) & (BankLine.state == LineState.OPEN)
    return list(
        session.scalars(
            select(BankLine)
            .where(
                BankLine.body_id == payable.body_id,
                BankLine.cents > 0,
                BankLine.state.in_([LineState.OPEN, LineState.PROPOSED, LineState.IGNORED]),
                or_(is_named, is_amount),
            )
            .order_by(is_named.desc(), BankLine.booked_on.desc(), BankLine.id)
            .limit(_CANDIDATES)
        )
    )


def unmatched(
    session: Session,
    *,
    by: Principal,
    states: Sequence[LineState] = (LineState.OPEN, LineState.PROPOSED, LineState.TWIN),
    text: str = "",
    start: int = 0,
    limit: int = PAGE_SIZE,
) -> list[tuple[BankLine, Payable | None]]:
    """Lines of statements in these states with what is proposed for them. Raises NotAllowed."""
    access.require_keeper(session, by, reads=True)
    query = (
        select(BankLine, Payable)
        .outerjoin(Payable, Payable.id == BankLine.payable_id)
        .where(BankLine.body_id == by.body_id, BankLine.state.in_(states))
    )
    typed = text.strip()
    if typed:
        query = query.where(
            or_(
                BankLine.bank_number.icontains(typed, autoescape=True),
                BankLine.payer_name.icontains(typed, autoescape=True),
                BankLine.text.icontains(typed, autoescape=True),
                BankLine.references.contains(["".join(typed.upper().split())]),
            )
        )
    rows = session.execute(
        query.order_by(BankLine.booked_on, BankLine.id).offset(start).limit(limit)
    ).all()
    return [(line, payable) for line, payable in rows]


def line_counts(session: Session, *, by: Principal) -> dict[str, int]:
    """How many lines stand in each state. Raises NotAllowed."""
    access.require_keeper(session, by, reads=True)
    rows = session.execute(
        select(BankLine.state, func.count())
        .where(BankLine.body_id == by.body_id)
        .group_by(BankLine.state)
    ).all()
    return {state: count for state, count in rows}


def _twins(session: Session, payable: Payable, by: Principal) -> tuple[str, ...]:
    """Others that name the same transaction of the bank: one of them is mistaken, or worse."""
    if not payable.bank_number:
        return ()
    rows = session.execute(
        select(Payable.reference, Payable.bank_number).where(
            access.visible(session, by),
            Payable.bank_number != "",
            Payable.id != payable.id,
            func.lower(Payable.bank_number) == payable.bank_number.lower(),
        )
    ).all()
    key = fold_reference(payable.bank_number)
    return tuple(reference for reference, number in rows if fold_reference(number) == key)


def _part(part: PaymentPart, people: dict[int, str]) -> PartInfo:
    return PartInfo(
        source=part.source,
        cents=part.cents,
        received_on=part.received_on,
        bank_number=part.bank_number,
        note=part.note,
        noted_by=people.get(part.noted_by or 0, ""),
        noted_at=part.noted_at,
    )
