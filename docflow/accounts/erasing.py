"""Personal data of an account that is over: removed as soon as nothing needs them.

What was registered keeps its own snapshot of the sender; here only the account is meant.
"""

from datetime import timedelta

from sqlalchemy import case, delete, or_, select, update
from sqlalchemy.orm import Session

from docflow import audit, clock, outbox, schedule
from docflow.accounts import hooks, logins
from docflow.accounts.models import (
    Account,
    AccountState,
    CitizenSession,
    Code,
    Identity,
    Representation,
)
from docflow.principal import system

ERASE = "accounts.erase"
_BATCH = 200
_SESSIONS_KEPT = timedelta(days=90)


def forget_if_free(session: Session, account: Account) -> bool:
    """Empty an account that is over unless something above needs it; whether it is empty now."""
    if account.state == AccountState.OPEN or hooks.is_needed(session, account.id):
        return False
    forget(session, account)
    audit.record(
        session,
        "account.erased",
        by=system(account.body_id),
        subject=("citizen-account", account.id),
    )
    return True


def forget(session: Session, account: Account) -> None:
    """Empty the row, and what hangs on it; that there was an account stays."""
    logins.end_logins(session, account.id)
    account.email = account.email_key = account.email_problem = ""
    account.full_name = account.name_key = account.phone = account.tax_number = ""
    account.password_hash, account.level, account.level_until = None, None, None
    account.erased_at = clock.now()
    session.execute(delete(Identity).where(Identity.account_id == account.id))
    session.execute(delete(Code).where(Code.account_id == account.id))
    session.execute(
        update(CitizenSession).where(CitizenSession.account_id == account.id).values(client="")
    )
    session.execute(
        update(Representation)
        .where(Representation.account_id == account.id)
        .values(
            name="",
            tax_number="",
            proof_sha256=None,
            proof_name="",
            # What a clerk wrote may name whom it was about; that he gave a reason stays.
            reason=case((Representation.reason == "", ""), else_="-"),
        )
    )


@outbox.job(ERASE)
def erase(run: outbox.Run) -> None:
    """Look once a day at the accounts that are over; forget old logins."""
    after = 0
    while True:
        with run.office.db.begin() as session:
            rows = session.scalars(
                select(Account)
                .where(
                    Account.id > after,
                    Account.state != AccountState.OPEN,
                    Account.erased_at.is_(None),
                )
                .order_by(Account.id)
                .limit(_BATCH)
                .with_for_update(skip_locked=True)
            ).all()
            for row in rows:
                forget_if_free(session, row)
        if len(rows) < _BATCH:
            break
        after = rows[-1].id
    before = clock.now() - _SESSIONS_KEPT
    with run.office.db.begin() as session:
        session.execute(
            delete(CitizenSession).where(
                or_(CitizenSession.ended_at < before, CitizenSession.ends_at < before)
            )
        )


schedule.every(ERASE, timedelta(hours=24))
