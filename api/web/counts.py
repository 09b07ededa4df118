"""Counts that the navigation shows, asked of the database a few times a minute at most."""

import time

from fastapi import Request

from api.deps import office_of
from docflow import payments, registry
from docflow.errors import Unavailable
from docflow.notices import listing
from docflow.principal import Principal

_LIFE = 10  # seconds that a count is remembered; the list itself is always of now


def undescribed(request: Request, by: Principal) -> int:
    """How many entries of the queue wait for their description; 0 for who registers nothing."""
    if not by.is_clerk or by.user_id is None:
        return 0
    state = request.app.state
    if not hasattr(state, "undescribed_counts"):
        state.undescribed_counts = {}
    known: dict[int, tuple[float, int]] = state.undescribed_counts
    asked_at, count = known.get(by.user_id, (0.0, 0))
    if not asked_at or time.monotonic() - asked_at > _LIFE:
        try:
            with office_of(request).db.read() as session:
                count = registry.provisional.count_undescribed(session, by=by)
        except Unavailable:
            return count  # the page of that very error must still be shown
        known[by.user_id] = (time.monotonic(), count)
    return count


def annulments(request: Request, by: Principal) -> int:
    """How many annulments the person could decide on; 0 for everybody but the registrar."""
    if not by.is_registrar or by.user_id is None:
        return 0
    state = request.app.state
    if not hasattr(state, "annulment_counts"):
        state.annulment_counts = {}
    known: dict[int, tuple[float, int]] = state.annulment_counts
    asked_at, count = known.get(by.user_id, (0.0, 0))
    if not asked_at or time.monotonic() - asked_at > _LIFE:
        try:
            with office_of(request).db.read() as session:
                count = registry.waiting_count(session, by=by)
        except Unavailable:
            return count  # the page of that very error must still be shown
        known[by.user_id] = (time.monotonic(), count)
    return count


def notices(request: Request, by: Principal) -> int:
    """How many unread notices the person has: of now, for he has perhaps just read one."""
    if by.user_id is None:
        return 0
    try:
        with office_of(request).db.read() as session:
            return listing.unread(session, by=by)
    except Unavailable:
        return 0  # the page of that very error must still be shown


def forget(request: Request, by: Principal) -> None:
    """The person has just changed the count: his next page asks anew."""
    if by.user_id is not None:
        getattr(request.app.state, "undescribed_counts", {}).pop(by.user_id, None)
        getattr(request.app.state, "annulment_counts", {}).pop(by.user_id, None)


def payments_to_check(request: Request, by: Principal) -> int | None:
    """How many payments wait for a decision; None for who has nothing to do with payments."""
    if by.user_id is None:
        return None
    state = request.app.state
    if not hasattr(state, "payment_counts"):
        state.payment_counts = {}
    known: dict[int, tuple[float, int | None]] = state.payment_counts
    asked_at, count = known.get(by.user_id, (0.0, None))
    if not asked_at or time.monotonic() - asked_at > _LIFE:
        try:
            with office_of(request).db.read() as session:
                count = None
                if payments.may_work(session, by):
                    count = payments.queries.counts(session, by=by)[payments.Basket.CHECK]
        except Unavailable:
            return count  # the page of that very error must still be shown
        known[by.user_id] = (time.monotonic(), count)
    return count
