"""The processes of Docflow as the embedded stack sees them, without the product inside.

It speaks to the real PostgreSQL and broker of the stack, so that a stack that gives its parts wrong
addresses fails here. `STANDIN_FAILS` names a command that ends with an error, `STANDIN_DEAF` one
that ignores SIGTERM.
"""

import http.server
import os
import signal
import sys
import time
from urllib.parse import urlsplit

import psycopg

import storage


def database(
    variable: str = "DOCFLOW_DATABASE_URL", *, name: str = "stand-in"
) -> psycopg.Connection:
    url = os.environ[variable].replace("postgresql+psycopg", "postgresql")
    connection = psycopg.connect(url, autocommit=True, application_name=name)
    connection.execute("SELECT 1")
    return connection


def migrate() -> None:
    with database("DOCFLOW_OWNER_DATABASE_URL") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS migrated (version int)")
        connection.execute("GRANT SELECT ON migrated TO docflow_app")
    storage.open_store(os.environ["DOCFLOW_STORAGE_URL"]).prepare()


def demo() -> None:
    with database() as connection:
        assert connection.execute("SELECT count(*) FROM migrated").fetchone() == (0,)
    print("Login: μαρία / demo")


def loops() -> None:
    with database(name="docflow-relay"), database(name="docflow-sequencer"):
        while True:
            time.sleep(0.1)


def worker() -> None:
    import redis

    client = redis.Redis.from_url(os.environ["DOCFLOW_BROKER_URL"])
    while True:
        client.brpop(["celery"], timeout=1)


def serve() -> None:
    port = int(sys.argv[sys.argv.index("--port") + 1])
    http.server.ThreadingHTTPServer(("127.0.0.1", port), Page).serve_forever()


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        with database():
            status = 200 if urlsplit(self.path).path == "/health" else 404
        self.send_response(status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def main() -> None:
    command = sys.argv[1]
    if os.environ.get("STANDIN_FAILS") == command:
        sys.exit(f"the stand-in for {command} fails as it was told")
    if os.environ.get("STANDIN_DEAF") == command:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    commands = {
        "migrate": migrate,
        "demo": demo,
        "loops": loops,
        "worker": worker,
        "serve": serve,
    }
    commands[command]()


if __name__ == "__main__":
    main()
