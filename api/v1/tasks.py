"""/api/v1/tasks and /search: the caller's work lists, and finding entries."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.deps import TheOffice
from api.v1 import drafts, reads, shapes
from api.v1.reads import Cursor, Limit, ReadRoute
from api.v1.security import Reader
from docflow import circulation, routing, search
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter(route_class=ReadRoute)


class BasketCount(BaseModel):
    basket: str
    count: int


class Baskets(BaseModel):
    items: list[BasketCount]


AWAITING_SIGNATURE = "awaiting-signature"


@router.get("/tasks", tags=["tasks"])
def baskets(by: Reader, office: TheOffice) -> Baskets:
    """The caller's work lists with how many open items each has."""
    with office.db.read() as session:
        counts = {str(k): n for k, n in routing.counts(session, by=by).items()}
        counts[AWAITING_SIGNATURE] = circulation.awaiting_count(session, by=by)
    return Baskets(items=[BasketCount(basket=k, count=n) for k, n in counts.items()])


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
    cursor: Cursor = None,
    limit: Limit = 50,
) -> shapes.LinePage:
    """The items of a work list: urgent ones first, then by deadline, then the oldest."""
    place = f"tasks:{basket}"
    begin = reads.position(office, by, place, cursor) or 0
    with office.db.read() as session:
        found = routing.basket(session, basket, by=by, offset=begin, limit=limit + 1)
        return shapes.LinePage(
            items=shapes.lines(found[:limit]),
            next_cursor=_next(office, by, place, begin, limit, len(found) > limit),
        )


class Hit(BaseModel):
    entry: shapes.Line
    passage: str = Field(description="Text of the files around the found words, marked ⟦so⟧.")


class Found(BaseModel):
    total: int
    items: list[Hit]
    next_cursor: str | None


@router.get("/search", tags=["register"])
def find(
    q: Annotated[str, Query(min_length=1, max_length=500)],
    by: Reader,
    office: TheOffice,
    cursor: Cursor = None,
    limit: Limit = 25,
) -> Found:
    """Entries that the caller may see, by number, reference, name, or words of subject and files.

    Blind to case, accents and final sigma; Greek words are found by their stem.
    """
    place = "search:" + hashlib.sha256(q.encode()).hexdigest()[:16]
    begin = reads.position(office, by, place, cursor) or 0
    with office.db.read() as session:
        found = search.search(session, q, by=by, offset=begin, limit=limit)
        hits = [
            Hit(entry=shapes.Line.model_validate(hit.line), passage=hit.passage)
            for hit in found.hits
        ]
    more = begin + len(hits) < found.total and bool(hits)
    return Found(
        total=found.total,
        items=hits,
        next_cursor=_next(office, by, place, begin, limit, more),
    )


def _next(
    office: Office, by: Principal, place: str, begin: int, limit: int, more: bool
) -> str | None:
    return reads.cursor(office, by, place, begin + limit) if more else None
