"""/api/v1/entries/…/charges and the other steps of an entry through the house."""

from collections.abc import Callable

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from api.deps import TheOffice
from api.v1 import opening, shapes
from api.v1.fields import (
    Body,
    BookCode,
    Day,
    Id,
    InstructionsBody,
    Number,
    ReasonBody,
    TargetBody,
    Text,
    Year,
)
from api.v1.reads import ReadRoute
from api.v1.security import Reader, Router
from docflow import registry, routing
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter(
    prefix="/entries/{book}/{year}/{number}", tags=["handling"], route_class=ReadRoute
)


class Handled(BaseModel):
    """The entry after the act: where it stands, its charges, and what can be done next."""

    handling: shapes.Handling
    charges: list[shapes.Charge]
    acts: shapes.Acts


class Charges(BaseModel):
    items: list[shapes.Charge]


@router.get("/charges")
def charges(entry: opening.OfEntry, by: Reader, office: TheOffice) -> Charges:
    """To whom the entry was given, and what became of it."""
    with office.db.read() as session:
        return Charges(items=shapes.charges(session, entry.id, by=by))


class Marking(InstructionsBody):
    """The head's marking (χαρακτηρισμός)."""

    priority: registry.Priority = registry.Priority.NORMAL
    due_on: Day | None = None


@router.post("/marking")
def mark(
    book: BookCode,
    year: Year,
    number: Number,
    body: Marking,
    by: Router,
    office: TheOffice,
) -> Handled:
    """Say how urgent it is, what to do, and until when."""
    return _act(
        office,
        (book, year, number),
        by,
        lambda session, entry_id: routing.mark(session, entry_id, by=by, **body.model_dump()),
    )


class NewCharge(InstructionsBody):
    """One is responsible, any number are told."""

    to: TargetBody
    inform: list[TargetBody] = Field(default_factory=list, max_length=100)


@router.post("/charges", status_code=201)
def charge(
    book: BookCode,
    year: Year,
    number: Number,
    body: NewCharge,
    by: Router,
    office: TheOffice,
) -> Handled:
    """Charge the entry to a unit or person for action, and to others for information."""
    return _act(
        office,
        (book, year, number),
        by,
        lambda session, entry_id: routing.charge(
            session,
            entry_id,
            by=by,
            to=body.to.target(),
            inform=[one.target() for one in body.inform],
            instructions=body.instructions,
        ),
    )


@router.post("/acceptance")
def accept(book: BookCode, year: Year, number: Number, by: Router, office: TheOffice) -> Handled:
    """Take the entry in hand."""
    return _act(
        office,
        (book, year, number),
        by,
        lambda session, entry_id: routing.accept(session, entry_id, by=by),
    )


@router.post("/return")
def send_back(
    book: BookCode,
    year: Year,
    number: Number,
    body: ReasonBody,
    by: Router,
    office: TheOffice,
) -> Handled:
    """Return the entry, with a reason, to the unit that charged it."""
    return _act(
        office,
        (book, year, number),
        by,
        lambda session, entry_id: routing.send_back(session, entry_id, by=by, reason=body.reason),
    )


class PassingOn(InstructionsBody):
    to: TargetBody


@router.post("/pass-on")
def pass_on(
    book: BookCode,
    year: Year,
    number: Number,
    body: PassingOn,
    by: Router,
    office: TheOffice,
) -> Handled:
    """Hand the entry over to another unit or person."""
    return _act(
        office,
        (book, year, number),
        by,
        lambda session, entry_id: routing.pass_on(
            session,
            entry_id,
            by=by,
            to=body.to.target(),
            instructions=body.instructions,
        ),
    )


class Informing(Body):
    targets: list[TargetBody] = Field(min_length=1, max_length=100)
    instructions: Text = ""


@router.post("/information")
def inform(
    book: BookCode,
    year: Year,
    number: Number,
    body: Informing,
    by: Router,
    office: TheOffice,
) -> Handled:
    """Tell further units or persons of the entry."""
    return _act(
        office,
        (book, year, number),
        by,
        lambda session, entry_id: routing.inform(
            session,
            entry_id,
            by=by,
            targets=[one.target() for one in body.targets],
            instructions=body.instructions,
        ),
    )


@router.post("/charges/{charge_id}/acknowledgement")
def acknowledge(
    book: BookCode,
    year: Year,
    number: Number,
    charge_id: Id,
    by: Router,
    office: TheOffice,
) -> Handled:
    """Take note of what came for information."""
    return _act(
        office,
        (book, year, number),
        by,
        lambda session, entry_id: _note(session, entry_id, charge_id, by),
    )


@router.post("/filing")
def file(
    book: BookCode,
    year: Year,
    number: Number,
    body: ReasonBody,
    by: Router,
    office: TheOffice,
) -> Handled:
    """Close the entry without an answer, with a reason."""
    return _act(
        office,
        (book, year, number),
        by,
        lambda session, entry_id: routing.file(session, entry_id, by=by, reason=body.reason),
    )


@router.post("/reopening")
def reopen(
    book: BookCode,
    year: Year,
    number: Number,
    body: ReasonBody,
    by: Router,
    office: TheOffice,
) -> Handled:
    """Take a closed entry up again."""
    return _act(
        office,
        (book, year, number),
        by,
        lambda session, entry_id: routing.reopen(session, entry_id, by=by, reason=body.reason),
    )


def _note(session: Session, entry_id: int, charge_id: int, by: Principal) -> None:
    if charge_id not in {one.id for one in routing.charges(session, entry_id, by=by)}:
        raise registry.NoSuchEntry(t("This entry has no such charge."))
    routing.acknowledge(session, charge_id, by=by)


def _act(
    office: Office,
    cited: tuple[str, int, str],
    by: Principal,
    act: Callable[[Session, int], object],
) -> Handled:
    """Do one thing with an entry in a transaction, and tell how it stands then."""
    book, year, number = cited
    with office.db.begin() as session:
        entry = registry.numbered(session, book, year, number, by=by)
        act(session, entry.id)
        session.flush()  # what the answer reads again
        line = registry.details(session, entry, by=by).line
        return Handled(
            handling=shapes.Handling.model_validate(line),
            charges=shapes.charges(session, entry.id, by=by),
            acts=shapes.Acts.model_validate(routing.acts(session, entry, by=by)),
        )
