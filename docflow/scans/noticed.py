"""Who is told that scans wait for a decision: who brought the batch, else the clerks."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import notices
from docflow.i18n import t
from docflow.notices import NoticeKind
from docflow.principal import Principal, Role, system
from docflow.scans import access
from docflow.scans.models import Batch, Document, DocumentState


def tell(session: Session, batch: Batch) -> None:
    """Pages of the batch wait for a person."""
    brought = batch.owner_id or batch.added_by
    told = [brought] if brought else notices.holders(session, batch.body_id, Role.CLERK)
    notices.tell(
        session,
        told,
        kind=NoticeKind.SCAN_TO_REVIEW,
        about=("scan-batch", batch.id),
        by=system(batch.body_id),
    )


def settle(session: Session, batch_id: int) -> None:
    """Where nothing of the batch waits any more, nobody is asked for a decision."""
    waits = Document.batch_id == batch_id, Document.state == DocumentState.REVIEW
    if session.scalar(select(Document.id).where(*waits).limit(1)) is None:
        about = ("scan-batch", batch_id)
        notices.settle(session, about=about, kinds=[NoticeKind.SCAN_TO_REVIEW])


@notices.describes("scan-batch")
def describe(session: Session, ids: Sequence[int], by: Principal) -> Mapping[int, notices.Subject]:
    """Those of the batches that the person may see; a private one by no name in a mail."""
    if not access.may_scan(by):
        return {}
    rows = session.scalars(select(Batch).where(Batch.id.in_(ids), access.visible_to(by)))
    return {
        batch.id: notices.Subject(
            name=t("Batch {name}", name=batch.name),
            page=f"/scans/{batch.id}",
            is_closed=batch.owner_id is not None,
        )
        for batch in rows
    }
