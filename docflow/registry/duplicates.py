"""The same document brought twice: seen before it gets a second number.

Two documents look the same when sender, sender's number and date agree, or when a file has the
same bytes. Registering in spite of that needs a reason, which is kept. Source: domain row 17.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Text as SqlText
from sqlalchemy import bindparam, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from docflow import audit, documents, parties
from docflow.errors import Conflict, Invalid
from docflow.folding import fold, fold_reference, line
from docflow.i18n import Text, t
from docflow.principal import Principal
from docflow.registry import queries
from docflow.registry.changes import Correction
from docflow.registry.entry_notes import DuplicateNote, Likeness
from docflow.registry.models import Annulment, Direction, Entry

MAX_REASON = 500
_MOST = 50  # likenesses that are looked at; who sends one file 50 times needs no longer list

_LOCK = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest(:keys) AS key"
).bindparams(bindparam("keys", type_=ARRAY(SqlText)))


class DuplicateReasonTooLong(Invalid):
    """The reason for registering a document again has at most 500 characters."""


@dataclass(frozen=True, slots=True)
class Alike:
    """An entry that looks like what is being registered.

    One with nothing in it stands for all that are not open to the person: neither which they are
    nor how many is told, nor by what they are alike.
    """

    entry_id: int | None
    likeness: Likeness | None
    line: queries.Line | None


class DuplicateFound(Conflict):
    """The same document seems to be registered already."""

    def __init__(self, alike: Sequence[Alike]) -> None:
        super().__init__(_told(alike), field="duplicate_reason")
        self.alike = tuple(alike)


@dataclass(frozen=True, slots=True)
class Marks:
    """That by which a document is known again."""

    direction: Direction
    sender: parties.Contact | None
    reference: str
    dated_on: date | None
    digests: tuple[str, ...]


def guard(
    session: Session, marks: Marks, *, reason: str, by: Principal
) -> list[tuple[int, Likeness]]:
    """The entries that look the same, where a `reason` was given to go on in spite of them.

    Two clerks who register the same document at once are put in order: the second waits here, and
    then sees the first one's entry. Raises DuplicateFound, DuplicateReasonTooLong.
    """
    keys = _keys(marks, by)
    if not keys:
        return []
    reason = checked_reason(reason)
    _lock(session, keys)
    found = _found(session, marks, by)
    if found and not reason:
        raise DuplicateFound(shown(session, found, by=by))
    return found


def note(
    session: Session,
    entry_id: int,
    found: Sequence[tuple[int, Likeness]],
    *,
    reason: str,
    by: Principal,
) -> None:
    """Keep why the entry was registered in spite of these."""
    if not found:
        return
    reason = checked_reason(reason)
    for other_id, likeness in found:
        session.add(
            DuplicateNote(entry_id=entry_id, other_id=other_id, likeness=likeness, reason=reason)
        )
    audit.record(
        session,
        "entry.registered-again",
        by=by,
        subject=("entry", entry_id),
        others=sorted({other_id for other_id, _ in found}),
        reason=reason,
    )


def checked_reason(reason: str) -> str:
    """The reason in one line. Raises DuplicateReasonTooLong."""
    clean = line(reason)
    if len(clean) > MAX_REASON:
        raise DuplicateReasonTooLong(
            t("At most {max} characters fit here.", max=MAX_REASON), field="duplicate_reason"
        )
    return clean


def shown(session: Session, found: Sequence[tuple[int, Likeness]], *, by: Principal) -> list[Alike]:
    """What the person may know of these entries: their lines, or only that there is one."""
    ids = {entry_id for entry_id, _ in found}
    rows = session.execute(queries.lines_query(by).where(Entry.id.in_(ids))).all()
    lines = {one.id: one for one in queries.lines(session, rows)}
    told = [
        Alike(entry_id, likeness, lines[entry_id])
        for entry_id, likeness in found
        if entry_id in lines
    ]
    return told if ids == set(lines) else [*told, Alike(None, None, None)]


def noted(session: Session, entry_id: int, *, by: Principal) -> tuple[str, list[Alike]]:
    """Why the entry was registered again, and in spite of which; entries not open are left out."""
    rows = session.scalars(
        select(DuplicateNote)
        .where(DuplicateNote.entry_id == entry_id)
        .order_by(DuplicateNote.other_id)
    ).all()
    if not rows:
        return "", []
    alike = shown(session, [(row.other_id, Likeness(row.likeness)) for row in rows], by=by)
    return rows[0].reason, [one for one in alike if one.line is not None]


def hold_all(session: Session, several: Sequence[Marks], *, by: Principal) -> None:
    """Put a whole batch in order with everybody else, before its first number is taken."""
    keys = {key for marks in several for key in _keys(marks, by)}
    if keys:
        _lock(session, sorted(keys))


def _lock(session: Session, keys: Sequence[str]) -> None:
    session.execute(_LOCK, {"keys": list(keys)})


def _keys(marks: Marks, by: Principal) -> list[str]:
    """What is locked, in one order for everybody; none where nothing could look the same."""
    if marks.direction is Direction.OUTGOING:
        return []
    keys = {f"file:{by.body_id}:{digest}" for digest in marks.digests}
    if marks.sender and fold_reference(marks.reference):
        keys.add(
            f"reference:{by.body_id}:{fold(marks.sender.name)}:{fold_reference(marks.reference)}"
        )
    return sorted(keys)


def _found(session: Session, marks: Marks, by: Principal) -> list[tuple[int, Likeness]]:
    found = [(entry_id, Likeness.REFERENCE) for entry_id in _by_reference(session, marks, by)]
    found += [(entry_id, Likeness.FILE) for entry_id in _by_file(session, marks, by)]
    return found


def _by_reference(session: Session, marks: Marks, by: Principal) -> list[int]:
    key = fold_reference(marks.reference)
    if marks.sender is None or not key:
        return []
    dated = (
        or_(Entry.sender_dated_on == marks.dated_on, Entry.sender_dated_on.is_(None))
        if marks.dated_on
        else Entry.id.is_not(None)
    )
    corrected = select(Correction.entry_id).where(Correction.key == key)
    rows = session.execute(
        select(Entry.id, Entry.sender_name, Entry.sender_party_id)
        .outerjoin(Annulment, Annulment.entry_id == Entry.id)
        .where(
            or_(Entry.sender_reference_key == key, Entry.id.in_(corrected)),
            Entry.body_id == by.body_id,
            Entry.direction == marks.direction,
            Annulment.entry_id.is_(None),
            dated,
        )
        .order_by(Entry.id.desc())
        .limit(_MOST * 4)
    ).all()
    name, party_id = fold(marks.sender.name), marks.sender.party_id
    same = [
        row.id
        for row in rows
        if fold(row.sender_name) == name
        or (party_id is not None and row.sender_party_id == party_id)
    ]
    return same[:_MOST]


def _by_file(session: Session, marks: Marks, by: Principal) -> list[int]:
    if not marks.digests:
        return []
    return list(
        session.scalars(
            select(Entry.id)
            .distinct()
            .join(documents.File, documents.File.entry_id == Entry.id)
            .outerjoin(Annulment, Annulment.entry_id == Entry.id)
            .where(
                documents.File.sha256.in_(marks.digests),
                # The same logo lies in every mail of a sender.
                documents.File.parent_id.is_(None),
                Entry.body_id == by.body_id,
                Entry.direction == marks.direction,
                Annulment.entry_id.is_(None),
            )
            .order_by(Entry.id.desc())
            .limit(_MOST)
        )
    )


def _told(alike: Sequence[Alike]) -> Text:
    for one in alike:
        if one.line is not None:
            return t(
                "It seems to be registered already, as {label}. Look there; to register it all "
                "the same, write the reason.",
                label=one.line.label,
            )
    return t(
        "It seems to be registered already, in an entry that is not open to you. To register it "
        "all the same, write the reason."
    )
