"""Requests through ASGI, served by a loop in a thread: the tests and their database wait."""

from collections.abc import Iterator

import anyio.from_thread
import httpx
from starlette.types import ASGIApp


class Through(httpx.BaseTransport):
    """httpx's ASGI transport for callers that are not asynchronous."""

    def __init__(self, app: ASGIApp) -> None:
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
