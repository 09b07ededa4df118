"""/api/v1/deputies and /api/v1/chains: who acts for whom, and the ways of signing of the units."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import TheOffice
from api.v1.chain_steps import ChainStepBody
from api.v1.fields import Body, Day, Id, Line, Needed
from api.v1.security import Administrator, Reader
from docflow.circulation import chains
from docflow.organization import ActsAs, Appointment, DeputyScope, deputies

router = APIRouter(tags=["deputies and chains"])


class NewDeputy(Body):
    """Both days are included. `authority` cites the decision."""

    person_id: Id
    deputy_id: Id
    valid_from: Day = Field(examples=["2026-12-01"])
    valid_to: Day = Field(examples=["2026-12-31"])
    scope: DeputyScope = DeputyScope.ALL
    acts_as: ActsAs = ActsAs.DEPUTY
    authority: Line = Field("", examples=["Απόφαση Δημάρχου 112/2026"])


class Deputy(BaseModel):
    """An appointment."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    person_id: int
    person: str
    deputy_id: int
    deputy: str
    valid_from: Day
    valid_to: Day
    scope: DeputyScope
    acts_as: ActsAs
    authority: str
    is_in_force: bool
    is_over: bool


class NewChain(Body):
    """Without a unit the chain is offered to the whole body."""

    name: Needed
    unit_id: Id | None = None
    steps: list[ChainStepBody] = Field(min_length=1, max_length=chains.MOST_STEPS)


class Chain(BaseModel):
    id: int | None
    name: str
    unit_id: int | None
    steps: list[ChainStepBody]


@router.get("/deputies")
def listing(
    by: Reader,
    office: TheOffice,
    past: Annotated[bool, Query(description="Past ones too.")] = False,
) -> list[Deputy]:
    """The appointments that concern the caller: his own, those of his people, or all."""
    with office.db.read() as session:
        found = deputies.deputies(session, by=by, with_past=past)
    return [Deputy.model_validate(one) for one in found]


@router.post("/deputies", status_code=201)
def appoint(body: NewDeputy, by: Administrator, office: TheOffice) -> Deputy:
    """Let somebody act for a person. By an administrator, a head of the person, or himself."""
    with office.db.begin() as session:
        row = deputies.appoint(session, Appointment(**body.model_dump()), by=by)
        session.flush()  # what the answer reads again
        found = deputies.deputies(session, by=by)
        return Deputy.model_validate(next(one for one in found if one.id == row.id))


@router.delete("/deputies/{appointment_id}", status_code=204)
def end(appointment_id: Id, by: Administrator, office: TheOffice) -> Response:
    """End an appointment now. What the deputy did stays."""
    with office.db.begin() as session:
        deputies.end(session, appointment_id, by=by)
    return Response(status_code=204)


@router.get("/chains")
def all_chains(by: Reader, office: TheOffice) -> list[Chain]:
    """The chains of the body, and the usual one."""
    with office.db.read() as session:
        found = chains.offered(session, body_id=by.body_id, unit_id=None)
    return [_chain(one) for one in found]


@router.post("/chains", status_code=201)
def make_chain(body: NewChain, by: Administrator, office: TheOffice) -> Chain:
    """Keep a chain for a unit and those below it, or for the whole body."""
    steps = [step.step() for step in body.steps]
    with office.db.begin() as session:
        row = chains.make(session, body.name, steps, unit_id=body.unit_id, by=by)
        return _chain(chains.info(row))


@router.delete("/chains/{chain_id}", status_code=204)
def retire_chain(chain_id: Id, by: Administrator, office: TheOffice) -> Response:
    """Offer a chain no more; drafts on their way go on."""
    with office.db.begin() as session:
        chains.retire(session, chain_id, by=by)
    return Response(status_code=204)


def _chain(one: chains.ChainInfo) -> Chain:
    steps = [ChainStepBody.of(step) for step in one.steps]
    return Chain(id=one.id, name=one.name, unit_id=one.unit_id, steps=steps)
