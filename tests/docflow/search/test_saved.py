"""Saved searches: one's own, with an alert of what comes later and may be seen then."""

from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from docflow import notices, organization, outbox, registry, routing, search
from docflow.office import Office
from docflow.search import Alert, Filters, saved, sight
from docflow.search.alerts import look_for_new
from tests import factories
from tests.factories import Town

WORD = "αγκινάρα"


def save(session: Session, town: Town, who: str = "lawyer", **changes: object) -> int:
    how = {"name": "Δικά μου", "query": WORD, "filters": Filters(), "alert": Alert.AT_ONCE}
    by = town.person(session, who)
    return saved.save(session, **{**how, **changes}, by=by, zone=factories.ZONE)  # type: ignore[arg-type]


def told(session: Session, town: Town, who: str = "lawyer") -> list[str]:
    """The unread notices of saved searches, as the person reads them."""
    by = town.person(session, who)
    rows = session.scalars(
        select(notices.Notice).where(
            notices.Notice.user_id == by.user_id,
            notices.Notice.about_type == saved.ABOUT,
            notices.Notice.read_at.is_(None),
        )
    )
    return [str(saved.subjects(session, [row.about_id], by)[row.about_id].name) for row in rows]


def charged(session: Session, town: Town, unit: str = "ΝΟΜ") -> int:
    entry = factories.letter(session, town, subject=WORD)
    by = town.person(session, "secretary")
    routing.charge(session, entry.id, by=by, to=town.target(unit))
    return entry.id


def test_an_alert_tells_of_what_comes_into_sight_and_once(office: Office, town: Town) -> None:
    run = outbox.Run(office, 1, 1)
    with office.db.begin() as session:
        charged(session, town)
        search_id = save(session, town)
    look_for_new(run)
    with office.db.begin() as session:
        assert told(session, town) == [], "what was there when it was saved is not new"
        closed = factories.letter(session, town, subject=WORD)
    look_for_new(run)
    with office.db.begin() as session:
        assert told(session, town) == [], "nor what the owner may not see"
        by = town.person(session, "secretary")
        routing.charge(session, closed.id, by=by, to=town.target("ΝΟΜ"))
    look_for_new(run)
    look_for_new(run)
    with office.db.begin() as session:
        assert told(session, town) == ["Δικά μου: new hits: 1"]
        lawyer = town.person(session, "lawyer")
        [kept] = saved.listing(session, by=lawyer)
        assert (kept.id, kept.new) == (search_id, 1)
        assert saved.opened(session, search_id, by=lawyer) == [closed.id]
        assert told(session, town) == []
        assert saved.get(session, search_id, by=lawyer).new == 0


def test_a_hit_that_was_taken_out_of_sight_is_not_counted(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        search_id = save(session, town)
        entry_id = charged(session, town)
    look_for_new(outbox.Run(office, 1, 1))
    with office.db.begin() as session:
        session.execute(text("DELETE FROM entry_access WHERE entry_id = :id"), {"id": entry_id})
        lawyer = town.person(session, "lawyer")
        assert saved.get(session, search_id, by=lawyer).new == 0


def test_the_owner_of_a_closed_account_is_told_nothing(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        save(session, town)
        charged(session, town)
        session.get_one(organization.User, town.users["lawyer"]).is_active = False
    look_for_new(outbox.Run(office, 1, 1))
    with office.db.begin() as session:
        assert session.scalars(select(search.SavedSearchHit)).all() == []
        session.get_one(organization.User, town.users["lawyer"]).is_active = True
        session.execute(text("UPDATE saved_searches SET looked_at = now() - interval '1 day'"))
    look_for_new(outbox.Run(office, 1, 1))
    with office.db.begin() as session:
        assert told(session, town) == ["Δικά μου: new hits: 1"]


def test_a_search_that_fails_keeps_no_other_waiting(
    office: Office, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    with office.db.begin() as session:
        broken = save(session, town, name="Χαλασμένη")
        save(session, town)
        charged(session, town)
    find = saved.find_new

    def failing(session: Session, row: search.SavedSearch, **more: Any) -> int:
        if row.id == broken:
            session.execute(text("SELECT 1/0"))
        return find(session, row, **more)

    monkeypatch.setattr(saved, "find_new", failing)
    look_for_new(outbox.Run(office, 1, 1))
    with office.db.begin() as session:
        assert told(session, town) == ["Δικά μου: new hits: 1"]


def test_the_alert_of_the_day_waits_for_the_morning(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        save(session, town, alert=Alert.DAILY)
        charged(session, town)
    look_for_new(outbox.Run(office, 1, 1))
    with office.db.begin() as session:
        assert told(session, town) == []
        session.execute(text("UPDATE saved_searches SET looked_at = now() - interval '2 days'"))
    look_for_new(outbox.Run(office, 1, 1))
    with office.db.begin() as session:
        # Before six in the morning it is left for later.
        hour = session.scalar(text("SELECT extract(hour FROM now() AT TIME ZONE 'Europe/Athens')"))
        assert told(session, town) == ([] if int(hour or 0) < 6 else ["Δικά μου: new hits: 1"])


def test_a_search_is_its_owners_alone(session: Session, town: Town) -> None:
    search_id = save(session, town)
    other = town.person(session, "clerk")
    assert saved.listing(session, by=other) == []
    for act in (saved.get, saved.remove, saved.opened):
        with pytest.raises(search.NoSuchSearch):
            act(session, search_id, by=other)
    assert saved.subjects(session, [search_id], other) == {}


def test_what_cannot_be_saved(
    session: Session, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(session, town)
    with pytest.raises(search.SearchExists):
        save(session, town, name="ΔΙΚΆ ΜΟΥ")
    with pytest.raises(search.BadSearchName):
        save(session, town, name=" ")
    with pytest.raises(search.NothingAsked):
        save(session, town, name="Τίποτα", query=" ")
    charged(session, town)
    charged(session, town)
    monkeypatch.setitem(sight.of_query.__kwdefaults__, "most", 1)
    with pytest.raises(search.TooBroad):
        save(session, town, name="Όλα")
    kept = save(session, town, name="Όλα", alert=Alert.NONE)
    lawyer = town.person(session, "lawyer")
    with pytest.raises(search.TooBroad):
        saved.change(session, kept, name="Όλα", alert=Alert.DAILY, by=lawyer, zone=factories.ZONE)
    with pytest.raises(search.SearchExists):
        saved.change(
            session, kept, name="Δικά μου", alert=Alert.NONE, by=lawyer, zone=factories.ZONE
        )
    saved.remove(session, kept, by=lawyer)
    assert [one.name for one in saved.listing(session, by=lawyer)] == ["Δικά μου"]
    monkeypatch.setattr(saved, "MOST_SAVED", 1)
    with pytest.raises(search.TooManySearches):
        save(session, town, name="Άλλη")


def test_a_saved_search_keeps_its_filters(session: Session, town: Town) -> None:
    filters = search.of_json({"state": "charged", "first_day": "2026-01-31", "has_files": "false"})
    search_id = save(session, town, filters=filters, query="")
    kept = saved.get(session, search_id, by=town.person(session, "lawyer"))
    assert kept.filters == filters
    assert kept.filters.chosen["state"] == registry.HandlingState.CHARGED
