"""A process that is about an entry of the municipality, with acts that the tests offer."""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy.orm import Session

from docflow import processes
from docflow.errors import Conflict, Unavailable
from docflow.i18n import t
from docflow.office import Office
from docflow.processes import Context, acts
from docflow.registry import Entry
from tests import factories
from tests.factories import Town


class Offered:
    """What the acts of the tests were told, and what shall go wrong next."""

    def __init__(self) -> None:
        self.told: list[Context] = []
        self.faults: list[Exception] = []

    def __call__(self, _where: Session | Office, context: Context) -> Mapping[str, Any]:
        self.told.append(context)
        if self.faults:
            raise self.faults.pop(0)
        return {"amount": 4000}

    def is_away(self, times: int = 1) -> None:
        self.faults += [Unavailable(t("The cashier does not answer.")) for _ in range(times)]

    def refuses(self) -> None:
        self.faults.append(Conflict(t("There is no such fine.")))


@pytest.fixture
def cashier(monkeypatch: pytest.MonkeyPatch) -> Offered:
    """The act “test.demand”, and the slow one “test.ask”."""
    offered = Offered()
    monkeypatch.setitem(acts._acts, "test.demand", offered)
    monkeypatch.setitem(acts._slow, "test.ask", offered)
    return offered


@pytest.fixture
def entry(session: Session, town: Town) -> Entry:
    return factories.letter(session, town)


def start(
    session: Session,
    town: Town,
    xml: bytes,
    *,
    entry: Entry | None = None,
    subject: int = 1,
    unit: str = "ΟΔΟΠ",
    **data: Any,
) -> int:
    return processes.start(
        session,
        body_id=town.body_id,
        subject=("matter", subject),
        xml=xml,
        service="traffic-fine",
        version=1,
        unit_id=town.units[unit],
        data=data,
        entry_id=entry.id if entry else None,
    )
