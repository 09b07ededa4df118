"""Short words for the chains of tests."""

from datetime import timedelta

from docflow import clock
from docflow.circulation import ChainStep, Rule, StepKind, Who
from docflow.office import Office
from docflow.organization import Appointment, deputies
from tests.factories import Town


def countersigns(town: Town, rank: int, username: str, rule: Rule = Rule.ALL) -> ChainStep:
    return ChainStep(rank, StepKind.COUNTERSIGN, Who.PERSON, town.users[username], rule)


def signs(town: Town, rank: int, username: str) -> ChainStep:
    return ChainStep(rank, StepKind.SIGNATURE, Who.PERSON, town.users[username])


def informs(town: Town, rank: int, username: str) -> ChainStep:
    return ChainStep(rank, StepKind.INFORMATION, Who.PERSON, town.users[username])


def seals(rank: int) -> ChainStep:
    return ChainStep(rank, StepKind.SEAL, Who.HOUSE)


def deputised(office: Office, town: Town, person: str, deputy: str, **more: object) -> int:
    """Let the administrator appoint a deputy, from today to tomorrow; the appointment's id."""
    today = clock.today()
    values: dict[str, object] = {"valid_from": today, "valid_to": today + timedelta(days=1), **more}
    with office.db.begin() as session:
        by = town.person(session, "administrator")
        wanted = Appointment(town.users[person], town.users[deputy], **values)  # type: ignore[arg-type]
        return deputies.appoint(session, wanted, by=by).id
