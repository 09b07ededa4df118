"""The built assets on their way: named for ever, and light enough for a telephone."""

import anyio
import httpx
import pytest
from starlette.exceptions import HTTPException

from api.assets import BuiltFiles, manifest
from tests.api.browsing import Browser

PAGES = ("/services", "/acts", "/verify", "/status", "/appointments", "/account/login")


def asked(*names: str, **headers: str) -> list[tuple[httpx.Response, int]]:
    """The answers, and how many bytes went over the wire."""

    async def ask() -> list[tuple[httpx.Response, int]]:
        transport = httpx.ASGITransport(app=BuiltFiles())
        found = []
        async with httpx.AsyncClient(transport=transport, base_url="http://static") as client:
            for name in names:
                async with client.stream("GET", f"/{name}", headers=headers) as answer:
                    found.append((answer, sum([len(part) async for part in answer.aiter_raw()])))
        return found

    return anyio.run(ask)


def test_no_page_of_the_citizens_weighs_more_than_300_kb(visitor: Browser) -> None:
    """All that a first visit loads: styles, scripts and typefaces, as a browser takes them."""
    loaded = [
        name
        for plain, name in manifest().items()
        if plain == "style/app.css" or plain.startswith(("style/fonts/", "js/"))
    ]
    weight = sum(size for _, size in asked(*loaded, **{"accept-encoding": "gzip"}))
    for address in PAGES:
        page = visitor.get(address)
        assert page.status_code == 200
        assert weight + len(page.content) < 300_000, address


def test_styles_and_scripts_are_compressed_where_the_browser_takes_it() -> None:
    style, font = manifest()["style/app.css"], manifest()["style/fonts/greek.woff2"]
    [(packed, small)] = asked(style, **{"accept-encoding": "gzip, br"})
    [(plain, large)] = asked(style, **{"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert "content-encoding" not in plain.headers
    assert small < large / 3
    [(typeface, _)] = asked(font, **{"accept-encoding": "gzip"})
    assert "content-encoding" not in typeface.headers
    for answer in (packed, plain, typeface):
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("name", ["../../../pyproject.toml", "manifest.json/..", "none.css"])
def test_what_is_no_asset_is_not_served(name: str) -> None:
    with pytest.raises(HTTPException, match="404"):
        asked(name, **{"accept-encoding": "gzip"})
