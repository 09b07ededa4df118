"""/api/v1/search and /saved-searches: finding entries, and searches that are kept."""

import hashlib
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import TheOffice
from api.v1 import reads, shapes
from api.v1.fields import Body, Code, Day, Id, Line
from api.v1.reads import Cursor, Limit, ReadRoute
from api.v1.security import Reader, Router
from docflow import registry, search
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter(tags=["search"], route_class=ReadRoute)


class FilterBody(Body):
    """What narrows a search; days are those of the office."""

    first_day: Day | None = Field(None, description="Registered on this day or later.")
    last_day: Day | None = Field(None, description="Registered on this day or before.")
    year: Annotated[int, Field(ge=1, le=9999)] | None = None
    book: Code | None = None
    direction: registry.Direction | None = None
    state: search.State | None = Field(None, description="As handled; or `annulled`.")
    unit_id: Id | None = Field(None, description="With this unit now.")
    user_id: Id | None = Field(None, description="With this person now.")
    kind: Code | None = Field(None, description="Code of a kind of document.")
    channel: registry.DeliveryMethod | None = None
    has_files: bool | None = None
    language: Literal["el", "en", "hu", "cs", "de", "fr"] | None = Field(
        None, description="Of the text of files, or of the subject."
    )

    def value(self) -> search.Filters:
        said = {name: getattr(self, name) for name in FilterBody.model_fields}
        return search.Filters(**{name: one for name, one in said.items() if one is not None})


class Asked(FilterBody):
    """A search: a query, filters, or both."""

    q: Annotated[str, Field(max_length=5_000)] = Field(
        "",
        description="A number (`1234`, `1234/2026`, `ΕΞ 1234`), a code, the text of a QR, an ΑΦΜ, "
        'a mail address, words, `"a phrase"`, `-without`.',
        examples=["αίτηση οδοστρώματος"],
    )
    sort: search.Sort = search.Sort.RELEVANCE
    cursor: Cursor = None
    limit: Limit = 25


class Hit(BaseModel):
    """An entry that was found; found words are marked ⟦so⟧."""

    entry: shapes.Line
    subject: str = Field(description="The subject, with the found words marked.")
    passage: str = Field(description="Text of a page around the found words; or empty.")
    file: int | None = Field(description="Position of the file that the passage is of.")
    page: int | None = Field(description="Its page.")


