"""Who acts for whom, from when to when; never a deputy of a deputy (domain rows 55, 68)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from docflow import audit, clock
from docflow.organization import (
    Appointment,
    BadDeputy,
    Deputy,
    DeputyOfDeputy,
    DeputyScope,
    NoSuchDeputy,
    NotAllowed,
    deputies,
)
from tests.factories import Town, municipality

DAY = timedelta(days=1)


def appointed(
    session: Session, town: Town, person: str, deputy: str, by: str = "administrator", **more: Any
) -> Deputy:
    today = clock.today()
    values = {"valid_from": today, "valid_to": today + 5 * DAY, **more}
    wanted = Appointment(town.users[person], town.users[deputy], **values)
    return deputies.appoint(session, wanted, by=town.person(session, by))


@pytest.mark.parametrize(
    ("by", "person", "may"),
    [
        ("administrator", "mayor", True),
        ("mayor", "mayor", True),
        ("director", "director", True),
        ("director", "engineer", True),  # of a unit below his
        ("director", "secretary", False),
        ("director", "mayor", False),
        ("engineer", "engineer", False),
        ("clerk", "mayor", False),
        ("auditor", "mayor", False),
    ],
)
def test_an_administrator_a_head_or_the_head_himself_appoints(
    session: Session, town: Town, by: str, person: str, may: bool
) -> None:
    if may:
        row = appointed(session, town, person, "confidant", by=by)
        assert [one.id for one in deputies.acting_for(session, town.users["confidant"])] == [row.id]
    else:
        with pytest.raises(NotAllowed):
            appointed(session, town, person, "confidant", by=by)


def test_nobody_is_his_own_deputy(session: Session, town: Town) -> None:
    with pytest.raises(BadDeputy, match="his own deputy"):
        appointed(session, town, "mayor", "mayor")


def test_nobody_makes_himself_a_deputy(session: Session, town: Town) -> None:
    """An administrator would read what waits for the mayor."""
    with pytest.raises(BadDeputy, match="makes himself"):
        appointed(session, town, "mayor", "administrator")


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [(-9, -1, "period is over"), (3, 1, "last day is before the first")],
)
def test_a_period_that_is_over_or_backwards_is_refused(
    session: Session, town: Town, start: int, end: int, said: str
) -> None:
    today = clock.today()
    with pytest.raises(BadDeputy, match=said):
        appointed(
            session,
            town,
            "mayor",
            "director",
            valid_from=today + start * DAY,
            valid_to=today + end * DAY,
        )


@pytest.mark.parametrize("order", ["deputy-first", "deputy-of-deputy-first"])
def test_a_deputy_has_no_deputy_in_the_same_days(session: Session, town: Town, order: str) -> None:
    pairs = [("mayor", "director"), ("director", "engineer")]
    if order == "deputy-of-deputy-first":
        pairs.reverse()
    appointed(session, town, *pairs[0])
    with pytest.raises(DeputyOfDeputy):
        appointed(session, town, *pairs[1])
    later = {"valid_from": clock.today() + 6 * DAY, "valid_to": clock.today() + 7 * DAY}
    assert appointed(session, town, *pairs[1], **later).id


def test_the_database_refuses_a_chain_too(session: Session, town: Town) -> None:
    row = appointed(session, town, "mayor", "director")
    session.flush()
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(
            text(
                "INSERT INTO deputies (body_id, person_id, deputy_id, valid_from, valid_to, scope,"
                " acts_as, authority, appointed_by, appointed_at)"
                " SELECT body_id, deputy_id, :other, valid_from, valid_to, scope, acts_as,"
                " '', appointed_by, now() FROM deputies"
                " WHERE id = :id"
            ),
            {"other": town.users["engineer"], "id": row.id},
        )


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE deputies SET valid_to = valid_to + 30",
        "UPDATE deputies SET scope = 'all', deputy_id = deputy_id + 1",
        "DELETE FROM deputies",
    ],
)
def test_an_appointment_is_not_rewritten(session: Session, town: Town, change: str) -> None:
    appointed(session, town, "mayor", "director", scope=DeputyScope.SIGN)
    session.flush()
    with (
        pytest.raises((IntegrityError, ProgrammingError), match=r"appointment|permission"),
        session.begin_nested(),
    ):
        session.execute(text(change))


def test_an_appointment_that_ended_holds_no_more(session: Session, town: Town) -> None:
    row = appointed(session, town, "mayor", "director")
    deputies.end(session, row.id, by=town.person(session, "mayor"))
    assert deputies.acting_for(session, town.users["director"]) == []
    with pytest.raises(BadDeputy, match="ended already"):
        deputies.end(session, row.id, by=town.person(session, "mayor"))


def test_a_stranger_neither_sees_nor_ends_an_appointment(session: Session, town: Town) -> None:
    row = appointed(session, town, "mayor", "director")
    with pytest.raises(NoSuchDeputy):
        deputies.end(session, row.id, by=town.person(session, "lawyer"))
    seen = {
        who: len(deputies.deputies(session, by=town.person(session, who)))
        for who in ("mayor", "director", "administrator", "auditor", "lawyer", "secretary")
    }
    assert seen == {
        "mayor": 1,
        "director": 1,
        "administrator": 1,
        "auditor": 1,
        "lawyer": 0,
        "secretary": 0,
    }


def test_people_of_another_body_are_no_deputies(session: Session, town: Town) -> None:
    other = municipality(session, code="allos")
    today = clock.today()
    wanted = Appointment(town.users["mayor"], other.users["director"], today, today)
    with pytest.raises(BadDeputy, match="of this body"):
        deputies.appoint(session, wanted, by=town.person(session, "administrator"))


def test_an_appointment_is_in_the_trail(session: Session, town: Town) -> None:
    row = appointed(session, town, "mayor", "director", authority="Απόφαση 12/2026")
    deputies.end(session, row.id, by=town.person(session, "administrator"))
    session.flush()
    events = audit.history(session, [("user", town.users["mayor"])])
    assert [event.action for event in events] == ["deputy.appointed", "deputy.ended"]
    assert events[0].details["person"] == town.users["director"]
    assert "Απόφαση" not in str(events[0].details)
