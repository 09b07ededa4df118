"""/api/v1/deliveries: what waits to be posted or picked up, and the proof of a delivery."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.deps import TheOffice
from api.v1 import shapes
from api.v1.fields import Id
from api.v1.language import Language
from api.v1.reads import ReadRoute
from api.v1.security import Reader, Router
from docflow import dispatch
from docflow.dispatch import DeliveryState, Pile

router = APIRouter(prefix="/deliveries", tags=["deliveries"], route_class=ReadRoute)


class DeliveryLine(shapes.Shape):
    """A delivery of an issued document."""

    id: int
    entry_id: int
    number: str = Field(examples=["1234/2026"])
    recipient: str
    channel: str = Field(examples=["pickup"])
    state: DeliveryState
    created_at: datetime
    expires_at: datetime
    picked_up_at: datetime | None
    after_expiry: bool = Field(description="It follows a pick-up that nobody came for.")
    problem: str


class DeliveryPile(BaseModel):
    items: list[DeliveryLine]


class DeliveryNow(BaseModel):
    id: int
    state: DeliveryState


@router.get("")
def listed(
    by: Reader,
    office: TheOffice,
    pile: Pile = Pile.TO_SEND,
    start: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> DeliveryPile:
    """A pile of deliveries, fifty at a time, over the entries that the caller may see."""
    with office.db.read() as session:
        found = dispatch.listing.lines(session, pile, by=by, start=start)
    return DeliveryPile(items=[DeliveryLine.model_validate(one) for one in found])


@router.post("/{delivery_id}/notice")
def notify(delivery_id: Id, by: Router, office: TheOffice) -> DeliveryNow:
    """Send the notice once more, with a new code."""
    with office.db.begin() as session:
        row = dispatch.notify_again(session, delivery_id, by=by)
        return DeliveryNow(id=row.id, state=DeliveryState(row.state))


@router.post("/{delivery_id}/hand-over")
def hand_over(delivery_id: Id, by: Router, office: TheOffice) -> DeliveryNow:
    """Note that the document was posted, or given out at the counter."""
    with office.db.begin() as session:
        row = dispatch.hand_over(session, delivery_id, by=by)
        return DeliveryNow(id=row.id, state=DeliveryState(row.state))


@router.get("/{delivery_id}/proof", response_class=Response)
def proof(delivery_id: Id, by: Reader, office: TheOffice, language: Language) -> Response:
    """The proof of a delivery (PDF), with every try."""
    name, pdf = dispatch.proof(office, delivery_id, by=by, language=language)
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"}
    return Response(pdf, media_type="application/pdf", headers=headers)
