"""Making signatures last: the data that proves them, for every signer, and a timestamp over it.

With only the last signer's data in the file, the earlier ones cannot be confirmed offline
(measured with three signers). ETSI EN 319 142-1, levels B-LT and B-LTA.
"""

import asyncio
from collections.abc import Sequence
from io import BytesIO

from asn1crypto import x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper
from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.dss import DocumentSecurityStore, collect_validation_info
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import CRLValidationError, PathError, ValidationError
from pyhanko_certvalidator.fetchers import Fetchers

from signing.certificates import certificates_in, parse_roots
from signing.documents import open_writer, pyhanko_errors
from signing.errors import RevocationUnavailable
from signing.fetching import fetchers
from signing.timestamps import TsaList, with_room_for_token

_DIGEST = "sha256"


def complete(
    pdf: bytes,
    *,
    trust_roots: Sequence[bytes] = (),
    tsa_urls: Sequence[str] = (),
    tsa_timeout: float = 10,
) -> bytes:
    """Add certificates and revocation data of every signer and timestamp, then one DocTimeStamp.

    Without `tsa_urls` the timestamp is left out (B-LT). Calling it again renews the archive
    timestamp (B-LTA maintenance). Where `trust_roots` do not reach a signer's authority, the data
    is gathered up to the highest certificate in the file: gathering is not judging.

    Raises RevocationUnavailable, TsaUnavailable, BadDocument.
    """
    stamper = TsaList(tsa_urls, timeout=tsa_timeout) if tsa_urls else None
    roots = parse_roots(trust_roots)

    def completed(document: bytes, room: int) -> bytes:
        return asyncio.run(
            _completed(document, roots, stamper if room else None, room, tsa_timeout)
        )

    pdf = with_room_for_token(stamper, lambda room: completed(pdf, room))
    # Mostly nothing is left to do: the archive timestamp comes from the service that stamped the
    # signatures. Otherwise its own chain is needed to renew it one day.
    return completed(pdf, 0) if stamper else pdf


async def _completed(
    pdf: bytes,
    roots: list[x509.Certificate],
    stamper: TsaList | None,
    room: int,
    seconds: float,
) -> bytes:
    writer = open_writer(pdf)
    output = BytesIO()
    with pyhanko_errors():
        async with fetchers(seconds=seconds) as sources:
            await _add_validation_data(writer, roots, sources)
        if stamper is None:
            writer.write(output)
        else:
            await PdfTimeStamper(stamper).async_timestamp_pdf(
                writer, _DIGEST, bytes_reserved=2 * room, output=output
            )
    return output.getvalue()


async def _add_validation_data(
    writer: IncrementalPdfFileWriter, roots: list[x509.Certificate], sources: Fetchers
) -> None:
    """Update the document security store with what is missing there; one update for all."""
    lacking = _signatures_without_data(writer.prev)
    if not lacking:
        return
    highest = _highest_authorities(lacking, roots)
    context = ValidationContext(
        trust_roots=[*roots, *highest],
        allow_fetching=True,
        fetchers=sources,
        revocation_mode="hard-fail",  # where a certificate names a source, it must answer
    )
    try:
        for authority in highest:
            # Its own issuer is unknown here, but will be known to a verifier.
            if not authority.self_issued and authority.crl_distribution_points:
                await sources.crl_fetcher.fetch(authority)
        paths = []
        for signature in lacking:
            paths += await collect_validation_info(signature, context)
    except (PathError, ValidationError, CRLValidationError) as error:
        raise RevocationUnavailable(f"A certificate's status could not be had: {error}") from error
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,  # no VRI dictionaries: deprecated, and one update can serve all signatures
        validation_context=context,
        paths=paths,
        embed_roots=True,
    )


def _signatures_without_data(reader: PdfFileReader) -> list[EmbeddedPdfSignature]:
    """Signatures and timestamps whose certificate is not in the store yet.

    One that is there, but was made after the last archive timestamp, counts as lacking: data
    from before a signature says nothing about the signer's certificate at that time.
    """
    signatures = list(reader.embedded_signatures)
    stored = {certificate.sha256 for certificate in _stored_certificates(reader)}
    archived = max(
        (index for index, one in enumerate(signatures) if one.sig_object_type == "/DocTimeStamp"),
        default=-1,
    )
    return [
        signature
        for index, signature in enumerate(signatures)
        if signature.signer_cert.sha256 not in stored
        or (index > archived and signature.sig_object_type != "/DocTimeStamp")
    ]


def _stored_certificates(reader: PdfFileReader) -> list[x509.Certificate]:
    try:
        return list(DocumentSecurityStore.read_dss(reader).load_certs())
    except NoDSSFoundError:
        return []


def _highest_authorities(
    signatures: Sequence[EmbeddedPdfSignature], roots: list[x509.Certificate]
) -> list[x509.Certificate]:
    """The topmost authorities in the file that no given root covers."""
    present = {
        certificate.sha256: certificate
        for signature in signatures
        for certificate in certificates_in(signature)
        if certificate.ca
    }
    known = {certificate.subject.hashable for certificate in [*roots, *present.values()]}
    return [
        certificate
        for certificate in present.values()
        if certificate.self_issued or certificate.issuer.hashable not in known
    ]
