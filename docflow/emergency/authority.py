"""Periods of emergency: for how long somebody allowed them, and the rows that say so for good.

The first authorisation holds for 24 hours; each further one, of which there must be one by then,
for a week at most. One that is stated only afterwards is kept beside those of the file, and counts
whoever takes the records over then. Source: DPR 445/2000 art. 63 par. 1 and 2 (the model of domain
row 23).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import clock
from docflow.emergency.journal import Authorised, Emergency, Journal
from docflow.emergency.models import Authorisation, Period
from docflow.folding import line
from docflow.i18n import Text, t
from docflow.principal import Principal

FIRST = timedelta(hours=24)
FURTHER = timedelta(days=7)
MIN_NAME, MAX_NAME, MIN_CAUSE, MAX_CAUSE = 3, 300, 3, 1000
ONLY_REGISTRAR = t("Only the head of the registry states an authorisation afterwards.")


def spans(authorised: Sequence[Authorised]) -> list[tuple[Authorised, datetime, datetime]]:
    """From when to when each authorisation holds."""
    return [
        (one, one.at, one.at + (FURTHER if place else FIRST))
        for place, one in enumerate(authorised)
    ]


def uncovered(emergency: Emergency) -> tuple[datetime, ...]:
    """The instants of records that no authorisation covers, in order."""
    covered = [(start, end) for _, start, end in spans(emergency.authorised)]
    return tuple(
        sorted(
            noted.at
            for noted in emergency.noted
            if not any(start <= noted.at <= end for start, end in covered)
        )
    )


def problem(emergency: Emergency) -> Text | None:
    """What is wrong with cause, times and names of an emergency; None where nothing is."""
    if not MIN_CAUSE <= len(line(emergency.cause)) <= MAX_CAUSE:
        return t("Write the cause of the emergency (3 to 1,000 characters).")
    if emergency.ended_at <= emergency.started_at:
        return t("An emergency ends after it began.")
    if emergency.ended_at > clock.now() + timedelta(minutes=2):
        return t("The emergency ends in the future: the computer’s clock was wrong.")
    if any(not MIN_NAME <= len(line(one.by)) <= MAX_NAME for one in emergency.authorised):
        return t("Write who authorised the emergency register.")
    early_or_late = [
        one
        for one in emergency.authorised
        if not emergency.started_at <= one.at <= emergency.ended_at
    ]
    if early_or_late:
        return t(
            "An authorisation is of {moment} (UTC), before the beginning or after the end.",
            moment=f"{early_or_late[0].at:%d/%m/%Y %H:%M}",
        )
    outside = [
        one
        for one in emergency.noted
        if not emergency.started_at <= one.at <= emergency.ended_at + timedelta(minutes=1)
    ]
    if outside:
        return t(
            "A record is of {moment} (UTC), before the beginning or after the end.",
            moment=f"{outside[0].at:%d/%m/%Y %H:%M}",
        )
    return None


def hold(session: Session, kit_id: int) -> None:
    """Let nobody else take records of this kit over until the transaction ends."""
    key = func.hashtextextended(f"emergency-kit:{kit_id}", 0)
    session.execute(select(func.pg_advisory_xact_lock(key)))


def with_stored(session: Session, journal: Journal, emergency: Emergency) -> Emergency:
    """The emergency with the authorisations that were stated for it since."""
    period = _period(session, journal, emergency)
    if period is None:
        return emergency
    known = {(line(one.by), one.at) for one in emergency.authorised}
    stored = tuple(
        Authorised(row.authorised_by, row.valid_from, row.note)
        for row in _rows(session, period)
        if (row.authorised_by, row.valid_from) not in known
    )
    return replace(emergency, authorised=(*emergency.authorised, *stored))


def keep(
    session: Session,
    journal: Journal,
    emergency: Emergency,
    *,
    late: Sequence[Authorised],
    by: Principal,
) -> Period:
    """The period's row with its authorisations; the row of an earlier part where there is one."""
    period = _period(session, journal, emergency)
    is_new = period is None
    if period is None:
        period = Period(
            kit_id=journal.kit.id,
            mark=emergency.mark,
            source=journal.source,
            cause=line(emergency.cause),
            started_at=emergency.started_at,
            ended_at=emergency.ended_at,
            totals={day.isoformat(): count for day, count in emergency.totals.items()},
            file_sha256=journal.file_sha256,
            recovered_by=by.user_id,
            recovered_at=clock.now(),
        )
        session.add(period)
        session.flush()  # its id
    rows = _rows(session, period)
    known = {(row.authorised_by, row.valid_from) for row in rows}
    position = max((row.position for row in rows), default=0)
    for one, start, end in spans((*emergency.authorised, *late)):
        if (line(one.by), start) in known:
            continue
        position += 1
        session.add(
            Authorisation(
                period_id=period.id,
                position=position,
                authorised_by=line(one.by),
                note=line(one.note)[:MAX_CAUSE],
                valid_from=start,
                valid_until=end,
                is_late=one in late or not is_new,
            )
        )
    return period


def _period(session: Session, journal: Journal, emergency: Emergency) -> Period | None:
    return session.scalar(
        select(Period).where(Period.kit_id == journal.kit.id, Period.mark == emergency.mark)
    )


def _rows(session: Session, period: Period) -> Sequence[Authorisation]:
    return session.scalars(
        select(Authorisation)
        .where(Authorisation.period_id == period.id)
        .order_by(Authorisation.position)
    ).all()