class FacetValue(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    value: str = Field(description="As the filter of the same name takes it.")
    count: int
    name: str = Field(description="Of a unit, person, kind or book; else empty.")


class Facet(BaseModel):
    """How many of the hits have each value of a filter."""

    model_config = ConfigDict(from_attributes=True)

    name: str = Field(examples=["unit_id"])
    values: list[FacetValue]


class CaseFileFound(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    code: str
    title: str


class Found(BaseModel):
    total: int = Field(description="Hits; at most 1,000 are counted.")
    is_more: bool = Field(description="There are more than `total`; these are the newest.")
    is_cited: bool = Field(description="The query is a number or code, and these bear it.")
    items: list[Hit]
    facets: list[Facet] = Field(description="Counted over `total` hits.")
    case_files: list[CaseFileFound]
    next_cursor: str | None


@router.get("/search")
def find(asked: Annotated[Asked, Query()], by: Reader, office: TheOffice) -> Found:
    """Entries that the caller may see, by number, reference, name, or words of subject and files.

    Blind to case, accents, polytonic and final sigma; words are found in any form.
    """
    wanted = asked.value()
    mark = repr((asked.q, asked.sort, sorted(wanted.as_json().items())))
    place = "search:" + hashlib.sha256(mark.encode()).hexdigest()[:16]
    begin = reads.position(office, by, place, asked.cursor) or 0
    with office.db.read() as session:
        found = search.search(
            session,
            asked.q,
            by=by,
            filters=wanted,
            sort=asked.sort,
            zone=office.settings.zone,
            offset=begin,
            limit=asked.limit,
        )
    end = begin + len(found.hits)
    more = bool(found.hits) and end < found.total
    return _shape(found, reads.cursor(office, by, place, end) if more else None)


def _shape(found: search.Found, next_cursor: str | None) -> Found:
    return Found(
        total=found.total,
        is_more=found.is_more,
        is_cited=found.is_cited,
        items=[
            Hit(
                entry=shapes.Line.model_validate(hit.line),
                subject=hit.subject or hit.line.subject,
                passage=hit.passage,
                file=hit.file,
                page=hit.page,
            )
            for hit in found.hits
        ],
        facets=[Facet.model_validate(one) for one in found.facets],
        case_files=[CaseFileFound.model_validate(one) for one in found.case_files],
        next_cursor=next_cursor,
    )


class Suggestion(BaseModel):
    """What could be meant. A number brings its entry; names and subjects are searched for."""

    what: Literal["number", "party", "subject"]
    text: str
    entry: shapes.Line | None


@router.get("/search/suggestions")
def suggestions(
    q: Annotated[str, Query(max_length=100)], by: Reader, office: TheOffice
) -> list[Suggestion]:
    """What begins as typed, of entries that the caller may see."""
    with office.db.read() as session:
        found = search.suggest(session, q, by=by, zone=office.settings.zone)
    return [
        Suggestion(
            what=one.what.value,
            text=one.text,
            entry=shapes.Line.model_validate(one.line) if one.line else None,
        )
        for one in found
    ]


class NewSearch(Body):
    """A search to be kept. An alert tells of hits that come later."""

    name: Line
    q: Line = ""
    filters: FilterBody = Field(default_factory=lambda: FilterBody.model_validate({}))
    alert: search.Alert = search.Alert.NONE


class ChangedSearch(Body):
    name: Line
    alert: search.Alert


class SavedSearch(BaseModel):
    """A search that the caller keeps; nobody else sees it."""

    id: int
    name: str
    q: str
    filters: dict[str, Any]
    alert: search.Alert
    made_at: datetime
    looked_at: datetime = Field(description="When it was last looked for new hits.")
    new: int = Field(description="Hits since the caller last opened it, that he may see now.")


class SavedSearches(BaseModel):
    items: list[SavedSearch]


@router.get("/saved-searches")
def listing(by: Reader, office: TheOffice) -> SavedSearches:
    """The caller's saved searches by name."""
    with office.db.read() as session:
        found = search.saved.listing(session, by=by)
    return SavedSearches(items=[_saved(one) for one in found])


@router.post("/saved-searches", status_code=201)
def save(body: NewSearch, by: Router, office: TheOffice, response: Response) -> SavedSearch:
    """Keep a search. One with an alert may find at most 1,000 entries now."""
    with office.db.begin() as session:
        search_id = search.saved.save(
            session,
            name=body.name,
            query=body.q,
            filters=body.filters.value(),
            alert=body.alert,
            by=by,
            zone=office.settings.zone,
        )
    response.headers["Location"] = f"/api/v1/saved-searches/{search_id}"
    return _read(office, search_id, by)


@router.get("/saved-searches/{search_id}")
def read(search_id: Id, by: Reader, office: TheOffice) -> SavedSearch:
    """One saved search, without doing it."""
    return _read(office, search_id, by)


@router.post("/saved-searches/{search_id}/hits")
def hits(search_id: Id, by: Router, office: TheOffice, limit: Limit = 25) -> Found:
    """Do a saved search now, the newest first; what was new to the caller is so no longer."""
    with office.db.begin() as session:
        known = search.saved.get(session, search_id, by=by)
        search.saved.opened(session, search_id, by=by)
        found = search.search(
            session,
            known.query,
            by=by,
            filters=known.filters,
            sort=search.Sort.NEWEST,
            zone=office.settings.zone,
            limit=limit,
        )
    return _shape(found, None)


@router.put("/saved-searches/{search_id}")
def change(search_id: Id, body: ChangedSearch, by: Router, office: TheOffice) -> SavedSearch:
    """Another name or alert."""
    with office.db.begin() as session:
        search.saved.change(
            session,
            search_id,
            name=body.name,
            alert=body.alert,
            by=by,
            zone=office.settings.zone,
        )
    return _read(office, search_id, by)


@router.delete("/saved-searches/{search_id}", status_code=204)
def remove(search_id: Id, by: Router, office: TheOffice) -> None:
    """Forget a saved search."""
    with office.db.begin() as session:
        search.saved.remove(session, search_id, by=by)


def _read(office: Office, search_id: int, by: Principal) -> SavedSearch:
    with office.db.read() as session:
        return _saved(search.saved.get(session, search_id, by=by))


def _saved(one: search.Saved) -> SavedSearch:
    return SavedSearch(
        id=one.id,
        name=one.name,
        q=one.query,
        filters=one.filters.as_json(),
        alert=one.alert,
        made_at=one.made_at,
        looked_at=one.looked_at,
        new=one.new,
    )
