"""What the page of an entry shows of signatures: verdicts, proofs, copies, a corrected re-issue."""

from typing import Any

from sqlalchemy.orm import Session

from docflow import circulation, documents, registry
from docflow.principal import Principal
from docflow.signatures import copies, lasting, validating


def context(session: Session, entry: registry.Entry, by: Principal) -> dict[str, Any]:
    """For the entry's page; the caller got the entry through `registry.get`."""
    annulled = session.get(registry.Annulment, entry.id) is not None
    issued = copies.of_entry(session, entry.id)
    correction = circulation.correction_of(session, entry.id)
    return {
        "copies": issued,
        "copy_names": copies.issuer_names(session, issued),
        "may_copy": not annulled and copies.may_issue(session, entry, by=by),
        "may_reissue": circulation.may_reissue(session, entry, by=by),
        "correction": correction,
        **of_files(session, entry, documents.files(session, entry.id)),
    }


def of_files(
    session: Session, entry: registry.Entry, files: list[documents.FileInfo]
) -> dict[str, Any]:
    """For `web/signing/_verdict.html`: verdicts by the file's id, proofs by its digest."""
    return {
        "validations": validating.of_files(session, [file.id for file in files]),
        "sealed": {row.sha256: row for row in lasting.of_entry(session, entry.id)},
    }
