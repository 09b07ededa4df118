"""What leaves as mail, and one who keeps accounts."""

import re
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import outbox
from docflow.office import Office
from docflow.principal import Principal
from tests.factories import Town


@pytest.fixture
def clerk(session: Session, town: Town) -> Principal:
    return town.person(session, "clerk")


@pytest.fixture
def mails(office: Office) -> Callable[[], list[str]]:
    """Send what waits; the texts of all mails, the newest last, `To` first."""

    def sent() -> list[str]:
        with office.db.read() as session:
            waits = select(outbox.Job.id).where(outbox.Job.state == outbox.JobState.WAITING)
            ids = session.scalars(waits.order_by(outbox.Job.id)).all()
        for job_id in ids:
            outbox.run(office, job_id)
        folder = Path(office.settings.smtp_url.get_secret_value().removeprefix("file:"))
        read = (
            message_from_bytes(path.read_bytes(), policy=policy.default)
            for path in sorted(folder.glob("*.eml"))
        )
        return [f"{one['To']}\n{one.get_content()}" for one in read]

    return sent


def code_in(mail: str) -> str:
    found = re.search(r"\b\d{6}\b", mail)
    assert found, mail
    return found[0]
