"""Mails and archives: what lies in them becomes files of the same entry, beside the original.

Each part is kept and filed by itself, so that a job that died goes on where it stopped. The
original stays as it came; a part that may not be taken out is named in the notes of its reading.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import ocr
import storage
from docflow import clock
from docflow.documents import intake, outcomes, renditions
from docflow.documents.models import File, FileRole, MailHeaders
from docflow.documents.outcomes import Note
from docflow.documents.screening import body_of
from docflow.office import Office
from docflow.principal import system

MAX_FILES = 2_000  # of one entry, whatever lies in whatever
_ROLES = {
    "attachment": FileRole.ATTACHMENT,
    "inline": FileRole.INLINE,
    "body": FileRole.MAIL_BODY,
    "member": FileRole.MEMBER,
}
_STILL_INSIDE = {"encrypted": "part-encrypted", "memory": "part-bomb"}


class TooDeep(Exception):
    """A mail or an archive lies so deep in others that it stays closed."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The text by which a mail or an archive itself is found, and what stayed inside."""

    text: str
    notes: list[Note]


def unpack(
    office: Office,
    path: Path,
    *,
    file_id: int,
    entry_id: int,
    media_type: str,
    languages: list[str],
) -> Unpacked:
    """File the parts of a mail or an archive.

    Raises ocr.Unreadable, TooDeep, StoreUnavailable, Erased.

    One archive may lie in a mail, and one mail in a mail; what lies deeper stays closed.
    """
    with office.db.read() as session:
        if _is_too_deep(session, file_id, media_type):
            raise TooDeep
        filed = set(session.scalars(select(File.part).where(File.parent_id == file_id)))
    found = ocr.take_apart(path)
    notes: list[Note] = list(found.notes)
    for part in found.parts:
        if part.problem:
            notes.append((part.problem, part.name))
        elif part.number not in filed:
            try:
                data = ocr.part_bytes(path, part.number)
            except ocr.Unreadable as error:
                notes.append((_STILL_INSIDE.get(error.code, "part-damaged"), part.name))
                continue
            if not _filed(office, file_id, entry_id, part, data, languages):
                notes.append(("too-many-parts", str(MAX_FILES)))
                break
    if found.mail is not None:
        with office.db.begin() as session:
            outcomes.locked(session, file_id)
            _keep_headers(session, file_id, found.mail)
    return Unpacked(_text(found), notes)


def _is_too_deep(session: Session, file_id: int, media_type: str) -> bool:
    above: list[str] = []
    parent_id = session.scalar(select(File.parent_id).where(File.id == file_id))
    while parent_id is not None:
        kind, parent_id = session.execute(
            select(File.media_type, File.parent_id).where(File.id == parent_id)
        ).one()
        above.append(kind)
    if media_type in ocr.ARCHIVES:
        return any(kind in ocr.ARCHIVES for kind in above)
    return sum(1 for kind in above if kind in ocr.MAILS) > 1


def _filed(
    office: Office,
    parent_id: int,
    entry_id: int,
    part: ocr.Part,
    data: bytes,
    languages: list[str],
) -> bool:
    """Store the bytes, then file them; false where the entry has too many files."""
    try:
        body_id = renditions.owner_of(office, parent_id)
        stored = office.store_of(body_id).put_bytes(data)
        with office.store.local_copy(stored.sha256) as copy:
            media_type = ocr.media_type(copy)
    except storage.StorageError as error:
        raise intake.store_unavailable() from error
    with office.db.begin() as session:
        # The lock that acts on an entry take: two files never get the same place.
        key = func.hashtextextended(f"entry:{entry_id}", 0)
        session.execute(select(func.pg_advisory_xact_lock(key)))
        outcomes.locked(session, parent_id)  # else the data of the entry were erased meanwhile
        again = select(File.id).where(File.parent_id == parent_id, File.part == part.number)
        if session.scalar(again) is not None:
            return True
        place = session.scalar(select(func.max(File.position)).where(File.entry_id == entry_id))
        if (place or 0) >= MAX_FILES:
            return False
        file = File(
            entry_id=entry_id,
            position=(place or 0) + 1,
            role=_ROLES[part.role],
            name=intake.clean_name(part.name),
            sha256=stored.sha256,
            size=stored.size,
            media_type=media_type,
            added_by=system(body_of(session, entry_id)).user_id,
            parent_id=parent_id,
            part=part.number,
        )
        session.add(file)
        session.flush()
        intake.begin(
            session,
            file,
            languages=languages,
            waits_for_check=bool(office.settings.clamd),
        )
    return True


def _keep_headers(session: Session, file_id: int, mail: ocr.Mail) -> None:
    if session.get(MailHeaders, file_id) is not None:
        return
    session.add(
        MailHeaders(
            file_id=file_id,
            from_name=_clean(mail.sender.name),
            from_address=_clean(mail.sender.address),
            recipients=[[_clean(one.name), _clean(one.address)] for one in mail.recipients],
            copies=[[_clean(one.name), _clean(one.address)] for one in mail.copies],
            subject=_clean(mail.subject),
            sent_at=mail.sent_at,
            message_id=_clean(mail.message_id),
        )
    )


def _clean(text: str) -> str:
    return "".join(char for char in text if char.isprintable())[:1000]


def _text(found: ocr.Contents) -> str:
    """A mail as one reads it, an archive as the list of its files."""
    if found.mail is None:
        return "\n".join(part.name for part in found.parts)
    mail = found.mail
    sent = clock.local(mail.sent_at).strftime("%d/%m/%Y %H:%M") if mail.sent_at else ""
    lines = (
        ("Από", _people((mail.sender,))),
        ("Προς", _people(mail.recipients)),
        ("Κοινοποίηση", _people(mail.copies)),
        ("Ημερομηνία", sent),
        ("Θέμα", mail.subject),
    )
    head = "\n".join(f"{word}: {value}" for word, value in lines if value)
    return f"{head}\n\n{found.text}".strip().replace("\x00", "")


def _people(people: Sequence[ocr.contents.Address]) -> str:
    return ", ".join(
        f"{one.name} <{one.address}>" if one.name and one.address else one.name or one.address
        for one in people
    )
