"""The red banner of the staff's pages: the store does not hold its word."""

import time
from collections.abc import Sequence

from fastapi import Request

from api.deps import office_of
from docflow import custody
from docflow.errors import Unavailable
from docflow.i18n import Text

_LIFE = 30  # seconds that an answer is remembered: pages must not ask the database for it each time


def of_store(request: Request) -> Sequence[Text]:
    """What every person of the staff is warned of; nothing where all is well."""
    state = request.app.state
    asked_at, known = getattr(state, "store_alarms", (0.0, ()))
    if asked_at and time.monotonic() - asked_at < _LIFE:
        return tuple(known)
    office = office_of(request)
    try:
        with office.db.read() as session:
            found = tuple(custody.alarms(session, office.settings))
    except Unavailable:
        return tuple(known)  # the page of that very error must still be shown
    state.store_alarms = (time.monotonic(), found)
    return found
