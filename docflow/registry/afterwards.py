"""What upper packages, and further rooms of this one, do in the transaction of a registration."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.orm import Session

from docflow import documents
from docflow.principal import Principal
from docflow.registry.models import Entry

# The third argument is the `NewEntry` of service.py, which imports this module.
AfterRegistration = Callable[[Session, Entry, Any, Sequence[documents.Upload], Principal], None]
_after_registration: list[AfterRegistration] = []


def after_registration(function: AfterRegistration) -> AfterRegistration:
    """Register what is done, in the same transaction, when an entry has its number and row."""
    _after_registration.append(function)
    return function


def tell(
    session: Session, entry: Entry, new: Any, uploads: Sequence[documents.Upload], by: Principal
) -> None:
    """The entry was registered: let everybody do his part."""
    for then in _after_registration:
        then(session, entry, new, uploads, by)
