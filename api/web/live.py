"""The live count of the bell: a stream of events (SSE) that lasts while the page is looked at.

It keeps no login alive, holds no thread and no database connection between two changes, and ends
when the server does. Without it, the count of the page is that of when it was loaded.
"""

import asyncio
import json
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from api.deps import SESSION_COOKIE, TheOffice
from docflow import notices, organization
from docflow.errors import Unavailable
from docflow.office import Office

router = APIRouter()

_BREATH = 0.3  # seconds in which several changes become one
_STILL_HERE = 25.0  # seconds without a change until a sign of life, and a look at the login
_LASTS = 600.0  # seconds of one stream; the browser comes again
_COMES_AGAIN = 5000  # milliseconds after which it does


@dataclass(frozen=True, slots=True)
class Seen:
    """Whose bell it is, and how many unread notices he has."""

    user_id: int
    count: int


@router.get("/notices/stream", include_in_schema=False)
async def stream(request: Request, office: TheOffice) -> Response:
    """The count now and after each change. 204 tells a browser not to come again."""
    secret = request.cookies.get(SESSION_COOKIE, "")
    try:
        seen = await run_in_threadpool(look, office, secret)
    except Unavailable:
        return Response(status_code=503)
    if seen is None:
        return Response(status_code=204)
    hearing: notices.Hearing = request.app.state.hearing
    return StreamingResponse(
        events(office, hearing, secret, seen),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def look(office: Office, secret: str) -> Seen | None:
    """The count of who is logged in with this cookie, without keeping his login alive.

    None where nobody is.
    """
    if not secret:
        return None
    with office.db.read() as session:
        try:
            by, _ = organization.by_session(
                session, secret, idle_minutes=office.settings.session_idle_minutes
            )
        except organization.NotLoggedIn:
            return None
        return Seen(by.person_id, notices.listing.unread(session, by=by))


async def events(
    office: Office, hearing: notices.Hearing, secret: str, seen: Seen
) -> AsyncIterator[str]:
    """The text of the stream, until the login ends or the server does."""
    changed, loop = asyncio.Event(), asyncio.get_running_loop()

    def wake() -> None:
        with suppress(RuntimeError):  # the loop has ended before the thread that hears
            loop.call_soon_threadsafe(changed.set)

    with hearing.listening(seen.user_id, wake):
        yield f"retry: {_COMES_AGAIN}\n{_event(seen.count)}"
        ends_at = loop.time() + _LASTS
        while loop.time() < ends_at:
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), _STILL_HERE)
                await asyncio.sleep(_BREATH)
            if hearing.is_closed:
                return
            changed.clear()
            try:
                now = await run_in_threadpool(look, office, secret)
            except Unavailable:
                now = seen  # the database will be back; the page says so where it matters
            if now is None:
                return
            yield _event(now.count) if now.count != seen.count else ": still here\n\n"
            seen = now


def _event(count: int) -> str:
    return f"event: unread\ndata: {json.dumps({'unread': count})}\n\n"


def close_at_end(hearing: notices.Hearing) -> None:
    """End the streams at once when the server is told to stop: it would wait for them else.

    Called by the thread that serves, which in tests is not the main one; there nothing is told.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)

        def stop(number: int, frame: FrameType | None, before: Any = before) -> None:
            hearing.close()
            if callable(before):
                before(number, frame)

        signal.signal(number, stop)
