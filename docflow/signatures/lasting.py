"""Documents that stay verifiable: proofs that were pending, archive time-stamps before they weaken.

A sealed document keeps its first bytes for ever; what is added to it stands in a chain of proofs,
each with its own digest. Whoever asks for the document gets its present bytes.
Source: signing.md 5 (renewal, simulated validation); ETSI EN 319 142-1, 5.5.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

import signing
from docflow import audit, clock, documents, outbox, schedule
from docflow.errors import DocflowError
from docflow.office import Office
from docflow.principal import system
from docflow.signatures import seals, trust
from docflow.signatures.hand import Made
from docflow.signatures.models import DocumentProof, Level, SealedDocument, SealedKind

log = logging.getLogger(__name__)
MANY = 40  # documents of one run: the next run goes on
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
_RENEWED = timedelta(days=30)


def keep(
    session: Session,
    made: Made,
    *,
    sha256: str,
    body_id: int,
    kind: SealedKind,
    entry_id: int | None,
) -> SealedDocument:
    """Remember a signed document, to be completed, rehearsed and renewed; once is enough."""
    known = session.scalar(select(SealedDocument).where(SealedDocument.sha256 == sha256))
    if known is not None:
        return known
    row = SealedDocument(
        body_id=body_id,
        kind=kind,
        entry_id=entry_id,
        sha256=sha256,
        current_sha256=sha256,
        level=made.level,
        wanted=made.wanted,
        problem=made.problem[:500],
        try_after=clock.now() + (_FIRST_PAUSE if made.level != made.wanted else timedelta()),
    )
    session.add(row)
    session.flush()  # its id, for the proof
    _add_proof(session, row, "sealed", sha256, len(made.pdf))
    return row


def current(session: Session, sha256: str) -> str:
    """The digest of the document's present bytes; the same where it is no sealed document."""
    found = session.scalar(
        select(SealedDocument.current_sha256).where(SealedDocument.sha256 == sha256)
    )
    return found or sha256


def first(session: Session, sha256: str) -> str:
    """The first digest of the document that has, or once had, these bytes."""
    found = session.scalar(
        select(SealedDocument.sha256)
        .join(DocumentProof, DocumentProof.document_id == SealedDocument.id)
        .where(DocumentProof.sha256 == sha256)
        .limit(1)
    )
    return found or sha256


def of_entry(session: Session, entry_id: int) -> list[SealedDocument]:
    return list(
        session.scalars(
            select(SealedDocument)
            .where(SealedDocument.entry_id == entry_id)
            .order_by(SealedDocument.id)
        )
    )


def proofs(session: Session, document_id: int) -> list[DocumentProof]:
    """All states of a document, the first first."""
    return list(
        session.scalars(
            select(DocumentProof)
            .where(DocumentProof.document_id == document_id)
            .order_by(DocumentProof.position)
        )
    )


def expiring(session: Session, body_id: int, *, before: datetime) -> list[SealedDocument]:
    """What waits for a proof, will not hold, or is to be renewed before the moment."""
    return list(
        session.scalars(
            select(SealedDocument)
            .where(
                SealedDocument.body_id == body_id,
                _is_kept(),
                or_(
                    SealedDocument.level != SealedDocument.wanted,
                    SealedDocument.holds.is_(False),
                    SealedDocument.renew_before < before,
                ),
            )
            .order_by(SealedDocument.renew_before.asc().nulls_first(), SealedDocument.id)
            .limit(500)
        )
    )


def counts(session: Session, body_id: int) -> dict[str, int]:
    """How many documents stand at each level, and how many wait for a proof."""
    rows = session.execute(
        select(SealedDocument.level, func.count())
        .where(SealedDocument.body_id == body_id, _is_kept())
        .group_by(SealedDocument.level)
    )
    found = {level: count for level, count in rows}
    waits = SealedDocument.level != SealedDocument.wanted
    found["pending"] = (
        session.scalar(
            select(func.count())
            .select_from(SealedDocument)
            .where(SealedDocument.body_id == body_id, _is_kept(), waits)
        )
        or 0
    )
    return found


@outbox.job("signatures.complete", queue="signing")
def complete(run: outbox.Run) -> None:
    """Add the proofs that were pending, and rehearse what a verifier will say in years."""
    due = or_(SealedDocument.level != SealedDocument.wanted, SealedDocument.checked_at.is_(None))
    for document_id in _ids(run.office, and_(due, SealedDocument.try_after <= clock.now())):
        _attend(run.office, document_id, renewing=False)


@outbox.job("signatures.renew", queue="signing")
def renew(run: outbox.Run) -> None:
    """A new archive time-stamp where the present one weakens within the margin."""
    limit = clock.now() + timedelta(days=run.office.settings.renewal_margin_days)
    due = and_(
        SealedDocument.level == Level.B_LTA,
        SealedDocument.wanted == Level.B_LTA,
        SealedDocument.renew_before < limit,
        SealedDocument.try_after <= clock.now(),
    )
    for document_id in _ids(run.office, due):
        _attend(run.office, document_id, renewing=True)


schedule.every("signatures.complete", timedelta(minutes=1))
schedule.every("signatures.renew", timedelta(hours=6))


