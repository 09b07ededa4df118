"""Passwords that are tried, counted by the address that was typed.

An address rests alike whether it has an account or none, so that its rest tells nobody which it is.
"""

import hashlib
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from docflow import throttle
from docflow.throttle import TooManyTries, Tries


def count(session: Session, body_id: int, address: str, *, limit: int, every: timedelta) -> bool:
    """Count a try before it is looked at; False where it is one too many.

    No span of `every` has more than `limit`: those of the window before count too. The row that is
    counted on is held, so that tries at the same moment come in order. After False the transaction
    may be rolled back.
    """
    key = _key(body_id, address)
    try:
        window = throttle.count(session, key, limit=limit, every=every)
    except TooManyTries:
        return False
    tried = select(func.sum(Tries.count)).where(Tries.key == key, Tries.window >= window - every)
    return (session.scalar(tried) or 0) <= limit


def forget(session: Session, body_id: int, address: str) -> None:
    """The right password, or a new one: the wrong ones before count no more."""
    session.execute(delete(Tries).where(Tries.key == _key(body_id, address)))


def _key(body_id: int, address: str) -> str:
    mailbox = hashlib.sha256(address.lower().encode()).hexdigest()[:32]
    return f"citizen-password-of:{body_id}:{mailbox}"
