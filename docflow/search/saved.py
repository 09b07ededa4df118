"""Searches that a person keeps: his own, with or without an alert.

A saved search holds what is asked, never what was found. Whoever opens it sees what is his to see
at that moment; the hits known until now only tell which are new.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow import audit, clock, notices, registry
from docflow.errors import Conflict, Invalid, NotFound
from docflow.folding import fold, line
from docflow.i18n import Text, t
from docflow.principal import Principal
from docflow.registry import Entry
from docflow.search import service, typed
from docflow.search.filters import Filters, of_json
from docflow.search.models import Alert, SavedSearch, SavedSearchHit
from docflow.search.sight import MOST

MOST_SAVED = 50
LONGEST_NAME = 100
ABOUT = "saved-search"


class NoSuchSearch(NotFound):
    """You keep no such search."""


class BadSearchName(Invalid):
    """A saved search needs a name."""


class SearchExists(Conflict):
    """You keep a search of this name already."""


class NothingAsked(Invalid):
    """There is nothing to save."""


class TooManySearches(Conflict):
    """You keep as many searches as can be kept."""


class TooBroad(Invalid):
    """The search finds too much for an alert."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved search of the person; `new` counts the hits that came since he last opened it, of
    those that he may see now.
    """

    id: int
    name: str
    query: str
    filters: Filters
    alert: Alert
    made_at: datetime
    looked_at: datetime
    new: int


def save(
    session: Session,
    *,
    name: str,
    query: str,
    filters: Filters,
    alert: Alert,
    by: Principal,
    zone: str,
) -> int:
    """Keep a search; its id. Raises BadSearchName, NothingAsked, SearchExists, TooBroad,
    TooManySearches.
    """
    by.require_scope("route")
    clean = _name(name)
    if not typed.parse(query).text and not filters.chosen:
        raise NothingAsked(t("Search for something first, then save the search."), field="q")
    count = select(func.count()).where(SavedSearch.user_id == by.person_id)
    if (session.scalar(count) or 0) >= MOST_SAVED:
        raise TooManySearches(
            t("You keep {max} searches. Remove one that you need no more.", max=MOST_SAVED)
        )
    wanted = {"query": typed.clean(query), "filters": filters.as_json()}
    known = _known_now(session, wanted, alert, by=by, zone=zone)
    search_id: int | None = session.scalar(
        insert(SavedSearch)
        .values(user_id=by.person_id, name=clean, name_key=fold(clean), wanted=wanted, alert=alert)
        .on_conflict_do_nothing()
        .returning(SavedSearch.id)
    )
    if search_id is None:
        raise SearchExists(
            t("You keep a search “{name}” already. Choose another name.", name=clean), field="name"
        )
    _know(session, search_id, known, is_new=False)
    audit.record(session, "search.saved", by=by, subject=(ABOUT, search_id), alert=alert)
    return search_id


def change(
    session: Session, search_id: int, *, name: str, alert: Alert, by: Principal, zone: str
) -> None:
    """Give a saved search another name, or another alert. Raises as `save`, and NoSuchSearch."""
    row, clean = _held(session, search_id, by), _name(name)
    taken = select(SavedSearch.id).where(
        SavedSearch.user_id == by.person_id,
        SavedSearch.name_key == fold(clean),
        SavedSearch.id != search_id,
    )
    if session.scalar(taken) is not None:
        raise SearchExists(
            t("You keep a search “{name}” already. Choose another name.", name=clean), field="name"
        )
    if alert is not Alert.NONE and row.alert == Alert.NONE:
        known = _known_now(session, row.wanted, alert, by=by, zone=zone)
        session.execute(delete(SavedSearchHit).where(SavedSearchHit.search_id == search_id))
        _know(session, search_id, known, is_new=False)
        row.looked_at = clock.now()
    row.name, row.name_key, row.alert = clean, fold(clean), alert
    audit.record(session, "search.changed", by=by, subject=(ABOUT, search_id), alert=alert)


def remove(session: Session, search_id: int, *, by: Principal) -> None:
    """Forget a saved search with what it knows. Raises NoSuchSearch."""
    row = _held(session, search_id, by)
    notices.settle(session, about=(ABOUT, search_id), kinds=[notices.NoticeKind.SEARCH_ALERT])
    session.execute(delete(SavedSearchHit).where(SavedSearchHit.search_id == search_id))
    session.delete(row)
    audit.record(session, "search.removed", by=by, subject=(ABOUT, search_id))


def listing(session: Session, *, by: Principal) -> list[Saved]:
    """The person's saved searches by name."""
    by.require_scope("read")
    query = (
        select(SavedSearch)
        .where(SavedSearch.user_id == by.person_id)
        .order_by(SavedSearch.name_key)
    )
    return _told(session, session.scalars(query).all(), by)


def get(session: Session, search_id: int, *, by: Principal) -> Saved:
    """One of the person's saved searches. Raises NoSuchSearch."""
    by.require_scope("read")
    return _told(session, [_own(session, search_id, by)], by)[0]


