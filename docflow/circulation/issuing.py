"""Issuing: the last signature opens it; a number is taken, the exact copy printed and sealed.

The job may die on any line. Before the number: it begins again. After it: it goes on with the same
number. When the sealing fails for good, the number is annulled with the reason (domain row 72) and
the draft waits for a person, who may issue it again under a new number.
"""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

import signing
from docflow import (
    audit,
    clock,
    documents,
    outbox,
    parties,
    printing,
    registry,
    routing,
)
from docflow.circulation import drafts, letters, noticed, signatures
from docflow.circulation.models import Channel, Draft, DraftState, Step, StepState
from docflow.errors import Conflict
from docflow.i18n import t, translate
from docflow.notices import NoticeKind
from docflow.office import Office
from docflow.principal import Principal, system
from docflow.registry import DeliveryMethod, Direction, Entry, NewEntry, Relation
from docflow.signatures import Made, SealedKind, lasting

_METHODS = {
    Channel.PICKUP: DeliveryMethod.PORTAL,
    Channel.POST: DeliveryMethod.POST,
    Channel.COUNTER: DeliveryMethod.COUNTER,
}


class CannotSeal(Conflict):
    """The document cannot be sealed at all as it stands."""


def give_up(run: outbox.Run, *, draft_id: int, why: str) -> None:
    """The job failed for good: the number, if there is one, is annulled; the draft waits."""
    _fail(run.office, draft_id, why)


@outbox.job("circulation.issue", queue="signing", given_up=give_up)
def issue(run: outbox.Run, *, draft_id: int) -> None:
    """Give the signed draft its number, print, seal and timestamp the exact copy, and send it."""
    office = run.office
    with office.db.begin() as session:
        draft = _locked(session, draft_id)
        if draft.state != DraftState.ISSUING:
            return
        by = signatures.issuer_of(session, draft)
        entry = _numbered_entry(session, office, draft, by)
        data = letters.issue_data(session, office, draft, entry)
    try:
        original = letters.lasting_original(office, data)
        kept = documents.keep(office, original.pdf, body_id=data.body_id)
        data = replace(data, original_sha256=kept.sha256)
        copy = letters.print_exact_copy(office, data)
        stored = documents.keep(office, copy.pdf, body_id=data.body_id)
    except (signing.SigningError, printing.PrintingError) as error:
        raise CannotSeal(t("The document could not be sealed: {why}", why=str(error))) from error
    _finish(office, draft_id, by, data, copy, stored.sha256, original)


def _numbered_entry(session: Session, office: Office, draft: Draft, by: Principal) -> Entry:
    """The outgoing entry of the draft: the one it has already, or a new number."""
    if draft.entry_id is not None:
        return session.get_one(Entry, draft.entry_id)
    book = session.get_one(registry.Book, draft.book_id)
    case, same_number = _place(session, office, draft, book)
    entry = registry.register(
        session,
        NewEntry(
            direction=Direction.OUTGOING,
            subject=draft.subject,
            book=book.code,
            recipients=(
                parties.Contact(
                    name=draft.recipient_name,
                    party_id=draft.recipient_party_id,
                    address=draft.recipient_address,
                    email=draft.recipient_email,
                ),
            ),
            copies=tuple(parties.Contact(name=str(name)) for name in draft.copies_to),
            delivery_method=_METHODS[Channel(draft.channel)],
            relations=_relations(draft),
            case=case,
            same_number=same_number,
        ),
        [],
        by=by,
        zone=office.settings.zone,
        ocr_languages=office.settings.ocr_languages,
    )
    draft.entry_id = entry.id
    registry.open_to_unit(session, entry.id, draft.unit_id)
    for user_id in drafts.names_of(session, draft):
        registry.open_to_person(session, entry.id, user_id)
    return entry


def _relations(draft: Draft) -> tuple[tuple[int, Relation], ...]:
    """What the issued entry answers, and what it is the corrected re-issue of."""
    found = ((draft.answers_id, Relation.ANSWERS), (draft.corrects_id, Relation.CORRECTS))
    return tuple((entry_id, kind) for entry_id, kind in found if entry_id is not None)


def _place(
    session: Session, office: Office, draft: Draft, book: registry.Book
) -> tuple[int | None, bool]:
    """An answer goes under the number of its letter where the book numbers so."""
    led_by = draft.answers_id or draft.corrects_id
    if led_by is None:
        return None, False
    registry.hold(session, led_by)  # two answers do not both take the letter's number
    answered = session.get_one(Entry, led_by)
    return registry.of_answer(session, book, answered, zone=office.settings.zone)


