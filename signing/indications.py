"""The verdict in the words of the standard, for experts and other programs.

ETSI EN 319 102-1, 5.1.3: main indication and sub-indication. What was changed in a PDF afterwards
is outside that standard; it is FORMAT_FAILURE here, as in the Commission's DSS.
"""

from signing.report import Integrity, SignatureReport, Trust, Verdict

PASSED, FAILED, INDETERMINATE = "total-passed", "total-failed", "indeterminate"

_FAILURES = {
    "digest-mismatch": "HASH_FAILURE",
    "signature-value": "SIG_CRYPTO_FAILURE",
}
# In the order in which they decide.
_DOUBTS = {
    "not-yet-valid": "NOT_YET_VALID",
    "unknown-issuer": "NO_CERTIFICATE_CHAIN_FOUND",
    "chain-invalid": "CERTIFICATE_CHAIN_GENERAL_FAILURE",
    "key-usage": "CHAIN_CONSTRAINTS_FAILURE",
    "weak-algorithm": "CRYPTO_CONSTRAINTS_FAILURE",
    "no-signing-certificate": "SIG_CONSTRAINTS_FAILURE",
    "not-canonical": "SIG_CONSTRAINTS_FAILURE",
    "revocation-unchecked": "TRY_LATER",
}


def indication(report: SignatureReport) -> tuple[str, str]:
    """Main indication and sub-indication (empty where it passed)."""
    if report.integrity is not Integrity.INTACT:
        code = next((_FAILURES[one] for one in report.reasons if one in _FAILURES), None)
        return FAILED, code or "FORMAT_FAILURE"
    if report.trust is Trust.REVOKED:
        is_proven = report.verdict is Verdict.INVALID
        return (FAILED, "REVOKED") if is_proven else (INDETERMINATE, "REVOKED_NO_POE")
    if report.trust is Trust.EXPIRED:
        return INDETERMINATE, "OUT_OF_BOUNDS_NO_POE"
    for code, sub in _DOUBTS.items():
        if code in report.reasons:
            return INDETERMINATE, sub
    if report.verdict in (Verdict.VALID, Verdict.VALID_BUT):
        return PASSED, ""
    return INDETERMINATE, "GENERIC"
