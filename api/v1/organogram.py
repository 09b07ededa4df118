"""/api/v1/organogram: the tree of a day, changes tried and carried out, a file compared."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import TheOffice
from api.v1.fields import Body, Code, Day, Id, Line, Text
from api.v1.language import Language
from api.v1.security import Administrator, Reader
from docflow.organization import Placing, Plan, Step, changes, organogram, sheets, steps
from docflow.principal import Role

router = APIRouter(tags=["organogram"])


class Shape(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Holder(Shape):
    """Who has a role in a unit, from when to when; `deputy` acts for him today."""

    user_id: int
    full_name: str
    role: Role
    valid_from: date
    valid_to: date | None
    deputy: str


class Post(Shape):
    """A position; nobody holds it where it is vacant."""

    id: int
    title: str
    role: Role
    holder: Holder | None


class Unit(Shape):
    """A unit, with its name and place of the day that was asked for."""

    id: int
    code: str = Field(examples=["21"])
    name: str
    parent: str = Field(description="Code of the unit above; empty at the top.")
    depth: int
    phone: str
    email: str
    valid_from: date
    valid_to: date | None
    successor: str = Field(description="Code of the unit that took over, once dissolved.")
    heads: list[Holder]
    people: list[Holder]
    posts: list[Post]


class Units(BaseModel):
    items: list[Unit]


class StepBody(Body):
    """One of: `new` (code, name, parent, phone, email), `change` (code and what changes),
    `dissolve` (code, successor, head_goes_along), `head` (code, username)."""

    do: str = Field(examples=["dissolve"])
    code: Code
    name: Line | None = None
    parent: Line | None = Field(None, description="Code of the unit above; empty: at the top.")
    phone: Line | None = None
    email: Line | None = None
    successor: Line | None = Field(None, description="Code of the unit that takes over.")
    head_goes_along: bool | None = None
    username: Line | None = None


class PlacingBody(Body):
    """Where a single item goes: a unit by its code, or a person in it."""

    unit: Code
    user_id: Id | None = None


class StepsBody(Body):
    steps: list[StepBody] = Field(min_length=1, max_length=steps.MAX_STEPS)

    def value(self) -> list[Step]:
        return steps.from_json([one.model_dump(exclude_none=True) for one in self.steps])


class NewChange(StepsBody):
    """A change; on a day to come it waits for that day."""

    on: Day | None = Field(None, description="Takes effect; today without it.")
    authority: Line = Field("", examples=["Απόφαση ΔΣ 12/2026"])
    placements: dict[str, PlacingBody] = Field(
        default_factory=dict,
        max_length=5000,
        description="Where single items go, by their `key` in the dry run; others go to the "
        "successor of their unit.",
    )
    seen: Line | None = Field(
        None, description="`seen` of the dry run; another state of the organogram gives 409."
    )


class FileBody(Body):
    """An organogram as CSV or JSON, as `docflow organogram export` writes it."""

    text: Text = Field(examples=["code;name;parent\r\n22;Τμήμα Ταμείου;20\r\n"])


class Item(Shape):
    """An open item of a unit that would be dissolved. What is confidential is not told of."""

    key: str = Field(examples=["entry:15"])
    carrier: str
    label: str
    user_id: int | None
    since: datetime


class Dissolution(BaseModel):
    code: str
    name: str
    successor: str
    items: list[Item]
    people: list[str]


class Planned(Shape):
    code: str
    name: str
    parent: str
    mark: str = Field(description="new, changed, dissolved, or empty.")


class DryRun(BaseModel):
    """What the steps would do. Nothing was written."""

    is_possible: bool
    problems: list[str]
    units: list[Planned]
    dissolutions: list[Dissolution]
    steps: list[dict[str, Any]]
    seen: str


class Change(BaseModel):
    """A change that was made or is to come."""

    id: int
    takes_effect_on: date
    authority: str
    state: str = Field(description="planned, done, cancelled or failed.")
    steps: list[dict[str, Any]]
    made_by: str
    made_at: datetime
    done_at: datetime | None
    outcome: dict[str, int]
    problem: str


class Changes(BaseModel):
    items: list[Change]


@router.get("/organogram")
def tree(
    by: Reader,
    office: TheOffice,
    on: Annotated[Day | None, Query(description="The day; today without it.")] = None,
    past: Annotated[bool, Query(description="Units that ended too, after the others.")] = False,
) -> Units:
    """The units from the top down, with heads, people and posts."""
    zone = office.settings.zone
    with office.db.read() as session:
        found = (
            organogram.every_unit(session, by=by, zone=zone)
            if past
            else organogram.tree(session, by=by, zone=zone, day=on)
        )
    return Units(items=[Unit.model_validate(one) for one in found])


@router.post("/organogram/dry-run")
def dry_run(body: StepsBody, by: Administrator, office: TheOffice, language: Language) -> DryRun:
    """Try a change: the tree afterwards, problems, and what would move. Nothing is written."""
    wanted = body.value()
    with office.db.read() as session:
        return _dry_run(changes.dry_run(session, wanted, by=by), wanted, language)


@router.post("/organogram/compare")
def compare(body: FileBody, by: Administrator, office: TheOffice, language: Language) -> DryRun:
    """The steps from what stands to what a file says, tried. Send them to carry them out."""
    rows = sheets.read(body.text.encode())
    with office.db.read() as session:
        wanted = sheets.compare(session, rows, by=by, zone=office.settings.zone)
        return _dry_run(changes.dry_run(session, wanted, by=by), wanted, language)


@router.get("/organogram/changes")
def listing(by: Administrator, office: TheOffice) -> Changes:
    """Changes to come, then those that were made, the newest first."""
    with office.db.read() as session:
        by.require(by.is_administrator, changes.NOT_ADMINISTRATOR)
        return Changes(items=[_change(one) for one in changes.listing(session, by=by)])


@router.post("/organogram/changes", status_code=201)
def change(body: NewChange, by: Administrator, office: TheOffice) -> Change:
    """Carry a change out as one act, today or on its day."""
    with office.db.begin() as session:
        row = changes.change(
            session,
            body.value(),
            by=by,
            on=body.on,
            authority=body.authority,
            placements={
                key: Placing(one.unit, one.user_id) for key, one in body.placements.items()
            },
            seen=body.seen,
        )
        session.flush()  # what the answer reads again
        return _change(changes.one(session, row.id, by=by))


@router.delete("/organogram/changes/{change_id}", status_code=204)
def cancel(change_id: Id, by: Administrator, office: TheOffice) -> Response:
    """Give up a change before its day."""
    with office.db.begin() as session:
        changes.cancel(session, change_id, by=by)
    return Response(status_code=204)


def _dry_run(plan: Plan, wanted: list[Step], language: str) -> DryRun:
    return DryRun(
        is_possible=plan.is_possible and bool(wanted),
        problems=[one.text.in_language(language) for one in plan.problems],
        units=[Planned.model_validate(one) for one in plan.units],
        dissolutions=[
            Dissolution(
                code=one.code,
                name=one.name,
                successor=one.successor,
                items=[Item.model_validate(item) for item in one.shown],
                people=[mover.full_name for mover in one.people],
            )
            for one in plan.dissolutions
        ],
        steps=steps.as_json(wanted),
        seen=plan.seen,
    )


def _change(one: changes.ChangeInfo) -> Change:
    return Change(
        id=one.id,
        takes_effect_on=one.takes_effect_on,
        authority=one.authority,
        state=one.state,
        steps=steps.as_json(one.steps),
        made_by=one.made_by,
        made_at=one.made_at,
        done_at=one.done_at,
        outcome=dict(one.outcome),
        problem=one.problem,
    )
