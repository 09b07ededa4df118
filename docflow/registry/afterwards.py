"""What upper packages, and further rooms of this one, do in the transaction of a registration.

In two steps: what can be asked and checked beforehand is, before the series is held; only what
needs the entry comes after it, since meanwhile nobody else registers in the book. What was
registered before it was described gets its kind later: see `after_kind_given`.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.orm import Session

from docflow import documents, kinds
from docflow.principal import Principal
from docflow.registry.models import Entry

Then = Callable[[Session, Entry], None]
# The second argument is the `NewEntry` of service.py, which imports this module.
Prepare = Callable[[Session, Any, Sequence[documents.Upload], Principal], Then | None]
_prepare: list[Prepare] = []
KindGiven = Callable[[Session, Entry, kinds.Chosen, Principal], None]
_kind_given: list[KindGiven] = []


def after_registration(function: Prepare) -> Prepare:
    """Register what is prepared before an entry has its number; what it returns is called with the
    entry, in the same transaction, once its row is written."""
    _prepare.append(function)
    return function


def prepared(
    session: Session, new: Any, uploads: Sequence[documents.Upload], by: Principal
) -> list[Then]:
    """What is to be done once the entry is there."""
    found = (prepare(session, new, uploads, by) for prepare in _prepare)
    return [then for then in found if then is not None]


def after_kind_given(function: KindGiven) -> KindGiven:
    """Call it in the transaction in which an entry without a kind was found to be of one."""
    _kind_given.append(function)
    return function


def kind_given(session: Session, entry: Entry, chosen: kinds.Chosen, by: Principal) -> None:
    for function in _kind_given:
        function(session, entry, chosen, by)
