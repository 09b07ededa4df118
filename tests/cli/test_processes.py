"""The single processes as production runs them, and their logs."""

import json
import logging
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from docflow.cli import logs
from docflow.db import Database
from tests import stack
from tests.cli.conftest import Terminal

_LINE = re.compile(r"20\d\d-\d\d-\d\dT[\d:.]+Z [A-Z]+ [\w.]+ ")
_FAREWELL = "worker: Warm shutdown (MainProcess)"  # Celery prints it past the logs


def start(office: Terminal, place: Path, *command: str, **more: str) -> "subprocess.Popen[bytes]":
    with (place / f"{command[0]}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "docflow.cli", *command],
            cwd=stack.ROOT,
            env={**os.environ, **office.environment, **more},
            stdout=log,
            stderr=log,
        )


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_relay_sequencer_and_worker_do_their_part_and_end_in_order(
    office: Terminal, database: Database, tmp_path: Path
) -> None:
    broker = stack.shared(stack.BrokerServer)
    letter = tmp_path / "letter.txt"
    letter.write_text("Παρακαλώ")
    register = ("--direction", "incoming", "--subject", "Επιστολή", "--from", "Α. Βήτας")
    entry = office("register", letter, *register, "--json").document

    def state() -> str:
        shown = office("show", entry["label"], "--json").document
        return str(shown["files"][0]["ocr"]["state"])

    def is_chained() -> bool:
        with database.read() as session:
            return bool(session.scalar(text("SELECT count(*) FROM audit_pending")) == 0)

    assert state() == "pending"
    running = [
        start(office, tmp_path, name, *options, DOCFLOW_BROKER_URL=broker.url)
        for name, *options in (["relay"], ["sequencer"], ["worker", "--concurrency", "1"])
    ]
    try:
        log = tmp_path / "worker.log"
        stack.wait_until(lambda: state() == "done", what="the reading", seconds=150, log=log)
        stack.wait_until(is_chained, what="the chain", seconds=30)
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(60) for process in running]
    assert codes == [0, 0, 0]
    ours = [line for line in log.read_text().splitlines() if line and line != _FAREWELL]
    assert ours
    assert [line for line in ours if not _LINE.match(line)] == []


def formatted(
    message: str, *, error: Exception | None = None, form: str = "text", **extra: str
) -> str:
    exc_info = (type(error), error, None) if error else None
    record = logging.LogRecord("docflow.api", logging.INFO, "f", 1, message, (), exc_info)
    record.__dict__.update(extra)
    return logs.FORMS[form]().format(record)


def test_a_log_line_names_request_and_job() -> None:
    token = logs.job.set("7")
    line = formatted("GET /entries 200", request="5f0c")
    logs.job.reset(token)
    assert line.endswith("INFO docflow.api request=5f0c job=7 GET /entries 200")


def test_a_traceback_is_one_line_without_the_values_of_the_statement() -> None:
    error = ValueError(
        "(psycopg.errors.UniqueViolation)\nDETAIL:  Key (name)=(Μαρία Αναγνώστου) already exists.\n"
        "[SQL: INSERT INTO parties (name) VALUES (%(name)s)]\n[parameters: {'name': 'Αναγνώστου'}]"
    )
    line = formatted("fault", error=error)
    assert "\n" not in line
    assert "Αναγνώστου" not in line
    assert "INSERT INTO parties" in line


def test_a_log_line_can_be_json() -> None:
    line = formatted("πρώτη\nδεύτερη", form="json", request="5f0c")
    said = json.loads(line)
    assert "\n" not in line
    assert said["at"].endswith("Z")
    assert {name: said[name] for name in ("level", "logger", "request", "message")} == {
        "level": "INFO",
        "logger": "docflow.api",
        "request": "5f0c",
        "message": "πρώτη | δεύτερη",
    }
