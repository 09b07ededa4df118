"""/api/v1/kinds: kinds of document and their fields; entries that wait to be described."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from api.deps import TheOffice
from api.v1 import shapes
from api.v1.address import At
from api.v1.fields import Body, Code, ContactBody, Day, Id, Line, Needed
from api.v1.language import Language
from api.v1.reads import ReadRoute
from api.v1.security import Administrator, Reader, Registrar
from docflow import kinds, registry

router = APIRouter(tags=["kinds"], route_class=ReadRoute)
KindCode = Annotated[Code, Path(description="Code of the kind, as `GET /kinds` names it.")]


class FieldBody(Body):
    """A field of a kind."""

    code: Annotated[Code, Field(examples=["fine_number"])]
    type: kinds.FieldType
    title_el: Annotated[Needed, Field(examples=["Αρ. κλήσης"])]
    title_en: Line = ""
    is_required: bool = False
    help: Line = ""
    max_length: int = Field(0, ge=0, description="0: the type’s own limit.")
    choices: list[Line] = Field(default_factory=list, max_length=200)


class DefaultsBody(Body):
    """What holds for an entry of the kind where nothing else was said."""

    subject: Line = ""
    addressee_unit_id: Id | None = None
    priority: Line = ""
    days: int | None = Field(default=None, description="From registration to the deadline.")
    delivery_method: Line = ""
    grade: Line = ""
    has_personal_data: bool = False
    retention: Line = Field(default="", examples=["5 έτη"])


class DefinitionBody(Body):
    """What a kind asks for. No directions, or books, means all of them."""

    title_el: Annotated[Needed, Field(examples=["Κλήση ΚΟΚ"])]
    title_en: Line = ""
    directions: list[registry.Direction] = Field(default_factory=list)
    books: list[Code] = Field(default_factory=list, max_length=100)
    defaults: DefaultsBody = DefaultsBody()
    fields: list[FieldBody] = Field(default_factory=list, max_length=100)

    def value(self) -> kinds.Definition:
        return kinds.Definition(
            title_el=self.title_el,
            title_en=self.title_en,
            directions=tuple(self.directions),
            books=tuple(self.books),
            defaults=kinds.Defaults(**self.defaults.model_dump()),
            fields=tuple(
                kinds.Field(**{**one.model_dump(), "choices": tuple(one.choices)})
                for one in self.fields
            ),
        )


class NewKind(DefinitionBody):
    code: Annotated[Code, Field(examples=["klisi-kok"])]


class ChangedKind(DefinitionBody):
    version: int = Field(ge=1, description="The version that you saw; another one gives 409.")


class Kind(BaseModel):
    """A kind of document in the version that holds now."""

    code: str
    version: int
    is_active: bool
    definition: DefinitionBody


class Kinds(BaseModel):
    items: list[Kind]


@router.get("/kinds")
def listing(by: Reader, office: TheOffice, direction: registry.Direction | None = None) -> Kinds:
    """The kinds of document that entries can be of, by title."""
    with office.db.read() as session:
        found = kinds.listing(session, by, direction=direction)
    return Kinds(items=[_shape(kind) for kind in found])


@router.post("/kinds", status_code=201)
def define(body: NewKind, by: Administrator, office: TheOffice, response: Response) -> Kind:
    """Begin a kind of document; only the administrator does."""
    with office.db.begin() as session:
        kind = kinds.define(session, body.code, body.value(), by=by)
        found = kinds.named(session, kind.code, by=by)
    response.headers["Location"] = f"/api/v1/kinds/{kind.code}"
    return _shape(kinds.KindInfo(kind.id, kind.code, kind.version, True, found.definition))


@router.put("/kinds/{code}")
def redefine(code: KindCode, body: ChangedKind, by: Administrator, office: TheOffice) -> Kind:
    """Change a kind: a new version; entries keep the version under which they were registered."""
    with office.db.begin() as session:
        kind = kinds.redefine(session, code, body.value(), version=body.version, by=by)
        found = kinds.named(session, code, by=by)
        info = kinds.KindInfo(kind.id, kind.code, kind.version, kind.is_active, found.definition)
    return _shape(info)


@router.delete("/kinds/{code}", status_code=204)
def retire(code: KindCode, by: Administrator, office: TheOffice) -> None:
    """Offer the kind no more. Entries keep it."""
    with office.db.begin() as session:
        kinds.retire(session, code, by=by)


def _shape(kind: kinds.KindInfo) -> Kind:
    return Kind(
        code=kind.code,
        version=kind.version,
        is_active=kind.is_active,
        definition=DefinitionBody.model_validate(kind.definition.as_json()),
    )


class Waiting(BaseModel):
    """An entry that has its number and no description yet."""

    entry: shapes.Line
    mode: registry.ProvisionalMode
    days: int = Field(description="Since it was registered.")
    is_mine: bool = Field(description="Whether the caller may describe it.")


class WaitingList(BaseModel):
    items: list[Waiting]


@router.get("/undescribed")
def undescribed(by: Reader, office: TheOffice) -> WaitingList:
    """Entries that wait for their description and are open to the caller, the oldest first."""
    with office.db.read() as session:
        found = registry.provisional.undescribed(session, by=by, zone=office.settings.zone)
        return WaitingList(
            items=[
                Waiting(
                    entry=shapes.lines([one.line])[0],
                    mode=one.mode,
                    days=one.days,
                    is_mine=one.is_mine,
                )
                for one in found
            ]
        )


class DescriptionBody(Body):
    """What was found when the document was looked at; what is left out stays as it is."""

    subject: Annotated[Needed, Field(examples=["Αίτηση βεβαίωσης οφειλών"])]
    sender: ContactBody | None = None
    sender_reference: Line | None = None
    sender_dated_on: Day | None = None
    delivery_method: registry.DeliveryMethod | None = None
    delivery_detail: Line | None = None
    attachments_count: int | None = Field(None, ge=0, le=9999)
    attachments_note: Line | None = None
    addressee_unit_id: Id | None = None
    kind: Code | None = None
    values: dict[Code, str | int | float | bool] = Field(default_factory=dict, max_length=50)
    reason: Line = Field("", description="Why what was said at the registration is corrected.")

    def value(self) -> registry.provisional.Description:
        said: dict[str, object] = {
            name: getattr(self, name)
            for name in self.model_fields_set - {"sender", "kind", "values", "reason"}
            if isinstance(getattr(self, name), str | int | date)
        }
        if self.sender is not None:
            said["sender"] = self.sender.contact()
        return registry.provisional.Description(
            fields=said, kind=self.kind, values=self.values, reason=self.reason
        )


@router.post("/entries/{book}/{year}/{number}/description", tags=["register"])
def describe(
    at: At, body: DescriptionBody, by: Registrar, office: TheOffice, language: Language
) -> shapes.Entry:
    """Fill in what was left open at the registration; once."""
    with office.db.begin() as session:
        entry = at.entry(session, by)
        registry.provisional.describe(
            session, entry.id, body.value(), by=by, zone=office.settings.zone
        )
        session.flush()  # what the answer reads again
        url = registry.verification_url(office, entry.verification_code)
        return shapes.entry(session, entry, by=by, language=language, url=url)