def _finish(
    office: Office,
    draft_id: int,
    by: Principal,
    data: letters.Issue,
    copy: Made,
    copy_sha256: str,
    original: Made,
) -> None:
    name = f"{data.number}-{data.year}"
    with office.db.begin() as session:
        draft = _locked(session, draft_id)
        if draft.state != DraftState.ISSUING or draft.entry_id is None:
            return
        entry = session.get_one(Entry, draft.entry_id)
        # Raises AlreadyAnnulled where the registry was faster; then the draft waits for a person.
        registry.require_not_annulled(session, entry)
        for role, sha256, size, file_name, position in (
            (documents.FileRole.EXACT_COPY, copy_sha256, len(copy.pdf), f"{name}.pdf", 1),
            (
                documents.FileRole.SIGNED_ORIGINAL,
                data.original_sha256,
                len(original.pdf),
                f"{name}-prototypo.pdf",
                2,
            ),
        ):
            upload = documents.Upload(file_name, sha256, size, "application/pdf")
            documents.attach(
                session,
                entry.id,
                [upload],
                by=by,
                languages=office.settings.ocr_languages,
                role=role,
                first_position=position,
            )
        for made, sha256, kind in (
            (original, data.original_sha256, SealedKind.ORIGINAL),
            (copy, copy_sha256, SealedKind.EXACT_COPY),
        ):
            lasting.keep(
                session,
                made,
                sha256=sha256,
                body_id=draft.body_id,
                kind=kind,
                entry_id=entry.id,
            )
        draft.state, draft.problem, draft.changed_at = (
            DraftState.ISSUED,
            None,
            clock.now(),
        )
        audit.record(
            session,
            "document.issued",
            by=by,
            subject=("entry", entry.id),
            draft=draft.id,
            exact_copy=copy_sha256,
            original=data.original_sha256,
        )
        if draft.answers_id is not None:
            answered = session.get_one(Entry, draft.answers_id)
            routing.close_by_answer(session, answered, answer=entry, by=by)
        noticed.tell_issued(session, draft, by=system(draft.body_id))
        drafts.tell_issued(session, draft, entry)


def _fail(office: Office, draft_id: int, why: str) -> None:
    """Annul the number with the reason; the draft waits for a person."""
    with office.db.begin() as session:
        draft = _locked(session, draft_id)
        if draft.state != DraftState.ISSUING:
            return
        by, number = system(draft.body_id), None
        if draft.entry_id is not None:
            entry = session.get_one(Entry, draft.entry_id)
            number = entry.label
            registry.hold(session, entry.id)
            if session.get(registry.Annulment, entry.id) is None:
                reason = translate("The document could not be issued: {why}", "el", why=why)
                registry.strike_out(session, entry, reason=reason[:500], by=by)
        draft.state, draft.entry_id, draft.problem = (
            DraftState.ISSUE_FAILED,
            None,
            why[:500],
        )
        draft.changed_at = clock.now()
        audit.record(
            session,
            "draft.issue-failed",
            by=by,
            subject=("draft", draft.id),
            number=number,
            why=why[:500],
        )
        noticed.tell_drafter(session, draft, NoticeKind.ISSUE_FAILED, by=by)


def issue_again(session: Session, draft_id: int, *, by: Principal) -> Draft:
    """Try once more to issue a document whose sealing failed; it gets a new number.

    By its drafter, a head over its unit, or who signed it. Raises DraftMoved, NotAllowed.
    """
    by.require_scope("draft")
    draft = drafts.locked(session, draft_id, by)
    by.require(
        _may_issue_again(session, draft, by),
        t("Only the drafter, a head over his unit, or who signed the draft has it issued again."),
    )
    drafts.require_state(draft, DraftState.ISSUE_FAILED)
    draft.state, draft.problem = DraftState.ISSUING, None
    outbox.enqueue(session, "circulation.issue", draft_id=draft.id)
    audit.record(session, "draft.issued-again", by=by, subject=("draft", draft.id))
    return draft


def _may_issue_again(session: Session, draft: Draft, by: Principal) -> bool:
    """As `queries.acts` offers it."""
    if draft.drafter_id == by.user_id or by.heads(draft.unit_id):
        return True
    signed = select(Step.id).where(
        Step.draft_id == draft.id,
        Step.round == draft.round,
        Step.state == StepState.SIGNED,
        Step.acted_by == by.user_id,
    )
    return session.scalar(signed.limit(1)) is not None


def _locked(session: Session, draft_id: int) -> Draft:
    return session.scalars(
        select(Draft)
        .where(Draft.id == draft_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
