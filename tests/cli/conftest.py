"""The command line as a user runs it, and installations for it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from docflow.cli import main
from docflow.db import Database
from tests import stack


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output; fails where there is anything else."""
        return json.loads(self.out)


@dataclass
class Terminal:
    """Runs commands in a directory, with an environment that names no installation by itself."""

    place: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: object, typed: str = "", **environment: str) -> Done:
        """Run the command in this process: quicker, and a terminal could not tell."""
        out, err, code = StringIO(), StringIO(), 0
        with ExitStack() as stage:
            stage.enter_context(chdir(self.place))
            stage.enter_context(patch.dict(os.environ, self.around(environment), clear=True))
            stage.enter_context(patch.object(sys, "argv", ["docflow", *map(str, arguments)]))
            stage.enter_context(patch.object(sys, "stdin", StringIO(typed)))
            stage.enter_context(redirect_stdout(out))
            stage.enter_context(redirect_stderr(err))
            try:
                main()
            except SystemExit as end:
                code = int(end.code or 0)
        return Done(code, out.getvalue(), err.getvalue())

    def apart(self, *arguments: object, **environment: str) -> Done:
        """Run the command in a process of its own."""
        ended = subprocess.run(
            [sys.executable, "-m", "docflow.cli", *map(str, arguments)],
            cwd=self.place,
            env={**self.around(environment), "PYTHONPATH": str(stack.ROOT)},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        return Done(ended.returncode, ended.stdout, ended.stderr)

    def around(self, more: dict[str, str]) -> dict[str, str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("DOCFLOW_", "LC_"))}
        return {**clean, "LANG": "en_GB.UTF-8", **self.environment, **more}


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal on a machine without an installation."""
    return Terminal(tmp_path)


@pytest.fixture(scope="module")
def database_name(spare: Callable[[str], AbstractContextManager[str]]) -> Iterator[str]:
    with spare("cli") as name:
        yield name


@pytest.fixture(scope="module")
def database(postgres: stack.PostgresServer, database_name: str) -> Iterator[Database]:
    made = Database(postgres.url(database_name))
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def installation(
    postgres: stack.PostgresServer,
    database_name: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Terminal:
    """A terminal whose environment names an empty, migrated installation."""
    place = tmp_path_factory.mktemp("cli")
    environment = {
        "DOCFLOW_DATABASE_URL": postgres.url(database_name),
        "DOCFLOW_STORAGE_URL": f"file:{place / 'objects'}",
        "DOCFLOW_SECRET_KEY": "k" * 32,
    }
    as_owner = {"DOCFLOW_OWNER_DATABASE_URL": postgres.owner_url(database_name)}
    made = Terminal(place, environment)
    assert made("migrate", **as_owner).code == 0
    return made


@pytest.fixture(scope="module")
def office(installation: Terminal) -> Terminal:
    """The same, set up with a body and its first administrator."""
    (installation.place / "password").write_text("μακρύς-κωδικός-1\n")
    done = installation(
        *("init", "--body", "Δήμος Παραδείγματος", "--administrator", "admin"),
        *("--administrator-name", "Σοφία Λάμπρου", "--password-file", "password"),
    )
    assert done.code == 0, done.err
    return installation
