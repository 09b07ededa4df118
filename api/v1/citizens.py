"""/api/v1/citizens: accounts of the portal as the clerks keep them, and representations.

`step` is that of the account or representation on which the caller decided: where it was changed
since, nothing is done, and the problem says by whom and when.
"""

from datetime import date, datetime

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.deps import TheOffice
from api.v1.fields import Body, Day, Id, Line, Needed
from api.v1.security import Registrar
from docflow import accounts
from docflow.accounts import (
    AccountState,
    Channel,
    Ground,
    Level,
    Paper,
    RepresentationState,
    RepresentedKind,
    Seen,
)
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter(prefix="/citizens", tags=["citizens"])


class StepBody(Body):
    step: Id = Field(description="The `step` on which you decided.")


class ProofBody(StepBody):
    """What the papers say that were shown at the counter. Their numbers are not kept."""

    full_name: Needed = Field(examples=["Ελένη Δημητρίου"])
    tax_number: Needed = Field(examples=["090000045"], description="ΑΦΜ.")
    paper: Paper = Paper.IDENTITY_CARD
    level: Level = Field(
        Level.VERIFIED,
        description="`verified`, or `temporary`: a month at most, where no more is demanded.",
    )
    valid_to: Day | None = Field(None, description="Last day.")


class MergeBody(StepBody):
    other_id: Id = Field(description="The account that ends.")
    tax_number: Needed = Field(description="ΑΦΜ, as on the papers of the person at the counter.")


class AcceptBody(StepBody):
    valid_to: Day | None = Field(None, description="An earlier last day than was asked for.")


class ReasonBody(StepBody):
    reason: Line = Field(examples=["Η εξουσιοδότηση δεν έχει γνήσιο υπογραφής."])


class CitizenLine(BaseModel):
    """An account in one line; `level` is the most that a login can count as."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    full_name: str
    email: str
    phone: str
    tax_number: str
    level: Level
    language: str
    channel: Channel
    state: AccountState


class ProofShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    level: Level
    paper: str
    provider: str
    given_by: str
    given_at: datetime
    valid_to: date | None
    ended_at: datetime | None


class RepresentationShape(BaseModel):
    """For whom an account acts, or wants to."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    account_id: int
    account: str
    kind: RepresentedKind
    name: str
    tax_number: str
    ground: Ground
    proof_name: str
    valid_from: date
    valid_to: date | None
    state: RepresentationState
    holds: bool = Field(description="Whether the citizen may act under it today.")
    asked_at: datetime
    decided_by: str
    decided_at: datetime | None
    reason: str
    step: int


class CitizenShape(CitizenLine):
    """An account with its proofs of identity and its representations."""

    created_at: datetime
    closed_at: datetime | None
    is_locked: bool
    is_registered: bool
    email_problem: str = Field(
        description="Why mails to the address do not arrive; empty: they do."
    )
    level_until: date | None
    merged_into_id: int | None
    providers: list[str]
    proofs: list[ProofShape]
    representations: list[RepresentationShape]
    step: int


class CitizenList(BaseModel):
    items: list[CitizenLine]


class RepresentationList(BaseModel):
    items: list[RepresentationShape]


@router.get("")
def find(
    by: Registrar,
    office: TheOffice,
    q: str = Query(
        max_length=200, description="Number, ΑΦΜ or e-mail, whole; or a part of the name."
    ),
) -> CitizenList:
    """Open accounts; there is no list of all."""
    with office.db.read() as session:
        found = accounts.keeping.find(session, q.replace("\0", ""), by=by)
    return CitizenList(items=[CitizenLine.model_validate(one) for one in found])


@router.get("/representations")
def waiting(by: Registrar, office: TheOffice) -> RepresentationList:
    """The representations that wait for a decision."""
    with office.db.read() as session:
        found = accounts.representations.waiting(session, by=by)
    return RepresentationList(items=[RepresentationShape.model_validate(one) for one in found])


@router.post("/representations/{representation_id}/accept")
def accept(
    representation_id: Id, body: AcceptBody, by: Registrar, office: TheOffice
) -> RepresentationShape:
    """Let the citizen act for the other from now on."""
    with office.db.begin() as session:
        accounts.representing.accept(
            session, representation_id, seen=body.step, by=by, valid_to=body.valid_to
        )
    return _representation(office, representation_id, by)


