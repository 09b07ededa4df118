"""`docflow annulments …`, `correct`, `relate`: what comes after a registration."""

import json
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from docflow import parties, registry
from docflow.cli import finding
from docflow.cli.days import day
from docflow.cli.entries import numbered
from docflow.cli.failures import CannotDo
from docflow.cli.output import print_json, say, shown
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import DeliveryMethod, Relation


def correct(
    data: Path | None,
    *,
    cited: str,
    book: str | None,
    fields: list[str],
    reason: str,
    authority: str,
    acting_as: str | None,
) -> int:
    """Put fields right, each given as name=value. Raises CannotDo, NotCorrectable, Invalid."""
    changes = dict(_change(field) for field in fields)
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        entry = numbered(session, cited, book, by=by)
        rows = registry.correct(
            session,
            entry.id,
            changes,
            reason=reason,
            authority=authority,
            by=by,
            zone=office.settings.zone,
        )
        for row in rows:
            say(f"{entry.label}  {row.field}: {_plain(row.old)} → {_plain(row.new)}")
    return 0


def _change(field: str) -> tuple[str, object]:
    name, mark, value = field.partition("=")
    if not mark:
        raise CannotDo(t("Write each correction as field=value: {typed}", typed=field[:60]))
    try:
        match name:
            case "sender":
                return name, parties.Contact(value)
            case "sender_dated_on":
                return name, day(value) if value else None
            case "attachments_count":
                return name, int(value)
            case "addressee_unit_id":
                return name, int(value) if value else None
            case "delivery_method":
                return name, DeliveryMethod(value)
            case "concerned":
                return name, [
                    parties.Contact(one.strip()) for one in value.split(";") if one.strip()
                ]
            case "recipients":
                named = [one.strip() for one in value.split(";") if one.strip()]
                return name, [registry.To(parties.Contact(one)) for one in named]
    except ValueError as error:
        raise CannotDo(
            t("Write each correction as field=value: {typed}", typed=field[:60])
        ) from error
    return name, value


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def relate(
    data: Path | None, *, cited: str, kind: str, other: str, book: str | None, acting_as: str | None
) -> int:
    """Relate two entries. Raises BadCitation, AlreadyRelated …"""
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        entry = numbered(session, cited, book, by=by)
        registry.relate(
            session, entry.id, registry.cited(session, other, by=by).id, Relation(kind), by=by
        )
    return 0


def waiting(data: Path | None, *, acting_as: str | None, as_json: bool) -> int:
    """Print the annulments that wait for a decision, the oldest first."""
    with finding.office(data) as office, office.db.read() as session:
        by = finding.acting(session, acting_as)
        found = [
            {
                "id": info.id,
                "book": line.book,
                "label": line.label,
                "subject": line.subject,
                "reason": info.reason,
                "authority": info.authority,
                "requested_by": info.requested_by,
                "requested_at": shown(info.requested_at, office.settings.zone),
            }
            for info, line in registry.waiting_annulments(session, by=by)
        ]
    if as_json:
        print_json({"items": found})
        return 0
    for one in found:
        say(f"{one['id']:>6}  {one['label']:>12}  {one['requested_by']}: {one['reason']}")
    say(t("{n} found.", n=len(found)))
    return 0


def ask(
    data: Path | None,
    *,
    cited: str,
    book: str | None,
    reason: str,
    authority: str,
    acting_as: str | None,
) -> int:
    """Ask that an entry be annulled, and print the request's number."""
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        entry = numbered(session, cited, book, by=by)
        row = registry.request_annulment(
            session, entry.id, reason=reason, authority=authority, by=by
        )
        say(str(row.id))
    return 0


def decide(
    data: Path | None, *, request_id: int, approve: bool, reason: str, acting_as: str | None
) -> int:
    """Approve, or refuse with the reason."""
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        _decide(session, request_id, approve, reason, by)
    return 0


def _decide(session: Session, request_id: int, approve: bool, reason: str, by: Principal) -> None:
    if approve:
        registry.approve_annulment(session, request_id, by=by)
    else:
        registry.refuse_annulment(session, request_id, reason=reason, by=by)
