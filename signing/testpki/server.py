"""The test PKI over HTTP, on one thread per request: /tsa, /ocsp/…, /crl/…, /certs/…"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding

from signing.testpki import answers
from signing.testpki.authority import HOST, Issuer, TestPki

_LONGEST_REQUEST = 64 * 1024


def _now() -> datetime:
    return datetime.now(UTC)


class Server(ThreadingHTTPServer):
    """Answers from the keys of one PKI. `clock` lets tests move its time."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(
        self,
        pki: TestPki,
        *,
        host: str = HOST,
        port: int | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self.pki = pki
        self.clock = clock
        self.tsa = answers.TimeStampingService(
            pki.tsa, [pki.authorities["tsa-ca"].certificate], clock=lambda: self.clock()
        )
        super().__init__((host, pki.port if port is None else port), _Handler)


@contextmanager
def running(
    pki: TestPki,
    *,
    port: int | None = None,
    clock: Callable[[], datetime] = _now,
) -> Iterator[Server]:
    """The server in a thread of this process, for tests."""
    server = Server(pki, port=port, clock=clock)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 30

    def do_GET(self) -> None:
        """Certificates, CRLs, and a line that says that the server is up."""
        match urlsplit(self.path).path.strip("/").split("/"):
            case [""]:
                self._send(200, "text/plain", b"Docflow test PKI: no legal value\n")
            case ["crl", name] if issuer := self._authority(name, ".crl"):
                revoked, now = self.server.pki.revoked(), self.server.clock()
                self._send(200, "application/pkix-crl", answers.crl(issuer, revoked, now=now))
            case ["certs", name] if issuer := self._authority(name, ".crt"):
                certificate = issuer.certificate.public_bytes(Encoding.DER)
                self._send(200, "application/pkix-cert", certificate)
            case _:
                self._send(404, "text/plain", b"not here\n")

    def do_POST(self) -> None:
        """OCSP and timestamp requests."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > _LONGEST_REQUEST:
            self.close_connection = True
            return self._send(413, "text/plain", b"too long\n")
        body = self.rfile.read(length)
        match urlsplit(self.path).path.strip("/").split("/"):
            case ["tsa"]:
                self._send(200, "application/timestamp-reply", self.server.tsa.answer(body))
            case ["ocsp", name] if issuer := self._authority(name, ""):
                revoked, now = self.server.pki.revoked(), self.server.clock()
                try:
                    answer = answers.ocsp_answer(body, issuer, revoked, now=now)
                except ValueError:
                    return self._send(400, "text/plain", b"not an OCSP request\n")
                self._send(200, "application/ocsp-response", answer)
            case _:
                self._send(404, "text/plain", b"not here\n")

    def handle(self) -> None:
        """As usual, but a client that hangs up is no event worth a traceback."""
        with suppress(ConnectionError):
            super().handle()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the requests are the stack's own, several for each signature."""

    def _authority(self, name: str, suffix: str) -> Issuer | None:
        return self.server.pki.authorities.get(name.removesuffix(suffix))

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
