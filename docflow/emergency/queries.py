"""What was registered in emergencies: the origin of an entry, a number's entry, the periods."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import organization, registry
from docflow.emergency.kits import label, may_read
from docflow.emergency.models import Authorisation, EmergencyEntry, Kit, Period
from docflow.folding import fold_reference
from docflow.i18n import t
from docflow.principal import Principal

# ΕΚΤ-2026-0007, also typed on a Latin keyboard and without signs: folded, as `fold_reference` does.
_TYPED = re.compile(fold_reference("ΕΚΤ") + r"(\d{4})(\d{1,9})")
_NO_READER = t("Emergency periods are open to the registry and to auditors.")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an entry comes from that was first noted in an emergency."""

    label: str
    noted_at: datetime
    operator: str
    cause: str
    period_id: int


@dataclass(frozen=True, slots=True)
class Used:
    """An emergency number of a period: the entry that it became, or why it was struck out."""

    label: str
    noted_at: datetime
    operator: str
    struck_reason: str
    subject: str
    line: registry.Line | None


@dataclass(frozen=True, slots=True)
class PeriodInfo:
    """One period with what it needs to be reported."""

    id: int
    kit_code: str
    place: str
    source: str
    cause: str
    started_at: datetime
    ended_at: datetime
    recovered_by: str
    recovered_at: datetime
    file_sha256: str | None
    totals: tuple[tuple[date, int], ...]
    authorisations: tuple[Authorisation, ...]
    used: tuple[Used, ...]


def origin(session: Session, entry_id: int) -> Origin | None:
    """The emergency number of an entry, None for an ordinary one.

    The caller has checked that the person may see the entry.
    """
    row = session.execute(
        select(EmergencyEntry, Period.cause)
        .join(Period, Period.id == EmergencyEntry.period_id)
        .where(EmergencyEntry.entry_id == entry_id)
    ).one_or_none()
    if row is None:
        return None
    found, cause = row
    cited = label(found.year, found.number)
    return Origin(cited, found.noted_at, found.operator, cause, found.period_id)


@registry.earlier_number
def earlier_number(session: Session, entry_id: int) -> registry.EarlierNumber | None:
    """For receipts: the citizen holds a slip with the emergency number."""
    known = origin(session, entry_id)
    return registry.EarlierNumber(known.label, known.noted_at) if known else None


def entry_of(session: Session, typed: str, *, by: Principal) -> int | None:
    """The entry that an emergency number became, as people type it; None where there is none."""
    match = _TYPED.fullmatch(fold_reference(typed))
    if match is None:
        return None
    return session.scalar(
        select(EmergencyEntry.entry_id).where(
            EmergencyEntry.body_id == by.body_id,
            EmergencyEntry.year == int(match[1]),
            EmergencyEntry.number == int(match[2]),
        )
    )


def periods(session: Session, *, by: Principal, period_id: int | None = None) -> list[PeriodInfo]:
    """The periods of the body, the newest first, with everything that was noted in them."""
    by.require(may_read(by), _NO_READER)
    query = (
        select(Period, Kit)
        .join(Kit, Kit.id == Period.kit_id)
        .where(Kit.body_id == by.body_id)
        .order_by(Period.started_at.desc(), Period.id.desc())
    )
    if period_id is not None:
        query = query.where(Period.id == period_id)
    rows = session.execute(query).all()
    names = organization.names(session, [period.recovered_by for period, _ in rows])
    return [
        PeriodInfo(
            id=period.id,
            kit_code=kit.code,
            place=kit.place,
            source=period.source,
            cause=period.cause,
            started_at=period.started_at,
            ended_at=period.ended_at,
            recovered_by=names.get(period.recovered_by or 0, ""),
            recovered_at=period.recovered_at,
            file_sha256=period.file_sha256,
            totals=tuple(
                (date.fromisoformat(day), int(count))
                for day, count in sorted(period.totals.items())
            ),
            authorisations=tuple(
                session.scalars(
                    select(Authorisation)
                    .where(Authorisation.period_id == period.id)
                    .order_by(Authorisation.position)
                )
            ),
            used=tuple(_used(session, period.id, by)),
        )
        for period, kit in rows
    ]


def _used(session: Session, period_id: int, by: Principal) -> list[Used]:
    rows = session.scalars(
        select(EmergencyEntry)
        .where(EmergencyEntry.period_id == period_id)
        .order_by(EmergencyEntry.number)
    ).all()
    ids = [row.entry_id for row in rows if row.entry_id]
    found = (
        session.execute(registry.lines_query(by).where(registry.Entry.id.in_(ids))).all()
        if ids
        else []
    )
    lines = {line.id: line for line in registry.lines(session, found)}
    return [
        Used(
            label=label(row.year, row.number),
            noted_at=row.noted_at,
            operator=row.operator,
            struck_reason=row.struck_reason,
            subject=str(row.record.get("subject", "")) if row.entry_id is None else "",
            line=lines.get(row.entry_id or 0),
        )
        for row in rows
    ]
