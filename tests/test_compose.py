"""The production layout fits the product: each command, variable, file and image of it is real.

No container engine is needed; where the Docker client can check the file itself, it does.
"""

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from docflow import worker
from docflow.cli.commands import app
from docflow.embedded import doctor, postgres
from docflow.settings import PREFIX, Settings
from tests.stack import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)
ONE_SHOT = {"migrate"}
DOCKERFILE = (ROOT / "Dockerfile").read_text()
_VARIABLE = re.compile(r"(?<!\$)\$\{([A-Z0-9_]+)")


def strings(value: object) -> list[str]:
    """Every text in a piece of YAML."""
    if isinstance(value, dict):
        return [text for part in value.values() for text in strings(part)]
    if isinstance(value, list):
        return [text for part in value for text in strings(part)]
    return [str(value)]


def assert_is_real_command(words: list[str]) -> None:
    """The words after `docflow` name a command of the CLI, and options that it has."""
    # Unknown commands and options are refused before --help is answered; nothing is run.
    result = CliRunner().invoke(app, [*words, "--help"])
    assert result.exit_code == 0, result.output


def test_all_processes_of_the_product_are_there() -> None:
    assert {"web", "worker", "signer", "relay", "sequencer", "migrate", "scans"} == set(OURS)


@pytest.mark.parametrize("name", OURS)
def test_the_command_exists_with_its_options(name: str) -> None:
    program, *words = SERVICES[name]["command"]
    assert program == "docflow"
    assert_is_real_command(words)


@pytest.mark.parametrize("name", OURS)
def test_every_variable_is_a_setting(name: str) -> None:
    variables = SERVICES[name]["environment"]
    known = {PREFIX + field.upper() for field in Settings.model_fields}
    assert set(variables) <= known
    assert {"DOCFLOW_DATABASE_URL", "DOCFLOW_SECRET_KEY", "DOCFLOW_STORAGE_URL"} <= set(variables)


# Settings that no variable of the layout sets, and why. All others an operator sets in .env.
LEFT_ALONE = {
    "demo": "never in production",
    "postgres_programs": "the image holds those of its version",
    "job_lease_seconds": "fits how often workers give a sign of life",
    "database_pool": "fits the threads of a process",
    **dict.fromkeys(
        (
            *("alarm_job_minutes", "alarm_log_minutes", "alarm_backup_hours"),
            *("alarm_disk_percent", "digest_mb_per_second", "orphan_days", "push_services"),
            *("renewal_margin_days", "scan_settle_seconds", "session_hours"),
            *("session_idle_minutes", "tsa_timeout"),
            *("citizen_hours", "citizen_idle_minutes", "contact_days", "message_days"),
            *("alarm_wrong_codes", "pickup_reminder_days", "sms_timeout"),
        ),
        "its default suits most; a line of its own in a docker-compose.override.yml changes it",
    ),
}


def test_every_setting_can_be_set_or_is_left_alone_for_a_reason() -> None:
    set_somewhere = {name for one in OURS for name in SERVICES[one]["environment"]}
    unset = {n for n in Settings.model_fields if PREFIX + n.upper() not in set_somewhere}
    assert unset == set(LEFT_ALONE)


def test_only_the_migration_may_change_the_schema_and_only_the_signer_may_seal() -> None:
    with_owner = {n for n in OURS if "DOCFLOW_OWNER_DATABASE_URL" in SERVICES[n]["environment"]}
    with_seal = {n for n in OURS if "DOCFLOW_SEAL_KEY" in SERVICES[n]["environment"]}
    assert (with_owner, with_seal) == ({"migrate"}, {"signer"})
    assert {n for n in SERVICES if "seal_key" in SERVICES[n].get("secrets", [])} == {"signer"}


def test_every_queue_has_a_worker() -> None:
    served: list[str] = []
    for service in SERVICES.values():
        command = service.get("command") or []
        if "--queues" in command:
            served += command[command.index("--queues") + 1].split(",")
    assert sorted(served) == sorted(worker.QUEUES)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_the_image_is_built_here_or_has_a_fixed_tag(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9./-]+:v?\d+(\.\d+)+(-[a-z]+)?", SERVICES[name]["image"])


@pytest.mark.parametrize("name", sorted(set(SERVICES) - ONE_SHOT))
def test_a_lasting_service_is_asked_for_its_health_and_restarted(name: str) -> None:
    service = SERVICES[name]
    assert service["healthcheck"]["test"]
    assert service["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", OURS)
