"""What an administrator sees of services: drafts, versions, who deployed what and when."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import organization
from docflow.folding import by_name
from docflow.i18n import t
from docflow.principal import Principal
from docflow.services.definitions import Texts, said
from docflow.services.errors import NoSuchService
from docflow.services.models import Deployment, Service, Version


class State(StrEnum):
    """How a service stands."""

    DRAFT = "draft"  # loaded, and never deployed
    DEPLOYED = "deployed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class VersionInfo:
    """A version that was loaded."""

    id: int
    number: int
    digest: str
    titles: Texts
    unit: str  # code that the folder proposes
    who: str
    at: datetime
    is_electronic: bool


@dataclass(frozen=True, slots=True)
class ServiceInfo:
    """A service; `deployed` is the version that holds or held last, `newest` the last loaded."""

    id: int
    code: str
    state: State
    titles: Texts
    unit_id: int | None
    unit: str
    deployed: VersionInfo | None
    newest: VersionInfo

    @property
    def seen(self) -> int | None:
        """What a deciding form carries: the version that holds now."""
        return self.deployed.id if self.deployed and self.state is State.DEPLOYED else None

    @property
    def has_draft(self) -> bool:
        """Whether something newer waits to be deployed."""
        return self.deployed is None or self.newest.number > self.deployed.number


@dataclass(frozen=True, slots=True)
class Step:
    """What was done with a service as a whole."""

    act: str
    number: int
    reason: str
    who: str
    at: datetime


def listing(session: Session, *, by: Principal) -> list[ServiceInfo]:
    """All services of the body by title, drafts and withdrawn ones too."""
    services = session.scalars(select(Service).where(Service.body_id == by.body_id)).all()
    found = [_info(session, service) for service in services]
    return sorted(found, key=lambda one: by_name(said(one.titles, by.language)))


def info(session: Session, code: str, *, by: Principal) -> ServiceInfo:
    """Raises NoSuchService."""
    return _info(session, _service(session, code, by))


def versions(session: Session, code: str, *, by: Principal) -> list[VersionInfo]:
    """What was loaded of a service, the last first. Raises NoSuchService."""
    return _versions(session, _service(session, code, by))


def steps(session: Session, code: str, *, by: Principal) -> list[Step]:
    """When it was deployed and withdrawn, the last first. Raises NoSuchService."""
    service = _service(session, code, by)
    rows = session.execute(
        select(Deployment, Version.number)
        .join(Version, Version.id == Deployment.version_id)
        .where(Deployment.service_id == service.id)
        .order_by(Deployment.id.desc())
    ).all()
    people = organization.names(session, [row.done_by for row, _ in rows])
    return [
        Step(row.act, number, row.reason, people.get(row.done_by or 0, ""), row.done_at)
        for row, number in rows
    ]


def _service(session: Session, code: str, by: Principal) -> Service:
    found = session.scalar(
        select(Service).where(Service.body_id == by.body_id, Service.code == code)
    )
    if found is None:
        raise NoSuchService(t("There is no service “{code}”.", code=code[:40]))
    return found


def _info(session: Session, service: Service) -> ServiceInfo:
    loaded = _versions(session, service)
    deployed = next((one for one in loaded if one.id == service.deployed_id), None)
    state = State.DRAFT if deployed is None else State.DEPLOYED
    if service.withdrawn_at is not None:
        state = State.WITHDRAWN
    units = organization.unit_names(session, [service.unit_id])
    return ServiceInfo(
        id=service.id,
        code=service.code,
        state=state,
        titles=(deployed or loaded[0]).titles,
        unit_id=service.unit_id,
        unit=units.get(service.unit_id or 0, ""),
        deployed=deployed,
        newest=loaded[0],
    )


def _versions(session: Session, service: Service) -> list[VersionInfo]:
    rows = session.execute(
        select(
            Version.id,
            Version.number,
            Version.digest,
            Version.service,
            Version.loaded_by,
            Version.loaded_at,
            (Version.process != "").label("is_electronic"),
        )
        .where(Version.service_id == service.id)
        .order_by(Version.number.desc())
    ).all()
    people = organization.names(session, [row.loaded_by for row in rows])
    return [
        VersionInfo(
            row.id,
            row.number,
            row.digest,
            row.service["title"],
            row.service.get("unit", ""),
            people.get(row.loaded_by or 0, ""),
            row.loaded_at,
            row.is_electronic,
        )
        for row in rows
    ]
