"""Fault tests may take their time: a whole installation comes back after each fault."""

import os
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_itemcollected(item: pytest.Item) -> None:
    if HERE in item.path.parents:
        seconds = 3 * 3600 if int(os.environ.get("FAULT_KILLS", "0")) else 420
        item.add_marker(pytest.mark.timeout(seconds))
