"""The payments of a person, for the one view of him."""

from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from docflow.parties import traces
from docflow.payments import access
from docflow.payments.models import Payable
from docflow.principal import Principal


@traces.source(traces.TraceKind.PAYMENT)
def of_person(
    session: Session, whose: traces.Whose, by: Principal, limit: int
) -> Sequence[traces.Trace]:
    """What he was asked to pay, the newest first, as far as the reader may see it."""
    rows = session.scalars(
        select(Payable)
        .where(
            access.visible(session, by),
            Payable.body_id == whose.body_id,
            or_(
                Payable.payer_tax_number.in_(whose.tax_numbers - {""}),
                func.lower(Payable.payer_email).in_(whose.emails - {""}),
            ),
        )
        .order_by(Payable.id.desc())
        .limit(limit)
    )
    return [
        traces.Trace(
            kind=traces.TraceKind.PAYMENT,
            at=row.ended_at or row.told_at or row.demanded_at,
            title=row.reason.get(by.language) or row.reason.get("el", ""),
            state=row.state,
            state_group="payable",
            href=f"/payments/{row.id}",
            number=row.reference,
            about=("payable", row.id),
            is_open=not row.is_ended,
        )
        for row in rows
    ]
