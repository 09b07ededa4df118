"""/api/v1/acts: the public acts, without a token; and their publication by the staff."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.deps import TheOffice
from api.streams import stored_file
from api.v1 import shapes
from api.v1.fields import Body, BookCode, Id, Line, Number, Year
from api.v1.reads import ReadRoute
from api.v1.security import Drafter
from docflow import organization, publications, registry
from docflow.publications import Wanted

router = APIRouter(route_class=ReadRoute, tags=["publications"])


class Act(shapes.Shape):
    """A public act. `id` is part of its permanent address, /acts/{id}."""

    id: int
    number: str = Field(examples=["1234/2026"])
    ada: str = Field(description="ΑΔΑ of Diavgeia; empty without one.")
    subject: str
    kind: str = Field(examples=["Απόφαση δημάρχου"])
    unit: str
    acted_on: date
    published_at: datetime
    changed_at: datetime
    is_annulled: bool
    withdrawn_at: datetime | None
    withdrawal_reason: str
    code: str = Field(description="Verification code, for `GET /verify/{code}`.")
    corrected_by: int | None = Field(description="The act that replaces it.")


class Acts(BaseModel):
    items: list[Act]
    total: int


class NewPublication(Body):
    """What the public reads, and that somebody looked for personal data."""

    subject: Line = Field("", description="Empty: that of the entry.")
    ada: Line = Field("", examples=["ΨΙ0Ρ46ΜΓΨΦ-ΖΡΜ"])
    is_checked: bool = Field(description="A person looked for personal data in the exact copy.")
    in_spite: bool = Field(
        False, description="Publish although the text has what looks like personal data."
    )


class Ada(Body):
    ada: Line = Field(examples=["ΨΙ0Ρ46ΜΓΨΦ-ΖΡΜ"])


class Withdrawal(Body):
    reason: Line = Field(description="The public reads it.")


class Publication(shapes.Shape):
    id: int
    ada: str
    subject: str
    acted_on: date
    published_at: datetime
    withdrawn_at: datetime | None


@router.get("/acts")
def acts(
    office: TheOffice,
    q: Annotated[str, Query(max_length=200, description="Words, number or ΑΔΑ.")] = "",
    year: Annotated[int | None, Query(ge=1, le=9999)] = None,
    unit: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    kind: Annotated[str, Query(max_length=200)] = "",
    start: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Acts:
    """What was made public, the newest act first; twenty at a time."""
    wanted = Wanted(words=q, year=year, unit_id=unit, kind=kind.replace("\x00", ""))
    with office.db.read() as session:
        body = organization.first_body(session)
        if body is None:
            return Acts(items=[], total=0)
        found = publications.acts(session, body.id, wanted, start=start)
    return Acts(items=[Act.model_validate(one) for one in found.lines], total=found.total)


@router.get("/acts/{act_id}")
def act(act_id: Id, office: TheOffice) -> Act:
    """One act, also where it was withdrawn."""
    with office.db.read() as session:
        body = organization.first_body(session)
        return Act.model_validate(publications.act(session, body.id if body else 0, act_id))


@router.get("/acts/{act_id}/file", response_class=Response)
def file(act_id: Id, office: TheOffice) -> Response:
    """The exact copy (PDF)."""
    with office.db.read() as session:
        body = organization.first_body(session)
        name, sha256 = publications.file(session, body.id if body else 0, act_id)
    return stored_file(office, sha256=sha256, name=name, media_type="application/pdf")


@router.post("/entries/{book}/{year}/{number}/publication", status_code=201)
def publish(
    book: BookCode,
    year: Year,
    number: Number,
    body: NewPublication,
    by: Drafter,
    office: TheOffice,
) -> Publication:
    """Make an issued act public; for the registry's head and the head of the unit."""
    with office.db.begin() as session:
        entry = registry.numbered(session, book, year, number, by=by)
        row = publications.publish(session, entry.id, **body.model_dump(), by=by)
        return Publication.model_validate(row)


@router.put("/publications/{publication_id}/ada")
def set_ada(publication_id: Id, body: Ada, by: Drafter, office: TheOffice) -> Publication:
    """Write the ΑΔΑ that Diavgeia gave."""
    with office.db.begin() as session:
        row = publications.set_ada(session, publication_id, body.ada, by=by)
        return Publication.model_validate(row)


@router.post("/publications/{publication_id}/withdrawal")
def withdraw(publication_id: Id, body: Withdrawal, by: Drafter, office: TheOffice) -> Publication:
    """Take the act off the public pages; its address says why."""
    with office.db.begin() as session:
        row = publications.withdraw(session, publication_id, reason=body.reason, by=by)
        return Publication.model_validate(row)
