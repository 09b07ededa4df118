"""For information: who else is told of an item, and that he took note (κοινοποίηση)."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock, notices, organization, registry
from docflow.i18n import t
from docflow.notices import NoticeKind
from docflow.principal import Principal
from docflow.routing import telling
from docflow.routing.guards import (
    Item,
    NotResponsible,
    StateChanged,
    clean_text,
    for_whom,
    held,
    own_rights,
    require_head_or_responsible,
)
from docflow.routing.models import Charge, ChargeKind, ChargeState
from docflow.routing.targets import Target, check, open_to


def inform(
    session: Session,
    entry_id: int,
    *,
    by: Principal,
    targets: Sequence[Target],
    instructions: str = "",
) -> None:
    """Tell further units or persons of the item, for information only."""
    item = held(session, entry_id, by)
    by = require_head_or_responsible(
        item, t("Only the responsible person or the head of the unit can inform others.")
    )
    add_information(session, item, targets, by=by, instructions=instructions)


def add_information(
    session: Session,
    item: Item,
    targets: Sequence[Target],
    *,
    by: Principal,
    instructions: str,
) -> None:
    """Open the item to these, for information; each once, also where it was chosen twice."""
    for target in dict.fromkeys(targets):
        check(session, item.entry, target, by)
        session.add(
            Charge(
                entry_id=item.entry.id,
                kind=ChargeKind.INFORMATION,
                state=ChargeState.OPEN,
                unit_id=target.unit_id,
                user_id=target.user_id,
                instructions=clean_text(instructions, "instructions"),
                from_unit_id=item.handling.unit_id,
                charged_by=by.person_id,
                charged_at=clock.now(),
            )
        )
        open_to(session, item.entry.id, target)
        who = telling.addressed(session, target)
        telling.tell(session, item.entry.id, NoticeKind.INFORMED, who, by)
        audit.record(
            session,
            "entry.informed",
            by=by,
            subject=("entry", item.entry.id),
            unit=target.unit_id,
            person=target.user_id,
        )


def acknowledge(session: Session, charge_id: int, *, by: Principal) -> None:
    """Take note of an item that came for information."""
    by.require_scope("route")
    row = session.scalar(
        select(Charge)
        .where(Charge.id == charge_id, Charge.kind == ChargeKind.INFORMATION)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise registry.NoSuchEntry(t("There is no such entry, or it is not open to you."))
    entry = registry.get(session, row.entry_id, by=by)
    registry.require_not_annulled(session, entry)
    acting = _told(own_rights(session, entry, by), row)
    if acting is None:
        raise NotResponsible(t("The item was not sent to you for information."))
    if row.ended_at is not None:
        name = organization.names(session, [row.ended_by]).get(row.ended_by or 0, "")
        raise StateChanged(
            t(
                "{name} took note of this already, on {at}.",
                name=name,
                at=f"{clock.local(row.ended_at):%d/%m/%Y %H:%M}",
            )
        )
    row.state, row.ended_by, row.ended_at = ChargeState.DONE, by.person_id, clock.now()
    target = Target(row.unit_id, row.user_id)
    who = [one for one in telling.addressed(session, target) if one is not None]
    notices.settle(
        session, about=("entry", row.entry_id), kinds=[NoticeKind.INFORMED], user_ids=who
    )
    audit.record(session, "charge.noted", by=acting, subject=("entry", row.entry_id))


def _told(by: Principal, row: Charge) -> Principal | None:
    """The person as the one who was informed, or as a head of his."""
    meant = for_whom(by, row.unit_id, row.user_id)
    if meant is not None or by.heads(row.unit_id):
        return meant or by
    instead = by.heads_for(row.unit_id)
    return by.on_behalf(instead) if instead is not None else None
