"""/api/v1: corrections, annulment by two people, relations: what comes after a registration."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from api.deps import TheOffice
from api.v1 import opening, shapes
from api.v1.address import At
from api.v1.fields import Body, Code, ContactBody, Day, Id, Line, Needed
from api.v1.language import Language
from api.v1.reads import ReadRoute
from api.v1.security import Annuller, Reader, Registrar
from docflow import kinds, registry
from docflow.registry import RequestState

router = APIRouter(tags=["amendments"], route_class=ReadRoute)
RowId = Annotated[int, Path(ge=1, le=2**62)]


class RecipientBody(ContactBody):
    """A recipient as he shall stand."""

    is_copy: bool = Field(False, description="For information only (κοινοποίηση).")

    def to(self) -> registry.To:
        contact = ContactBody(**self.model_dump(exclude={"is_copy"}))
        return registry.To(contact.contact(), self.is_copy)


class CorrectionBody(Body):
    """Fields to put right: only those that are sent change. Lists are sent whole."""

    reason: Needed
    authority: Line = Field("", description="The act or order that allows it.")
    seen: int | None = Field(
        None, ge=0, description="How many corrections you saw; 409 where there are more by now."
    )
    subject: Needed | None = None
    sender: ContactBody | None = None
    recipients: Annotated[list[RecipientBody], Field(max_length=200)] | None = None
    concerned: Annotated[list[ContactBody], Field(max_length=200)] | None = None
    sender_reference: Line | None = None
    sender_dated_on: Day | None = None
    delivery_method: registry.DeliveryMethod | None = None
    delivery_detail: Line | None = None
    attachments_count: Annotated[int, Field(ge=0, le=9999)] | None = None
    attachments_note: Line | None = None
    addressee_unit_id: Id | None = None
    values: dict[Code, Any] = Field(
        default_factory=dict, description="Fields of the kind of document, by code."
    )

    def changes(self) -> dict[str, object]:
        """As the domain takes them. Null clears a sender, date or unit; else it changes nothing."""
        sent = self.model_fields_set - {"reason", "authority", "seen", "values"}
        clearable = {"sender_dated_on", "addressee_unit_id", "sender"}
        plain = {
            name: getattr(self, name)
            for name in sent
            if getattr(self, name) is not None or name in clearable
        }
        if self.sender is not None:
            plain["sender"] = self.sender.contact()
        if self.recipients is not None:
            plain["recipients"] = [one.to() for one in self.recipients]
        if self.concerned is not None:
            plain["concerned"] = [one.contact() for one in self.concerned]
        return {**plain, **{kinds.PREFIX + code: one for code, one in self.values.items()}}


class CorrectionShape(BaseModel):
    """A field corrected; `old` and `new` are as they are kept."""

    model_config = ConfigDict(from_attributes=True)

    kind: registry.CorrectionKind
    field: str = Field(examples=["subject", "value.amount"])
    old: Any
    new: Any
    reason: str = Field(description="Empty for a completion.")
    authority: str
    corrected_by: str
    corrected_at: datetime


class Corrections(BaseModel):
    items: list[CorrectionShape]


@router.post("/entries/{book}/{year}/{number}/corrections", status_code=201)
def correct(
    at: At, body: CorrectionBody, by: Registrar, office: TheOffice, language: Language
) -> shapes.Entry:
    """Put fields right, with the reason. The old values stay beside the new ones."""
    with office.db.begin() as session:
        entry = at.entry(session, by)
        registry.correct(
            session,
            entry.id,
            body.changes(),
            reason=body.reason,
            authority=body.authority,
            seen=body.seen,
            by=by,
            zone=office.settings.zone,
        )
        url = registry.verification_url(office, entry.verification_code)
        return shapes.entry(session, entry, by=by, language=language, url=url)


@router.get("/entries/{book}/{year}/{number}/corrections")
def corrections(entry: opening.OfEntry, office: TheOffice) -> Corrections:
    """What was corrected or completed in the entry, the oldest first."""
    with office.db.read() as session:
        found = registry.corrections(session, entry.id)
        return Corrections(items=[CorrectionShape.model_validate(one) for one in found])


class AnnulmentBody(Body):
    """Why the entry shall be annulled: it stands in the history for good."""

    reason: Needed
    authority: Line = Field("", description="The act or order that allows it.")


class RefusalBody(Body):
    reason: Needed


class RequestShape(BaseModel):
    """A request for annulment, on which the head of the registry decides."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    state: RequestState
    reason: str
    authority: str
    requested_by: str
    requested_at: datetime
    decided_by: str
    decided_at: datetime | None
    decision_reason: str
    may_decide: bool = Field(description="Whether the caller may decide on it.")
    may_withdraw: bool


class WaitingRequest(RequestShape):
    entry: shapes.Line


class Requests(BaseModel):
    items: list[WaitingRequest]


