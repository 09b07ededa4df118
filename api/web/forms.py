"""Reading what staff typed: what `api.forms` reads, and the secrets of signing."""

from starlette.datastructures import FormData

from api.forms import (
    KEPT_FIELD,
    SECRET_FIELDS,
    BadChoice,
    BadDate,
    BadNumber,
    Choice,
    KeptFile,
    as_typed,
    choice,
    clean,
    day,
    kept_again,
    kept_notes,
    local,
    midday,
    noted,
    optional_id,
    parse_day,
    receive,
    secret,
    text,
    texts,
    whole,
)
from docflow import signatures

__all__ = [
    "KEPT_FIELD",
    "SECRET_FIELDS",
    "BadChoice",
    "BadDate",
    "BadNumber",
    "Choice",
    "KeptFile",
    "as_typed",
    "choice",
    "clean",
    "day",
    "kept_again",
    "kept_notes",
    "local",
    "midday",
    "noted",
    "optional_id",
    "parse_day",
    "receive",
    "secret",
    "secrets",
    "text",
    "texts",
    "whole",
]


def secrets(form: FormData) -> signatures.Secrets:
    """Password, PIN and one-time password as typed: not cleaned, not kept."""
    return signatures.Secrets(
        password=secret(form, "password"),
        pin=secret(form, "pin"),
        otp=secret(form, "otp").strip(),
    )
