"""Accounts and representations in the one view of a person, for whoever keeps accounts."""

from collections.abc import Sequence

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from docflow import parties
from docflow.accounts import logins
from docflow.accounts.citizen import Level
from docflow.accounts.keeping import keeps
from docflow.accounts.models import Account, AccountState, Representation
from docflow.i18n import t
from docflow.parties import Trace, TraceKind, Whose
from docflow.principal import Principal


@parties.traces.source(TraceKind.ACCOUNT)
def found(session: Session, whose: Whose, by: Principal, limit: int) -> Sequence[Trace]:
    """Open accounts of the person's ΑΦΜ or address, and representations of or by them."""
    if not keeps(by):
        return []
    rows = session.scalars(
        select(Account)
        .where(
            Account.body_id == whose.body_id,
            Account.state == AccountState.OPEN,
            or_(
                and_(Account.email_key != "", Account.email_key.in_(whose.emails)),
                and_(Account.tax_number != "", Account.tax_number.in_(whose.tax_numbers)),
            ),
        )
        .order_by(Account.id.desc())
        .limit(limit)
    ).all()
    traces = [
        Trace(
            kind=TraceKind.ACCOUNT,
            at=row.created_at,
            title=t("Account on the portal"),
            state=logins.proof_of(row)
            or (Level.REGISTERED if row.password_hash else Level.VISITOR),
            state_group="identity_level",
            href=f"/citizens/{row.id}",
            about=("citizen-account", row.id),
        )
        for row in rows
    ]
    given = session.scalars(
        select(Representation)
        .where(
            Representation.body_id == whose.body_id,
            or_(
                Representation.account_id.in_([row.id for row in rows]),
                and_(
                    Representation.tax_number != "",
                    Representation.tax_number.in_(whose.tax_numbers),
                ),
            ),
        )
        .order_by(Representation.id.desc())
        .limit(limit)
    )
    traces += [
        Trace(
            kind=TraceKind.ACCOUNT,
            at=row.asked_at,
            title=t("Representation of {name}", name=row.name),
            state=row.state,
            state_group="representation",
            href=f"/citizens/{row.account_id}#representation-{row.id}",
            about=("representation", row.id),
        )
        for row in given
    ]
    return sorted(traces, key=lambda trace: trace.at, reverse=True)[:limit]
