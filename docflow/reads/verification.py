"""Do the reads agree with the log? Part of every `docflow audit verify`."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit
from docflow.reads.models import Batch, Pending, Read, Reason
from docflow.reads.sealing import digest


@audit.check
def reads_are_as_sealed(session: Session) -> Iterator[audit.Finding]:
    """Each batch is as its event says, none is missing, and each read stands in one of them."""
    told = {
        (event.body_id, event.details.get("batch")): event
        for event in session.scalars(
            select(audit.Event).where(audit.Event.action == "reads.sealed")
        )
    }
    sealed: set[int] = set()
    after: dict[int, tuple[int, int]] = {}
    for batch in session.scalars(select(Batch).order_by(Batch.body_id, Batch.number)):
        event = told.pop((batch.body_id, batch.number), None)
        about = f"batch {batch.number} of reads"
        if event is None:
            yield audit.Finding("inserted", None, None, f"{about} has no event")
            continue
        expected = after.get(batch.body_id, (1, 1))
        if (batch.number, batch.first_number) != expected:
            yield audit.Finding(
                "missing", None, event.id, f"{about} does not follow the one before"
            )
        after[batch.body_id] = (batch.number + 1, batch.first_number + len(batch.read_ids))
        yield from _of_batch(session, batch, event, about)
        sealed.update(batch.read_ids)
    for (_, number), event in told.items():
        yield audit.Finding("missing", None, event.id, f"batch {number} of reads was removed")
    waiting = set(session.scalars(select(Pending.read_id)))
    for read_id in session.scalars(select(Read.id).order_by(Read.id)):
        if read_id not in sealed and read_id not in waiting:
            yield audit.Finding("inserted", None, None, f"read {read_id} was inserted past the log")


def _of_batch(
    session: Session, batch: Batch, event: audit.Event, about: str
) -> Iterator[audit.Finding]:
    rows = session.execute(
        select(Read, Reason.reason)
        .outerjoin(Reason, Reason.id == Read.reason_id)
        .where(Read.id.in_(batch.read_ids))
        .order_by(Read.id)
    ).all()
    gone = sorted(set(batch.read_ids) - {read.id for read, _ in rows})
    if gone:
        named = ", ".join(map(str, gone[:5]))
        yield audit.Finding("missing", None, event.id, f"{about}: read {named} was removed")
    elif not (
        digest([(read, reason) for read, reason in rows])
        == batch.digest
        == event.details.get("digest")
    ):
        yield audit.Finding("altered", None, event.id, f"{about} was altered")
    for read, _ in rows:
        session.expunge(read)  # a year of reads is not held in memory
