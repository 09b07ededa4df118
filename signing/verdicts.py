"""How facts become a verdict: a table of rules, all of which must hold."""

from signing.reasons import MEANING
from signing.report import Integrity, Kind, Report, SignatureReport, Trust, Verdict

# The signature may be sound, but a second validator would refuse it: ask the signer.
_DOUBTS = {"no-signing-certificate", "not-canonical", "weak-algorithm"}

_WORST_FIRST = (Verdict.INVALID, Verdict.UNCONFIRMED, Verdict.VALID_BUT, Verdict.VALID)
_INTEGRITY_WORST_FIRST = (
    Integrity.CHANGED,
    Integrity.BROKEN,
    Integrity.UNREADABLE,
    Integrity.INTACT,
)

_SUMMARY = {
    Verdict.VALID: "All signatures are valid.",
    Verdict.VALID_BUT: "All signatures are valid, with reservations.",
    Verdict.UNCONFIRMED: "The document is unchanged, but not every signer can be confirmed.",
    Verdict.INVALID: "At least one signature does not hold.",
    Verdict.UNSIGNED: "The document bears no signature.",
}


def of_signature(integrity: Integrity, trust: Trust, reasons: set[str], *, proven: bool) -> Verdict:
    """The verdict on a signature or seal. `proven`: its time is proven by a timestamp."""
    if integrity is not Integrity.INTACT:
        return Verdict.INVALID
    if trust is Trust.REVOKED and proven:
        return Verdict.INVALID  # revoked before it was used
    if trust is not Trust.TRUSTED or reasons & _DOUBTS:
        return Verdict.UNCONFIRMED
    return Verdict.VALID_BUT if reasons else Verdict.VALID


def of_timestamp(integrity: Integrity, trust: Trust, reasons: set[str]) -> Verdict:
    """The verdict on a document timestamp."""
    return of_signature(integrity, trust, reasons, proven=False)


def of_document(signatures: tuple[SignatureReport, ...]) -> Report:
    """The worst of its parts. A timestamp that we cannot confirm only costs the full "valid"."""
    if not signatures:
        return Report(Verdict.UNSIGNED, Integrity.UNSIGNED, _SUMMARY[Verdict.UNSIGNED])
    integrity = next(
        worst
        for worst in _INTEGRITY_WORST_FIRST
        if any(one.integrity is worst for one in signatures)
    )
    verdicts = {_weighed(one) for one in signatures}
    verdict = next(worst for worst in _WORST_FIRST if worst in verdicts)
    if all(one.kind is Kind.TIMESTAMP for one in signatures) and verdict is Verdict.VALID_BUT:
        verdict = next(worst for worst in _WORST_FIRST if worst in {s.verdict for s in signatures})
    return Report(verdict, integrity, _summary(verdict, signatures), signatures)


def unreadable(reason: str) -> Report:
    """The answer for a file of which nothing can be said."""
    return Report(Verdict.INVALID, Integrity.UNREADABLE, MEANING[reason])


def _weighed(one: SignatureReport) -> Verdict:
    if one.kind is Kind.TIMESTAMP and one.verdict is Verdict.UNCONFIRMED:
        return Verdict.VALID_BUT
    return one.verdict


def _summary(verdict: Verdict, signatures: tuple[SignatureReport, ...]) -> str:
    """One sentence, and the weightiest reason of the worst signature."""
    for one in signatures:
        if one.verdict is verdict and one.reasons and verdict is not Verdict.VALID:
            return f"{_SUMMARY[verdict]} {MEANING[one.reasons[0]]}"
    return _SUMMARY[verdict]
