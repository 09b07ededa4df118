"""Batches come in: bytes first, then the row, then whatever is to be done with it.

The same file again is known by its digest: no second batch is made of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

import ocr
import storage
from docflow import audit, clock, documents, outbox
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal
from docflow.scans import access
from docflow.scans.models import Batch, BatchState, Source

SPLIT = "scans.split"
_FROM_FOLDER = 1 << 34  # bytes; whoever can write into the folder has the disk already


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a file: its batch, and whether it is a new one."""

    batch_id: int
    is_new: bool


def upload(
    office: Office, stream: BinaryIO, name: str, *, by: Principal, is_private: bool = False
) -> Taken:
    """Take a batch that a person sent. `is_private`: nobody else sees it, and only then are
    labels of confidential books filed by themselves.

    Raises NotAllowed, documents.TooLarge, documents.StoreUnavailable.
    """
    access.require(by)
    owner = by.person_id if is_private or not access.sees_all(by) else None
    limit = office.settings.max_scan_mb << 20
    return take(office, stream, name, source=Source.UPLOAD, by=by, owner_id=owner, limit=limit)


def take(
    office: Office,
    stream: BinaryIO,
    name: str,
    *,
    source: Source,
    by: Principal,
    owner_id: int | None = None,
    limit: int = _FROM_FOLDER,
) -> Taken:
    """Store the bytes, then make the batch and its job. What cannot be read becomes one, too.

    Raises documents.TooLarge and documents.StoreUnavailable.
    """
    name = documents.clean_name(name)
    sha256, size, media_type = stored(office, stream, name, limit=limit, body_id=by.body_id)
    with office.db.begin() as session:
        batch_id = session.scalar(
            insert(Batch)
            .values(
                body_id=by.body_id,
                owner_id=owner_id,
                source=source,
                name=name,
                sha256=sha256,
                size=size,
                media_type=media_type,
                state=BatchState.WAITING,
                added_by=by.user_id,
            )
            .on_conflict_do_nothing()
            .returning(Batch.id)
        )
        if batch_id is None:
            before = known(session, by.body_id, owner_id, sha256)
            assert before is not None  # it was in the way of the new one, and is never deleted
            return Taken(before, is_new=False)
        begin(session, batch_id, by=by, name=name, sha256=sha256, source=source)
    return Taken(batch_id, is_new=True)


def stored(
    office: Office, stream: BinaryIO, name: str, *, limit: int, body_id: int
) -> tuple[str, int, str]:
    """Digest, size and media type of bytes that are durable now."""
    try:
        kept = office.store_of(body_id).put(stream, limit=limit)
        with office.store.local_copy(kept.sha256) as path:
            media_type = ocr.media_type(path)
    except storage.TooLarge as error:
        raise documents.TooLarge(
            t(
                "“{name}” is larger than {max} MB. Scan the batch in parts.",
                name=name,
                max=limit >> 20,
            ),
            field="files",
        ) from error
    except storage.StorageError as error:
        raise documents.store_unavailable() from error
    return kept.sha256, kept.size, media_type


def begin(session: Session, batch_id: int, *, by: Principal, **told: Any) -> None:
    """The batch has its bytes: let it be split."""
    outbox.enqueue(session, SPLIT, batch_id=batch_id)
    audit.record(session, "scan.taken", by=by, subject=("scan-batch", batch_id), **told)


def came_again(session: Session, batch_id: int, *, name: str, by: Principal) -> None:
    """Note that the same file came once more; nothing else is done with it."""
    row = access.locked(session, batch_id)
    row.again += 1
    row.again_at = clock.now()
    audit.record(session, "scan.came-again", by=by, subject=("scan-batch", batch_id), name=name)


def known(session: Session, body_id: int, owner_id: int | None, sha256: str) -> int | None:
    """The batch of the same bytes, of the registry or of the same owner; None where none came."""
    return session.scalar(
        select(Batch.id).where(
            Batch.body_id == body_id,
            Batch.owner_id.is_not_distinct_from(owner_id),
            Batch.sha256 == sha256,
        )
    )


def scanner_batch(
    session: Session, options: Mapping[str, Any], *, name: str, by: Principal, is_private: bool
) -> Batch:
    """A batch that a scanner is about to make."""
    row = Batch(
        body_id=by.body_id,
        owner_id=by.person_id if is_private or not access.sees_all(by) else None,
        source=Source.SCANNER,
        name=name,
        state=BatchState.SCANNING,
        options=dict(options),
        added_by=by.user_id,
    )
    session.add(row)
    session.flush()  # its id, for the job
    return row
