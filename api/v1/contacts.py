"""/api/v1/contacts and /api/v1/people: the log of contacts, and the one view of a person."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.orm import Session

from api.deps import TheOffice
from api.v1.fields import Body, Code, Day, Id, Line, LongLine
from api.v1.reads import ReadRoute
from api.v1.security import Reader, Registrar
from docflow import contacts
from docflow.contacts import Channel, Contact, ContactState, Passing, Purpose, Said, StepKind, Which
from docflow.i18n import Text
from docflow.parties import TraceKind
from docflow.principal import Principal

router = APIRouter(tags=["contacts and persons"], route_class=ReadRoute)
RowId = Annotated[int, Path(ge=1, le=2**62)]
Version = Annotated[int, Field(ge=0, le=2**62, description="The `version` on which you decided.")]


class SaidBody(Body):
    """What is known of a contact; what is left out is emptied."""

    channel: Channel = Channel.PHONE
    full_name: Line = Field("", examples=["Ελένη Γεωργίου"])
    phone: Line = ""
    email: Line = ""
    subject: Line = Field("", examples=["Σπασμένο φανάρι στην πλατεία"])
    note: LongLine = ""
    service_code: Line = Field("", description="Of the catalogue of services.")


class NewContact(SaidBody):
    party_id: Id | None = Field(
        None, description="The person of the directory; his view is opened for this contact."
    )


class ContactBody(Body):
    """An act on a contact: what was typed of it, and the version that was seen."""

    said: SaidBody
    version: Version


class SolutionBody(ContactBody):
    article: Line = Field("", description="Of the knowledge base, that answered it.")


class PromiseBody(ContactBody):
    until: AwareDatetime = Field(description="When the person has his answer at the latest.")
    tried: bool = Field(False, description="He was called just now and did not answer.")


class PassingBody(ContactBody):
    unit_id: Id
    kind: Code | None = Field(None, description="Code of the kind of document.")
    book: Code | None = None


class VersionBody(Body):
    version: Version


class StepShape(BaseModel):
    kind: StepKind
    at: datetime
    call_at: datetime | None
    user_id: int


class ContactShape(BaseModel):
    """A contact with what was done."""

    id: int
    channel: Channel
    state: ContactState
    party_id: int | None
    full_name: str
    phone: str
    email: str
    subject: str
    note: str
    service_code: str
    article: str
    began_at: datetime
    answered_at: datetime | None
    call_at: datetime | None = Field(description="Until when an answer was promised.")
    taken_by: str
    entry: str = Field(description="The number of its entry, where the caller may see it.")
    is_answered: bool = Field(description="The unit has ended the entry: tell the person.")
    is_late: bool
    version: int


class ContactWhole(ContactShape):
    steps: list[StepShape] = Field(description="The newest first.")


class Contacts(BaseModel):
    items: list[ContactShape]
    total: int


class MeasureShape(BaseModel):
    """One channel in a period."""

    channel: Channel
    contacts: int
    at_once: int
    passed: int
    waiting: int
    late: int = Field(description="Over four hours.")
    median_minutes: float | None
    mean_minutes: float | None


class PurposeBody(Body):
    purpose: Purpose


class TraceShape(BaseModel):
    """One thing at one time."""

    kind: TraceKind
    at: datetime
    title: str
    state: str
    channel: str
    number: str
    about: str = Field(examples=["entry:17"])


class PersonShape(BaseModel):
    """What the purpose shows of a person, the newest first."""

    party_id: int
    name: str
    tax_number: str = Field(description="ΑΦΜ, where the purpose shows it.")
    email: str
    phone: str
    address: str
    purpose: Purpose
    shown: list[TraceKind]
    traces: list[TraceShape]
    is_cut: bool


@router.get("/contacts")
def listing(
    by: Reader,
    office: TheOffice,
    which: Which = Which.WAITING,
    channel: Channel | None = None,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Contacts:
    """What waits for an answer, what the caller took, or all that he may see."""
    with office.db.read() as session:
        found, total = contacts.listing(
            session, which, channel=channel, by=by, offset=offset, limit=limit
        )
        return Contacts(items=[ContactShape(**_values(one)) for one in found], total=total)


@router.get("/contacts/figures")
def figures(by: Reader, office: TheOffice, first: Day, last: Day) -> list[MeasureShape]:
    """How soon the house answered, by channel; both days included."""
    with office.db.read() as session:
        found = contacts.figures(session, first, last, by=by, zone=office.settings.zone)
    return [MeasureShape.model_validate(one, from_attributes=True) for one in found]


@router.post("/contacts", status_code=201)
def take(body: NewContact, by: Registrar, office: TheOffice) -> ContactWhole:
    """Begin a contact. With `party_id` the person's view is opened, and that is kept."""
    said = Said(**body.model_dump(exclude={"party_id"}))
    with office.db.begin() as session:
        if body.party_id is not None:
            contacts.reach(session, body.party_id, by=by)
        row = contacts.take(session, said, party_id=body.party_id, by=by)
        if row.party_id is not None:
            contacts.open_for(session, row.party_id, Purpose.SERVING, contact=row, by=by)
        return _shape(session, row, by)


