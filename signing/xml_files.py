"""XML signatures (XML-DSig, XAdES): does what is signed hold, and is it the whole document?

ETSI EN 319 132-1. signxml checks digests and the signature's value, with safe parsing and a short
list of transforms; what it does not know is "unsupported-format", never "intact". Signature
wrapping is met by asking what each reference covers: the whole document, or the named files.
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from lxml import etree  # type: ignore[import-untyped]
from signxml.exceptions import InvalidDigest, InvalidInput, InvalidSignature, SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from signing import tokens
from signing.certificates import is_seal, shown_name
from signing.cms_files import token_opinion, unreadable_signature
from signing.documents import FAULTS
from signing.reasons import ordered
from signing.report import Integrity, Kind, SignatureReport, Trust
from signing.revocation import Knowledge
from signing.trust import SIGNER, Judge, Opinion
from signing.verdicts import of_signature

DS = "{http://www.w3.org/2000/09/xmldsig#}"
XADES = "{http://uri.etsi.org/01903/v1.3.2#}"
_LARGEST = 32 << 20
_FAULTS = (*FAULTS, etree.LxmlError, SignXMLException, UnsupportedAlgorithm)

# The bytes of another file that a signature names, or None.
Resolve = Callable[[str], bytes | None]


@dataclass
class _Findings:
    """What is known of one signature while it is examined."""

    reasons: set[str]
    certificate: asn1_x509.Certificate | None = None
    others: tuple[asn1_x509.Certificate, ...] = ()
    covered: frozenset[str] = frozenset()


def parsed(xml: bytes) -> etree._Element:
    """The root element, parsed without entities, network or depth. Raises ValueError."""
    if len(xml) > _LARGEST or b"<!DOCTYPE" in xml[:4096] or b"<!ENTITY" in xml:
        raise ValueError("too large, or with a document type")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        return etree.fromstring(xml, parser=parser)
    except etree.LxmlError as error:
        raise ValueError("not XML") from error


def signatures_of(root: etree._Element) -> list[etree._Element]:
    """Signatures over documents; those within a signature's own properties are left out."""
    found = [root] if root.tag == f"{DS}Signature" else []
    found += [one for one in root.iter(f"{DS}Signature") if one is not root]
    return [one for one in found if not any(each.tag == f"{DS}Signature" for each in _above(one))]


def _above(element: etree._Element) -> list[etree._Element]:
    return list(element.iterancestors())


async def xml_reports(
    xml: bytes,
    judge: Judge,
    *,
    at: datetime,
    resolve: Resolve | None = None,
    must_cover: frozenset[str] | None = None,
) -> list[SignatureReport]:
    """One report for each signature of an XML document; none where it has none.

    `resolve` gives files beside it (ASiC); `must_cover` are those that each signature has to
    cover. Without them, it has to cover the document it is in.
    """
    root = parsed(xml)
    reports = []
    for number, element in enumerate(signatures_of(root), start=1):
        name = element.get("Id") or f"Signature{number}"
        try:
            reports.append(await _report(root, element, name, judge, at, resolve, must_cover))
        except _FAULTS:
            reports.append(unreadable_signature(name))
    return reports


async def _report(
    root: etree._Element,
    element: etree._Element,
    name: str,
    judge: Judge,
    at: datetime,
    resolve: Resolve | None,
    must_cover: frozenset[str] | None,
) -> SignatureReport:
    found = _examined(root, element, resolve)
    if must_cover is not None and not must_cover <= found.covered:
        found.reasons.add("byte-range")
    if must_cover is None and "" not in found.covered:
        found.reasons.add("byte-range")
    if found.reasons & {"unsupported-format"} or found.certificate is None:
        return unreadable_signature(name, "unsupported-format")
    proven, reasons = await _proven_time(element, judge, at)
    found.reasons |= reasons
    opinion = Opinion(Trust.UNKNOWN)
    if not found.reasons & {"signature-value", "digest-mismatch"}:
        opinion = await judge.certificate_opinion(
            found.certificate,
            at=proven or at,
            usage=SIGNER,
            knowledge=Knowledge(certificates=found.others),
        )
    reasons = found.reasons | opinion.reasons
    integrity = _integrity(reasons)
    return SignatureReport(
        field=name,
        kind=Kind.SEAL if is_seal(found.certificate) else Kind.SIGNATURE,
        verdict=of_signature(integrity, opinion.trust, reasons, proven=proven is not None),
        integrity=integrity,
        trust=opinion.trust,
        level="XAdES-T" if proven else ("XAdES-B" if _is_xades(element) else "XML-DSig"),
        signer=shown_name(found.certificate),
        time=proven or _claimed_time(element),
        time_source="timestamp" if proven else "claimed",
        reasons=ordered(reasons),
    )


def _integrity(reasons: set[str]) -> Integrity:
    if reasons & {"signature-value", "timestamp-broken"}:
        return Integrity.BROKEN
    return Integrity.CHANGED if reasons & {"digest-mismatch", "byte-range"} else Integrity.INTACT


