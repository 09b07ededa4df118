"""All commands: importing this module puts them on the application."""

from docflow.cli import (
    amending_desk,
    book_desk,
    closing_desk,
    desk,
    evidence,
    import_desk,
    kind_desk,
    scan_desk,
    services,
    tools,
)
from docflow.cli.application import app

__all__ = [
    "amending_desk",
    "app",
    "book_desk",
    "closing_desk",
    "desk",
    "evidence",
    "import_desk",
    "kind_desk",
    "scan_desk",
    "services",
    "tools",
]
