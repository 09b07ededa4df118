"""The way back: what was noted in an emergency becomes ordinary entries, each once.

First a look that writes nothing (`examine`), then everything in one transaction and in the order
of the emergency numbers (`recover`): either all of it stands in the book or nothing does, and the
same file again changes nothing. The emergency instant is the entry's time of receipt, from which
deadlines count; number and time of registration are ordinary ones.
Source: DPR 445/2000 art. 63 (the model of domain row 23).
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock, parties, registry
from docflow.emergency import authority
from docflow.emergency.journal import Authorised, Emergency, Journal, Noted
from docflow.emergency.kits import label
from docflow.emergency.models import EmergencyEntry, Period, Source
from docflow.errors import Conflict, DocflowError, Invalid
from docflow.i18n import Text, t
from docflow.principal import Principal
from docflow.registry import DeliveryMethod, Direction, NewEntry

_ONLY_REGISTRY = t("Only the registry takes emergency entries over into the book.")
_AHEAD = timedelta(minutes=2)  # clocks of offices differ by so much and nobody minds


class RecordsWrong(Conflict):
    """Some records of the emergency cannot be registered as they are."""


class TotalsDiffer(Conflict):
    """The entries of a day are not as many as its total says."""


class NotAuthorised(Conflict):
    """A part of the emergency was not authorised: after 24 hours, and each week, it must be."""


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


@dataclass(frozen=True, slots=True)
class Recovered:
    """An emergency number and the number that its entry now bears."""

    label: str
    book: str
    year: int
    number: int
    entry_label: str
    entry_id: int


def examine(session: Session, journal: Journal, *, by: Principal, zone: str) -> list[Examined]:
    """What taking the journal over would do; nothing is written, no number is taken.

    Raises NotAllowed; everything else that is wrong stands in the outcome.
    """
    by.require(by.is_clerk or by.is_registrar, _ONLY_REGISTRY)
    there = _taken_over(session, journal)
    return [
        _examined(session, journal, emergency, there, by, zone) for emergency in journal.emergencies
    ]


def recover(
    session: Session,
    journal: Journal,
    *,
    by: Principal,
    zone: str,
    ocr_languages: list[str],
    leave_out: Collection[int] = (),
    late: Sequence[Authorised] = (),
) -> list[Recovered]:
    """Register everything that is not registered yet, in the order of the emergency numbers.

    `leave_out` are numbers that wait (they can be taken over later); `late` are authorisations
    that the head of the registry gives now for times that nobody had allowed.
    Raises RecordsWrong, TotalsDiffer, NotAuthorised, BadPeriod, and what `registry.register` does.
    """
    by.require(by.is_clerk or by.is_registrar, _ONLY_REGISTRY)
    if late:
        by.require(by.is_registrar, authority.ONLY_REGISTRAR)
    authority.hold(session, journal.kit.id)
    there = _taken_over(session, journal)
    made: list[Recovered] = []
    for emergency in journal.emergencies:
        with_late = replace(emergency, authorised=(*emergency.authorised, *late))
        seen = _examined(session, journal, with_late, there, by, zone)
        _require_sound(seen, leave_out)
        wanted = [one.noted for one in seen.findings if one.noted.number not in leave_out]
        if not wanted:
            continue
        period = authority.keep(session, journal, emergency, late=late, by=by)
        made += [
            _registered(session, journal, period, noted, by, zone, ocr_languages)
            for noted in wanted
            if not noted.struck_reason
        ]
        for noted in wanted:
            if noted.struck_reason:
                session.add(_row(journal, period, noted, None))
        _record(session, journal, period, wanted, seen, by)
    session.flush()  # the links, for whoever reads them next
    return made


def _taken_over(session: Session, journal: Journal) -> dict[int, str]:
    """Number and digest of each record of the kit that stands in the book already."""
    rows = session.execute(
        select(EmergencyEntry.number, EmergencyEntry.digest).where(
            EmergencyEntry.kit_id == journal.kit.id
        )
    )
    return {number: digest for number, digest in rows}


def _examined(
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
    try:
        registry.examine(session, new_entry(journal, noted), by=by, zone=zone)
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


def _require_sound(seen: Examined, leave_out: Collection[int]) -> None:
    """Raises what stands in the way of taking this emergency over."""
    if not seen.is_new:
        return
    if seen.problem is not None:
        raise BadPeriod(seen.problem)
    wrong = [one for one in seen.bad if one.noted.number not in leave_out]
    if wrong:
        first = wrong[0]
        raise RecordsWrong(
            t(
                "{n} records cannot be registered as they are; the first is {label}: {problem} "
                "Nothing was registered.",
                n=len(wrong),
                label=first.label,
                problem=first.problem or "",
            )
        )
    for total in seen.totals:
        if not total.agrees:
            raise TotalsDiffer(
                t(
                    "On {day} there are {counted} records, and the total says {stated}. Find the "
                    "missing ones, or correct the total. Nothing was registered.",
                    day=f"{total.day:%d/%m/%Y}",
                    counted=total.counted,
                    stated=total.stated or 0,
                )
            )
    if seen.uncovered:
        raise NotAuthorised(
            t(
                "The emergency register was used beyond 24 hours without a new authorisation. The "
                "head of the registry must state who authorises it, before it is taken over."
            ),
            field="late_by",
        )


def _registered(
    session: Session,
    journal: Journal,
    period: Period,
    noted: Noted,
    by: Principal,
    zone: str,
    languages: list[str],
) -> Recovered:
    cited = label(journal.kit.year, noted.number)
    try:
        entry = registry.register(
            session, new_entry(journal, noted), (), by=by, zone=zone, ocr_languages=languages
        )
    except DocflowError as error:
        raise RecordsWrong(
            t(
                "{label} cannot be registered: {problem} Nothing was registered.",
                label=cited,
                problem=error.message,
            )
        ) from error
    session.add(_row(journal, period, noted, entry.id))
    audit.record(
        session,
        "entry.taken-over-from-emergency",
        by=by,
        subject=("entry", entry.id),
        emergency_number=cited,
        noted_at=noted.at.isoformat(),
        operator=noted.operator,
    )
    return Recovered(cited, journal.kit.book, entry.year, entry.number, entry.label, entry.id)


def _row(journal: Journal, period: Period, noted: Noted, entry_id: int | None) -> EmergencyEntry:
    kit = journal.kit
    return EmergencyEntry(
        kit_id=kit.id,
        number=noted.number,
        body_id=kit.body_id,
        year=kit.year,
        period_id=period.id,
        noted_at=noted.at,
        operator=noted.operator,
        digest=noted.digest,
        record=noted.record(),
        struck_reason=noted.struck_reason,
        entry_id=entry_id,
    )


def _record(
    session: Session,
    journal: Journal,
    period: Period,
    wanted: Sequence[Noted],
    seen: Examined,
    by: Principal,
) -> None:
    audit.record(
        session,
        "emergency.recovered",
        by=by,
        subject=("emergency-period", period.id),
        kit=journal.kit.code,
        source=journal.source,
        file=journal.file_sha256 if journal.source is Source.PAGE else None,
        cause=seen.emergency.cause,
        started_at=seen.emergency.started_at.isoformat(),
        ended_at=seen.emergency.ended_at.isoformat(),
        numbers=[label(journal.kit.year, noted.number) for noted in wanted],
        totals={f"{one.day}": one.counted for one in seen.totals},
        left_out=[one.label for one in seen.findings if one.noted not in wanted],
    )
