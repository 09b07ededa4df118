"""/api/v1/tasks: the caller's work lists."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.deps import TheOffice
from api.v1 import drafts, reads, shapes
from api.v1.narrowing import Narrowed, mark
from api.v1.reads import Cursor, Limit, ReadRoute
from api.v1.security import Reader
from docflow import circulation, routing

router = APIRouter(route_class=ReadRoute)


class BasketCount(BaseModel):
    basket: str
    count: int = Field(description="Counting stops at 1,000.")
    is_more: bool = Field(False, description="There are more than were counted.")


class Baskets(BaseModel):
    items: list[BasketCount]


AWAITING_SIGNATURE = "awaiting-signature"


@router.get("/tasks", tags=["tasks"])
def baskets(by: Reader, office: TheOffice) -> Baskets:
    """The caller's work lists with how many open items each has."""
    zone = office.settings.zone
    with office.db.read() as session:
        counts = {str(k): n for k, n in routing.counts(session, by=by, zone=zone).items()}
        counts[AWAITING_SIGNATURE] = circulation.awaiting_count(session, by=by)
    return Baskets(items=[_count(k, n) for k, n in counts.items()])


def _count(basket: str, n: int) -> BasketCount:
    return BasketCount(basket=basket, count=n, is_more=n >= routing.MOST_COUNTED)


@router.get(f"/tasks/{AWAITING_SIGNATURE}", tags=["tasks"])
def awaiting(by: Reader, office: TheOffice) -> list[drafts.DraftLine]:
    """Drafts that wait for the caller's signature, the oldest first."""
    with office.db.read() as session:
        return drafts.lines(circulation.awaiting(session, by=by))


@router.get("/tasks/{basket}", tags=["tasks"])
def basket(
    basket: routing.Basket,
    by: Reader,
    office: TheOffice,
    narrowed: Narrowed,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> shapes.LinePage:
    """The items of a work list: urgent ones first, then by deadline, then the oldest.

    What was sent or came for information has the newest first, what is closed the last closed.
    """
    place = f"tasks:{basket}{mark(narrowed)}"
    after = reads.position(office, by, place, cursor)
    with office.db.read() as session:
        found = routing.basket(
            session,
            basket,
            by=by,
            narrowing=narrowed,
            after=after,
            limit=limit + 1,
            zone=office.settings.zone,
        )
    more = len(found) > limit
    return shapes.LinePage(
        items=shapes.lines(found[:limit]),
        next_cursor=reads.cursor(office, by, place, found[limit - 1].id) if more else None,
    )
