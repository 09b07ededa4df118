"""/api/v1/work-lists: lists kept under a name; /tasks/…: one act on many items of them."""

from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from api.deps import TheOffice
from api.v1.fields import Body, Code, Day, Id, InstructionsBody, Needed, TargetBody
from api.v1.language import Language
from api.v1.narrowing import NarrowingBody, body_of
from api.v1.reads import ReadRoute
from api.v1.security import Reader, Router
from docflow import registry, routing, worklists
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal
from docflow.routing import Basket, Outcome

router = APIRouter(route_class=ReadRoute)
_NOT_THERE = t("There is no such entry, or it is not open to you.")


class SavedList(BaseModel):
    """A list under a name; each who opens it sees what is his to see."""

    id: int
    name: str
    basket: Basket
    narrowing: NarrowingBody
    is_mine: bool
    owner: str
    shared_unit_id: int | None
    is_first: bool = Field(description="The caller’s work begins with it.")


class SavedLists(BaseModel):
    items: list[SavedList]


@router.get("/work-lists", tags=["tasks"])
def saved(by: Reader, office: TheOffice) -> SavedLists:
    """The caller’s own lists, and those that were shared with his units."""
    with office.db.read() as session:
        return SavedLists(items=[_shape(one) for one in worklists.listing(session, by=by)])


class NewList(Body):
    name: Annotated[Needed, Field(examples=["Επείγοντα της εβδομάδας"])]
    basket: Basket
    narrowing: NarrowingBody = Field(default_factory=lambda: NarrowingBody.model_validate({}))


@router.post("/work-lists", tags=["tasks"], status_code=201)
def save(body: NewList, by: Router, office: TheOffice) -> SavedList:
    """Keep a list under a name."""
    with office.db.begin() as session:
        made = worklists.save(
            session,
            by=by,
            name=body.name,
            basket=body.basket,
            narrowing=body.narrowing.narrowing(),
        )
        return _shape(worklists.named(session, made.id, by=by))


class Sharing(Body):
    unit_id: Id | None = Field(None, description="null: with nobody.")


@router.put("/work-lists/{list_id}/sharing", tags=["tasks"])
def share(list_id: Id, body: Sharing, by: Router, office: TheOffice) -> SavedList:
    """Share an own list with a unit that the caller heads, or with nobody any more."""
    with office.db.begin() as session:
        worklists.share(session, list_id, body.unit_id, by=by)
        session.flush()
        return _shape(worklists.named(session, list_id, by=by))


@router.put("/work-lists/{list_id}/first", tags=["tasks"])
def begin_with(list_id: Id, by: Router, office: TheOffice) -> SavedList:
    """Let the caller’s work begin with this list."""
    with office.db.begin() as session:
        worklists.begin_with(session, list_id, by=by)
        return _shape(worklists.named(session, list_id, by=by))


@router.delete("/work-lists/{list_id}", tags=["tasks"], status_code=204)
def remove(list_id: Id, by: Router, office: TheOffice) -> Response:
    """Keep an own list no more."""
    with office.db.begin() as session:
        worklists.remove(session, list_id, by=by)
    return Response(status_code=204)


def _shape(info: worklists.SavedInfo) -> SavedList:
    return SavedList(
        id=info.id,
        name=info.name,
        basket=info.basket,
        narrowing=body_of(info.narrowing),
        is_mine=info.is_mine,
        owner=info.owner,
        shared_unit_id=info.shared_unit_id,
        is_first=info.is_first,
    )


class Item(Body):
    """An entry by its address, and the version of its handling on which the caller decides."""

    book: Code
    year: Annotated[int, Field(ge=1, le=9999)]
    place: Annotated[str, Field(pattern=registry.places.PATTERN, examples=["15"])]
    seen: int | None = Field(None, ge=0, description="`version` of the handling that was seen.")


class Items(Body):
    items: list[Item] = Field(min_length=1, max_length=200)


class Give(InstructionsBody, Items):
    to: TargetBody


class Result(BaseModel):
    """What became of an item."""

    label: str = Field(description="The number; empty where the caller may not know the entry.")
    done: bool
    problem: str | None = Field(description="Why not, for people.")


class Results(BaseModel):
    """One result an item, in the order of the request; the rest goes on after one that failed."""

    items: list[Result]


@router.post("/tasks/acceptance", tags=["tasks"])
def accept(body: Items, by: Router, office: TheOffice, language: Language) -> Results:
    """Accept each of the items."""
    return _many(
        office,
        by,
        body.items,
        language,
        lambda session, entry_id, seen: routing.accept(session, entry_id, by=by, seen=seen),
    )


class GiveOn(Give):
    on: Day | None = Field(None, description="A later day, on which they are charged.")


@router.post("/tasks/charges", tags=["tasks"])
def charge(body: GiveOn, by: Router, office: TheOffice, language: Language) -> Results:
    """Charge each of the items to one unit or person, now or on a day to come."""
    routing.planned.require_day(body.on)
    return _many(
        office,
        by,
        body.items,
        language,
        lambda session, entry_id, seen: routing.planned.charge(
            session,
            entry_id,
            by=by,
            to=body.to.target(),
            on=body.on,
            instructions=body.instructions,
            seen=seen,
        ),
    )


@router.post("/tasks/pass-on", tags=["tasks"])
def pass_on(body: Give, by: Router, office: TheOffice, language: Language) -> Results:
    """Pass each of the items on to one unit or person."""
    return _many(
        office,
        by,
        body.items,
        language,
        lambda session, entry_id, seen: routing.pass_on(
            session,
            entry_id,
            by=by,
            to=body.to.target(),
            instructions=body.instructions,
            seen=seen,
        ),
    )


@router.post("/tasks/acknowledgement", tags=["tasks"])
def acknowledge(body: Items, by: Router, office: TheOffice, language: Language) -> Results:
    """Take note of each of the items, which came for information."""
    found = _found(office, body.items, by)
    known = [entry_id for entry_id in found if entry_id]
    outcomes = routing.acknowledge_many(office.db, known, by=by) if known else []
    return _results(found, outcomes, language)


def _many(
    office: Office,
    by: Principal,
    items: Sequence[Item],
    language: str,
    act: Callable[[Session, int, int | None], object],
) -> Results:
    found = _found(office, items, by)
    seen = {entry_id: item.seen for entry_id, item in zip(found, items, strict=True)}

    def one(session: Session, entry_id: int) -> None:
        act(session, entry_id, seen[entry_id])

    known = [entry_id for entry_id in found if entry_id]
    outcomes = routing.each(office.db, known, one, by=by) if known else []
    return _results(found, outcomes, language)


def _found(office: Office, items: Sequence[Item], by: Principal) -> list[int]:
    """The entries of the items; 0 for one that is not there, or not open to the caller."""
    found = []
    with office.db.read() as session:
        for item in items:
            try:
                entry = registry.numbered(session, item.book, item.year, item.place, by=by)
            except registry.NoSuchEntry:
                found.append(0)
            else:
                found.append(entry.id)
    return found


def _results(found: Sequence[int], outcomes: Sequence[Outcome], language: str) -> Results:
    by_entry = {outcome.entry_id: outcome for outcome in outcomes}
    results = []
    for entry_id in found:
        outcome = by_entry.get(entry_id)
        error = _NOT_THERE if outcome is None else outcome.error
        results.append(
            Result(
                label=outcome.label if outcome else "",
                done=error is None,
                problem=error.in_language(language) if error else None,
            )
        )
    return Results(items=results)
