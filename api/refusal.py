"""The answer of a guard that refuses a request before any app sees it: a page, or a problem."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Scope

from api.pages import reader_of, render
from docflow.i18n import Text, t

_TITLES: Mapping[str, Text] = {
    "cross-site": t("The request came from another site"),
    "too-large": t("What you sent is too large"),
}
_ADVICE: Mapping[str, Text] = {
    "cross-site": t("Nothing was changed. Open the page here and try again."),
    "too-large": t(
        "At most {limit} MB can be sent at once. Nothing was kept. Go back: what you typed is "
        "still there. Send the files in parts, or make the scan smaller (300 dpi is enough)."
    ),
}


def refusal(scope: Scope, *, status: int, kind: str, limit: int = 0) -> Response:
    """The refusal of this kind; `limit` in bytes."""
    request = Request(scope)
    language = reader_of(request).language
    title = _TITLES[kind].in_language(language)
    advice = t(_ADVICE[kind].msgid, limit=limit >> 20).in_language(language)
    if scope["path"].startswith("/api/"):
        problem = {
            "type": f"urn:docflow:problem:{kind}",
            "title": title,
            "status": status,
            "detail": advice,
            "instance": f"urn:docflow:request:{scope.get('state', {}).get('request_id', '')}",
        }
        return JSONResponse(problem, status, media_type="application/problem+json")
    page = render(request, "portal/error.html", {"title": title, "message": advice})
    return HTMLResponse(page, status)
