"""/api/v1/entries: registering, listing, one entry, history."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from api.deps import TheOffice
from api.v1 import opening, shapes
from api.v1.address import At
from api.v1.fields import (
    Body,
    Code,
    ContactBody,
    Day,
    Id,
    Line,
    LongLine,
)
from api.v1.language import Language
from api.v1.reads import Cursor, Limit, ReadRoute, cursor, position
from api.v1.security import Auditor, Reader, Registrar
from api.v1.submission import Submitted, request_body
from docflow import audit, documents, registry
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter(prefix="/entries", tags=["register"], route_class=ReadRoute)


class NewEntry(Body):
    """What is said of a document. Its number and time are given by the server alone."""

    direction: registry.Direction
    subject: LongLine = Field(
        "",
        description="3 to 1,000 characters; may be left out with `registered_as`: `queue`.",
    )
    book: Code | None = Field(None, description="Code of the book; the default book without it.")
    sender: ContactBody | None = Field(None, description="Needed for an incoming document.")
    recipients: list[ContactBody] = Field(
        default_factory=list,
        max_length=200,
        description="Needed for an outgoing document.",
    )
    copies: list[ContactBody] = Field(
        default_factory=list, max_length=200, description="Recipients for information."
    )
    sender_reference: Line = Field("", description="The number that the sender gave it.")
    sender_dated_on: Day | None = Field(None, description="The date that stands on it.")
    depositor: Line = Field("", description="Who handed it in, where it was not the sender.")
    delivery_method: registry.DeliveryMethod = registry.DeliveryMethod.SYSTEM
    delivery_detail: Line = Field("", description="Number of a registered letter, courier …")
    attachments_count: int = Field(0, ge=0, le=9999, description="Attachments, also on paper.")
    attachments_note: Line = ""
    addressee_unit_id: Id | None = None
    case: Annotated[int, Field(ge=1)] | None = Field(
        None, description="In a book of cases: the number of the case that it belongs to."
    )
    same_number_as: Annotated[int, Field(ge=1)] | None = Field(
        None,
        description="An outgoing answer takes the number of this year's incoming document "
        "(ταυτάριθμο), where the book allows it.",
    )
    reservation_id: Id | None = Field(None, description="The reserved number that it fills.")
    arrival_id: Id | None = Field(None, description="The arrival that it was.")
    concerned: list[ContactBody] = Field(
        default_factory=list, max_length=50, description="Persons concerned, besides the sender."
    )
    kind: Code | None = Field(None, description="Code of a kind of document: see `GET /kinds`.")
    values: dict[Code, str | int | float | bool] = Field(
        default_factory=dict,
        max_length=50,
        description="The kind’s own fields, by code.",
        examples=[{"fine_number": "1234/2026", "amount": "50,00"}],
    )
    priority: registry.Priority | None = Field(None, description="The kind’s own without it.")
    due_on: Day | None = Field(None, description="Deadline; as the kind says without it.")
    grade: Code | None = Field(
        None, description="unclassified, restricted or confidential; the kind’s own without it."
    )
    has_personal_data: bool | None = None
    registered_as: Literal["described", "queue", "envelope"] = Field(
        "described",
        description="`queue`: a number now, the description later (`POST …/description`). "
        "`envelope`: closed, addressed to a unit; only sender and addressee are kept.",
    )
    duplicate_reason: Line = Field(
        "", description="Why it is registered although it seems to be registered already."
    )

    def value(self) -> registry.NewEntry:
        by_hand = {"sender", "recipients", "copies", "concerned", "grade"}
        plain = self.model_dump(exclude=by_hand | {"registered_as", "duplicate_reason"})
        new = registry.NewEntry(
            **plain,
            grade=registry.grade(self.grade),
            sender=self.sender.contact() if self.sender else None,
            recipients=tuple(one.contact() for one in self.recipients),
            copies=tuple(one.contact() for one in self.copies),
            concerned=tuple(one.contact() for one in self.concerned),
        )
        if self.registered_as == "envelope":
            return registry.provisional.closed_envelope(new)
        if self.registered_as == "queue":
            return registry.provisional.for_the_queue(new)
        return new


Key = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description=(
            "A name for this registration that you choose, such as a UUID. Sent again with the "
            "same request, it gives the entry that it gave before, and no second number."
        ),
    ),
]


class RegisteredFile(BaseModel):
    position: int
    name: str = Field(description="As it is kept: without a path, accents composed.")
    sha256: str
    size: int
    media_type: str


class Registered(BaseModel):
    """What was registered, under which number and when. `Location` has the whole entry."""

    book: str
    year: int
    number: int
    label: str = Field(description="The number as people cite it.", examples=["1234/2026"])
    direction: registry.Direction
    subject: str
    registered_at: datetime
    verification_code: str
    verification_url: str
    files: list[RegisteredFile]


@router.post(
    "",
    status_code=201,
    openapi_extra=request_body(NewEntry, files="The document and its attachments, in order."),
)
def register(
    sent: Submitted,
    by: Registrar,
    office: TheOffice,
    response: Response,
    idempotency_key: Key = None,
) -> Registered:
    """Register a document.

    What seems to be registered already is refused with 409 and the entries under `alike`; send
    `duplicate_reason` to go on. The answer comes when bytes, number and history are
    durable. Files are read afterwards; see `ocr` of each file of the entry, which `Location`
    names.
    """
    body = sent.body(NewEntry)
    new = body.value()
    uploads = sent.stored(office, by=by)
    with office.db.begin() as session:
        entry = registry.register(
            session,
            new,
            uploads,
            by=by,
            zone=office.settings.zone,
            ocr_languages=office.settings.ocr_languages,
            idempotency_key=idempotency_key,
            duplicate_reason=body.duplicate_reason,
        )
        book = session.get_one(registry.Book, entry.book_id).code
        if office.settings.mail_receipts:
            registry.mail_receipt_by_itself(session, entry, by=by)
    # Nothing more is asked of the database: while it answers, others would wait for their number.
    place = registry.places.word(entry)
    response.headers["Location"] = f"/api/v1/entries/{book}/{entry.year}/{place}"
    return _registered(office, entry, book, uploads)


def _registered(
    office: Office, entry: registry.Entry, book: str, uploads: Sequence[documents.Upload]
) -> Registered:
    return Registered(
        book=book,
        year=entry.year,
        number=entry.number,
        label=entry.label,
        direction=registry.Direction(entry.direction),
        subject=entry.subject,
        registered_at=entry.registered_at,
        verification_code=registry.codes.shown(entry.verification_code),
        verification_url=registry.verification_url(office, entry.verification_code),
        files=[
            RegisteredFile(
                position=position,
                name=upload.name,
                sha256=upload.sha256,
                size=upload.size,
                media_type=upload.media_type,
            )
            for position, upload in enumerate(uploads, start=1)
        ],
    )


class Wanted(BaseModel):
    """Filters of the list; days are those of the office."""

    model_config = ConfigDict(extra="forbid")

    book: Code | None = None
    direction: registry.Direction | None = None
    first_day: Day | None = Field(None, description="Registered on this day or later.")
    last_day: Day | None = Field(None, description="Registered on this day or before.")
    state: registry.HandlingState | None = None
    unit_id: Id | None = None
    cursor: Cursor = None
    limit: Limit = 50


@router.get("")
def listing(wanted: Annotated[Wanted, Query()], by: Reader, office: TheOffice) -> shapes.LinePage:
    """Entries that the caller may see, the newest first."""
    chosen = registry.Filter(**wanted.model_dump(exclude={"cursor", "limit"}))
    place = "entries:" + hashlib.sha256(repr(chosen).encode()).hexdigest()[:16]
    after = position(office, by, place, wanted.cursor)
    with office.db.read() as session:
        found = registry.listing(
            session,
            by,
            chosen,
            zone=office.settings.zone,
            after=after,
            limit=wanted.limit + 1,
        )
        shown = found[: wanted.limit]
        more = cursor(office, by, place, shown[-1].id) if len(found) > len(shown) else None
        return shapes.LinePage(items=shapes.lines(shown), next_cursor=more)


@router.get("/{book}/{year}/{number}")
def read(entry: opening.OfEntry, by: Reader, office: TheOffice, language: Language) -> shapes.Entry:
    """One entry, with its files, charges, deliveries and relations."""
    with office.db.read() as session:
        return _shape(session, office, entry, by=by, language=language)


class Happening(BaseModel):
    """Something that was done with the entry; `details` are as they were recorded."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    actor_name: str = Field(description="Empty where the installation itself acted.")
    via: str
    action: str
    details: dict[str, Any]


class History(BaseModel):
    items: list[Happening]


@router.get("/{book}/{year}/{number}/history")
def history(at: At, by: Auditor, office: TheOffice, read_reason: opening.Reason = None) -> History:
    """What happened to the entry, the oldest first, from the audit trail."""
    entry = opening.entry_opened(office, at, by=by, reason=read_reason)
    with office.db.read() as session:
        found = audit.history(session, [("entry", entry.id)])
        return History(items=[Happening.model_validate(line) for line in found])


def _shape(
    session: Session,
    office: Office,
    entry: registry.Entry,
    *,
    by: Principal,
    language: str,
) -> shapes.Entry:
    url = registry.verification_url(office, entry.verification_code)
    return shapes.entry(session, entry, by=by, language=language, url=url)
