"""How other commands find the stack that runs on a data directory."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import get_origin

from docflow.embedded.record import read_state
from docflow.settings import PREFIX, Settings


def settings_for(data: Path) -> Settings | None:
    """The settings of the stack that runs on `data`; None where none is ready.

    Raises StackError where the stack belongs to another account.
    """
    state = read_state(data)
    if state is None or not state.ready or not state.supervisor.is_alive():
        return None
    return settings_from(state.environment)


def settings_from(environment: Mapping[str, str]) -> Settings:
    """Settings from variables that are not those of this process; its own fill the gaps."""
    values: dict[str, object] = {}
    for name, definition in Settings.model_fields.items():
        text = environment.get(PREFIX + name.upper())
        if text is not None:
            is_list = get_origin(definition.annotation) is list
            values[name] = json.loads(text) if is_list else text
    return Settings(**values)  # type: ignore[arg-type]  # checked by pydantic
