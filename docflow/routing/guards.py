"""What every act on an item begins with: its rows held, its state and the person's right checked.

Two people who act at once on one item are put in order by the row lock of its handling: the second
finds the state changed and is told by whom and when.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock, organization, registry
from docflow.errors import Conflict, Forbidden, Invalid
from docflow.folding import lines
from docflow.i18n import Text, t
from docflow.principal import Principal, Substitution
from docflow.registry import Entry, Grade, Handling, HandlingState
from docflow.routing.models import Charge, ChargeKind, ChargeState

MAX_TEXT = 2000


class NotResponsible(Forbidden):
    """Only those who are responsible for the item can do this."""


class StateChanged(Conflict):
    """Somebody else acted on the item in the meantime."""


class ReasonMissing(Invalid):
    """This act needs a reason."""


class BadDeadline(Invalid):
    """A deadline does not lie in the past."""


class TextTooLong(Invalid):
    """Instructions and reasons have at most 2,000 characters."""


@dataclass(frozen=True, slots=True)
class Item:
    """An entry with its handling, held until the transaction ends, and who acts on it.

    `by` stands in nobody's place where the item is confidential: a deputy has the ordinary work.
    """

    entry: Entry
    handling: Handling
    by: Principal


def held(session: Session, entry_id: int, by: Principal, *, seen: int | None = None) -> Item:
    """The item, held. `seen` is the version of the state that the person saw when he decided.

    Raises NoSuchEntry, AlreadyAnnulled, StateChanged.
    """
    by.require_scope("route")
    entry = registry.get(session, entry_id, by=by)
    registry.require_not_annulled(session, entry)
    handling = lock_handling(session, entry.id)
    if handling is None:
        raise Conflict(t("An outgoing document is not charged to anybody."))
    if seen is not None and seen != handling.version:
        raise StateChanged(
            t(
                "The item is not as you saw it any more. {what} What you wrote is kept: look "
                "again, and send it once more if it still holds.",
                what=happened(session, entry.id),
            )
        )
    return Item(entry, handling, own_rights(session, entry, by))


def locked(session: Session, entry_id: int, by: Principal) -> tuple[Entry, Handling]:
    """An entry that the person may see, with its handling held until the transaction ends."""
    item = held(session, entry_id, by)
    return item.entry, item.handling


def own_rights(session: Session, entry: Entry, by: Principal) -> Principal:
    """The person without those in whose place he acts, where the entry is confidential."""
    if not by.substitutions:
        return by
    book = session.get_one(registry.Book, entry.book_id)
    if book.is_confidential or entry.grade == Grade.CONFIDENTIAL:
        return replace(by, substitutions=())
    return by


def lock_handling(session: Session, entry_id: int) -> Handling | None:
    return session.scalar(
        select(Handling)
        .where(Handling.entry_id == entry_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def moved(handling: Handling) -> None:
    """The state of the item changed: who decided on the one before must look again."""
    handling.version += 1


def live_charge(session: Session, entry_id: int) -> Charge | None:
    return session.scalar(
        select(Charge).where(
            Charge.entry_id == entry_id,
            Charge.kind == ChargeKind.ACTION,
            Charge.ended_at.is_(None),
        )
    )


def end_live_charge(
    session: Session, entry_id: int, state: ChargeState, by: Principal, reason: str
) -> None:
    row = live_charge(session, entry_id)
    if row is not None:
        row.state, row.reason = state, reason
        row.ended_by, row.ended_at = by.user_id, clock.now()


def as_responsible(by: Principal, handling: Handling) -> Principal | None:
    """The person as the one who is responsible: himself, or in that one's place."""
    if handling.user_id is None:
        return None
    return _as(by, handling.user_id == by.user_id, by.stands_in(handling.user_id))


def as_head(by: Principal, entry: Entry, handling: Handling) -> Principal | None:
    """The person as the head of the unit that has the item, or of one above; who may mark it.

    In a confidential book it is whoever may write in it: no head of a unit sees it as such.
    """
    mine = by.heads(handling.unit_id) or entry.book_id in by.confidential_writes
    return _as(by, mine, by.heads_for(handling.unit_id))


def as_addressee(by: Principal, row: Charge, handling: Handling) -> Principal | None:
    """The person as the one to whom an item is charged for action.

    A person's charge is for that person; a unit's for everybody who works there, until the first
    of them accepts it.
    """
    if row.state == ChargeState.ACCEPTED:
        return as_responsible(by, handling)
    return for_whom(by, row.unit_id, row.user_id)


def for_whom(by: Principal, unit_id: int, user_id: int | None) -> Principal | None:
    """The person as one who is meant by a unit, or a person in it."""
    if user_id is not None:
        return _as(by, user_id == by.user_id, by.stands_in(user_id))
    return _as(by, by.works_in(unit_id), by.works_for(unit_id))


