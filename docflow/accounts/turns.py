"""Who does the same at the same moment comes in order, where there is no row yet to wait for."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session


def in_turn(session: Session, *about: object) -> None:
    """Wait for whoever does something about the same; held until the transaction ends.

    The second finds what the first has made: one account for one person of a provider, one
    account with a proven ΑΦΜ, one with an address.
    """
    key = func.hashtextextended("|".join(("citizen", *map(str, about))), 0)
    session.execute(select(func.pg_advisory_xact_lock(key)))
