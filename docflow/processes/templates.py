"""Templates: processes of the office's own work, deployed by administrators as files of BPMN 2.0.

The file says the code and the title of its template; a file with the same code is its next version.
What began by a version stays with it. Source: domain row 64 (a fixed sequence of steps, actors and
documents asked).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from docflow import audit, clock, organization
from docflow.db import explain
from docflow.errors import Conflict, NotFound
from docflow.i18n import t
from docflow.kinds import Kind
from docflow.principal import Principal
from docflow.processes import acts, checking, definitions, kept
from docflow.processes.definitions import BadDefinition
from docflow.processes.models import (
    KindProcess,
    ProcessDefinition,
    ProcessTemplate,
    ProcessTemplateVersion,
)
from docflow.processes.values import Definition, Label, Problem, TaskKind

_CODE = re.compile(r"[a-z][a-z0-9_-]{1,59}")


class BadProcessTemplate(BadDefinition):
    """The process template cannot be used."""


class NoSuchTemplate(NotFound):
    """The body has no such process template."""


class DeployedMeanwhile(Conflict):
    """Somebody else deployed this template at the same moment."""


def _deployed_meanwhile() -> DeployedMeanwhile:
    return DeployedMeanwhile(
        t("Somebody else deployed this template just now. Look at it, then try again.")
    )


explain("uq_process_templates_body_id_code", _deployed_meanwhile)  # of two first ones at once


class TemplateInUse(Conflict):
    """Documents of some kind still begin this process."""


@dataclass(frozen=True, slots=True)
class TemplateVersion:
    """A file that was deployed."""

    number: int
    digest: str  # SHA-256 of the file, hex
    deployed_by: str
    deployed_at: datetime


@dataclass(frozen=True, slots=True)
class TemplateInfo:
    """A template as administrators see it; `kinds` are the codes of those that begin it."""

    id: int
    code: str
    title: Label
    version: int
    is_withdrawn: bool
    definition: Definition  # of the version that holds
    kinds: tuple[str, ...]
    versions: tuple[TemplateVersion, ...]  # the last first


def deploy(session: Session, xml: bytes, *, by: Principal) -> TemplateInfo:
    """Let processes begin by this file from now on; one that was withdrawn is offered again.

    The very file that holds already is not written twice.
    Raises NotAllowed, BadProcessTemplate with every fault.
    """
    require_administrator(by)
    definition = _checked(session, xml, by)
    row = _locked(session, definition.process_id, by)
    definition_id = kept.keep(session, xml)
    if row is None:
        row = ProcessTemplate(body_id=by.body_id, code=definition.process_id, version=1)
        session.add(row)
        session.flush()  # its id, for the version
    elif _version(session, row).definition_id == definition_id and row.withdrawn_at is None:
        return named(session, row.code, by=by)
    else:
        row.version, row.withdrawn_at = row.version + 1, None
    session.add(
        ProcessTemplateVersion(
            template_id=row.id,
            number=row.version,
            definition_id=definition_id,
            deployed_by=by.user_id,
            deployed_at=clock.now(),
        )
    )
    audit.record(
        session,
        "process-template.deployed",
        by=by,
        subject=("process-template", row.id),
        code=row.code,
        version=row.version,
        digest=definition.digest,
    )
    session.flush()
    return named(session, row.code, by=by)


def withdraw(session: Session, code: str, *, by: Principal) -> None:
    """Offer the template no more; what began by it goes on.

    Raises NotAllowed, NoSuchTemplate, TemplateInUse.
    """
    require_administrator(by)
    row = _locked(session, code, by)
    if row is None:
        raise no_such_template(code)
    if row.withdrawn_at is not None:
        return
    used = _kinds(session, row.id)
    if used:
        raise TemplateInUse(
            t(
                "Documents of these kinds begin it: {kinds}. Give them another process first.",
                kinds=", ".join(used),
            )
        )
    row.withdrawn_at = clock.now()
    audit.record(
        session,
        "process-template.withdrawn",
        by=by,
        subject=("process-template", row.id),
        code=row.code,
    )


def listing(session: Session, *, by: Principal, with_withdrawn: bool = False) -> list[TemplateInfo]:
    """The templates of the body, by code. Raises NotAllowed."""
    require_administrator(by)
    query = (
        select(ProcessTemplate)
        .where(ProcessTemplate.body_id == by.body_id)
        .order_by(ProcessTemplate.code)
    )
    if not with_withdrawn:
        query = query.where(ProcessTemplate.withdrawn_at.is_(None))
    return [_info(session, row) for row in session.scalars(query).all()]


def named(session: Session, code: str, *, by: Principal) -> TemplateInfo:
    """The template of this code. Raises NotAllowed, NoSuchTemplate."""
    require_administrator(by)
    row = session.scalar(_by_code(code, by))
    if row is None:
        raise no_such_template(code)
    return _info(session, row)


def file(session: Session, code: str, *, by: Principal, number: int | None = None) -> str:
    """The file of the version that holds, or of the one named, as it was deployed.

    Raises NotAllowed, NoSuchTemplate.
    """
    found = named(session, code, by=by)
    version = session.get(ProcessTemplateVersion, (found.id, number or found.version))
    if version is None:
        raise no_such_template(code)
    return kept.xml(session, version.definition_id)


def require_administrator(by: Principal) -> None:
    by.require_scope("administer")
    by.require(by.is_administrator, t("Only administrators keep the templates of processes."))


def no_such_template(code: str) -> NoSuchTemplate:
    return NoSuchTemplate(t("There is no process template “{code}”.", code=code[:60]))


def locked(session: Session, code: str, *, by: Principal) -> ProcessTemplate:
    """The row of a template on offer, held until the transaction ends. Raises NoSuchTemplate."""
    row = _locked(session, code, by)
    if row is None or row.withdrawn_at is not None:
        raise no_such_template(code)
    return row


def _locked(session: Session, code: str, by: Principal) -> ProcessTemplate | None:
    held = _by_code(code, by).with_for_update().execution_options(populate_existing=True)
    return session.scalar(held)


def _by_code(code: str, by: Principal) -> Select[ProcessTemplate]:
    return select(ProcessTemplate).where(
        ProcessTemplate.body_id == by.body_id, ProcessTemplate.code == code
    )


def _version(session: Session, row: ProcessTemplate) -> ProcessTemplateVersion:
    return session.get_one(ProcessTemplateVersion, (row.id, row.version))


def _checked(session: Session, xml: bytes, by: Principal) -> Definition:
    codes = [unit.code for unit in organization.units(session, by.body_id)]
    problems: Sequence[Problem] = checking.check(xml, unit_codes=codes)
    if not problems:
        definition = checking.read(xml)
        problems = list(_of_office(xml, definition))
    if problems:
        raise BadProcessTemplate(list(problems))
    return definition


def _of_office(xml: bytes, definition: Definition) -> Iterator[Problem]:
    """What a process with an applicant may have, and one of the office itself may not."""
    lines = {one.get("id", ""): one.sourceline for one in definitions.tree(xml).iter()}
    if not _CODE.fullmatch(definition.process_id):
        yield Problem(
            lines.get(definition.process_id),
            t(
                "The id of the process is the code of the template: 2 to 60 small Latin letters, "
                "digits, dashes and _, a letter first."
            ),
        )
    if not definition.name:
        yield Problem(
            lines.get(definition.process_id), t("Give the process a name: people see it.")
        )
    for element in definition.elements:
        if element.kind is TaskKind.CITIZEN:
            yield Problem(
                lines.get(element.id),
                t("Only services have steps of the citizen. Say which unit does it."),
                element.id,
            )
        if element.act and not acts.is_general(element.act):
            yield Problem(
                lines.get(element.id),
                t("The act “{act}” needs an application of a service.", act=element.act),
                element.id,
            )


def _info(session: Session, row: ProcessTemplate) -> TemplateInfo:
    found = session.execute(
        select(ProcessTemplateVersion, ProcessDefinition.digest)
        .join(ProcessDefinition, ProcessDefinition.id == ProcessTemplateVersion.definition_id)
        .where(ProcessTemplateVersion.template_id == row.id)
        .order_by(ProcessTemplateVersion.number.desc())
    ).all()
    people = organization.names(session, [version.deployed_by for version, _ in found])
    now = next(version for version, _ in found if version.number == row.version)
    definition = kept.definition(session, now.definition_id)
    return TemplateInfo(
        id=row.id,
        code=row.code,
        title=definition.name,
        version=row.version,
        is_withdrawn=row.withdrawn_at is not None,
        definition=definition,
        kinds=tuple(_kinds(session, row.id)),
        versions=tuple(
            TemplateVersion(
                version.number,
                digest,
                people.get(version.deployed_by or 0, ""),
                version.deployed_at,
            )
            for version, digest in found
        ),
    )


def _kinds(session: Session, template_id: int) -> list[str]:
    return list(
        session.scalars(
            select(Kind.code)
            .join(KindProcess, KindProcess.kind_id == Kind.id)
            .where(KindProcess.template_id == template_id)
            .order_by(Kind.code)
        )
    )


@audit.check
def files_are_as_deployed(session: Session) -> Iterator[audit.Finding]:
    """Each version of a template has the file that its event names."""
    told = {
        (event.subject_id, event.details["version"]): event
        for event in session.scalars(
            select(audit.Event).where(audit.Event.action == "process-template.deployed")
        )
    }
    rows = session.execute(
        select(ProcessTemplateVersion, ProcessDefinition).join(
            ProcessDefinition, ProcessDefinition.id == ProcessTemplateVersion.definition_id
        )
    )
    for row, file in rows:
        event = told.pop((row.template_id, row.number), None)
        what = f"version {row.number} of process template id {row.template_id}"
        if event is None:
            yield audit.Finding("inserted", None, None, f"{what} has no event")
        elif event.details["digest"] != definitions.digest(file.xml):
            yield audit.Finding("altered", None, event.id, f"{what} was altered")
    for (template_id, number), event in sorted(told.items()):
        what = f"version {number} of process template id {template_id}"
        yield audit.Finding("missing", None, event.id, f"{what} is missing")
