"""Filling an empty database with the demo municipality.

What is past is one transaction: an interrupted creation leaves the database empty, and the next
try begins anew. Then come the answers of today, with true signatures and time-stamps, each step in
its own transaction; if these break off, a working municipality stands all the same.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import audit, circulation, clock, documents, organization, outbox, parties, registry
from docflow.demo import (
    access_requests,
    beside,
    closed_days,
    collecting,
    e_services,
    emergency_kit,
    filing,
    house,
    kept_lists,
    kept_searches,
    organisation,
    other_books,
    published,
    questions,
    reception,
    told,
)
from docflow.demo.answers import Answering
from docflow.demo.house import BODY, Keys
from docflow.demo.past import Past, Progress
from docflow.demo.people import PEOPLE
from docflow.errors import Conflict
from docflow.i18n import t
from docflow.office import Office


class NotEmpty(Conflict):
    """The demo is only made in an empty database."""


@dataclass(frozen=True, slots=True)
class Demo:
    """What was made: counts of the whole database."""

    body_id: int
    users: int
    parties: int
    entries: int
    files: int
    drafts: int
    events: int


def exists(session: Session) -> bool:
    """Whether the database holds the demo municipality already."""
    body = organization.first_body(session)
    return body is not None and body.code == BODY


def create(office: Office, *, keys: Keys, progress: Progress) -> Demo:
    """Fill an empty database with a municipality at work; some twenty seconds.

    `keys` issues the signing keys (the test CA whose root the settings trust), `progress` hears
    what is being done. Time-stamping service and seal of the settings must answer.
    Raises NotEmpty, and what storing and signing raise: StoreUnavailable, CannotSign.
    """
    with office.db.read() as session:
        if organization.first_body(session) is not None:
            raise NotEmpty(t("The database is not empty. The demo needs a database of its own."))
    office.store.prepare()
    progress("signing keys of the test CA")
    signing_keys = house.issue_keys(keys)
    past = Past(office, until=clock.now() - timedelta(minutes=1), progress=progress)
    past.make_files()
    with office.db.begin() as session:
        people = past.play(session, signing_keys)
        beside.begin(session, people)
        filing.begin(session, people)
        organisation.begin(session, people)
        other_books.begin(session, zone=office.settings.zone)
        closed_days.begin(session, zone=office.settings.zone)
        emergency_kit.prepare(session, zone=office.settings.zone)
        collecting.begin(session, people)
    _chain(office)
    Answering(office, people, progress).go_on(past.drafts)
    with office.db.begin() as session:
        published.begin(session, people, past.drafts)
    e_services.begin(office, people, progress)
    access_requests.begin(office, people, progress)
    collecting.take_bank_file(office, people)
    with office.db.begin() as session:
        questions.begin(session, people)
        reception.begin(session, people)
        told.read_the_past(session)
        kept_lists.begin(session, people)
        kept_searches.begin(session, people)
    _read_letters(office, past.uploads_of_long_ago, progress)
    _chain(office)
    with office.db.read() as session:
        return _counted(session, people.body_id)


def _read_letters(
    office: Office, uploads: Collection[documents.Upload], progress: Progress
) -> None:
    """Read the letters of long ago; those of the last weeks wait for the worker, to be watched."""
    with office.db.read() as session:
        jobs = session.scalars(
            select(outbox.Job.id)
            .join(documents.File, documents.File.id == outbox.Job.args["file_id"].as_integer())
            .where(
                outbox.Job.task == "documents.read",
                outbox.Job.state == outbox.JobState.WAITING,
                documents.File.sha256.in_([upload.sha256 for upload in uploads]),
            )
            .order_by(outbox.Job.id)
        ).all()
    for place, job_id in enumerate(jobs, start=1):
        progress(f"reading letters: {place} of {len(jobs)}")
        outbox.run(office, job_id)


def _chain(office: Office) -> None:
    """Give every event its place in the audit chain."""
    chained = 1
    while chained:
        with office.db.begin() as session:
            chained = audit.sequence(session)


def _counted(session: Session, body_id: int) -> Demo:
    def count(table: type) -> int:
        return session.scalar(select(func.count()).select_from(table)) or 0

    return Demo(
        body_id=body_id,
        users=len(PEOPLE),
        parties=count(parties.Party),
        entries=count(registry.Entry),
        files=count(documents.File),
        drafts=count(circulation.Draft),
        events=count(audit.Event),
    )