def test_our_processes_have_no_rights_that_they_do_not_need(name: str) -> None:
    service = SERVICES[name]
    assert service["user"] == "10001:10001"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "ports" not in service


def test_only_the_proxy_is_reachable_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert {n for n, s in SERVICES.items() if s["networks"] == ["inside"]} >= {"db", "objects"}


@pytest.mark.parametrize("name", sorted(set(OURS) - ONE_SHOT))
def test_nothing_starts_before_the_schema_is_there(name: str) -> None:
    condition = SERVICES[name]["depends_on"]["migrate"]["condition"]
    assert condition == "service_completed_successfully"


def test_the_health_commands_are_real() -> None:
    for service in SERVICES.values():
        _, *words = service.get("healthcheck", {}).get("test", [""])
        if words[:1] == ["docflow"]:
            assert_is_real_command(words[1:])
            assert words[words.index("--only") + 1] in doctor.NAMES
        elif words and words[0].startswith("celery"):
            assert shlex.split(words[0])[2] == "docflow.worker:app"
            assert worker.app.main == "docflow"


def test_the_database_is_made_as_the_embedded_one() -> None:
    arguments = SERVICES["db"]["environment"]["POSTGRES_INITDB_ARGS"].split()
    assert set(postgres.INITDB) <= set(arguments)
    roles = (ROOT / "deploy" / "postgres-roles.sh").read_text()
    for role in (postgres.OWNER, postgres.APPLICATION):
        assert f"CREATE ROLE {role} LOGIN" in roles
    assert f"CREATE DATABASE {postgres.DATABASE} OWNER {postgres.OWNER}" in roles


def test_the_storage_server_keeps_its_back_doors_shut() -> None:
    command = SERVICES["objects"]["command"]
    assert {"-filer.disableHttp", "-master.telemetry=false"} <= set(command)


def test_the_example_environment_names_exactly_the_variables_of_the_file() -> None:
    used = {name for text in strings(COMPOSE) for name in _VARIABLE.findall(text)}
    lines = (ROOT / ".env.example").read_text().splitlines()
    offered = {line.partition("=")[0] for line in lines if line and not line.startswith("#")}
    assert offered == used


def test_no_secret_has_a_value_in_the_repository() -> None:
    for line in (ROOT / ".env.example").read_text().splitlines():
        name, _, value = line.partition("=")
        if name.endswith(("PASSWORD", "SECRET", "SECRET_KEY")):
            assert value == ""


def test_files_that_are_mounted_or_copied_exist() -> None:
    mounted = [
        volume.partition(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
        if volume.startswith("./")
    ]
    copied = [
        source
        for line in DOCKERFILE.splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for source in line.split()[1:-1]
    ]
    assert mounted
    assert copied
    for name in (*mounted, *copied):
        assert (ROOT / name).exists(), name


def test_named_volumes_networks_and_secrets_are_declared() -> None:
    for service in SERVICES.values():
        named = {v.partition(":")[0] for v in service.get("volumes", []) if v[0] not in "./"}
        assert named <= set(COMPOSE["volumes"])
        assert set(service["networks"]) <= set(COMPOSE["networks"])
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])
        assert set(service.get("depends_on", {})) <= set(SERVICES)


def test_the_image_runs_as_the_account_of_the_services_and_starts_the_pages() -> None:
    assert "USER 10001:10001" in DOCKERFILE
    images = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert all(re.search(r":\d+\.\d+\.\d+-", image) for image in images)
    command = re.search(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert command is not None
    assert_is_real_command(yaml.safe_load(command[1])[1:])


def test_the_docker_client_accepts_the_file_where_it_can_check_one(tmp_path: Path) -> None:
    docker = shutil.which("docker")
    version = [docker or "docker", "compose", "version"]
    if docker is None or subprocess.run(version, capture_output=True, check=False).returncode:
        print("This machine's docker client has no compose: the file was checked by reading only.")
        return
    environment = tmp_path / "env"
    lines = (ROOT / ".env.example").read_text().splitlines()
    environment.write_text("\n".join(f"{line}x" if line.endswith("=") else line for line in lines))
    command = [docker, "compose", "--env-file", str(environment), "config", "--quiet"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
