"""What the body offers its citizens: the catalogue, one service, life situations, questions."""

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response
from sqlalchemy.orm import Session

from api import pages
from api.deps import TheOffice
from api.portal.citizen import TheCitizen
from api.portal.render import page
from docflow import organization, services
from docflow.i18n import t
from docflow.services import ArticleInfo, ArticleKind

router = APIRouter()
Typed = Annotated[str, Query(max_length=200)]
Code = Annotated[str, Path(max_length=64)]
_QUESTIONS = 5  # beside the services that a search finds


@dataclass(frozen=True, slots=True)
class Printed:
    """A form to print, as the page offers it."""

    title: str
    name: str
    kind: str  # PDF, DOCX …
    size: int


@router.get("/services")
def catalogue(
    request: Request,
    office: TheOffice,
    _: TheCitizen,
    q: Typed = "",
    group: Typed = "",
    online: Typed = "",
) -> Response:
    """All services under their headings, or those that are looked for.

    `group` is axis:code of a heading. What is not known is an empty list, not an error: people
    come here by old links.
    """
    language = pages.reader_of(request).language
    axis, _colon, code = group.partition(":")
    with office.db.read() as session:
        body_id = _body(session).id
        found = services.catalogue(
            session,
            body_id,
            language,
            group=(axis, code) if code else None,
            text=q,
            is_electronic=True if online else None,
        )
        asked = (
            services.articles.articles(session, body_id, ArticleKind.QUESTION, text=q) if q else []
        )
        life = _life(session, body_id, found, language) if not (q or code or online) else []
    return page(
        request,
        "portal/services/list.html",
        found=found,
        q=q.strip(),
        heading=found.heading(axis, code) if code else None,
        is_narrowed=bool(q.strip() or code or online),
        group=group if code else "",
        online=bool(online),
        questions=asked[:_QUESTIONS],
        life=life,
    )


@router.get("/services/{code}")
def service(request: Request, code: Code, office: TheOffice, citizen: TheCitizen) -> Response:
    """One service: what it is, what it takes, what it costs, who answers for it."""
    language = pages.reader_of(request).language
    with office.db.read() as session:
        body_id = _body(session).id
        found = services.deployed(session, body_id, code)
        sizes = services.files(session, found.id)
        unit = session.get(organization.Unit, found.unit_id) if found.unit_id else None
        questions = _questions(session, body_id, services.About(service=code))
        if unit is not None:
            questions += _questions(session, body_id, services.About(unit_id=unit.id))
    definition = found.definition
    return page(
        request,
        "portal/services/service.html",
        service=found,
        said=definition,
        description=services.html(definition.description(language)),
        may_file=services.may_be_filed(found),
        reaches=citizen.level.reaches(found.level),
        unit=unit,
        printed=[
            Printed(
                one.title(language),
                one.file.partition("/")[2],
                one.file.rpartition(".")[2].upper(),
                sizes.get(one.file, 0),
            )
            for one in definition.downloads
        ],
        life=[services.groups.titled("life", one) for one in definition.groups["life"]],
        questions=questions,
    )


def _questions(session: Session, body_id: int, about: services.About) -> list[ArticleInfo]:
    return services.articles.articles(session, body_id, ArticleKind.QUESTION, about=about)


@router.get("/services/{code}/files/{name}")
def file(code: Code, name: Annotated[str, Path(max_length=160)], office: TheOffice) -> Response:
    """A form to print. Only what the service offers goes out, not what is beside it."""
    with office.db.read() as session:
        found = services.deployed(session, _body(session).id, code)
        path = f"forms/{name}"
        if path not in {one.file for one in found.definition.downloads}:
            raise services.NoSuchServiceFile(t("The service has no such file."))
        data = services.file(session, office, found.id, path)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "public, max-age=600",
    }
    return Response(data, media_type=kind, headers=headers)


@router.get("/life/{code}")
def life_situation(request: Request, code: Code, office: TheOffice, _: TheCitizen) -> Response:
    """What helps in a life situation: the office's own words, and the services."""
    language = pages.reader_of(request).language
    with office.db.read() as session:
        body_id = _body(session).id
        article = services.articles.life_article(session, body_id, code)
        found = services.catalogue(session, body_id, language)
    more = article.words.services if article else ()
    cards = [
        card
        for card in found.cards
        if card.code in more or code in (one.code for one in card.groups["life"])
    ]
    heading = found.heading("life", code)
    if article is None and heading is None:
        raise services.NoSuchArticle(t("There is no such question or article."))
    return page(
        request,
        "portal/services/life.html",
        title=article.title(language) if article else heading and heading.title,
        text=article.html(language) if article else "",
        cards=cards,
    )


@router.get("/questions")
def questions(request: Request, office: TheOffice, _: TheCitizen, q: Typed = "") -> Response:
    """Questions that are asked often, by what they are about."""
    language = pages.reader_of(request).language
    with office.db.read() as session:
        body_id = _body(session).id
        found = services.articles.articles(session, body_id, ArticleKind.QUESTION, text=q)
        titles = services.titles(session, body_id)
        on_offer = {card.code for card in services.catalogue(session, body_id, language).cards}
        units = organization.unit_names(session, [one.about.unit_id for one in found])
    return page(
        request,
        "portal/services/questions.html",
        q=q.strip(),
        groups=_by_subject(found, titles, units, language),
        on_offer=on_offer,
    )


@dataclass(frozen=True, slots=True)
class Situation:
    """A life situation in the list."""

    code: str
    title: str


def _life(
    session: Session, body_id: int, found: services.Catalogue, language: str
) -> list[Situation]:
    """Life situations that lead somewhere: named by services, or written by the office."""
    titles = {one.code: one.title for one in found.headings["life"]}
    for article in services.articles.articles(session, body_id, ArticleKind.LIFE):
        titles[article.code] = article.title(language)
    return sorted(
        (Situation(code, title) for code, title in titles.items()), key=lambda one: one.title
    )


def _by_subject(
    found: list[ArticleInfo],
    titles: Mapping[str, services.Texts],
    units: Mapping[int, str],
    language: str,
) -> list[tuple[str, str, list[ArticleInfo]]]:
    """Code of the service (empty where it is about none), title, and the questions."""
    groups: dict[tuple[str, str], list[ArticleInfo]] = {}
    for one in found:
        code = one.about.service
        title = services.said(titles.get(code, {}), language) or units.get(one.about.unit_id or 0)
        groups.setdefault((code, title or ""), []).append(one)
    return [(code, title, several) for (code, title), several in groups.items()]


def _body(session: Session) -> organization.Body:
    """The body whose portal this is. Raises NoSuchBody where none was founded yet."""
    return organization.body_named(session, None)
