"""One installation for all fault tests, which run in one worker, one after the other."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.house import House, build

HERE = Path(__file__).parent


def pytest_itemcollected(item: pytest.Item) -> None:
    """Each may take its time: a whole installation comes back after each fault."""
    if HERE in item.path.parents:
        item.add_marker(pytest.mark.timeout(float(os.environ.get("FAULT_TIMEOUT", "600"))))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The installation: servers, processes, municipality."""
    with ExitStack() as stack_of_servers:
        yield build(tmp_path_factory.mktemp("faults"), stack_of_servers)
