"""Words for the terminal: in its language, or as one JSON document."""

import json
import os
import sys
from datetime import datetime

from docflow import clock
from docflow.i18n import Text


def language() -> str:
    """Greek where the locale of the terminal is Greek, else English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "el" if value.lower().startswith("el") else "en"
    return "en"


def print_json(document: object) -> None:
    """The one document of `--json`."""
    print(json.dumps(document, ensure_ascii=False, indent=2))


def say(text: Text | str) -> None:
    """A line for people, on standard output."""
    print(rendered(text))


def warn(text: Text | str) -> None:
    """A line for people that does not disturb who reads our output."""
    print(rendered(text), file=sys.stderr)


def shown(instant: datetime, zone: str) -> str:
    """An instant as the office's wall clock shows it."""
    return clock.local(instant, zone).strftime("%d/%m/%Y %H:%M:%S")


def rendered(text: Text | str) -> str:
    """In the language of the terminal."""
    return text if isinstance(text, str) else text.in_language(language())
