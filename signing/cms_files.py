"""Signatures in CMS outside of PDF: .p7m with the document inside, .p7s beside it (CAdES).

ETSI EN 319 122-1; RFC 5652. Judged like the signature in a PDF: integrity apart from trust.
"""

from datetime import datetime

from asn1crypto import cms, core, parser
from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter, validate_sig_integrity

from signing import tokens
from signing.certificates import is_seal, shown_name
from signing.container import certificates_sound, digest_of
from signing.documents import FAULTS
from signing.reasons import ordered
from signing.report import Integrity, Kind, SignatureReport, Trust
from signing.revocation import Knowledge
from signing.trust import SIGNER, TIME_STAMPER, Judge, Opinion
from signing.verdicts import of_signature

_NOT_BY_THE_SIGNER = {"digest-mismatch", "signature-value", "byte-range", "unreadable-signature"}


def content_of(message: bytes) -> bytes | None:
    """The document inside a CMS; None where it is detached. Raises ValueError for no CMS."""
    content = _signed_data(message)["encap_content_info"]["content"]
    return None if content.native is None else bytes(content.native)


async def cms_reports(
    message: bytes, content: bytes | None, judge: Judge, *, at: datetime, name: str
) -> list[SignatureReport]:
    """One report for each signer of a CMS over `content` (what is inside, where that is None)."""
    try:
        signed_data = _signed_data(message)
        inside = content_of(message)
        trailing = message[parser.peek(message) :].strip(b"\r\n\0")
        data = content if inside is None else inside
        signers = list(signed_data["signer_infos"])
    except FAULTS:
        return [unreadable_signature(name)]
    reports = []
    for number, signer in enumerate(signers, start=1):
        reasons = {"container-changed"} if trailing else set()
        if data is None or (content is not None and inside not in (None, content)):
            reasons.add("byte-range")  # there is nothing it is over, or something else than given
        field = name if len(signers) == 1 else f"{name} {number}"
        alone = signed_data.copy()
        alone["signer_infos"] = [signer]
        try:
            reports.append(
                await _report(alone, data or b"", judge, at=at, field=field, reasons=reasons)
            )
        except FAULTS:
            reports.append(unreadable_signature(field))
    return reports or [unreadable_signature(name)]


def unreadable_signature(field: str, reason: str = "unreadable-signature") -> SignatureReport:
    """Something that is a signature, but of which nothing more can be said."""
    return SignatureReport(
        field=field,
        kind=Kind.SIGNATURE,
        verdict=of_signature(Integrity.UNREADABLE, Trust.UNKNOWN, {reason}, proven=False),
        integrity=Integrity.UNREADABLE,
        trust=Trust.UNKNOWN,
        level=None,
        signer=None,
        time=None,
        time_source=None,
        reasons=(reason,),
    )


def _signed_data(message: bytes) -> cms.SignedData:
    info = cms.ContentInfo.load(message)
    if info["content_type"].native != "signed_data":
        raise ValueError("not signed data")
    return info["content"]


async def _report(
    signed_data: cms.SignedData,
    content: bytes,
    judge: Judge,
    *,
    at: datetime,
    field: str,
    reasons: set[str],
) -> SignatureReport:
    signer = signed_data["signer_infos"][0]
    certificate = extract_certificate_info(signed_data).signer_cert
    digest = digest_of(content, signer["digest_algorithm"]["algorithm"].native)
    kind = signed_data["encap_content_info"]["content_type"].native
    intact, valid = validate_sig_integrity(signer, certificate, kind, digest)
    if not valid:
        reasons.add("signature-value")
    elif not intact:
        reasons.add("digest-mismatch")
    reasons |= _form_reasons(signed_data)
    proven, stamped = await _proven_time(signer, judge, at=at)
    reasons |= stamped
    opinion = Opinion(Trust.UNKNOWN)
    if not reasons & _NOT_BY_THE_SIGNER:
        opinion = await judge.opinion(
            signed_data,
            None if signed_data["encap_content_info"]["content"].native is not None else digest,
            at=proven or at,
            usage=SIGNER,
            knowledge=_brought_along(signed_data),
        )
    reasons |= opinion.reasons
    integrity = _integrity(reasons)
    return SignatureReport(
        field=field,
        kind=Kind.SEAL if is_seal(certificate) else Kind.SIGNATURE,
        verdict=of_signature(integrity, opinion.trust, reasons, proven=proven is not None),
        integrity=integrity,
        trust=opinion.trust,
        level="CAdES-T" if proven else "CAdES-B",
        signer=shown_name(certificate),
        time=proven or _claimed_time(signer),
        time_source="timestamp" if proven else "claimed",
        reasons=ordered(reasons),
    )


def _integrity(reasons: set[str]) -> Integrity:
    if reasons & {"signature-value", "timestamp-broken"}:
        return Integrity.BROKEN
    changed = reasons & {"digest-mismatch", "byte-range", "container-changed"}
    return Integrity.CHANGED if changed else Integrity.INTACT


def _form_reasons(signed_data: cms.SignedData) -> set[str]:
    reasons = set()
    attributes = signed_data["signer_infos"][0]["signed_attrs"]
    kinds = set() if attributes is core.VOID else {one["type"].native for one in attributes}
    if not kinds & {"signing_certificate", "signing_certificate_v2"}:
        reasons.add("no-signing-certificate")
    embedded = [one.chosen for one in signed_data["certificates"] if one.name == "certificate"]
    if not certificates_sound(embedded, ()):
        reasons.add("embedded-certificate")
    return reasons


def _brought_along(signed_data: cms.SignedData) -> Knowledge:
    lists = [one.chosen for one in signed_data["crls"] or () if one.name == "certificate_list"]
    return Knowledge(crls=tuple(lists))


async def _proven_time(
    signer: cms.SignerInfo, judge: Judge, *, at: datetime
) -> tuple[datetime | None, set[str]]:
    """The time of a trusted timestamp over the signature, and what is wrong with others."""
    reasons: set[str] = set()
    for token in extract_tst_data_iter(signer, signed=False):
        if not tokens.fits(token, signer["signature"].native):
            reasons = {"timestamp-broken"}
            continue
        opinion = await token_opinion(token, judge, at=at)
        if opinion.trust is Trust.TRUSTED:
            return tokens.time_of(token), set()
        reasons = {"timestamp-untrusted"}
    return None, reasons


async def token_opinion(token: cms.SignedData, judge: Judge, *, at: datetime) -> Opinion:
    """Trust in the service that made a timestamp."""
    return await judge.opinion(
        token,
        None,
        at=at,
        usage=TIME_STAMPER,
        knowledge=Knowledge(),
        used_at=tokens.time_of(token),
    )


def _claimed_time(signer: cms.SignerInfo) -> datetime | None:
    attributes = signer["signed_attrs"]
    for one in () if attributes is core.VOID else attributes:
        if one["type"].native == "signing_time":
            claimed: datetime = one["values"][0].native
            return claimed
    return None
