"""A signature made elsewhere, by a card, a phone or a remote service; begun and finished here.

Between the two steps minutes can pass (a one-time password is on its way), so what is pending is
a plain value that can be kept and picked up by another process.
"""

import asyncio
import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from asn1crypto import cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers import PdfSigner
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest

from signing.documents import open_writer, pyhanko_errors
from signing.errors import BadSignature, SigningError
from signing.keys import HASHES, PublicKey, SigningKey
from signing.pades import DIGEST, metadata_for, placed_signer, room_for_signature
from signing.timestamps import USUAL_TOKEN, TsaList

_PENDING_VERSION = 1


@dataclass(frozen=True)
class Pending:
    """A document with a gap where the signature will be.

    `attributes` (DER) are what the signature is over; `digest` is their SHA-256, which most
    services ask for. `gap` is where the signature goes, from and to, in bytes. Keep `pdf` as it
    is: one changed byte, and `finish_external` refuses.
    """

    field: str
    pdf: bytes
    attributes: bytes
    gap: tuple[int, int]
    certificates: tuple[bytes, ...]

    @property
    def digest(self) -> bytes:
        """What the holder's key signs: SHA-256 of the signed attributes."""
        return hashlib.sha256(self.attributes).digest()

    def as_json(self) -> dict[str, Any]:
        """All but the document, which belongs into the object store."""
        return {
            "version": _PENDING_VERSION,
            "field": self.field,
            "attributes": base64.b64encode(self.attributes).decode("ascii"),
            "gap": list(self.gap),
            "certificates": [base64.b64encode(one).decode("ascii") for one in self.certificates],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any], pdf: bytes) -> "Pending":
        """The inverse of `as_json`. Raises SigningError for what it never wrote."""
        if data.get("version") != _PENDING_VERSION:
            raise SigningError("This pending signature was written by another version: begin anew.")
        start, end = data["gap"]
        return cls(
            field=data["field"],
            pdf=pdf,
            attributes=base64.b64decode(data["attributes"]),
            gap=(start, end),
            certificates=tuple(base64.b64decode(one) for one in data["certificates"]),
        )


def begin_external(
    pdf: bytes,
    key: SigningKey,
    *,
    field: str,
    stamp: bytes | None = None,
    reason: str | None = None,
    location: str | None = None,
    lock: bool = False,
    has_timestamp: bool = True,
) -> Pending:
    """Everything of a signature but its value. `key` needs no more than certificates.

    `has_timestamp` keeps room for one. Raises as `signing.sign` does.
    """
    key.check_period()
    writer = open_writer(pdf)
    with pyhanko_errors():
        signer = placed_signer(
            writer,
            key,
            metadata_for(field, reason=reason, location=location, lock=lock),
            stamper=None,
            stamp=stamp,
            lock=lock,
        )
        size = room_for_signature(key, 2 * USUAL_TOKEN if has_timestamp else 0)
        prepared, attributes, output = asyncio.run(_prepared(writer, signer, key, 2 * size))
    return Pending(
        field=field,
        pdf=output,
        attributes=attributes,
        gap=(prepared.reserved_region_start, prepared.reserved_region_end),
        certificates=key.der_certificates,
    )


async def _prepared(
    writer: IncrementalPdfFileWriter, signer: PdfSigner, key: SigningKey, size: int
) -> tuple[PreparedByteRangeDigest, bytes, bytes]:
    output = BytesIO()
    prepared, _, _ = await signer.async_digest_doc_for_signing(
        writer, bytes_reserved=size, output=output
    )
    attributes = await key.signer.signed_attrs(prepared.document_digest, DIGEST, use_pades=True)
    return prepared, attributes.dump(), output.getvalue()


def finish_external(
    pending: Pending,
    signature: bytes,
    *,
    tsa_urls: Sequence[str] = (),
    tsa_timeout: float = 10,
) -> bytes:
    """Put the signature's value in, with a timestamp where `tsa_urls` are given (B-T, else B-B).

    The value is PKCS#1 v1.5 for RSA, DER or r|s for ECDSA, over `pending.attributes`. Raises
    BadSignature where it does not fit the certificate or the document is not the one that was
    begun, TsaUnavailable (the value stays good: finish again without `tsa_urls`, and call
    `complete` later).
    """
    key = SigningKey(*_certificates(pending))
    _check_document(pending)
    value = fitting_value(key.public_key, signature, pending.attributes)
    finished = SigningKey(key.certificate, key.chain, raw_sign=lambda data, digest: value)
    stamper = TsaList(tsa_urls, timeout=tsa_timeout) if tsa_urls else None
    attributes = cms.CMSAttributes.load(pending.attributes)
    with pyhanko_errors():
        message = asyncio.run(
            finished.signer.async_sign_prescribed_attributes(
                DIGEST, signed_attrs=attributes, timestamper=stamper
            )
        )
        prepared = PreparedByteRangeDigest(
            document_digest=_document_digest(pending),
            reserved_region_start=pending.gap[0],
            reserved_region_end=pending.gap[1],
        )
        output = BytesIO(pending.pdf)
        prepared.fill_with_cms(output, message)
    return output.getvalue()


def fitting_value(key: PublicKey, signature: bytes, data: bytes) -> bytes:
    """The value in the form that PDF wants, verified. Raises BadSignature."""
    for value in dict.fromkeys((signature, _der_of_plain(key, signature))):
        try:
            _verify(key, value, data)
        except (InvalidSignature, ValueError):
            continue
        return value
    raise BadSignature("The signature does not fit the certificate and this document.")


def _verify(key: PublicKey, value: bytes, data: bytes) -> None:
    algorithm = HASHES[DIGEST]()
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(value, data, padding.PKCS1v15(), algorithm)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(value, data, ec.ECDSA(algorithm))
    else:
        key.verify(value, data)


def _der_of_plain(key: PublicKey, signature: bytes) -> bytes:
    """Cards and some services give ECDSA values as two numbers, one after the other."""
    if not isinstance(key, ec.EllipticCurvePublicKey) or len(signature) % 2 or not signature:
        return signature
    half = len(signature) // 2
    numbers = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
    return encode_dss_signature(*numbers)


def _certificates(pending: Pending) -> tuple[x509.Certificate, tuple[x509.Certificate, ...]]:
    first, *rest = (x509.load_der_x509_certificate(one) for one in pending.certificates)
    return first, tuple(rest)


def _document_digest(pending: Pending) -> bytes:
    start, end = pending.gap
    digest = hashlib.sha256(pending.pdf[:start])
    digest.update(pending.pdf[end:])
    return digest.digest()


def _check_document(pending: Pending) -> None:
    """Are the attributes those of this very document and certificate?"""
    start, end = pending.gap
    gap = pending.pdf[start:end]
    attributes = {
        one["type"].native: one["values"][0] for one in cms.CMSAttributes.load(pending.attributes)
    }
    named = attributes["signing_certificate_v2"]["certs"][0]["cert_hash"].native
    if (
        attributes["message_digest"].native != _document_digest(pending)
        or named != hashlib.sha256(pending.certificates[0]).digest()
        or gap[:1] != b"<"
        or gap[-1:] != b">"
        or gap[1:-1].strip(b"0")
    ):
        raise BadSignature("The document is not the one whose signature was begun.")
