"""Talking JSON to a remote signing service, and what its faults mean.

Two kinds matter to a person: the service does not work (try later; nothing was signed), or it
refused (wrong or expired password: try again). What it answers is believed only after the
signature has been checked against the certificate and the document (signing.external).
"""

import base64
import binascii
import http.client
import json
import ssl
import time
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, Request, build_opener

from cryptography import x509

from signing.errors import AuthorisationRefused, SignerUnavailable

_LARGEST_ANSWER = 4 << 20
_REFUSALS = (400, 401, 403, 409, 422)


class _NoRedirect(HTTPRedirectHandler):
    """Passwords go where the installation says, and nowhere else."""

    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


_OPENER = build_opener(_NoRedirect, HTTPSHandler(context=ssl.create_default_context()))


def post_json(
    url: str,
    body: Mapping[str, object],
    *,
    headers: Mapping[str, str],
    timeout: float,
    may_be_empty: bool = False,
) -> dict[str, Any]:
    """The answer to a POST of JSON. `timeout` (seconds) is for the whole exchange.

    With `may_be_empty`, no content (as 204) stands for an empty object.

    Raises AuthorisationRefused for 400, 401, 403, 409, 422, with what the service said, and
    SignerUnavailable for all else: no connection, too slow, 5xx, cut short, not a JSON object.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise SignerUnavailable("The signing service's address is not an http address.")
    data = json.dumps(body).encode()
    request = Request(  # noqa: S310  # checked above
        url,
        data=data,
        headers={"Content-Type": "application/json", "Accept": "application/json", **headers},
    )
    try:
        text = _exchanged(request, timeout)
    except HTTPError as error:
        with error:
            said = _said(error)
        if error.code in _REFUSALS:
            raise AuthorisationRefused(f"The signing service refused: {said}") from error
        raise SignerUnavailable(f"The signing service failed: {said}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise SignerUnavailable(f"The signing service does not answer: {error}") from error
    return {} if may_be_empty and not text.strip() else _object(text)


def _exchanged(request: Request, timeout: float) -> bytes:
    deadline = time.monotonic() + timeout
    text = b""
    with _OPENER.open(request, timeout=timeout) as response:
        announced = response.headers.get("Content-Length")
        while chunk := response.read1(16384):
            text += chunk
            if time.monotonic() > deadline or len(text) > _LARGEST_ANSWER:
                raise TimeoutError("too slow, or too much")
        if announced is not None and len(text) != int(announced):
            raise http.client.IncompleteRead(text)
    return text


def _object(text: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(text)
    except ValueError as error:
        raise SignerUnavailable("The signing service's answer is cut short or no JSON.") from error
    if not isinstance(answer, dict):
        raise SignerUnavailable("The signing service's answer is not of the expected form.")
    return answer


def _said(error: HTTPError) -> str:
    """The service's own words, where it has some (CSC API: error and error_description)."""
    try:
        answer = json.loads(error.read(8192))
        parts = [answer.get(name) for name in ("error", "error_description", "Description")]
    except (ValueError, OSError, AttributeError, http.client.HTTPException):
        parts = []
    words = ": ".join(part for part in parts if isinstance(part, str) and part)
    return words[:300] or f"HTTP {error.code}"


def certificate_of(text: object) -> x509.Certificate:
    """A certificate in base64 of DER, with or without PEM's lines. Raises SignerUnavailable."""
    try:
        lines = [line for line in str(text).splitlines() if "-----" not in line]
        return x509.load_der_x509_certificate(base64.b64decode("".join(lines), validate=True))
    except (ValueError, binascii.Error) as error:
        raise SignerUnavailable("The signing service sent a damaged certificate.") from error


def value_of(text: object) -> bytes:
    """A signature's value in base64. Raises SignerUnavailable where it is none."""
    try:
        value = base64.b64decode(str(text), validate=True)
    except (ValueError, binascii.Error) as error:
        raise SignerUnavailable("The signing service sent a damaged signature.") from error
    if not value:
        raise SignerUnavailable("The signing service sent an empty signature.")
    return value
