"""The calendar and the terms of a body, kept by its administrator."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, calendars, outbox
from docflow.calendars import Addressee, Country, DayUnit, Notice, OwnDay, Reminder, Rule, Terms
from docflow.errors import DocflowError
from docflow.principal import NotAllowed, Principal
from tests.factories import Town

SAINT = OwnDay("Άγιος Ανδρέας", month=11, day=30)


@pytest.fixture
def by(session: Session, town: Town) -> Principal:
    return town.person(session, "administrator")


def test_an_own_day_is_added_and_taken_away(session: Session, by: Principal) -> None:
    row = calendars.add(session, SAINT, by=by)
    assert not calendars.of(session, by.body_id).is_working(date(2026, 11, 30))
    calendars.remove(session, row.id, by=by)
    assert calendars.of(session, by.body_id).is_working(date(2026, 11, 30))
    assert row.removed_at is not None
    assert [e.action for e in audit.history(session, [("body", by.body_id)])] == [
        "calendar.day-added",
        "calendar.day-removed",
    ]
    with pytest.raises(calendars.NoSuchDay):
        calendars.remove(session, row.id, by=by)


def test_each_change_has_the_deadlines_computed_anew(session: Session, by: Principal) -> None:
    calendars.choose_country(session, Country.HUNGARY, by=by)
    calendars.choose_country(session, Country.HUNGARY, by=by)  # nothing changes
    calendars.add(session, SAINT, by=by)
    tasks = session.scalars(select(outbox.Job.task).where(outbox.Job.task == "deadlines.reckon"))
    assert len(tasks.all()) == 2
    assert calendars.of(session, by.body_id).country is Country.HUNGARY


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (replace(SAINT, name=" "), "name"),
        (replace(SAINT, name="α" * 121), "name"),
        (replace(SAINT, day=31), "day"),
        (replace(SAINT, month=0, day=0), "day"),
        (replace(SAINT, on=date(2026, 11, 30)), "on"),
        (replace(SAINT, valid_from=date(2027, 1, 1), valid_to=date(2026, 1, 1)), "valid_to"),
    ],
)
def test_what_is_no_day_is_refused(
    session: Session, by: Principal, wanted: OwnDay, field: str
) -> None:
    with pytest.raises(calendars.BadDay) as error:
        calendars.add(session, wanted, by=by)
    assert error.value.field == field


def test_a_day_stands_once(session: Session, by: Principal) -> None:
    calendars.add(session, replace(SAINT, valid_to=date(2026, 12, 31)), by=by)
    with pytest.raises(calendars.DayKnown):
        calendars.add(session, replace(SAINT, name="Άλλο"), by=by)
    calendars.add(session, replace(SAINT, valid_from=date(2027, 1, 1)), by=by)


@pytest.mark.parametrize("who", ["clerk", "secretary", "mayor"])
def test_only_the_administrator_keeps_calendar_and_terms(
    session: Session, town: Town, who: str
) -> None:
    by = town.person(session, who)
    with pytest.raises(NotAllowed):
        calendars.add(session, SAINT, by=by)
    with pytest.raises(NotAllowed):
        calendars.choose_country(session, Country.CZECHIA, by=by)
    with pytest.raises(NotAllowed):
        calendars.terms.define(session, Terms(), version=0, by=by)


def test_terms_are_kept_in_versions(session: Session, by: Principal) -> None:
    first = Terms(rules=(Rule(days=20),), competent_days=50)
    assert calendars.terms.define(session, first, version=0, by=by) == 1
    assert calendars.terms.current(session, by.body_id) == (first, 1)
    assert calendars.terms.define(session, first, version=1, by=by) == 1  # nothing changed
    with pytest.raises(calendars.TermsChanged):
        calendars.terms.define(session, Terms(), version=0, by=by)
    assert calendars.terms.define(session, Terms(), version=1, by=by) == 2


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (Terms(rules=(Rule(),)), "rule.0.days"),
        (Terms(rules=(Rule(days=5), Rule(days=6))), "rule.1.kind"),
        (Terms(rules=(Rule(kind="nothing", days=5),)), "rule.0.kind"),
        (Terms(rules=(Rule(priority="soon", days=5),)), "rule.0.priority"),
        (Terms(reminders=(Reminder(1, Addressee.HEAD),) * 2), "reminder.1.days"),
        (Terms(reminders=(Reminder(9999, Addressee.HEAD),)), "reminder.0.days"),
        (Terms(extension_days=-1), "extension_days"),
        (Terms(reminder_reach=0), "reminder_reach"),
        (Terms(competent_days=0), "competent_days"),
        (Terms(delay=Notice(el="{body.__class__}")), "delay_el"),
        (Terms(forwarded=Notice(en="{")), "forwarded_en"),
        (Terms(delay=Notice(en="α" * 2001)), "delay_en"),
    ],
)
def test_terms_that_cannot_be_used_are_refused(
    session: Session, by: Principal, terms: Terms, field: str
) -> None:
    with pytest.raises(DocflowError) as error:
        calendars.terms.define(session, terms, version=0, by=by)
    assert isinstance(error.value, calendars.BadTerms)
    assert error.value.field == field


def test_the_rule_of_the_kind_counts_before_that_of_the_priority() -> None:
    rules = (
        Rule(days=30),
        Rule(priority="urgent", days=10),
        Rule(kind="aitisi", days=50, unit=DayUnit.CALENDAR),
        Rule(kind="aitisi", priority="urgent", days=3),
    )
    terms = Terms(rules=rules)
    found = [
        getattr(terms.rule(kind, priority), "days", None)
        for kind, priority in (
            ("", "normal"),
            ("other", "urgent"),
            ("aitisi", "normal"),
            ("aitisi", "urgent"),
        )
    ]
    assert found == [30, 10, 50, 3]
    assert Terms().rule("aitisi", "urgent") is None