def _as(by: Principal, mine: bool, instead: Substitution | None) -> Principal | None:
    if mine:
        return by
    return by.on_behalf(instead) if instead is not None else None


def is_responsible(by: Principal, handling: Handling) -> bool:
    return as_responsible(by, handling) is not None


def is_head(by: Principal, entry: Entry, handling: Handling) -> bool:
    """Whether the person marks and charges the item; see `as_head`."""
    return as_head(by, entry, handling) is not None


def require_head(item: Item) -> Principal:
    """The person as the head. Raises NotResponsible."""
    head = as_head(item.by, item.entry, item.handling)
    if head is None:
        raise NotResponsible(t("Only the head of the unit that has the item can do this."))
    return head


def require_head_or_responsible(item: Item, refusal: Text) -> Principal:
    """The person as who is responsible, or as the head. Raises NotAllowed with the refusal."""
    found = as_responsible(item.by, item.handling) or as_head(item.by, item.entry, item.handling)
    item.by.require(found is not None, refusal)
    assert found is not None
    return found


def require_addressee(item: Item, row: Charge) -> Principal:
    """The person as the addressee of the charge, or as a head of his. Raises NotResponsible."""
    found = as_addressee(item.by, row, item.handling) or _as(
        item.by, item.by.heads(row.unit_id), item.by.heads_for(row.unit_id)
    )
    if found is None:
        raise NotResponsible(t("The item is charged to somebody else."))
    return found


def require_open(session: Session, handling: Handling) -> None:
    if handling.state == HandlingState.CLOSED:
        raise StateChanged(
            t("The item is closed. {what}", what=happened(session, handling.entry_id))
        )


def happened(session: Session, entry_id: int) -> Text:
    """What was done with the item last: by whom, when, and to whom it went."""
    for line in reversed(audit.history(session, [("entry", entry_id)])):
        said = _SAID.get(line.action)
        if said is None:
            continue
        unit, person = line.details.get("unit"), line.details.get("person")
        units = organization.unit_names(session, [unit])
        people = organization.names(session, [person])
        return said(
            line.actor_name,
            f"{clock.local(line.at):%d/%m/%Y %H:%M}",
            people.get(person or 0) or units.get(unit or 0, ""),
        )
    return t("Look at it again.")


_SAID: Mapping[str, Callable[[str, str, str], Text]] = {
    "entry.marked": lambda who, at, _: t("{who} marked it on {at}.", who=who, at=at),
    "entry.charged": lambda who, at, whom: t(
        "{who} charged it to {whom} on {at}.", who=who, at=at, whom=whom
    ),
    "charge.planned": lambda who, at, whom: t(
        "{who} planned on {at} to charge it to {whom}.", who=who, at=at, whom=whom
    ),
    "charge.plan-withdrawn": lambda who, at, _: t(
        "{who} withdrew a planned charge on {at}.", who=who, at=at
    ),
    "charge.accepted": lambda who, at, _: t("{who} accepted it on {at}.", who=who, at=at),
    "charge.refused": lambda who, at, _: t("{who} refused it on {at}.", who=who, at=at),
    "charge.returned": lambda who, at, _: t("{who} returned it on {at}.", who=who, at=at),
    "entry.closed": lambda who, at, _: t("{who} closed it on {at}.", who=who, at=at),
    "entry.forwarded": lambda who, at, _: t("{who} forwarded it on {at}.", who=who, at=at),
    "entry.reopened": lambda who, at, _: t("{who} opened it again on {at}.", who=who, at=at),
    "deadline.suspended": lambda who, at, _: t(
        "{who} stopped its deadline on {at}.", who=who, at=at
    ),
    "deadline.resumed": lambda who, at, _: t(
        "{who} let its deadline run on, on {at}.", who=who, at=at
    ),
    "deadline.extended": lambda who, at, _: t(
        "{who} extended its deadline on {at}.", who=who, at=at
    ),
}


def deadline(due_on: date | None, before: date | None) -> date | None:
    if due_on is not None and due_on != before and due_on < clock.today():
        raise BadDeadline(t("The deadline must not lie in the past."), field="due_on")
    return due_on


def clean_text(text: str, field: str) -> str:
    clean = lines(text)
    if len(clean) > MAX_TEXT:
        raise TextTooLong(t("At most {max} characters fit here.", max=MAX_TEXT), field=field)
    return clean


def clean_reason(reason: str, field: str = "reason") -> str:
    clean = clean_text(reason, field)
    if not clean:
        raise ReasonMissing(t("Write the reason."), field=field)
    return clean
