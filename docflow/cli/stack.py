"""`docflow up`. Imports nothing but the supervisor, which carries it through its whole life."""

import os
from pathlib import Path

from docflow.embedded import stack


def up(data: Path | None, *, port: int | None, demo: bool, restore: Path | None) -> int:
    found = data or Path(os.environ.get("DOCFLOW_DATA") or "var")
    return stack.up(found, port, demo, restore=restore)
