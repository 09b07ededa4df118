"""The public check: by code (or QR), and by the file itself. No login, no personal data shown.

A file is looked up by its digest first: what we issued is known without parsing a stranger's file.
Only an unknown file is validated, in a child process with limits.
Source: ΚΥΑ 32256/2021; domain row 97; signing.md sections 1.4 and 7.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

import signing
from docflow import audit, documents, organization, registry, signatures
from docflow.errors import NotFound, Unavailable
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Via, system

# What came to us, and what lay in it: that it did is nobody's business.
_CAME = (documents.FileRole.ORIGINAL, *documents.PARTS)
UNKNOWN_SIGNER = "unknown"  # of SignatureReport.trust: no configured root vouches for the signer


class CannotValidate(Unavailable):
    """The check of files is out of order."""


class NoSuchCode(NotFound):
    """No document bears this code."""


class Answer(StrEnum):
    """What the page says."""

    ISSUED = "issued"  # issued by us and, for a file, unchanged
    ANNULLED = "annulled"
    CHANGED = "changed"  # bears our seal, but was changed after it
    OTHERS = "others"  # signed validly by somebody else
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer with the facts of the register that anybody may know."""

    answer: Answer
    body: str = ""
    number: str = ""
    registered_at: datetime | None = None
    direction: str = ""
    attachments_count: int = 0
    annulled_at: datetime | None = None
    file_kind: str = ""  # exact-copy, signed-original, original, receipt, digitised-copy
    digests: tuple[tuple[str, str], ...] = ()  # name of a paper and its SHA-256
    signatures: tuple[signing.SignatureReport, ...] = ()
    verdict: str = ""  # of a file that is not ours: the word of the check (docflow.verdicts)
    reasons: tuple[str, ...] = ()
    copied_at: datetime | None = None  # of an exact copy issued later
    corrected_by: str = ""  # number of the corrected re-issue (ορθή επανάληψη)


def by_code(session: Session, typed: str) -> Verdict:
    """The register's answer to a verification code as a person typed it."""
    code = registry.codes.typed(typed)
    entry = (
        session.scalar(select(registry.Entry).where(registry.Entry.verification_code == code))
        if code
        else None
    )
    if entry is not None:
        return _of_entry(session, entry)
    copy = signatures.copies.by_code(session, code) if code else None
    return _of_copy(session, copy) if copy is not None else Verdict(Answer.UNKNOWN)


def proof_by_code(session: Session, typed: str) -> tuple[str, str]:
    """The proof of the registration with this code, without its data, and a name for the file.

    Raises NoSuchCode, registry.NoProof, audit.NotYetProven.
    """
    code = registry.codes.typed(typed)
    entry = (
        session.scalar(select(registry.Entry).where(registry.Entry.verification_code == code))
        if code
        else None
    )
    if entry is None:
        raise NoSuchCode(t("It is not in our register. Check the code, or ask the office."))
    return registry.public_proof(session, entry), f"{entry.number}-{entry.year}.tlog-proof"


def by_file(office: Office, pdf: bytes, sha256: str) -> Verdict:
    """The answer to a file: known by its digest, or judged by its signatures.

    Raises CannotValidate where the installation's trust is not set up rightly.
    """
    with office.db.read() as session:
        known = _by_digest(session, sha256)
        if known is not None:
            return known
        body = organization.first_body(session)
    try:
        report = signatures.validating.check(office, pdf, body_id=body.id if body else None)
    except signatures.CannotValidate as error:
        raise CannotValidate(
            t("The file cannot be checked now. Please use the code that is printed on it.")
        ) from error
    return _judged(office, report)


def record(session: Session, verdict: Verdict, *, by_upload: bool) -> None:
    """Log a public check (whose, we do not know; of what, only where it is ours)."""
    body = organization.first_body(session)
    if body is not None:
        audit.record(
            session,
            "verification.asked",
            by=system(body.id, via=Via.PUBLIC),
            subject=("body", body.id),
            answer=verdict.answer,
            number=verdict.number,
            by_upload=by_upload,
        )


