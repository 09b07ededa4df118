"""Two hundred citizens who fill in and send a form at once, each from a browser of his own.

python -m benchmarks applications [CITIZENS]. A real server process on a durable PostgreSQL; each
citizen sends the pages of the form as a browser without JavaScript does, and the last one twice.
Beside it, one citizen alone. What counts: each gets one number, and the numbers have no gap.
"""

import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
from pydantic import SecretStr

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import storage  # noqa: E402  # after the path
from docflow import migrations  # noqa: E402
from docflow.embedded.processes import free_port  # noqa: E402
from docflow.office import open_office  # noqa: E402
from docflow.settings import Settings  # noqa: E402
from tests import factories, stack  # noqa: E402
from tests.docflow.applications import forms  # noqa: E402

_HIDDEN = re.compile(r'name="seen" value="(\d+)"')
_NUMBER = re.compile(r"<strong>(\d+)/\d+</strong>")


@dataclass(frozen=True)
class Sent:
    """The number that a citizen got, and the seconds of the whole form and of its last page."""

    number: int
    whole: float
    last: float


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory(prefix="docflow-bench-") as folder:
        Path(folder).chmod(0o755)
        with stack.PostgresServer(folder=Path(folder) / "pg", durable=True) as postgres:
            address, server = serve(postgres, Path(folder))
            try:
                alone = [citizen(address, 10_000 + n) for n in range(5)]
                begun = time.perf_counter()
                with ThreadPoolExecutor(count) as pool:
                    crowd = list(pool.map(lambda n: citizen(address, n), range(count)))
                took = time.perf_counter() - begun
            finally:
                server.send_signal(signal.SIGTERM)
                server.wait(60)
    numbers = sorted(one.number for one in (*alone, *crowd))
    assert numbers == list(range(1, count + len(alone) + 1)), "a number twice, or a gap"
    print(f"{count} citizens at once: {took:.1f} s, {count / took:.1f} applications a second")
    for name, made in (("alone", alone), ("at once", crowd)):
        last = statistics.median(one.last for one in made)
        whole = statistics.median(one.whole for one in made)
        print(f"{name}: {last * 1000:.0f} ms to send, {whole * 1000:.0f} ms the form (medians)")
    return 0


def serve(postgres: stack.PostgresServer, folder: Path) -> tuple[str, "subprocess.Popen[bytes]"]:
    """A server with the small fine on offer."""
    postgres.create_database("bench")
    migrations.upgrade(postgres.owner_url("bench"))
    settings = Settings(  # type: ignore[call-arg]  # the others have defaults
        data=folder,
        database_url=SecretStr(postgres.url("bench")),
        storage_url=SecretStr(f"file:{folder / 'objects'}"),
        secret_key=SecretStr("k" * 32),
    )
    storage.open_store(settings.storage_url.get_secret_value()).prepare()
    office = open_office(settings)
    with office.db.begin() as session:
        town = factories.municipality(session)
    forms.offered(office, town)
    office.db.dispose()
    port = free_port()
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("DOCFLOW_")},
        "DOCFLOW_DATABASE_URL": postgres.url("bench"),
        "DOCFLOW_STORAGE_URL": f"file:{folder / 'objects'}",
        "DOCFLOW_SECRET_KEY": "k" * 32,
    }
    log = folder / "serve.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "docflow.cli", "serve", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=output,
        )
    address = f"http://127.0.0.1:{port}"
    stack.wait_until(
        lambda: answers(address), what="docflow serve", seconds=120, alive=server, log=log
    )
    return address, server


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def citizen(address: str, n: int) -> Sent:
    """Fill in the form and send it, twice at the end."""
    begun = time.perf_counter()
    with httpx.Client(base_url=address, timeout=300) as browser:
        typed = {**forms.TYPED, "fine": f"{n % 10_000:04}", "full_name": f"Πολίτης {n}"}
        if n >= 10_000:
            typed["fine"] = f"{9_000 + n % 1000}"
        first = ("full_name", "email")
        answer = browser.post(
            "/services/small-fine/apply", data={name: typed[name] for name in first}
        )
        place = answer.headers["location"].rpartition("/")[0]
        second = {name: typed[name] for name in ("fine", "amount", "way", "agreed")}
        browser.post(f"{place}/2", data=second)
        browser.post(f"{place}/3", data={})
        seen = _HIDDEN.search(browser.get(f"{place}/check").text)
        assert seen
        before = time.perf_counter()
        for _ in range(2):
            sent = browser.post(f"{place}/send", data={"seen": seen[1]})
            assert sent.status_code == 303, sent.text
        last = (time.perf_counter() - before) / 2
        number = _NUMBER.search(browser.get(f"{place}/done").text)
        assert number
    return Sent(int(number[1]), time.perf_counter() - begun, last)


if __name__ == "__main__":
    sys.exit(main())
