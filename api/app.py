"""The whole web application: staff pages, the citizens' pages, and the JSON API at /api/v1.

Each is an app of its own with its own error handlers, so that no handler asks which kind of client
it answers. The citizens' pages lie at the addresses in CITIZENS, the staff's at all others.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from api import portal, v1, web
from api.assets import BuiltFiles, url
from api.security import protect
from api.web import live
from docflow.office import Office

CITIZENS = (
    *("/verify", "/pickup", "/pay", "/log", "/health"),
    *("/services", "/life", "/questions", "/acts"),
    *("/apply", "/applications", "/status"),
    "/appointments",
    "/account",
)
# Also what was typed or pasted wrong after it, as "/status." or "/Verify", is a citizen's address.
_FOR_CITIZENS = re.compile(rf"(?:{'|'.join(CITIZENS)})(?![\w-])", re.IGNORECASE)


def create_app(office: Office) -> ASGIApp:
    """The application over an office (settings, database, object store)."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        # A thread waiting for a database connection helps nobody: as many threads as connections.
        limiter = anyio.to_thread.current_default_thread_limiter()
        limiter.total_tokens = office.settings.database_pool
        live.close_at_end(staff.state.hearing)
        yield
        office.db.dispose()

    staff = web.create_app(office)
    pages = _Pages(staff=staff, citizens=portal.create_app(office))
    root = Starlette(
        routes=[
            Mount("/static", BuiltFiles()),
            Route("/favicon.ico", _icon),
            Mount("/api/v1", v1.create_app(office)),
            Mount("/", pages),
        ],
        lifespan=lifespan,
    )
    usual, scans = (
        (most + 4) << 20  # what a form has besides its files
        for most in (office.settings.max_upload_mb, office.settings.max_scan_mb)
    )
    return protect(
        root,
        max_body=usual,
        larger=dict.fromkeys(("/scans", "/api/v1/scans"), max(usual, scans)),
    )


def _icon(_: Request) -> Response:
    """What browsers ask for where a page names no icon, as a PDF in a tab of its own."""
    return RedirectResponse(url("image/icon.svg"), 308)


class _Pages:
    """Citizens' addresses are short and printed on paper, so they share the root with the staff."""

    def __init__(self, *, staff: ASGIApp, citizens: ASGIApp) -> None:
        self._staff, self._citizens = staff, citizens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        public = _FOR_CITIZENS.match(scope.get("path", "/"))
        await (self._citizens if public else self._staff)(scope, receive, send)
