"""Files of entries, what was read in them, and what was derived from them.

A file row is written once. Reading state and renditions stand beside it, because a reading can be
repeated and a rendition replaced, while the original stays byte for byte as it came.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow import clock
from docflow.db import Base, one_of


class FileRole(StrEnum):
    """What a file is to its entry."""

    ORIGINAL = "original"  # as it came, or as it was uploaded
    SIGNED_ORIGINAL = "signed-original"  # πρωτότυπο: signed by the persons, bears no number
    EXACT_COPY = "exact-copy"  # ακριβές αντίγραφο: number, date, seal, timestamp; what is sent
    SCAN = "scan"  # of the paper, made after it had its number
    ATTACHMENT = "attachment"  # of a mail
    INLINE = "inline"  # a picture that stands in the text of a mail
    MAIL_BODY = "mail-body"  # the text of a mail, as a file of its own
    MEMBER = "member"  # of an archive


# What lay in another file: it came with the document, and nobody issued it here.
PARTS = (FileRole.ATTACHMENT, FileRole.INLINE, FileRole.MAIL_BODY, FileRole.MEMBER)


class ReadingState(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    PARTLY = "partly"  # some pages or parts could not be read: the notes say which, and why
    FAILED = "failed"
    QUARANTINED = "quarantined"  # a virus, or a kind of file that is never opened


class ScreeningState(StrEnum):
    """Whether a file may be opened by those who see its entry."""

    WAITING = "waiting"  # for the virus check; closed until then
    UNCHECKED = "unchecked"  # no virus check is set up
    CLEAN = "clean"
    INFECTED = "infected"
    REFUSED = "refused"  # a program, or more than the virus check takes
    RELEASED = "released"  # an administrator decided so


class File(Base):
    """A file of an entry. Written once (the database refuses changes)."""

    __tablename__ = "files"
    __table_args__ = (
        one_of("role", FileRole),
        UniqueConstraint("entry_id", "position"),
        UniqueConstraint("parent_id", "part"),
        CheckConstraint("(parent_id IS NULL) = (part IS NULL)", name="part_has_parent"),
        Index(None, "sha256"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # Deferred: files are filed before their entry has its number, in the same transaction.
    entry_id: Mapped[int] = mapped_column(
        ForeignKey("entries.id", deferrable=True, initially="DEFERRED")
    )
    position: Mapped[int]
    role: Mapped[str]
    name: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int]
    media_type: Mapped[str]
    added_at: Mapped[datetime] = mapped_column(default=clock.now)
    added_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("files.id"))  # what it lay in
    part: Mapped[int | None]  # its place there, from 1


class Reading(Base):
    """How far the reading (OCR, or the text layer) of a file has come."""

    __tablename__ = "readings"
    __table_args__ = (
        one_of("state", ReadingState),
        Index(
            "ix_readings_need_a_person",
            "file_id",
            postgresql_where=text(
                "state IN ('partly', 'failed', 'quarantined') AND settled_at IS NULL"
            ),
        ),
    )

    file_id: Mapped[int] = mapped_column(ForeignKey("files.id"), primary_key=True)
    state: Mapped[str]
    languages: Mapped[list[Any]]
    pages_total: Mapped[int | None]
    pages_done: Mapped[int] = mapped_column(server_default="0")
    confidence: Mapped[float | None]  # 0 to 100, mean over the pages that were recognised
    problem: Mapped[str | None]  # a code of ocr.Unreadable
    detail: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    notes: Mapped[list[Any]] = mapped_column(server_default="[]")  # [code, page or name of a part]
    tries: Mapped[int] = mapped_column(server_default="0")  # by itself, after passing troubles
    settled_at: Mapped[datetime | None]  # a person saw the outcome and leaves it so
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class PageText(Base):
    """The text of one page, with its words' boxes for the layer and for marking hits."""

    __tablename__ = "page_texts"
    __table_args__ = (
        # Few of many pages need a person's eyes (understanding.DOUBTFUL).
        Index(
            "ix_page_texts_doubtful",
            "file_id",
            "page",
            postgresql_where=text("source = 'failed' OR confidence < 60"),
        ),
    )

    file_id: Mapped[int] = mapped_column(ForeignKey("files.id"), primary_key=True)
    page: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    text: Mapped[str]
    confidence: Mapped[float | None]
    rotation: Mapped[int]
    skew: Mapped[float]
    width: Mapped[float]
    height: Mapped[float]
    words: Mapped[list[Any]]  # [text, x0, y0, x1, y1, confidence] in points, origin top left
    problem: Mapped[str | None]
    is_stale: Mapped[bool] = mapped_column(server_default=false())  # to be read again
    languages: Mapped[list[Any]] = mapped_column(server_default="[]")  # it was read in
    wanted: Mapped[list[Any] | None]  # languages asked for this page alone


class Rendition(Base):
    """Something derived from a file: its bytes are in the store, it can be made again."""

    __tablename__ = "renditions"

    file_id: Mapped[int] = mapped_column(ForeignKey("files.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)  # searchable-pdf
    sha256: Mapped[str]
    size: Mapped[int]
    media_type: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(default=clock.now)


class Screening(Base):
    """Whether a file may be opened: the virus check, and kinds of file that are never opened."""

    __tablename__ = "screenings"
    __table_args__ = (one_of("state", ScreeningState),)

    file_id: Mapped[int] = mapped_column(ForeignKey("files.id"), primary_key=True)
    state: Mapped[str]
    finding: Mapped[str] = mapped_column(server_default="")  # name of the virus, or a code
    checked_at: Mapped[datetime | None]
    taken_in_at: Mapped[datetime | None]  # when upper packages were told of the file


class QuarantineAct(StrEnum):
    OPENED = "opened"
    RELEASED = "released"


class QuarantineNote(Base):
    """What an administrator did with a closed file, and why. Written once."""

    __tablename__ = "quarantine_acts"
    __table_args__ = (
        one_of("act", QuarantineAct),
        CheckConstraint("length(reason) BETWEEN 1 AND 500", name="reason_length"),
        Index(None, "file_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("files.id"))
    act: Mapped[str]
    reason: Mapped[str]
    acted_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    acted_at: Mapped[datetime] = mapped_column(default=clock.now)


class MailHeaders(Base):
    """What a mail says of itself; anybody can write anything there. Written once."""

    __tablename__ = "mail_headers"

    file_id: Mapped[int] = mapped_column(ForeignKey("files.id"), primary_key=True)
    from_name: Mapped[str]
    from_address: Mapped[str]
    recipients: Mapped[list[Any]]  # [name, address]
    copies: Mapped[list[Any]]
    subject: Mapped[str]
    sent_at: Mapped[datetime | None]
    message_id: Mapped[str]
