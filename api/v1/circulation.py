"""/api/v1/drafts/…: what is done with a draft on its way besides signing and returning it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from api.deps import TheOffice
from api.v1 import drafts
from api.v1.chain_steps import ChainStepBody
from api.v1.drafts import DecisionBody, Draft, StepBody
from api.v1.fields import Body, Id, Needed
from api.v1.language import Language
from api.v1.security import Drafter, Reader, Signer
from docflow import circulation
from docflow.circulation import chains, versions

router = APIRouter(prefix="/drafts", tags=["drafts"])


class ChosenDraft(Body):
    """A draft, and the step of it that the caller read."""

    draft: Id
    step: Id


class BatchBody(Body):
    """Drafts that wait for the caller, and what his key asks for: used once, kept nowhere."""

    drafts: list[ChosenDraft] = Field(
        min_length=1, max_length=500, examples=[[{"draft": 17, "step": 40}]]
    )
    password: SecretStr = Field(SecretStr(""), max_length=1000)
    pin: SecretStr = Field(SecretStr(""), max_length=100)
    otp: SecretStr = Field(SecretStr(""), max_length=100)


class BatchResult(BaseModel):
    """What became of one document."""

    draft_id: int
    place: int
    total: int
    subject: str
    is_signed: bool
    state: circulation.DraftState | None
    problem: str | None = Field(examples=["It is not your turn to sign this draft."])


class VersionInfo(BaseModel):
    """A version of a draft; `rounds` are those in which it was sent to be signed."""

    model_config = ConfigDict(from_attributes=True)

    version: int
    saved_by: str
    saved_at: datetime
    sha256: str = Field(description="Of its content as canonical JSON.")
    rounds: list[int]


class Piece(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    text: str
    is_changed: bool


class ComparedRow(BaseModel):
    """A paragraph on both sides; empty where it stands on the other side only."""

    model_config = ConfigDict(from_attributes=True)

    field: str = Field(examples=["body"])
    change: versions.Change
    old: list[Piece]
    new: list[Piece]


class OfferedChain(BaseModel):
    """A chain for a draft; `id` is null for the one that every installation has."""

    id: int | None
    name: str
    steps: list[ChainStepBody]


class ForwardBody(StepBody):
    to: Id = Field(description="The person who acts instead, in the same field of the document.")
    reason: Needed


Number = Annotated[int, Query(ge=1, le=2**31 - 1)]


@router.post("/signatures")
def sign_batch(
    body: BatchBody, by: Signer, office: TheOffice, language: Language
) -> list[BatchResult]:
    """Sign many drafts with one password; a result for each, in the order sent.

    A draft that cannot be signed does not stop the others. The call lasts as long as the signing.
    """
    secrets = circulation.Secrets(
        password=body.password.get_secret_value(),
        pin=body.pin.get_secret_value(),
        otp=body.otp.get_secret_value(),
    )
    chosen = [(one.draft, one.step) for one in body.drafts]
    results = circulation.sign_batch(office, chosen, by=by, secrets=secrets)
    return [
        BatchResult(
            draft_id=one.draft_id,
            place=one.place,
            total=one.total,
            subject=one.subject,
            is_signed=one.is_signed,
            state=one.state,
            problem=one.problem.in_language(language) if one.problem else None,
        )
        for one in results
    ]


@router.post("/{draft_id}/rejection")
def reject(draft_id: Id, body: DecisionBody, by: Signer, office: TheOffice) -> Draft:
    """Reject the draft for good, with a reason. It stays readable."""
    with office.db.begin() as session:
        circulation.reject(session, draft_id, by=by, reason=body.reason, step_id=body.step)
        session.flush()  # what the answer reads again
        return drafts.shape(session, draft_id, by)


@router.post("/{draft_id}/recall")
def recall(draft_id: Id, by: Drafter, office: TheOffice) -> Draft:
    """Take the draft back to change it, while nobody else has signed."""
    with office.db.begin() as session:
        circulation.recall(session, draft_id, by=by)
        session.flush()  # what the answer reads again
        return drafts.shape(session, draft_id, by)


@router.post("/{draft_id}/forwarding")
def forward(draft_id: Id, body: ForwardBody, by: Signer, office: TheOffice) -> Draft:
    """Pass the caller's own step to another person."""
    with office.db.begin() as session:
        circulation.forward(
            session, draft_id, to=body.to, reason=body.reason, by=by, step_id=body.step
        )
        session.flush()  # what the answer reads again
        return drafts.shape(session, draft_id, by)


@router.post("/{draft_id}/note")
def take_note(draft_id: Id, body: StepBody, by: Signer, office: TheOffice) -> Draft:
    """Say that the caller has read what was sent to him for information."""
    with office.db.begin() as session:
        circulation.take_note(session, draft_id, by=by, step_id=body.step)
        session.flush()  # what the answer reads again
        return drafts.shape(session, draft_id, by)


@router.get("/{draft_id}/chains")
def offered(draft_id: Id, by: Reader, office: TheOffice) -> list[OfferedChain]:
    """The chains for this draft; the first is taken where none is sent."""
    with office.db.read() as session:
        draft = circulation.get(session, draft_id, by=by)
        found = chains.offered(session, body_id=draft.body_id, unit_id=draft.unit_id)
    return [
        OfferedChain(id=one.id, name=one.name, steps=[ChainStepBody.of(step) for step in one.steps])
        for one in found
    ]


@router.get("/{draft_id}/versions")
def all_versions(draft_id: Id, by: Reader, office: TheOffice) -> list[VersionInfo]:
    """All versions of the draft, with their digests."""
    with office.db.read() as session:
        found = versions.versions(session, draft_id, by=by)
    return [VersionInfo.model_validate(one) for one in found]


@router.get("/{draft_id}/comparison")
def compare(
    draft_id: Id, old: Number, new: Number, by: Reader, office: TheOffice
) -> list[ComparedRow]:
    """Two versions side by side, paragraph by paragraph."""
    with office.db.read() as session:
        rows = versions.compare(session, draft_id, old, new, by=by)
    return [ComparedRow.model_validate(row) for row in rows]


@router.get("/{draft_id}/sheet", response_class=Response)
def sheet(draft_id: Id, by: Reader, office: TheOffice, for_staff: bool = True) -> Response:
    """The circulation sheet as PDF; without reasons and objections where not for staff."""
    made = circulation.sheets.sheet(office, draft_id, by=by, for_staff=for_staff)
    headers = {"Content-Disposition": f'attachment; filename="{made.name}"'}
    return Response(made.pdf, media_type="application/pdf", headers=headers)
