"""Paper from hand to hand: numbered lists of what goes to a unit, signed for on receipt (row 55).

What came on paper and was charged, or sent for information, waits for a list until it stands on
one. A list is for one unit and is written once; it can be printed again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from docflow import audit, clock, organization, printing, registry
from docflow.errors import Conflict, Invalid, NotFound
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import DeliveryMethod, Entry, Grade
from docflow.routing.asked import units_of
from docflow.routing.models import Charge, ChargeKind, ChargeState, DeliveryList, DeliveryListItem

MOST = 200  # documents of one list
_LAST_ID = 2**63 - 1
_ON_PAPER = (
    DeliveryMethod.COUNTER,
    DeliveryMethod.POST,
    DeliveryMethod.REGISTERED_POST,
    DeliveryMethod.COURIER,
    DeliveryMethod.FAX,
)


class NoSuchDeliveryList(NotFound):
    """There is no such delivery list, or it is not open to this person."""


class NothingToDeliver(Invalid):
    """A delivery list has at least one document, and not too many."""


class OnListAlready(Conflict):
    """The paper of a charge goes with one list."""


@dataclass(frozen=True, slots=True)
class PaperLine:
    """A document on paper that was charged: what a list, or the page before it, shows of it."""

    charge_id: int
    kind: str
    unit_id: int
    unit: str
    person: str
    charged_at: datetime
    entry: registry.Line
    is_secret: bool  # of its subject the paper says nothing


@dataclass(frozen=True, slots=True)
class ListInfo:
    """A delivery list; `count` is of the documents that the reader may see."""

    id: int
    number: str
    unit_id: int
    unit: str
    made_by: str
    made_at: datetime
    count: int


def waiting(session: Session, *, by: Principal, limit: int = MOST) -> list[PaperLine]:
    """What was charged from a unit of his and has not gone with a list, the oldest first."""
    by.require_scope("read")
    listed = exists().where(DeliveryListItem.charge_id == Charge.id)
    query = (
        select(Charge)
        .join(Entry, Entry.id == Charge.entry_id)
        .where(
            *_deliverable(by),
            ~listed,
        )
        .order_by(Charge.unit_id, Charge.id)
        .limit(limit)
    )
    return _lines(session, session.scalars(query).all(), by)


def _deliverable(by: Principal) -> tuple[ColumnElement[bool], ...]:
    """Charges whose paper can go from a unit of his."""
    return (
        _from_units_of(by),
        Charge.state.in_([ChargeState.OPEN, ChargeState.ACCEPTED]),
        Charge.ended_at.is_(None),  # the same, in the words of the indexes
        Entry.delivery_method.in_(_ON_PAPER),
        ~exists().where(registry.Annulment.entry_id == Entry.id),
        registry.visible_to(by),
    )


def make(session: Session, charge_ids: Sequence[int], *, by: Principal) -> list[DeliveryList]:
    """One numbered list for each unit to which these charges went.

    Raises NothingToDeliver, OnListAlready, NoSuchDeliveryList for a charge that is not open to him.
    """
    by.require_scope("route")
    wanted = list(dict.fromkeys(charge_ids))
    if not wanted or len(wanted) > MOST:
        raise NothingToDeliver(
            t("Choose the documents that go, up to {n}.", n=MOST), field="charge_id"
        )
    session.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"delivery-list:{by.body_id}", 0)))
    )
    rows = session.scalars(
        select(Charge)
        .join(Entry, Entry.id == Charge.entry_id)
        .where(Charge.id.in_(wanted), *_deliverable(by))
        .order_by(Charge.unit_id, Charge.id)
    ).all()
    if len(rows) < len(wanted):
        raise NoSuchDeliveryList(t("A document that you chose is not open to you."))
    _require_unlisted(session, wanted)
    made: dict[int, list[Charge]] = {}
    for row in rows:
        made.setdefault(row.unit_id, []).append(row)
    return [_make(session, unit_id, some, by) for unit_id, some in made.items()]


def _make(session: Session, unit_id: int, rows: Sequence[Charge], by: Principal) -> DeliveryList:
    year = clock.today().year
    last = session.scalar(
        select(func.max(DeliveryList.number)).where(
            DeliveryList.body_id == by.body_id, DeliveryList.year == year
        )
    )
    made = DeliveryList(
        body_id=by.body_id,
        year=year,
        number=(last or 0) + 1,
        unit_id=unit_id,
        made_by=by.person_id,
        made_at=clock.now(),
    )
    session.add(made)
    session.flush()
    for position, row in enumerate(rows, start=1):
        session.add(DeliveryListItem(list_id=made.id, position=position, charge_id=row.id))
    session.flush()
    audit.record(
        session,
        "delivery-list.made",
        by=by,
        subject=("delivery-list", made.id),
        unit=unit_id,
        charges=[row.id for row in rows],
    )
    return made


def _require_unlisted(session: Session, charge_ids: Sequence[int]) -> None:
    row = session.execute(
        select(DeliveryList, Entry.label)
        .join(DeliveryListItem, DeliveryListItem.list_id == DeliveryList.id)
        .join(Charge, Charge.id == DeliveryListItem.charge_id)
        .join(Entry, Entry.id == Charge.entry_id)
        .where(DeliveryListItem.charge_id.in_(charge_ids))
        .limit(1)
    ).first()
    if row is None:
        return
    made, label = row
    name = organization.names(session, [made.made_by]).get(made.made_by, "")
    raise OnListAlready(
        t(
            "{label} is on list {number} already, which {name} made on {at}. Look again.",
            label=label,
            number=f"{made.number}/{made.year}",
            name=name,
            at=f"{clock.local(made.made_at):%d/%m/%Y %H:%M}",
        )
    )


def listing(
    session: Session, *, by: Principal, after: int | None = None, limit: int = 50
) -> list[ListInfo]:
    """The lists that the person made, or that go from or to a unit of his; the newest first."""
    by.require_scope("read")
    query = select(DeliveryList).where(_open_to(by)).order_by(DeliveryList.id.desc())
    if after is not None:
        query = query.where(DeliveryList.id < after)
    found = session.scalars(query.limit(limit)).all()
    ids = [one.id for one in found]
    rows = session.execute(
        select(DeliveryListItem.list_id, func.count())
        .join(Charge, Charge.id == DeliveryListItem.charge_id)
        .join(Entry, Entry.id == Charge.entry_id)
        .where(DeliveryListItem.list_id.in_(ids), registry.visible_to(by))
        .group_by(DeliveryListItem.list_id)
    ).all()
    counted = {list_id: count for list_id, count in rows}
    units = organization.unit_names_at(session, [(one.unit_id, one.made_at) for one in found])
    people = organization.names(session, (one.made_by for one in found))
    return [
        ListInfo(
            id=one.id,
            number=f"{one.number}/{one.year}",
            unit_id=one.unit_id,
            unit=units.get((one.unit_id, one.made_at), ""),
            made_by=people.get(one.made_by, ""),
            made_at=one.made_at,
            count=counted.get(one.id, 0),
        )
        for one in found
    ]


def get(session: Session, list_id: int, *, by: Principal) -> tuple[ListInfo, list[PaperLine]]:
    """A list with those of its documents that the person may see. Raises NoSuchDeliveryList."""
    found = [
        one
        for one in listing(session, by=by, after=min(list_id + 1, _LAST_ID), limit=1)
        if one.id == list_id
    ]
    if not found:
        raise NoSuchDeliveryList(t("There is no such delivery list, or it is not open to you."))
    query = (
        select(Charge)
        .join(DeliveryListItem, DeliveryListItem.charge_id == Charge.id)
        .join(Entry, Entry.id == Charge.entry_id)
        .where(DeliveryListItem.list_id == list_id, registry.visible_to(by))
        .order_by(DeliveryListItem.position)
    )
    return found[0], _lines(session, session.scalars(query).all(), by)


def sheet(
    session: Session, list_id: int, *, by: Principal, language: str, zone: str
) -> printing.DeliveryListData:
    """What the list says on paper; of its documents, those that the person may see.

    Raises NoSuchDeliveryList.
    """
    info, lines = get(session, list_id, by=by)
    return printing.DeliveryListData(
        issuer=registry.issuer(session, by.body_id),
        number=info.number,
        to_unit=info.unit,
        made_by=info.made_by,
        made_at=clock.local(info.made_at, zone),
        rows=tuple(_row(one, language, zone) for one in lines),
    )


def printed(data: printing.DeliveryListData, *, language: str) -> bytes:
    """The list as PDF; outside any transaction, for it takes a moment. Raises PrintingFailed."""
    try:
        return printing.delivery_list(data, language=language)
    except printing.PrintingError as error:
        raise registry.PrintingFailed(
            t("The list could not be printed. It stands; print it again in a minute.")
        ) from error


def _row(one: PaperLine, language: str, zone: str) -> printing.DeliveryRow:
    line = one.entry
    what = t("Confidential").in_language(language)
    if not one.is_secret:
        what = " – ".join(part for part in (line.correspondent, line.subject) if part)
    information = one.kind == ChargeKind.INFORMATION
    return printing.DeliveryRow(
        number=line.label,
        day=f"{clock.local(line.registered_at, zone):%d/%m/%Y}",
        what=what,
        attachments=0 if one.is_secret else line.attachments_count,
        person=one.person,
        kind=t("for information").in_language(language) if information else "",
    )


def _from_units_of(by: Principal) -> ColumnElement[bool]:
    """From a unit of his, or of somebody in whose place he acts."""
    return or_(Charge.charged_by == by.user_id, Charge.from_unit_id.in_(units_of(by)))


def _open_to(by: Principal) -> ColumnElement[bool]:
    units = units_of(by)
    from_them = exists().where(
        DeliveryListItem.list_id == DeliveryList.id,
        Charge.id == DeliveryListItem.charge_id,
        _from_units_of(by),
    )
    mine = or_(DeliveryList.made_by == by.user_id, DeliveryList.unit_id.in_(units), from_them)
    return (DeliveryList.body_id == by.body_id) & mine


def _lines(session: Session, rows: Sequence[Charge], by: Principal) -> list[PaperLine]:
    if not rows:
        return []
    ids = {row.entry_id for row in rows}
    found = session.execute(registry.lines_query(by).where(Entry.id.in_(ids))).all()
    by_id = {line.id: line for line in registry.lines(session, found)}
    secret = set(
        session.scalars(
            select(Entry.id)
            .join(registry.Book, registry.Book.id == Entry.book_id)
            .where(
                Entry.id.in_(ids),
                or_(registry.Book.is_confidential, Entry.grade == Grade.CONFIDENTIAL),
            )
        )
    )
    units = organization.unit_names_at(session, [(row.unit_id, row.charged_at) for row in rows])
    people = organization.names(session, (row.user_id for row in rows))
    return [
        PaperLine(
            charge_id=row.id,
            kind=row.kind,
            unit_id=row.unit_id,
            unit=units.get((row.unit_id, row.charged_at), ""),
            person=people.get(row.user_id or 0, ""),
            charged_at=row.charged_at,
            entry=by_id[row.entry_id],
            is_secret=row.entry_id in secret,
        )
        for row in rows
        if row.entry_id in by_id
    ]
