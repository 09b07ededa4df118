"""`docflow doctor` tells what is wrong and how to mend it, and never fails itself."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr

from docflow import audit, clock
from docflow.embedded import doctor, processes
from docflow.embedded.doctor import Check, Verdict
from docflow.office import Office
from docflow.principal import system
from docflow.settings import Settings
from tests import factories, stack
from tests.embedded.conftest import Up


@pytest.fixture(scope="module")
def running(launch: Callable[..., Up], tmp_path_factory: pytest.TempPathFactory) -> Up:
    return launch(tmp_path_factory.mktemp("doctor") / "var").wait_ready()


def by_name(checks: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def test_a_running_stack_is_found_healthy_but_for_what_the_stand_in_lacks(running: Up) -> None:
    found = by_name(doctor.doctor(running.data))
    failed = {name for name, check in found.items() if check.verdict is Verdict.FAILED}
    assert failed - {"fonts", "web assets", "OCR models"} == {"schema", "worker"}
    assert found["schema"].mend == "docflow migrate"
    assert found["worker"].found == "none answers"
    assert found["database"].found == "PostgreSQL 18"
    assert "answers 200 in" in found["pages"].found
    assert found["time stamps"].verdict is Verdict.OK


def test_every_check_that_is_not_well_says_how_to_mend_it(running: Up) -> None:
    for check in doctor.doctor(running.data):
        assert (check.verdict is Verdict.OK) == (check.mend == ""), check


def test_one_check_alone(running: Up) -> None:
    assert [c.verdict for c in doctor.doctor(running.data, only=["relay"])] == [Verdict.OK]


def test_no_stack_is_said_so(tmp_path: Path) -> None:
    found = by_name(doctor.doctor(tmp_path))
    assert found["stack"] == Check(
        "stack", Verdict.WARNING, f"no stack runs on {tmp_path}", "docflow up"
    )


def test_nothing_reachable_is_reported_check_by_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = processes.free_port()
    for name, value in {
        "DATABASE_URL": f"postgresql+psycopg://docflow_app:x@127.0.0.1:{port}/docflow",
        "BROKER_URL": f"redis://127.0.0.1:{port}/0",
        "STORAGE_URL": f"s3://key:very-secret@127.0.0.1:{port}/docflow",
        "TSA_URLS": json.dumps([f"http://127.0.0.1:{port}/tsa"]),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "SECRET_KEY": "k" * 32,
    }.items():
        monkeypatch.setenv(f"DOCFLOW_{name}", value)
    checks = doctor.doctor(tmp_path)
    found = by_name(checks)
    for name in ("database", "schema", "store", "broker", "relay", "time stamps", "pages"):
        assert found[name].verdict is Verdict.FAILED, name
        assert found[name].mend
    assert "very-secret" not in doctor.as_text(checks)
    assert doctor.as_json(checks)["healthy"] is False
    assert json.loads(json.dumps(doctor.as_json(checks)))["checks"]


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Settings]:
    """A Celery worker on the broker of the test run."""
    broker = stack.shared(stack.BrokerServer)
    program = (
        f"from docflow.worker import make_app; make_app({broker.url!r}).worker_main("
        "['worker', '--pool=solo', '--without-gossip', '--hostname=tested@here'])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=stack.ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    stack.wait_until(broker.broker.is_awaited, what="the worker", alive=process)
    yield Settings.model_construct(broker_url=SecretStr(broker.url))
    processes.stop(process, how=signal.SIGKILL)


def test_a_worker_that_answers_is_named(worker: Settings) -> None:
    expected = Check("worker", Verdict.OK, "tested@here")
    # It consumes a moment before it can be asked.
    stack.wait_until(lambda: doctor._worker(worker) == expected, what="the answer")


def test_a_log_that_does_not_go_on_is_told(committed: Office) -> None:
    def log() -> Check:
        return doctor._log(committed.settings)

    assert log().verdict is Verdict.OK
    with clock.pretend(datetime.now(UTC) - timedelta(hours=2)), committed.db.begin() as session:
        town = factories.municipality(session)
        for _ in range(2):
            audit.record(session, "tested", by=system(town.body_id), subject=("body", town.body_id))
    stuck = log()
    assert (stuck.verdict, "docflow sequencer" in stuck.mend) == (Verdict.FAILED, True)
    assert "events have waited" in stuck.found
    with committed.db.begin() as session:
        audit.sequence(session)
    unsigned = log()
    assert (unsigned.verdict, "DOCFLOW_LOG_KEYS" in unsigned.mend) == (Verdict.FAILED, True)
    with committed.db.begin() as session:
        origins = {town.body_id: "paradeigma.example/log"}
        audit.sign_heads(session, origins=origins, keys=(Ed25519PrivateKey.generate(),))
    assert log().verdict is Verdict.OK
    assert "head signed" in log().found
