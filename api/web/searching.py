"""The search: one box, filters that stand in the address, saved searches, suggestions."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from markupsafe import Markup

from api import problems, search_words, wording
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.address import Address, RowId, Start
from api.web.render import page
from docflow import clock, registry, search
from docflow.errors import DocflowError, Invalid
from docflow.i18n import Text, t
from docflow.office import Office
from docflow.principal import Principal
from docflow.search import Alert, Filters, Sort

router = APIRouter()
PAGE_SIZE = 25
_MAX_QUERY = 5_000  # of which 500 are searched: the QR of a proof is long
_DAYS = ("first_day", "last_day")


@router.get("/search")
def find(
    request: Request,
    by: CurrentUser,
    office: TheOffice,
    q: str = "",
    sort: Sort = Sort.RELEVANCE,
    start: Start = 0,
) -> Response:
    """One box for everything. What can mean one entry alone opens it."""
    q = forms.clean(q)[:_MAX_QUERY]
    asked = _asked(request.query_params)
    filters, errors = _filters(asked)
    return _results(request, office, by, q, filters, sort, start, asked=asked, errors=errors)


@router.get("/search/suggest")
def suggest(by: CurrentUser, office: TheOffice, q: str = "") -> Response:
    """Numbers, correspondents and subjects while typing, for search-box.js."""
    with office.db.read() as session:
        typed = forms.clean(q)[:100]
        found = search.suggest(session, typed, by=by, zone=office.settings.zone)
    return JSONResponse(
        [
            {
                "what": str(one.what),
                "text": one.text,
                "detail": one.detail,
                "href": _path(one.line) if one.line else "",
            }
            for one in found
        ]
    )


@router.get("/searches")
def listing(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """The person's saved searches."""
    return _listing(request, office, by)


