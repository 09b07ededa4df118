"""/api/v1/positions: posts of units, begun, filled, left vacant and ended."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from api.deps import TheOffice
from api.v1.fields import Body, Code, Day, Id, Needed
from api.v1.organogram import Holder
from api.v1.reads import ReadRoute
from api.v1.security import Administrator, Reader
from docflow.organization import PositionInfo, positions
from docflow.principal import Role

router = APIRouter(tags=["organogram"], route_class=ReadRoute)
PositionId = Annotated[int, Path(ge=1, le=2**62)]


class Position(BaseModel):
    """A post of a unit; nobody holds it where it is vacant."""

    id: int
    unit: str = Field(description="Code of the unit.", examples=["21"])
    unit_name: str
    title: str = Field(examples=["Προϊστάμενος Τμήματος"])
    role: Role = Field(description="What its holder has in the unit.")
    holder: Holder | None


class Positions(BaseModel):
    items: list[Position]


class NewPosition(Body):
    """A new post, vacant at first."""

    unit: Annotated[Code, Field(description="Code of the unit.", examples=["21"])]
    title: Annotated[Needed, Field(examples=["Προϊστάμενος Τμήματος"])]
    role: Role = Role.EMPLOYEE


class NewHolder(Body):
    """Who takes the post. Both days are included; today and without an end where left out."""

    user_id: Id
    valid_from: Day | None = None
    valid_to: Day | None = None


@router.get("/positions")
def listing(
    by: Reader,
    office: TheOffice,
    unit: Annotated[Code | None, Query(description="Code of a unit.")] = None,
    vacant: Annotated[bool, Query(description="Only those that nobody holds today.")] = False,
) -> Positions:
    """The posts of today, unit by unit as the organogram has them."""
    with office.db.read() as session:
        found = positions.listing(
            session, by=by, zone=office.settings.zone, unit=unit, only_vacant=vacant
        )
    return Positions(items=[_shape(one) for one in found])


@router.get("/positions/{position_id}")
def details(position_id: PositionId, by: Reader, office: TheOffice) -> Position:
    """A post of today."""
    with office.db.read() as session:
        return _shape(positions.one(session, position_id, by=by, zone=office.settings.zone))


@router.post("/positions", status_code=201)
def begin(body: NewPosition, by: Administrator, office: TheOffice, response: Response) -> Position:
    """Add a post to a unit."""
    with office.db.begin() as session:
        unit_id = positions.unit_of(session, body.unit, by=by)
        row = positions.begin(session, unit_id, body.title, body.role, by=by)
        made = positions.one(session, row.id, by=by, zone=office.settings.zone)
    response.headers["Location"] = f"/api/v1/positions/{made.post.id}"
    return _shape(made)


@router.put("/positions/{position_id}/holder")
def fill(
    position_id: PositionId, body: NewHolder, by: Administrator, office: TheOffice
) -> Position:
    """Put somebody on a vacant post; he gets its role in the unit."""
    with office.db.begin() as session:
        positions.fill(
            session,
            position_id,
            body.user_id,
            by=by,
            valid_from=body.valid_from,
            valid_to=body.valid_to,
        )
        return _shape(positions.one(session, position_id, by=by, zone=office.settings.zone))


@router.delete("/positions/{position_id}/holder", status_code=204)
def vacate(position_id: PositionId, by: Administrator, office: TheOffice) -> None:
    """Its holder leaves the post today, and the role with it."""
    with office.db.begin() as session:
        positions.vacate(session, position_id, by=by)


@router.delete("/positions/{position_id}", status_code=204)
def end(position_id: PositionId, by: Administrator, office: TheOffice) -> None:
    """The post is no more; whoever holds it leaves it."""
    with office.db.begin() as session:
        positions.end(session, position_id, by=by)


def _shape(one: PositionInfo) -> Position:
    post = one.post
    return Position(
        id=post.id,
        unit=one.unit_code,
        unit_name=one.unit_name,
        title=post.title,
        role=Role(post.role),
        holder=Holder.model_validate(post.holder) if post.holder else None,
    )
