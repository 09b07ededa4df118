"""A look at what came back from an emergency: what would be registered, and what stands in its way.

Nothing is written by it.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import clock, parties, registry
from docflow.emergency import authority
from docflow.emergency.journal import Emergency, Journal, Noted
from docflow.emergency.kits import label
from docflow.emergency.models import EmergencyEntry, Period
from docflow.errors import Invalid
from docflow.i18n import Text, t
from docflow.principal import Principal, Role
from docflow.registry import DeliveryMethod, Direction, NewEntry

ONLY_REGISTRY = t("Only the registry takes emergency entries over into the book.")
_AHEAD = timedelta(minutes=2)  # clocks of offices differ by so much and nobody minds


class BadPeriod(Invalid):
    """An emergency has a cause, a beginning, a later end that is past, and who allowed it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One record and what stands in its way; None where nothing does."""

    noted: Noted
    label: str
    problem: Text | None


@dataclass(frozen=True, slots=True)
class DayTotal:
    """Entries of a day: as counted, and as page or sheets state (None where they do not)."""

    day: date
    counted: int
    stated: int | None

    @property
    def agrees(self) -> bool:
        return self.stated is None or self.counted == self.stated


@dataclass(frozen=True, slots=True)
class Examined:
    """What would happen: per emergency its new and known records, totals, times not allowed."""

    emergency: Emergency
    findings: tuple[Finding, ...]
    known: tuple[str, ...]
    totals: tuple[DayTotal, ...]
    uncovered: tuple[datetime, ...]
    problem: Text | None

    @property
    def bad(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.problem is not None)

    @property
    def is_new(self) -> bool:
        return bool(self.findings)


def examine(session: Session, journal: Journal, *, by: Principal, zone: str) -> list[Examined]:
    """What taking the journal over would do; nothing is written, no number is taken.

    Raises NotAllowed; everything else that is wrong stands in the outcome.
    """
    by.require(by.is_clerk or by.is_registrar, ONLY_REGISTRY)
    there = taken_over(session, journal)
    known = [authority.with_stored(session, journal, one) for one in journal.emergencies]
    return [examined(session, journal, one, there, by, zone) for one in known]


def taken_over(session: Session, journal: Journal) -> dict[int, str]:
    """Number and digest of each record of the kit that stands in the book already."""
    rows = session.execute(
        select(EmergencyEntry.number, EmergencyEntry.digest).where(
            EmergencyEntry.kit_id == journal.kit.id
        )
    )
    return {number: digest for number, digest in rows}


def examined(
    session: Session,
    journal: Journal,
    emergency: Emergency,
    there: dict[int, str],
    by: Principal,
    zone: str,
) -> Examined:
    findings, known = [], []
    for noted in emergency.noted:
        cited = label(journal.kit.year, noted.number)
        if there.get(noted.number) == noted.digest:
            known.append(cited)
            continue
        problem = _problem(session, journal, noted, there, by, zone)
        findings.append(Finding(noted, cited, problem))
    counted = Counter(clock.local(one.at, zone).date() for one in emergency.noted)
    counted.update(_counted_before(session, journal, emergency, zone))
    days = sorted({*counted, *emergency.totals})
    stated = emergency.totals
    return Examined(
        emergency=emergency,
        findings=tuple(findings),
        known=tuple(known),
        totals=tuple(
            DayTotal(day, counted[day], stated.get(day, 0) if stated else None) for day in days
        ),
        uncovered=authority.uncovered(emergency),
        problem=authority.problem(emergency),
    )


def _counted_before(
    session: Session, journal: Journal, emergency: Emergency, zone: str
) -> Counter[date]:
    """Records of this period that came back earlier and are not in this journal, by day."""
    here = {noted.number for noted in emergency.noted}
    rows = session.execute(
        select(EmergencyEntry.number, EmergencyEntry.noted_at)
        .join(Period, Period.id == EmergencyEntry.period_id)
        .where(Period.kit_id == journal.kit.id, Period.mark == emergency.mark)
    )
    return Counter(clock.local(at, zone).date() for number, at in rows if number not in here)


def _problem(
    session: Session,
    journal: Journal,
    noted: Noted,
    there: dict[int, str],
    by: Principal,
    zone: str,
) -> Text | None:
    kit = journal.kit
    if not kit.first_number <= noted.number <= kit.last_number:
        return t("The number is not one of the kit {kit}.", kit=kit.code)
    if noted.number in there:
        return t(
            "This number was taken over already with other content. If two computers used the "
            "same kit, type this record under a free number."
        )
    if clock.local(noted.at, zone).year != kit.year:
        return t("The kit has numbers of {year}; the record is of another year.", year=kit.year)
    if noted.at > clock.now() + _AHEAD:
        return t("The record is dated in the future: the computer’s clock was wrong.")
    if noted.struck_reason:
        return None
    # Who heads the registry looks at what a clerk will register, and need not be one.
    clerk = replace(by, roles=by.roles | {Role.CLERK})
    try:
        registry.examine(session, new_entry(journal, noted), by=clerk, zone=zone)
    except Invalid as error:
        return error.message
    return None


def new_entry(journal: Journal, noted: Noted) -> NewEntry:
    """The record as it is registered. Raises BadPeriod for words that no choice of ours has."""
    try:
        direction = Direction(noted.direction)
        method = DeliveryMethod(noted.delivery_method)
    except ValueError as error:
        raise BadPeriod(t("Direction or way of delivery is not known here.")) from error
    names = [name for name in noted.recipients if name.strip()]
    return NewEntry(
        direction=direction,
        subject=noted.subject,
        book=journal.kit.book,
        sender=parties.Contact(noted.sender) if noted.sender.strip() else None,
        recipients=tuple(parties.Contact(name) for name in names),
        sender_reference=noted.sender_reference,
        sender_dated_on=noted.sender_dated_on,
        delivery_method=method,
        delivery_detail=noted.delivery_detail,
        attachments_count=noted.attachments_count,
        attachments_note=noted.attachments_note,
        received_at=min(noted.at, clock.now()),
    )
