"""The page of an entry: the calls that led to it or asked for it, and the appointments about it."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import appointments, contacts, registry
from docflow.contacts import Contact
from docflow.principal import Principal


def card(session: Session, entry: registry.Entry, by: Principal) -> dict[str, Any]:
    """What the card shows; the caller has checked the right to see the entry."""
    calendars = {row.id: row for row in appointments.listing(session, by=by)}
    coming = [
        (row, calendars[row.calendar_id].title)
        for row in appointments.of_entry(session, entry.id)
        if row.calendar_id in calendars and appointments.may_see(by, calendars[row.calendar_id])
    ]
    calls = [
        row
        for row in session.scalars(select(Contact).where(Contact.entry_id == entry.id))
        if contacts.may_see(by, row)
    ]
    return {
        "entry_appointments": coming,
        "entry_contacts": calls,
        "may_book": any(
            row.is_open and appointments.may_see(by, row) for row in calendars.values()
        ),
    }
