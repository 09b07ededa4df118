"""/api/v1/entries/…/charges and the other steps of an entry through the house."""

from datetime import date, datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from api.deps import TheOffice
from api.v1 import opening, shapes
from api.v1.address import At
from api.v1.fields import (
    Body,
    Day,
    Id,
    InstructionsBody,
    Line,
    ReasonBody,
    Seen,
    TargetBody,
    Text,
)
from api.v1.reads import ReadRoute
from api.v1.security import Reader, Router
from docflow import registry, routing
from docflow.i18n import t
from docflow.principal import Principal

router = APIRouter(
    prefix="/entries/{book}/{year}/{number}", tags=["handling"], route_class=ReadRoute
)


class Planned(shapes.Shape):
    """A charge that waits for its day; `problem` says why it could not be made on it."""

    on_day: date
    unit: str
    person: str
    instructions: str
    planned_by: str
    problem: str


class Handled(BaseModel):
    """The entry after the act: where it stands, its charges, and what can be done next."""

    handling: shapes.Handling
    version: int = Field(description="Of the state of the handling; each act raises it.")
    charges: list[shapes.Charge]
    planned: Planned | None = None
    acts: shapes.Acts


class Forwarded(shapes.Shape):
    """The body that is competent, to which the entry went."""

    to_name: str
    to_address: str
    to_email: str
    reason: str
    forwarded_by: str
    forwarded_at: datetime


class Charges(BaseModel):
    items: list[shapes.Charge]
    forwardings: list[Forwarded]
    planned: Planned | None = None
    version: int | None = Field(description="Send it as `seen` with the act that you decide on.")


@router.get("/charges")
def charges(entry: opening.OfEntry, by: Reader, office: TheOffice) -> Charges:
    """To whom the entry was given, and what became of it."""
    with office.db.read() as session:
        planned = routing.planned.of_entry(session, entry, by=by)
        return Charges(
            planned=Planned.model_validate(planned) if planned else None,
            items=shapes.charges(session, entry.id, by=by),
            forwardings=[
                Forwarded.model_validate(one) for one in routing.forwardings(session, entry.id)
            ],
            version=routing.version(session, entry.id),
        )


class Marking(InstructionsBody):
    """The head's marking (χαρακτηρισμός)."""

    priority: registry.Priority = registry.Priority.NORMAL
    due_on: Day | None = None


@router.post("/marking")
def mark(at: At, body: Marking, by: Router, office: TheOffice, seen: Seen = None) -> Handled:
    """Say how urgent it is, what to do, and until when."""
    with office.db.begin() as session:
        entry = at.entry(session, by)
        routing.mark(session, entry.id, by=by, seen=seen, **body.model_dump())
        return _handled(session, entry, by)


class NewCharge(InstructionsBody):
    """One is responsible, any number are told."""

    to: TargetBody
    inform: list[TargetBody] = Field(default_factory=list, max_length=100)
    on: Day | None = Field(None, description="A later day, on which it is charged by itself.")


@router.post("/charges", status_code=201)
def charge(at: At, body: NewCharge, by: Router, office: TheOffice, seen: Seen = None) -> Handled:
    """Charge the entry to a unit or person for action, and to others for information; now, or on a
    day to come."""
    with office.db.begin() as session:
        entry = at.entry(session, by)
        routing.planned.charge(
            session,
            entry.id,
            by=by,
            to=body.to.target(),
            on=body.on,
            inform=[one.target() for one in body.inform],
            instructions=body.instructions,
            seen=seen,
        )
        return _handled(session, entry, by)


@router.delete("/charges/planned")
def withdraw_planned(at: At, by: Router, office: TheOffice, seen: Seen = None) -> Handled:
    """Let the charge that waits for its day be."""
    with office.db.begin() as session:
        entry = at.entry(session, by)
        routing.planned.withdraw(session, entry.id, by=by, seen=seen)
        return _handled(session, entry, by)


@router.post("/acceptance")
def accept(at: At, by: Router, office: TheOffice, seen: Seen = None) -> Handled:
    """Take the entry in hand."""
    with office.db.begin() as session:
        entry = at.entry(session, by)
        routing.accept(session, entry.id, by=by, seen=seen)
        return _handled(session, entry, by)


