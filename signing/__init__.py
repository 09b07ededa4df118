"""PAdES signatures, RFC 3161 timestamps, and a verdict on any signed document.

No database, no web. Nothing here imports another package of the project, and nothing else in the
project imports pyHanko. The names below are the border; they are loaded when first used, because
pyHanko costs 20 MB and a second, which a web process that only validates in a child process, and
the test PKI's server, need not pay.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from signing.errors import (
    AuthorisationRefused,
    BadDocument,
    BadSignature,
    BadTimestamp,
    DocumentClosed,
    FieldMissing,
    KeyUnusable,
    RevocationUnavailable,
    SignerUnavailable,
    SigningError,
    TsaUnavailable,
    WrongPassword,
)
from signing.limited import etsi_report_limited, validate_any_limited, validate_limited
from signing.report import Report, SignatureReport

if TYPE_CHECKING:  # only for the type checker: see _LATER for what happens at run time
    from signing.anything import validate_any, validate_any_bytes
    from signing.batch import Order, Outcome, csc_signing, sign_batch
    from signing.csc import CscService
    from signing.etsi import etsi_report
    from signing.external import Pending, begin_external, finish_external
    from signing.fields import Field, prepare
    from signing.hardware import token_key
    from signing.indications import indication
    from signing.keys import SigningKey, with_password
    from signing.longterm import Level, complete
    from signing.otp_service import OtpAccount, OtpService
    from signing.pades import Signed, completed_or_deferred, sign, sign_or_defer
    from signing.renewal import Outlook, renew, renewal_due, will_hold
    from signing.returned import Continuation, continuation
    from signing.timestamps import timestamp
    from signing.tokens import timestamp_time
    from signing.trust_lists import (
        BadTrustList,
        ListedService,
        ServiceKind,
        TrustList,
        read_trust_list,
    )
    from signing.validation import validate

_LATER = {
    "BadTrustList": "signing.trust_lists",
    "Continuation": "signing.returned",
    "CscService": "signing.csc",
    "Field": "signing.fields",
    "Level": "signing.longterm",
    "ListedService": "signing.trust_lists",
    "Order": "signing.batch",
    "OtpAccount": "signing.otp_service",
    "OtpService": "signing.otp_service",
    "Outcome": "signing.batch",
    "Outlook": "signing.renewal",
    "Pending": "signing.external",
    "ServiceKind": "signing.trust_lists",
    "Signed": "signing.pades",
    "SigningKey": "signing.keys",
    "TrustList": "signing.trust_lists",
    "begin_external": "signing.external",
    "complete": "signing.longterm",
    "completed_or_deferred": "signing.pades",
    "continuation": "signing.returned",
    "csc_signing": "signing.batch",
    "etsi_report": "signing.etsi",
    "finish_external": "signing.external",
    "indication": "signing.indications",
    "prepare": "signing.fields",
    "read_trust_list": "signing.trust_lists",
    "renew": "signing.renewal",
    "renewal_due": "signing.renewal",
    "sign": "signing.pades",
    "sign_batch": "signing.batch",
    "sign_or_defer": "signing.pades",
    "timestamp": "signing.timestamps",
    "timestamp_time": "signing.tokens",
    "token_key": "signing.hardware",
    "validate": "signing.validation",
    "validate_any": "signing.anything",
    "validate_any_bytes": "signing.anything",
    "will_hold": "signing.renewal",
    "with_password": "signing.keys",
}

__all__ = [
    "AuthorisationRefused",
    "BadDocument",
    "BadSignature",
    "BadTimestamp",
    "BadTrustList",
    "Continuation",
    "CscService",
    "DocumentClosed",
    "Field",
    "FieldMissing",
    "KeyUnusable",
    "Level",
    "ListedService",
    "Order",
    "OtpAccount",
    "OtpService",
    "Outcome",
    "Outlook",
    "Pending",
    "Report",
    "RevocationUnavailable",
    "ServiceKind",
    "SignatureReport",
    "Signed",
    "SignerUnavailable",
    "SigningError",
    "SigningKey",
    "TrustList",
    "TsaUnavailable",
    "WrongPassword",
    "begin_external",
    "complete",
    "completed_or_deferred",
    "continuation",
    "csc_signing",
    "etsi_report",
    "etsi_report_limited",
    "finish_external",
    "indication",
    "prepare",
    "read_trust_list",
    "renew",
    "renewal_due",
    "sign",
    "sign_batch",
    "sign_or_defer",
    "timestamp",
    "timestamp_time",
    "token_key",
    "validate",
    "validate_any",
    "validate_any_bytes",
    "validate_any_limited",
    "validate_limited",
    "will_hold",
    "with_password",
]


def __getattr__(name: str) -> object:
    try:
        module = _LATER[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = getattr(import_module(module), name)
    globals()[name] = value
    return value
