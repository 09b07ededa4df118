"""Questions and answers, life situations and the knowledge base: read and written by the staff."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.render import page
from docflow import organization, services
from docflow.errors import DocflowError, NotFound
from docflow.i18n import Text, t
from docflow.office import Office
from docflow.principal import Principal
from docflow.services import LANGUAGES, About, ArticleInfo, ArticleKind, ArticleWords, articles

router = APIRouter()
Typed = Annotated[str, Query(max_length=200)]
ArticleId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("/articles")
def listing(
    request: Request,
    by: CurrentUser,
    office: TheOffice,
    kind: ArticleKind = ArticleKind.QUESTION,
    service: Typed = "",
) -> Response:
    """What was written of a kind, withdrawn ones too; about one service where it is named."""
    with office.db.read() as session:
        found = articles.articles(
            session,
            by.body_id,
            kind,
            about=About(service=service) if service else None,
            with_withdrawn=True,
        )
        context = _names(office, by, found)
    return page(
        request,
        "web/services/articles.html",
        kind=kind,
        service=service,
        found=found,
        may_write={one.id for one in found if services.wordings.may_write(by, one.unit_id)},
        may_begin=_may_begin(by),
        **context,
    )


@router.get("/knowledge")
def knowledge(
    request: Request, by: CurrentUser, office: TheOffice, q: Typed = "", service: Typed = ""
) -> Response:
    """The knowledge base and the questions, for who answers at the counter and on the phone."""
    about = About(service=service) if service else None
    with office.db.read() as session:
        found = [
            one
            for kind in (ArticleKind.KNOWLEDGE, ArticleKind.QUESTION)
            for one in articles.articles(session, by.body_id, kind, about=about, text=q)
        ]
        matching = (
            services.catalogue(session, by.body_id, by.language, text=q).cards if q.strip() else ()
        )
    return page(
        request,
        "web/services/knowledge.html",
        q=q.strip(),
        service=service,
        found=found,
        cards=matching,
        may_write={one.id for one in found if services.wordings.may_write(by, one.unit_id)},
        may_begin=_may_begin(by),
        **_names(office, by, found),
    )


@router.get("/articles/new")
def blank(
    request: Request,
    by: CurrentUser,
    office: TheOffice,
    kind: ArticleKind = ArticleKind.QUESTION,
    service: Typed = "",
) -> Response:
    """The form of a new article."""
    return _show(request, office, by, None, kind, {"service": service}, {})


@router.post("/articles/new")
def begin(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Begin an article; the form comes back with what is wrong in it."""
    kind = forms.choice(form, "kind", ArticleKind, otherwise=ArticleKind.QUESTION)
    try:
        about = About(forms.text(form, "service"), forms.optional_id(form, "unit_id"))
        with office.db.begin() as session:
            articles.write(
                session,
                None,
                kind,
                _words(form),
                about=about,
                code=forms.text(form, "code"),
                by=by,
            )
    except DocflowError as error:
        return _again(request, office, by, None, kind, form, error)
    return RedirectResponse(_list_of(kind, "article"), 303)


@router.get("/articles/{article_id}")
def show(request: Request, article_id: ArticleId, by: CurrentUser, office: TheOffice) -> Response:
    """An article in its form, with its earlier versions."""
    with office.db.read() as session:
        found = articles.article(session, article_id, body_id=by.body_id)
    return _show(request, office, by, found, found.kind, _typed(found), {})


@router.post("/articles/{article_id}")
def write(
    request: Request, article_id: ArticleId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Give it a new version; `act` withdraws it."""
    with office.db.read() as session:
        found = articles.article(session, article_id, body_id=by.body_id)
    try:
        seen = forms.whole(form, "version")
        with office.db.begin() as session:
            if forms.text(form, "act") == "withdraw":
                articles.withdraw(session, article_id, seen=seen, by=by)
                return RedirectResponse(_list_of(found.kind, "article-withdrawn"), 303)
            articles.write(session, article_id, found.kind, _words(form), seen=seen, by=by)
    except DocflowError as error:
        return _again(request, office, by, found, found.kind, form, error)
    return RedirectResponse(_list_of(found.kind, "article"), 303)


def _list_of(kind: ArticleKind, done: str) -> str:
    if kind is ArticleKind.KNOWLEDGE:
        return f"/knowledge?done={done}"
    return f"/articles?kind={kind}&done={done}"


def _may_begin(by: Principal) -> bool:
    return by.is_administrator or by.is_registrar or bool(by.headed_unit_ids)


def _words(form: FormData) -> ArticleWords:
    return ArticleWords(
        {code: forms.text(form, f"title_{code}") for code in LANGUAGES},
        {code: forms.text(form, f"text_{code}") for code in LANGUAGES},
        tuple(forms.texts(form, "services")),
    )


def _typed(found: ArticleInfo) -> dict[str, str]:
    values = {"version": str(found.version), "services": ",".join(found.words.services)}
    for code in LANGUAGES:
        values[f"title_{code}"] = found.words.titles.get(code, "")
        values[f"text_{code}"] = found.words.texts.get(code, "")
    return values


def _names(office: Office, by: Principal, found: list[ArticleInfo]) -> dict[str, Any]:
    """Titles of the services and names of the units that the articles are about."""
    with office.db.read() as session:
        titles = services.titles(session, by.body_id)
        units = organization.unit_names(session, [one.about.unit_id for one in found])
    return {
        "service_titles": {
            code: services.said(texts, by.language) for code, texts in titles.items()
        },
        "unit_names": units,
    }


def _again(
    request: Request,
    office: Office,
    by: Principal,
    found: ArticleInfo | None,
    kind: ArticleKind,
    form: FormData,
    error: DocflowError,
) -> Response:
    if found is not None and isinstance(error, NotFound):
        raise error
    values = {**forms.as_typed(form), "services": ",".join(forms.texts(form, "services"))}
    if found is not None and isinstance(error, services.ArticleChanged):
        values["version"] = str(found.version)  # saved over what is shown beside it, knowingly
    status = 422 if isinstance(error, NotFound) else problems.status_of(error)
    errors = {error.field or "form": error.message}
    return _show(request, office, by, found, kind, values, errors, status_code=status)


def _show(
    request: Request,
    office: Office,
    by: Principal,
    found: ArticleInfo | None,
    kind: ArticleKind,
    values: Mapping[str, str],
    errors: Mapping[str, Text],
    *,
    status_code: int = 200,
) -> Response:
    allowed = _may_begin(by) if found is None else services.wordings.may_write(by, found.unit_id)
    by.require(allowed, t("The head of the competent unit, or the administrator, writes this."))
    with office.db.read() as session:
        listed = services.listing(session, by=by)
        units = organization.units(session, by.body_id)
        history = articles.history(session, found.id, by=by) if found else []
    return page(
        request,
        "web/services/article.html",
        status_code=status_code,
        kind=kind,
        found=found,
        values=values,
        errors=errors,
        languages_shown=LANGUAGES,
        listed=[one for one in listed if one.deployed],
        own=[one for one in listed if services.wordings.may_write(by, one.unit_id)],
        units=[one for one in units if services.wordings.may_write(by, one.id)],
        is_general=services.wordings.may_write(by, None),
        history=history,
    )
