"""Making an issued act public, its ΑΔΑ, and taking it back with a reason.

Nothing is made public whose entry is flagged for personal data, graded, or in a closed book; what
looks like personal data in its text must be looked at first. Source: domain rows 84 and 85;
ν. 4727/2020 arts 76 ff. (Diavgeia); GDPR art. 5.
"""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from docflow import audit, circulation, clock, documents, kinds, organization, registry
from docflow.errors import Conflict, Forbidden, Invalid, NotFound
from docflow.folding import fold, line
from docflow.i18n import Text, t
from docflow.principal import Principal
from docflow.publications.models import Publication
from docflow.publications.personal import Found, found_in

MAX_REASON = 1000
_LATIN = str.maketrans("ABEZHIKMNOPTYX", "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ")  # typed on the other keyboard
_ADA = re.compile(r"[Α-Ω0-9]{6,12}-[Α-Ω0-9]{3}")


class NoSuchPublication(NotFound):
    """There is no such act here."""


class NotYoursToPublish(Forbidden):
    """The head of the registry, and of the unit that drafted the act, make it public."""


class NotPublishable(Conflict):
    """This act cannot be made public."""


class PublishedAlready(Conflict):
    """The act is public already."""


class PersonalDataFound(Conflict):
    """The text has what looks like personal data."""

    def __init__(self, message: Text, found: Sequence[Found]) -> None:
        super().__init__(message, field="is_checked")
        self.found = found


class NotChecked(Invalid):
    """Nobody said that he looked for personal data."""


class BadAda(Invalid):
    """This is no ΑΔΑ."""


class AdaTaken(Conflict):
    """Another act bears this ΑΔΑ."""


class WithdrawalReason(Invalid):
    """The reason is missing, or too long."""


def may_publish(session: Session, entry: registry.Entry, *, by: Principal) -> bool:
    """Whether the person makes this act public; see `NotYoursToPublish`."""
    unit_id = _unit(session, entry)
    heads = unit_id is not None and (by.heads(unit_id) or by.heads_for(unit_id) is not None)
    return by.body_id == entry.body_id and (by.is_registrar or heads)


def why_not(session: Session, entry: registry.Entry) -> Text | None:
    """Why the act cannot be made public; None where it can. Of this nothing can be waived."""
    book = session.get_one(registry.Book, entry.book_id)
    if entry.direction == registry.Direction.INCOMING:
        return t("Only acts of the body are made public, not what came to it.")
    if book.is_confidential or entry.grade != registry.Grade.UNCLASSIFIED:
        return t("The entry is classified or in a closed book. It is not made public.")
    if entry.has_personal_data:
        return t("The entry is marked as having personal data. It is not made public.")
    if session.get(registry.Annulment, entry.id) is not None:
        return t("The entry was annulled. It is not made public any more.")
    if session.scalar(select(func.is_erased(entry.id))):
        return t("The entry was erased.")
    if copy_of(session, entry.id) is None:
        return t("The act was not issued yet: there is no exact copy of it.")
    return None


def copy_of(session: Session, entry_id: int) -> documents.File | None:
    """The exact copy that is shown."""
    return session.scalar(
        select(documents.File)
        .where(
            documents.File.entry_id == entry_id,
            documents.File.role == documents.FileRole.EXACT_COPY,
        )
        .order_by(documents.File.position)
        .limit(1)
    )


def looks_personal(session: Session, entry: registry.Entry, subject: str) -> list[Found]:
    """What in subject and text looks like personal data. The caller may see the entry."""
    drafted = session.scalar(
        select(circulation.Draft.body_text).where(circulation.Draft.entry_id == entry.id)
    )
    body = organization.body(session, entry.body_id)
    known = [body.email, re.sub(r"\D", "", body.phone)[-10:], body.website]
    text = "\n".join((subject, drafted or "", documents.text_of(session, entry.id)))
    return found_in(text, own=frozenset(one.casefold() for one in known if one))


def publish(
    session: Session,
    entry_id: int,
    *,
    subject: str = "",
    ada: str = "",
    is_checked: bool,
    in_spite: bool = False,
    by: Principal,
) -> Publication:
    """Make the act public. `is_checked`: the person looked for personal data in it.

    `subject` is what the public reads; empty takes that of the entry. `in_spite` publishes what
    only looks personal. Raises NoSuchEntry, NotYoursToPublish, NotPublishable, PublishedAlready,
    NotChecked, PersonalDataFound, BadAda, AdaTaken.
    """
    by.require_scope("draft")
    entry = registry.get(session, entry_id, by=by, lock=True)
    _require(session, entry, by)
    closed = why_not(session, entry)
    if closed is not None:
        raise NotPublishable(closed)
    standing = of_entry(session, entry.id)
    if standing is not None:
        raise PublishedAlready(
            t(
                "The act was made public on {day} already.",
                day=f"{clock.local(standing.published_at):%d/%m/%Y}",
            )
        )
    if not is_checked:
        raise NotChecked(
            t("Open the exact copy, look for personal data, and say that you did."),
            field="is_checked",
        )
    said = line(subject)[:1000] or registry.current(session, entry).subject
    found = looks_personal(session, entry, said)
    if found and not in_spite:
        raise PersonalDataFound(
            t(
                "The text has what looks like personal data ({n} places). Look at them; if they "
                "are none, publish in spite of it.",
                n=len(found),
            ),
            found,
        )
    kind = kinds.of_entry(session, entry.id)
    row = Publication(
        body_id=entry.body_id,
        entry_id=entry.id,
        subject=said,
        kind=kind.definition.title if kind else "",
        unit_id=_unit(session, entry),
        acted_on=clock.local(entry.registered_at).date(),
        ada=_ada(session, ada, entry.body_id),
        folded="",
        published_by=by.person_id,
    )
    row.folded = _folded(session, row, entry)
    session.add(row)
    session.flush()
    _note(session, "act.published", row, by, in_spite=bool(found), ada=row.ada)
    return row


