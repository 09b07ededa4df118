"""The state of the installation over the API."""

from collections.abc import Callable

import httpx


def test_only_an_administrator_reads_the_state(calling: Callable[..., httpx.Client]) -> None:
    assert calling("clerk").get("/system/state").status_code == 403
    told = calling("administrator").get("/system/state")
    assert told.status_code == 200
    state = told.json()
    assert {queue["name"] for queue in state["queues"]} >= {"default", "ocr", "signing"}
    assert state["failed_jobs"] >= 0
