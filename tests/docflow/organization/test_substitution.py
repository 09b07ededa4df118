"""The deputy does the absent person's ordinary work, in both names, and nothing confidential."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from docflow import audit, clock, registry, routing
from docflow.organization import Appointment, DeputyScope, deputies
from docflow.registry import Grade
from docflow.routing import Basket, NotResponsible
from tests import factories
from tests.factories import Town

DAY = timedelta(days=1)


def away(session: Session, town: Town, person: str, deputy: str, **more) -> None:
    today = clock.today()
    wanted = Appointment(town.users[person], town.users[deputy], today, today + 5 * DAY, **more)
    deputies.appoint(session, wanted, by=town.person(session, "administrator"))


def charged(session: Session, town: Town, **changes) -> int:
    entry = factories.letter(session, town, **changes)
    routing.charge(
        session,
        entry.id,
        by=town.person(session, "secretary"),
        to=town.target("ΟΔΟΠ", "engineer"),
    )
    return entry.id


def in_basket(session: Session, town: Town, who: str) -> list[int]:
    by = town.person(session, who)
    return [one.id for one in routing.basket(session, Basket.MINE, by=by)]


def test_the_basket_goes_to_the_deputy_and_both_names_stand_in_the_log(
    session: Session, town: Town
) -> None:
    entry_id = charged(session, town)
    assert in_basket(session, town, "lawyer") == []
    away(session, town, "engineer", "lawyer")
    assert in_basket(session, town, "lawyer") == [entry_id]
    lawyer = town.person(session, "lawyer")
    routing.accept(session, entry_id, by=lawyer)
    row = routing.charges(session, entry_id, by=lawyer)[-1]
    assert row.accepted_by == "Ιωάννα Σταύρου"
    handling = session.get_one(registry.Handling, entry_id)
    assert handling.user_id == town.users["engineer"]  # his again when he is back
    [told] = [
        one
        for one in audit.history(session, [("entry", entry_id)])
        if one.action == "charge.accepted"
    ]
    assert told.actor_name == "Ιωάννα Σταύρου"
    assert told.details["in_place_of"] == town.users["engineer"]


def test_the_deputy_of_a_head_marks_and_charges(session: Session, town: Town) -> None:
    entry = factories.letter(session, town)
    secretary = town.person(session, "secretary")
    routing.charge(session, entry.id, by=secretary, to=town.target("ΤΥ"))
    away(session, town, "director", "lawyer")
    lawyer = town.person(session, "lawyer")
    routing.charge(session, entry.id, by=lawyer, to=town.target("ΟΔΟΠ", "engineer"))
    told = audit.history(session, [("entry", entry.id)])[-1]
    assert told.details["in_place_of"] == town.users["director"]


def test_a_deputy_who_only_signs_sees_no_basket(session: Session, town: Town) -> None:
    entry_id = charged(session, town)
    away(session, town, "engineer", "lawyer", scope=DeputyScope.SIGN)
    assert in_basket(session, town, "lawyer") == []
    with pytest.raises(registry.NoSuchEntry):
        registry.get(session, entry_id, by=town.person(session, "lawyer"))


def test_what_is_confidential_stays_with_the_person(session: Session, town: Town) -> None:
    graded = charged(session, town, grade=Grade.CONFIDENTIAL)
    away(session, town, "engineer", "lawyer")
    with pytest.raises(registry.NoSuchEntry):
        registry.get(session, graded, by=town.person(session, "lawyer"))
    assert in_basket(session, town, "lawyer") == []


def test_when_the_period_is_over_the_deputy_does_nothing_more(session: Session, town: Town) -> None:
    entry_id = charged(session, town)
    away(session, town, "engineer", "lawyer")
    with clock.pretend(clock.now() + 6 * DAY):
        assert in_basket(session, town, "lawyer") == []
        with pytest.raises((registry.NoSuchEntry, NotResponsible)):
            routing.accept(session, entry_id, by=town.person(session, "lawyer"))


def test_a_deputy_of_a_deputy_does_not_reach_the_first(session: Session, town: Town) -> None:
    charged(session, town)
    away(session, town, "engineer", "lawyer")
    with pytest.raises(deputies.DeputyOfDeputy):
        away(session, town, "lawyer", "colleague")
    assert town.person(session, "colleague").substitutions == ()