def opened(session: Session, search_id: int, *, by: Principal) -> list[int]:
    """The ids of the hits that are new to the owner; from now on they are not.

    Raises NoSuchSearch.
    """
    row = _held(session, search_id, by)
    row.opened_at = clock.now()
    seen = update(SavedSearchHit).where(
        SavedSearchHit.search_id == search_id, SavedSearchHit.is_new
    )
    ids = session.scalars(
        seen.values(is_new=False)
        .returning(SavedSearchHit.entry_id)
        .execution_options(synchronize_session=False)
    ).all()
    notices.settle(session, about=(ABOUT, search_id), kinds=[notices.NoticeKind.SEARCH_ALERT])
    return list(ids)


def find_new(session: Session, row: SavedSearch, *, by: Principal, zone: str) -> int:
    """Look for hits that the search did not have yet; how many there are. The row is held."""
    ids, _ = _hits(session, row.wanted, by=by, zone=zone)
    known = set(
        session.scalars(
            select(SavedSearchHit.entry_id).where(
                SavedSearchHit.search_id == row.id, SavedSearchHit.entry_id.in_(ids)
            )
        )
    )
    fresh = [entry_id for entry_id in ids if entry_id not in known]
    _know(session, row.id, fresh, is_new=True)
    row.looked_at = clock.now()
    return len(fresh)


@notices.describes(ABOUT)
def subjects(session: Session, ids: Sequence[int], by: Principal) -> Mapping[int, notices.Subject]:
    """Saved searches in notices: for their owner alone, and no word of them in a mail."""
    rows = session.scalars(
        select(SavedSearch).where(SavedSearch.id.in_(ids), SavedSearch.user_id == by.user_id)
    )
    return {
        saved.id: notices.Subject(name=_words(saved), page=f"/searches/{saved.id}")
        for saved in _told(session, rows.all(), by)
    }


def _words(saved: Saved) -> Text:
    return t("{name}: new hits: {n}", name=saved.name, n=saved.new)


def _told(session: Session, rows: Sequence[SavedSearch], by: Principal) -> list[Saved]:
    ids = [row.id for row in rows]
    fresh = session.execute(
        select(SavedSearchHit.search_id, func.count())
        .join(Entry, Entry.id == SavedSearchHit.entry_id)
        .where(SavedSearchHit.search_id.in_(ids), SavedSearchHit.is_new, registry.visible_to(by))
        .group_by(SavedSearchHit.search_id)
    )
    counts = {search_id: count for search_id, count in fresh}
    return [
        Saved(
            id=row.id,
            name=row.name,
            query=row.wanted["query"],
            filters=of_json(row.wanted["filters"]),
            alert=Alert(row.alert),
            made_at=row.made_at,
            looked_at=row.looked_at,
            new=counts.get(row.id, 0),
        )
        for row in rows
    ]


def _known_now(
    session: Session, wanted: Mapping[str, object], alert: Alert, *, by: Principal, zone: str
) -> list[int]:
    """What an alert shall not tell of, because it is found now already. Raises TooBroad."""
    if alert is Alert.NONE:
        return []
    ids, is_more = _hits(session, wanted, by=by, zone=zone)
    if is_more:
        raise TooBroad(
            t(
                "This search finds more than {max} entries: an alert would tell of something "
                "every hour. Add words or filters, or save it without an alert.",
                max=MOST,
            ),
            field="alert",
        )
    return ids


def _know(session: Session, search_id: int, ids: Sequence[int], *, is_new: bool) -> None:
    if not ids:
        return
    now = clock.now()
    rows = [
        {"search_id": search_id, "entry_id": entry_id, "found_at": now, "is_new": is_new}
        for entry_id in ids
    ]
    session.execute(insert(SavedSearchHit).values(rows).on_conflict_do_nothing())


def _hits(
    session: Session, wanted: Mapping[str, object], *, by: Principal, zone: str
) -> tuple[list[int], bool]:
    filters = wanted["filters"]
    assert isinstance(filters, dict)
    return service.ids(session, str(wanted["query"]), of_json(filters), by=by, zone=zone)


def _own(session: Session, search_id: int, by: Principal, *, lock: bool = False) -> SavedSearch:
    query = select(SavedSearch).where(
        SavedSearch.id == search_id, SavedSearch.user_id == by.person_id
    )
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NoSuchSearch(t("You keep no such search. It may have been removed."))
    return row


def _held(session: Session, search_id: int, by: Principal) -> SavedSearch:
    by.require_scope("route")
    return _own(session, search_id, by, lock=True)


def _name(name: str) -> str:
    clean = line(name)
    if not 1 <= len(clean) <= LONGEST_NAME:
        raise BadSearchName(
            t("Write a name of at most {max} characters.", max=LONGEST_NAME), field="name"
        )
    return clean