@router.post("/entries/{book}/{year}/{number}/annulment", status_code=201)
def ask(at: At, body: AnnulmentBody, by: Annuller, office: TheOffice) -> RequestShape:
    """Ask that the entry be annulled. Another person, the registrar, decides."""
    with office.db.begin() as session:
        entry = at.entry(session, by)
        row = registry.request_annulment(
            session, entry.id, reason=body.reason, authority=body.authority, by=by
        )
        return _request(registry.requests_of(session, entry.id, by=by), row.id)


@router.get("/annulments")
def waiting(by: Reader, office: TheOffice) -> Requests:
    """Requests that wait for a decision, the oldest first, of entries that the caller may see."""
    with office.db.read() as session:
        found = registry.waiting_annulments(session, by=by)
        return Requests(
            items=[
                WaitingRequest(
                    **RequestShape.model_validate(info).model_dump(),
                    entry=shapes.Line.model_validate(line),
                )
                for info, line in found
            ]
        )


@router.post("/annulments/{request_id}/approval")
def approve(request_id: RowId, by: Annuller, office: TheOffice) -> RequestShape:
    """Agree: the entry is annulled, once and for good. Not for who asked."""
    with office.db.begin() as session:
        annulment = registry.approve_annulment(session, request_id, by=by)
        return _request(registry.requests_of(session, annulment.entry_id, by=by), request_id)


@router.post("/annulments/{request_id}/refusal")
def refuse(request_id: RowId, body: RefusalBody, by: Annuller, office: TheOffice) -> RequestShape:
    """Do not agree, and say why. Not for who asked."""
    with office.db.begin() as session:
        row = registry.refuse_annulment(session, request_id, reason=body.reason, by=by)
        session.flush()  # what the answer reads again
        return _request(registry.requests_of(session, row.entry_id, by=by), request_id)


@router.post("/annulments/{request_id}/withdrawal")
def withdraw(request_id: RowId, by: Annuller, office: TheOffice) -> RequestShape:
    """Take one's own request back."""
    with office.db.begin() as session:
        row = registry.withdraw_annulment(session, request_id, by=by)
        session.flush()  # what the answer reads again
        return _request(registry.requests_of(session, row.entry_id, by=by), request_id)


def _request(found: list[registry.RequestInfo], request_id: int) -> RequestShape:
    return RequestShape.model_validate(next(one for one in found if one.id == request_id))


class RelationBody(Body):
    """A tie: this entry answers, forwards … the other."""

    kind: registry.Relation = Field(description="All but `same-number`, which the register makes.")
    other: Needed = Field(description="As it is cited: `15/2026`, or `koino 15/2026`.")


class TieShape(BaseModel):
    id: int
    kind: registry.Relation
    from_here: bool = Field(description="True: this entry answers the other; false: the reverse.")
    entry: shapes.Line


class EdgeShape(BaseModel):
    """A tie of the graph, between two of its entries by their labels."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    kind: registry.Relation
    source: str
    target: str


class GraphShape(BaseModel):
    """What is related to the entry, up to two hops, as far as the caller may see it."""

    items: list[TieShape] = Field(description="The ties of the entry itself.")
    entries: list[shapes.Line]
    edges: list[EdgeShape]
    is_cut: bool = Field(description="Whether there are more entries than are listed.")


@router.get("/entries/{book}/{year}/{number}/relations")
def relations(entry: opening.OfEntry, by: Reader, office: TheOffice) -> GraphShape:
    """The related entries, and what is related to these."""
    with office.db.read() as session:
        return _graph(registry.graph(session, entry, by=by), entry.id)


@router.post("/entries/{book}/{year}/{number}/relations", status_code=201)
def relate(at: At, body: RelationBody, by: Registrar, office: TheOffice) -> GraphShape:
    """Relate the entry to another one."""
    with office.db.begin() as session:
        entry = at.entry(session, by)
        other = registry.cited(session, body.other, by=by)
        registry.relate(session, entry.id, other.id, body.kind, by=by)
        return _graph(registry.graph(session, entry, by=by), entry.id)


@router.post("/relations/{relation_id}/removal", status_code=204)
def unrelate(relation_id: RowId, body: RefusalBody, by: Registrar, office: TheOffice) -> None:
    """Strike a tie out, with the reason. It stays in the history of both entries."""
    with office.db.begin() as session:
        registry.unrelate(session, relation_id, reason=body.reason, by=by)


def _graph(drawn: registry.Graph, entry_id: int) -> GraphShape:
    labels = {node.line.id: node.line.label for node in drawn.nodes}
    return GraphShape(
        items=[
            TieShape(
                id=tie.id,
                kind=registry.Relation(tie.kind),
                from_here=tie.from_here,
                entry=shapes.Line.model_validate(tie.other),
            )
            for tie in registry.ties(drawn, entry_id)
        ],
        entries=[shapes.Line.model_validate(node.line) for node in drawn.nodes],
        edges=[
            EdgeShape(
                id=edge.id,
                kind=registry.Relation(edge.kind),
                source=labels[edge.from_id],
                target=labels[edge.to_id],
            )
            for edge in drawn.edges
        ],
        is_cut=drawn.is_cut,
    )
