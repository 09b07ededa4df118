"""The API over HTTP: a real database with a small municipality, and callers with their tokens."""

from collections.abc import Callable, Iterator
from io import BytesIO

import httpx
import pikepdf
import pytest
from fastapi import FastAPI

from api.v1 import create_app
from docflow import organization
from docflow.office import Office, open_office
from docflow.settings import Settings
from tests import factories, stack
from tests.api.v1.calling import SCOPES, Caller


@pytest.fixture(scope="session")
def api_office(
    postgres: stack.PostgresServer,
    clone: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Office]:
    """An office with a database of its own, in which transactions commit."""
    place, url = tmp_path_factory.mktemp("api"), postgres.url(clone("api"))
    settings = Settings.model_validate(
        {
            "data": place,
            "database_url": url,
            "storage_url": f"file:{place / 'objects'}",
            "secret_key": "s" * 32,
            "max_upload_mb": 2,
        }
    )
    office = open_office(settings, pool=12)
    office.store.prepare()
    yield office
    office.db.dispose()


@pytest.fixture(scope="session")
def town(api_office: Office) -> factories.Town:
    with api_office.db.begin() as session:
        return factories.municipality(session)


@pytest.fixture(scope="session")
def api(api_office: Office) -> FastAPI:
    """The API: one for all, since FastAPI works out an operation when it is first asked for."""
    return create_app(api_office)


@pytest.fixture
def client(api: FastAPI, town: factories.Town) -> Iterator[httpx.Client]:
    """A program without a token, speaking English."""
    with Caller(api) as caller:
        yield caller


@pytest.fixture
def calling(
    api: FastAPI, api_office: Office, town: factories.Town
) -> Iterator[Callable[..., httpx.Client]]:
    """`calling("clerk")`: a program with a token of that person, with all scopes or those named."""
    opened: list[Caller] = []

    def call(username: str, *scopes: str) -> httpx.Client:
        with api_office.db.begin() as session:
            user = session.get_one(organization.User, town.users[username])
            token = organization.issue_token(
                session, user, name="test", scopes=list(scopes or SCOPES)
            )
        opened.append(Caller(api, token=token))
        return opened[-1]

    yield call
    for caller in opened:
        caller.close()


@pytest.fixture
def clerk(calling: Callable[..., httpx.Client]) -> httpx.Client:
    return calling("clerk")


@pytest.fixture(scope="session")
def page() -> bytes:
    """A PDF of one empty page."""
    document, buffer = pikepdf.new(), BytesIO()
    document.add_blank_page()
    document.save(buffer)
    return buffer.getvalue()
