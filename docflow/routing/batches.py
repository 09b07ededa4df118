"""The same act on many items: each in a transaction of its own, going on after those that fail."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import registry
from docflow.db import Database
from docflow.errors import DocflowError, Invalid
from docflow.i18n import Text, t
from docflow.principal import Principal
from docflow.routing import informing, planned, service
from docflow.routing.guards import StateChanged, for_whom, own_rights
from docflow.routing.models import Charge, ChargeKind
from docflow.routing.targets import Target

MOST = 500  # items of one batch
_NONE: Mapping[int, int] = {}


class TooMany(Invalid):
    """A batch has a limit."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item; `error` says why not, None where it was done.

    `label` is its number, empty where the person may not know it.
    """

    entry_id: int
    label: str
    error: Text | None


def charge_many(
    db: Database,
    entry_ids: Sequence[int],
    *,
    by: Principal,
    to: Target,
    inform: Sequence[Target] = (),
    instructions: str = "",
    on: date | None = None,
    seen: Mapping[int, int] = _NONE,
) -> list[Outcome]:
    """Charge each to the same unit or person, on a day to come where one is given.

    `seen` has the versions on which one decided.
    """

    def act(session: Session, entry_id: int) -> None:
        planned.charge(
            session,
            entry_id,
            by=by,
            to=to,
            on=on,
            inform=inform,
            instructions=instructions,
            seen=seen.get(entry_id),
        )

    planned.require_day(on)
    return each(db, entry_ids, act, by=by)


def pass_on_many(
    db: Database,
    entry_ids: Sequence[int],
    *,
    by: Principal,
    to: Target,
    instructions: str = "",
    seen: Mapping[int, int] = _NONE,
) -> list[Outcome]:
    """Pass each on to the same unit or person."""

    def act(session: Session, entry_id: int) -> None:
        service.pass_on(
            session,
            entry_id,
            by=by,
            to=to,
            instructions=instructions,
            seen=seen.get(entry_id),
        )

    return each(db, entry_ids, act, by=by)


def accept_many(
    db: Database,
    entry_ids: Sequence[int],
    *,
    by: Principal,
    seen: Mapping[int, int] = _NONE,
) -> list[Outcome]:
    """Accept each."""

    def act(session: Session, entry_id: int) -> None:
        service.accept(session, entry_id, by=by, seen=seen.get(entry_id))

    return each(db, entry_ids, act, by=by)


def acknowledge_many(db: Database, entry_ids: Sequence[int], *, by: Principal) -> list[Outcome]:
    """Take note of each that came to the person, or a unit of his, for information."""

    def act(session: Session, entry_id: int) -> None:
        entry = registry.get(session, entry_id, by=by)
        mine = own_rights(session, entry, by)
        rows = session.scalars(
            select(Charge).where(
                Charge.entry_id == entry_id,
                Charge.kind == ChargeKind.INFORMATION,
                Charge.ended_at.is_(None),
            )
        )
        to_me = [row.id for row in rows if for_whom(mine, row.unit_id, row.user_id) is not None]
        if not to_me:
            raise StateChanged(t("There is nothing of which you should take note."))
        for charge_id in to_me:
            informing.acknowledge(session, charge_id, by=by)

    return each(db, entry_ids, act, by=by)


def each(
    db: Database,
    entry_ids: Sequence[int],
    act: Callable[[Session, int], None],
    *,
    by: Principal,
) -> list[Outcome]:
    """Do it to each item once, in the order given. Raises TooMany before anything is done.

    An item that cannot be done is told with its reason, and the rest goes on.
    """
    wanted = list(dict.fromkeys(entry_ids))
    if not wanted:
        raise TooMany(t("Choose at least one item."))
    if len(wanted) > MOST:
        raise TooMany(t("At most {n} items go at once.", n=MOST))
    outcomes = []
    for entry_id in wanted:
        label, error = "", None
        try:
            with db.begin() as session:
                label = registry.get(session, entry_id, by=by).label
                act(session, entry_id)
        except DocflowError as refused:
            error = refused.message
        outcomes.append(Outcome(entry_id, label, error))
    return outcomes
