"""Reads that need not be sent twice (ETag), and lists that continue where they ended (cursor)."""

import hashlib
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Query, Request, Response
from fastapi.routing import APIRoute
from itsdangerous import BadSignature, URLSafeSerializer

from docflow.errors import Invalid
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal

Limit = Annotated[int, Query(ge=1, le=200, description="At most so many.")]
Cursor = Annotated[
    str | None, Query(max_length=500, description="`next_cursor` of the answer before.")
]


class BadCursor(Invalid):
    """A cursor belongs to one list of one person."""


class ReadRoute(APIRoute):
    """Gives each answer to a GET an ETag, and 304 to a client that has it already."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def tagged(request: Request) -> Response:
            response = await answer(request)
            if request.method != "GET" or response.status_code != 200:
                return response
            body = getattr(response, "body", None)  # a stream brings its own tag
            if "etag" not in response.headers and isinstance(body, bytes):
                response.headers["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
            response.headers.setdefault("Cache-Control", "private, no-cache")
            response.headers.setdefault("Vary", "Authorization, Accept-Language")
            tag = response.headers.get("etag")
            if tag and is_known(request, tag):
                return not_modified(tag)
            return response

        return tagged


def is_known(request: Request, tag: str) -> bool:
    """Whether the client says that it has this state (`If-None-Match`, RFC 9110 13.1.2)."""
    known = request.headers.get("if-none-match", "")
    return known.strip() == "*" or tag in (
        one.strip().removeprefix("W/") for one in known.split(",")
    )


def not_modified(tag: str) -> Response:
    return Response(status_code=304, headers={"ETag": tag, "Cache-Control": "private, no-cache"})


def cursor(office: Office, by: Principal, place: str, position: int) -> str:
    """A sealed cursor: a position that anybody could count up would tell of hidden entries."""
    return str(_sealer(office).dumps([by.user_id, place, position]))


def position(office: Office, by: Principal, place: str, given: str | None) -> int | None:
    """The position of a cursor of this very list (`place` names it and its filters).

    Raises BadCursor.
    """
    if given is None:
        return None
    try:
        user_id, of, at = _sealer(office).loads(given)
    except (BadSignature, ValueError) as error:
        raise _bad() from error
    if user_id != by.user_id or of != place:
        raise _bad()
    return int(at)


def _bad() -> BadCursor:
    return BadCursor(
        t("This cursor belongs to another list. Begin again without a cursor."),
        field="cursor",
    )


def _sealer(office: Office) -> URLSafeSerializer:
    return URLSafeSerializer(office.settings.secret_key.get_secret_value(), salt="api-v1-cursor")
