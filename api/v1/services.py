"""/api/v1/services: what the body offers (public), and its keeping by the administrator."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, UploadFile
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from api.deps import TheOffice
from api.v1.fields import Body, Code, Id, Needed, Storable
from api.v1.language import Language
from api.v1.reads import ReadRoute
from api.v1.security import Administrator
from docflow import accounts, organization, services
from docflow.i18n import t
from docflow.workdays import DayUnit

router = APIRouter(tags=["services"], route_class=ReadRoute)
ServiceCode = Annotated[Code, Path(description="Code of the service, as `GET /services` names it.")]
Typed = Annotated[str, Query(max_length=200), Storable]
BodyCode = Annotated[
    str | None, Query(max_length=64, description="Code of the body; the first one without it.")
]


class Offer(BaseModel):
    """A service in the catalogue."""

    code: str = Field(examples=["traffic-fine"])
    title: str = Field(examples=["Πληρωμή κλήσης ΚΟΚ"])
    summary: str
    is_electronic: bool = Field(description="Whether it can be asked for on the portal.")
    level: accounts.Level = Field(description="How surely the applicant must be known.")
    fee: str = Field(examples=["Χωρίς τέλος"])
    unit: str
    families: list[str] = Field(examples=[["Δ1.2"]])
    groups: dict[str, list[str]] = Field(
        description="Codes of headings by axis.", examples=[{"interest": ["vehicles"]}]
    )
    asked: int = Field(description="How often it was asked for in the last 90 days.")


class Heading(BaseModel):
    axis: str = Field(examples=["interest"])
    code: str = Field(examples=["vehicles"])
    title: str
    count: int


class Offers(BaseModel):
    items: list[Offer]
    headings: list[Heading]


class PaperBody(BaseModel):
    title: str
    note: str
    is_required: bool


class FileLink(BaseModel):
    title: str
    href: str = Field(examples=["/services/traffic-fine/files/enstasi.pdf"])


class BasisBody(BaseModel):
    title: str
    url: str


class DeadlineBody(BaseModel):
    days: int
    unit: DayUnit
    is_statutory: bool


class ServiceDetails(Offer):
    """A service as its page shows it."""

    version: int = Field(description="Number of the version that holds.")
    version_id: int
    description: str = Field(description="Markdown.")
    papers: list[PaperBody]
    downloads: list[FileLink]
    deadline: DeadlineBody | None
    legal_basis: list[BasisBody]
    form: dict[str, Any] | None = Field(
        description="JSON Schema of what is asked for, with labels (`x-label`) and groups."
    )


@router.get("/services")
def catalogue(
    office: TheOffice,
    language: Language,
    q: Typed = "",
    group: Annotated[
        str, Query(max_length=80, description="axis:code, as `headings` name them."), Storable
    ] = "",
    body: BodyCode = None,
) -> Offers:
    """The services on offer; no token is needed."""
    axis, _, code = group.partition(":")
    with office.db.read() as session:
        found = services.catalogue(
            session,
            organization.body_named(session, body).id,
            language,
            group=(axis, code) if group else None,
            text=q,
        )
    return Offers(
        items=[_offer(card) for card in found.cards],
        headings=[
            Heading(axis=one.axis, code=one.code, title=one.title, count=one.count)
            for several in found.headings.values()
            for one in several
        ],
    )


@router.get("/services/{code}")
def details(
    code: ServiceCode, office: TheOffice, language: Language, body: BodyCode = None
) -> ServiceDetails:
    """A service on offer with all that its page says, and its form; no token is needed."""
    with office.db.read() as session:
        body_id = organization.body_named(session, body).id
        found = services.deployed(session, body_id, code)
        cards = services.catalogue(session, body_id, language).cards
    card = next(one for one in cards if one.code == code)
    said = found.definition
    return ServiceDetails(
        **_offer(card).model_dump(),
        version=found.number,
        version_id=found.id,
        description=said.description(language),
        papers=[
            PaperBody(
                title=one.title(language), note=one.note(language), is_required=one.is_required
            )
            for one in said.papers
        ],
        downloads=[
            FileLink(
                title=one.title(language),
                href=f"/services/{code}/files/{one.file.partition('/')[2]}",
            )
            for one in said.downloads
        ],
        deadline=None
        if said.deadline is None
        else DeadlineBody(
            days=said.deadline.days,
            unit=said.deadline.unit,
            is_statutory=said.deadline.is_statutory,
        ),
        legal_basis=[BasisBody(title=one.title(language), url=one.url) for one in said.legal_basis],
        form=dict(found.form) or None,
    )


class VersionInfo(BaseModel):
    """A version that was loaded."""

    id: int
    number: int
    digest: str
    loaded_by: str
    loaded_at: datetime
    holds: bool


class ServiceVersions(BaseModel):
    code: str
    state: services.State
    seen: int | None = Field(description="What a deployment or withdrawal must name as `seen`.")
    items: list[VersionInfo]


class LoadedFolder(BaseModel):
    """The draft that a folder became."""

    code: str
    version_id: int
    number: int
    is_new: bool = Field(description="False where the very same files were there already.")


@router.post("/services", status_code=201)
def load(folder: UploadFile, by: Administrator, office: TheOffice) -> LoadedFolder:
    """Check the folder of a service (ZIP file) and keep it as a draft.

    The problem `bad-service` names each fault with its file and place under `errors`.
    """
    data = folder.file.read(services.MAX_FOLDER + 1)
    if len(data) > services.MAX_FOLDER:
        raise services.BadFolder(
            t("At most {mb} MB can be loaded.", mb=services.MAX_FOLDER >> 20), field="folder"
        )
    loaded = services.load(office, services.read_zip(data, folder.filename or ""), by=by)
    return LoadedFolder(
        code=loaded.code,
        version_id=loaded.version_id,
        number=loaded.number,
        is_new=loaded.is_new,
    )


@router.get("/services/{code}/versions")
def versions(code: ServiceCode, by: Administrator, office: TheOffice) -> ServiceVersions:
    """What was loaded of a service, the last first."""
    with office.db.read() as session:
        return _versions(session, code, by)


class DeploymentBody(Body):
    version_id: Id
    unit_id: Id | None = Field(None, description="The competent unit; else as the folder says.")
    seen: Id | None = Field(None, description="The version that held when you decided.")


@router.post("/services/{code}/deployments")
def deploy(
    code: ServiceCode, body: DeploymentBody, by: Administrator, office: TheOffice
) -> ServiceVersions:
    """Let a version hold for new applications; running ones stay on theirs."""
    with office.db.begin() as session:
        if body.version_id not in {one.id for one in services.versions(session, code, by=by)}:
            raise services.NoSuchVersion(t("There is no such version of the service."))
        services.deploy(session, body.version_id, unit_id=body.unit_id, seen=body.seen, by=by)
        return _versions(session, code, by)


class WithdrawalBody(Body):
    reason: Annotated[Needed, Field(examples=["Καταργήθηκε με την απόφαση 12/2026"])]
    seen: Id | None = Field(None, description="The version that held when you decided.")


@router.post("/services/{code}/withdrawal")
def withdraw(
    code: ServiceCode, body: WithdrawalBody, by: Administrator, office: TheOffice
) -> ServiceVersions:
    """Offer the service no more; running applications go on."""
    with office.db.begin() as session:
        services.withdraw(session, code, reason=body.reason, seen=body.seen, by=by)
        return _versions(session, code, by)


class WordsBody(Body):
    """Words of a service in place of those of its folder: keys as in `service.json`."""

    words: dict[
        Literal["title", "summary", "description", "papers", "fee", "keywords", "legal_basis"], Any
    ] = Field(examples=[{"fee": {"el": "5 €", "en": "5 €"}}])
    version_id: Id
    number: int = Field(ge=0, le=2**31 - 1, description="Of the words that you saw.")


class WordsNow(BaseModel):
    """The words that citizens read now."""

    version_id: int
    number: int
    words: dict[str, Any]


@router.get("/services/{code}/words")
def words(code: ServiceCode, by: Administrator, office: TheOffice) -> WordsNow:
    """The words that citizens read, for who may write them."""
    with office.db.read() as session:
        now = services.wordings.words(session, code, by=by)
    return WordsNow(version_id=now.version_id, number=now.number, words=dict(now.words))


@router.put("/services/{code}/words")
def write_words(
    code: ServiceCode, body: WordsBody, by: Administrator, office: TheOffice
) -> WordsNow:
    """Say these words from now on; keys that are left out stay as they are."""
    with office.db.begin() as session:
        seen = (body.version_id, body.number)
        said = {str(key): value for key, value in body.words.items()}
        services.wordings.write(session, code, said, seen=seen, by=by)
        now = services.wordings.words(session, code, by=by)
    return WordsNow(version_id=now.version_id, number=now.number, words=dict(now.words))


def _offer(card: services.Card) -> Offer:
    return Offer(
        code=card.code,
        title=card.title,
        summary=card.summary,
        is_electronic=card.is_electronic,
        level=card.level,
        fee=card.fee,
        unit=card.unit,
        families=list(card.families),
        groups={axis: [one.code for one in several] for axis, several in card.groups.items()},
        asked=card.asked,
    )


def _versions(session: Session, code: str, by: Administrator) -> ServiceVersions:
    info = services.info(session, code, by=by)
    return ServiceVersions(
        code=code,
        state=info.state,
        seen=info.seen,
        items=[
            VersionInfo(
                id=one.id,
                number=one.number,
                digest=one.digest,
                loaded_by=one.who,
                loaded_at=one.at,
                holds=one.id == info.seen,
            )
            for one in services.versions(session, code, by=by)
        ],
    )
