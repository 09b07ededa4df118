"""PAdES signatures, RFC 3161 timestamps, and a verdict on any signed PDF.

No database, no web. Nothing here imports another package of the project, and nothing else in the
project imports pyHanko. The names below are the border; they are loaded when first used, because
pyHanko costs 20 MB and a second, which a web process that only validates in a child process, and
the test PKI's server, need not pay.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from signing.errors import (
    BadDocument,
    BadTimestamp,
    DocumentClosed,
    FieldMissing,
    KeyUnusable,
    RevocationUnavailable,
    SigningError,
    TsaUnavailable,
    WrongPassword,
)
from signing.limited import validate_limited
from signing.report import Report, SignatureReport

if TYPE_CHECKING:  # only for the type checker: see _LATER for what happens at run time
    from signing.fields import Field, prepare
    from signing.keys import SigningKey
    from signing.longterm import complete
    from signing.pades import Level, sign
    from signing.timestamps import timestamp
    from signing.tokens import timestamp_time
    from signing.validation import validate

__all__ = [
    "BadDocument",
    "BadTimestamp",
    "DocumentClosed",
    "Field",
    "FieldMissing",
    "KeyUnusable",
    "Level",
    "Report",
    "RevocationUnavailable",
    "SignatureReport",
    "SigningError",
    "SigningKey",
    "TsaUnavailable",
    "WrongPassword",
    "complete",
    "prepare",
    "sign",
    "timestamp",
    "timestamp_time",
    "validate",
    "validate_limited",
]

_LATER = {
    "Field": "signing.fields",
    "Level": "signing.pades",
    "SigningKey": "signing.keys",
    "complete": "signing.longterm",
    "prepare": "signing.fields",
    "sign": "signing.pades",
    "timestamp": "signing.timestamps",
    "timestamp_time": "signing.tokens",
    "validate": "signing.validation",
}


def __getattr__(name: str) -> object:
    try:
        module = _LATER[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = getattr(import_module(module), name)
    globals()[name] = value
    return value
