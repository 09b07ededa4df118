"""Files that a job made for a person: kept for a week, then their bytes are removed.

After a week nobody gets the file, and its bytes go unless somebody else named the very same ones.
The rows stay: who took what out is not forgotten.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from sqlalchemy import ARRAY, BigInteger, ForeignKey, and_, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

import storage
from docflow import clock, documents, objects
from docflow.db import Base
from docflow.office import Office
from docflow.principal import Principal

KEPT = timedelta(days=7)


class ExportState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"  # nobody gets the file any more; who exported what stays


class KeptFile(Base):
    """The columns of a file that somebody asked for and a job makes."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    state: Mapped[str]
    sha256: Mapped[str | None]  # until the bytes are removed
    entry_ids: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))  # in the file
    size: Mapped[int | None]
    problem: Mapped[str | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    def finish(self, stored: storage.Stored, entry_ids: list[int]) -> None:
        self.state, self.finished_at = ExportState.DONE, clock.now()
        self.sha256, self.size = stored.sha256, stored.size
        self.entry_ids = entry_ids


Row = TypeVar("Row", bound=KeptFile)


def own(session: Session, of: type[Row], export_id: int, *, by: Principal) -> Row | None:
    """The export, where it is the person's own. Raises NotAllowed."""
    by.require_scope("read")
    row = session.get(of, export_id)
    return row if row is not None and row.user_id == by.user_id else None


def waiting(session: Session, of: type[Row], export_id: int) -> Row | None:
    """The export, held until the transaction ends, while nothing became of it yet."""
    row = session.get_one(of, export_id, with_for_update=True)
    return row if row.state == ExportState.WAITING else None


def store(office: Office, path: Path, *, by: Principal, limit: int) -> storage.Stored:
    """Put the file into the store, under the key of the person's body. Raises StoreUnavailable."""
    try:
        with path.open("rb") as stream:
            return office.store_of(by.body_id).put(stream, limit=limit)
    except storage.StorageError as error:
        raise documents.store_unavailable() from error


def give_up(office: Office, of: type[Row], export_id: int, why: str) -> None:
    """The job failed for good: the export shows it."""
    with office.db.begin() as session:
        row = waiting(session, of, export_id)
        if row is not None:
            row.state, row.problem, row.finished_at = ExportState.FAILED, why[:500], clock.now()


def expire(office: Office, of: type[Row]) -> None:
    """Remove files after a week, for they hold what the register guards. The rows stay.

    A row names its bytes until they are gone: where the store does not answer, or keeps them a
    while longer, the next run tries again.
    """
    with office.db.begin() as session:
        is_old = and_(of.state == ExportState.DONE, of.finished_at < clock.now() - KEPT)
        is_left = and_(of.state == ExportState.EXPIRED, of.sha256.is_not(None))
        old = session.scalars(select(of).where(or_(is_old, is_left)).with_for_update()).all()
        for one in old:
            one.state, one.entry_ids = ExportState.EXPIRED, None
        digests = {one.sha256 for one in old if one.sha256}
    for sha256 in sorted(digests):
        if _removed(office, of, sha256):
            with office.db.begin() as session:
                over = select(of).where(of.sha256 == sha256, of.state == ExportState.EXPIRED)
                for one in session.scalars(over.with_for_update()):
                    one.sha256 = None


def _removed(office: Office, of: type[Row], sha256: str) -> bool:
    """Whether the bytes are gone, or are somebody else's. Raises StoreUnavailable."""
    expired = of.state == ExportState.EXPIRED
    with office.db.read() as session:
        if objects.named(session, {sha256}, but_for={of.__tablename__: expired}):
            return True
    try:
        office.store.delete(sha256)
    except (storage.TooYoung, storage.Held):  # put again lately, or kept by an order
        return False
    except storage.NoSuchObject:
        return True
    except storage.StorageError as error:
        raise documents.store_unavailable() from error
    return True
