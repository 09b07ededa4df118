"""`docflow register`, `show` and `search`."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from docflow import documents, organization, parties, reads, registry, routing
from docflow import search as searching
from docflow.cli import finding
from docflow.cli.days import day
from docflow.cli.failures import CannotDo
from docflow.cli.output import language, print_json, say, shown
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import Direction, NewEntry

_CITED = re.compile(r"(\d{1,9}(?:-\w{1,6})?)/(\d{4})")
_MARKS = str.maketrans("⟦⟧", "[]")


def register(
    data: Path | None,
    *,
    files: list[Path],
    direction: str,
    subject: str,
    sender: str | None,
    recipients: list[str],
    reference: str,
    dated: str | None,
    book: str | None,
    acting_as: str | None,
    key: str | None,
    kind: str | None,
    values: list[str],
    duplicate_reason: str,
    as_json: bool,
) -> int:
    """Store the files, register the document, and tell its number."""
    new = NewEntry(
        direction=Direction(direction),
        subject=subject,
        book=book,
        sender=parties.Contact(sender) if sender else None,
        recipients=tuple(parties.Contact(name) for name in recipients),
        sender_reference=reference,
        sender_dated_on=day(dated) if dated else None,
        delivery_method=registry.DeliveryMethod.SYSTEM,
        kind=kind,
        values={name: value for name, _, value in (one.partition("=") for one in values)},
    )
    with finding.office(data) as office:
        with office.db.read() as session:
            by = finding.acting(session, acting_as)
        uploads = []
        for path in files:
            with path.open("rb") as stream:
                uploads.append(documents.receive(office, stream, path.name, body_id=by.body_id))
        with office.db.begin() as session:
            entry = registry.register(
                session,
                new,
                uploads,
                by=by,
                zone=office.settings.zone,
                ocr_languages=office.settings.ocr_languages,
                idempotency_key=key,
                duplicate_reason=duplicate_reason,
            )
            session.flush()  # what is printed is read again
            document = _document(session, entry, by)
        zone = office.settings.zone
    if as_json:
        print_json(document)
    else:
        _print(document, zone)
    return 0


def numbered(session: Session, cited: str, book: str | None, *, by: Principal) -> registry.Entry:
    """The entry that is cited as 1234/2026. Raises NoSuchEntry."""
    match = _CITED.fullmatch(cited.strip())
    if match is None:
        raise CannotDo(t("Write the number with its year: 1234/2026"))
    return registry.numbered(session, book, int(match[2]), match[1], by=by)


def show(
    data: Path | None,
    *,
    cited: str,
    book: str | None,
    reason: str,
    acting_as: str | None,
    as_json: bool,
) -> int:
    """Print an entry. Raises NoSuchEntry, ReasonNeeded."""
    with finding.office(data) as office:
        with office.db.begin() as session:
            by = finding.acting(session, acting_as)
            entry = numbered(session, cited, book, by=by)
            reads.note(session, entry, by=by, reason=reason)
            document = _document(session, entry, by)
        zone = office.settings.zone
    if as_json:
        print_json(document)
    else:
        _print(document, zone)
    return 0


def search(
    data: Path | None,
    *,
    query: str,
    narrowed: Mapping[str, str | bool | None],
    unit: str | None,
    newest: bool,
    limit: int,
    acting_as: str | None,
    as_json: bool,
) -> int:
    """Print what was found, the best or the newest first."""
    with finding.office(data) as office:
        zone = office.settings.zone
        with office.db.read() as session:
            by = finding.acting(session, acting_as)
            found = searching.search(
                session,
                query,
                by=by,
                filters=_filters(session, narrowed, unit, by),
                sort=searching.Sort.NEWEST if newest else searching.Sort.RELEVANCE,
                zone=zone,
                limit=limit,
            )
    if as_json:
        hits = [
            {**_line(hit.line), "passage": hit.passage, "file": hit.file, "page": hit.page}
            for hit in found.hits
        ]
        answer = {"query": query, "total": found.total, "is_more": found.is_more, "hits": hits}
        print_json(answer)
        return 0
    for hit in found.hits:
        day = shown(hit.line.registered_at, zone)[:10]
        mark = f"[{t('ANNULLED')}] " if hit.line.is_annulled else ""
        say(f"{hit.line.label:>12}  {day}  {mark}{hit.line.correspondent}: {hit.line.subject}")
        if hit.passage:
            say(f"{'':>12}  … {hit.passage.translate(_MARKS)}")
    for file in found.case_files:
        say(f"{t('Case file')}: {file.code}  {file.title}")
    if found.is_more:
        say(t("More than {n} found; these are the newest of them.", n=found.total))
    else:
        say(t("{n} found.", n=found.total))
    return 0


def _filters(
    session: Session, narrowed: Mapping[str, str | bool | None], unit: str | None, by: Principal
) -> searching.Filters:
    """The options as filters. Raises BadFilter, CannotDo."""
    said: dict[str, Any] = {name: value for name, value in narrowed.items() if value is not None}
    for name in ("first_day", "last_day"):
        if name in said:
            said[name] = day(said[name])
    filters = searching.of_json(said)
    if unit:
        known = {one.code: one.id for one in organization.units(session, by.body_id)}
        if unit not in known:
            raise CannotDo(t("There is no unit “{code}”.", code=unit))
        filters = replace(filters, unit_id=known[unit])
    return filters


def _document(session: Session, entry: registry.Entry, by: Principal) -> dict[str, Any]:
    """The document of `docflow show --json`; its form is a contract (docs/api.md, architecture)."""
    known = registry.details(session, entry, by=by)
    annulment = known.annulment
    return {
        "book": known.book.code,
        "year": entry.year,
        "number": entry.number,
        "label": entry.label,
        "direction": entry.direction,
        "subject": known.current.subject,
        "registered_at": entry.registered_at.isoformat(),
        "sender": known.current.sender_name or None,
        "recipients": [one.name for one in known.recipients],
        "sender_reference": known.current.sender_reference,
        "sender_date": known.current.sender_dated_on.isoformat()
        if known.current.sender_dated_on
        else None,
        "concerned": [one.name for one in known.current.concerned],
        "corrected": known.line.is_corrected,
        "verification_code": registry.codes.shown(entry.verification_code),
        "state": known.line.state,
        "files": [_file(info) for info in documents.files(session, entry.id)],
        "charges": [_charge(one) for one in routing.charges(session, entry.id, by=by)],
        "annulled": {
            "reason": annulment.reason,
            "at": annulment.annulled_at.isoformat(),
            "by": known.annulled_by,
        }
        if annulment
        else None,
        "relations": [
            {"kind": kind, "from_here": here, **_line(other)}
            for kind, here, other in known.relations
        ],
    }


def _file(info: documents.FileInfo) -> dict[str, Any]:
    return {
        "name": info.name,
        "sha256": info.sha256,
        "size": info.size,
        "media_type": info.media_type,
        "role": info.role,
        "ocr": {
            "state": info.state,
            "text_chars": info.text_chars,
            "mean_confidence": info.confidence,
            "problem": info.problem_code,
            "problem_detail": info.problem.in_language(language()) if info.problem else None,
        },
    }


def _charge(one: routing.ChargeInfo) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "state": one.state,
        "unit": one.unit,
        "person": one.person or None,
        "instructions": one.instructions,
        "due_on": one.due_on.isoformat() if one.due_on else None,
        "charged_by": one.charged_by,
        "charged_at": one.charged_at.isoformat(),
        "reason": one.reason,
    }


def _line(line: registry.Line) -> dict[str, Any]:
    return {
        "book": line.book,
        "year": line.year,
        "number": line.number,
        "label": line.label,
        "direction": line.direction,
        "registered_at": line.registered_at.isoformat(),
        "subject": line.subject,
        "correspondent": line.correspondent,
        "annulled": line.is_annulled,
    }


def _print(document: dict[str, Any], zone: str) -> None:
    at = shown(datetime.fromisoformat(document["registered_at"]), zone)
    say(f"{document['label']}  ({document['book']}, {at})")
    if document["annulled"]:
        say(t("ANNULLED: {reason}", reason=document["annulled"]["reason"]))
    if document["corrected"]:
        say(t("  Corrected after its registration."))
    say(f"  {document['subject']}")
    if document["sender"]:
        say(f"  {document['sender']} →")
    for recipient in document["recipients"]:
        say(f"  → {recipient}")
    for file in document["files"]:
        reading = file["ocr"]["problem_detail"] or file["ocr"]["state"]
        say(f"  {file['name']} ({file['size']} B): {reading}")
    for one in document["charges"]:
        say(f"  {one['kind']}: {one['person'] or one['unit']} ({one['state']})")
    say(t("  Verification code: {code}", code=document["verification_code"]))
