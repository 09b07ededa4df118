"""Who sees and decides about batches: the registry; a batch of one's own, he alone.

Whoever writes only in a confidential book scans for himself: nobody else sees his batches.
"""

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import Session

from docflow.errors import Conflict, NotFound
from docflow.i18n import t
from docflow.principal import Principal, Role, Via
from docflow.scans.models import Batch, Document, DocumentState

SCANS_SCOPE = "register"


class NoSuchBatch(NotFound):
    """There is no such batch, or it is not open to this person."""


class NoSuchScan(NotFound):
    """There is no such scanned document, or it is not open to this person."""


class ScanUnreadable(Conflict):
    """The pages of a scanned document cannot be taken out of their batch."""


class ScanMoved(Conflict):
    """The scanned document does not wait for a decision any more."""


def may_scan(by: Principal) -> bool:
    return by.is_clerk or by.is_registrar or bool(by.confidential_writes)


def sees_all(by: Principal) -> bool:
    return by.is_clerk or by.is_registrar


def require(by: Principal) -> None:
    """Raises NotAllowed."""
    by.require_scope(SCANS_SCOPE)
    by.require(may_scan(by), t("Only the registry scans documents. Ask a clerk."))


def visible_to(by: Principal) -> ColumnElement[bool]:
    """The condition on `scan_batches` that the person may see the batch."""
    common: ColumnElement[bool] = Batch.owner_id.is_(None) if sees_all(by) else false()
    own = Batch.owner_id == by.user_id if by.user_id is not None else false()
    return and_(Batch.body_id == by.body_id, or_(common, own))


def batch(session: Session, batch_id: int, *, by: Principal) -> Batch:
    """Raises NoSuchBatch, NotAllowed."""
    require(by)
    found = session.scalar(select(Batch).where(Batch.id == batch_id, visible_to(by)))
    if found is None:
        raise NoSuchBatch(t("There is no such batch of scans, or it is not open to you."))
    return found


def document(session: Session, document_id: int, *, by: Principal) -> tuple[Document, Batch]:
    """Raises NoSuchScan, NotAllowed."""
    require(by)
    row = session.execute(
        select(Document, Batch)
        .join(Batch, Batch.id == Document.batch_id)
        .where(Document.id == document_id, visible_to(by))
    ).one_or_none()
    if row is None:
        raise NoSuchScan(t("There is no such scanned document, or it is not open to you."))
    return row[0], row[1]


def held(
    session: Session,
    document_id: int,
    *,
    by: Principal,
    states: tuple[DocumentState, ...] = (DocumentState.REVIEW,),
) -> tuple[Document, Batch]:
    """The document, locked, when it waits for a decision.

    The batch is locked first: two people who join and split the same batch do it one by one.
    Raises ScanMoved besides.
    """
    _, of = document(session, document_id, by=by)
    locked(session, of.id)
    row = session.scalar(
        select(Document)
        .where(Document.id == document_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    assert row is not None  # nothing is ever deleted
    if row.state not in states:
        raise ScanMoved(t("Somebody decided about this document already. Look at it again."))
    return row, of


def locked(session: Session, batch_id: int) -> Batch:
    """The batch, held until the transaction ends."""
    row = session.scalar(
        select(Batch)
        .where(Batch.id == batch_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NoSuchBatch(t("There is no such batch of scans, or it is not open to you."))
    return row


def registry_itself(body_id: int) -> Principal:
    """The installation, seeing what the registry sees: entries to which a label files by itself."""
    return Principal(
        user_id=None,
        body_id=body_id,
        username="",
        full_name="",
        via=Via.JOB,
        roles=frozenset({Role.CLERK}),
    )


NO_PAGE = t("The batch has no such page.")
NO_BYTES = t("The scanner has not given any sheet yet.")
