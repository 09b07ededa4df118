"""Two accounts that are one person's become one, by a clerk who has the papers before him."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from docflow import audit, clock
from docflow.accounts import hooks, logins
from docflow.accounts.erasing import forget
from docflow.accounts.keeping import held, may_keep
from docflow.accounts.models import (
    Account,
    AccountState,
    Identity,
    Proof,
    Representation,
)
from docflow.accounts.told import tell
from docflow.errors import Conflict, Invalid
from docflow.i18n import t
from docflow.principal import Principal


class NotOnePerson(Conflict):
    """The two accounts are not shown to be one person's."""


class BadMerge(Invalid):
    """An account is not made one with itself."""


def merge(
    session: Session,
    stays_id: int,
    goes_id: int,
    *,
    tax_number: str,
    seen: int,
    by: Principal,
) -> Account:
    """What hangs on the account that goes hangs on the other one; its logins end for good.

    The account that stays is that of the proven ΑΦΜ, which the clerk reads off the papers once
    more (`tax_number`). `seen` is its step on his page. Raises NotAllowed, NoSuchAccount,
    AccountMoved, AccountOver, BadMerge, NotOnePerson.
    """
    may_keep(by)
    if stays_id == goes_id:
        raise BadMerge(t("Choose two accounts."), field="other")
    first, second = sorted((stays_id, goes_id))  # two clerks at once come in order
    rows = {
        account_id: held(session, account_id, seen=seen if account_id == stays_id else None, by=by)
        for account_id in (first, second)
    }
    stays, goes = rows[stays_id], rows[goes_id]
    _require_one_person(stays, goes, "".join(tax_number.split()))
    email = goes.email
    _move(session, stays, goes)
    goes.state, goes.closed_at, goes.merged_into_id = AccountState.MERGED, clock.now(), stays.id
    hooks.merged(session, stays.id, goes.id, by=by)
    forget(session, goes)
    session.flush()  # the address is free before the other account takes it
    if not stays.email and email:
        stays.email, stays.email_key = email, email.lower()
    audit.record(
        session,
        "account.merged",
        by=by,
        subject=("citizen-account", stays.id),
        gone=goes.id,
    )
    audit.record(
        session, "account.merged-into", by=by, subject=("citizen-account", goes.id), stays=stays.id
    )
    what = t("Your two accounts were made one: from now on enter with this one.")
    for address in {stays.email, email} - {""}:
        tell(session, stays, what, by=by, email=address)
    return stays


def _require_one_person(stays: Account, goes: Account, tax_number: str) -> None:
    if logins.proof_of(stays) is None or not stays.tax_number:
        raise NotOnePerson(
            t("The account that stays must have a proven ΑΦΜ. Prove it first, with the papers.")
        )
    if tax_number != stays.tax_number:
        raise NotOnePerson(
            t("The ΑΦΜ on the papers is not that of the account that stays."), field="tax_number"
        )
    is_anothers = goes.tax_number not in ("", stays.tax_number) and goes.level is not None
    if is_anothers:
        raise NotOnePerson(t("Another ΑΦΜ was proven for the account that would go."))


def _move(session: Session, stays: Account, goes: Account) -> None:
    for table in (Identity, Representation):
        session.execute(
            update(table).where(table.account_id == goes.id).values(account_id=stays.id)
        )
    session.execute(
        update(Account).where(Account.merged_into_id == goes.id).values(merged_into_id=stays.id)
    )
    session.execute(
        update(Proof)
        .where(Proof.account_id == goes.id, Proof.ended_at.is_(None))
        .values(ended_at=clock.now())
    )


def survivor(session: Session, account_id: int) -> int:
    """The id of the account that this one became; its own where it was not merged."""
    into = session.scalar(select(Account.merged_into_id).where(Account.id == account_id))
    return into or account_id
