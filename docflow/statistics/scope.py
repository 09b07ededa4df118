"""Over what a person's figures go.

- Auditor, administrator, head of the registry and those who sign for the body (the mayor): the
  whole body. A number is no document: the administrator reads none, and may count them.
- A head: the units that he heads and those below, his own and those of whom he is deputy today.
- What is confidential counts for those alone who may see it. An entry of an open book that is with
  a unit is open to the head of that unit, however it is graded (see `registry.access`).
"""

from dataclasses import replace

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, or_, select

from docflow import registry
from docflow.i18n import t
from docflow.principal import Principal, Role
from docflow.registry import Book, Entry, Grade

_WHOLE = frozenset({Role.AUDITOR, Role.ADMINISTRATOR, Role.REGISTRAR, Role.SIGNER})


def may_see(by: Principal) -> bool:
    """Whether there are figures for this person."""
    return bool(by.roles & _WHOLE or headed(by))


def sees_board(by: Principal) -> bool:
    """Whether the person heads anybody whose load there is to be seen."""
    return bool(headed(by))


def require(by: Principal) -> None:
    """Raise NotAllowed where there are no figures for this person."""
    by.require_scope("read")
    by.require(
        may_see(by),
        t("Statistics are for heads of units, auditors, administrators and those who sign."),
    )


def headed(by: Principal) -> frozenset[int]:
    """The units whose work the person answers for today."""
    return by.headed_unit_ids.union(*(one.headed_unit_ids for one in by.substitutions))


def counted(by: Principal, unit: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """The condition on `entries` that the entry counts; `unit` is the one that it is with."""
    is_open = Entry.book_id.in_(
        select(Book.id).where(Book.body_id == by.body_id, ~Book.is_confidential)
    )
    with_own = unit.in_(by.headed_unit_ids)  # what is confidential is no deputy's
    plain = and_(is_open, or_(Entry.grade != Grade.CONFIDENTIAL, with_own))
    seen = registry.visible_to(_by_name_alone(by))
    if by.roles & _WHOLE:
        return and_(Entry.body_id == by.body_id, or_(plain, seen))
    return and_(Entry.body_id == by.body_id, unit.in_(headed(by)), or_(plain, seen))


def _by_name_alone(by: Principal) -> Principal:
    """The person without what his offices open to him: a cheap question for a million entries."""
    nothing: frozenset[int] = frozenset()
    return replace(
        by,
        roles=frozenset(),
        unit_ids=nothing,
        headed_unit_ids=nothing,
        substitutions=(),
    )


def sees_unit(by: Principal, unit_id: int) -> bool:
    """Whether the unit's work is in the person's figures."""
    return bool(by.roles & _WHOLE) or unit_id in headed(by)
