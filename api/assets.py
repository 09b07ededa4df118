"""The built assets (`make setup`; what they are: api/static/assets.toml), served for ever.

Their names hold a hash of their content, so a browser need never ask again.
"""

import gzip
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

BUILT = Path(__file__).resolve().parent / "static" / "built"
PREFIX = "/static/"
_TEXT = {".css": "text/css", ".js": "text/javascript", ".mjs": "text/javascript"}


class AssetsMissing(Exception):
    """The assets are not built, or a template names one that is not among them."""


@cache
def manifest() -> Mapping[str, str]:
    """Plain name to hashed name. Raises AssetsMissing."""
    path = BUILT / "manifest.json"
    if not path.is_file():
        raise AssetsMissing(f"{path} is not there. Run `make setup`.")
    names: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return names


def url(name: str) -> str:
    """Where the browser finds the asset `name`, for example `style/app.css`."""
    try:
        return PREFIX + manifest()[name]
    except KeyError:
        raise AssetsMissing(f"{name} is not an asset. See api/static/assets.toml.") from None


class BuiltFiles(StaticFiles):
    """Serves the built assets; a missing folder is found out at the first request, not before."""

    def __init__(self) -> None:
        super().__init__(directory=BUILT, check_dir=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def cached(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in (200, 206, 304):
                headers = Headers(raw=message["headers"])
                if "cache-control" not in headers:
                    forever = (b"cache-control", b"public, max-age=31536000, immutable")
                    message["headers"] = [*message["headers"], forever]
            await send(message)

        packed = await run_in_threadpool(_packed, scope, self.get_path(scope))
        if packed is not None:
            await packed(scope, receive, cached)
        else:
            await super().__call__(scope, receive, cached)


def _packed(scope: Scope, name: str) -> Response | None:
    """A style or script in gzip, for a browser that takes it: a telephone loads a third of it.

    A proxy that compresses leaves alone what is compressed. None: served as it lies there.
    """
    headers = Headers(scope=scope)
    if (
        scope["method"] != "GET"
        or "range" in headers
        or "gzip" not in headers.get("accept-encoding", "")
        or name not in _names()
        or Path(name).suffix not in _TEXT
    ):
        return None
    sent = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(_gzipped(name), media_type=_TEXT[Path(name).suffix], headers=sent)


@cache
def _names() -> frozenset[str]:
    """The files that pages name: no other path of a visitor's is opened here."""
    return frozenset(manifest().values())


@cache
def _gzipped(name: str) -> bytes:
    return gzip.compress((BUILT / name).read_bytes(), 9, mtime=0)
