"""Nothing of a confidential entry goes out by any address before somebody said why, and is noted.

Over all addresses below an entry: one that is added later is held to it by itself.
"""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from sqlalchemy import func, select

from api import v1, web
from docflow import audit, organization, reads, registry, signatures
from tests.api.browsing import HOST, Browser
from tests.api.conftest import House, Issued
from tests.api.through import Through
from tests.api.v1.calling import SCOPES

BELOW = "/entries/{book}/{year}/{number}"
PLACES = {"{position}": "1", "{page}": "1", "{page_number}": "1", "{form}": "json"}
NOT_NOTED = {
    # The page of the entry, which was noted, asks for this part of itself while a file is read.
    f"{BELOW}/files",
    # A form for who may write in the book: the reader is led back to the page.
    f"{BELOW}/correct",
}


def below(app: FastAPI) -> list[str]:
    """What the addresses of an app below an entry end in."""
    described = get_openapi(title="", version="", routes=app.routes)["paths"]
    paths = [path for path, acts in described.items() if path.startswith(BELOW) and "get" in acts]
    assert len(paths) > 12
    return sorted(paths)


def filled(path: str, address: str) -> str:
    for place, value in PLACES.items():
        path = path.replace(place, value)
    return path.replace(BELOW, address)


@pytest.fixture
def secret(house: House, issued: Issued, monkeypatch: pytest.MonkeyPatch) -> str:
    """A confidential letter with a signed file that was read, and a copy of it."""
    monkeypatch.setattr(reads.opening, "SAME_LOOK", timedelta(0))  # each look counts
    address = house.register((issued.pdf, "γνωμοδότηση.pdf"), secret=True)
    house.run_jobs()
    house.run_jobs()  # the check of signatures, which the first asked for
    with house.office.db.begin() as session:
        grant = (house.town.books["empisteftiko"], house.town.users["lawyer"])
        if session.get(registry.BookGrant, grant) is None:
            session.add(registry.BookGrant(book_id=grant[0], user_id=grant[1]))
        confidant = house.town.person(session, "confidant")
    wanted = signatures.NewCopy(signatures.CopyKind.EXACT, 1)
    with house.office.db.begin() as session:
        while audit.sequence(session):
            pass
        keys = [Ed25519PrivateKey.generate()]
        audit.sign_heads(session, origins={house.town.body_id: "x/log/y"}, keys=keys)
    signatures.copies.order(house.office, house.entry_id(address), wanted, by=confidant)
    return address


def noted(house: House, address: str) -> int:
    with house.office.db.read() as session:
        mine = reads.Read.entry_id == house.entry_id(address)
        return session.scalar(select(func.count()).select_from(reads.Read).where(mine)) or 0


def test_no_address_of_the_api_tells_anything_without_a_reason(house: House, secret: str) -> None:
    with house.office.db.begin() as session:
        user = session.get_one(organization.User, house.town.users["lawyer"])
        token = organization.issue_token(session, user, name="test", scopes=list(SCOPES))
    headers = {"Authorization": f"Bearer {token}", "If-None-Match": "*"}
    paths = below(v1.create_app(house.office))
    with httpx.Client(
        transport=Through(house.app), base_url=f"{HOST}/api/v1", headers=headers
    ) as caller:
        for path in paths:
            refused = caller.get(filled(path, secret))
            assert refused.status_code == 403, path
            assert refused.json()["type"].endswith("reason-needed"), path
        assert noted(house, secret) == 0
        del caller.headers["If-None-Match"]
        for path in paths:
            before = noted(house, secret)
            reason = {"Read-Reason": quote("γνωμοδότηση 12")}
            answer = caller.get(filled(path, secret), headers=reason)
            assert answer.status_code == 200, (path, answer.text)
            assert noted(house, secret) == before + 1, path


def test_no_page_tells_anything_without_a_reason(
    house: House, secret: str, browsing: Callable[..., Browser]
) -> None:
    lawyer = browsing("lawyer")
    paths = below(web.create_app(house.office))
    for path in paths:
        assert lawyer.get(filled(path, secret)).status_code == 403, path
    assert noted(house, secret) == 0
    lawyer.post(f"{secret}/reading-reason", data={"reason": "γνωμοδότηση 12", "back": secret})
    for path in paths:
        before = noted(house, secret)
        answer = lawyer.get(filled(path, secret))
        assert answer.status_code in (200, 303), (path, answer.text)
        assert (noted(house, secret) == before + 1) is (path not in NOT_NOTED), path
