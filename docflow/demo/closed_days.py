"""From which day on the demo's books have daily registers: the last day, made by the stack.

Two years of registers, each with a seal and a time-stamp, would take minutes of the first start.
"""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import clock, closings, workdays
from docflow.registry import Book

_DAYS = 1  # working days: more would all be late, for nobody was there to make them


def begin(session: Session, *, zone: str) -> None:
    """Note the first day of each book; the worker makes the registers."""
    first = _back(clock.today(zone), _DAYS)
    for book_id in session.scalars(select(Book.id).order_by(Book.id)).all():
        session.add(closings.RegisterStart(book_id=book_id, first_day=first, set_at=clock.now()))


def _back(day: date, count: int) -> date:
    while count:
        day -= timedelta(days=1)
        count -= workdays.is_working(day)
    return day
