"""Signing: a person, or his deputy, puts his signature on the PDF as it stands.

The slow work is done outside a transaction, on the PDF that was current; the result is recorded
under a lock and only where that PDF is still the current one. Where a colleague of the same rank
signed in between, his PDF is signed instead: nothing is lost and nobody is asked twice. The signed
file is durable before the row that names it. Source: domain rows 67, 70, 74; decision 0005.
"""

from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock, documents, organization, registry
from docflow.circulation import drafts, noticed, pen, rounds, turns
from docflow.circulation.models import (
    Draft,
    DraftState,
    Objection,
    Step,
    StepKind,
    StepState,
)
from docflow.circulation.turns import DraftMoved, Turn
from docflow.errors import Invalid
from docflow.folding import lines
from docflow.i18n import t
from docflow.notices import NoticeKind
from docflow.office import Office
from docflow.organization import Role
from docflow.principal import Principal
from docflow.signatures import Level, Secrets

MAX_OBJECTION = 5000
_TRIES = 5  # as many colleagues of one rank may be faster


class BadObjection(Invalid):
    """The written objection cannot be kept."""


def sign(
    office: Office,
    draft_id: int,
    *,
    by: Principal,
    secrets: Secrets,
    objection: str = "",
    as_last: bool = False,
    step_id: int | None = None,
) -> DraftState:
    """Sign the current PDF with the person's key and timestamp; the state of the draft after it.

    `objection` stays with the draft and is printed nowhere. `as_last` ends the chain here, by the
    right of a final signer. Raises NotYourTurn, WrongKeyPassword, BadKeyFile, NoKey, TooManyTries,
    SignerAway, KeyElsewhere, CannotSign, StoreUnavailable, DraftMoved, AlreadyAnnulled,
    BadObjection, NotAllowed. In every such case nothing has changed.
    """
    by.require_scope("sign")
    with office.db.read() as session:  # before the key is opened: a wrong turn needs no password
        turn = turns.turn(session, drafts.get(session, draft_id, by=by), by=by, step_id=step_id)
        clean = _checked(turn, objection, as_last=as_last, by=by)
    with pen.opened(office, secrets, by=by) as use:
        return sign_step(office, turn, use, by=by, objection=clean, as_last=as_last)


def sign_step(
    office: Office,
    turn: Turn,
    use: pen.Pen,
    *,
    by: Principal,
    objection: str = "",
    as_last: bool = False,
) -> DraftState:
    """One step signed with whatever pen; as `sign`, once the key is open."""
    for _ in range(_TRIES):
        made = use(documents.read_bytes(office, turn.base_sha256), turn)
        stored = documents.keep(office, made.pdf, body_id=by.body_id)
        with office.db.begin() as session:
            draft = drafts.locked(session, turn.draft_id, by)
            now = turns.turn(session, draft, by=by, step_id=turn.step_id)
            if now.base_sha256 == turn.base_sha256:
                return _recorded(session, draft, now, stored.sha256, made, by, objection, as_last)
        turn = now
    raise DraftMoved(t("Many sign at this moment. Please try again."))


def record_signed(
    office: Office,
    turn: Turn,
    made: pen.Signed,
    *,
    by: Principal,
    objection: str = "",
    as_last: bool = False,
) -> DraftState:
    """Record a PDF that was signed elsewhere, on the PDF of `turn`; the caller has checked it.

    Raises DraftMoved where that PDF is not the current one any more, NotYourTurn.
    """
    by.require_scope("sign")
    clean = _checked(turn, objection, as_last=as_last, by=by)
    stored = documents.keep(office, made.pdf, body_id=by.body_id)
    with office.db.begin() as session:
        draft = drafts.locked(session, turn.draft_id, by)
        now = turns.turn(session, draft, by=by, step_id=turn.step_id)
        if now.base_sha256 != turn.base_sha256:
            raise DraftMoved(
                t("A colleague has signed meanwhile. Take the document as it is now and sign that.")
            )
        return _recorded(session, draft, now, stored.sha256, made, by, clean, as_last)


