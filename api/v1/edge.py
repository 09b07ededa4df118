"""Around each request of the API: an id, one line in the log, an answer to any fault of ours."""

import logging
import re
import time
from secrets import token_hex

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from docflow.i18n import language_of

log = logging.getLogger("docflow.api")
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Edge:
    """Sees to it that each request has its id, and logs how it ended.

    Logged are method, route, status and time: no query, no body, no person.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        state = scope.setdefault("state", {})
        sent = headers.get("x-request-id", "")
        # The whole application has given one already; alone, the API takes that of its client.
        request_id = state.setdefault("request_id", sent if _ID.fullmatch(sent) else token_hex(8))
        answered = 0
        began = time.monotonic()

        async def noting(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        try:
            if b"%00" in scope.get("raw_path", b"") or b"%00" in scope.get("query_string", b""):
                # PostgreSQL keeps no NUL in text, so no address of ours can hold one.
                raise HTTPException(404)
            await self.app(scope, receive, noting)
        except HTTPException as error:
            language = language_of(headers.get("accept-language"))
            answer = problems.of_http(error, language=language, instance=request_id)
            await answer(scope, receive, noting)
        except Exception:  # the border of the API: a fault of ours is logged, and told of
            log.exception("fault", extra={"request": request_id})
            if answered:
                raise
            language = language_of(headers.get("accept-language"))
            answer = problems.of_defect(language=language, instance=request_id)
            await answer(scope, receive, noting)
        finally:
            route = getattr(scope.get("route"), "path", "-")
            milliseconds = (time.monotonic() - began) * 1000
            log.info(
                "%s %s %d %.0f ms",
                scope["method"],
                route,
                answered,
                milliseconds,
                extra={"request": request_id},
            )