def _by_digest(session: Session, sha256: str) -> Verdict | None:
    # With the proofs that were added since, a document of ours has other bytes and is the same.
    sha256 = signatures.lasting.first(session, sha256)
    # What was sent to us is left out: that it was, is nobody's business. It may well be a document
    # of ours that a citizen sends back with an application.
    ours = session.execute(
        select(registry.Entry, documents.File.role)
        .join(documents.File, documents.File.entry_id == registry.Entry.id)
        .where(
            documents.File.sha256 == sha256,
            or_(
                documents.File.role.not_in(_CAME),
                registry.Entry.direction == registry.Direction.OUTGOING,
            ),
        )
        .order_by(registry.Entry.id)
        .limit(1)
    ).first()
    if ours is not None:
        return _of_entry(session, ours[0], file_kind=ours[1])
    copy = signatures.copies.by_digest(session, sha256)
    if copy is not None:
        return _of_copy(session, copy)
    paper = session.scalar(select(registry.Paper).where(registry.Paper.sha256 == sha256).limit(1))
    if paper is None:
        return None
    entry = session.get_one(registry.Entry, paper.entry_id)
    return _of_entry(session, entry, file_kind=paper.kind.partition("-")[0])


def _of_entry(session: Session, entry: registry.Entry, *, file_kind: str = "") -> Verdict:
    annulment = session.get(registry.Annulment, entry.id)
    issued = session.execute(
        select(documents.File.role, documents.File.sha256)
        .where(
            documents.File.entry_id == entry.id,
            documents.File.role.not_in(_CAME),
        )
        .order_by(documents.File.position)
    ).all()
    return Verdict(
        answer=Answer.ISSUED if annulment is None else Answer.ANNULLED,
        body=organization.body(session, entry.body_id).name,
        number=entry.label,
        registered_at=entry.registered_at,
        direction=entry.direction,
        attachments_count=registry.current(session, entry).attachments_count,
        annulled_at=annulment.annulled_at if annulment else None,
        corrected_by=_corrected_by(session, entry.id),
        file_kind=file_kind,
        digests=tuple((role, digest) for role, digest in issued),
    )


def _corrected_by(session: Session, entry_id: int) -> str:
    """The number of what was issued in place of a document of ours, as its corrected re-issue."""
    label = session.scalar(
        select(registry.Entry.label)
        .join(registry.EntryRelation, registry.EntryRelation.entry_id == registry.Entry.id)
        .outerjoin(
            registry.RelationRemoval,
            registry.RelationRemoval.relation_id == registry.EntryRelation.id,
        )
        .where(
            registry.EntryRelation.other_id == entry_id,
            registry.EntryRelation.kind == registry.Relation.CORRECTS,
            registry.RelationRemoval.relation_id.is_(None),
        )
        .order_by(registry.EntryRelation.id.desc())
        .limit(1)
    )
    return label or ""


def _of_copy(session: Session, copy: signatures.ExactCopy) -> Verdict:
    """An exact copy that was issued later has a code and digest of its own."""
    entry = session.get_one(registry.Entry, copy.entry_id)
    kind = f"{copy.kind}-copy"
    verdict = _of_entry(session, entry, file_kind=kind)
    return replace(verdict, digests=((kind, copy.sha256),), copied_at=copy.issued_at)


def _judged(office: Office, report: signing.Report) -> Verdict:
    ours = registry.seal_subjects(office)
    # Anybody can write our name into a certificate: a sound signature is ours only where the
    # certificate leads to our roots. Of a changed file no more than the name can be said.
    by_us = [
        s
        for s in report.signatures
        if s.signer in ours and (s.trust != UNKNOWN_SIGNER or s.integrity != "intact")
    ]
    said: dict[str, Any] = {
        "verdict": report.verdict.value,
        "reasons": tuple(dict.fromkeys(code for one in report.signatures for code in one.reasons)),
    }
    if report.verdict == "unsigned" or not report.signatures:
        return Verdict(Answer.UNKNOWN, **said)
    if any(s.integrity in ("changed", "broken") for s in by_us):
        return Verdict(Answer.CHANGED, signatures=report.signatures, **said)
    if report.integrity in ("changed", "broken", "unreadable"):
        answer = Answer.CHANGED if by_us else Answer.UNKNOWN
        return Verdict(answer, signatures=report.signatures, **said)
    if by_us:
        # Sound, ours, and yet not among what we issued: an earlier revision, or a paper annulled
        # before it left. The register decides, not the signature.
        return Verdict(Answer.CHANGED, signatures=report.signatures, **said)
    return Verdict(Answer.OTHERS, signatures=report.signatures, **said)
