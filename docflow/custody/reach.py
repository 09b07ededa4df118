"""Which entries a person may place holds on and have erased.

The head of the registry acts on what he may see. The data protection officer answers for every
entry of the body and sees of it number and book, not a word of what it says.
"""

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from docflow import registry
from docflow.i18n import t
from docflow.principal import Principal


def reaches(by: Principal) -> ColumnElement[bool]:
    """The condition on `entries`."""
    if by.is_data_protection:
        return registry.Entry.body_id == by.body_id
    return registry.visible_to(by)


def may_decide(by: Principal) -> bool:
    """Whether the person places holds and takes them away, asks for and decides on erasures."""
    return by.is_registrar or by.is_data_protection


def sees(session: Session, entry_id: int, *, by: Principal) -> bool:
    """Whether the person may see what the entry says, and not its number alone."""
    seen = exists().where(registry.Entry.id == entry_id, registry.visible_to(by))
    return bool(session.scalar(select(seen)))


def numbered(
    session: Session, book: str, year: int, number: int | str, *, by: Principal
) -> registry.Entry:
    """The entry at an address, for holds and erasures alone. Raises NoSuchEntry."""
    return registry.numbered(session, book, year, number, by=by, within=reaches(by))


def entry(session: Session, entry_id: int, *, by: Principal) -> registry.Entry:
    """The entry, held until the transaction ends. Raises NoSuchEntry."""
    found = session.scalar(select(registry.Entry).where(registry.Entry.id == entry_id, reaches(by)))
    if found is None:
        raise registry.NoSuchEntry(t("There is no such entry, or it is not open to you."))
    registry.hold(session, found.id)
    return found
