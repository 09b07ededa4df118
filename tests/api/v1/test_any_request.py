"""Whatever a program sends by the published description: never a server error (schemathesis).

A short run, over some of the operations, with a fixed seed; `make test-api` asks each of them often
(API_OPERATIONS, API_EXAMPLES, API_SEED).
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from random import Random
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode

from api.v1 import create_app
from docflow import organization
from docflow.office import Office
from tests import factories
from tests.api.v1.calling import SCOPES, Caller

EXAMPLES, SEED = int(os.environ.get("API_EXAMPLES", "1")), int(os.environ.get("API_SEED", "1"))
OPERATIONS = int(os.environ.get("API_OPERATIONS", "30"))  # 0: all of them
PEOPLE = ("clerk", "administrator", "registrar", "director", "engineer", "auditor", "mayor")
# What requests (of which schemathesis makes its own) says of a call.
_CALL = ("method", "url", "headers", "files", "data", "json", "params", "cookies")


@dataclass
class Programs:
    """Programs with the tokens of people with different rights; `faults` is what went wrong."""

    caller: Caller
    tokens: Iterator[str]
    faults: list[str] = field(default_factory=list)
    calls: int = 0

    def send(self, case: Case) -> None:
        """The request as schemathesis words it, with the next token."""
        said = case.as_transport_kwargs(base_url="http://api")
        request = requests.Request(**{k: v for k, v in said.items() if k in _CALL}).prepare()
        headers = dict(request.headers) | {"Authorization": f"Bearer {next(self.tokens)}"}
        body: Any = request.body
        answer = self.caller.request(
            str(request.method), str(request.url), headers=headers, content=body
        )
        self.calls += 1
        if answer.status_code >= 500 and answer.status_code != 503:
            self.faults.append(f"{answer.status_code} {request.method} {request.url} {body!r}")


@pytest.fixture
def programs(committed: Office) -> Iterator[Programs]:
    """On a database of their own: what they ask for is done."""
    with committed.db.begin() as session:
        town = factories.municipality(session)
        letters = [factories.letter(session, town) for _ in range(3)]
        factories.accepted(session, town, letters[0])
        tokens = [
            organization.issue_token(
                session,
                session.get_one(organization.User, town.users[username]),
                name="test",
                scopes=list(SCOPES),
            )
            for username in PEOPLE
        ]
    with Caller(create_app(committed)) as caller:
        yield Programs(caller, cycle(tokens))


def ask(operation: APIOperation, programs: Programs) -> None:
    """Send so many requests that fit the description, and as many that do not."""
    for mode in GenerationMode:

        @seed(SEED)
        @settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def one(case: Case) -> None:
            programs.send(case)

        with suppress(Unsatisfiable):  # nothing can be wrong with a request without parts
            one()


@pytest.mark.timeout(0 if OPERATIONS == 0 else 120)
def test_no_request_is_a_server_error(programs: Programs) -> None:
    described = programs.caller.get("/openapi.json").json()
    described["servers"] = []
    schema = schemathesis.openapi.from_dict(described)
    operations = [found.ok() for found in schema.get_all_operations()]
    if OPERATIONS:
        operations = Random(SEED).sample(operations, OPERATIONS)
    for operation in operations:
        ask(operation, programs)
    assert programs.faults == []
    assert programs.calls >= len(operations)
