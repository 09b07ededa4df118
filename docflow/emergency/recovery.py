"""The way back: what was noted in an emergency becomes ordinary entries, each once.

First a look that writes nothing (`examining`), then everything in one transaction and in the order
of the emergency numbers (`recover`): either all of it stands in the book or nothing does, and the
same file again changes nothing. The emergency instant is the entry's time of receipt, from which
deadlines count; number and time of registration are ordinary ones.
Source: DPR 445/2000 art. 63 (the model of domain row 23).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from docflow import audit, registry
from docflow.emergency import authority
from docflow.emergency.examining import (
    ONLY_REGISTRY,
    BadPeriod,
    Examined,
    examined,
    new_entry,
    taken_over,
)
from docflow.emergency.journal import Authorised, Journal, Noted
from docflow.emergency.kits import label
from docflow.emergency.models import EmergencyEntry, Period, Source
from docflow.errors import Conflict, DocflowError, Unavailable
from docflow.i18n import DEFAULT_LANGUAGE, t, translate
from docflow.principal import Principal


class RecordsWrong(Conflict):
    """Some records of the emergency cannot be registered as they are."""


class TotalsDiffer(Conflict):
    """The entries of a day are not as many as its total says."""


class NotAuthorised(Conflict):
    """A part of the emergency was not authorised: after 24 hours, and each week, it must be."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """An emergency number and the number that its entry now bears."""

    label: str
    book: str
    year: int
    number: int
    entry_label: str
    entry_id: int


def authorise(
    session: Session, journal: Journal, late: Sequence[Authorised], *, by: Principal
) -> int:
    """State who allowed what nobody had allowed, and register nothing; for how many emergencies.

    The head of the registry need not register himself: with this a clerk takes the file over.
    Raises NotAllowed, BadPeriod, NotAuthorised where some records still lie outside.
    """
    by.require_scope("register")
    by.require(by.is_registrar, authority.ONLY_REGISTRAR)
    authority.hold(session, journal.kit.id)
    kept = 0
    for emergency in journal.emergencies:
        known = authority.with_stored(session, journal, emergency)
        if not authority.uncovered(known):
            continue
        allowed = replace(known, authorised=(*known.authorised, *late))
        problem = authority.problem(allowed)
        if problem is not None:
            raise BadPeriod(problem, field="late_by")
        if authority.uncovered(allowed):
            raise _not_authorised()
        period = authority.keep(session, journal, known, late=late, by=by)
        audit.record(
            session,
            "emergency.authorised-late",
            by=by,
            subject=("emergency-period", period.id),
            kit=journal.kit.code,
            valid_from=[one.at.isoformat() for one in late],
        )
        kept += 1
    session.flush()  # the rows, for whoever looks at the file next
    return kept


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
    by.require_scope("register")
    by.require(by.is_clerk or by.is_registrar, ONLY_REGISTRY)
    if late:
        by.require(by.is_registrar, authority.ONLY_REGISTRAR)
    authority.hold(session, journal.kit.id)
    there = taken_over(session, journal)
    made: list[Recovered] = []
    for emergency in journal.emergencies:
        known = authority.with_stored(session, journal, emergency)
        needed = late if authority.uncovered(known) else ()
        allowed = replace(known, authorised=(*known.authorised, *needed))
        seen = examined(session, journal, allowed, there, by, zone)
        _require_sound(seen, leave_out)
        wanted = [one.noted for one in seen.findings if one.noted.number not in leave_out]
        if not wanted:
            continue
        period = authority.keep(session, journal, known, late=needed, by=by)
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
        raise _not_authorised()


def _not_authorised() -> NotAuthorised:
    return NotAuthorised(
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
    # It bears its emergency number on paper already: what looks like another entry is registered
    # all the same, and says so.
    reason = translate("Noted in the emergency register as {label}.", DEFAULT_LANGUAGE, label=cited)
    try:
        entry = registry.register(
            session,
            new_entry(journal, noted),
            (),
            by=by,
            zone=zone,
            ocr_languages=languages,
            duplicate_reason=reason,
        )
    except Unavailable:
        raise
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
