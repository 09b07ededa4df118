"""All commands: importing this module puts them on the application."""

from docflow.cli import desk, services, tools
from docflow.cli.application import app

__all__ = ["app", "desk", "services", "tools"]
