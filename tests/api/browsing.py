"""A browser without JavaScript: the whole application over ASGI, with cookies, no redirects."""

import re
from collections.abc import Mapping
from html import unescape
from itertools import count
from typing import Any

import httpx
from starlette.types import ASGIApp

from api.deps import LANGUAGE_COOKIE, SESSION_COOKIE
from docflow import organization
from docflow.office import Office
from tests.api.through import Through

HOST = "http://protocol.example"
_numbers = count(100)
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


class Browser(httpx.Client):
    """Somebody's browser; `login` begins a login without the form."""

    def __init__(self, office: Office, app: ASGIApp, *, language: str = "en") -> None:
        super().__init__(
            transport=Through(app),
            base_url=HOST,
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        self.office = office
        self.cookies.set(LANGUAGE_COOKIE, language)

    def login(self, user_id: int) -> str:
        """The secret of the new login."""
        with self.office.db.begin() as session:
            user = session.get_one(organization.User, user_id)
            secret = organization.open_session(session, user, hours=1, client="test")
        self.cookies.set(SESSION_COOKIE, secret)
        return secret

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send, and hold every page to what all pages must have."""
        response = super().send(request, **options)
        if response.headers.get("content-type", "").startswith("text/html"):
            assert "default-src 'self'" in response.headers["content-security-policy"]
            assert response.headers["cache-control"] == "no-store"
            assert "<script>" not in response.text
            assert " style=" not in response.text
        return response


def words(response: httpx.Response) -> str:
    """What a person reads on the page."""
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.text)))


def hidden(response: httpx.Response) -> dict[str, str]:
    """The hidden fields of the page's forms."""
    return {unescape(name): unescape(value) for name, value in _HIDDEN.findall(response.text)}


def seen(browser: Browser, draft: str, **fields: str) -> dict[str, str]:
    """The form of an act on a draft: what is typed, and the step of the page as it stands now."""
    return {"step": hidden(browser.get(draft))["step"], **fields}


def typed(response: httpx.Response, name: str) -> str:
    """What stands in a text field of the page."""
    field = re.search(rf'<input [^>]*name="{name}"[^>]*value="([^"]*)"', response.text)
    area = re.search(rf'<textarea [^>]*name="{name}"[^>]*>(.*?)</textarea>', response.text, re.S)
    found = field or area
    assert found, f"the page has no field {name}"
    return unescape(found.group(1))


def letter(**changes: str) -> Mapping[str, str]:
    """What a clerk types of a letter."""
    return {
        "direction": "incoming",
        "sender": "Σύλλογος Κατοίκων",
        "subject": "Αίτηση επισκευής οδοστρώματος",
        "delivery_method": "post",
        "sender_reference": f"Α {next(_numbers)}/2026",
        "sender_dated_on": "1/2/26",
        "attachments_count": "2",
        **changes,
    }
