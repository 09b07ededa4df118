"""/api/v1/delivery-lists: with which paper goes to units, against a signature."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from api.deps import TheOffice
from api.v1 import shapes
from api.v1.fields import Body, Id
from api.v1.reads import ReadRoute
from api.v1.security import Reader, Router
from docflow import routing
from docflow.routing import delivery_lists

router = APIRouter(prefix="/delivery-lists", tags=["handling"], route_class=ReadRoute)
ListId = Annotated[Id, Path(description="As `GET /delivery-lists` names it.")]


class PaperItem(shapes.Shape):
    """A document on paper that was charged."""

    charge_id: int
    kind: routing.ChargeKind
    unit_id: int
    unit: str
    person: str
    charged_at: datetime
    entry: shapes.Line


class Waiting(BaseModel):
    items: list[PaperItem]


class DeliveryList(shapes.Shape):
    """A list for one unit; `count` is of the documents that the caller may see."""

    id: int
    number: str = Field(examples=["12/2026"])
    unit_id: int
    unit: str
    made_by: str
    made_at: datetime
    count: int


class DeliveryLists(BaseModel):
    items: list[DeliveryList]
    next_after: int | None = Field(description="Send it as `after` for the lists before these.")


class Delivered(BaseModel):
    delivery_list: DeliveryList
    items: list[PaperItem]


class NewLists(Body):
    charge_ids: list[Id] = Field(min_length=1, max_length=delivery_lists.MOST)


@router.get("/waiting")
def waiting(by: Reader, office: TheOffice) -> Waiting:
    """What came on paper, was charged from a unit of the caller and stands on no list yet."""
    with office.db.read() as session:
        found = delivery_lists.waiting(session, by=by)
        return Waiting(items=[PaperItem.model_validate(one) for one in found])


@router.post("", status_code=201)
def make(body: NewLists, by: Router, office: TheOffice) -> DeliveryLists:
    """One numbered list for each unit to which these charges went."""
    with office.db.begin() as session:
        made = delivery_lists.make(session, body.charge_ids, by=by)
        found = [delivery_lists.get(session, one.id, by=by)[0] for one in made]
    return DeliveryLists(items=[DeliveryList.model_validate(one) for one in found], next_after=None)


@router.get("")
def listing(
    by: Reader,
    office: TheOffice,
    after: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> DeliveryLists:
    """The lists that the caller made, or that go from or to a unit of his; the newest first."""
    with office.db.read() as session:
        found = delivery_lists.listing(session, by=by, after=after, limit=limit + 1)
    return DeliveryLists(
        items=[DeliveryList.model_validate(one) for one in found[:limit]],
        next_after=found[limit - 1].id if len(found) > limit else None,
    )


@router.get("/{list_id}")
def show(list_id: ListId, by: Reader, office: TheOffice) -> Delivered:
    """A list with its documents."""
    with office.db.read() as session:
        info, lines = delivery_lists.get(session, list_id, by=by)
        return Delivered(
            delivery_list=DeliveryList.model_validate(info),
            items=[PaperItem.model_validate(one) for one in lines],
        )


@router.get("/{list_id}/pdf", response_class=Response)
def printed(list_id: ListId, by: Reader, office: TheOffice) -> Response:
    """The list on paper, with the column for signatures."""
    with office.db.read() as session:
        sheet = delivery_lists.sheet(
            session, list_id, by=by, language=by.language, zone=office.settings.zone
        )
    pdf = delivery_lists.printed(sheet, language=by.language)
    return Response(pdf, media_type="application/pdf")
