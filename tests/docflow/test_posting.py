"""One request to another server: bounded, no redirection, no address in what is told of it."""

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from docflow import posting

ENDLESS, ELSEWHERE = "/endless", "/elsewhere"


class Other(BaseHTTPRequestHandler):
    """The other server."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(302 if self.path == ELSEWHERE else 200)
        self.send_header("Location", "/")
        said = b"x" * (1_000_000 if self.path == ENDLESS else 0)
        said = said or self.headers["Accept"].encode()
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *said: object) -> None:
        """Nothing: the tests look at answers."""


@pytest.fixture(scope="module")
def other() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Other) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_answer_is_told_with_its_status(other: str) -> None:
    answer = posting.ask("POST", other, headers=posting.JSON, body=b"{}")
    assert answer == posting.Answer(200, b"application/json")


def test_a_redirection_is_an_answer_and_is_not_followed(other: str) -> None:
    assert posting.ask("POST", other + ELSEWHERE, headers=posting.JSON, body=b"{}").status == 302


def test_of_an_answer_without_end_the_beginning_is_read(other: str) -> None:
    answer = posting.ask("POST", other + ENDLESS, headers=posting.JSON, body=b"{}")
    assert len(answer.body) == 200_000


def test_nobody_there_is_told_without_the_address() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/?key=secret"
        with pytest.raises(posting.NoAnswer) as caught:
            posting.ask("GET", address, headers={}, timeout=1)
    assert "secret" not in str(caught.value)
    assert "127" not in str(caught.value)
