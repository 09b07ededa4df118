"""The calendar of the demo municipality, and the terms of its deadlines."""

from sqlalchemy.orm import Session

from docflow import calendars
from docflow.calendars import Addressee, DayUnit, OwnDay, Reminder, Rule, Terms
from docflow.demo.house import House

_FIFTY = Rule(kind="aitisi", days=50, unit=DayUnit.CALENDAR, is_statutory=True)
_RULES = (
    _FIFTY,  # ν. 2690/1999 art. 4, as amended
    Rule(kind="pistopoiitiko", days=10, unit=DayUnit.CALENDAR, is_statutory=True),
    Rule(kind="kataggelia", days=20),
    Rule(kind="kataggelia", priority="very-urgent", days=3),
)


def begin(session: Session, house: House) -> None:
    """The day of the patron saint, and days by kind."""
    by = next(person for person in house.people.values() if person.is_administrator)
    calendars.add(session, OwnDay("Άγιος Ανδρέας, πολιούχος", month=11, day=30), by=by)
    reminders = (
        Reminder(-5, Addressee.HANDLER),
        Reminder(-1, Addressee.HANDLER),
        Reminder(1, Addressee.HEAD),
        Reminder(5, Addressee.DIRECTOR),
    )
    terms = Terms(rules=_RULES, reminders=reminders, extensions=2, competent_days=50)
    calendars.terms.define(session, terms, version=0, by=by)
