"""Several documents at once: all get their numbers, one after the other, or none does.

Everything of one batch is one transaction: a clerk who has seven letters of one sender never finds
that four of them have numbers. Source: domain section A2, issue 3 item 3.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy.orm import Session

from docflow import documents, parties
from docflow.errors import DocflowError, Invalid
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import described, duplicates, queries, snapshots
from docflow.registry.access import book_named
from docflow.registry.models import Entry
from docflow.registry.new_entry import NewEntry, contacts_of, digest_of, marks_of, said_of
from docflow.registry.service import earlier, examine, register

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
    first = f"{idempotency_key}:0" if idempotency_key else ""
    if not (first and earlier(session, by, first, digest_of(*items[0]))):
        for place, (new, _) in enumerate(items):
            with _placed(place):
                examine(session, new, by=by, zone=zone)
        _hold_ahead(session, items, by=by, zone=zone)
    entries = []
    for place, (new, uploads) in enumerate(items):
        with _placed(place):
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
    return entries


@contextmanager
def _placed(place: int) -> Iterator[None]:
    """Errors name the document of the batch."""
    try:
        yield
    except DocflowError as error:
        error.field = f"items.{place}.{error.field or 'form'}"
        raise


def _hold_ahead(
    session: Session,
    items: Sequence[tuple[NewEntry, Sequence[documents.Upload]]],
    *,
    by: Principal,
    zone: str,
) -> None:
    """Hold what the registrations of the batch hold besides the series: marks and parties.

    Everybody holds these first and the series last. Without this the second document of a batch,
    which has the series since the first, would wait for somebody who waits for the series.
    """
    duplicates.hold_all(session, [marks_of(new, uploads) for new, uploads in items], by=by)
    contacts: list[parties.Contact] = []
    for place, (new, _) in enumerate(items):
        with _placed(place):
            book = book_named(session, new.book, by, to_write=True)
            said = said_of(session, new)
            settled = described.settle(session, said, book=book, by=by, zone=zone)
        if not snapshots.is_private(book, settled.grade):
            contacts += map(parties.checked, contacts_of(new))
    snapshots.take(session, contacts, is_private=False, by=by)
    session.flush()


def lines_of(session: Session, entry_ids: Sequence[int], *, by: Principal) -> list[queries.Line]:
    """These entries as rows of a list, in this order; those not open to the person are left out."""
    rows = session.execute(queries.lines_query(by).where(Entry.id.in_(entry_ids))).all()
    known = {line.id: line for line in queries.lines(session, rows)}
    return [known[entry_id] for entry_id in entry_ids if entry_id in known]
