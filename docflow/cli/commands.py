"""All commands: importing this module puts them on the application."""

from docflow.cli import (
    amending_desk,
    backup_desk,
    book_desk,
    circulation_desk,
    closing_desk,
    custody_desk,
    desk,
    evidence,
    file_desk,
    import_desk,
    kind_desk,
    scan_desk,
    services,
    tools,
    understanding_desk,
)
from docflow.cli.application import app

__all__ = [
    "amending_desk",
    "app",
    "backup_desk",
    "book_desk",
    "circulation_desk",
    "closing_desk",
    "custody_desk",
    "desk",
    "evidence",
    "file_desk",
    "import_desk",
    "kind_desk",
    "scan_desk",
    "services",
    "tools",
    "understanding_desk",
]
