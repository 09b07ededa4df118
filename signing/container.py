"""The bytes of a signature itself, which no signature covers.

A signature signs the file but for the gap that holds it. What is inside the gap besides the signed
attributes (padding, embedded certificates, headers) could be altered unnoticed; these checks make
that impossible, and close the trick of a gap that is not where the signature is.
"""

import hashlib
import re
from collections.abc import Iterable

from asn1crypto import cms, core, parser, x509
from cryptography.exceptions import InvalidSignature
from pyhanko.pdf_utils.generic import ArrayObject
from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko_certvalidator.sig_validate import DefaultSignatureValidator

_HEXADECIMAL = re.compile(rb"<([0-9a-f]*|[0-9A-F]*)>")
_LOOSE_HEXADECIMAL = re.compile(rb"<[0-9a-fA-F\s]*>")


def gap_reasons(pdf: bytes, signature: EmbeddedPdfSignature) -> set[str]:
    """Is the gap in the byte range exactly the signature's own value?"""
    byte_range = signature.byte_range
    if not isinstance(byte_range, ArrayObject) or len(byte_range) != 4:
        return {"byte-range"}
    start, length, resume, rest = (int(number) for number in byte_range)
    if start != 0 or length <= 0 or rest < 0 or not length < resume <= resume + rest <= len(pdf):
        return {"byte-range"}
    gap = pdf[length:resume]
    if not _LOOSE_HEXADECIMAL.fullmatch(gap):
        return {"byte-range"}
    digits = re.sub(rb"\s", b"", gap[1:-1])
    if bytes.fromhex(digits.decode("ascii") + "0" * (len(digits) % 2)) != signature.pkcs7_content:
        return {"byte-range"}
    reasons = set() if _HEXADECIMAL.fullmatch(gap) else {"not-canonical"}
    return reasons | _padding_reasons(signature.pkcs7_content)


def _padding_reasons(content: bytes) -> set[str]:
    """After the DER value only zeros may follow."""
    used = parser.peek(content)  # dump() would encode a BER container anew: minutes for large ones
    return {"container-changed"} if content[used:].strip(b"\0") else set()


def form_reasons(signature: EmbeddedPdfSignature) -> set[str]:
    """Departures from CMS (RFC 5652) and CAdES that do not break the cryptography."""
    reasons: set[str] = set()
    message = cms.ContentInfo.load(signature.pkcs7_content)
    if message["content_type"].native != "signed_data" or not headers_sound(signature.signed_data):
        reasons.add("container-changed")
    attributes = signature.signer_info["signed_attrs"]
    kinds: set[str] = set()
    if attributes is not core.VOID:
        encoded = [attribute.dump() for attribute in attributes]
        if encoded != sorted(encoded):
            reasons.add("not-canonical")  # DER of a SET OF; DSS refuses such a signature
        kinds = {attribute["type"].native for attribute in attributes}
    if not kinds & {"signing_certificate", "signing_certificate_v2"}:
        reasons.add("no-signing-certificate")
    for attribute in signature.signer_info["unsigned_attrs"] or ():
        if attribute["type"].native == attribute["type"].dotted:
            reasons.add("unknown-attribute")
    return reasons


def headers_sound(signed_data: cms.SignedData) -> bool:
    """Do the unsigned headers of a CMS say what the signed part says?"""
    if len(signed_data["signer_infos"]) != 1:
        return False
    signer = signed_data["signer_infos"][0]
    named = [algorithm["algorithm"].native for algorithm in signed_data["digest_algorithms"]]
    return (
        signed_data["version"].native in ("v1", "v3", "v4", "v5")
        and signer["version"].native in ("v1", "v3")
        and named == [signer["digest_algorithm"]["algorithm"].native]
    )


def certificates_sound(
    embedded: Iterable[x509.Certificate], known: Iterable[x509.Certificate]
) -> bool:
    """Does every embedded certificate fit the one that issued it, where that is at hand?

    Nothing signs these copies but their issuers, and a damaged one may go unused.
    """
    present = {certificate.sha256: certificate for certificate in embedded}
    issuers: dict[object, list[x509.Certificate]] = {}
    for certificate in [*present.values(), *known]:
        for name in (certificate.key_identifier, certificate.subject.hashable):
            issuers.setdefault(name, []).append(certificate)
    for certificate in present.values():
        # By either of the two, as either may be what is damaged.
        named = issuers.get(certificate.issuer.hashable, [])
        keyed = certificate.authority_key_identifier
        candidates = named + (issuers.get(keyed, []) if keyed else [])
        if candidates and not any(_issued(certificate, issuer) for issuer in candidates):
            return False
    return True


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        DefaultSignatureValidator().validate_signature(
            certificate["signature_value"].native,
            certificate["tbs_certificate"].dump(),
            issuer.public_key,
            certificate["signature_algorithm"],
        )
    except InvalidSignature:
        return False
    return True


def digest_of(data: bytes, algorithm: str) -> bytes:
    """The digest of `data` by an algorithm's ASN.1 name."""
    return hashlib.new(algorithm, data).digest()