@router.post("/representations/{representation_id}/refuse")
def refuse(
    representation_id: Id, body: ReasonBody, by: Registrar, office: TheOffice
) -> RepresentationShape:
    """The citizen reads the reason."""
    with office.db.begin() as session:
        accounts.representing.refuse(
            session, representation_id, reason=body.reason, seen=body.step, by=by
        )
    return _representation(office, representation_id, by)


@router.post("/representations/{representation_id}/revoke")
def revoke(
    representation_id: Id, body: ReasonBody, by: Registrar, office: TheOffice
) -> RepresentationShape:
    """End one that was accepted; it ends in logins under way, too."""
    with office.db.begin() as session:
        accounts.representing.revoke(
            session, representation_id, reason=body.reason, seen=body.step, by=by
        )
    return _representation(office, representation_id, by)


@router.get("/{account_id}")
def show(account_id: Id, by: Registrar, office: TheOffice) -> CitizenShape:
    """An account; that it was read stands in the trail."""
    with office.db.begin() as session:
        accounts.keeping.one(session, account_id, by=by)
        accounts.keeping.note_seen(session, account_id, by=by)
    return _shape(office, account_id, by)


@router.post("/{account_id}/proof")
def prove(account_id: Id, body: ProofBody, by: Registrar, office: TheOffice) -> CitizenShape:
    """The person has shown his papers. Another account with this proven ΑΦΜ: 409."""
    said = Seen(body.full_name, body.tax_number, body.paper, body.level, body.valid_to)
    with office.db.begin() as session:
        accounts.proving.prove(session, account_id, said, seen=body.step, by=by)
    return _shape(office, account_id, by)


@router.post("/{account_id}/proof/end")
def end_proof(account_id: Id, body: StepBody, by: Registrar, office: TheOffice) -> CitizenShape:
    """The account counts as registered only."""
    with office.db.begin() as session:
        accounts.proving.take_back(session, account_id, seen=body.step, by=by)
    return _shape(office, account_id, by)


@router.post("/{account_id}/lock")
def lock(account_id: Id, body: StepBody, by: Registrar, office: TheOffice) -> CitizenShape:
    """Nobody enters the account; its logins end."""
    with office.db.begin() as session:
        accounts.keeping.lock(session, account_id, seen=body.step, by=by)
    return _shape(office, account_id, by)


@router.post("/{account_id}/unlock")
def unlock(account_id: Id, body: StepBody, by: Registrar, office: TheOffice) -> CitizenShape:
    """Take the lock away."""
    with office.db.begin() as session:
        accounts.keeping.unlock(session, account_id, seen=body.step, by=by)
    return _shape(office, account_id, by)


@router.post("/{account_id}/merge")
def merge(account_id: Id, body: MergeBody, by: Registrar, office: TheOffice) -> CitizenShape:
    """Make another account of the same person one with this, whose ΑΦΜ is proven."""
    with office.db.begin() as session:
        accounts.merging.merge(
            session,
            account_id,
            body.other_id,
            tax_number=body.tax_number,
            seen=body.step,
            by=by,
        )
    return _shape(office, account_id, by)


def _shape(office: Office, account_id: int, by: Principal) -> CitizenShape:
    with office.db.read() as session:
        found = accounts.keeping.one(session, account_id, by=by)
        acts_for = accounts.representations.of_account(session, account_id, by=by)
    return CitizenShape(
        **CitizenLine.model_validate(found.summary).model_dump(),
        created_at=found.created_at,
        closed_at=found.closed_at,
        is_locked=found.is_locked,
        is_registered=found.is_registered,
        email_problem=found.email_problem,
        level_until=found.level_until,
        merged_into_id=found.merged_into_id,
        providers=list(found.providers),
        proofs=[ProofShape.model_validate(one) for one in found.proofs],
        representations=[RepresentationShape.model_validate(one) for one in acts_for],
        step=found.step,
    )


def _representation(office: Office, representation_id: int, by: Principal) -> RepresentationShape:
    with office.db.read() as session:
        found = accounts.representations.one(session, representation_id, by=by)
    return RepresentationShape.model_validate(found)
