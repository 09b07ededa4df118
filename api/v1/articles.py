"""/api/v1/articles and /questions: what the office writes beside its services."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field, StringConstraints

from api.deps import TheOffice
from api.v1.fields import Body, Code, Id, LongLine, Storable
from api.v1.reads import ReadRoute
from api.v1.security import Administrator, Reader
from docflow import organization, services
from docflow.services import ArticleKind, ArticleWords, articles

router = APIRouter(tags=["services"], route_class=ReadRoute)
Typed = Annotated[str, Query(max_length=200), Storable]
BodyCode = Annotated[
    str | None, Query(max_length=64, description="Code of the body; the first one without it.")
]
Texts = dict[
    Literal["el", "en", "hu", "cs"], Annotated[str, StringConstraints(max_length=20_000), Storable]
]


class Article(BaseModel):
    """A question with its answer, a piece of the knowledge base, or a life situation."""

    id: int
    kind: ArticleKind
    code: str = Field(description="Of a life situation.")
    service: str = Field(description="Code of the service that it is about.")
    unit_id: int | None
    version: int
    title: Texts
    text: Texts = Field(description="Markdown, by language.")
    services: list[str]
    is_withdrawn: bool
    written_by: str | None = Field(None, description="Only for staff.")
    written_at: datetime


class Articles(BaseModel):
    items: list[Article]


@router.get("/questions")
def questions(
    office: TheOffice, q: Typed = "", service: Typed = "", body: BodyCode = None
) -> Articles:
    """Questions that are asked often, with their answers; no token is needed."""
    with office.db.read() as session:
        found = articles.articles(
            session,
            organization.body_named(session, body).id,
            ArticleKind.QUESTION,
            about=services.About(service=service) if service else None,
            text=q,
        )
    return Articles(items=[_article(one, staff=False) for one in found])


@router.get("/articles")
def listing(
    by: Reader,
    office: TheOffice,
    kind: ArticleKind = ArticleKind.KNOWLEDGE,
    q: Typed = "",
    service: Typed = "",
) -> Articles:
    """What the office wrote of a kind; the knowledge base is for the staff."""
    with office.db.read() as session:
        found = articles.articles(
            session,
            by.body_id,
            kind,
            about=services.About(service=service) if service else None,
            text=q,
        )
    return Articles(items=[_article(one, staff=True) for one in found])


class ArticleBody(Body):
    """What an article says; Greek and English are needed."""

    title: Texts = Field(examples=[{"el": "Πότε πληρώνω;", "en": "When do I pay?"}])
    text: Texts = Field(examples=[{"el": "Σε **10** ημέρες.", "en": "Within **10** days."}])
    services: list[Code] = Field(default_factory=list, max_length=60)

    def words(self) -> ArticleWords:
        titles = {str(code): text for code, text in self.title.items()}
        texts = {str(code): text for code, text in self.text.items()}
        return ArticleWords(titles, texts, tuple(self.services))


class NewArticle(ArticleBody):
    kind: ArticleKind
    code: LongLine = Field("", description="Of a life situation: it stands in its address.")
    service: LongLine = Field("", description="Code of the service that it is about.")
    unit_id: Id | None = None


class ChangedArticle(ArticleBody):
    version: Annotated[int, Field(ge=1, description="The version that you saw; else 409.")]


@router.post("/articles", status_code=201)
def begin(body: NewArticle, by: Administrator, office: TheOffice, response: Response) -> Article:
    """Write a new article: the head of the competent unit, or the administrator."""
    with office.db.begin() as session:
        article_id = articles.write(
            session,
            None,
            body.kind,
            body.words(),
            about=services.About(body.service, body.unit_id),
            code=body.code,
            by=by,
        )
        found = articles.article(session, article_id, body_id=by.body_id)
    response.headers["Location"] = f"/api/v1/articles/{article_id}"
    return _article(found, staff=True)


ArticleId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.put("/articles/{article_id}")
def write(
    article_id: ArticleId, body: ChangedArticle, by: Administrator, office: TheOffice
) -> Article:
    """Give an article a new version; the old ones are kept."""
    with office.db.begin() as session:
        now = articles.article(session, article_id, body_id=by.body_id)
        articles.write(session, article_id, now.kind, body.words(), seen=body.version, by=by)
        found = articles.article(session, article_id, body_id=by.body_id)
    return _article(found, staff=True)


@router.delete("/articles/{article_id}", status_code=204)
def take_down(
    article_id: ArticleId,
    by: Administrator,
    office: TheOffice,
    version: Annotated[int, Query(ge=1, le=2**31 - 1, description="The version that you saw.")],
) -> None:
    """Show an article no more; writing it again brings it back."""
    with office.db.begin() as session:
        articles.withdraw(session, article_id, seen=version, by=by)


def _article(found: services.ArticleInfo, *, staff: bool) -> Article:
    return Article.model_validate(
        {
            "id": found.id,
            "kind": found.kind,
            "code": found.code,
            "service": found.about.service,
            "unit_id": found.about.unit_id,
            "version": found.version,
            "title": found.words.titles,
            "text": found.words.texts,
            "services": list(found.words.services),
            "is_withdrawn": found.is_withdrawn,
            "written_by": found.who if staff else None,
            "written_at": found.at,
        }
    )
