"""Loading a folder as a version, deploying and withdrawing: administrators only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow import audit, clock, documents, kinds, organization
from docflow.folding import line
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal
from docflow.services import checking
from docflow.services.definitions import Definition, read
from docflow.services.errors import (
    BadService,
    BadWording,
    NoSuchService,
    NoSuchServiceFile,
    NoSuchVersion,
    NoUnit,
    ServiceChanged,
)
from docflow.services.folders import SERVICE, Folder
from docflow.services.models import Act, Deployment, Service, Version, VersionFile
from docflow.services.newest import moment, newest, reindex

MAX_REASON = 500


@dataclass(frozen=True, slots=True)
class Loaded:
    """A version that was loaded. `is_new` is False where the very same files were there already."""

    version_id: int
    code: str
    number: int
    is_new: bool


def load(office: Office, folder: Folder, *, by: Principal) -> Loaded:
    """Keep the folder as a draft: the next version of its service, which nobody files by yet.

    The files are durable before any row names them. Raises NotAllowed, BadService.
    """
    _require_administrator(by)
    with office.db.read() as session:
        unit_codes = [unit.code for unit in organization.units(session, by.body_id)]
    checked, problems = checking.check(folder, unit_codes)
    if problems:
        raise BadService(problems)
    definition = _definition(checked)
    stored = {
        path: documents.keep(office, data, body_id=by.body_id)
        for path, data in folder.files.items()
    }
    with office.db.begin() as session:
        service = _hold(session, by.body_id, definition.code)
        there = session.scalar(
            select(Version).where(Version.service_id == service.id, Version.digest == folder.digest)
        )
        if there is not None:
            return Loaded(there.id, service.code, there.number, is_new=False)
        last = session.scalar(
            select(func.max(Version.number)).where(Version.service_id == service.id)
        )
        version = Version(
            service_id=service.id,
            number=(last or 0) + 1,
            digest=folder.digest,
            service=dict(checked.service),
            form=dict(checked.form) if checked.process_xml else None,
            process=checked.process_xml,
            fee=None if checked.fee is None else dict(checked.fee),
            loaded_by=by.user_id,
        )
        session.add(version)
        session.flush()  # its id, for the files and the event
        for path, kept in stored.items():
            session.add(
                VersionFile(version_id=version.id, path=path, sha256=kept.sha256, size=kept.size)
            )
        audit.record(
            session,
            "service.loaded",
            by=by,
            subject=("service", service.id),
            code=service.code,
            version=version.number,
            digest=version.digest,
        )
        return Loaded(version.id, service.code, version.number, is_new=True)


def deploy(
    session: Session,
    version_id: int,
    *,
    unit_id: int | None = None,
    seen: int | None,
    by: Principal,
) -> None:
    """Let the version hold for new applications; running ones stay on theirs.

    `unit_id` is the competent unit: where it is not said, the one whose code the folder names, else
    the one that had the service so far. `seen` is the id of the version that held when the person
    decided. A kind of document that the body does not have yet is defined.
    Raises NotAllowed, NoSuchVersion, ServiceChanged, NoUnit, BadService.
    """
    _require_administrator(by)
    service, version = _held(session, version_id, by)
    _require_seen(session, service, seen)
    units = organization.units(session, by.body_id)
    problems = checking.looked_at(_as_folder(version), [unit.code for unit in units])
    if problems:
        raise BadService(problems)  # what it was checked by has changed since it was loaded
    definition = read(version.service)
    ids = {unit.id for unit in units}
    by_code = {unit.code: unit.id for unit in units}
    chosen = unit_id or by_code.get(definition.unit) or service.unit_id
    if chosen not in ids:
        raise NoUnit(t("Choose the competent unit of the service."), field="unit_id")
    service.unit_id = chosen
    service.kind_id = _kind(session, definition, by)
    service.deployed_id, service.deployed_at = version.id, clock.now()
    service.withdrawn_at = None
    session.add(
        Deployment(
            service_id=service.id,
            version_id=version.id,
            act=Act.DEPLOYED,
            unit_id=chosen,
            reason="",
            done_by=by.user_id,
        )
    )
    session.flush()  # the words of the version are asked for anew
    reindex(session, service)
    audit.record(
        session,
        "service.deployed",
        by=by,
        subject=("service", service.id),
        code=service.code,
        version=version.number,
        unit=chosen,
    )


def withdraw(session: Session, code: str, *, reason: str, seen: int | None, by: Principal) -> None:
    """Offer the service no more; running applications go on. Deploying brings it back.

    Raises NotAllowed, NoSuchService, ServiceChanged, BadWording.
    """
    _require_administrator(by)
    why = line(reason)
    if not why or len(why) > MAX_REASON:
        raise BadWording(
            t("Write the reason, in at most {max} characters.", max=MAX_REASON), field="reason"
        )
    service = session.scalar(
        select(Service)
        .where(Service.body_id == by.body_id, Service.code == code)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if service is None or service.deployed_id is None:
        raise NoSuchService(t("There is no service “{code}”.", code=code[:40]))
    _require_seen(session, service, seen)
    if service.withdrawn_at is not None:
        return
    service.withdrawn_at = clock.now()
    session.add(
        Deployment(
            service_id=service.id,
            version_id=service.deployed_id,
            act=Act.WITHDRAWN,
            unit_id=service.unit_id,
            reason=why,
            done_by=by.user_id,
        )
    )
    audit.record(
        session, "service.withdrawn", by=by, subject=("service", service.id), code=service.code
    )


def file(session: Session, office: Office, version_id: int, path: str) -> bytes:
    """The bytes of a file of the folder. Raises NoSuchServiceFile, BytesMissing."""
    sha256 = session.scalar(
        select(VersionFile.sha256).where(
            VersionFile.version_id == version_id, VersionFile.path == path
        )
    )
    if sha256 is None:
        raise NoSuchServiceFile(t("The service has no such file."))
    return documents.read_bytes(office, sha256)


def files(session: Session, version_id: int) -> dict[str, int]:
    """The files of the folder, with their sizes in bytes."""
    rows = session.execute(
        select(VersionFile.path, VersionFile.size)
        .where(VersionFile.version_id == version_id)
        .order_by(VersionFile.path)
    )
    return {path: size for path, size in rows}


def export(office: Office, version_id: int, *, by: Principal) -> Folder:
    """The folder as it was loaded, with what the office wrote since in its `service.json`.

    So that it can be changed and loaded again without losing the office's work.
    Raises NotAllowed, NoSuchVersion.
    """
    _require_administrator(by)
    with office.db.read() as session:
        version = _of_body(session, version_id, by)
        words = newest(session, version.id).words
        code = version.service["code"]
        digests = dict(
            session.execute(
                select(VersionFile.path, VersionFile.sha256).where(
                    VersionFile.version_id == version.id
                )
            ).all()
        )
    data = {path: documents.read_bytes(office, sha256) for path, sha256 in digests.items()}
    if words:
        data[SERVICE] = checking.rewritten(data[SERVICE], words)
    return Folder(code, data)


def _definition(folder: Folder) -> Definition:
    assert folder.definition is not None
    return folder.definition


def _as_folder(version: Version) -> Folder:
    """What the checks of others look at: all but the bytes."""
    return Folder(
        version.service["code"],
        {},
        definition=read(version.service),
        service=version.service,
        form=version.form or {},
        process_xml=version.process,
        fee=version.fee,
    )


def _hold(session: Session, body_id: int, code: str) -> Service:
    """The service's row, made where there is none, held until the transaction ends."""
    session.execute(insert(Service).values(body_id=body_id, code=code).on_conflict_do_nothing())
    return session.scalars(
        select(Service).where(Service.body_id == body_id, Service.code == code).with_for_update()
    ).one()


