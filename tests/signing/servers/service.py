"""What the services have in common: a thread, JSON in and out, and faults on demand."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar


class Refused(Exception):
    """An error answer: HTTP status and the JSON that goes with it."""

    def __init__(self, status: int, **body: Any) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


class Service(ThreadingHTTPServer):
    """Subclasses answer; `fault` is what goes wrong with the next answers to one endpoint.

    Faults: "slow", "hangs up", "half" (announced in full, sent in half), "html", "502", "list".
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.faults: dict[str, str] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, endpoint: str, body: dict[str, Any], headers: Any) -> dict[str, Any] | None:
        """None is an empty answer (204)."""
        raise Refused(404, error="not_found")

    def fault(self, endpoint: str) -> str:
        return next((fault for name, fault in self.faults.items() if endpoint.endswith(name)), "")


S = TypeVar("S", bound=Service)


@contextmanager
def running(service: S) -> Iterator[S]:
    thread = threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield service
    finally:
        service.shutdown()
        thread.join()
        service.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Service
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, body))
        fault = self.server.fault(self.path)
        if fault == "hangs up":
            self.close_connection = True
            return
        if fault == "slow":
            time.sleep(1.5)
        try:
            answer = self.server.answer(self.path, body, self.headers)
        except Refused as refused:
            return self._send(refused.status, json.dumps(refused.body).encode())
        if answer is None:
            return self._send(204, b"")
        text = json.dumps(answer).encode()
        match fault:
            case "html":
                self._send(200, b"<html>Maintenance</html>")
            case "502":
                self._send(502, b"Bad gateway")
            case "list":
                self._send(200, b"[]")
            case "half":
                self._send(200, text[: len(text) // 2], announced=len(text))
            case _:
                self._send(200, text)

    def handle(self) -> None:
        with suppress(ConnectionError):
            super().handle()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _send(self, status: int, text: bytes, *, announced: int | None = None) -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text) if announced is None else announced))
        if announced is not None:
            self.close_connection = True
        self.end_headers()
        self.wfile.write(text)
