"""What the embedded stack costs when idle, and how fast its first pages come.

    .venv/bin/python benchmarks/stack_figures.py

Starts `docflow up --demo` on a fresh directory, waits until reading is done, and prints: seconds
to the first start and to the second, memory of all processes (proportional set size, so that
shared pages count once), and the server's time for the first pages with the demo data, measured
over loopback with one client.
"""

import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import httpx
import psutil

ROOT = Path(__file__).resolve().parent.parent
DOCFLOW = Path(sys.executable).with_name("docflow")
PATIENCE = 180
PAGES = ("/work", "/book", "/search?q=αίτηση", "/drafts", "/entries/koino/2026/200")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="docflow-bench-") as folder:
        Path(folder).chmod(0o755)
        first, process, address = start(Path(folder))
        stop(process)
        second, process, address = start(Path(folder))
        try:
            time.sleep(60)  # what was read at the start is read by then
            memory: dict[str, float] = {}
            for member in family(process):
                with suppress(psutil.NoSuchProcess):  # one that has just ended
                    name = " ".join(member.cmdline()[-3:])[-40:]
                    memory[name] = memory.get(name, 0) + member.memory_full_info().pss / 1e6
            print(f"first start {first:.1f} s, second start {second:.1f} s")
            for name, size in sorted(memory.items(), key=lambda item: -item[1]):
                print(f"  {name:42}{size:8.1f} MB")
            print(f"  {'all':42}{sum(memory.values()):8.1f} MB proportional set size, idle")
            pages(address)
        finally:
            stop(process)


def start(folder: Path) -> tuple[float, "subprocess.Popen[bytes]", str]:
    """Seconds until the login page answers, the supervisor, and its address."""
    log = folder / "bench.log"
    began = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(  # our own command
            [str(DOCFLOW), "up", "--demo", "--data", str(folder / "data")],
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=os.environ,
        )
    while time.monotonic() - began < PATIENCE:
        found = re.search(r"http://127\.0\.0\.1:\d+", log.read_text(errors="replace"))
        if found:
            try:
                if httpx.get(f"{found.group()}/login").status_code == 200:
                    return time.monotonic() - began, process, found.group()
            except httpx.TransportError:
                pass
        time.sleep(0.1)
    raise SystemExit(f"the stack did not start:\n{log.read_text(errors='replace')[-2000:]}")


def stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGINT)
    process.wait(60)


def family(process: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    top = psutil.Process(process.pid)
    return [top, *top.children(recursive=True)]


def pages(address: str, *, rounds: int = 30) -> None:
    """Median and p95 of each page, logged in as a clerk and a head of the demo."""
    username, password = os.environ.get("DEMO_LOGIN", "papadopoulos:protokollo").split(":")
    with httpx.Client(base_url=address, headers={"Origin": address}) as http:
        answer = http.post("/login", data={"username": username, "password": password, "to": "/"})
        if answer.status_code != 303:
            raise SystemExit(f"login as {username} failed: {answer.status_code}")
        for path in PAGES:
            took = []
            for _ in range(rounds):
                began = time.perf_counter()
                page = http.get(path)
                took.append(time.perf_counter() - began)
                page.raise_for_status()
            took.sort()
            median, p95 = statistics.median(took) * 1e3, took[int(rounds * 0.95)] * 1e3
            print(f"  {path:24}{median:8.1f} ms median {p95:8.1f} ms p95")


if __name__ == "__main__":
    main()
