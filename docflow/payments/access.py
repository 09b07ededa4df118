"""Who sees and keeps payments: the people of the unit whose service it is, and of the unit that
keeps the collection account (domain row S0-8: every employee of the department sees each payment).

Auditors read. A deputy has the work of the absent person.
"""

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.orm import Session

from docflow import clock, organization
from docflow.errors import Conflict, Invalid, NotFound
from docflow.folding import lines
from docflow.i18n import t
from docflow.payments.models import BankLine, CollectionAccount, Payable
from docflow.principal import NotAllowed, Principal

MAX_REASON = 1000


class NoSuchPayable(NotFound):
    """There is no such payment."""


class NoSuchLine(NotFound):
    """There is no such line of a bank’s statement."""


class ReasonMissing(Invalid):
    """This act needs a reason."""


class ReasonTooLong(Invalid):
    """The reason is too long."""


class ChangedMeanwhile(Conflict):
    """Somebody else changed the payment in the meantime."""


def own_units(by: Principal) -> frozenset[int]:
    """The units in whose name the person acts today."""
    of_others = (unit for one in by.substitutions for unit in one.unit_ids | one.headed_unit_ids)
    return by.unit_ids | by.headed_unit_ids | frozenset(of_others)


def keeps_account(session: Session, by: Principal) -> bool:
    """Whether the person works in the unit that keeps a collection account of his body."""
    query = select(CollectionAccount.id).where(
        CollectionAccount.body_id == by.body_id, CollectionAccount.unit_id.in_(own_units(by))
    )
    return by.user_id is not None and session.scalar(query.limit(1)) is not None


def visible(session: Session, by: Principal) -> ColumnElement[bool]:
    """The payables that the person may see, as a condition."""
    if by.user_id is None:
        return false()
    everything = by.is_auditor or keeps_account(session, by)
    return (Payable.body_id == by.body_id) & or_(
        true() if everything else false(), Payable.unit_id.in_(own_units(by))
    )


def may_see(session: Session, payable: Payable, by: Principal) -> bool:
    return payable.body_id == by.body_id and (by.is_auditor or may_keep(session, payable, by))


def may_keep(session: Session, payable: Payable, by: Principal) -> bool:
    """Whether the person may find, mark and complete this payment."""
    if payable.body_id != by.body_id or by.user_id is None:
        return False
    return payable.unit_id in own_units(by) or keeps_account(session, by)


def may_work(session: Session, by: Principal) -> bool:
    """Whether there is anything of payments for this person."""
    if by.is_auditor or keeps_account(session, by):
        return True
    return session.scalar(select(Payable.id).where(visible(session, by)).limit(1)) is not None


def require_keeper(session: Session, by: Principal, *, reads: bool = False) -> None:
    """Bank files are kept by the unit of the collection account alone. Raises NotAllowed."""
    by.require_scope("read" if reads else "route")
    if not (keeps_account(session, by) or (reads and by.is_auditor)):
        raise NotAllowed(
            t(
                "The bank’s files are kept by the unit of the collection account. An administrator "
                "says under “Payments, Account” which one it is."
            )
        )


def get(session: Session, payable_id: int, *, by: Principal) -> Payable:
    """A payable that the person may see. Raises NoSuchPayable."""
    by.require_scope("read")
    payable = session.get(Payable, payable_id)
    if payable is None or not may_see(session, payable, by):
        raise _no_such_payable()
    return payable


def held(session: Session, payable_id: int, *, by: Principal, seen: int | None = None) -> Payable:
    """A payable to decide on, held until the transaction ends.

    `seen` is the version that the person saw. Raises NoSuchPayable, NotAllowed, ChangedMeanwhile.
    """
    by.require_scope("route")
    payable = locked(session, payable_id)
    if payable is None or not may_see(session, payable, by):
        raise _no_such_payable()
    if not may_keep(session, payable, by):
        raise NotAllowed(t("Payments are checked by the unit that they are for."))
    if seen is not None and seen != payable.version:
        raise changed(session, payable)
    return payable


def locked(session: Session, payable_id: int) -> Payable | None:
    """The row, held and read anew."""
    return session.scalar(
        select(Payable)
        .where(Payable.id == payable_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def held_line(
    session: Session, line_id: int, *, by: Principal, seen: int | None = None
) -> BankLine:
    """A line to decide on, held; after its payable, where there is one.

    Raises NoSuchLine, ChangedMeanwhile.
    """
    by.require_scope("route")
    line = session.scalar(
        select(BankLine)
        .where(BankLine.id == line_id, BankLine.body_id == by.body_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if line is None:
        raise NoSuchLine(t("There is no such line of a bank’s statement."))
    if seen is not None and seen != line.version:
        who = organization.names(session, [line.decided_by]).get(line.decided_by or 0, "")
        raise ChangedMeanwhile(
            t(
                "{who} decided on this line of the statement meanwhile ({at}). Look at it again; "
                "what you typed is kept.",
                who=who or t("Somebody"),
                at=f"{clock.local(line.decided_at or clock.now()):%d/%m/%Y %H:%M}",
            )
        )
    return line


def changed(session: Session, payable: Payable) -> ChangedMeanwhile:
    """Who changed the payable last, and when."""
    who = organization.names(session, [payable.changed_by]).get(payable.changed_by or 0, "")
    return ChangedMeanwhile(
        t(
            "The payment is not as you saw it any more: {who} changed it on {at}. Look at it "
            "again; what you typed is kept.",
            who=who or t("the payer, or the bank’s file,"),
            at=f"{clock.local(payable.changed_at):%d/%m/%Y %H:%M}",
        )
    )


def touch(payable: Payable, by: Principal) -> None:
    """Note that the payable changed: whoever saw it before has to look again."""
    payable.version += 1
    payable.changed_by, payable.changed_at = by.user_id, clock.now()


def clean_reason(typed: str) -> str:
    """A reason that a person wrote. Raises ReasonMissing, ReasonTooLong."""
    reason = lines(typed)
    if not reason:
        raise ReasonMissing(t("Write the reason."), field="reason")
    if len(reason) > MAX_REASON:
        raise ReasonTooLong(
            t("The reason is too long: at most {max} characters.", max=MAX_REASON), field="reason"
        )
    return reason


def _no_such_payable() -> NoSuchPayable:
    return NoSuchPayable(t("There is no such payment."))
