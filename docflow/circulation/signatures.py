"""The round of signatures: drafter, head of unit, mayor, each on the PDF signed by the one before.

Nobody signs before his predecessor: the active step is one row, held under a lock when the result
is recorded, and the PDF signed must be the one that is current. The signed file is durable before
the row that names it. Source: domain rows 67, 70, 74; decision 0005.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

import signing
from docflow import audit, clock, documents, organization, outbox, printing, registry
from docflow.circulation import drafts, keys, letters
from docflow.circulation.models import Draft, DraftState, Keyring, Step, StepState
from docflow.errors import Conflict, Forbidden, Invalid, Unavailable
from docflow.folding import lines
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal

MAX_REASON = 2000


class NotYourTurn(Forbidden):
    """Another person signs now."""


class SignerMissing(Conflict):
    """The round lacks a person or a key."""


class ReasonMissing(Invalid):
    """A return needs a reason."""


class TimestampUnavailable(Unavailable):
    """No time-stamping service answers."""


class CannotSign(Conflict):
    """The document cannot be signed as it stands."""


@dataclass(frozen=True, slots=True)
class SignerPlan:
    user_id: int
    name: str
    capacity: str


def plan(session: Session, draft: Draft, *, final_signer_id: int) -> list[SignerPlan]:
    """Who signs, in order: the drafter, the head of his unit, the final signer; nobody twice.

    Raises SignerMissing when a person has no key, or the final signer may not sign.
    """
    drafter = organization.person(session, draft.drafter_id)
    head = organization.head_of(session, draft.unit_id)
    final = organization.person(session, final_signer_id)
    if final.id not in {signer.id for signer in organization.signers(session, draft.body_id)}:
        raise SignerMissing(
            t(
                "{name} may not sign documents of the body. Choose a signer.",
                name=final.full_name,
            )
        )
    ordered: list[organization.Person] = []
    for person in (drafter, head, final):
        if person is not None and person.id != final.id and person not in ordered:
            ordered.append(person)
    ordered.append(final)
    for person in ordered:
        if session.get(Keyring, person.id) is None:
            raise SignerMissing(
                t(
                    "{name} has no signing key yet. It is added under “My account”.",
                    name=person.full_name,
                )
            )
    return [SignerPlan(p.id, p.full_name, p.title) for p in ordered]


def circulate(office: Office, draft_id: int, *, by: Principal, final_signer_id: int) -> None:
    """Print the letter without a number, with a field for each signature, and start the round.

    Raises DraftMoved, SignerMissing, BadUpload, StoreUnavailable.
    """
    with office.db.read() as session:
        draft = drafts.get(session, draft_id, by=by)
        by.require(draft.drafter_id == by.user_id, t("Only the drafter sends his draft round."))
        drafts.require_state(draft, DraftState.DRAFTING)
        signers = plan(session, draft, final_signer_id=final_signer_id)
        sheet = letters.sheet(session, draft, signers, office.settings)
        version = draft.version
    pdf, boxes = letters.print_original(office, sheet)
    stored = documents.keep(office, pdf)
    with office.db.begin() as session:
        draft = drafts.locked(session, draft_id, by)
        drafts.require_state(draft, DraftState.DRAFTING)
        _require_answerable(session, draft)
        if draft.version != version:
            raise drafts.DraftMoved(t("The draft was saved in the meantime. Look at it again."))
        draft.round += 1
        draft.state, draft.current_sha256 = DraftState.CIRCULATING, stored.sha256
        draft.changed_at = clock.now()
        _add_steps(session, draft, signers, boxes)
        audit.record(
            session,
            "draft.circulated",
            by=by,
            subject=("draft", draft.id),
            round=draft.round,
            signers=[signer.user_id for signer in signers],
            sha256=stored.sha256,
        )


def _add_steps(
    session: Session,
    draft: Draft,
    signers: Sequence[SignerPlan],
    boxes: dict[int, list[float]],
) -> None:
    for position, signer in enumerate(signers, start=1):
        session.add(
            Step(
                draft_id=draft.id,
                round=draft.round,
                position=position,
                user_id=signer.user_id,
                capacity=signer.capacity,
                state=StepState.ACTIVE if position == 1 else StepState.WAITING,
                box=boxes[position],
            )
        )
        if draft.answers_id is not None:
            registry.open_to_person(session, draft.answers_id, signer.user_id)


def sign(office: Office, draft_id: int, *, by: Principal, password: str) -> DraftState:
    """Sign the current PDF with the person's key and timestamp; the state of the draft after it.

    Raises NotYourTurn, WrongKeyPassword, BadKeyFile, NoKey, TimestampUnavailable, CannotSign,
    StoreUnavailable, DraftMoved, AlreadyAnnulled. In every such case nothing has changed.
    """
    by.require_scope("sign")
    with office.db.read() as session:
        draft = drafts.get(session, draft_id, by=by)
        step = _active_step(session, draft, by)
        base = draft.current_sha256
        position, capacity, box = step.position, step.capacity, step.box
        pkcs12 = keys.of_person(session, by.person_id).pkcs12
    assert base is not None  # the database has no circulating draft without a PDF
    key = keys.open_key(pkcs12, password)
    pdf = documents.read_bytes(office, base)
    signed = _sign_pdf(office, pdf, key, by=by, capacity=capacity, position=position, box=box)
    stored = documents.keep(office, signed)
    with office.db.begin() as session:
        draft = drafts.locked(session, draft_id, by)
        step = _active_step(session, draft, by)
        _require_answerable(session, draft)
        if draft.current_sha256 != base:
            raise drafts.DraftMoved(t("The draft has moved on in the meantime. Look at it again."))
        _record_signature(session, draft, step, stored.sha256, key.subject_name, by)
        return DraftState(draft.state)


def _sign_pdf(
    office: Office,
    pdf: bytes,
    key: "signing.SigningKey",  # as text: naming the class would load pyHanko
    *,
    by: Principal,
    capacity: str,
    position: int,
    box: Sequence[float],
) -> bytes:
    _, x0, y0, x1, y1 = box
    try:
        stamp = printing.stamp(
            printing.StampData(
                name=by.full_name,
                capacity=capacity,
                at=clock.local(clock.now(), office.settings.zone),
                is_test="TEST" in key.issuer_name,
            ),
            width=x1 - x0,
            height=y1 - y0,
        )
        return signing.sign(
            pdf,
            key,
            field=letters.field_name(position),
            stamp=stamp,
            reason=capacity,
            tsa_urls=office.settings.tsa_urls,
            tsa_timeout=office.settings.tsa_timeout,
            level="B-T" if office.settings.tsa_urls else "B-B",
        )
    except signing.TsaUnavailable as error:
        raise TimestampUnavailable(
            t("No time-stamping service answers. Nothing was signed; please try again in a minute.")
        ) from error
    except (signing.SigningError, printing.PrintingError) as error:
        raise CannotSign(
            t(
                "The document could not be signed: {why}. Return it to its drafter.",
                why=str(error),
            )
        ) from error


def _record_signature(
    session: Session,
    draft: Draft,
    step: Step,
    sha256: str,
    certificate: str,
    by: Principal,
) -> None:
    step.state, step.acted_at = StepState.SIGNED, clock.now()
    step.signed_sha256, step.certificate = sha256, certificate
    draft.current_sha256, draft.changed_at = sha256, clock.now()
    session.flush()  # the end of this step, for the index "one active step"
    following = session.scalar(
        select(Step).where(
            Step.draft_id == draft.id,
            Step.round == draft.round,
            Step.position == step.position + 1,
        )
    )
    if following is not None:
        following.state = StepState.ACTIVE
    else:
        draft.state = DraftState.ISSUING
        outbox.enqueue(session, "circulation.issue", draft_id=draft.id)
    audit.record(
        session,
        "draft.signed",
        by=by,
        subject=("draft", draft.id),
        position=step.position,
        certificate=certificate,
        sha256=sha256,
    )


def send_back(session: Session, draft_id: int, *, by: Principal, reason: str) -> Draft:
    """Return the draft to its drafter, with a reason. No number was used.

    Raises NotYourTurn, ReasonMissing.
    """
    draft = drafts.locked(session, draft_id, by)
    step = _active_step(session, draft, by)
    clean = lines(reason)[:MAX_REASON]
    if not clean:
        raise ReasonMissing(t("Write the reason of the return."), field="reason")
    step.state, step.reason, step.acted_at = StepState.RETURNED, clean, clock.now()
    session.flush()  # before the others are cancelled
    drafts.cancel_steps(session, draft)
    draft.state, draft.current_sha256 = DraftState.DRAFTING, None
    draft.changed_at = clock.now()
    audit.record(
        session,
        "draft.returned",
        by=by,
        subject=("draft", draft.id),
        position=step.position,
        reason=clean,
    )
    return draft


def _active_step(session: Session, draft: Draft, by: Principal) -> Step:
    drafts.require_state(draft, DraftState.CIRCULATING)
    step = session.scalar(
        select(Step).where(
            Step.draft_id == draft.id,
            Step.round == draft.round,
            Step.state == StepState.ACTIVE,
        )
    )
    if step is None or step.user_id != by.user_id:
        raise NotYourTurn(t("It is not your turn to sign this draft."))
    return step


def _require_answerable(session: Session, draft: Draft) -> None:
    """What answers an annulled entry is signed no more (domain row 15)."""
    if draft.answers_id is not None:
        registry.require_not_annulled(session, session.get_one(registry.Entry, draft.answers_id))


def issuer_of(session: Session, draft: Draft) -> Principal:
    """Under whose authority the document is issued: the last signer, allowed to use the book.

    The last signature is what the number needs; that a mayor is no registry clerk does not matter.
    """
    last = session.scalars(
        select(Step)
        .where(Step.draft_id == draft.id, Step.round == draft.round)
        .order_by(Step.position.desc())
        .limit(1)
    ).one()
    person = organization.principal(session, last.user_id, via=organization.Via.JOB)
    return replace(
        person,
        roles=person.roles | {organization.Role.CLERK},
        confidential_reads=person.confidential_reads | {draft.book_id},
        confidential_writes=person.confidential_writes | {draft.book_id},
    )


def preview(office: Office, draft_id: int, *, by: Principal) -> bytes:
    """The draft as it would be printed now, for the eyes only: nothing is stored.

    Raises NoSuchDraft, CannotPrint, BadUpload.
    """
    with office.db.read() as session:
        draft = drafts.get(session, draft_id, by=by)
        drafter = organization.person(session, draft.drafter_id)
        planned = [SignerPlan(drafter.id, drafter.full_name, drafter.title)]
        sheet = letters.sheet(session, draft, planned, office.settings)
    pdf, _ = letters.print_original(office, sheet)
    return pdf
