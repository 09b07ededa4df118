"""/api/v1/directory: senders and recipients, their history, merging."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from api.deps import TheOffice
from api.v1 import shapes
from api.v1.fields import Body, Day, Id, Line, Needed, Typed
from api.v1.reads import ReadRoute
from api.v1.security import Reader, Registrar
from docflow import parties, registry
from docflow.parties import AddressKind, ChangeKind, PartyData, PartyKind, directory, merging
from docflow.principal import Principal

router = APIRouter(prefix="/directory", tags=["directory"], route_class=ReadRoute)
RowId = Annotated[int, Path(ge=1, le=2**62)]


class PartyLine(BaseModel):
    """A party as a row of a list."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    kind: PartyKind
    name: str
    tax_number: str = Field(description="ΑΦΜ, or empty.")
    email: str
    phone: str
    address: str
    code: str = Field(description="Of a public body, in its directory.")
    network_id: str = Field(description="Of a public body, in ΚΣΗΔΕ.")
    note: str
    merged_into_id: int | None = Field(description="The party that is kept instead.")


class Found(BaseModel):
    items: list[PartyLine]
    total: int


class AddressShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    kind: AddressKind
    address: str
    valid_from: date | None
    valid_to: date | None


class ChangeShape(BaseModel):
    """A change of the directory, with the old values and the new ones."""

    model_config = ConfigDict(from_attributes=True)

    kind: ChangeKind
    old: dict[str, Any]
    new: dict[str, Any]
    reason: str
    changed_at: datetime


class PartyShape(PartyLine):
    """A party, whole."""

    addresses: list[AddressShape]
    groups: list[str]
    merged: list[int] = Field(description="Parties that were merged into this one.")
    changes: list[ChangeShape]
    entries: list[shapes.Line] = Field(description="The newest 50 that the caller may see.")


class PartyBody(Body):
    """What the directory shall say; what is left out is emptied."""

    name: Needed
    kind: PartyKind
    tax_number: Line = ""
    email: Line = ""
    phone: Line = ""
    address: Line = ""
    code: Line = ""
    network_id: Line = ""
    note: Line = ""
    reason: Line = Field("", description="Stands in the history.")


class AddressBody(Body):
    address: Needed
    kind: AddressKind
    valid_from: Day | None = None
    valid_to: Day | None = None


class MergeBody(Body):
    into_id: Id = Field(description="The party that is kept.")
    reason: Needed


class SeparationBody(Body):
    reason: Needed


class LikenessShape(BaseModel):
    why: str = Field(examples=["tax-number", "email", "name"])
    parties: list[PartyLine]


class Duplicates(BaseModel):
    items: list[LikenessShape]


@router.get("")
def find(
    by: Reader,
    office: TheOffice,
    q: Typed = "",
    kind: PartyKind | None = None,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Found:
    """Parties by any part of a name (accent-blind), ΑΦΜ, e-mail or code."""
    with office.db.read() as session:
        found, total = directory.find(session, q, by=by, kind=kind, offset=offset, limit=limit)
        return Found(items=[PartyLine.model_validate(one) for one in found], total=total)


@router.get("/duplicates")
def duplicates(by: Reader, office: TheOffice) -> Duplicates:
    """Parties that may be one."""
    with office.db.read() as session:
        return Duplicates(
            items=[
                LikenessShape(
                    why=one.why, parties=[PartyLine.model_validate(party) for party in one.parties]
                )
                for one in merging.duplicates(session, by=by)
            ]
        )


@router.get("/{party_id}")
def read(party_id: RowId, by: Reader, office: TheOffice) -> PartyShape:
    """One party with its addresses, groups, history and entries."""
    with office.db.read() as session:
        return _shape(session, party_id, by)


@router.put("/{party_id}")
def edit(party_id: RowId, body: PartyBody, by: Registrar, office: TheOffice) -> PartyShape:
    """Put the directory right; entries keep what they were registered with."""
    with office.db.begin() as session:
        data = PartyData(**body.model_dump(exclude={"reason"}))
        directory.edit(session, party_id, data, reason=body.reason, by=by)
        session.flush()  # what the answer reads again
        return _shape(session, party_id, by)


@router.post("/{party_id}/addresses", status_code=201)
def add_address(party_id: RowId, body: AddressBody, by: Registrar, office: TheOffice) -> PartyShape:
    """A further address."""
    with office.db.begin() as session:
        directory.add_address(session, party_id, by=by, **body.model_dump())
        session.flush()  # what the answer reads again
        return _shape(session, party_id, by)


@router.post("/{party_id}/merge")
def merge(party_id: RowId, body: MergeBody, by: Registrar, office: TheOffice) -> PartyShape:
    """Merge the party into another one, which is answered with. It can be taken back."""
    with office.db.begin() as session:
        merging.merge(session, party_id, body.into_id, reason=body.reason, by=by)
        session.flush()  # what the answer reads again
        return _shape(session, body.into_id, by)


@router.post("/{party_id}/separation")
def separate(party_id: RowId, body: SeparationBody, by: Registrar, office: TheOffice) -> PartyShape:
    """Take a merge back."""
    with office.db.begin() as session:
        merging.separate(session, party_id, reason=body.reason, by=by)
        session.flush()  # what the answer reads again
        return _shape(session, party_id, by)


def _shape(session: Session, party_id: int, by: Principal) -> PartyShape:
    party = directory.get(session, party_id, by=by)
    family = parties.family(session, party_id)
    return PartyShape(
        **PartyLine.model_validate(party).model_dump(),
        addresses=[
            AddressShape.model_validate(row) for row in directory.addresses(session, party_id)
        ],
        groups=[group.name for group in parties.grouping.groups_of(session, party_id)],
        merged=family[1:],
        changes=[ChangeShape.model_validate(row) for row in directory.changes(session, family)],
        entries=shapes.lines(list(registry.of_party(session, party_id, by=by))),
    )