@router.post("/searches")
def save(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Keep the search that stands in the form."""
    q = forms.text(form, "q")
    asked = _asked({name: forms.text(form, name) for name in wording.LABELS["search_filter"]})
    filters, errors = _filters(asked)
    status = 422
    if not errors:
        try:
            with office.db.begin() as session:
                search.saved.save(
                    session,
                    name=forms.text(form, "name"),
                    query=q,
                    filters=filters,
                    alert=forms.choice(form, "alert", Alert, otherwise=Alert.NONE),
                    by=by,
                    zone=office.settings.zone,
                )
        except DocflowError as error:
            errors, status = {error.field or "form": error.message}, problems.status_of(error)
        else:
            return RedirectResponse("/searches?done=search-saved", 303)
    return _results(
        request, office, by, q, filters, Sort.RELEVANCE, 0,
        asked=asked, errors=errors, saving=forms.as_typed(form), status=status,
    )  # fmt: skip


@router.get("/searches/{search_id}")
def show(
    request: Request, search_id: RowId, by: CurrentUser, office: TheOffice, start: Start = 0
) -> Response:
    """A saved search, done again; what is new since its owner last looked is marked."""
    with office.db.begin() as session:
        found = search.saved.get(session, search_id, by=by)
        fresh = search.saved.opened(session, search_id, by=by) if not start else []
    asked = {name: str(value) for name, value in found.filters.as_json().items()}
    sort = Sort.NEWEST if fresh else Sort.RELEVANCE
    return _results(
        request, office, by, found.query, found.filters, sort, start,
        asked=asked, errors={}, saved=found, fresh=fresh,
    )  # fmt: skip


@router.post("/searches/{search_id}")
def change(
    request: Request, search_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Another name or alert for a saved search."""
    try:
        with office.db.begin() as session:
            search.saved.change(
                session,
                search_id,
                name=forms.text(form, "name"),
                alert=forms.choice(form, "alert", Alert, otherwise=Alert.NONE),
                by=by,
                zone=office.settings.zone,
            )
    except search.NoSuchSearch:
        raise
    except DocflowError as error:
        return _listing(request, office, by, search_id, forms.as_typed(form), error)
    return RedirectResponse("/searches?done=search-changed", 303)


@router.post("/searches/{search_id}/remove")
def remove(search_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """Forget a saved search."""
    with office.db.begin() as session:
        search.saved.remove(session, search_id, by=by)
    return RedirectResponse("/searches?done=search-removed", 303)


def _listing(
    request: Request,
    office: Office,
    by: Principal,
    changing: int = 0,
    typed: Mapping[str, str] | None = None,
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        found = search.saved.listing(session, by=by)
        named = {
            one.id: [
                f"{wording.label('search_filter', name, by.language)}: "
                f"{_said(name, value, search.named(session, one.filters, by=by), by)}"
                for name, value in one.filters.as_json().items()
            ]
            for one in found
        }
    return page(
        request,
        "web/searches.html",
        status_code=problems.status_of(error) if error else 200,
        found=found,
        named=named,
        changing=changing,
        typed=typed or {},
        errors={error.field or "form": error.message} if error else {},
    )


def _results(
    request: Request,
    office: Office,
    by: Principal,
    q: str,
    filters: Filters,
    sort: Sort,
    start: int,
    *,
    asked: Mapping[str, str],
    errors: Mapping[str, Text],
    saving: Mapping[str, str] | None = None,
    saved: search.Saved | None = None,
    fresh: list[int] | None = None,
    status: int = 422,
) -> Response:
    zone = office.settings.zone
    with office.db.read() as session:
        found = search.search(
            session, q, by=by, filters=filters, sort=sort, zone=zone, offset=start, limit=PAGE_SIZE
        )
        names = search.named(session, filters, by=by)
    if found.is_one and not filters.chosen and saved is None and not errors:
        return RedirectResponse(_path(found.hits[0].line), 303)
    address = _Address(q, filters, sort, f"/searches/{saved.id}" if saved else "")
    return page(
        request,
        "web/search.html",
        status_code=status if errors else 200,
        q=q,
        sort=sort,
        sorts=list(Sort),
        found=found,
        most=search.MOST,
        hits=[_shown(hit, q) for hit in found.hits],
        fresh=set(fresh or ()),
        facets=_facets(found, filters, address, by),
        chips=[
            (
                wording.label("search_filter", name, by.language),
                _said(name, value, names, by),
                address.without(name),
            )
            for name, value in filters.as_json().items()
        ],
        kept=filters.as_json(),
        typed=_typed(asked),
        alerts=list(Alert),
        errors=errors,
        saving=saving,
        saved=saved,
        phrase=f'"{q}"',
        address=address,
        start=start,
        page_size=PAGE_SIZE,
        today=clock.today(zone),
    )


def _typed(asked: Mapping[str, str]) -> dict[str, str]:
    """Days as people write them, also where the address has them as the API does."""
    said = dict(asked)
    for name in _DAYS:
        day = said.get(name, "")
        if len(day) == 10 and day[4] == "-":
            said[name] = f"{day[8:]}/{day[5:7]}/{day[:4]}"
    return said


def _shown(hit: search.Hit, q: str) -> dict[str, Any]:
    """A hit as the page shows it; its passage leads to the page of the file."""
    place = f"{_path(hit.line)}/files/{hit.file}/pages/{hit.page}?{urlencode({'q': q})}"
    return {
        "line": hit.line,
        "subject": marked(hit.subject or hit.line.subject),
        "passage": marked(hit.passage),
        "page": hit.page,
        "href": place if hit.page else "",
    }


def marked(passage: str) -> Markup:
    """A passage with its found words, ⟦so⟧, as <mark>; everything else is escaped."""
    escaped = str(Markup.escape(passage))
    return Markup(escaped.replace("⟦", "<mark>").replace("⟧", "</mark>"))  # noqa: S704  # escaped above


def _path(line: registry.Line) -> str:
    return Address(line.book, line.year, line.place).path


class _Address:
    """Addresses of the same search, a little different."""

    def __init__(self, q: str, filters: Filters, sort: Sort, saved: str) -> None:
        self.q, self.filters, self.sort, self.saved = q, filters, sort, saved

    def of(self, filters: Filters, **more: str) -> str:
        said = {"q": self.q, **filters.as_json(), **more}
        if self.sort is not Sort.RELEVANCE:
            said.setdefault("sort", str(self.sort))
        plain = {k: str(v).lower() if isinstance(v, bool) else v for k, v in said.items()}
        return f"/search?{urlencode(plain)}"

    def without(self, name: str) -> str:
        return self.of(self.filters.without(name))

    def having(self, name: str, value: str) -> str:
        chosen = {**self.filters.as_json(), name: value}
        return self.of(search.of_json(chosen))

    def sorted(self, sort: Sort) -> str:
        return self.of(self.filters, sort=str(sort))

    @property
    def pages(self) -> str:
        """What the number of the first line follows."""
        return f"{self.saved}?start=" if self.saved else f"{self.of(self.filters)}&start="

    @property
    def phrase(self) -> str:
        """The same words as a phrase: a number is then searched in texts."""
        quoted = {"q": f'"{self.q}"'}
        return f"/search?{urlencode(quoted)}"


def _facets(
    found: search.Found, filters: Filters, address: _Address, by: Principal
) -> list[tuple[str, list[tuple[str, int, str]]]]:
    """Titles, and of each the values with their count and the address that narrows to them."""
    return [
        (
            wording.label("search_filter", facet.name, by.language),
            [
                (
                    one.name or _word(facet.name, one.value, by),
                    one.count,
                    address.having(facet.name, one.value),
                )
                for one in facet.values
            ],
        )
        for facet in found.facets
        if facet.name not in filters.chosen
    ]


def _word(name: str, value: str, by: Principal) -> str:
    group = search_words.VALUES.get(name)
    return wording.label(group, value, by.language) if group else value


def _said(name: str, value: Any, names: Mapping[str, str], by: Principal) -> str:
    """A chosen value in words."""
    if name in names:
        return names[name]
    if name in _DAYS:
        return _typed({name: str(value)})[name]
    return _word(name, str(value).lower() if isinstance(value, bool) else str(value), by)


def _asked(said: Mapping[str, str]) -> dict[str, str]:
    known = wording.LABELS["search_filter"]
    return {name: value for name in known if (value := forms.clean(said.get(name, ""))[:100])}


def _filters(asked: Mapping[str, str]) -> tuple[Filters, dict[str, Text]]:
    """The filters of an address or a form; a wrong one is left out, and said at its field."""
    good: dict[str, Any] = {}
    errors: dict[str, Text] = {}
    for name, value in asked.items():
        try:
            day = _day(value, name) if name in _DAYS else value
            search.of_json({name: day})
            good[name] = day
        except Invalid as error:
            errors[name] = error.message
    filters = search.of_json(good)
    if filters.first_day and filters.last_day and filters.last_day < filters.first_day:
        errors["last_day"] = t("The last day is before the first. Change one of them.")
    return filters, errors


def _day(value: str, name: str) -> Any:
    """A day as people write it, or as the API has it."""
    try:
        return search.of_json({name: value}).chosen[name]
    except Invalid:
        return forms.parse_day(value, field=name)
