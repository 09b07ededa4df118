"""One signature at a time: who made it, when, and what that is worth."""

from dataclasses import dataclass, replace
from datetime import datetime

from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.generic_cms import (
    extract_tst_data_iter,
)

from signing import container, revocation, tokens
from signing.certificates import certificates_in, is_seal, shown_name
from signing.documents import FAULTS
from signing.evidence import Evidence
from signing.reasons import ordered
from signing.report import Kind, SignatureReport, Trust
from signing.revocation import Knowledge
from signing.trust import SIGNER, TIME_STAMPER, Judge, Opinion
from signing.verdicts import of_signature, of_timestamp

_PADES = "/ETSI.CAdES.detached"
_NOT_BY_THE_SIGNER = {"digest-mismatch", "signature-value"}


@dataclass(frozen=True)
class Circumstances:
    """What is known when a signature is judged.

    It existed at `at` at the latest: the moment of judging, or, where `archived`, the time of a
    trusted document timestamp after it. `sealed`: a sound timestamp, trusted or not, follows.
    """

    judge: Judge
    knowledge: Knowledge
    at: datetime
    archived: bool = False
    sealed: bool = False

    def after(self, proven: datetime | None) -> "Circumstances":
        """For what lies before a sound document timestamp; `proven` is its time if trusted."""
        if proven is None or proven > self.at:
            return replace(self, sealed=True)
        return replace(self, at=proven, archived=True, sealed=True)


@dataclass(frozen=True)
class _Token:
    """The timestamp inside a signature: none, or its time if it may be believed."""

    present: bool = False
    intact: bool = False
    time: datetime | None = None
    reasons: frozenset[str] = frozenset()


async def timestamp_report(one: Evidence, circumstances: Circumstances) -> SignatureReport:
    """The report on a document timestamp."""
    if one.embedded is None or one.reasons & _NOT_BY_THE_SIGNER:
        return _without_opinion(one)
    try:
        return await _timestamp_report(one, one.embedded, circumstances)
    except FAULTS:
        one.reasons.add("unreadable-signature")
        return _without_opinion(one)


async def _timestamp_report(
    one: Evidence, embedded: EmbeddedPdfSignature, circumstances: Circumstances
) -> SignatureReport:
    opinion = await circumstances.judge.opinion(
        embedded.signed_data,
        None,
        at=circumstances.at,
        usage=TIME_STAMPER,
        knowledge=circumstances.knowledge,
        used_at=tokens.time_of(embedded.signed_data),
    )
    reasons = one.reasons - {"no-signing-certificate"} | opinion.reasons
    reasons |= _certificate_reasons(embedded, circumstances)
    trusted = opinion.trust is Trust.TRUSTED
    return SignatureReport(
        field=one.name,
        kind=Kind.TIMESTAMP,
        verdict=of_timestamp(one.integrity, opinion.trust, reasons),
        integrity=one.integrity,
        trust=opinion.trust,
        level=None,
        signer=shown_name(embedded.signer_cert),
        time=tokens.time_of(embedded.signed_data),
        time_source="timestamp" if trusted else "claimed",
        reasons=ordered(reasons),
    )


async def signature_report(one: Evidence, circumstances: Circumstances) -> SignatureReport:
    """The report on a person's signature or a body's seal."""
    if one.embedded is None:
        return _without_opinion(one)
    try:
        return await _signature_report(one, one.embedded, circumstances)
    except FAULTS:
        one.reasons.add("unreadable-signature")
        return _without_opinion(one)


async def _signature_report(
    one: Evidence, embedded: EmbeddedPdfSignature, circumstances: Circumstances
) -> SignatureReport:
    circumstances = replace(
        circumstances, knowledge=circumstances.knowledge + revocation.within(embedded)
    )
    token = await _token_in(embedded, circumstances)
    one.reasons |= token.reasons
    proven = token.time or (circumstances.at if circumstances.archived else None)
    opinion = await _opinion(one, embedded, circumstances, at=proven or circumstances.at)
    reasons = one.reasons | opinion.reasons | _certificate_reasons(embedded, circumstances)
    if embedded.sig_object.get("/SubFilter") != _PADES and "no-signing-certificate" in reasons:
        reasons = reasons - {"no-signing-certificate"} | {"older-format"}
    return SignatureReport(
        field=one.name,
        kind=Kind.SEAL if is_seal(embedded.signer_cert) else Kind.SIGNATURE,
        verdict=of_signature(one.integrity, opinion.trust, reasons, proven=proven is not None),
        integrity=one.integrity,
        trust=opinion.trust,
        level=_level(embedded, token, circumstances),
        signer=shown_name(embedded.signer_cert),
        time=proven or embedded.self_reported_timestamp,
        time_source="timestamp" if proven else "claimed",
        reasons=ordered(reasons),
    )


def _certificate_reasons(embedded: EmbeddedPdfSignature, circumstances: Circumstances) -> set[str]:
    known = [*circumstances.knowledge.certificates, *circumstances.judge.roots]
    sound = container.certificates_sound(certificates_in(embedded), known)
    return set() if sound else {"embedded-certificate"}


async def _opinion(
    one: Evidence,
    embedded: EmbeddedPdfSignature,
    circumstances: Circumstances,
    *,
    at: datetime,
) -> Opinion:
    if one.reasons & _NOT_BY_THE_SIGNER:
        return Opinion(Trust.UNKNOWN)  # whose certificate it is says nothing then
    return await circumstances.judge.opinion(
        embedded.signed_data,
        embedded.compute_digest(),
        at=at,
        usage=SIGNER,
        knowledge=circumstances.knowledge,
    )


async def _token_in(embedded: EmbeddedPdfSignature, circumstances: Circumstances) -> _Token:
    """The first believable timestamp of the signature value, else what is wrong with the last."""
    best = _Token()
    for token in extract_tst_data_iter(embedded.signer_info, signed=False):
        if not tokens.fits(token, embedded.signer_info["signature"].native):
            best = _Token(present=True, reasons=frozenset({"timestamp-broken"}))
            continue
        opinion = await circumstances.judge.opinion(
            token,
            None,
            at=circumstances.at,
            usage=TIME_STAMPER,
            knowledge=circumstances.knowledge,
            used_at=tokens.time_of(token),
        )
        if opinion.trust is Trust.TRUSTED:
            return _Token(True, True, tokens.time_of(token), opinion.reasons)
        best = _Token(True, True, None, frozenset({"timestamp-untrusted"}))
    return best


def _level(embedded: EmbeddedPdfSignature, token: _Token, circumstances: Circumstances) -> str:
    """The PAdES level that the file itself supports (ETSI EN 319 142-1)."""
    if embedded.sig_object.get("/SubFilter") != _PADES:
        return "PKCS#7-T" if token.intact else "PKCS#7"
    if not (token.intact or circumstances.sealed):
        return "B-B"
    if not circumstances.knowledge.covers(embedded.signer_cert):
        return "B-T"
    return "B-LTA" if circumstances.sealed else "B-LT"


def _without_opinion(one: Evidence) -> SignatureReport:
    return SignatureReport(
        field=one.name,
        kind=one.kind,
        verdict=of_signature(one.integrity, Trust.UNKNOWN, one.reasons, proven=False),
        integrity=one.integrity,
        trust=Trust.UNKNOWN,
        level=None,
        signer=None,
        time=None,
        time_source=None,
        reasons=ordered(one.reasons),
    )
