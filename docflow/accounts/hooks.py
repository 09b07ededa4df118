"""What packages above add to accounts: who still needs one, what follows a merge."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from docflow.principal import Principal

NeededBy = Callable[[Session, int], bool]
AfterMerge = Callable[[Session, int, int, Principal], None]
_needed_by: list[NeededBy] = []
_after_merge: list[AfterMerge] = []


def needed_by(function: NeededBy) -> NeededBy:
    """Register what says whether the name and address of a closed account are still needed.

    Called with the session and the account's id, as long as the answer is yes once a day: an
    application under way keeps them, and so does a payment.
    """
    _needed_by.append(function)
    return function


def after_merge(function: AfterMerge) -> AfterMerge:
    """Register what moves to the account that stays when two turn out to be one person's.

    Called in the same transaction with the session, the id that stays, the one that goes, and
    the clerk.
    """
    _after_merge.append(function)
    return function


def is_needed(session: Session, account_id: int) -> bool:
    return any(asked(session, account_id) for asked in _needed_by)


def merged(session: Session, stays: int, goes: int, *, by: Principal) -> None:
    for then in _after_merge:
        then(session, stays, goes, by)
