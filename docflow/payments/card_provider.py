"""The card provider behind a small interface: ask for a payment, ask how it stands, hear its word.

`HttpCards` speaks JSON over HTTP (docs/payments.md); a bank's gateway that speaks otherwise is
another class with these three methods, named in `provider`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from docflow import clock, posting
from docflow.errors import Forbidden, Unavailable
from docflow.i18n import t
from docflow.payments import events
from docflow.settings import Settings

SIGNATURE = events.SIGNATURE


class CardsUnavailable(Unavailable):
    """The card provider does not answer."""


class BadSignature(Forbidden):
    """The message is not signed by the card provider."""


class ProviderState(StrEnum):
    OPEN = "open"
    PAID = "paid"
    FAILED = "failed"
    UNKNOWN = "unknown"  # the provider never heard of it


@dataclass(frozen=True, slots=True)
class Wanted:
    """A payment to be made: `key` is ours, and the same again for the same payment."""

    key: str
    cents: int
    reference: str
    description: str
    language: str
    return_url: str
    notice_url: str


@dataclass(frozen=True, slots=True)
class Opened:
    """What the provider made of it: its own id, and the page to which the citizen goes."""

    provider_id: str
    address: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How a payment stands, by the provider's word."""

    key: str
    state: ProviderState
    cents: int = 0
    provider_id: str = ""
    problem: str = ""


class CardProvider(Protocol):
    def open(self, wanted: Wanted) -> Opened:
        """Have the payment made; asked again under its key, the same payment. CardsUnavailable."""

    def standing(self, key: str) -> Standing:
        """How the payment of this key stands. Raises CardsUnavailable."""

    def heard(self, headers: Mapping[str, str], body: bytes) -> Standing:
        """The provider's own message, checked. Raises BadSignature."""


@dataclass(frozen=True, slots=True)
class HttpCards:
    """The interface over HTTP: POST and GET below `url`, messages signed with `secret`."""

    url: str
    token: str
    secret: str
    timeout: float = 15.0

    def open(self, wanted: Wanted) -> Opened:
        body = {
            "key": wanted.key,
            "amount": wanted.cents,
            "currency": "EUR",
            "reference": wanted.reference,
            "description": wanted.description,
            "language": wanted.language,
            "return_url": wanted.return_url,
            "notice_url": wanted.notice_url,
        }
        answer = self._ask("POST", "/payments", body, key=wanted.key)
        provider_id, address = str(answer.get("id", "")), str(answer.get("address", ""))
        if not provider_id or urlsplit(address).scheme not in ("https", "http"):
            raise _away("answer without id or address")
        return Opened(provider_id, address)

    def standing(self, key: str) -> Standing:
        return _standing(self._ask("GET", f"/payments/{quote(key)}"), key)

    def heard(self, headers: Mapping[str, str], body: bytes) -> Standing:
        if not events.is_signed(self.secret, body, headers.get(SIGNATURE, ""), now=clock.now()):
            raise BadSignature(
                t("The message is not signed by the card provider, or is too old. It was not read.")
            )
        told = _object(body)
        return _standing(told, str(told.get("key", "")))

    def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, key: str = ""
    ) -> Mapping[str, Any]:
        headers = {**posting.JSON, "Authorization": f"Bearer {self.token}"}
        if key:
            headers["Idempotency-Key"] = key
        data = json.dumps(body, ensure_ascii=False).encode() if body is not None else None
        try:
            answer = posting.ask(
                method, self.url + path, headers=headers, body=data, timeout=self.timeout
            )
        except posting.NoAnswer as error:
            raise _away(str(error)) from error
        if answer.status == 404 and method == "GET":
            return {"state": ProviderState.UNKNOWN}
        if not 200 <= answer.status < 300:
            raise _away(str(answer.status))
        return _object(answer.body)


def provider(settings: Settings) -> CardProvider | None:
    """The provider of the settings; None where cards are not taken."""
    if settings.card_url is None:
        return None
    return HttpCards(
        url=settings.card_url.rstrip("/"),
        token=settings.card_token.get_secret_value(),
        secret=settings.card_secret.get_secret_value(),
    )


def _standing(told: Mapping[str, Any], key: str) -> Standing:
    state, cents = str(told.get("state", "")), told.get("amount", 0)
    if state not in set(ProviderState):
        raise _away("unknown state")
    if state == ProviderState.PAID and (
        told.get("currency") != "EUR" or type(cents) is not int or cents <= 0
    ):
        raise _away("paid without an amount in EUR")
    return Standing(
        key=key,
        state=ProviderState(state),
        cents=cents if type(cents) is int else 0,
        provider_id=str(told.get("id", ""))[:200],
        problem=str(told.get("problem", ""))[:300],
    )


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _away("no JSON") from error
    if not isinstance(told, dict):
        raise _away("no JSON object")
    return told


def _away(why: str) -> CardsUnavailable:
    return CardsUnavailable(
        t(
            "The card provider does not answer as it should ({why}). Do not pay again now: this "
            "page will say in some minutes whether the payment was made.",
            why=why,
        )
    )
