"""Names and words of contacts and appointments go when nobody needs them any more.

That there was a contact, over which channel and how soon it was answered, stays for the figures;
a request that was registered is kept by its entry, and is gone here so long after its entry ended.
Source: GDPR art. 5 par. 1 e, 17.
"""

from datetime import timedelta

from sqlalchemy import and_, exists, or_, update
from sqlalchemy.orm import Session

from docflow import clock, outbox, registry, schedule
from docflow.appointments import Appointment
from docflow.contacts.log import LIVE
from docflow.contacts.models import Contact, ContactState
from docflow.registry import Handling, HandlingState

TASK = "contacts.forget"


@outbox.job(TASK)
def forget(run: outbox.Run) -> None:
    """Forget what is older than the setting `contact_days` says."""
    with run.office.db.begin() as session:
        forget_before(session, days=run.office.settings.contact_days)


def forget_before(session: Session, *, days: int) -> None:
    """Empty the personal data of what ended so many days ago."""
    before = clock.now() - timedelta(days=days)
    ended_there = exists().where(
        Handling.entry_id == Contact.entry_id,
        Handling.state == HandlingState.CLOSED,
        Handling.closed_at < before,
    )
    session.execute(
        update(Contact)
        .where(
            Contact.changed_at < before,
            or_(
                Contact.state.not_in([str(state) for state in LIVE]),
                and_(Contact.state == ContactState.PASSED, ended_there),
            ),
            or_(Contact.full_name != "", Contact.party_id.is_not(None), Contact.note != ""),
        )
        .values(full_name="", phone="", email="", subject="", note="", party_id=None)
    )
    session.execute(
        update(Appointment)
        .where(Appointment.ends_at < before, Appointment.full_name != "")
        .values(
            full_name="", phone="", email="", subject="", reason="", party_id=None, account_id=None
        )
    )


@registry.after_erasure
def unlink(session: Session, entry: registry.Entry) -> None:
    """The words about an erased entry go with it in the database; here, whose they were."""
    session.execute(update(Contact).where(Contact.entry_id == entry.id).values(party_id=None))
    session.execute(
        update(Appointment)
        .where(Appointment.entry_id == entry.id)
        .values(party_id=None, account_id=None)
    )


schedule.every(TASK, timedelta(hours=24))
