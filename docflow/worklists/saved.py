"""Lists that people keep: each his own, one of them the first; a head shares with his unit.

A kept list holds what is wanted, never what was found: each who opens it sees what is his to see.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow import audit, organization
from docflow.errors import Conflict, Invalid, NotFound
from docflow.folding import by_name, line
from docflow.i18n import t
from docflow.principal import Principal
from docflow.routing import Basket, Narrowing
from docflow.worklists.models import FirstList, SavedList
from docflow.worklists.plain import kept, plain

LONGEST_NAME = 60
MOST = 50  # lists of one person


class NoSuchList(NotFound):
    """There is no such list."""


class BadListName(Invalid):
    """A list needs a name of its own."""


class ListExists(Conflict):
    """You keep a list of this name already."""


@dataclass(frozen=True, slots=True)
class SavedInfo:
    """A list that a person may open."""

    id: int
    name: str
    basket: Basket
    narrowing: Narrowing
    is_mine: bool
    owner: str
    shared_unit_id: int | None
    shared_with: str  # name of the unit, or empty
    is_first: bool


def save(
    session: Session, *, by: Principal, name: str, basket: Basket, narrowing: Narrowing
) -> SavedList:
    """Keep a list under a name. Raises BadListName, ListExists."""
    by.require_scope("route")
    clean = line(name)
    if not 1 <= len(clean) <= LONGEST_NAME:
        raise BadListName(
            t("Write a name of at most {max} characters.", max=LONGEST_NAME), field="name"
        )
    mine = select(func.count()).where(SavedList.owner_id == by.person_id)
    if (session.scalar(mine) or 0) >= MOST:
        raise BadListName(
            t("You keep {max} lists. Remove one that you need no more.", max=MOST), field="name"
        )
    made: SavedList | None = session.scalar(
        insert(SavedList)
        .values(
            body_id=by.body_id,
            owner_id=by.person_id,
            name=clean,
            basket=basket,
            narrowing=plain(narrowing),
        )
        .on_conflict_do_nothing()
        .returning(SavedList)
    )
    if made is None:
        raise ListExists(
            t("You keep a list “{name}” already. Choose another name.", name=clean), field="name"
        )
    audit.record(session, "list.saved", by=by, subject=("work-list", made.id))
    return made


def listing(session: Session, *, by: Principal) -> list[SavedInfo]:
    """The lists that the person may open: his own, then those shared with his units, by name."""
    rows = session.scalars(
        select(SavedList)
        .where(SavedList.body_id == by.body_id, _open_to(by))
        .order_by(SavedList.id)
    ).all()
    mine_first = sorted(rows, key=lambda row: (row.owner_id != by.user_id, by_name(row.name)))
    return _infos(session, mine_first, by)


def named(session: Session, list_id: int, *, by: Principal) -> SavedInfo:
    """One that the person may open. Raises NoSuchList."""
    row = session.scalar(
        select(SavedList).where(
            SavedList.id == list_id, SavedList.body_id == by.body_id, _open_to(by)
        )
    )
    if row is None:
        raise _no_such()
    return _infos(session, [row], by)[0]


def first(session: Session, *, by: Principal) -> SavedInfo | None:
    """The list with which the person's work begins, while it is open to him."""
    row = session.scalar(
        select(SavedList)
        .join(FirstList, FirstList.list_id == SavedList.id)
        .where(FirstList.user_id == by.user_id, _open_to(by))
    )
    return _infos(session, [row], by)[0] if row is not None else None


def begin_with(session: Session, list_id: int | None, *, by: Principal) -> None:
    """Let the person's work begin with this list; with none of them for None."""
    by.require_scope("route")
    session.execute(delete(FirstList).where(FirstList.user_id == by.person_id))
    if list_id is not None:
        chosen = named(session, list_id, by=by)
        session.execute(
            insert(FirstList)
            .values(user_id=by.person_id, list_id=chosen.id)
            .on_conflict_do_update(index_elements=["user_id"], set_={"list_id": chosen.id})
        )


def share(session: Session, list_id: int, unit_id: int | None, *, by: Principal) -> None:
    """Open an own list to a unit that one heads; to nobody else for None.

    Raises NoSuchList, NotAllowed.
    """
    by.require_scope("route")
    row = _mine(session, list_id, by)
    if unit_id is not None:
        by.require(by.heads(unit_id), t("Only the head of a unit shares a list with it."))
        organization.unit(session, unit_id, body_id=by.body_id)
    row.shared_unit_id = unit_id
    action = "list.unshared" if unit_id is None else "list.shared"
    audit.record(session, action, by=by, subject=("work-list", row.id), unit=unit_id)


def remove(session: Session, list_id: int, *, by: Principal) -> None:
    """Keep an own list no more; whoever began with it begins as before. Raises NoSuchList."""
    by.require_scope("route")
    row = _mine(session, list_id, by)
    audit.record(session, "list.removed", by=by, subject=("work-list", row.id))
    session.delete(row)


def _mine(session: Session, list_id: int, by: Principal) -> SavedList:
    row = session.scalar(
        select(SavedList)
        .where(SavedList.id == list_id, SavedList.owner_id == by.person_id)
        .with_for_update()
    )
    if row is None:
        raise _no_such()
    return row


def _no_such() -> NoSuchList:
    return NoSuchList(t("There is no such list, or it is not open to you. It may be gone."))


def _open_to(by: Principal) -> ColumnElement[bool]:
    units = by.unit_ids | by.headed_unit_ids
    return or_(SavedList.owner_id == by.user_id, SavedList.shared_unit_id.in_(units))


def _infos(session: Session, rows: Sequence[SavedList], by: Principal) -> list[SavedInfo]:
    owners = organization.names(session, [row.owner_id for row in rows])
    units = organization.unit_names(session, [row.shared_unit_id for row in rows])
    begun = session.scalar(select(FirstList.list_id).where(FirstList.user_id == by.user_id))
    return [
        SavedInfo(
            id=row.id,
            name=row.name,
            basket=Basket(row.basket),
            narrowing=kept(row.narrowing),
            is_mine=row.owner_id == by.user_id,
            owner=owners.get(row.owner_id, ""),
            shared_unit_id=row.shared_unit_id,
            shared_with=units.get(row.shared_unit_id or 0, ""),
            is_first=row.id == begun,
        )
        for row in rows
        if row.basket in set(Basket)
    ]
