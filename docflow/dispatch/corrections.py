"""Telling those who got a document that it was issued again, corrected (ορθή επανάληψη).

The recipient of the new one gets it with words that say so; who got the old one and does not get
the new one is told by mail that it no longer stands alone. Source: domain row 77.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, circulation, mail, organization, outbox, registry
from docflow.dispatch.models import Delivery, DeliveryState
from docflow.i18n import translate
from docflow.principal import system

_TOLD = (DeliveryState.SENT, DeliveryState.PICKED_UP)
CORRECTED = "It is the corrected re-issue of our document number {number}, which it replaces."
_NO_LONGER = (
    "{body} had sent you its document number {before}.\n\n"
    "That document was issued again corrected, under number {number}. Please do not rely on the "
    "earlier one any more; ask us for the new one if it concerns you."
)


@circulation.after_issue
def tell(session: Session, draft: circulation.Draft, entry: registry.Entry) -> None:
    """A corrected re-issue was issued: tell whoever got the earlier one by mail."""
    if draft.corrects_id is None:
        return
    for row in session.scalars(
        select(Delivery).where(
            Delivery.entry_id == draft.corrects_id,
            Delivery.state.in_([str(state) for state in _TOLD]),
            Delivery.email != "",
            Delivery.email != draft.recipient_email,
        )
    ):
        outbox.enqueue(session, "dispatch.tell-corrected", delivery_id=row.id, entry_id=entry.id)


@outbox.job("dispatch.tell-corrected")
def tell_corrected(run: outbox.Run, *, delivery_id: int, entry_id: int) -> None:
    """Mail one earlier recipient. A worker that dies after the mail may send it twice."""
    with run.office.db.read() as session:
        row = session.get_one(Delivery, delivery_id)
        before = session.get_one(registry.Entry, row.entry_id)
        now = session.get_one(registry.Entry, entry_id)
        body = organization.body(session, before.body_id).name
        to = row.email
    paragraphs = [
        translate(_NO_LONGER, language, body=body, before=before.label, number=now.label)
        for language in ("el", "en")
    ]
    mail.send(
        run.office.settings,
        to=to,
        subject=translate("A document of {body} was corrected", "el", body=body),
        text="\n\n---\n\n".join(paragraphs) + "\n",
    )
    with run.office.db.begin() as session:
        audit.record(
            session,
            "delivery.told-corrected",
            by=system(now.body_id),
            subject=("entry", before.id),
            delivery=delivery_id,
            corrected_by=now.label,
        )


def said(session: Session, entry: registry.Entry, language: str) -> str:
    """The sentence in the notice of a corrected re-issue; empty for any other document."""
    before = session.scalar(
        select(registry.Entry.label)
        .join(circulation.Draft, circulation.Draft.corrects_id == registry.Entry.id)
        .where(circulation.Draft.entry_id == entry.id)
    )
    return translate(CORRECTED, language, number=before) if before else ""
