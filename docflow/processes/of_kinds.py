"""Which process documents of a kind begin when they come in: at most one for each kind.

A changed tie counts for what is registered from then on.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock, kinds, organization
from docflow.errors import Conflict, Invalid
from docflow.i18n import Text, t
from docflow.principal import Principal
from docflow.processes import kept, templates
from docflow.processes.models import KindProcess, ProcessTemplate, ProcessTemplateVersion
from docflow.processes.values import Label

INCOMING = "incoming"


class TieChanged(Conflict):
    """The process of this kind was changed since you looked."""


class NeverComesIn(Invalid):
    """Documents of this kind are never incoming, so that no process would begin."""


@dataclass(frozen=True, slots=True)
class Tie:
    """The process of a kind. `version` is what a change must name as `seen`; 0: never tied."""

    template: str | None  # its code; None: documents of the kind begin no process
    title: Label
    version: int


@dataclass(frozen=True, slots=True)
class Begins:
    """By what a process begins: the version of the template that holds."""

    template: str
    number: int
    definition_id: int


_NONE = Tie(None, Label(), 0)


def tie(
    session: Session,
    kind: str,
    template: str | None,
    *,
    by: Principal,
    seen: int | None = None,
) -> Tie:
    """Let documents of the kind begin this process when they come in; None: no process.

    `seen` is the version of the tie on which the person decided. Raises NotAllowed, NoSuchKind,
    NoSuchTemplate, TieChanged, NeverComesIn.
    """
    templates.require_administrator(by)
    chosen = kinds.named(session, kind, by=by)
    session.get_one(kinds.Kind, chosen.kind_id, with_for_update=True)  # two ties come in turn
    row = session.get(KindProcess, chosen.kind_id, with_for_update=True, populate_existing=True)
    if seen is not None and seen != (row.version if row else 0):
        raise TieChanged(_changed(session, row))
    found = templates.locked(session, template, by=by) if template else None
    if found is not None and INCOMING not in (chosen.definition.directions or (INCOMING,)):
        raise NeverComesIn(
            t(
                "Documents of the kind “{title}” are never incoming. Choose another kind, or let "
                "this one be incoming too.",
                title=chosen.definition.title_el,
            ),
            field="template",
        )
    wanted = found.id if found is not None else None
    if wanted == (row.template_id if row else None):
        return of_kind(session, kind, by=by)
    if row is None:
        row = KindProcess(kind_id=chosen.kind_id, version=0)
        session.add(row)
    row.template_id, row.version = wanted, row.version + 1
    row.changed_by, row.changed_at = by.user_id, clock.now()
    audit.record(
        session,
        "kind.process-changed",
        by=by,
        subject=("kind", chosen.kind_id),
        code=kind,
        template=template or None,
    )
    session.flush()
    return of_kind(session, kind, by=by)


def of_kind(session: Session, kind: str, *, by: Principal) -> Tie:
    """The process of a kind. Raises NotAllowed, NoSuchKind."""
    templates.require_administrator(by)
    kinds.named(session, kind, by=by)
    return of_kinds(session, by=by).get(kind, _NONE)


def of_kinds(session: Session, *, by: Principal) -> Mapping[str, Tie]:
    """By code of the kind, for those that were ever tied. Raises NotAllowed."""
    templates.require_administrator(by)
    rows = session.execute(
        select(kinds.Kind.code, KindProcess.version, ProcessTemplate.code, _DEFINITION)
        .select_from(KindProcess)
        .join(kinds.Kind, kinds.Kind.id == KindProcess.kind_id)
        .outerjoin(ProcessTemplate, ProcessTemplate.id == KindProcess.template_id)
        .outerjoin(ProcessTemplateVersion, _HOLDS)
        .where(kinds.Kind.body_id == by.body_id)
    ).all()
    return {
        kind: Tie(
            template,
            kept.definition(session, definition_id).name if definition_id else Label(),
            version,
        )
        for kind, version, template, definition_id in rows
    }


def begins(session: Session, body_id: int, kind: str) -> Begins | None:
    """What an incoming document of this kind begins now; None where it begins nothing."""
    found = session.execute(
        select(ProcessTemplate.code, ProcessTemplate.version, _DEFINITION)
        .join(KindProcess, KindProcess.template_id == ProcessTemplate.id)
        .join(kinds.Kind, kinds.Kind.id == KindProcess.kind_id)
        .join(ProcessTemplateVersion, _HOLDS)
        .where(kinds.Kind.body_id == body_id, kinds.Kind.code == kind)
    ).one_or_none()
    return Begins(*found) if found is not None else None


_DEFINITION = ProcessTemplateVersion.definition_id
_HOLDS = (ProcessTemplateVersion.template_id == ProcessTemplate.id) & (
    ProcessTemplateVersion.number == ProcessTemplate.version
)


def _changed(session: Session, row: KindProcess | None) -> Text:
    who = row.changed_by if row is not None else None
    at = f"{clock.local(row.changed_at):%d/%m/%Y %H:%M}" if row is not None else ""
    return t(
        "{name} changed the process of this kind on {at}. Look at it again.",
        name=organization.names(session, [who]).get(who or 0, "–"),
        at=at or "–",
    )
