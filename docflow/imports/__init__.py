"""Registers of earlier systems, taken over from tables into a year of a book."""

from docflow.imports import (
    sheets,
    verification,  # noqa: F401  # registers its check with audit
)
from docflow.imports.columns import BadMapping, Field, recognised
from docflow.imports.jobs import HEADINGS, PROBLEMS
from docflow.imports.models import Duplicates, ImportState, OldEntry, OldRegister
from docflow.imports.service import (
    BadImport,
    BadRowsLeft,
    ImportInfo,
    ImportUnderWay,
    NoSuchImport,
    OldOrigin,
    Preview,
    begin,
    cancel,
    check,
    confirm,
    info,
    infos,
    local_file,
    origin,
    preview,
)
from docflow.imports.sheets import (
    ENCODINGS,
    SEPARATORS,
    Form,
    NoTable,
    TableTooLarge,
)
from docflow.registry import importing

YearInUse = importing.YearInUse  # what an import raises first of all

__all__ = [
    "ENCODINGS",
    "HEADINGS",
    "PROBLEMS",
    "SEPARATORS",
    "BadImport",
    "BadMapping",
    "BadRowsLeft",
    "Duplicates",
    "Field",
    "Form",
    "ImportInfo",
    "ImportState",
    "ImportUnderWay",
    "NoSuchImport",
    "NoTable",
    "OldEntry",
    "OldOrigin",
    "OldRegister",
    "Preview",
    "TableTooLarge",
    "YearInUse",
    "begin",
    "cancel",
    "check",
    "confirm",
    "info",
    "infos",
    "local_file",
    "origin",
    "preview",
    "recognised",
    "sheets",
]
