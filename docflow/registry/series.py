"""Several documents at once: all get their numbers, one after the other, or none does.

Everything of one batch is one transaction: a clerk who has seven letters of one sender never finds
that four of them have numbers. Source: domain section A2, issue 3 item 3.
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from docflow import documents
from docflow.errors import DocflowError, Invalid
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import queries
from docflow.registry.models import Entry
from docflow.registry.service import NewEntry, register

MAX_TOGETHER = 200


class BadBatch(Invalid):
    """A batch has 1 to 200 documents."""


def register_together(
    session: Session,
    items: Sequence[tuple[NewEntry, Sequence[documents.Upload]]],
    *,
    by: Principal,
    zone: str,
    ocr_languages: list[str],
    idempotency_key: str | None = None,
    duplicate_reason: str = "",
) -> list[Entry]:
    """The entries of the documents, in their order; see `register`.

    An error is the one that `register` raises for the first document that is wrong, with the
    document's place in `field`: "items.3.subject", from 0.
    """
    if not 1 <= len(items) <= MAX_TOGETHER:
        raise BadBatch(t("A batch has 1 to {max} documents.", max=MAX_TOGETHER), field="items")
    entries = []
    for place, (new, uploads) in enumerate(items):
        try:
            entries.append(
                register(
                    session,
                    new,
                    uploads,
                    by=by,
                    zone=zone,
                    ocr_languages=ocr_languages,
                    idempotency_key=f"{idempotency_key}:{place}" if idempotency_key else None,
                    duplicate_reason=duplicate_reason,
                )
            )
        except DocflowError as error:
            error.field = f"items.{place}.{error.field or 'form'}"
            raise
    return entries


def lines_of(session: Session, entry_ids: Sequence[int], *, by: Principal) -> list[queries.Line]:
    """These entries as rows of a list, in this order; those not open to the person are left out."""
    rows = session.execute(queries.lines_query(by).where(Entry.id.in_(entry_ids))).all()
    known = {line.id: line for line in queries.lines(session, rows)}
    return [known[entry_id] for entry_id in entry_ids if entry_id in known]
