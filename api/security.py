"""What guards every request before an app sees it: headers, origin, size, and a request id.

Pure ASGI, so that streams pass untouched. `protect` puts them round an app in their right order.

Cross-site requests are refused by what the browser says of their origin (Sec-Fetch-Site, else
Origin), as Go 1.25's http.CrossOriginProtection does; no hidden fields in forms.
"""

import secrets
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metering import Metering
from api.refusal import refusal

PAGE_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
        "base-uri 'none'",
    )
)
# A worker is ruled by the policy of its own file. pdf.js' worker decodes JPEG 2000 and JBIG2, which
# scanners write, with WebAssembly; pages themselves may not use it.
ASSET_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
_UNSAFE = {"POST", "PUT", "PATCH", "DELETE", "QUERY"}
_DRAIN = 4 << 30


def protect(
    app: ASGIApp,
    *,
    max_body: int,
    larger: Mapping[str, int] | None = None,
    trusted_origins: Iterable[str] = (),
) -> ASGIApp:
    """The app behind all guards. `max_body` is in bytes; a trusted origin is `https://host`.

    `larger` names the paths that may take more, with their own limits.
    """
    limited = BodyLimit(app, max_body=max_body, larger=larger)
    same_site = SameSite(limited, trusted_origins=trusted_origins)
    return RequestId(Metering(SecurityHeaders(same_site)))


class RequestId:
    """Gives each request an id: `request.state.request_id` and the header X-Request-Id."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        await self.app(scope, receive, marked)


class SecurityHeaders:
    """Adds what no response may lack; a response that sets one of them itself keeps its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_asset = scope["path"].startswith("/static/")
        wanted = {
            "Content-Security-Policy": ASSET_POLICY if is_asset else PAGE_POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Frame-Options": "DENY",
            # Pages show what only their reader may see, and after logging out nobody.
            "Cache-Control": "no-store",
        }
        if scope.get("scheme") == "https":
            wanted["Strict-Transport-Security"] = "max-age=31536000"

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in wanted.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, guarded)


class SameSite:
    """Refuses requests that change something and that another site's page caused."""

    def __init__(self, app: ASGIApp, *, trusted_origins: Iterable[str] = ()) -> None:
        self.app = app
        self.trusted = frozenset(trusted_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self.allowed(scope["method"], Headers(scope=scope)):
            answer = refusal(scope, status=403, kind="cross-site")
            await answer(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def allowed(self, method: str, headers: Headers) -> bool:
        """Whether a request with these headers may change something here."""
        if method not in _UNSAFE:
            return True
        if "cookie" not in headers and headers.get("authorization", "").startswith("Bearer "):
            return True  # a browser adds no token by itself, so no page of others can use it
        origin = headers.get("origin")
        if origin and origin in self.trusted:
            return True
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site in ("same-origin", "none")
        if origin is None:
            return True  # not a browser, or one too old to be protected this way
        return urlsplit(origin).netloc == headers.get("host")


class BodyLimit:
    """Refuses bodies over `max_body` bytes with 413 and a page that says what to do."""

    def __init__(
        self, app: ASGIApp, *, max_body: int, larger: Mapping[str, int] | None = None
    ) -> None:
        self.app = app
        self.max_body = max_body
        self.larger = dict(larger or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.larger.get(scope["path"].rstrip("/"), self.max_body)
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdigit() and int(announced) > limit:
            # A browser shows an answer only when it could send all: the body is read and dropped.
            if int(announced) <= _DRAIN:
                await _drain(receive)
            answer: Response = refusal(scope, status=413, kind="too-large", limit=limit)
            await answer(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > limit:
                    # FastAPI and Starlette let this one through to the app's error page.
                    raise HTTPException(413)
            return message

        await self.app(scope, counted, send)


async def _drain(receive: Receive) -> None:
    while True:
        message = await receive()
        if message["type"] != "http.request" or not message.get("more_body"):
            return
