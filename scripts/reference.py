"""Write docs/settings.md and docs/errors.md from the code: `.venv/bin/python scripts/reference.py`.

tests/test_docs.py fails when they differ from what this writes.
"""

import importlib
import pkgutil
import sys
from pathlib import Path

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import docflow  # noqa: E402  # after the path
from docflow import tables  # noqa: E402, F401  # loads every package with errors
from docflow.errors import (  # noqa: E402
    Conflict,
    DocflowError,
    Forbidden,
    Invalid,
    NotFound,
    Unavailable,
)
from docflow.settings import PREFIX, Settings  # noqa: E402

DOCS = ROOT / "docs"
KINDS = (NotFound, Forbidden, Conflict, Invalid, Unavailable)
STATUS = {NotFound: 404, Forbidden: 403, Conflict: 409, Invalid: 422, Unavailable: 503}


def settings() -> str:
    """The page of settings: each variable, its default, and what it is for."""
    lines = [
        "# Settings",
        "",
        "Environment variables, read once when a process starts. An unknown variable with the",
        f"prefix `{PREFIX}` is an error. Lists are JSON. Made from `docflow/settings.py`.",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        lines.append(f"| `{PREFIX}{name.upper()}` | {_default(field)} | {field.description} |")
    return "\n".join(lines) + "\n"


def _default(field) -> str:  # type: ignore[no-untyped-def]  # pydantic's FieldInfo
    if field.default_factory is not None:
        value = field.default_factory()
    elif field.default is PydanticUndefined:
        return "required"
    else:
        value = field.default
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return "none" if value in (None, "", []) else f"`{value}`"


def errors() -> str:
    """The page of errors: every error of the domain by kind, with its HTTP status."""
    for module in pkgutil.walk_packages(docflow.__path__, "docflow."):
        if not _is_edge(module.name):
            importlib.import_module(module.name)
    lines = [
        "# Errors",
        "",
        "Every error of the domain is one of five kinds, carries a message in the reader's",
        "language that says what to do, and in the API a type `urn:docflow:problem:` + its name in",
        "kebab case. Made from the code.",
    ]
    for kind in KINDS:
        lines += [
            "",
            f"## {kind.__name__}: HTTP {STATUS[kind]}",
            "",
            "| error | meaning |",
            "|---|---|",
        ]
        lines += [f"| `{e.__module__}.{e.__name__}` | {_first_line(e)} |" for e in _below(kind)]
    return "\n".join(lines) + "\n"


def _is_edge(module: str) -> bool:
    """Errors of the command line, the demo and the embedded stack are told where they arise."""
    return module.startswith(("docflow.cli", "docflow.demo", "docflow.embedded"))


def _below(kind: type[DocflowError]) -> list[type[DocflowError]]:
    found = []
    for child in kind.__subclasses__():
        found += [child, *_below(child)]
    ours = [e for e in found if e.__module__.startswith("docflow.") and not _is_edge(e.__module__)]
    return sorted(ours, key=lambda e: (e.__module__, e.__name__))


def _first_line(error: type[DocflowError]) -> str:
    return (error.__doc__ or "").strip().splitlines()[0]


PAGES = {"settings.md": settings, "errors.md": errors}


def main() -> None:
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
