"""Calling the app as a program does: requests through ASGI, served by a loop in a thread."""

from collections.abc import Iterator
from typing import Any

import anyio.from_thread
import httpx
from fastapi import FastAPI

from api.v1.security import SCOPES as KNOWN_SCOPES

SCOPES = tuple(KNOWN_SCOPES)
LETTER: dict[str, Any] = {
    "direction": "incoming",
    "subject": "Αίτηση για επισκευή πεζοδρομίου",
    "sender": {"name": "Μαρία Αναγνώστου", "email": "maria@example.gr"},
    # The tests of a module share a house, and bring it the same page again and again.
    "duplicate_reason": "δοκιμή",
}


class _Through(httpx.BaseTransport):
    """httpx's ASGI transport is asynchronous; the tests and their database are not."""

    def __init__(self, app: FastAPI) -> None:
        self._portal_context = anyio.from_thread.start_blocking_portal()
        self._portal = self._portal_context.__enter__()
        self._inner = httpx.ASGITransport(app=app, raise_app_exceptions=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def answer() -> httpx.Response:
            asked = httpx.Request(
                request.method,
                request.url,
                headers=request.headers,
                content=b"".join(_pieces(request)),
            )
            response = await self._inner.handle_async_request(asked)
            content = await response.aread()
            return httpx.Response(response.status_code, headers=response.headers, content=content)

        return self._portal.call(answer)

    def close(self) -> None:
        self._portal_context.__exit__(None, None, None)


def _pieces(request: httpx.Request) -> Iterator[bytes]:
    stream = request.stream
    assert isinstance(stream, httpx.SyncByteStream)
    yield from stream


class Caller(httpx.Client):
    """A program that speaks English, with a token or without."""

    def __init__(self, app: FastAPI, *, token: str | None = None) -> None:
        headers = {"Accept-Language": "en"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        super().__init__(transport=_Through(app), base_url="http://api", headers=headers)


def registered(client: httpx.Client, **changes: Any) -> dict[str, Any]:
    """Register a letter; the entry."""
    answer = client.post("/entries", json={**LETTER, **changes})
    assert answer.status_code == 201, answer.text
    entry: dict[str, Any] = client.get(address(answer.json())).json()
    return entry


def address(entry: dict[str, Any], rest: str = "") -> str:
    return f"/entries/{entry['book']}/{entry['year']}/{entry['number']}{rest}"
