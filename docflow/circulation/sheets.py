"""The circulation sheet: who did what with a draft, when, for whom, on which bytes.

The staff's copy has the written objections and the reasons of returns; the other one, which may
leave the house, has not (ν. 3528/2007 art. 25: an objection is not part of what is issued).
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock, organization, printing, registry
from docflow.circulation import drafts, queries, turns, versions
from docflow.circulation.letters import CannotPrint
from docflow.circulation.models import Draft, DraftRound, StepKind, StepState
from docflow.circulation.queries import StepInfo
from docflow.i18n import t, translate
from docflow.office import Office
from docflow.principal import Principal
from docflow.words import text as word


@dataclass(frozen=True, slots=True)
class CirculationSheet:
    """The PDF and a name for its file."""

    name: str
    pdf: bytes


def sheet(
    office: Office, draft_id: int, *, by: Principal, for_staff: bool = True
) -> CirculationSheet:
    """Print the sheet of a draft as it stands. Raises NoSuchDraft, CannotPrint."""
    with office.db.read() as session:
        draft = drafts.get(session, draft_id, by=by)
        data = _data(session, office, draft, by=by, for_staff=for_staff)
    try:
        pdf = printing.circulation_sheet(data)
    except printing.PrintingError as error:
        raise CannotPrint(t("The sheet could not be printed. Please try again.")) from error
    with office.db.begin() as session:
        audit.record(
            session,
            "draft.sheet-printed",
            by=by,
            subject=("draft", draft_id),
            for_staff=for_staff,
        )
    return CirculationSheet(f"fyllo-kykloforias-{draft_id}.pdf", pdf)


def _data(
    session: Session, office: Office, draft: Draft, *, by: Principal, for_staff: bool
) -> printing.CirculationData:
    zone = office.settings.zone
    steps = queries.steps(session, draft, by=by)
    rounds = session.scalars(
        select(DraftRound).where(DraftRound.draft_id == draft.id).order_by(DraftRound.round)
    ).all()
    began = {row.round: row for row in rounds}
    names = organization.names(session, [draft.drafter_id, *(row.started_by for row in rounds)])
    unit = organization.unit_names(session, [draft.unit_id])[draft.unit_id]
    said = versions.versions(session, draft.id, by=by)
    return printing.CirculationData(
        issuer=registry.issuer(session, draft.body_id, unit=unit),
        number=str(draft.id),
        subject=draft.subject,
        drafter=names.get(draft.drafter_id, ""),
        recipient=draft.recipient_name,
        state=word("draft", draft.state).in_language("el"),
        answers=_label(session, draft.answers_id),
        issued_as=_label(session, draft.entry_id),
        versions=tuple(
            printing.PrintedVersion(
                str(one.version), clock.local(one.saved_at, zone), one.saved_by, one.sha256
            )
            for one in said
        ),
        rounds=tuple(
            printing.PrintedRound(
                number=str(number),
                version=str(began[number].version) if number in began else "",
                at=clock.local(began[number].started_at, zone) if number in began else None,
                sha256=began[number].sha256 if number in began else "",
                steps=tuple(
                    _step(one, zone, for_staff=for_staff) for one in steps if one.round == number
                ),
            )
            for number in sorted({one.round for one in steps})
        ),
        for_staff=for_staff,
        made_at=clock.local(clock.now(), zone),
    )


def _label(session: Session, entry_id: int | None) -> str:
    entry = session.get(registry.Entry, entry_id) if entry_id else None
    return entry.label if entry else ""


def _step(step: StepInfo, zone: str, *, for_staff: bool) -> printing.PrintedStep:
    who = step.acted_by or step.person
    behalf = (
        turns.on_behalf(step.acts_as, step.person, step.capacity)
        if step.acts_as and step.acted_by
        else ""
    )
    told = step.reason if for_staff and step.state != StepState.SIGNED else ""
    return printing.PrintedStep(
        rank=str(step.rank),
        kind=word("step_kind", step.kind).in_language("el"),
        person=who,
        capacity="" if behalf else step.capacity,
        on_behalf=behalf,
        state=_state(step),
        at=clock.local(step.acted_at, zone) if step.acted_at else None,
        certificate=step.certificate,
        sha256=step.sha256,
        reason=told,
        objection=step.objection if for_staff else "",
    )


def _state(step: StepInfo) -> str:
    if step.state == StepState.SIGNED and step.kind == StepKind.COUNTERSIGN:
        return translate("Countersigned", "el")
    if step.state == StepState.SIGNED and step.kind == StepKind.SEAL:
        return translate("Sealed", "el")
    return word("step", step.state).in_language("el")
