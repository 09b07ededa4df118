"""An SMS gateway for tests: a real HTTP server that notes what it gets and answers as told."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import TracebackType
from typing import NamedTuple, Self


class Asked(NamedTuple):
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: str


class SmsGateway:
    """Answers with `status` and `answer`; waits for `released` where it `hangs`."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.status, self.answer = 200, '{"messages": [{"id": "abc-1"}]}'
        self.hangs, self.released = False, Event()
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def _take(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length).decode()
                asked = Asked(self.command, self.path, dict(self.headers.items()), body)
                gateway.asked.append(asked)
                if gateway.hangs:  # it has heard, and says nothing
                    gateway.released.wait(5)
                    return
                data = gateway.answer.encode()
                self.send_response(gateway.status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = _take

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/send?key=geheim"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