def _examined(root: etree._Element, element: etree._Element, resolve: Resolve | None) -> _Findings:
    found = _Findings(reasons=set())
    certificates = [
        base64.b64decode(one.text or "")
        for one in element.iterfind(f"{DS}KeyInfo/{DS}X509Data/{DS}X509Certificate")
    ]
    if not certificates:
        return _Findings({"unsupported-format"})
    found.certificate = asn1_x509.Certificate.load(certificates[0])
    found.others = tuple(asn1_x509.Certificate.load(one) for one in certificates[1:])
    if not _names_certificate(element, certificates[0]):
        found.reasons.add("no-signing-certificate")
    holder = x509.load_der_x509_certificate(certificates[0])
    references = element.findall(f"{DS}SignedInfo/{DS}Reference")
    try:
        place = list(root.iter(f"{DS}Signature")).index(element)
        _OneSignature(place).verify(
            root,
            x509_cert=holder,
            expect_config=SignatureConfiguration(
                expect_references=len(references),
                # Whether the certificate was valid in its time is asked elsewhere.
                verification_time=holder.not_valid_before_utc + timedelta(seconds=1),
            ),
            uri_resolver=_resolver(resolve),
            validate_schema=False,
        )
    except InvalidDigest:
        found.reasons.add("digest-mismatch")
    except InvalidSignature:
        found.reasons.add("signature-value")
    except (InvalidInput, SignXMLException):
        found.reasons.add("unsupported-format")
    found.covered = frozenset(_covered(root, element, one) for one in references)
    return found


def _resolver(resolve: Resolve | None) -> Callable[[str], bytes] | None:
    if resolve is None:
        return None

    def resolved(uri: str) -> bytes:
        data = resolve(uri)
        if data is None:
            raise InvalidInput(f"no such file: {uri}")
        return data

    return resolved


class _OneSignature(XMLVerifier):
    """Verifies the signature at a given place among all; signxml itself takes the first."""

    def __init__(self, place: int) -> None:
        super().__init__()
        self._place = place

    def _get_signature(self, root: etree._Element) -> etree._Element:
        # Counted anew, since what is verified is a copy.
        return list(root.iter(f"{DS}Signature"))[self._place]


def _covered(root: etree._Element, element: etree._Element, reference: etree._Element) -> str:
    """What a reference is over: "" the document, the name of a file, or "#" a mere part."""
    uri: str | None = reference.get("URI")
    if uri is None:
        return "#"
    if not uri:
        return ""
    if not uri.startswith("#"):
        return uri
    named = [one for one in root.iter() if uri[1:] in (one.get("Id"), one.get("ID"), one.get("id"))]
    if len(named) != 1:
        return "#"  # two of one name: programs differ in which they take
    target = named[0]
    if target is root:
        return ""
    # The document is inside the signature (enveloping), and there is nothing else in the file.
    is_inside = element is root and target.tag == f"{DS}Object"
    return "" if is_inside and target.find(f"{XADES}QualifyingProperties") is None else "#"


def _names_certificate(element: etree._Element, der: bytes) -> bool:
    """Does the signature say, signed, which certificate it is by? (SigningCertificate, V2)"""
    digests = {
        "http://www.w3.org/2000/09/xmldsig#sha1": "sha1",
        "http://www.w3.org/2001/04/xmlenc#sha256": "sha256",
        "http://www.w3.org/2001/04/xmldsig-more#sha384": "sha384",
        "http://www.w3.org/2001/04/xmlenc#sha512": "sha512",
    }
    for digest in element.iterfind(f".//{XADES}CertDigest"):
        algorithm = digest.find(f"{DS}DigestMethod")
        name = digests.get(algorithm.get("Algorithm", "") if algorithm is not None else "")
        value = base64.b64decode(digest.findtext(f"{DS}DigestValue") or "")
        if name and hashlib.new(name, der).digest() == value:
            return True
    return False


async def _proven_time(
    element: etree._Element, judge: Judge, at: datetime
) -> tuple[datetime | None, set[str]]:
    """The time of a trusted timestamp over the signature's value."""
    reasons: set[str] = set()
    value = element.find(f"{DS}SignatureValue")
    for stamp in element.iterfind(f".//{XADES}SignatureTimeStamp"):
        method = stamp.find(f"{DS}CanonicalizationMethod")
        algorithm = method.get("Algorithm", "") if method is not None else ""
        data = etree.tostring(
            value,
            method="c14n",
            exclusive="xml-exc-c14n" in algorithm,
            with_comments=algorithm.endswith("WithComments"),
            with_tail=False,
        )
        for one in stamp.iterfind(f"{XADES}EncapsulatedTimeStamp"):
            token = cms.ContentInfo.load(base64.b64decode(one.text or ""))["content"]
            if not tokens.fits(token, data):
                reasons = {"timestamp-broken"}
                continue
            if (await token_opinion(token, judge, at=at)).trust is Trust.TRUSTED:
                return tokens.time_of(token), set()
            reasons = {"timestamp-untrusted"}
    return None, reasons


def _is_xades(element: etree._Element) -> bool:
    return element.find(f".//{XADES}SignedProperties") is not None


def _claimed_time(element: etree._Element) -> datetime | None:
    text = element.findtext(f".//{XADES}SigningTime")
    if not text:
        return None
    claimed = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    return claimed if claimed.tzinfo else None
