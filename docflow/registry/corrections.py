"""Correcting what a person wrote in the register; the old value stays for everybody to see.

What the server gave (number, year, time, direction, book, the time of arrival) and the files never
change: who got these wrong annuls the entry and registers anew. Everything else is corrected field
by field, with reason and authority, by the rules of registration.
Source: DPR 445/2000 art. 54 and its decree DPCM 2013 art. 8 as model; domain rows 12 and 13.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import audit, canonical, clock, kinds, organization
from docflow.errors import Conflict, Forbidden
from docflow.folding import fold_reference, line
from docflow.i18n import Text, t
from docflow.principal import Principal
from docflow.registry import indexing
from docflow.registry.access import may_write
from docflow.registry.annulment import ReasonMissing, ReasonTooLong, require_not_annulled
from docflow.registry.changes import Corrected, Correction, CorrectionKind
from docflow.registry.correctable import About, field_named
from docflow.registry.current import Json
from docflow.registry.models import Annulment, Book, Entry
from docflow.registry.queries import get
from docflow.words import text as word_of

MAX_REASON = 2000


class NotYoursToCorrect(Forbidden):
    """Only a clerk who may write in the book corrects an entry."""


class CorrectedMeanwhile(Conflict):
    """Somebody else corrected the entry in the meantime."""


class GivenAtRegistration(Conflict):
    """What was said at the registration is corrected with a reason; only gaps are filled in."""


class NothingCorrected(Conflict):
    """A correction changes at least one value."""


def correct(
    session: Session,
    entry_id: int,
    changes: Mapping[str, object],
    *,
    reason: str,
    authority: str = "",
    seen: int | None = None,
    by: Principal,
    zone: str,
) -> list[Correction]:
    """Put fields of an entry right; the rows written, one a field whose value really changes.

    `changes` holds values as registration takes them: text, a number, a date, `parties.Contact`
    for the sender, `correctable.To` for recipients (see `correctable`). `seen` is the number of
    corrections that the person saw; CorrectedMeanwhile where there are more. Raises
    NotYoursToCorrect, AlreadyAnnulled, ReasonMissing, ReasonTooLong, NotCorrectable,
    NothingCorrected, and Invalid by the rules of registration.
    """
    by.require_scope("register")
    entry = get(session, entry_id, by=by, lock=True)
    if not may_write(by, session.get_one(Book, entry.book_id)):
        raise NotYoursToCorrect(t("Only a clerk of this book corrects an entry."))
    if seen is not None and seen != count(session, entry.id):
        raise CorrectedMeanwhile(
            t("Somebody corrected this entry in the meantime. Look at it again.")
        )
    reason = _reason(reason, "reason")
    if not reason:
        raise ReasonMissing(t("Write the reason of the correction."), field="reason")
    kind = CorrectionKind.CORRECTION
    authority = _reason(authority, "authority")
    changed = _changed(session, entry, changes, by=by, zone=zone)
    rows = _write(session, entry, changed, kind, reason, authority, by=by)
    if not rows:
        raise NothingCorrected(t("Nothing was changed: the values are those of the book."))
    return rows


@dataclass(frozen=True, slots=True)
class Change:
    """A field that gets another value."""

    field: str
    old: Json
    new: Json


def complete(
    session: Session,
    entry: Entry,
    changes: Mapping[str, object],
    *,
    reason: str = "",
    fills: Callable[[Change], bool] = lambda change: True,
    by: Principal,
    zone: str,
) -> list[Correction]:
    """Fill in what was left "to be described" at the registration; it needs no reason.

    The caller has checked that the person may do so; `fills` tells of each change whether the field
    was left open. What was not is corrected, with the reason. Raises GivenAtRegistration where
    there is none, AlreadyAnnulled, NotCorrectable, and Invalid by the rules of registration.
    """
    changed = _changed(session, entry, changes, by=by, zone=zone)
    filled = [one for one in changed if fills(one)]
    others = [one for one in changed if one not in filled]
    reason = _reason(reason, "reason")
    if others and not reason:
        raise GivenAtRegistration(
            t(
                "This was said at the registration: {fields}. Leave it as it was, or write why it "
                "is corrected.",
                fields=_named(others),
            ),
            field="reason",
        )
    rows = _write(session, entry, filled, CorrectionKind.COMPLETION, "", "", by=by)
    return rows + _write(session, entry, others, CorrectionKind.CORRECTION, reason, "", by=by)


def _changed(
    session: Session,
    entry: Entry,
    changes: Mapping[str, object],
    *,
    by: Principal,
    zone: str,
) -> list[Change]:
    """What really changes, checked. Raises AlreadyAnnulled, NotCorrectable, Invalid."""
    require_not_annulled(session, entry)
    overlay = overlay_of(session, entry.id)
    found = []
    for name, raw in changes.items():
        field = field_named(name)
        about = About(session, entry, name, by, zone)
        old = overlay[name] if name in overlay else field.registered(about)
        new = field.check(about, raw)
        if new != old:
            found.append(Change(name, old, new))
    return found


def _write(
    session: Session,
    entry: Entry,
    changed: Sequence[Change],
    kind: CorrectionKind,
    reason: str,
    authority: str,
    *,
    by: Principal,
) -> list[Correction]:
    now = clock.now()
    rows = [
        Correction(
            entry_id=entry.id,
            kind=kind,
            field=one.field,
            old=one.old,
            new=one.new,
            key=fold_reference(one.new) if one.field == "sender_reference" else "",
            reason=reason,
            authority=authority,
            corrected_by=by.person_id,
            corrected_at=now,
        )
        for one in changed
    ]
    if not rows:
        return rows
    session.add_all(rows)
    session.flush()  # their ids, and the values of now, which the database lays over the entry
    action = "entry.corrected" if kind is CorrectionKind.CORRECTION else "entry.completed"
    audit.record(
        session,
        action,
        by=by,
        subject=("entry", entry.id),
        at=now,
        fields=[row.field for row in rows],
        corrections={str(row.id): digest(row) for row in rows},
        reason=reason,
        authority=authority,
    )
    indexing.reindex(session, entry)
    return rows


def overlay_of(session: Session, entry_id: int) -> dict[str, Json]:
    """The values of now that are not those of the registration."""
    return session.scalar(select(Corrected.fields).where(Corrected.entry_id == entry_id)) or {}


def digest(row: Correction) -> str:
    """SHA-256 over a correction; its event holds it, for verification."""
    core = {
        "entry": row.entry_id,
        "kind": row.kind,
        "field": row.field,
        "old": row.old,
        "new": row.new,
        "key": row.key,
        "reason": row.reason,
        "authority": row.authority,
        "by": row.corrected_by,
        "at": row.corrected_at.astimezone(UTC).isoformat(timespec="microseconds"),
    }
    return canonical.digest(core)


def may_correct(session: Session, entry: Entry, *, by: Principal) -> bool:
    """Whether the person could correct the entry now, for pages."""
    book = session.get_one(Book, entry.book_id)
    return may_write(by, book) and session.get(Annulment, entry.id) is None


@dataclass(frozen=True, slots=True)
class CorrectionInfo:
    """A correction as pages and exports tell it."""

    id: int
    entry_id: int
    kind: str
    field: str
    old: Json
    new: Json
    reason: str
    authority: str
    corrected_by: str
    corrected_at: datetime


def corrections(session: Session, entry_id: int) -> list[CorrectionInfo]:
    """The corrections of an entry, oldest first; the caller got it through `registry.get`."""
    rows = session.scalars(
        select(Correction).where(Correction.entry_id == entry_id).order_by(Correction.id)
    ).all()
    people = organization.names(session, (row.corrected_by for row in rows))
    return [
        CorrectionInfo(
            row.id,
            row.entry_id,
            row.kind,
            row.field,
            row.old,
            row.new,
            row.reason,
            row.authority,
            people.get(row.corrected_by, ""),
            row.corrected_at,
        )
        for row in rows
    ]


def count(session: Session, entry_id: int) -> int:
    """How many corrections an entry has."""
    query = select(func.count()).select_from(Correction).where(Correction.entry_id == entry_id)
    return session.scalar(query) or 0


def _named(changes: Sequence[Change]) -> Text:
    """The names of the fields, for whoever reads them."""
    names = [word_of("field", one.field.removeprefix(kinds.PREFIX)) for one in changes]
    return reduce(lambda said, name: t("{first}, {next}", first=said, next=name), names)


def _reason(text: str, field: str) -> str:
    clean = line(text)
    if len(clean) > MAX_REASON:
        raise ReasonTooLong(t("At most {max} characters fit here.", max=MAX_REASON), field=field)
    return clean
