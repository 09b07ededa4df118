"""The guards before the apps: who may change something, how much may be sent, which headers."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from api.security import ASSET_POLICY, PAGE_POLICY, protect

LIMIT = 1 << 20


async def _echo(request: Request) -> Response:
    body = await request.body()
    return PlainTextResponse(f"{len(body)}")


async def _strict(request: Request) -> Response:
    return PlainTextResponse("x", headers={"Content-Security-Policy": "sandbox"})


@pytest.fixture
def client():
    routes = [
        Route("/strict", _strict),
        Route("/{rest:path}", _echo, methods=["GET", "POST", "DELETE"]),
    ]
    app = protect(
        Starlette(routes=routes),
        max_body=LIMIT,
        larger={"/scans": 2 * LIMIT},
        trusted_origins=["https://intranet.example"],
    )
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://docflow.example"
    )


def _run(coroutine: Coroutine[Any, Any, httpx.Response]) -> httpx.Response:
    return asyncio.run(coroutine)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://intranet.example"}, 200),
        ({"Origin": "http://docflow.example"}, 200),
        ({"Origin": "http://docflow.example.evil"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Authorization": "Bearer abc"}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Authorization": "Bearer abc", "Cookie": "a=b"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Authorization": "Basic abc"}, 403),
    ],
)
def test_only_our_own_pages_may_change_something(client, headers, status):
    assert _run(client.post("/entries", headers=headers)).status_code == status


def test_reading_is_open_to_links_from_elsewhere(client):
    answer = _run(client.get("/entries", headers={"Sec-Fetch-Site": "cross-site"}))
    assert answer.status_code == 200


def test_a_refused_program_gets_a_problem(client):
    answer = _run(client.post("/api/v1/entries", headers={"Sec-Fetch-Site": "cross-site"}))
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:docflow:problem:cross-site"


@pytest.mark.parametrize(("size", "status"), [(LIMIT, 200), (LIMIT + 1, 413)])
def test_a_body_may_be_as_large_as_the_limit(client, size, status):
    assert _run(client.post("/files", content=b"x" * size)).status_code == status


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/scans", 2 * LIMIT, 200),
        ("/scans/", 2 * LIMIT, 200),
        ("/scans", 2 * LIMIT + 1, 413),
        ("/scans/review", LIMIT + 1, 413),
        ("/verify", LIMIT + 1, 413),
    ],
)
def test_only_a_batch_of_scans_may_be_larger(client, path, size, status):
    assert _run(client.post(path, content=b"x" * size)).status_code == status


def test_a_body_of_unknown_length_is_cut_off_at_the_limit(client):
    async def pieces():
        for _ in range(5):
            yield b"x" * (LIMIT // 4)

    assert _run(client.post("/files", content=pieces())).status_code == 413


def test_the_refusal_of_a_large_body_says_what_to_do_in_the_readers_language(client):
    answer = _run(
        client.post("/files", content=b"x" * (LIMIT + 1), headers={"Accept-Language": "en"})
    )
    assert "At most 1 MB can be sent at once" in answer.text


def test_every_answer_has_the_headers_that_protect_it(client):
    headers = _run(client.get("/")).headers
    assert headers["content-security-policy"] == PAGE_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in headers
    assert len(headers["x-request-id"]) == 16


def test_pages_may_run_no_inline_script_and_be_framed_by_nobody():
    assert "unsafe" not in PAGE_POLICY
    assert "frame-ancestors 'none'" in PAGE_POLICY
    assert "'wasm-unsafe-eval'" in ASSET_POLICY


def test_an_answer_keeps_a_stricter_policy_of_its_own(client):
    assert _run(client.get("/strict")).headers["content-security-policy"] == "sandbox"
