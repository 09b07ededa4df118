"""What upper packages do in the transaction in which a payable changes."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from docflow.payments.models import Payable
from docflow.principal import Principal

Happened = Callable[[Session, Payable, Principal], None]
_told: list[Happened] = []
_settled: list[Happened] = []


def after_told(function: Happened) -> Happened:
    """Register what is done when the citizen typed the bank's number (state `told`).

    Called again where he corrects it.
    """
    _told.append(function)
    return function


def after_settled(function: Happened) -> Happened:
    """Register what is done when a payable ends as `paid` or `refused`, whoever or whatever ended
    it: an employee, the bank's file, the card provider.

    `payable.state` says how, `payable.ended_why` the reason of a refusal. What was withdrawn is
    not told: who withdrew it knows.
    """
    _settled.append(function)
    return function


def told(session: Session, payable: Payable, by: Principal) -> None:
    for function in _told:
        function(session, payable, by)


def settled(session: Session, payable: Payable, by: Principal) -> None:
    for function in _settled:
        function(session, payable, by)
