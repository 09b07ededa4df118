"""RFC 3161 timestamps from a list of services, tried in order."""

import asyncio
import hashlib
import http.client
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit
from urllib.request import Request, build_opener

from asn1crypto import cms, tsp
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import (
    TimestampRequestError,
    handle_tsp_response,
    set_tsp_headers,
)

from signing.documents import FAULTS
from signing.errors import SigningError, TsaUnavailable

_LARGEST_ANSWER = 256 * 1024
USUAL_TOKEN = 7 * 1024
_OPENER = build_opener()


def timestamp(data: bytes, *, tsa_urls: Sequence[str], timeout: float = 10) -> bytes:
    """A token (DER of a CMS ContentInfo) that `data` existed at its time.

    Raises TsaUnavailable when no service of the list answers within `timeout` seconds each.
    """
    stamper = TsaList(tsa_urls, timeout=timeout)
    token = asyncio.run(stamper.async_timestamp(hashlib.sha256(data).digest(), "sha256"))
    return bytes(token.dump())


class TsaList(TimeStamper):
    """Asks each service in turn until one gives a granted token over the right digest."""

    def __init__(self, urls: Sequence[str], *, timeout: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.urls = tuple(urls)
        self.timeout = timeout
        self.largest_token = 0  # bytes, of those received

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """A token from the first service that gives one. Raises TsaUnavailable."""
        failures = []
        for url in self.urls:
            nonce, request = self.request_cms(  # type: ignore[no-untyped-call]
                message_digest, md_algorithm
            )
            try:
                answer = tsp.TimeStampResp.load(_post(url, request.dump(), self.timeout))
                token = handle_tsp_response(answer, nonce)
                _check_imprint(token, message_digest)
            except (*FAULTS, http.client.HTTPException) as error:
                # No connection, a timeout, an answer that does not parse, a wrong nonce (for
                # which pyHanko means to raise an error of its own, but trips over its message).
                failures.append(f"{url}: {error}")
            else:
                self.largest_token = max(self.largest_token, len(token.dump()))
                return token
        raise TsaUnavailable(
            "No time-stamping service answered. " + "; ".join(failures or ["None is set."])
        )


def with_room_for_token(stamper: TsaList | None, make: Callable[[int], bytes]) -> bytes:
    """What `make` makes with so many bytes kept free for a token; with more if that was too few.

    Tokens differ from service to service: from 1 KB to 10 KB with their certificates. Asking for
    one beforehand to learn its size would cost a request for each signature.
    """
    try:
        return make(USUAL_TOKEN if stamper else 0)
    except SigningError:
        if stamper is None or stamper.largest_token <= USUAL_TOKEN:
            raise
        return make(stamper.largest_token + USUAL_TOKEN)


def _post(url: str, body: bytes, timeout: float) -> bytes:
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError("not an http address")
    deadline = time.monotonic() + timeout
    request = Request(url, data=body, headers=set_tsp_headers({}))  # noqa: S310  # checked above
    answer = b""
    with _OPENER.open(request, timeout=timeout) as response:
        if response.headers.get_content_type() != "application/timestamp-reply":
            raise TimestampRequestError("the answer is not a timestamp")
        while chunk := response.read1(16384):
            answer += chunk
            if time.monotonic() > deadline or len(answer) > _LARGEST_ANSWER:
                raise TimestampRequestError("the answer is too slow or too large")
    return answer


def _check_imprint(token: cms.ContentInfo, digest: bytes) -> None:
    stamped = token["content"]["encap_content_info"]["content"].parsed
    if stamped["message_imprint"]["hashed_message"].native != digest:
        raise TimestampRequestError("the token is over another digest")
