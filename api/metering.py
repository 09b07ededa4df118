"""How many requests, and how long they take: counted per process, summed over a server's processes.

Only the part of the site, the method and the class of the status are counted: no path, no person.
"""

import os
import time

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Histogram,
    generate_latest,
    multiprocess,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_AREAS = {"api": "api", "static": "static", "verify": "public", "pickup": "public", "log": "public"}
_EVENTS = b"text/event-stream; charset=utf-8"
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}
_SECONDS = Histogram(
    "docflow_http_request_seconds",
    "Time until an answer was sent.",
    ["area", "method", "status"],
    buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30),
)


class Metering:
    """Counts each request when its answer is sent."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status, lasts = time.perf_counter(), 500, False

        async def noting(message: Message) -> None:
            nonlocal status, lasts
            if message["type"] == "http.response.start":
                status = message["status"]
                # A stream of events is no slow answer: it lasts while a page is looked at.
                lasts = (b"content-type", _EVENTS) in message["headers"]
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            if lasts:
                began = time.perf_counter()
            first = scope["path"].lstrip("/").partition("/")[0]
            method = scope["method"] if scope["method"] in _METHODS else "other"
            counted = _SECONDS.labels(_AREAS.get(first, "staff"), method, f"{status // 100}xx")
            counted.observe(time.perf_counter() - began)


def requests() -> bytes:
    """The counts of this server as text for Prometheus."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if folder is None:
        return generate_latest(REGISTRY)
    together = CollectorRegistry()
    multiprocess.MultiProcessCollector(together, path=folder)  # type: ignore[no-untyped-call]
    return generate_latest(together)