def _held(session: Session, version_id: int, by: Principal) -> tuple[Service, Version]:
    version = _of_body(session, version_id, by)
    service = session.scalars(
        select(Service)
        .where(Service.id == version.service_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    return service, version


def _of_body(session: Session, version_id: int, by: Principal) -> Version:
    found = session.scalar(
        select(Version)
        .join(Service, Service.id == Version.service_id)
        .where(Version.id == version_id, Service.body_id == by.body_id)
    )
    if found is None:
        raise NoSuchVersion(t("There is no such version of the service."))
    return found


def _require_seen(session: Session, service: Service, seen: int | None) -> None:
    """Raises ServiceChanged, with who changed it and when."""
    now = None if service.withdrawn_at else service.deployed_id
    if now == seen:
        return
    last: Any = session.execute(
        select(Deployment.done_by, Deployment.done_at)
        .where(Deployment.service_id == service.id)
        .order_by(Deployment.id.desc())
        .limit(1)
    ).one()
    raise ServiceChanged(
        t(
            "{who} changed this service on {when}. Look at how it stands now, and decide again.",
            who=organization.names(session, [last.done_by]).get(last.done_by or 0, "Docflow"),
            when=moment(last.done_at),
        )
    )


def _kind(session: Session, definition: Definition, by: Principal) -> int | None:
    """The kind of document under which applications are registered, defined where it is new."""
    if definition.kind is None:
        return None
    titles: Mapping[str, str] = definition.kind.titles
    known = {kind.code: kind for kind in kinds.listing(session, by, with_retired=True)}
    there = known.get(definition.kind.code)
    if there is None:
        asked = kinds.Definition(
            title_el=titles["el"], title_en=titles["en"], directions=("incoming",)
        )
        return kinds.define(session, definition.kind.code, asked, by=by).id
    if not there.is_active:
        kinds.restore(session, there.code, by=by)
    return there.id


def _require_administrator(by: Principal) -> None:
    by.require_scope("administer")
    by.require(by.is_administrator, t("Only the administrator loads and deploys services."))
