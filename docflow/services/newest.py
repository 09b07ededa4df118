"""The words that hold for a version now, and the index by which a service is found."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import clock
from docflow.services import finding
from docflow.services.markdown import plain
from docflow.services.models import Service, Version, Wording


@dataclass(frozen=True, slots=True)
class Words:
    """The words that hold for a version; number 0 are those of its folder."""

    number: int
    words: Mapping[str, Any]


def newest(session: Session, version_id: int) -> Words:
    """What the office wrote last of this version."""
    row = session.scalar(
        select(Wording)
        .where(Wording.version_id == version_id)
        .order_by(Wording.number.desc())
        .limit(1)
    )
    return Words(row.number, row.words) if row else Words(0, {})


def reindex(session: Session, service: Service) -> None:
    """Make the service findable by what is said of it now."""
    assert service.deployed_id is not None
    version = session.get_one(Version, service.deployed_id)
    said = {**version.service, **newest(session, version.id).words}
    first = [
        *said["title"].values(),
        *(word for words in said.get("keywords", {}).values() for word in words),
        *said.get("families", ()),
    ]
    rest = [*said["summary"].values(), *map(plain, said.get("description", {}).values())]
    for paper in said.get("papers", ()):
        rest += paper["title"].values()
    for basis in said.get("legal_basis", ()):
        rest += basis["title"].values()
    service.vector = finding.vector(session, first, rest)


def moment(at: datetime) -> str:
    """A moment within a sentence, in the time of the office."""
    return f"{clock.local(at):%d/%m/%Y %H:%M}"
