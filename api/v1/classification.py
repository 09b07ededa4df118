"""/api/v1/classification: classification plans in versions, classes, the codes of case files."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from api.deps import TheOffice
from api.v1.address import At
from api.v1.case_files import ClassShape
from api.v1.fields import Body, Code, Day, Line, Needed
from api.v1.reads import ReadRoute
from api.v1.security import Administrator, Reader, Router
from docflow import case_files, clock
from docflow.case_files import class_lists, classes, masks, plans

router = APIRouter(tags=["case files"], route_class=ReadRoute)
PlanCode = Annotated[Code, Path(description="Code of the plan, as `GET /classification` names it.")]


class PlanClassBody(Body):
    """A class of a list. Without `parent` it lies under the longest code that begins its own."""

    code: Annotated[Needed, Field(examples=["20.3"])]
    parent: Line | None = None
    title: Annotated[Needed, Field(examples=["Συντήρηση οδών"])]
    retention_years: int | None = None
    action: case_files.RetentionAction = case_files.RetentionAction.REVIEW
    note: Line = ""


class ListBody(Body):
    """A whole list of classes. `dry_run` only tells what it would change."""

    classes: list[PlanClassBody] = Field(min_length=1, max_length=class_lists.MOST_CLASSES)
    revision: int | None = Field(None, description="Of the draft that you saw, 0 for none.")
    dry_run: bool = False

    def value(self) -> list[class_lists.Class]:
        rows = [one.model_dump(exclude_none=True, mode="json") for one in self.classes]
        return class_lists.of_rows(enumerate(rows, start=1))


class NewPlan(Body):
    code: Annotated[Needed, Field(examples=["Κ"])]
    title: Annotated[Needed, Field(examples=["Ταξινομικό σχέδιο του δήμου"])]


class InForceBody(Body):
    first_day: Day = Field(examples=["2027-01-01"])
    revision: int | None = None


class EndBody(Body):
    last_day: Day


class MaskBody(Body):
    mask: Annotated[Needed, Field(examples=["Φ.{class}/{unit}-{n}/{year}"])]


class ClassBody(Body):
    class_code: Annotated[Needed, Field(examples=["20.3"])]


class PlanVersion(BaseModel):
    number: int
    revision: int
    state: Literal["draft", "future", "in-force", "replaced"]
    classes: int
    valid_from: date | None
    valid_to: date | None


class Plan(BaseModel):
    code: str
    title: str
    versions: list[PlanVersion]


class Plans(BaseModel):
    items: list[Plan]
    mask: str = Field(description="How the codes of new case files look.")


class Changes(BaseModel):
    """What a list changes against the version before it."""

    added: list[str]
    removed: list[str]
    changed: list[str]
    same: int
    draft: int | None = Field(description="The draft that was kept; none in a dry run.")


class Classes(BaseModel):
    items: list[ClassShape]


@router.get("/classification")
def listing(by: Reader, office: TheOffice) -> Plans:
    """The plans of the body with their versions."""
    today = clock.today(office.settings.zone)
    with office.db.read() as session:
        return Plans(
            items=[_plan(one, today) for one in plans.listing(session, by=by)],
            mask=masks.mask_of(session, by.body_id),
        )


@router.post("/classification", status_code=201)
def begin(body: NewPlan, by: Administrator, office: TheOffice) -> Plan:
    """Begin a plan; it counts for nothing until a version of it is put in force."""
    with office.db.begin() as session:
        plan = plans.begin(session, body.code, body.title, by=by)
        return Plan(code=plan.code, title=plan.title, versions=[])


@router.put("/classification/mask")
def set_mask(body: MaskBody, by: Administrator, office: TheOffice) -> Plans:
    """How the codes of new case files look; old codes stay."""
    with office.db.begin() as session:
        masks.set_mask(session, body.mask, by=by)
    return listing(by, office)


@router.get("/classification/classes")
def in_force(by: Reader, office: TheOffice, on: date | None = None) -> Classes:
    """The classes that can be given on a day, of all plans in force then."""
    day = on or clock.today(office.settings.zone)
    with office.db.read() as session:
        found = classes.in_force(session, day, by=by)
    return Classes(items=[_class(one) for one in found])


@router.get("/classification/{plan}/list")
def export(
    plan: PlanCode,
    by: Reader,
    office: TheOffice,
    version: Annotated[int | None, Query(ge=1, description="The newest without it.")] = None,
    form: Literal["json", "csv"] = "json",
) -> Response:
    """The classes of a version, in the form that an import takes."""
    with office.db.read() as session:
        found = plans.classes_of(session, plan, version, by=by)
    if form == "csv":
        return Response(class_lists.as_csv(found), media_type="text/csv; charset=utf-8")
    return Response(class_lists.as_json(found), media_type="application/json")


@router.put("/classification/{plan}/draft")
def save(plan: PlanCode, body: ListBody, by: Administrator, office: TheOffice) -> Changes:
    """Keep a list as the draft of the plan, or with `dry_run` only see what it changes."""
    found = body.value()
    with office.db.begin() as session:
        told = plans.difference(session, plan, found, by=by)
        draft = None
        if not body.dry_run:
            draft = plans.save(session, plan, found, revision=body.revision, by=by).number
    return Changes(
        added=[one.code for one in told.added],
        removed=[one.code for one in told.removed],
        changed=[now.code for _, now in told.changed],
        same=told.same,
        draft=draft,
    )


@router.post("/classification/{plan}/in-force")
def put_in_force(plan: PlanCode, body: InForceBody, by: Administrator, office: TheOffice) -> Plan:
    """The draft holds from this day on; the version before it ends on the day before."""
    zone = office.settings.zone
    with office.db.begin() as session:
        plans.put_in_force(session, plan, body.first_day, revision=body.revision, by=by, zone=zone)
        session.flush()  # what the answer reads again
        return _plan(plans.named(session, plan, by=by), clock.today(zone))


@router.post("/classification/{plan}/end")
def end(plan: PlanCode, body: EndBody, by: Administrator, office: TheOffice) -> Plan:
    """The plan ends on this day, and no version follows."""
    zone = office.settings.zone
    with office.db.begin() as session:
        plans.end(session, plan, body.last_day, by=by, zone=zone)
        session.flush()
        return _plan(plans.named(session, plan, by=by), clock.today(zone))


@router.put("/entries/{book}/{year}/{number}/class", tags=["register"])
def classify(at: At, body: ClassBody, by: Router, office: TheOffice) -> ClassShape:
    """Give an entry a class of the plan that was in force on its day."""
    with office.db.begin() as session:
        entry = at.entry(session, by)
        zone = office.settings.zone
        found = classes.classify(session, entry.id, body.class_code, by=by, zone=zone)
    return _class(found)


def _plan(one: plans.PlanInfo, today: date) -> Plan:
    return Plan(
        code=one.code,
        title=one.title,
        versions=[
            PlanVersion.model_validate(
                {
                    "number": version.number,
                    "revision": version.revision,
                    "state": version.state_on(today),
                    "classes": version.classes,
                    "valid_from": version.valid_from,
                    "valid_to": version.valid_to,
                }
            )
            for version in one.versions
        ],
    )


def _class(one: classes.ClassInfo) -> ClassShape:
    return ClassShape(
        plan=one.plan,
        version=one.version,
        code=one.code,
        title=one.title,
        retention_years=one.retention_years,
        action=case_files.RetentionAction(one.action),
    )
