"""Setting up an installation, its people and tokens, and checking it, from the command line."""

from sqlalchemy import text

from docflow import organization
from docflow.db import Database
from tests import stack
from tests.cli.conftest import Terminal


def test_help_names_every_command_and_is_quick(terminal: Terminal) -> None:
    done = terminal.apart("--help", PYTHONPROFILEIMPORTTIME="1")
    assert done.code == 0
    for command in ("up", "doctor", "register", "show", "search", "ocr", "sign", "validate"):
        assert f"  {command} " in done.out
    loaded = {line.rpartition("|")[2].strip() for line in done.err.splitlines()}
    assert not loaded & {"sqlalchemy", "celery", "fastapi", "pydantic", "babel", "pyhanko"}


def test_wrong_usage_is_exit_code_2(terminal: Terminal) -> None:
    assert terminal.apart("register").code == 2
    assert terminal("nonsense").code == 2
    assert (
        terminal("register", "missing.pdf", "--direction", "incoming", "--subject", "x").code == 2
    )
    assert terminal("ocr", __file__, "-o", "x.pdf", "--nonsense").code == 2


def test_without_an_installation_the_command_says_what_to_do(terminal: Terminal) -> None:
    english = terminal("search", "x", "--json")
    assert (english.code, english.out) == (1, "")
    assert "docflow up" in english.err
    greek = terminal("search", "x", LANG="el_GR.UTF-8")
    assert "Δεν λειτουργεί" in greek.err


def test_a_misspelt_setting_is_an_error(terminal: Terminal) -> None:
    done = terminal("search", "x", DOCFLOW_DATABASE_URL="x", DOCFLOW_DATABSE_POOL="3")
    assert done.code == 1
    assert "DOCFLOW_DATABSE_POOL" in done.err


def test_a_missing_setting_is_named_without_values(terminal: Terminal) -> None:
    done = terminal("search", "x", DOCFLOW_DATABASE_URL="postgresql+psycopg://a:secret@h/d")
    assert done.code == 1
    assert "SECRET_KEY" in done.err
    assert "secret@" not in done.err


def test_migrating_twice_does_nothing(
    installation: Terminal, postgres: stack.PostgresServer, database_name: str
) -> None:
    owner = postgres.owner_url(database_name)
    done = installation("migrate", DOCFLOW_OWNER_DATABASE_URL=owner)
    assert (done.code, "nothing to do" in done.out) == (0, True)
    assert installation("migrate").code == 1  # without the owner's address


def test_a_second_init_is_refused(office: Terminal) -> None:
    done = office(
        *("init", "--body", "Άλλος Δήμος", "--administrator", "other"),
        *("--administrator-name", "Άλλη", "--password-file", "password"),
    )
    assert done.code == 1
    assert "not empty" in done.err


def test_the_administrator_can_log_in(office: Terminal, database: Database) -> None:
    with database.begin() as session:
        user = organization.check_password(session, "admin", "μακρύς-κωδικός-1")
        assert user is not None
        by = organization.principal_named(session, "admin", via=organization.Via.WEB)
        assert by.is_administrator


def test_a_user_is_made_with_a_role_in_a_unit(office: Terminal, database: Database) -> None:
    made = office(
        *("create-user", "nikolaou", "--name", "Μαρία Νικολάου", "--role", "clerk:1"),
        *("--password-file", "-"),
        typed="ένας-άλλος-κωδικός\n",
    )
    assert made.code == 0, made.err
    with database.read() as session:
        by = organization.principal_named(session, "nikolaou", via=organization.Via.WEB)
    assert by.is_clerk
    assert by.unit_ids
    again = office("create-user", "nikolaou", "--name", "Μαρία", "--technical")
    assert (again.code, "already" in again.err) == (1, True)


def test_bad_accounts_are_refused(office: Terminal) -> None:
    short = office("create-user", "short", "--name", "Α", "--password-file", "-", typed="123\n")
    greek = office("create-user", "μαρία", "--name", "Α", "--technical")
    role = office("create-user", "king", "--name", "Α", "--technical", "--role", "king")
    unit = office("create-user", "head", "--name", "Α", "--technical", "--role", "head:99")
    nowhere = office("create-user", "head", "--name", "Α", "--technical", "--role", "head")
    no_terminal = office("create-user", "asked", "--name", "Α")
    assert [one.code for one in (short, greek, role, unit, nowhere, no_terminal)] == [1] * 6
    assert "10 characters" in short.err
    assert "--password-file" in no_terminal.err


def test_a_token_acts_within_its_scopes(office: Terminal, database: Database) -> None:
    made = office("create-token", "cli", "--scope", "read", "--days", "7", "--json")
    assert made.code == 0, made.err
    with database.read() as session:
        by = organization.by_token(session, made.document["token"])
    assert by.username == "cli"
    assert by.scopes == frozenset({"read"})
    assert office("create-token", "cli", "--scope", "everything").code == 1
    assert office("create-token", "nobody", "--scope", "read").code == 1


def test_failed_jobs_are_listed_and_tried_again(office: Terminal, database: Database) -> None:
    with database.begin() as session:
        job_id = session.scalar(
            text(
                "INSERT INTO jobs (task, queue, args, state, problem) VALUES"
                " ('documents.read', 'ocr', '{\"file_id\": 1}', 'failed', 'no store') RETURNING id"
            )
        )
    listed = office("jobs", "list", "--json").document
    assert [(one["id"], one["problem"]) for one in listed["failed"]] == [(job_id, "no store")]
    assert "no store" in office("jobs", "list").out
    assert office("jobs", "retry", job_id).code == 0
    assert office("jobs", "list", "--json").document["failed"] == []
    assert office("jobs", "retry", job_id).code == 1


def test_the_doctor_looks_only_where_he_is_told(office: Terminal) -> None:
    checks = office("doctor", "--only", "database", "--only", "schema", "--json")
    assert checks.code == 0, checks.out
    assert [one["name"] for one in checks.document["checks"]] == ["database", "schema"]
    assert office("doctor", "--only", "soul").code == 1
