"""What the API answers with: entries, files, charges, as plain values. Times are UTC."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from docflow import dispatch, documents, registry, routing
from docflow.principal import Principal


class Shape(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Line(Shape):
    """An entry as a row of a list."""

    book: str
    year: int
    number: int
    place: str = Field(description="The number as addresses have it.", examples=["15", "15-out"])
    label: str = Field(description="The number as people cite it.", examples=["1234/2026"])
    direction: registry.Direction
    registered_at: datetime
    subject: str
    correspondent: str = Field(description="Sender, or first recipient of an outgoing document.")
    sender_reference: str
    sender_dated_on: date | None
    delivery_method: registry.DeliveryMethod
    attachments_count: int
    is_annulled: bool
    is_corrected: bool
    state: registry.HandlingState | None = Field(description="None for outgoing documents.")
    unit: str
    person: str
    priority: registry.Priority
    due_on: date | None
    is_suspended: bool = Field(False, description="The clock of the deadline stands still.")


class LinePage(BaseModel):
    """Some lines of a list, and where it goes on."""

    items: list[Line]
    next_cursor: str | None = Field(description="For the next page; null at the end.")


class Reading(BaseModel):
    """How far a file was read (text layer or OCR)."""

    state: documents.ReadingState
    text_chars: int
    mean_confidence: float | None = Field(description="0 to 100, over the recognised pages.")
    pages_total: int | None
    pages_done: int
    problem: str | None = Field(description="A code for programs.")
    problem_detail: str | None = Field(description="What is wrong and what to do, for people.")
    notes: list[str] = Field(description="Pages and parts that were left out, and why.")
    languages: list[str] = Field(description="In which it is read.", examples=[["ell", "eng"]])
    settled: bool = Field(description="Whether a person left it as it is.")


class FileShape(BaseModel):
    """A file of an entry."""

    position: int
    role: documents.FileRole
    name: str
    sha256: str
    size: int
    media_type: str
    searchable: bool = Field(description="Whether `?rendition=searchable` gives a PDF.")
    parent: int | None = Field(
        description="Position of the mail or archive that it lay in; null for what was brought."
    )
    screening: documents.ScreeningState = Field(
        description="`waiting`, `infected` and `refused` files are closed: nobody gets the bytes."
    )
    ocr: Reading


class RecipientShape(Shape):
    name: str
    address: str
    email: str
    is_copy: bool = Field(description="For information only (κοινοποίηση).")


class RelationShape(BaseModel):
    """A tie to another entry that the caller may see."""

    kind: registry.Relation
    from_here: bool = Field(description="True: this entry answers the other; false: the reverse.")
    entry: Line


class SenderShape(BaseModel):
    name: str
    address: str
    email: str


class ConcernedShape(Shape):
    name: str
    tax_number: str = Field(description="ΑΦΜ, or empty.")


class AnnulmentShape(BaseModel):
    reason: str
    annulled_at: datetime
    annulled_by: str


class Charge(Shape):
    """One handing over of an entry."""

    id: int
    kind: routing.ChargeKind
    state: routing.ChargeState
    unit_id: int
    unit: str
    person: str
    instructions: str
    due_on: date | None
    charged_by: str
    charged_at: datetime
    accepted_by: str
    accepted_at: datetime | None
    ended_by: str
    ended_at: datetime | None
    reason: str
    is_mine: bool


class Delivery(Shape):
    """An issued document on its way to a recipient."""

    id: int
    recipient: str
    channel: str
    state: dispatch.DeliveryState
    sent_at: datetime | None
    picked_up_at: datetime | None
    expires_at: datetime
    problem: str | None


class Handling(Shape):
    """Where an incoming or internal entry stands."""

    state: registry.HandlingState
    unit: str
    person: str
    priority: registry.Priority
    due_on: date | None
    is_suspended: bool = Field(False, description="The clock of the deadline stands still.")


class Acts(Shape):
    """What the caller may do with the entry now."""

    mark: bool
    charge: bool
    accept: bool
    refuse: bool
    send_back: bool
    pass_on: bool
    inform: bool
    ask: bool
    file: bool
    forward: bool
    answer: bool
    reopen: bool
    note: bool


class KindOfEntry(BaseModel):
    """The kind of an entry and what was said in its fields, corrections included."""

    code: str
    version: int
    title: str
    values: dict[str, Any]


class Entry(BaseModel):
    """An entry, whole."""

    book: str
    year: int
    number: int
    label: str
    direction: registry.Direction
    subject: str
    registered_at: datetime
    received_at: datetime
    registered_by: str
    sender: SenderShape | None
    sender_reference: str
    sender_dated_on: date | None
    recipients: list[RecipientShape]
    delivery_method: registry.DeliveryMethod
    delivery_detail: str
    attachments_count: int
    attachments_note: str
    addressee_unit: str
    verification_code: str
    verification_url: str
    files: list[FileShape]
    handling: Handling | None = Field(description="Null for outgoing documents.")
    charges: list[Charge]
    deliveries: list[Delivery]
    relations: list[RelationShape]
    concerned: list[ConcernedShape] = Field(description="Persons concerned besides the sender.")
    corrected: list[str] = Field(
        description="Fields that are not as registered; see `/corrections`.", examples=[["subject"]]
    )
    annulment_requested: bool = Field(description="Whether somebody asked for its annulment.")
    annulled: AnnulmentShape | None
    acts: Acts
    grade: registry.Grade
    has_personal_data: bool
    kind: KindOfEntry | None = Field(description="Null where it has none.")
    waits_for: registry.ProvisionalMode | None = Field(
        description="`queue`: to be described. `envelope`: closed. Null for a described entry."
    )


def lines(found: list[registry.Line]) -> list[Line]:
    return [Line.model_validate(line) for line in found]


def files(session: Session, entry_id: int, *, language: str) -> list[FileShape]:
    return [_file(info, language) for info in documents.files(session, entry_id)]


def _file(info: documents.FileInfo, language: str) -> FileShape:
    return FileShape(
        position=info.position,
        role=documents.FileRole(info.role),
        name=info.name,
        sha256=info.sha256,
        size=info.size,
        media_type=info.media_type,
        searchable=info.shown_sha256 is not None,
        parent=info.parent,
        screening=documents.ScreeningState(info.screening),
        ocr=Reading(
            state=documents.ReadingState(info.state),
            text_chars=info.text_chars,
            mean_confidence=info.confidence,
            pages_total=info.pages_total,
            pages_done=info.pages_done,
            problem=info.problem_code,
            problem_detail=info.problem.in_language(language) if info.problem else None,
            notes=[note.in_language(language) for note in info.notes],
            languages=list(info.languages),
            settled=info.settled_at is not None,
        ),
    )


def charges(session: Session, entry_id: int, *, by: Principal) -> list[Charge]:
    return [Charge.model_validate(c) for c in routing.charges(session, entry_id, by=by)]


def entry(
    session: Session, found: registry.Entry, *, by: Principal, language: str, url: str
) -> Entry:
    """All of an entry; `url` is its verification page."""
    known = registry.details(session, found, by=by)
    waits = registry.provisional.waiting_for(session, found.id)
    annulment = known.annulment
    return Entry(
        book=known.book.code,
        year=found.year,
        number=found.number,
        label=found.label,
        direction=registry.Direction(found.direction),
        subject=known.current.subject,
        registered_at=found.registered_at,
        received_at=found.received_at,
        registered_by=known.registered_by,
        sender=SenderShape(
            name=known.current.sender_name,
            address=known.current.sender_address,
            email=known.current.sender_email,
        )
        if known.current.sender_name
        else None,
        sender_reference=known.current.sender_reference,
        sender_dated_on=known.current.sender_dated_on,
        concerned=[ConcernedShape.model_validate(one) for one in known.current.concerned],
        corrected=sorted(known.current.corrected),
        annulment_requested=annulment is None
        and registry.annulment.pending(session, found.id) is not None,
        recipients=[RecipientShape.model_validate(one) for one in known.recipients],
        delivery_method=registry.DeliveryMethod(known.current.delivery_method),
        delivery_detail=known.current.delivery_detail,
        attachments_count=known.current.attachments_count,
        attachments_note=known.current.attachments_note,
        addressee_unit=known.addressee_unit,
        verification_code=registry.codes.shown(found.verification_code),
        verification_url=url,
        files=files(session, found.id, language=language),
        handling=Handling.model_validate(known.line) if known.line.state else None,
        charges=charges(session, found.id, by=by),
        deliveries=[Delivery.model_validate(d) for d in dispatch.deliveries(session, found.id)],
        relations=[
            RelationShape(
                kind=registry.Relation(kind),
                from_here=here,
                entry=Line.model_validate(o),
            )
            for kind, here, o in known.relations
        ],
        annulled=AnnulmentShape(
            reason=annulment.reason,
            annulled_at=annulment.annulled_at,
            annulled_by=known.annulled_by,
        )
        if annulment
        else None,
        acts=Acts.model_validate(routing.acts(session, found, by=by)),
        grade=registry.Grade(found.grade),
        has_personal_data=found.has_personal_data,
        kind=_kind(session, found, language),
        waits_for=registry.ProvisionalMode(waits.mode) if waits else None,
    )


def _kind(session: Session, found: registry.Entry, language: str) -> KindOfEntry | None:
    known = registry.kind_of(session, found)
    if known is None:
        return None
    return KindOfEntry(
        code=known.kind.code,
        version=known.kind.version,
        title=known.kind.definition.title(language),
        values=dict(known.values),
    )
