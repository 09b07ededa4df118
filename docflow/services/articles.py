"""Questions asked often, the knowledge base, and life situations: written by the office.

Each is Markdown by language in versions written once, about a service, a unit, or the body. A
question and a life situation are public; the knowledge base is for those who answer (domain rows
S1-14, S3-2).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from docflow import audit, canonical, clock, organization
from docflow.folding import line, lines
from docflow.i18n import t
from docflow.principal import Principal
from docflow.services import finding
from docflow.services.definitions import LANGUAGES, Texts, said
from docflow.services.errors import (
    ArticleChanged,
    ArticleExists,
    BadWording,
    NoSuchArticle,
    NoSuchService,
)
from docflow.services.markdown import html, plain
from docflow.services.models import Article, ArticleKind, ArticleVersion, Service
from docflow.services.newest import moment
from docflow.services.wordings import may_write, writer

MAX_TITLE, MAX_TEXT, MAX_SERVICES = 200, 20_000, 60


Infos = Select[Article, ArticleVersion, str, int | None]


@dataclass(frozen=True, slots=True)
class ArticleWords:
    """What an article says. `services` are codes to which a life situation leads besides those
    that name it themselves.
    """

    titles: Texts
    texts: Texts
    services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class About:
    """What an article is about: a service, else a unit, else the body as a whole."""

    service: str = ""
    unit_id: int | None = None


@dataclass(frozen=True, slots=True)
class ArticleInfo:
    """An article as it stands now."""

    id: int
    kind: ArticleKind
    code: str
    about: About
    unit_id: int | None  # whose it is: that of the service, or its own
    version: int
    words: ArticleWords
    is_withdrawn: bool
    who: str
    at: datetime

    def title(self, language: str) -> str:
        return said(self.words.titles, language)

    def html(self, language: str) -> str:
        """The text as HTML that may stand in a page."""
        return html(said(self.words.texts, language))


def write(
    session: Session,
    article_id: int | None,
    kind: ArticleKind,
    words: ArticleWords,
    *,
    about: About = About(),
    code: str = "",
    seen: int = 0,
    by: Principal,
) -> int:
    """Begin an article (None), or give it a new version; its id. What it is about stays.

    `seen` is the version that the person saw. Raises NotAllowed, NoSuchArticle, NoSuchService,
    BadWording with its field, ArticleExists, ArticleChanged with who wrote meanwhile.
    """
    clean = _checked(words)
    if article_id is None:
        article = _begun(session, kind, code, about, by)
    else:
        article = _held(session, article_id, by)
        _require_seen(session, article, seen)
        if article.withdrawn_at is None and _words(session, article) == clean:
            return article.id
    by = writer(by, _unit_of(session, article))
    article.version += 1
    article.withdrawn_at = None
    article.vector = finding.vector(
        session, clean.titles.values(), [plain(text) for text in clean.texts.values()]
    )
    session.add(
        ArticleVersion(
            article_id=article.id,
            version=article.version,
            words=_as_json(clean),
            written_by=by.user_id,
        )
    )
    audit.record(
        session,
        "article.written",
        by=by,
        subject=("article", article.id),
        kind=article.kind,
        version=article.version,
        digest=canonical.digest(_as_json(clean)),
    )
    return article.id


def withdraw(session: Session, article_id: int, *, seen: int, by: Principal) -> None:
    """Show the article no more; writing it again brings it back."""
    article = _held(session, article_id, by)
    by = writer(by, _unit_of(session, article))
    _require_seen(session, article, seen)
    if article.withdrawn_at is None:
        article.withdrawn_at = clock.now()
        audit.record(session, "article.withdrawn", by=by, subject=("article", article.id))


def articles(
    session: Session,
    body_id: int,
    kind: ArticleKind,
    *,
    about: About | None = None,
    text: str = "",
    with_withdrawn: bool = False,
) -> list[ArticleInfo]:
    """Articles of a kind, oldest first or by how well they answer `text`; of one thing, or all.

    The knowledge base is for staff: whoever shows it asks for a login first.
    """
    query = _infos().where(Article.body_id == body_id, Article.kind == kind)
    if not with_withdrawn:
        query = query.where(Article.withdrawn_at.is_(None))
    if about is not None and about.service:
        query = query.where(Service.code == about.service)
    elif about is not None:
        query = query.where(Article.service_id.is_(None), Article.unit_id == about.unit_id)
    if text.strip():
        asked = finding.query(session, text)
        if asked is None:
            return []
        rank = finding.rank(Article.__table__.c.vector, asked)
        query = query.where(Article.vector.op("@@")(asked)).order_by(rank.desc())
    return _told(session, query.order_by(Article.id))


def article(session: Session, article_id: int, *, body_id: int) -> ArticleInfo:
    """One article, withdrawn or not. Raises NoSuchArticle."""
    found = _told(session, _infos().where(Article.id == article_id, Article.body_id == body_id))
    if not found:
        raise _no_such()
    return found[0]


def life_article(session: Session, body_id: int, code: str) -> ArticleInfo | None:
    """What the office wrote of a life situation."""
    found = _told(
        session,
        _infos().where(
            Article.body_id == body_id, Article.code == code, Article.withdrawn_at.is_(None)
        ),
    )
    return found[0] if found else None


def history(session: Session, article_id: int, *, by: Principal) -> list[ArticleInfo]:
    """Every version of the article, the last first. Raises NoSuchArticle, NotAllowed."""
    now = article(session, article_id, body_id=by.body_id)
    by.require(
        may_write(by, now.unit_id),
        t("The head of the competent unit, or the administrator, writes this."),
    )
    query = (
        select(Article, ArticleVersion, Service.code, Service.unit_id)
        .join(ArticleVersion, ArticleVersion.article_id == Article.id)
        .outerjoin(Service, Service.id == Article.service_id)
        .where(Article.id == article_id)
        .order_by(ArticleVersion.version.desc())
    )
    return _told(session, query)


def _infos() -> Infos:
    return (
        select(Article, ArticleVersion, Service.code, Service.unit_id)
        .join(
            ArticleVersion,
            (ArticleVersion.article_id == Article.id) & (ArticleVersion.version == Article.version),
        )
        .outerjoin(Service, Service.id == Article.service_id)
    )


def _told(session: Session, query: Infos) -> list[ArticleInfo]:
    rows = session.execute(query).all()
    people = organization.names(session, [version.written_by for _, version, _, _ in rows])
    return [
        ArticleInfo(
            id=row.id,
            kind=ArticleKind(row.kind),
            code=row.code or "",
            about=About(service or "", row.unit_id),
            unit_id=row.unit_id if service is None else unit_id,
            version=version.version,
            words=_from_json(version.words),
            is_withdrawn=row.withdrawn_at is not None,
            who=people.get(version.written_by or 0, ""),
            at=version.written_at,
        )
        for row, version, service, unit_id in rows
    ]


def _begun(session: Session, kind: ArticleKind, code: str, about: About, by: Principal) -> Article:
    clean = line(code).lower()
    if kind is ArticleKind.LIFE:
        if not clean.replace("-", "").isalnum() or not clean.isascii() or len(clean) > 40:
            raise BadWording(t("A code has small Latin letters, digits and hyphens."), field="code")
        there = select(Article.id).where(Article.body_id == by.body_id, Article.code == clean)
        if session.scalar(there):
            raise ArticleExists(
                t("There is a life situation “{code}” already. Change that one.", code=clean),
                field="code",
            )
    service_id = None
    if about.service:
        service_id = session.scalar(
            select(Service.id).where(Service.body_id == by.body_id, Service.code == about.service)
        )
        if service_id is None:
            raise NoSuchService(
                t("There is no service “{code}”.", code=about.service[:40]), field="service"
            )
    unit_id = None if service_id else about.unit_id
    if unit_id is not None:
        organization.unit(session, unit_id, body_id=by.body_id)
    row = Article(
        body_id=by.body_id,
        kind=kind,
        code=clean if kind is ArticleKind.LIFE else None,
        service_id=service_id,
        unit_id=unit_id,
        version=0,
    )
    session.add(row)
    session.flush()  # its id
    return row


def _held(session: Session, article_id: int, by: Principal) -> Article:
    found = session.scalar(
        select(Article)
        .where(Article.id == article_id, Article.body_id == by.body_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise _no_such()
    return found


def _unit_of(session: Session, row: Article) -> int | None:
    if row.service_id is None:
        return row.unit_id
    return session.scalar(select(Service.unit_id).where(Service.id == row.service_id))


def _require_seen(session: Session, row: Article, seen: int) -> None:
    if row.version == seen:
        return
    last = article(session, row.id, body_id=row.body_id)
    raise ArticleChanged(
        t(
            "{who} wrote here on {when}. What you typed is kept below; compare, and save again.",
            who=last.who or "Docflow",
            when=moment(last.at),
        )
    )


def _words(session: Session, row: Article) -> ArticleWords:
    found = session.get_one(ArticleVersion, (row.id, row.version))
    return _from_json(found.words)


def _checked(words: ArticleWords) -> ArticleWords:
    titles = {code: line(words.titles.get(code, "")) for code in LANGUAGES}
    texts = {code: lines(words.texts.get(code, "")) for code in LANGUAGES}
    for code in LANGUAGES:
        needed = code in ("el", "en")
        for field, text, most in (
            ("title", titles[code], MAX_TITLE),
            ("text", texts[code], MAX_TEXT),
        ):
            if len(text) > most:
                raise BadWording(
                    t("At most {max} characters fit here.", max=most), field=f"{field}_{code}"
                )
            if not text and needed:
                raise BadWording(t("Write it in Greek and in English."), field=f"{field}_{code}")
    if len(words.services) > MAX_SERVICES:
        raise BadWording(t("At most {max} services.", max=MAX_SERVICES), field="services")
    return ArticleWords(_filled(titles), _filled(texts), tuple(dict.fromkeys(words.services)))


def _filled(texts: Mapping[str, str]) -> dict[str, str]:
    return {code: text for code, text in texts.items() if text}


def _as_json(words: ArticleWords) -> dict[str, Any]:
    return {
        "title": dict(words.titles),
        "text": dict(words.texts),
        "services": list(words.services),
    }


def _from_json(stored: Mapping[str, Any]) -> ArticleWords:
    services: Sequence[str] = stored.get("services", ())
    return ArticleWords(stored["title"], stored["text"], tuple(services))


def _no_such() -> NoSuchArticle:
    return NoSuchArticle(t("There is no such question or article."))
