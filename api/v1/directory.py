"""/api/v1/me, books, units, signers, parties: what a caller needs to know before he acts."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.deps import TheOffice
from api.v1.fields import Id
from api.v1.reads import ReadRoute
from api.v1.security import Anyone, Reader
from docflow import organization, parties, registry

router = APIRouter(tags=["directory"], route_class=ReadRoute)


class Shape(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Me(BaseModel):
    """Who acts with this token."""

    username: str
    full_name: str
    title: str
    body: str
    roles: list[organization.Role]
    unit_ids: list[int]
    headed_unit_ids: list[int] = Field(description="Units headed, and all below them.")
    scopes: list[str]


@router.get("/me")
def me(by: Anyone, office: TheOffice) -> Me:
    """The person whose token this is, and what it may do."""
    with office.db.read() as session:
        body = organization.body(session, by.body_id).name
    return Me(
        username=by.username,
        full_name=by.full_name,
        title=by.title,
        body=body,
        roles=sorted(by.roles),
        unit_ids=sorted(by.unit_ids),
        headed_unit_ids=sorted(by.headed_unit_ids),
        scopes=sorted(by.scopes or ()),
    )


class BookShape(BaseModel):
    """A protocol book that is open to the caller."""

    code: str
    title: str
    is_default: bool
    is_confidential: bool
    may_register: bool


class Books(BaseModel):
    items: list[BookShape]


@router.get("/books")
def books(by: Reader, office: TheOffice) -> Books:
    """The books that are open to the caller, the default one first."""
    with office.db.read() as session:
        return Books(
            items=[
                BookShape(
                    code=book.code,
                    title=book.title,
                    is_default=book.is_default,
                    is_confidential=book.is_confidential,
                    may_register=registry.may_write(by, book),
                )
                for book in registry.books_open_to(session, by)
            ]
        )


class UnitShape(Shape):
    """A unit of the organogram; `depth` is 0 at the top."""

    id: int
    code: str
    name: str
    parent_id: int | None
    depth: int


class Units(BaseModel):
    items: list[UnitShape]


@router.get("/units")
def units(by: Reader, office: TheOffice) -> Units:
    """The organogram of today, from the top down."""
    with office.db.read() as session:
        found = organization.units(session, by.body_id)
        return Units(items=[UnitShape.model_validate(unit) for unit in found])


class PersonShape(Shape):
    id: int
    full_name: str
    title: str


class People(BaseModel):
    items: list[PersonShape]


@router.get("/units/{unit_id}/people")
def people(unit_id: Id, by: Reader, office: TheOffice) -> People:
    """Who works in a unit, heads first."""
    with office.db.read() as session:
        unit = organization.unit(session, unit_id, body_id=by.body_id)
        found = organization.people_of(session, unit.id)
        return People(items=[PersonShape.model_validate(person) for person in found])


@router.get("/signers")
def signers(by: Reader, office: TheOffice) -> People:
    """Who signs documents of the body."""
    with office.db.read() as session:
        found = organization.signers(session, by.body_id)
        return People(items=[PersonShape.model_validate(person) for person in found])


class PartyShape(Shape):
    """A sender or recipient of the directory."""

    id: int
    name: str
    tax_number: str
    email: str
    address: str


class Parties(BaseModel):
    items: list[PartyShape]


@router.get("/parties")
def find_parties(
    q: Annotated[str, Query(min_length=2, max_length=200, description="Part of name or ΑΦΜ.")],
    by: Reader,
    office: TheOffice,
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> Parties:
    """Who could be meant, blind to accents and case."""
    with office.db.read() as session:
        found = parties.suggest(session, q, by=by, limit=limit)
        return Parties(items=[PartyShape.model_validate(party) for party in found])