def _checked(turn: Turn, objection: str, *, as_last: bool, by: Principal) -> str:
    clean = lines(objection)
    if clean and turn.kind != StepKind.COUNTERSIGN:
        raise BadObjection(
            t("Only who countersigns objects in writing. Return or reject the draft instead."),
            field="objection",
        )
    if len(clean) > MAX_OBJECTION:
        raise BadObjection(
            t("The objection has more than {max} characters.", max=MAX_OBJECTION),
            field="objection",
        )
    if as_last:
        by.require(
            Role.FINAL_SIGNER in by.roles and turn.deputy_id is None,
            t("Only a final signer, and in his own name, signs as the last."),
        )
    return clean


def _recorded(
    session: Session,
    draft: Draft,
    turn: Turn,
    sha256: str,
    made: pen.Signed,
    by: Principal,
    objection: str,
    as_last: bool,
) -> DraftState:
    rounds.require_answerable(session, draft)
    step = session.get_one(Step, turn.step_id)
    if objection:
        session.add(Objection(step_id=step.id, text=objection, written_by=by.person_id))
    record(
        session,
        draft,
        step,
        sha256=sha256,
        certificate=made.certificate,
        level=made.level,
        by=by,
        deputy_id=turn.deputy_id,
        as_last=as_last,
        objects=bool(objection),
    )
    return DraftState(draft.state)


def record(
    session: Session,
    draft: Draft,
    step: Step,
    *,
    sha256: str,
    certificate: str,
    level: Level,
    by: Principal,
    deputy_id: int | None = None,
    as_last: bool = False,
    objects: bool = False,
) -> None:
    """Note a signature on the locked draft, and give the next rank its turn."""
    step.state, step.acted_at, step.acted_by = StepState.SIGNED, clock.now(), by.user_id
    step.deputy_id = deputy_id
    step.signed_sha256, step.certificate = sha256, certificate
    step.signature_level = level
    draft.current_sha256, draft.changed_at = sha256, clock.now()
    if deputy_id is not None and draft.answers_id is not None and by.user_id is not None:
        registry.open_to_person(session, draft.answers_id, by.user_id)
    skipped = _skip(session, draft, step) if as_last else []
    more: dict[str, Any] = {"objects": True} if objects else {}
    if deputy_id is not None:
        more |= {"person": step.user_id, "appointment": deputy_id}
    if as_last:
        more["skipped"] = skipped
    audit.record(
        session,
        "draft.signed",
        by=by,
        subject=("draft", draft.id),
        position=step.position,
        rank=step.rank,
        kind=step.kind,
        certificate=certificate,
        level=level,
        sha256=sha256,
        **more,
    )
    if objects:
        noticed.tell_drafter(session, draft, NoticeKind.OBJECTED, by=by)
    rounds.advance(session, draft, by=by)


def _skip(session: Session, draft: Draft, last: Step) -> list[int]:
    """Drop who would sign after (or beside) the last; a seal of the body still comes. Their ids."""
    rows = session.scalars(
        select(Step).where(
            Step.draft_id == draft.id,
            Step.round == draft.round,
            Step.id != last.id,
            Step.kind.in_([StepKind.COUNTERSIGN, StepKind.SIGNATURE]),
            Step.state.in_([StepState.WAITING, StepState.ACTIVE]),
        )
    ).all()
    for step in rows:
        step.state, step.acted_at = StepState.SKIPPED, clock.now()
    return [step.user_id for step in rows if step.user_id is not None]


def issuer_of(session: Session, draft: Draft) -> Principal:
    """Under whose authority the document is issued: the last signer, allowed to use the book.

    The last signature is what the number needs; that a mayor is no registry clerk does not matter.
    """
    last = session.scalars(
        select(Step.acted_by)
        .where(
            Step.draft_id == draft.id,
            Step.round == draft.round,
            Step.state == StepState.SIGNED,
            Step.kind != StepKind.SEAL,
        )
        .order_by(Step.rank.desc(), Step.acted_at.desc())
        .limit(1)
    ).one()
    assert last is not None  # whoever signs is a person
    person = organization.principal(session, last, via=organization.Via.JOB)
    return replace(
        person,
        roles=person.roles | {organization.Role.CLERK},
        confidential_reads=person.confidential_reads | {draft.book_id},
        confidential_writes=person.confidential_writes | {draft.book_id},
    )
