"""The acts of a process about money, and what a payment tells the process it belongs to.

S0-4: the fine is entered and its amount computed with surcharges, the citizen pays and types the
bank's number, an employee confirms. Whoever ends the payment (the process's own employee, the page
of payments, the bank's file, a card), the process hears of it by a message.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import applications, clock, organization, payments, processes, services
from docflow.errors import Conflict
from docflow.i18n import t
from docflow.payments import Payable, PayableState
from docflow.principal import Principal, Via, system
from docflow.processes import Context, ProcessTask, TaskKind, TaskState

SUBJECT = "application"
SEEN_BY_EMPLOYEE = "Βρέθηκε από τον υπάλληλο στην κατάσταση εκκαθάρισης της τράπεζας."
OTHER_AMOUNT = "Το ποσό διορθώθηκε: ισχύει η νεότερη ειδοποίηση."
TOLD, SETTLED, REFUSED = "payment-told", "payment-settled", "payment-refused"


class NothingDemanded(Conflict):
    """There is nothing to be paid for this application."""


class NobodyConfirmed(Conflict):
    """A payment is confirmed by an employee, not by a process alone."""


class FeeMissing(Conflict):
    """The service has no rule of a fee."""


@processes.act("payments.demand")
def demand(session: Session, context: Context) -> Mapping[str, Any]:
    """Demand `amount` (cents) where it is given, else what the service's rule says.

    `due_days` says until when. The process knows then `payable` (cents) and `reference`; 0 and ""
    where nothing is owed. An amount that an employee found may be found anew: the same one stays
    the same demand, another one takes its place. Raises FeeMissing, payments.FeeUnknown.
    """
    about = applications.context(session, context.subject[1])
    version = services.version(session, about.version_id)
    reason = {code: version.subject(code, context.data) for code in services.LANGUAGES}
    if "amount" in context.given:
        cents = context.given["amount"] or 0
        reason |= version.parameters.get("payments.demand", {}).get("reason", {})
        stands = _still_owed(session, context, cents)
        if stands is not None:
            return _known(session, stands)
        rule, key = payments.FeeRule.fixed(cents, reason), f"step-{context.key}"
    elif version.fee is not None:
        rule, key = payments.read_rule(version.fee), "fee"
    else:
        raise FeeMissing(t("The service “{service}” has no fee.json.", service=version.code))
    who, days = about.applicant, context.given.get("due_days")
    made = payments.demand(
        session,
        body_id=context.body_id,
        unit_id=context.unit_id,
        subject=context.subject,
        reason=reason,
        rule=rule,
        key=key,
        data=context.data,
        payer=payments.Payer(
            name=who.full_name,
            tax_number=who.tax_number,
            email=who.email,
            phone=who.phone,
            language=who.language or "el",
        ),
        due_on=clock.today() + timedelta(days=int(days)) if days else None,
        shown_as=about.number,
        by=system(context.body_id),
        tells=False,  # the service says it in its own words
    )
    return _known(session, made) if made is not None else {"payable": 0, "reference": ""}


def _known(session: Session, payable: Payable) -> Mapping[str, Any]:
    return {"payable": payments.owed(session, payable).cents, "reference": payable.reference}


def _still_owed(session: Session, context: Context, cents: int) -> Payable | None:
    """The last demand, where it is open and of this amount; one of another amount ends."""
    last = next(reversed(payments.of_subject(session, context.subject)), None)
    if last is None or last.is_ended:
        return None
    now = payments.owed(session, last)
    if cents in (now.cents, now.left_cents):  # what is left of one that was paid in part
        return last
    payments.refuse(session, last.id, reason=OTHER_AMOUNT, by=_employee(session, context))
    return None


@processes.act("payments.told")
def told(session: Session, context: Context) -> None:
    """The citizen typed the bank's number into the task. Raises payments.BadBankNumber."""
    number = str(context.given.get("bank_number") or "")
    by = system(context.body_id, via=Via.PUBLIC)
    payments.told(session, _last(session, context).id, number, by=by)


@processes.act("payments.confirm")
def confirm(session: Session, context: Context) -> Mapping[str, Any]:
    """The employee of the step before found the payment in the bank's statement (S0-8).

    The lines that were marked for it count, else those that are proposed for its code or number.
    Where there is none, since the bank's file was not taken in yet, his word counts, with what the
    citizen told. The process knows then `is_paid`: False where only a part of the amount came.
    """
    payable = _last(session, context)
    if payable.state == PayableState.PAID:
        return {"is_paid": True}
    by = _employee(session, context)
    for found in (payments.confirm, payments.take_proposed):
        with suppress(payments.NothingMarked):
            return {"is_paid": found(session, payable.id, by=by).state == PayableState.PAID}
    told_at = payable.told_at or clock.now()
    received_on = max(clock.local(told_at).date(), clock.local(payable.demanded_at).date())
    payable = payments.confirm_by_hand(
        session,
        payable.id,
        cents=payments.owed(session, payable, received_on).left_cents,
        received_on=received_on,
        number=payable.bank_number,
        note=SEEN_BY_EMPLOYEE,
        by=by,
    )
    return {"is_paid": payable.state == PayableState.PAID}


@processes.act("payments.refuse")
def refuse(session: Session, context: Context) -> None:
    """The payment is not accepted, for the `reason`; nothing can be paid to it any more."""
    payable = _last(session, context)
    reason = str(context.given.get("reason") or "") or "–"
    payments.refuse(session, payable.id, reason=reason, by=_employee(session, context))


def _employee(session: Session, context: Context) -> Principal:
    """Who did the last step of an employee: what follows from it is his act."""
    user_id = session.scalar(
        select(ProcessTask.ended_by)
        .where(
            ProcessTask.instance_id == context.instance_id,
            ProcessTask.kind == TaskKind.EMPLOYEE,
            ProcessTask.state == TaskState.DONE,
            ProcessTask.ended_by.is_not(None),
        )
        .order_by(ProcessTask.ended_at.desc(), ProcessTask.id.desc())
        .limit(1)
    )
    if user_id is None:
        raise NobodyConfirmed(
            t("No employee confirmed the payment: an employee’s step comes before this one.")
        )
    return organization.principal(session, user_id, via=Via.JOB)


@payments.after_told
def _after_told(session: Session, payable: Payable, by: Principal) -> None:
    if payable.subject_type == SUBJECT:
        subject = (SUBJECT, payable.subject_id)
        processes.send(session, subject, TOLD, {"bank_number": payable.bank_number})


@payments.after_settled
def _after_settled(session: Session, payable: Payable, by: Principal) -> None:
    if payable.subject_type != SUBJECT:
        return
    subject = (SUBJECT, payable.subject_id)
    if payable.state == PayableState.PAID:
        processes.send(session, subject, SETTLED, {"is_paid": True})
    elif payable.ended_why != OTHER_AMOUNT:  # the process itself puts another in its place
        processes.send(session, subject, REFUSED, {"why_not": payable.ended_why})


def _last(session: Session, context: Context) -> Payable:
    found = payments.of_subject(session, context.subject)
    if not found:
        raise NothingDemanded(
            t("Nothing was demanded for this application: payments.demand comes before this step.")
        )
    return found[-1]
