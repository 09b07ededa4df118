"""Telling those who got a document that it was issued again, corrected (ορθή επανάληψη).

The recipient of the new one gets it with words that say so; who got the old one and does not get
the new one is told by mail that it no longer stands alone. Source: domain row 77.
"""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import audit, circulation, messages, outbox, registry
from docflow.dispatch.models import Delivery, DeliveryState
from docflow.dispatch.notices import addressee
from docflow.i18n import t
from docflow.messages import Message, MessageState
from docflow.principal import system

_TOLD = (DeliveryState.SENT, DeliveryState.PICKED_UP)
NO_LONGER = messages.declare(
    messages.Kind(
        "document-corrected",
        title=t("A document that was sent was issued again, corrected"),
        samples={"before": "1200/2026", "number": "1234/2026"},
        is_audited=False,
        words=messages.Worded(
            t("A document of {body} was corrected"),
            t(
                "{body} had sent you its document number {before}.\n\n"
                "That document was issued again corrected, under number {number}. Please do not "
                "rely on the earlier one any more; ask us for the new one if it concerns you."
            ),
            t("{body}: our document {before} was issued again corrected, number {number}."),
        ),
    )
)


@circulation.after_issue
def tell(session: Session, draft: circulation.Draft, entry: registry.Entry) -> None:
    """A corrected re-issue was issued: tell whoever got the earlier one electronically."""
    if draft.corrects_id is None:
        return
    before = session.get_one(registry.Entry, draft.corrects_id)
    for row in session.scalars(
        select(Delivery).where(
            Delivery.entry_id == draft.corrects_id,
            Delivery.state.in_([str(state) for state in _TOLD]),
            func.lower(Delivery.email) != draft.recipient_email.strip().lower(),
        )
    ):
        _send(session, row, before, entry)


def _send(session: Session, row: Delivery, before: registry.Entry, now: registry.Entry) -> None:
    messages.send(
        session,
        body_id=before.body_id,
        to=addressee(row),
        kind=NO_LONGER.code,
        values={"before": before.label, "number": now.label},
        about=("entry", before.id),
        by=system(before.body_id),
        once=f"corrected:{row.id}:{now.id}",
        source=row.id,
    )


@outbox.job("dispatch.tell-corrected")
def tell_corrected(run: outbox.Run, *, delivery_id: int, entry_id: int) -> None:
    """A message that a process of the version before asked for, while both versions ran."""
    with run.office.db.begin() as session:
        row = session.get_one(Delivery, delivery_id)
        before = session.get_one(registry.Entry, row.entry_id)
        _send(session, row, before, session.get_one(registry.Entry, entry_id))


@messages.after_ended(NO_LONGER.code)
def told(session: Session, message: Message) -> None:
    if message.state != MessageState.SENT:
        return
    audit.record(
        session,
        "delivery.told-corrected",
        by=system(message.body_id),
        subject=(message.about_type, message.about_id),
        delivery=message.source_id,
        corrected_by=message.values["number"],
    )
