"""The validation report as XML by ETSI TS 119 102-2, for those who ask for details.

pyHanko describes the signature, its attributes, certificates and times; the indication is ours.
Its own would be "total-passed" also for a document whose pages were exchanged after signing.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from lxml import etree  # type: ignore[import-untyped]
from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.policy_decl import (
    CertificateFetchingRule,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.report.tools import generate_report
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import NO_REVOCATION, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from signing import evidence
from signing.certificates import parse_roots
from signing.documents import FAULTS
from signing.indications import FAILED, indication
from signing.report import SignatureReport
from signing.validation import validate

_VR = "http://uri.etsi.org/19102/v1.2.1#"
_MAIN = "urn:etsi:019102:mainindication:"
_SUB = "urn:etsi:019102:subindication:"
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, remove_blank_text=True)


def etsi_report(
    pdf: bytes,
    *,
    trust_roots: Sequence[bytes] = (),
    at: datetime | None = None,
    offline: bool = True,
) -> bytes:
    """One ValidationReport with an element for each signature and document timestamp, UTF-8.

    The indications are those of `validate` with the same arguments. Never raises for a bad
    file; for strangers' files use `etsi_report_limited`. Raises SigningError only for roots that
    are none.
    """
    report = validate(pdf, trust_roots=trust_roots, at=at, offline=offline)
    moment = at or datetime.now(UTC)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    whole = etree.Element(f"{{{_VR}}}ValidationReport", nsmap={"vr": _VR})
    objects = etree.Element(f"{{{_VR}}}SignatureValidationObjects")
    described = _embedded(pdf)
    for one in report.signatures:
        element = _described(described.get(one.field), trust_roots, moment, objects)
        if element is None:
            element = etree.Element(f"{{{_VR}}}SignatureValidationReport")
        _set_indication(element, one)
        whole.append(element)
    if not report.signatures:
        whole.append(_nothing_to_report(report.integrity == "unreadable"))
    if len(objects):
        whole.append(objects)
    etree.indent(whole)
    text: bytes = etree.tostring(whole, xml_declaration=True, encoding="UTF-8")
    return text


def _embedded(pdf: bytes) -> dict[str, EmbeddedPdfSignature]:
    try:
        return {one.name: one.embedded for one in evidence.read(pdf)[1] if one.embedded}
    except FAULTS:
        return {}


def _described(
    signature: EmbeddedPdfSignature | None,
    trust_roots: Sequence[bytes],
    moment: datetime,
    objects: etree._Element,
) -> etree._Element | None:
    """pyHanko's description; None where it cannot make one."""
    if signature is None or signature.sig_object_type == "/DocTimeStamp":
        return None
    try:
        text = asyncio.run(_pyhanko_report(signature, trust_roots, moment))
        root = etree.fromstring(text.encode(), parser=_PARSER)
    except FAULTS:
        return None
    known = {one.get("id") for one in objects}
    for group in root.findall(f"{{{_VR}}}SignatureValidationObjects"):
        for one in group:
            if one.get("id") not in known:
                objects.append(one)
    return root.find(f"{{{_VR}}}SignatureValidationReport")


async def _pyhanko_report(
    signature: EmbeddedPdfSignature, trust_roots: Sequence[bytes], moment: datetime
) -> str:
    spec = SignatureValidationSpec(
        cert_validation_policy=CertValidationPolicySpec(
            trust_manager=SimpleTrustManager.build(trust_roots=parse_roots(trust_roots)),
            revinfo_policy=CertRevTrustPolicy(NO_REVOCATION),  # judged by us
        ),
        revinfo_gathering_policy=RevocationInfoGatheringSpec(
            online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY,
            certificate_fetching_rule=CertificateFetchingRule.NEVER_FETCH,
        ),
    )
    timing = ValidationTimingInfo(
        validation_time=moment, best_signature_time=moment, point_in_time_validation=True
    )
    result = await ades_lta_validation(
        signature, PdfSignatureValidationSpec(spec), timing_info=timing
    )
    text: str = generate_report(signature, result)
    return text


def _set_indication(element: etree._Element, report: SignatureReport) -> None:
    status = element.find(f"{{{_VR}}}SignatureValidationStatus")
    if status is None:
        status = etree.SubElement(element, f"{{{_VR}}}SignatureValidationStatus")
    for old in list(status):
        status.remove(old)
    main, sub = indication(report)
    etree.SubElement(status, f"{{{_VR}}}MainIndication").text = _MAIN + main
    if sub:
        etree.SubElement(status, f"{{{_VR}}}SubIndication").text = _SUB + sub
    for reason in report.reasons:
        data = etree.SubElement(status, f"{{{_VR}}}AssociatedValidationReportData")
        extra = etree.SubElement(data, f"{{{_VR}}}AdditionalValidationReportData")
        item = etree.SubElement(extra, f"{{{_VR}}}ReportData")
        etree.SubElement(item, f"{{{_VR}}}Type").text = "urn:docflow:validation-reason"
        etree.SubElement(item, f"{{{_VR}}}Value").text = reason


def _nothing_to_report(unreadable: bool) -> etree._Element:
    element = etree.Element(f"{{{_VR}}}SignatureValidationReport")
    status = etree.SubElement(element, f"{{{_VR}}}SignatureValidationStatus")
    main = FAILED if unreadable else "no-signature-found"
    etree.SubElement(status, f"{{{_VR}}}MainIndication").text = _MAIN + main
    if unreadable:
        etree.SubElement(status, f"{{{_VR}}}SubIndication").text = _SUB + "FORMAT_FAILURE"
    return element
