"""How soon the house answers, by channel: for the head of the registry and of each unit.

Source: domain rows S1-12 and S1-13 (an e-mail is answered in 1.25 hours, a delayed answer comes
within four, at most eight in a hundred go to a specialist).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import registry
from docflow.contacts.listing import NotYoursToRead, visible
from docflow.contacts.log import may_log
from docflow.contacts.models import Channel, Contact, ContactState
from docflow.errors import Invalid
from docflow.i18n import t
from docflow.principal import Principal

LONGEST = 366
LATE_HOURS = 4  # the most that a delayed answer may take


class BadPeriod(Invalid):
    """The figures are of a year at most, and the last day is not before the first."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One channel in a period; shares are of all its contacts, times of those answered."""

    channel: Channel
    contacts: int
    at_once: int
    passed: int
    waiting: int
    late: int  # answered, or waiting, longer than four hours
    median_minutes: float | None
    mean_minutes: float | None

    @property
    def share_at_once(self) -> float:
        return self.at_once / self.contacts if self.contacts else 0.0

    @property
    def share_passed(self) -> float:
        return self.passed / self.contacts if self.contacts else 0.0


def figures(
    session: Session, first: date, last: date, *, by: Principal, zone: str
) -> Sequence[Measure]:
    """The channels over which somebody came, over what the person may see.

    Raises NotYoursToRead, BadPeriod.
    """
    if not may_log(by):
        raise NotYoursToRead(t("The log of contacts is for those who serve the public."))
    if not 0 <= (last - first).days < LONGEST:
        raise BadPeriod(
            t("Choose at most {max} days, the last not before the first.", max=LONGEST),
            field="last",
        )
    took = func.coalesce(Contact.answered_at, func.now()) - Contact.began_at
    minutes = func.extract("epoch", Contact.answered_at - Contact.began_at) / 60
    answered = Contact.answered_at.is_not(None)
    rows = session.execute(
        select(
            Contact.channel,
            func.count(),
            func.count().filter(Contact.state == ContactState.SOLVED),
            func.count().filter(Contact.entry_id.is_not(None)),
            func.count().filter(Contact.answered_at.is_(None)),
            func.count().filter(took > timedelta(hours=LATE_HOURS)),
            func.percentile_cont(0.5).within_group(minutes).filter(answered),
            func.avg(minutes).filter(answered),
        )
        .where(
            Contact.body_id == by.body_id,
            visible(by),
            Contact.began_at >= registry.midnight(first, zone),
            Contact.began_at < registry.midnight(last + timedelta(days=1), zone),
        )
        .group_by(Contact.channel)
    ).all()
    found = {
        row[0]: Measure(
            Channel(row[0]),
            row[1],
            row[2],
            row[3],
            row[4],
            row[5],
            None if row[6] is None else float(row[6]),
            None if row[7] is None else float(row[7]),
        )
        for row in rows
    }
    return [found[channel] for channel in Channel if channel in found]
