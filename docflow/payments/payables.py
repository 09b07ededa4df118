"""What is owed: demanded for something, told as paid by the citizen, withdrawn.

The amount follows its rule: it is reckoned for the day on which the money came, not for the day on
which somebody looked.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from docflow import audit, calendars, clock
from docflow.errors import Conflict, Invalid
from docflow.folding import fold, line
from docflow.i18n import t
from docflow.payments import (
    access,
    accounts,
    events,
    hooks,
    mails,
    matching,
    owing,
    references,
    refunds,
)
from docflow.payments.fees import FeeRule
from docflow.payments.models import (
    BankLine,
    LineState,
    Payable,
    PayableState,
    RefundWhy,
)
from docflow.principal import Principal

MAX_NUMBER = 60
_TOKEN_BYTES = 16


class BadBankNumber(Invalid):
    """That is no transaction number of a bank."""


class PaymentEnded(Conflict):
    """The payment has ended."""


@dataclass(frozen=True, slots=True)
class Payer:
    """Who owes, and how he is told; `language` is that of the mails."""

    name: str
    tax_number: str = ""
    email: str = ""
    phone: str = ""
    language: str = "el"


def demand(
    session: Session,
    *,
    body_id: int,
    unit_id: int,
    subject: tuple[str, int],
    reason: Mapping[str, str],
    rule: FeeRule,
    data: Mapping[str, Any],
    payer: Payer,
    by: Principal,
    due_on: date | None = None,
    shown_as: str = "",
    key: str = "fee",
    tells: bool = True,
) -> Payable | None:
    """Demand what the rule says of these values; None where nothing is owed.

    For the same subject and key the same payable comes back, whatever was demanded then. Raises
    FeeUnknown.
    """
    known = _of(session, body_id, subject, key)
    if known is not None:
        return known
    at_or_after = calendars.of(session, body_id).at_or_after
    fee = rule.compute(data, on=clock.today(), at_or_after=at_or_after)
    if not fee.cents:
        return None
    account = accounts.current(session, body_id)
    payable_id: int = session.scalars(text("SELECT nextval('payables_id_seq')")).one()
    name = line(payer.name)
    payable = Payable(
        id=payable_id,
        body_id=body_id,
        unit_id=unit_id,
        subject_type=subject[0],
        subject_id=subject[1],
        key=key,
        shown_as=shown_as,
        reference=references.made(payable_id, account.creditor_code if account else ""),
        token=secrets.token_urlsafe(_TOKEN_BYTES),
        reason=dict(reason),
        rule=rule.as_json(),
        data=_plain(rule.values(data)),
        cents=fee.cents,
        due_on=due_on,
        payer_name=name,
        payer_name_key=fold(name),
        payer_tax_number=payer.tax_number,
        payer_email=payer.email,
        payer_phone=payer.phone,
        language=payer.language,
        tells=tells,
        state=PayableState.OPEN,
        bank_number="",
        ended_why="",
        version=1,
    )
    session.add(payable)
    session.flush()
    audit.record(
        session,
        "payable.demanded",
        by=by,
        subject=("payable", payable.id),
        reference=payable.reference,
        cents=payable.cents,
        about=list(subject),
    )
    events.note(session, payable, "demanded")
    mails.send(session, payable, mails.DEMANDED, by=by)
    return payable


def payable(session: Session, reference: str) -> Payable | None:
    """The payable of a reference as a person typed it. Raises BadReference."""
    return session.scalar(select(Payable).where(Payable.reference == references.read(reference)))


def of_token(session: Session, token: str) -> Payable:
    """The payable of a payer's own page. Raises NoSuchPayable."""
    found = session.scalar(select(Payable).where(Payable.token == token))
    if found is None:
        raise access.NoSuchPayable(t("There is no such payment."))
    return found


def of_subject(session: Session, subject: tuple[str, int]) -> list[Payable]:
    """What was demanded for a thing, the oldest first. The caller has checked the right."""
    return list(
        session.scalars(
            select(Payable)
            .where(Payable.subject_type == subject[0], Payable.subject_id == subject[1])
            .order_by(Payable.id)
        )
    )


def told(session: Session, payable_id: int, bank_number: str, *, by: Principal) -> Payable:
    """The citizen says that he paid, under this number of his bank (domain row S0-6).

    He may correct the number until the payment has ended. Raises BadBankNumber, PaymentEnded,
    NoSuchPayable.
    """
    number = line(bank_number)
    if not number or len(number) > MAX_NUMBER or not any(sign.isdigit() for sign in number):
        raise BadBankNumber(
            t(
                "Write the transaction number as it stands on the bank’s receipt: at most {max} "
                "characters, with digits.",
                max=MAX_NUMBER,
            ),
            field="bank_number",
        )
    row = access.locked(session, payable_id)
    if row is None:
        raise access.NoSuchPayable(t("There is no such payment."))
    if row.is_ended:
        raise PaymentEnded(t("This payment has ended already: nothing more is to be done."))
    if row.bank_number == number:
        return row
    row.bank_number, row.told_at = number, clock.now()
    if row.state == PayableState.OPEN:
        row.state = PayableState.TOLD
    access.touch(row, by)
    audit.record(session, "payable.told", by=by, subject=("payable", row.id))
    events.note(session, row, "told")
    session.flush()
    matching.look_again(session, row)
    mails.send(session, row, mails.TOLD, by=by)
    hooks.told(session, row, by)
    return row


def withdraw(session: Session, subject: tuple[str, int], *, reason: str, by: Principal) -> None:
    """Nothing of this subject is to be paid any more; what was paid is to be given back.

    The caller has checked the right.
    """
    for found in of_subject(session, subject):
        row = access.locked(session, found.id)
        assert row is not None  # payables are never removed
        if row.state in (PayableState.REFUSED, PayableState.WITHDRAWN):
            continue
        paid = owing.owed(session, row).paid_cents
        if paid:
            refunds.record(session, row, paid, RefundWhy.WITHDRAWN, by=by)
        if row.state != PayableState.PAID:
            end(session, row, PayableState.WITHDRAWN, why=reason, by=by)
            events.note(session, row, "withdrawn")
            audit.record(session, "payable.withdrawn", by=by, subject=("payable", row.id))
    session.flush()


def end(
    session: Session, row: Payable, state: PayableState, *, by: Principal, why: str = ""
) -> None:
    """The payable ends; lines that were marked for it are free again."""
    row.state, row.ended_at, row.ended_why = state, clock.now(), why
    access.touch(row, by)
    free_lines(session, row.id)


def free_lines(session: Session, payable_id: int) -> None:
    """Lines that were marked for the payable are open again."""
    waiting = session.scalars(
        select(BankLine)
        .where(
            BankLine.payable_id == payable_id,
            BankLine.state == LineState.MARKED,
        )
        .with_for_update()
    )
    for row in waiting:
        row.state, row.payable_id, row.certainty = LineState.OPEN, None, None
        row.version += 1


def _of(session: Session, body_id: int, subject: tuple[str, int], key: str) -> Payable | None:
    return session.scalar(
        select(Payable).where(
            Payable.body_id == body_id,
            Payable.subject_type == subject[0],
            Payable.subject_id == subject[1],
            Payable.key == key,
        )
    )


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON keeps it."""
    dated = (date, datetime)
    return {
        name: value.isoformat() if isinstance(value, dated) else value
        for name, value in values.items()
    }


def by_ids(session: Session, ids: Iterable[int]) -> dict[int, Payable]:
    rows = session.scalars(select(Payable).where(Payable.id.in_(set(ids))))
    return {row.id: row for row in rows}