def _is_kept() -> ColumnElement[bool]:
    """Not of an entry whose data were erased: there is nothing left to be proven."""
    erased = select(audit.Event.id).where(
        audit.Event.action == "entry.erased",
        audit.Event.subject_type == "entry",
        audit.Event.subject_id == SealedDocument.entry_id,
    )
    return ~erased.exists()


def _ids(office: Office, which: ColumnElement[bool]) -> list[int]:
    with office.db.read() as session:
        return list(
            session.scalars(
                select(SealedDocument.id)
                .where(which, _is_kept())
                .order_by(SealedDocument.try_after, SealedDocument.id)
                .limit(MANY)
            )
        )


def _attend(office: Office, document_id: int, *, renewing: bool) -> None:
    """One document, each in its own transaction: one that fails holds up no other."""
    with office.db.begin() as session:
        # Before the work: a document that kills its worker goes behind the others all the same.
        row = _held(session, document_id)
        if row.try_after > clock.now():
            return  # another worker took it
        row.tries += 1
        row.try_after = clock.now() + _pause(row.tries)
        before, body_id, wanted = row.current_sha256, row.body_id, Level(row.wanted)
        level = Level(row.level)
    try:
        made, changed = _added(office, before, body_id, level, wanted, renewing=renewing)
        facts = _outlook(office, made.pdf, body_id)
        sha256 = before
        if changed:
            sha256 = documents.keep(office, made.pdf, body_id=body_id).sha256
    except (signing.SigningError, DocflowError) as error:
        log.warning("the sealed document %s waits: %s", document_id, error)
        _put_off(office, document_id, str(error))
        return
    with office.db.begin() as session:
        row = _held(session, document_id)
        if row.current_sha256 != before:
            return  # another worker was faster
        row.level, row.problem = made.level, made.problem[:500]
        row.renew_before, row.holds = facts["renew_before"], facts["holds"]
        row.outlook, row.checked_at = facts["outlook"], clock.now()
        row.tries = row.tries if row.is_pending else 0
        pause = _pause(row.tries) if row.is_pending else timedelta()
        # Where a renewal gains nothing (a key too short for the time), it is not done for ever.
        row.try_after = clock.now() + (_RENEWED if renewing else pause)
        if changed:
            row.current_sha256 = sha256
            act = "renewed" if renewing else "completed"
            _add_proof(session, row, act, sha256, len(made.pdf))
            _record(session, row, f"document.{act}")
        if not facts["holds"] and not row.is_pending:
            _record(session, row, "document.will-not-hold")


def _added(
    office: Office, sha256: str, body_id: int, level: Level, wanted: Level, *, renewing: bool
) -> tuple[Made, bool]:
    """The document with what could be added now, and whether anything was."""
    pdf = documents.read_bytes(office, sha256)
    if renewing:
        settings = office.settings
        renewed = signing.renew(
            pdf,
            trust_roots=trust.roots(office, body_id),
            tsa_urls=settings.tsa_urls,
            tsa_timeout=settings.tsa_timeout,
            at=clock.now(),
        )
        return Made(renewed, level, wanted, ""), True
    if level == wanted:
        return Made(pdf, level, wanted, ""), False
    made = seals.raised(office, pdf, body_id=body_id, level=level, wanted=wanted)
    return made, made.level != level


def _outlook(office: Office, pdf: bytes, body_id: int) -> dict[str, Any]:
    """What a verifier will say on the last day before the next renewal is due."""
    limit = signing.renewal_due(pdf)
    outlook = signing.will_hold(
        pdf, max(limit - timedelta(days=1), clock.now()), trust_roots=trust.roots(office, body_id)
    )
    return {
        "renew_before": limit,
        "holds": outlook.holds,
        "outlook": {"at": outlook.at.isoformat(), **outlook.report.as_json()},
    }


def _put_off(office: Office, document_id: int, why: str) -> None:
    with office.db.begin() as session:
        row = _held(session, document_id)
        row.problem = why[:500]
        row.try_after = clock.now() + _pause(row.tries)


def _pause(tries: int) -> timedelta:
    doublings: int = 2 ** min(tries, 10)
    return min(_FIRST_PAUSE * doublings, _LONGEST_PAUSE)


def _held(session: Session, document_id: int) -> SealedDocument:
    return session.scalars(
        select(SealedDocument)
        .where(SealedDocument.id == document_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _add_proof(session: Session, row: SealedDocument, act: str, sha256: str, size: int) -> None:
    last = session.scalar(
        select(func.max(DocumentProof.position)).where(DocumentProof.document_id == row.id)
    )
    session.add(
        DocumentProof(
            document_id=row.id,
            position=(last or 0) + 1,
            act=act,
            level=row.level,
            sha256=sha256,
            size=size,
        )
    )


def _record(session: Session, row: SealedDocument, action: str) -> None:
    subject = ("entry", row.entry_id) if row.entry_id is not None else ("body", row.body_id)
    audit.record(
        session,
        action,
        by=system(row.body_id),
        subject=subject,
        document=row.id,
        level=row.level,
        sha256=row.current_sha256,
    )
