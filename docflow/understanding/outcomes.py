"""What became of proposals: the measure of whether they help. Their values are not kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import DateTime, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow.folding import fold, words
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import Entry
from docflow.understanding.dates import first_date
from docflow.understanding.models import Fate, ProposalOutcome
from docflow.understanding.proposing import Source

DAYS = 90
ADMINISTRATORS = t("Only an administrator sees this page.")


@dataclass(frozen=True, slots=True)
class Shown:
    """A proposal that stood under its field when the form was sent."""

    field: str
    value: str
    source: Source
    confidence: float


def record(
    session: Session,
    entry: Entry,
    shown: Sequence[Shown],
    said: Mapping[str, str],
    *,
    by: Principal,
) -> None:
    """Keep what became of the proposals of an entry. `said` is what the form was sent with.

    The first time counts: an entry that was registered by an earlier sending of the same form
    keeps what was recorded then.
    """
    rows = [
        {
            "entry_id": entry.id,
            "field": one.field,
            "source": one.source,
            "confidence": min(1.0, max(0.0, one.confidence)),
            "fate": fate(one.field, one.value, said.get(one.field, "")),
            "decided_by": by.user_id,
        }
        for one in {one.field: one for one in shown}.values()
    ]
    if rows:
        session.flush()
        session.execute(insert(ProposalOutcome).values(rows).on_conflict_do_nothing())


def fate(field: str, proposed: str, said: str) -> Fate:
    """What was done with a proposal: case, accents, blanks and signs make no difference."""
    if not said.strip():
        return Fate.LEFT_OUT
    if words(proposed) == words(said):
        return Fate.TAKEN
    ours, theirs = first_date(fold(proposed)), first_date(fold(said))
    same_day = field.endswith("_on") and ours is not None and theirs and ours[0] == theirs[0]
    return Fate.TAKEN if same_day else Fate.CHANGED


@dataclass(frozen=True, slots=True)
class Tally:
    """Of the proposals for a field from one source: how many were shown, and what they became."""

    field: str
    source: str
    shown: int
    taken: int
    changed: int

    @property
    def left_out(self) -> int:
        return self.shown - self.taken - self.changed


def tallies(session: Session, *, by: Principal, days: int = DAYS) -> list[Tally]:
    """The outcomes of the last days by field and source, of the person's body."""
    by.require(by.is_administrator, ADMINISTRATORS)
    since = func.clock_timestamp(type_=DateTime(timezone=True)) - timedelta(days=days)
    rows = session.execute(
        select(
            ProposalOutcome.field,
            ProposalOutcome.source,
            func.count(),
            func.count().filter(ProposalOutcome.fate == Fate.TAKEN),
            func.count().filter(ProposalOutcome.fate == Fate.CHANGED),
        )
        .join(Entry, Entry.id == ProposalOutcome.entry_id)
        .where(Entry.body_id == by.body_id, ProposalOutcome.decided_at > since)
        .group_by(ProposalOutcome.field, ProposalOutcome.source)
        .order_by(func.count().desc(), ProposalOutcome.field, ProposalOutcome.source)
    ).all()
    return [Tally(*row) for row in rows]
