"""The answer to "is this document sound?", as plain values.

Integrity (has anything been changed?) is judged apart from trust (who signed?): a stranger's
sound document is `intact` and `unconfirmed`, a changed one is never `intact`, whoever signed it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """Four words for people, and one for a document that nobody signed."""

    VALID = "valid"
    VALID_BUT = "valid-but"
    UNCONFIRMED = "unconfirmed"
    INVALID = "invalid"
    UNSIGNED = "unsigned"


class Integrity(StrEnum):
    """Is what we see what was signed?"""

    INTACT = "intact"
    CHANGED = "changed"  # sound cryptography, but the document was altered afterwards
    BROKEN = "broken"  # digest or signature value do not fit
    UNREADABLE = "unreadable"  # cannot be parsed, so nothing can be said
    UNSIGNED = "unsigned"  # only of a document: nobody vouches for what it shows


class Trust(StrEnum):
    """Does the signer's certificate lead to a configured root, at the time that counts?"""

    TRUSTED = "trusted"
    UNKNOWN = "unknown"
    REVOKED = "revoked"
    EXPIRED = "expired"


class Kind(StrEnum):
    """What a signature field holds."""

    SIGNATURE = "signature"
    SEAL = "seal"  # a legal person's certificate (eIDAS article 3, 25)
    TIMESTAMP = "timestamp"  # document timestamp


@dataclass(frozen=True)
class SignatureReport:
    """One signature, seal or document timestamp.

    `reasons` are stable codes, worst first, each with its meaning in `signing.reasons`; `time` is
    the moment that counts: proven by a trusted timestamp (`time_source` "timestamp"), or only
    told by the signer ("claimed").
    """

    field: str
    kind: Kind
    verdict: Verdict
    integrity: Integrity
    trust: Trust
    level: str | None
    signer: str | None
    time: datetime | None
    time_source: str | None
    reasons: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The member of `signatures` in `docflow validate --json`."""
        return {
            "field": self.field,
            "kind": self.kind.value,
            "verdict": self.verdict.value,
            "integrity": self.integrity.value,
            "trust": self.trust.value,
            "level": self.level,
            "signer": self.signer,
            "time": self.time.isoformat() if self.time else None,
            "time_source": self.time_source,
            "reasons": list(self.reasons),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "SignatureReport":
        """The inverse of `as_json`."""
        return cls(
            field=data["field"],
            kind=Kind(data["kind"]),
            verdict=Verdict(data["verdict"]),
            integrity=Integrity(data["integrity"]),
            trust=Trust(data["trust"]),
            level=data["level"],
            signer=data["signer"],
            time=datetime.fromisoformat(data["time"]) if data["time"] else None,
            time_source=data["time_source"],
            reasons=tuple(data["reasons"]),
        )


@dataclass(frozen=True)
class Report:
    """The verdict on a document, and on each of its signatures in the order of signing."""

    verdict: Verdict
    integrity: Integrity
    summary: str
    signatures: tuple[SignatureReport, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The document that `docflow validate --json` prints."""
        return {
            "document": {
                "verdict": self.verdict.value,
                "integrity": self.integrity.value,
                "summary": self.summary,
            },
            "signatures": [signature.as_json() for signature in self.signatures],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Report":
        """The inverse of `as_json`."""
        document = data["document"]
        return cls(
            verdict=Verdict(document["verdict"]),
            integrity=Integrity(document["integrity"]),
            summary=document["summary"],
            signatures=tuple(SignatureReport.from_json(one) for one in data["signatures"]),
        )
