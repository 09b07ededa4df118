"""The job that ends reservations whose time is over, at midnight and after every hour."""

from datetime import timedelta

from docflow import outbox, schedule
from docflow.registry import reservations

schedule.every("registry.end_reservations", timedelta(minutes=15))


@outbox.job("registry.end_reservations")
def end_reservations(run: outbox.Run) -> None:
    """Annul the numbers that were promised and not used in time, a few at a time."""
    while True:
        with run.office.db.begin() as session:
            if not reservations.end_expired(session, limit=50):
                return
