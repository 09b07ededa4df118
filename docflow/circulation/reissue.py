"""Corrected re-issue (ορθή επανάληψη): a new version of what was issued, as one act.

It begins as a draft with the text that was issued, goes round and is signed as any other, bears
the mark with date and number of what it corrects, and is tied to it. The old one stays readable;
who got it is told. Its number follows the book: the letter's own case where the book has cases,
else a new one. Source: domain row 77.
"""

from datetime import date

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from docflow import audit, clock, documents, parties, registry
from docflow.circulation import drafts
from docflow.circulation.drafts import Content
from docflow.circulation.models import Channel, Draft, DraftState
from docflow.errors import Conflict, Forbidden, Invalid
from docflow.folding import line
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal

MAX_REASON = 500
MARK = "ΟΡΘΗ ΕΠΑΝΑΛΗΨΗ"


class NotReissuable(Conflict):
    """Only what was written, signed and issued here can be issued again corrected."""


class NotYoursToReissue(Forbidden):
    """Only the drafter and the head of his unit issue a document again."""


class CorrectionBegun(Conflict):
    """A correction of this document is on its way already."""


class BadCorrection(Invalid):
    """What is corrected must be said."""


def may_reissue(session: Session, entry: registry.Entry, *, by: Principal) -> bool:
    """Whether the person may begin a corrected re-issue of the entry now."""
    draft = issued_as(session, entry.id)
    return (
        draft is not None
        and (draft.drafter_id == by.user_id or by.heads(draft.unit_id))
        and session.get(registry.Annulment, entry.id) is None
        and correction_of(session, entry.id) is None
    )


def issued_as(session: Session, entry_id: int) -> Draft | None:
    """The draft that was issued as this entry."""
    return session.scalar(select(Draft).where(Draft.entry_id == entry_id))


def correction_of(session: Session, entry_id: int) -> Draft | None:
    """The correction of the entry that is on its way, or was issued and not annulled."""
    given_up = Draft.state.in_([DraftState.WITHDRAWN, DraftState.REJECTED])
    # Only of what was issued: a number lost on the way is annulled too, and the issue goes on.
    struck_out = (Draft.state == DraftState.ISSUED) & exists().where(
        registry.Annulment.entry_id == Draft.entry_id
    )
    return session.scalar(
        select(Draft).where(Draft.corrects_id == entry_id, ~given_up, ~struck_out).limit(1)
    )


def begin_reissue(office: Office, entry_id: int, *, reason: str, by: Principal) -> Draft:
    """Begin the corrected re-issue of an issued document: a draft with its text, to be changed.

    Raises NoSuchEntry, AlreadyAnnulled, NotReissuable, NotYoursToReissue, CorrectionBegun,
    BadCorrection.
    """
    by.require_scope("draft")
    clean = line(reason)
    if not 3 <= len(clean) <= MAX_REASON:
        raise BadCorrection(
            t("Write what is corrected, in 3 to {max} characters.", max=MAX_REASON),
            field="reason",
        )
    with office.db.read() as session:
        before = _to_correct(session, entry_id, by)
        upload = before.upload_sha256
    size = len(documents.read_bytes(office, upload)) if upload else 0
    try:
        with office.db.begin() as session:
            registry.hold(session, entry_id)  # two do not begin at once, nor is it annulled now
            before = _to_correct(session, entry_id, by)
            draft = Draft(
                body_id=before.body_id,
                answers_id=before.answers_id,
                book_id=before.book_id,
                unit_id=before.unit_id,
                drafter_id=by.person_id,
                state=DraftState.DRAFTING,
                corrects_id=entry_id,
                correction_reason=clean,
            )
            content = _content(before, size)
            drafts.fill(draft, content)
            session.add(draft)
            session.flush()  # its id, for version and event
            drafts.keep_version(session, draft, content, by)
            audit.record(
                session,
                "document.correction-begun",
                by=by,
                subject=("entry", entry_id),
                draft=draft.id,
            )
            return draft
    except IntegrityError as error:
        if "ux_drafts_one_correction" not in str(error.orig):
            raise
        raise _begun() from error


def marks(session: Session, draft: Draft, zone: str) -> tuple[str, ...]:
    """What stands at the head of a correction: the mark, and what it corrects; else nothing."""
    if draft.corrects_id is None:
        return ()
    entry = session.get_one(registry.Entry, draft.corrects_id)
    issued = clock.local(entry.registered_at, zone)
    return (
        MARK,
        f"του εγγράφου με αρ. πρωτ. {entry.label} της {issued:%d/%m/%Y}",
        f"ως προς: {draft.correction_reason}",
    )


def dated(lines: tuple[str, ...], day: date) -> tuple[str, ...]:
    """The same with the day of the issue, for the exact copy."""
    return tuple(f"{MARK} {day:%d/%m/%Y}" if one == MARK else one for one in lines)


def _to_correct(session: Session, entry_id: int, by: Principal) -> Draft:
    entry = registry.get(session, entry_id, by=by)
    registry.require_not_annulled(session, entry)
    draft = issued_as(session, entry.id)
    if draft is None:
        raise NotReissuable(
            t("Only a document that was written, signed and issued here is issued again corrected.")
        )
    if draft.drafter_id != by.user_id and not by.heads(draft.unit_id):
        raise NotYoursToReissue(
            t("Only the drafter and the head of his unit issue the document again.")
        )
    if correction_of(session, entry.id) is not None:
        raise _begun()
    return draft


def _begun() -> CorrectionBegun:
    return CorrectionBegun(
        t("A correction of this document was begun already. Go on with that, or withdraw it.")
    )


def _content(before: Draft, size: int) -> Content:
    upload = None
    if before.upload_sha256 is not None:
        name = before.upload_name or ""
        upload = documents.Upload(name, before.upload_sha256, size, "application/pdf")
    return Content(
        subject=before.subject,
        recipient=parties.Contact(
            name=before.recipient_name,
            party_id=before.recipient_party_id,
            address=before.recipient_address,
            email=before.recipient_email,
        ),
        channel=Channel(before.channel),
        copies_to=tuple(str(name) for name in before.copies_to),
        body=before.body_text,
        upload=upload,
    )
