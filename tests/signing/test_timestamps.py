"""RFC 3161 tokens over any data, from the first service that gives a good one."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from asn1crypto import cms

import signing
from tests.signing.conftest import Office


@contextmanager
def answering(status: int, kind: str, body: bytes) -> Iterator[str]:
    """A service that says the same to everybody."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_token_is_over_the_data(office: Office) -> None:
    token = signing.timestamp(b"daily close", tsa_urls=office.tsa)
    info = cms.ContentInfo.load(token)["content"]["encap_content_info"]["content"].parsed
    digest = info["message_imprint"]["hashed_message"].native
    assert digest == hashlib.sha256(b"daily close").digest()
    assert signing.timestamp_time(token, b"daily close", trust_roots=office.roots) == (
        info["gen_time"].native
    )


def test_a_token_over_other_data_or_by_a_stranger_is_refused(office: Office) -> None:
    token = signing.timestamp(b"daily close", tsa_urls=office.tsa)
    with pytest.raises(signing.BadTimestamp, match="other data"):
        signing.timestamp_time(token, b"daily closed", trust_roots=office.roots)
    with pytest.raises(signing.BadTimestamp, match="not trusted"):
        signing.timestamp_time(token, b"daily close", trust_roots=[])
    for broken in (b"", token[:-30], token.replace(b"\x04\x20", b"\x04\x21")):
        with pytest.raises(signing.BadTimestamp):
            signing.timestamp_time(broken, b"daily close", trust_roots=office.roots)


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        (500, "application/timestamp-reply", b""),
        (200, "text/html", b"<html>"),
        (200, "application/timestamp-reply", b"nonsense"),
        (200, "application/timestamp-reply", b"0" * 300_000),
        (200, "application/timestamp-reply", bytes.fromhex("30053003020102")),
    ],
    ids=["error", "page", "nonsense", "too long", "refusal"],
)
def test_bad_answers_lead_to_the_next_service(
    office: Office, status: int, kind: str, body: bytes
) -> None:
    with answering(status, kind, body) as url:
        assert signing.timestamp(b"x", tsa_urls=[url, *office.tsa])
        with pytest.raises(signing.TsaUnavailable):
            signing.timestamp(b"x", tsa_urls=[url])


def test_a_token_over_another_digest_is_not_taken(office: Office) -> None:
    """A recorded answer, played back."""
    with (
        answering(200, "application/timestamp-reply", _recorded(office)) as url,
        pytest.raises(signing.TsaUnavailable),
    ):
        signing.timestamp(b"x", tsa_urls=[url])


def test_only_web_addresses_are_asked() -> None:
    with pytest.raises(signing.TsaUnavailable, match="not an http address"):
        signing.timestamp(b"x", tsa_urls=["file:///etc/passwd"])


def _recorded(office: Office) -> bytes:
    from asn1crypto import tsp

    request = tsp.TimeStampReq(
        {
            "version": "v1",
            "message_imprint": {
                "hash_algorithm": {"algorithm": "sha256"},
                "hashed_message": hashlib.sha256(b"other").digest(),
            },
            "cert_req": True,
        }
    )
    return office.server.tsa.answer(request.dump())
