"""Taking bytes in: stored durably before any row speaks of them, under a clean name."""

import re
import unicodedata
from dataclasses import dataclass
from typing import BinaryIO

from sqlalchemy.orm import Session

import ocr
import storage
from docflow import outbox
from docflow.documents.models import (
    File,
    FileRole,
    Reading,
    ReadingState,
    Screening,
    ScreeningState,
)
from docflow.errors import Invalid, NotFound, Unavailable
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal

MAX_NAME_BYTES = 200  # file systems take 255; leave room for our own suffixes
# Kinds that are never opened here, whatever the entry says of them.
REFUSED_TYPES = frozenset({"application/x-executable"})
_SLASHES = re.compile(r"[\\/]+")


class TooLarge(Invalid):
    """The file is larger than this installation takes in."""


class StoreUnavailable(Unavailable):
    """The object store does not answer."""


class NoRoom(StoreUnavailable):
    """There is no room for a file of this size just now."""


class BytesMissing(NotFound):
    """The bytes of a file are not in the store, or are not what they were."""


@dataclass(frozen=True, slots=True)
class Upload:
    """Bytes that are safe in the store and wait for their row."""

    name: str
    sha256: str
    size: int
    media_type: str
    waits_for_check: bool = False  # foreign bytes, and a virus check is set up


def receive(office: Office, stream: BinaryIO, name: str, *, body_id: int | None = None) -> Upload:
    """Store the bytes of a file for a body. When this returns they survive a power cut.

    Raises TooLarge and StoreUnavailable. A file that nobody can read is taken in all the same.
    """
    limit = office.settings.max_upload_mb << 20
    try:
        stored = office.store_of(body_id).put(stream, limit=limit)
        with office.store.local_copy(stored.sha256) as path:
            media_type = ocr.media_type(path)
    except storage.TooLarge as error:
        raise TooLarge(
            t(
                "“{name}” is larger than {max} MB. Split it, or hand it over on a medium and "
                "count it as an attachment on paper.",
                name=clean_name(name),
                max=office.settings.max_upload_mb,
            ),
            field="files",
        ) from error
    except storage.StorageError as error:
        raise store_unavailable() from error
    checked = bool(office.settings.clamd)
    return Upload(clean_name(name), stored.sha256, stored.size, media_type, checked)


def store_unavailable() -> StoreUnavailable:
    return StoreUnavailable(
        t("The file store does not answer. Nothing was registered; please try again in a minute.")
    )


def no_room() -> NoRoom:
    return NoRoom(
        t(
            "The disk of the server is full: it cannot take in a file of this size, and nothing "
            "was saved. Register without the file and add it later, or try again in some minutes; "
            "tell the administrator."
        )
    )


def clean_name(name: str) -> str:
    """A file name that is safe on every system: no path, no control characters, composed accents.

    At most 200 bytes of UTF-8; the extension is kept.
    """
    base = _SLASHES.split(unicodedata.normalize("NFC", name))[-1]
    base = "".join(char for char in base if unicodedata.category(char)[0] != "C").strip(" .")
    if not base:
        return "αρχείο"
    stem, dot, extension = base.rpartition(".")
    if not dot or len(extension) > 10:
        stem, extension = base, ""
    suffix = f".{extension}" if extension else ""
    room = MAX_NAME_BYTES - len(suffix.encode())
    return stem.encode()[:room].decode(errors="ignore") + suffix


def attach(
    session: Session,
    entry_id: int,
    uploads: list[Upload],
    *,
    by: Principal,
    languages: list[str],
    role: FileRole = FileRole.ORIGINAL,
    first_position: int = 1,
) -> list[File]:
    """File uploads under an entry, in this order, and ask for each to be checked and read."""
    files = [
        File(
            entry_id=entry_id,
            position=first_position + place,
            role=role,
            name=upload.name,
            sha256=upload.sha256,
            size=upload.size,
            media_type=upload.media_type,
            added_by=by.user_id,
        )
        for place, upload in enumerate(uploads)
    ]
    session.add_all(files)
    session.flush()  # their ids, for reading and job
    for file, upload in zip(files, uploads, strict=True):
        begin(session, file, languages=languages, waits_for_check=upload.waits_for_check)
    return files


def begin(
    session: Session, file: File, *, languages: list[str], waits_for_check: bool = False
) -> None:
    """Ask for a new file to be checked and read; one of a refused kind is closed at once."""
    if file.media_type in REFUSED_TYPES:
        refused = ScreeningState.REFUSED
        session.add(Screening(file_id=file.id, state=refused, finding="executable"))
        session.add(
            Reading(
                file_id=file.id,
                state=ReadingState.QUARANTINED,
                languages=list(languages),
                problem="executable",
            )
        )
        return
    if waits_for_check:  # else its row comes with the reading: registering has enough to write
        session.add(Screening(file_id=file.id, state=ScreeningState.WAITING))
    session.add(Reading(file_id=file.id, state=ReadingState.PENDING, languages=list(languages)))
    outbox.enqueue(session, "documents.read", file_id=file.id)