@router.get("/contacts/{contact_id}")
def read(contact_id: RowId, by: Reader, office: TheOffice) -> ContactWhole:
    """One contact."""
    with office.db.read() as session:
        return _shape(session, contacts.get(session, contact_id, by=by), by)


@router.put("/contacts/{contact_id}")
def save(contact_id: RowId, body: ContactBody, by: Registrar, office: TheOffice) -> ContactWhole:
    """Keep what is known by now."""
    with office.db.begin() as session:
        row = contacts.save(session, contact_id, _said(body), seen=body.version, by=by)
        return _shape(session, row, by)


@router.post("/contacts/{contact_id}/answer")
def answer(contact_id: RowId, body: SolutionBody, by: Registrar, office: TheOffice) -> ContactWhole:
    """The person has his answer."""
    with office.db.begin() as session:
        row = contacts.solve(
            session, contact_id, _said(body), article=body.article, seen=body.version, by=by
        )
        return _shape(session, row, by)


@router.post("/contacts/{contact_id}/promise")
def promise(contact_id: RowId, body: PromiseBody, by: Registrar, office: TheOffice) -> ContactWhole:
    """An answer until a time; or he was called and did not answer."""
    with office.db.begin() as session:
        row = contacts.promise(
            session,
            contact_id,
            _said(body),
            call_at=body.until,
            tried=body.tried,
            seen=body.version,
            by=by,
        )
        return _shape(session, row, by)


@router.post("/contacts/{contact_id}/passing")
def pass_on(contact_id: RowId, body: PassingBody, by: Registrar, office: TheOffice) -> ContactWhole:
    """Register the request and hand it straight to a unit."""
    settings = office.settings
    with office.db.begin() as session:
        contacts.pass_on(
            session,
            contact_id,
            _said(body),
            Passing(body.unit_id, kind=body.kind, book=body.book),
            seen=body.version,
            by=by,
            zone=settings.zone,
            ocr_languages=settings.ocr_languages,
        )
        return _shape(session, contacts.get(session, contact_id, by=by), by)


@router.post("/contacts/{contact_id}/reopening")
def reopen(contact_id: RowId, body: VersionBody, by: Registrar, office: TheOffice) -> ContactWhole:
    """It was not over."""
    with office.db.begin() as session:
        row = contacts.reopen(session, contact_id, seen=body.version, by=by)
        return _shape(session, row, by)


@router.post("/people/{party_id}/view")
def view(party_id: RowId, body: PurposeBody, by: Reader, office: TheOffice) -> PersonShape:
    """What is known of a person, for a purpose; who looked and why is kept and reported."""
    with office.db.begin() as session:
        party = contacts.open_for(session, party_id, body.purpose, by=by)
        session.flush()
        found = contacts.view(session, party.id, by=by)
        traces = [
            TraceShape(
                kind=one.kind,
                at=one.at,
                title=_text(one.title, by.language),
                state=one.state,
                channel=one.channel,
                number=one.number,
                about=f"{one.about[0]}:{one.about[1]}" if one.about else "",
            )
            for one in found.traces
        ]
        return PersonShape(
            party_id=party.id,
            name=party.name,
            tax_number=party.tax_number if found.with_tax_number else "",
            email=party.email,
            phone=party.phone,
            address=party.address,
            purpose=found.purpose,
            shown=list(found.shown),
            traces=traces,
            is_cut=found.is_cut,
        )


def _text(title: Text | str, language: str) -> str:
    return title.in_language(language) if isinstance(title, Text) else title


def _said(body: ContactBody) -> Said:
    return Said(**body.said.model_dump())


def _shape(session: Session, row: Contact, by: Principal) -> ContactWhole:
    session.flush()
    steps = [
        StepShape(kind=StepKind(step.kind), at=step.at, call_at=step.call_at, user_id=step.user_id)
        for step in contacts.steps(session, row.id)
    ]
    return ContactWhole(**_values(contacts.one(session, row, by=by)), steps=steps)


def _values(one: contacts.ContactLine) -> dict[str, Any]:
    own = {name: getattr(one.row, name) for name in _COLUMNS}
    return {
        **own,
        "taken_by": one.taken_by,
        "entry": one.label,
        "is_answered": one.is_answered,
        "is_late": one.is_late,
    }


_COLUMNS = tuple(
    name
    for name in ContactShape.model_fields
    if name not in ("taken_by", "entry", "is_answered", "is_late")
)
