"""`docflow up` starts everything, mends what breaks, and leaves nothing behind."""

import json
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from docflow.embedded import state
from docflow.embedded.pki import is_ok
from docflow.embedded.processes import free_port
from docflow.settings import Settings
from tests.embedded.conftest import Up, left_alive
from tests.stack import wait_until

PARTS = {"PostgreSQL", "broker", "test CA", "web", "worker", "relay"}
Launch = Callable[..., Up]


@pytest.fixture(scope="module")
def running(launch: Launch, tmp_path_factory: pytest.TempPathFactory) -> Up:
    return launch(tmp_path_factory.mktemp("stack") / "var", port=free_port()).wait_ready()


def ask_database(settings: Settings) -> object:
    url = settings.database_url.get_secret_value().replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT current_user::text, count(*) FROM migrated").fetchone()


def test_the_terminal_shows_the_address_and_the_logins(running: Up) -> None:
    text = running.text()
    assert f"Docflow runs at {running.state().address}" in text
    assert "Login: μαρία / demo" in text
    assert f"For citizens: {running.state().address}/services" in text
    assert f"Mails do not leave: {running.data / 'outbox'}" in text
    assert all(f"  {part:<12} ready after" in text for part in PARTS)


def test_other_commands_find_the_running_stack(running: Up) -> None:
    settings = state.settings_for(running.data)
    assert settings is not None
    assert ask_database(settings) == ("docflow_app", 0)
    assert settings.public_url == running.state().address
    for file in (settings.trust_roots, settings.seal_key):
        assert file is not None
        assert file.exists()
    assert settings.owner_database_url is None
    assert is_ok(int(settings.tsa_urls[0].rsplit(":", 1)[1].removesuffix("/tsa")), "/")


def test_secrets_are_readable_by_their_owner_only(running: Up) -> None:
    for name in ("secrets.json", "stack.json", "broker/valkey.conf", "pki/seal.p12"):
        assert (running.data / name).stat().st_mode & 0o077 == 0, name


def test_no_secret_stands_on_a_command_line(running: Up) -> None:
    secrets = json.loads((running.data / "secrets.json").read_text()).values()
    for part in running.state().parts.values():
        command = Path(f"/proc/{part.pid}/cmdline").read_text()
        assert not any(secret in command for secret in secrets if isinstance(secret, str))


def test_every_part_listens_on_the_loopback_only(running: Up) -> None:
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    listening = {int(f[1].split(":")[1], 16): f[1] for f in map(str.split, lines) if f[3] == "0A"}
    secrets = json.loads((running.data / "secrets.json").read_text())
    for port in (secrets["postgres_port"], secrets["broker_port"]):
        assert listening[port].startswith("0100007F:")


@pytest.mark.parametrize("part", sorted(PARTS))
def test_a_part_that_is_killed_is_started_again(running: Up, part: str) -> None:
    killed = running.state().parts[part]
    os.kill(killed.pid, signal.SIGKILL)

    def is_back() -> bool:
        now = running.state().parts.get(part)
        return now is not None and now != killed and f"{part} answers again" in running.text()

    wait_until(is_back, what=f"the new {part}", log=running.output)
    assert f"{part} ended (killed by SIGKILL); it starts again in" in running.text()
    port = int(running.state().address.rpartition(":")[2])
    wait_until(lambda: is_ok(port, "/health"), what="the whole stack")


def test_a_second_start_on_the_same_data_is_refused(running: Up, launch: Launch) -> None:
    second = launch(running.data)
    assert second.process.wait(20) == 1
    assert f"Docflow already runs on {running.data}: {running.state().address}" in second.text()
    assert running.is_ready()


def test_ctrl_c_ends_everything_and_the_data_stays(launch: Launch, tmp_path: Path) -> None:
    first = launch(tmp_path / "var").wait_ready()
    before = first.state()
    assert first.end(signal.SIGINT) == 0
    assert left_alive(before) == []
    assert state.settings_for(first.data) is None
    assert "Docflow has stopped" in first.text()

    again = launch(tmp_path / "var").wait_ready()
    assert (
        again.state().environment["DOCFLOW_SECRET_KEY"] == before.environment["DOCFLOW_SECRET_KEY"]
    )
    assert "demo         done" not in again.text(), "the demo is made once"
    assert "Login: μαρία / demo" in again.text()
    assert again.end(signal.SIGTERM) == 0


def test_a_killed_supervisor_takes_its_parts_along_and_the_next_start_works(
    launch: Launch, tmp_path: Path
) -> None:
    first = launch(tmp_path / "var").wait_ready()
    left = first.state()
    first.end(signal.SIGKILL)
    assert state.settings_for(first.data) is None, "a dead stack is not taken for a running one"
    again = launch(tmp_path / "var").wait_ready()
    assert left_alive(left) == []
    assert again.end() == 0


def test_a_port_that_was_asked_for_and_is_taken_is_an_error(launch: Launch, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        up = launch(tmp_path / "var", port=port)
        assert up.process.wait(20) == 1
    assert f"Port {port} is taken by another program; choose another --port." in up.text()


@pytest.mark.parametrize("command", ["migrate", "worker"])
def test_a_part_that_does_not_start_ends_the_start_with_its_log(
    launch: Launch, tmp_path: Path, command: str
) -> None:
    up = launch(tmp_path / "var", STANDIN_FAILS=command)
    assert up.process.wait(60) == 1
    assert f"the stand-in for {command} fails as it was told" in up.text()
    assert not (up.data / "postgres" / "postmaster.pid").exists(), "PostgreSQL was shut down"
    assert not (up.data / "stack.json").exists()


def test_a_data_directory_that_cannot_be_made_is_an_error(launch: Launch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    up = launch(tmp_path / "file" / "var")
    assert up.process.wait(20) == 1
    assert "The data directory cannot be used" in up.text()
