"""What watchers ask: alive, ready, and the gauges, for those with the token."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from pydantic import SecretStr

import storage
from api.app import create_app
from tests.api.browsing import Browser
from tests.api.conftest import House


def asking(house: House, **settings: object) -> Browser:
    office = replace(house.office, settings=house.office.settings.model_copy(update=settings))
    return Browser(office, create_app(office))


@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready"])
def test_a_sound_installation_lives_and_is_ready(visitor: Browser, path: str) -> None:
    answer = visitor.get(path)
    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert answer.headers["cache-control"] == "no-store"


def test_without_its_store_it_lives_and_is_not_ready(
    visitor: Browser, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(self: object, sha256: str) -> bool:
        raise storage.StoreUnavailable("away")

    monkeypatch.setattr(type(house.office.store), "exists", away)
    assert visitor.get("/health/live").status_code == 200
    assert visitor.get("/health/ready").status_code == 503


def test_metrics_are_for_those_who_have_the_token(house: House) -> None:
    token = {"authorization": "Bearer let-me-see"}
    with asking(house) as nobody:
        assert nobody.get("/health/metrics", headers=token).status_code == 404
    with asking(house, metrics_token=SecretStr("let-me-see")) as prometheus:
        assert prometheus.get("/health/metrics").status_code == 404
        wrong = {"authorization": "Bearer guess"}
        assert prometheus.get("/health/metrics", headers=wrong).status_code == 404
        told = prometheus.get("/health/metrics", headers=token)
    assert told.status_code == 200
    assert "docflow_jobs_failed" in told.text
    assert 'docflow_http_request_seconds_count{area="staff"' in told.text


def test_the_administrator_sees_the_state(browsing: Callable[..., Browser]) -> None:
    page = browsing("administrator").get("/system")
    assert "State of the system" in page.text
    assert "Last backup" in page.text