def set_ada(session: Session, publication_id: int, ada: str, *, by: Principal) -> Publication:
    """Write the ΑΔΑ of a public act. Raises NoSuchPublication, BadAda, AdaTaken, …"""
    row, entry = _held(session, publication_id, by)
    row.ada = _ada(session, ada, row.body_id, but_for=row.id)
    row.folded, row.changed_at = _folded(session, row, entry), clock.now()
    _note(session, "act.ada-set", row, by, ada=row.ada)
    return row


def withdraw(session: Session, publication_id: int, *, reason: str, by: Principal) -> Publication:
    """Take the act off the public pages; its address says that and why.

    Raises NoSuchPublication, NotYoursToPublish, WithdrawalReason.
    """
    row, _ = _held(session, publication_id, by)
    clean = line(reason)
    if not clean or len(clean) > MAX_REASON:
        raise WithdrawalReason(
            t("Say why, in at most {max} characters: the public reads it.", max=MAX_REASON),
            field="reason",
        )
    row.withdrawn_at = row.changed_at = clock.now()
    row.withdrawn_by, row.withdrawal_reason = by.person_id, clean
    _note(session, "act.withdrawn", row, by)
    return row


def of_entry(session: Session, entry_id: int) -> Publication | None:
    """The publication of an entry that stands. The caller may see the entry."""
    return session.scalar(
        select(Publication).where(
            Publication.entry_id == entry_id, Publication.withdrawn_at.is_(None)
        )
    )


def entry_of(session: Session, publication_id: int, *, by: Principal) -> int:
    """The entry of a publication. Raises NoSuchPublication, also where it is not open to him."""
    entry_id = session.scalar(
        select(Publication.entry_id)
        .join(registry.Entry, registry.Entry.id == Publication.entry_id)
        .where(Publication.id == publication_id, registry.visible_to(by))
    )
    if entry_id is None:
        raise NoSuchPublication(t("There is no such public act. It may have been withdrawn."))
    return entry_id


def _held(
    session: Session, publication_id: int, by: Principal
) -> tuple[Publication, registry.Entry]:
    by.require_scope("draft")
    row = session.scalar(
        select(Publication)
        .where(
            Publication.id == publication_id,
            Publication.body_id == by.body_id,
            Publication.withdrawn_at.is_(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NoSuchPublication(t("There is no such public act. It may have been withdrawn."))
    entry = registry.get(session, row.entry_id, by=by)
    _require(session, entry, by)
    return row, entry


def _require(session: Session, entry: registry.Entry, by: Principal) -> None:
    if not may_publish(session, entry, by=by):
        raise NotYoursToPublish(
            t("The head of the registry, or of the unit that drafted the act, makes it public.")
        )


def _unit(session: Session, entry: registry.Entry) -> int | None:
    return session.scalar(
        select(circulation.Draft.unit_id).where(circulation.Draft.entry_id == entry.id)
    )


def _ada(session: Session, typed: str, body_id: int, *, but_for: int = 0) -> str:
    """The ΑΔΑ as Diavgeia writes it; empty where none was typed."""
    clean = "".join(typed.split()).upper().translate(_LATIN)
    if not clean:
        return ""
    if not _ADA.fullmatch(clean):
        raise BadAda(
            t("An ΑΔΑ has Greek capitals and digits, as {example}.", example="ΨΙ0Ρ46ΜΓΨΦ-ΖΡΜ"),
            field="ada",
        )
    other = session.scalar(
        select(Publication.id).where(
            Publication.body_id == body_id,
            Publication.ada == clean,
            Publication.withdrawn_at.is_(None),
            Publication.id != but_for,
        )
    )
    if other is not None:
        raise AdaTaken(t("Another public act bears this ΑΔΑ."), field="ada")
    return clean


def _folded(session: Session, row: Publication, entry: registry.Entry) -> str:
    unit = session.get(organization.Unit, row.unit_id) if row.unit_id else None
    parts = (row.subject, entry.label, row.ada, row.kind, unit.name if unit else "")
    return fold(" ".join(parts))


def _note(session: Session, action: str, row: Publication, by: Principal, **details: Any) -> None:
    subject = ("entry", row.entry_id)
    audit.record(session, action, by=by, subject=subject, publication=row.id, **details)


@registry.after_annulment
def annulled(session: Session, entry: registry.Entry) -> None:
    """The public page says so; the feeds tell it again."""
    session.execute(
        update(Publication)
        .where(Publication.entry_id == entry.id, Publication.withdrawn_at.is_(None))
        .values(changed_at=clock.now())
    )


@registry.after_erasure
def erased(session: Session, entry: registry.Entry) -> None:
    """What is erased is not public any more."""
    session.execute(
        update(Publication)
        .where(Publication.entry_id == entry.id)
        .values(subject=registry.ERASED, folded="", changed_at=clock.now())
    )
