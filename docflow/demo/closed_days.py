"""From which day on the demo's books have daily registers: the last day, made by the stack.

Two years of registers, each with a seal and a time-stamp, would take minutes of the first start.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import calendars, clock, closings
from docflow.registry import Book

_DAYS = 1  # working days: more would all be late, for nobody was there to make them


def begin(session: Session, *, zone: str) -> None:
    """Note the first day of each book; the worker makes the registers."""
    for book_id, body_id in session.execute(select(Book.id, Book.body_id).order_by(Book.id)):
        first = calendars.of(session, body_id).before(clock.today(zone), _DAYS)
        session.add(closings.RegisterStart(book_id=book_id, first_day=first, set_at=clock.now()))
