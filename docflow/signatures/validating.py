"""The check of signatures: of each file that comes in, and of any file a person asks about.

Every file gets an answer within twenty seconds and a gigabyte, by a process of its own. Revocation
is asked for certificates under our own roots only, so that no file chooses whom we call.
Source: domain row 75; the report is kept as renditions of the file (JSON, ETSI TS 119 102-2).
"""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

import signing
from docflow import audit, clock, documents, outbox, registry
from docflow.errors import Conflict, NotFound, Unavailable
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal, system
from docflow.signatures import trust
from docflow.signatures.models import FileValidation, ValidationState

JSON_REPORT, ETSI_REPORT = "signature-report", "signature-report-etsi"
PDF = "application/pdf"
# Kinds of files that can bear a signature, as recognised by their content.
_KINDS = (PDF, "application/xml", "text/xml", "application/zip", "application/octet-stream")
_NAMES = (".p7m", ".p7s", ".p7b", ".asice", ".sce", ".asics", ".scs", ".xml")
_OURS = (documents.FileRole.SIGNED_ORIGINAL, documents.FileRole.EXACT_COPY)


class CannotValidate(Unavailable):
    """The check of files is out of order."""


class NoReport(NotFound):
    """The signatures of this file were not checked."""


class StillChecking(Conflict):
    """The file is being checked already."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict on a file, and when it was given."""

    report: "signing.Report"
    checked_at: datetime


def check(
    office: Office, data: bytes, *, body_id: int | None, content: bytes | None = None
) -> "signing.Report":
    """The verdict on a file, by all that the body trusts. `content` is what a .p7s is over.

    Raises CannotValidate where the installation's trust is not set up rightly.
    """
    try:
        return signing.validate_any_limited(
            data, content=content, trust_roots=trust.roots(office, body_id), offline=False
        )
    except signing.SigningError as error:
        raise CannotValidate(
            t("Files cannot be checked now. Ask the administrator to look at the roots of trust.")
        ) from error


def etsi(office: Office, data: bytes, *, body_id: int | None) -> bytes:
    """The report of ETSI TS 119 102-2 on a PDF. Raises CannotValidate."""
    try:
        return signing.etsi_report_limited(
            data, trust_roots=trust.roots(office, body_id), offline=False
        )
    except signing.SigningError as error:
        raise CannotValidate(
            t("Files cannot be checked now. Ask the administrator to look at the roots of trust.")
        ) from error


@documents.after_intake
def ask_for(session: Session, file: documents.File) -> None:
    """A file came in: have its signatures checked, where it can bear any."""
    if file.role in _OURS or not _can_be_signed(file):
        return
    if session.get(FileValidation, file.id) is None:
        session.add(FileValidation(file_id=file.id, state=ValidationState.PENDING))
        outbox.enqueue(session, "signatures.validate", file_id=file.id)


def again(session: Session, file_id: int, *, by: Principal) -> FileValidation:
    """Check a file once more: since then trust or revocation may have changed.

    The caller has checked that the person may see the entry; a program needs one of the scopes
    `register` and `route`. Raises NoReport, StillChecking.
    """
    by.require_scope("route" if by.scopes and "route" in by.scopes else "register")
    row = session.get(FileValidation, file_id, with_for_update=True)
    if row is None:
        raise NoReport(t("This file can bear no signature that is checked here."))
    if row.state == ValidationState.PENDING:
        raise StillChecking(t("The file is being checked already. Look again in a minute."))
    row.state, row.asked_at, row.problem = ValidationState.PENDING, clock.now(), None
    outbox.enqueue(session, "signatures.validate", file_id=file_id)
    file = session.get_one(documents.File, file_id)
    audit.record(
        session,
        "file.validated-again",
        by=by,
        subject=("entry", file.entry_id),
        file=file.position,
    )
    return row


def give_up(run: outbox.Run, *, file_id: int, why: str) -> None:
    """The check failed for good: the entry's page says so, and lets a person ask again."""
    with run.office.db.begin() as session:
        row = session.get(FileValidation, file_id, with_for_update=True)
        if row is not None and row.state == ValidationState.PENDING:
            row.state, row.problem = ValidationState.FAILED, why[:500]


@outbox.job("signatures.validate", queue="signing", given_up=give_up)
def validate_file(run: outbox.Run, *, file_id: int) -> None:
    """Check the signatures of one file, and keep the report with it."""
    office = run.office
    with office.db.read() as session:
        row = session.get(FileValidation, file_id)
        if row is None or row.state != ValidationState.PENDING:
            return
        file = session.get_one(documents.File, file_id)
        body_id = session.get_one(registry.Entry, file.entry_id).body_id
        signed = _signed_content(session, file)
        sha256, media_type = file.sha256, file.media_type
    data = documents.read_bytes(office, sha256)
    content = documents.read_bytes(office, signed) if signed else None
    report = check(office, data, body_id=body_id, content=content)
    moment = clock.now()
    kept = []
    if report.signatures or report.verdict != "unsigned":
        text = json.dumps(
            {"sha256": sha256, "checked_at": moment.isoformat(), **report.as_json()},
            ensure_ascii=False,
            indent=2,
        )
        kept.append((JSON_REPORT, text.encode(), "application/json"))
        if media_type == PDF:
            kept.append((ETSI_REPORT, etsi(office, data, body_id=body_id), "application/xml"))
    stored = [
        (kind, documents.keep(office, data, body_id=body_id), media_type)
        for kind, data, media_type in kept
    ]
    with office.db.begin() as session:
        row = session.get(FileValidation, file_id, with_for_update=True)
        if row is None or row.state != ValidationState.PENDING:
            return
        row.state, row.checked_at, row.problem = ValidationState.DONE, moment, None
        row.verdict, row.integrity = report.verdict.value, report.integrity.value
        row.signatures, row.report = len(report.signatures), report.as_json()
        for kind, one, media_type in stored:
            documents.put_rendition(
                session,
                file_id,
                kind,
                sha256=one.sha256,
                size=one.size,
                media_type=media_type,
            )
        if kept:
            file = session.get_one(documents.File, file_id)
            audit.record(
                session,
                "file.validated",
                by=system(body_id),
                subject=("entry", file.entry_id),
                file=file.position,
                sha256=file.sha256,
                verdict=row.verdict,
                signatures=row.signatures,
            )


def of_files(session: Session, file_ids: list[int]) -> dict[int, FileValidation]:
    """What is known of the files' signatures; the caller has checked the right to see them."""
    rows = session.scalars(select(FileValidation).where(FileValidation.file_id.in_(file_ids)))
    return {row.file_id: row for row in rows}


def report_of(row: FileValidation) -> "signing.Report":
    """The report that was kept. Raises NoReport."""
    if row.report is None:
        raise NoReport(t("The signatures of this file were not checked yet."))
    return signing.Report.from_json(row.report)


def _can_be_signed(file: documents.File) -> bool:
    return file.media_type in _KINDS or file.name.lower().endswith(_NAMES)


def _signed_content(session: Session, file: documents.File) -> str | None:
    """What a detached signature is over: the file of the entry that it is named after."""
    name, _, ending = file.name.rpartition(".")
    if ending.lower() not in ("p7s", "p7m", "sig"):
        return None
    return session.scalar(
        select(documents.File.sha256)
        .where(
            documents.File.entry_id == file.entry_id,
            documents.File.id != file.id,
            documents.File.name == name,
        )
        .limit(1)
    )