@router.post("/refusal")
def refuse(at: At, body: ReasonBody, by: Router, office: TheOffice, seen: Seen = None) -> Handled:
    """Not take what was charged and not accepted yet, with a reason."""
    with office.db.begin() as session:
        entry = at.entry(session, by)
        routing.refuse(session, entry.id, by=by, reason=body.reason, seen=seen)
        return _handled(session, entry, by)


@router.post("/return")
def send_back(
    at: At, body: ReasonBody, by: Router, office: TheOffice, seen: Seen = None
) -> Handled:
    """Return the entry, with a reason, to the unit that charged it."""
    with office.db.begin() as session:
        entry = at.entry(session, by)
        routing.send_back(session, entry.id, by=by, reason=body.reason, seen=seen)
        return _handled(session, entry, by)


class PassingOn(InstructionsBody):
    to: TargetBody


@router.post("/pass-on")
def pass_on(at: At, body: PassingOn, by: Router, office: TheOffice, seen: Seen = None) -> Handled:
    """Hand the entry over to another unit or person."""
    with office.db.begin() as session:
        entry = at.entry(session, by)
        routing.pass_on(
            session,
            entry.id,
            by=by,
            to=body.to.target(),
            instructions=body.instructions,
            seen=seen,
        )
        return _handled(session, entry, by)


class Informing(Body):
    targets: list[TargetBody] = Field(min_length=1, max_length=100)
    instructions: Text = ""


@router.post("/information")
def inform(at: At, body: Informing, by: Router, office: TheOffice) -> Handled:
    """Tell further units or persons of the entry."""
    with office.db.begin() as session:
        entry = at.entry(session, by)
        routing.inform(
            session,
            entry.id,
            by=by,
            targets=[one.target() for one in body.targets],
            instructions=body.instructions,
        )
        return _handled(session, entry, by)


@router.post("/charges/{charge_id}/acknowledgement")
def acknowledge(at: At, charge_id: Id, by: Router, office: TheOffice) -> Handled:
    """Take note of what came for information."""
    with office.db.begin() as session:
        entry = at.entry(session, by)
        _note(session, entry.id, charge_id, by)
        return _handled(session, entry, by)


class Filing(ReasonBody):
    how: registry.Disposal = Field(
        registry.Disposal.FILED,
        description="`filed`, or `for-information` where it asked for nothing.",
    )


@router.post("/filing")
def file(at: At, body: Filing, by: Router, office: TheOffice, seen: Seen = None) -> Handled:
    """Close the entry without an answer, with a reason."""
    with office.db.begin() as session:
        entry = at.entry(session, by)
        routing.file(session, entry.id, by=by, reason=body.reason, how=body.how, seen=seen)
        return _handled(session, entry, by)


class Forwarding(ReasonBody):
    to_name: Line = Field(examples=["Περιφέρεια Αττικής"])
    to_address: Line = ""
    to_email: Line = ""


@router.post("/forwarding")
def forward(at: At, body: Forwarding, by: Router, office: TheOffice, seen: Seen = None) -> Handled:
    """Close the entry since another body is competent, to which it goes."""
    with office.db.begin() as session:
        entry = at.entry(session, by)
        routing.forward(session, entry.id, by=by, seen=seen, **body.model_dump())
        return _handled(session, entry, by)


@router.post("/reopening")
def reopen(at: At, body: ReasonBody, by: Router, office: TheOffice, seen: Seen = None) -> Handled:
    """Take a closed entry up again."""
    with office.db.begin() as session:
        entry = at.entry(session, by)
        routing.reopen(session, entry.id, by=by, reason=body.reason, seen=seen)
        return _handled(session, entry, by)


def _note(session: Session, entry_id: int, charge_id: int, by: Principal) -> None:
    if charge_id not in {one.id for one in routing.charges(session, entry_id, by=by)}:
        raise registry.NoSuchEntry(t("This entry has no such charge."))
    routing.acknowledge(session, charge_id, by=by)


def _handled(session: Session, entry: registry.Entry, by: Principal) -> Handled:
    """How the entry stands after an act of this transaction."""
    session.flush()  # what the answer reads again
    line = registry.details(session, entry, by=by).line
    planned = routing.planned.of_entry(session, entry, by=by)
    return Handled(
        handling=shapes.Handling.model_validate(line),
        version=routing.version(session, entry.id) or 0,
        charges=shapes.charges(session, entry.id, by=by),
        planned=Planned.model_validate(planned) if planned else None,
        acts=shapes.Acts.model_validate(routing.acts(session, entry, by=by)),
    )
