"""The act that issues a document under the body's seal alone: number, paper, seal, pick-up.

Source: domain row 101. The job may die on any line: before the number it begins again, after it it
goes on with the same number. When the document cannot be sealed, it keeps its number and the
process waits for a person, who lets it try again. When the process ends before the document is
ready, as when the applicant withdraws, nobody gets it, and the registrars are told of a number that
was taken: annulling it is for two people. What it says stands in `templates/` of the service.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

import signing
from docflow import (
    applications,
    audit,
    clock,
    dispatch,
    documents,
    notices,
    organization,
    parties,
    printing,
    processes,
    registry,
    routing,
    services,
    signatures,
)
from docflow.errors import Conflict, Unavailable
from docflow.i18n import t
from docflow.notices import NoticeKind
from docflow.office import Office
from docflow.principal import Principal, Role, system
from docflow.processes import Context, InstanceState, ProcessTask, Progress, TaskState
from docflow.registry import DeliveryMethod, Direction, Entry, NewEntry, Relation
from docflow.service_acts.models import IssuedCertificate
from docflow.service_acts.signals import SUBJECT
from docflow.service_acts.templates import Filled, fill, read
from docflow.service_acts.words import values_of
from docflow.signatures import Made, SealedKind, lasting

SEAL = "Seal"
LANGUAGE = "el"  # the language of the body's acts


class CannotIssue(Conflict):
    """The document could not be issued."""


class SealNotHere(Unavailable):
    """The body’s seal is missing where documents are issued."""


@dataclass(frozen=True, slots=True)
class _Order:
    """All that the paper needs, read in one transaction."""

    certificate_id: int
    entry_id: int
    data: printing.CertificateData
    style: signatures.stamps.Style
    number: str
    file_name: str


@processes.job_act("certificates.issue", is_sealed=True)
def issue(office: Office, context: Context) -> Mapping[str, Any]:
    """Issue the document of `template`, and put it where the applicant picks it up.

    The process knows then `certificate` (its number). Raises CannotIssue, BadTemplate,
    SealNotHere, and Unavailable while the store does not answer.
    """
    name = str(context.given.get("template", ""))
    with office.db.read() as session:
        version_id = applications.context(session, context.subject[1]).version_id
        written = services.file(session, office, version_id, f"templates/{name}")
    template = read(written, name=name)
    if not registry.has_seal(office, context.body_id):
        raise SealNotHere(
            t("The body’s seal is missing (DOCFLOW_SEAL_KEY). No document can be issued without.")
        )
    with office.db.begin() as session:
        is_wanted = _is_wanted(session, context)
        done = _done(session, context)
        if done is not None or not is_wanted:
            return done or {}
        order = _order(session, office, context, template, name)
    try:
        made = _sealed(office, order, context.body_id)
    except (signing.SigningError, printing.PrintingError) as error:
        raise CannotIssue(
            t(
                "Document {number} could not be sealed: {why} The next try uses its number.",
                number=order.number,
                why=str(error),
            )
        ) from error
    stored = documents.keep(office, made.pdf, body_id=context.body_id)
    with office.db.begin() as session:
        return _finish(session, office, context, order, made, stored.sha256)


def issuer(body_id: int) -> Principal:
    """The installation itself, which may register what it issues."""
    return replace(system(body_id), roles=frozenset({Role.CLERK}))


def _is_wanted(session: Session, context: Context) -> bool:
    """Whether the process still waits for the document; it does until the transaction ends."""
    about = applications.context(session, context.subject[1])
    registry.hold(session, about.entry_id)  # before all rows, as who withdraws or annuls does
    task = session.get(ProcessTask, context.task_id, populate_existing=True)
    return task is not None and task.state == TaskState.OPEN


@processes.after_step
def tell_of_numbers_left(session: Session, progress: Progress) -> None:
    """The process is over: a number without a document will never have one."""
    is_over = progress.state in (InstanceState.ENDED, InstanceState.CANCELLED)
    if not is_over or progress.subject[0] != SUBJECT:
        return
    left = select(IssuedCertificate.entry_id).where(
        IssuedCertificate.application_id == progress.subject[1],
        IssuedCertificate.step_key.startswith(f"{progress.instance_id}-"),
        IssuedCertificate.issued_at.is_(None),
        ~exists().where(registry.Annulment.entry_id == IssuedCertificate.entry_id),
    )
    for entry_id in session.scalars(left).all():
        notices.tell(
            session,
            notices.holders(session, progress.body_id, Role.REGISTRAR),
            kind=NoticeKind.NUMBER_LEFT,
            about=("entry", entry_id),
            by=system(progress.body_id),
        )


def _done(session: Session, context: Context) -> Mapping[str, Any] | None:
    """What an earlier try of this very step issued."""
    row = _row(session, context)
    if row is None or row.issued_at is None:
        return None
    return {"certificate": session.get_one(Entry, row.entry_id).label}


def _order(
    session: Session, office: Office, context: Context, template: Mapping[str, Any], name: str
) -> _Order:
    """Take the number, unless an earlier try has it; gather what is printed. Raises BadTemplate."""
    about = applications.context(session, context.subject[1])
    version = services.version(session, about.version_id)
    paper = fill(template, values_of(session, version, context, LANGUAGE), LANGUAGE)
    row = _row(session, context)
    if row is None:
        row = IssuedCertificate(
            body_id=context.body_id,
            application_id=about.id,
            step_key=context.key,
            template=name,
            entry_id=_register(session, office, about, paper, context).id,
        )
        session.add(row)
        session.flush()  # its id; of two tries at once the second fails here, with its number
    entry = session.get_one(Entry, row.entry_id)
    unit = organization.unit_names(session, [context.unit_id]).get(context.unit_id)
    data = printing.CertificateData(
        issuer=registry.issuer(session, context.body_id, unit=unit),
        title=paper.title,
        body=paper.body,
        facts=paper.facts,
        closing=paper.closing,
        number=entry.label,
        place=organization.body(session, context.body_id).city,
        issued_at=clock.local(entry.registered_at, office.settings.zone),
        verification_code=registry.codes.shown(entry.verification_code),
        verification_url=registry.verification_url(office, entry.verification_code),
    )
    style = signatures.stamps.of_body(session, context.body_id)
    file_name = f"{entry.number}-{entry.year}.pdf"
    return _Order(row.id, entry.id, data, style, entry.label, file_name)


def _register(
    session: Session,
    office: Office,
    about: applications.Context,
    paper: Filled,
    context: Context,
) -> Entry:
    who = about.applicant
    by = issuer(context.body_id)
    entry = registry.register(
        session,
        NewEntry(
            direction=Direction.OUTGOING,
            subject=paper.subject,
            recipients=(
                parties.Contact(name=who.full_name, party_id=who.party_id, email=who.email),
            ),
            delivery_method=DeliveryMethod.PORTAL,
            relations=((about.entry_id, Relation.ANSWERS),),
            has_personal_data=True,
        ),
        [],
        by=by,
        zone=office.settings.zone,
        ocr_languages=list(office.settings.ocr_languages),
        guard_duplicates=False,
    )
    registry.open_to_unit(session, entry.id, context.unit_id)
    return entry


def _sealed(office: Office, order: _Order, body_id: int) -> Made:
    """Raises signing.SigningError, printing.PrintingError."""
    printed = printing.certificate(order.data, language=LANGUAGE)
    box = printed.boxes["seal"]
    return signatures.seals.sealed(
        office,
        printed.pdf,
        body_id=body_id,
        style=order.style,
        field=SEAL,
        box=[box.page + 1, box.x0, box.y0, box.x1, box.y1],
        name=order.data.issuer.name,
        capacity=f"Αρ. πρωτ. {order.number}",
        reason=order.data.title,
        url=order.data.verification_url,
    )


def _finish(
    session: Session, office: Office, context: Context, order: _Order, made: Made, sha256: str
) -> Mapping[str, Any]:
    is_wanted = _is_wanted(session, context)
    row = session.get_one(IssuedCertificate, order.certificate_id, with_for_update=True)
    entry = session.get_one(Entry, order.entry_id)
    if row.issued_at is not None:
        return {"certificate": entry.label}
    if not is_wanted:
        return {}
    registry.require_not_annulled(session, entry)
    by = issuer(context.body_id)
    upload = documents.Upload(order.file_name, sha256, len(made.pdf), "application/pdf")
    documents.attach(
        session,
        entry.id,
        [upload],
        by=by,
        languages=list(office.settings.ocr_languages),
        role=documents.FileRole.EXACT_COPY,
        first_position=1,
    )
    lasting.keep(
        session,
        made,
        sha256=sha256,
        body_id=context.body_id,
        kind=SealedKind.EXACT_COPY,
        entry_id=entry.id,
    )
    row.sha256, row.issued_at = sha256, clock.now()
    audit.record(
        session,
        "document.issued",
        by=by,
        subject=("entry", entry.id),
        exact_copy=sha256,
        application=row.application_id,
        process=context.instance_id,
    )
    about = applications.context(session, context.subject[1])
    dispatch.place(
        session,
        entry,
        recipient_name=about.applicant.full_name,
        to=applications.addressee(about.applicant),
        by=by,
    )
    answered = session.get_one(Entry, about.entry_id)
    routing.close_by_answer(session, answered, answer=entry, by=by)
    return {"certificate": entry.label}


def _row(session: Session, context: Context) -> IssuedCertificate | None:
    return session.scalar(
        select(IssuedCertificate)
        .where(IssuedCertificate.step_key == context.key)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
