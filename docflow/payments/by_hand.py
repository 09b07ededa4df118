"""Money that a person counted by a proof before a file of the bank told of it.

The line then backs the proof: it belongs to the payable, and its money counts once and is given
back once. One proof is backed by one line; a line more is more money. Where the two are not of one
amount, what the line brings beyond the proof is more money, and what it lacks stands in the trail.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from docflow.folding import fold_reference
from docflow.payments import owing
from docflow.payments.models import (
    BankLine,
    LineState,
    Payable,
    PaymentPart,
    Refund,
    RefundWhy,
    Source,
)

_DECIDED = (LineState.COUNTED, LineState.REFUND)


@dataclass(frozen=True, slots=True)
class _Proof:
    cents: int
    number: str  # of the bank's transaction, folded; empty where the person typed none


def proofs_of(session: Session, payable: Payable, lines: Sequence[BankLine]) -> dict[int, int]:
    """Line -> cents of the proof that tells of its money, where one does.

    Of a line that was accepted: the proof that it backs. Of any other: the proof that it will back
    where it is taken for this payable.
    """
    waiting = _proofs(session, payable.id)
    found: dict[int, int] = {}
    if not waiting:
        return found
    for line in session.scalars(
        select(BankLine)
        .where(
            BankLine.payable_id == payable.id,
            BankLine.state == LineState.COUNTED,
            BankLine.cents > _new_cents(),
        )
        .order_by(BankLine.decided_at, BankLine.id)
    ):
        proof = _told_by(line, waiting, left_cents=0)
        if proof is not None:
            waiting.remove(proof)
            found[line.id] = proof.cents
    for line in lines:
        if line.state in _DECIDED:
            continue
        left = 0
        if not payable.is_ended:
            left = owing.owed(session, payable, line.booked_on).left_cents
        proof = _told_by(line, waiting, left_cents=left)
        if proof is not None:
            found[line.id] = proof.cents
    return found


def among(session: Session, lines: Sequence[BankLine]) -> dict[int, int]:
    """`proofs_of`, of accepted and proposed lines of any payables."""
    shown = [line for line in lines if line.state in (LineState.PROPOSED, LineState.COUNTED)]
    payables = session.scalars(
        select(Payable).where(
            Payable.id.in_({line.payable_id for line in shown}),
            select(PaymentPart.id)
            .where(PaymentPart.payable_id == Payable.id, PaymentPart.source == Source.HAND)
            .exists(),
        )
    )
    found: dict[int, int] = {}
    for payable in payables:
        own = [line for line in shown if line.payable_id == payable.id]
        found |= proofs_of(session, payable, own)
    return {line.id: found[line.id] for line in shown if line.id in found}


def only_backs(session: Session, line_id: int) -> bool:
    """Whether the line was accepted for money that had been counted before, and brought no more."""
    found = session.scalar(
        select(BankLine.id).where(
            BankLine.id == line_id, BankLine.state == LineState.COUNTED, _new_cents() == 0
        )
    )
    return found is not None


def _told_by(line: BankLine, proofs: Sequence[_Proof], *, left_cents: int) -> _Proof | None:
    """The proof of the same transaction of the bank, else of the same amount.

    Else the nearest, where the line brings more than is still owed: without it, money that a person
    counted would be given back.
    """
    number = fold_reference(line.bank_number)
    found = [proof for proof in proofs if number and proof.number == number]
    found = found or [proof for proof in proofs if proof.cents == line.cents]
    if not found and line.cents > left_cents:
        found = list(proofs)
    return min(found, key=lambda proof: abs(proof.cents - line.cents), default=None)


def _proofs(session: Session, payable_id: int) -> list[_Proof]:
    parts = session.scalars(
        select(PaymentPart).where(PaymentPart.payable_id == payable_id).order_by(PaymentPart.id)
    ).all()
    proofs = [
        _Proof(part.cents, fold_reference(part.bank_number))
        for part in parts
        if part.source == Source.HAND
    ]
    if proofs and parts[-1].source == Source.HAND:
        # What the proof that completed the payment told of beyond it stands in the refunds alone.
        beyond = session.scalar(
            select(func.sum(Refund.cents)).where(
                Refund.payable_id == payable_id,
                Refund.why == RefundWhy.OVERPAID,
                Refund.bank_line_id.is_(None),
                Refund.card_payment_id.is_(None),
            )
        )
        proofs[-1] = _Proof(proofs[-1].cents + int(beyond or 0), proofs[-1].number)
    return proofs


def _new_cents() -> ColumnElement[int]:
    """What of a line counted, or was given back, by itself."""
    counted = (
        select(func.coalesce(func.sum(PaymentPart.cents), 0))
        .where(PaymentPart.bank_line_id == BankLine.id)
        .correlate(BankLine)
        .scalar_subquery()
    )
    returned = (
        select(func.coalesce(func.sum(Refund.cents), 0))
        .where(Refund.bank_line_id == BankLine.id)
        .correlate(BankLine)
        .scalar_subquery()
    )
    return counted + returned
