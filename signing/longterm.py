"""Making signatures last: the data that proves them, for every signer, and a timestamp over it.

With only the last signer's data in the file, the earlier ones cannot be confirmed offline
(measured with three signers). ETSI EN 319 142-1, levels B-LT and B-LTA.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from typing import Literal

from asn1crypto import x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper
from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.dss import DocumentSecurityStore, collect_validation_info
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import CRLValidationError, PathError, ValidationError
from pyhanko_certvalidator.fetchers import Fetchers

from signing.certificates import certificates_in, parse_roots
from signing.documents import open_reader, open_writer, pyhanko_errors
from signing.errors import RevocationUnavailable
from signing.fetching import fetchers
from signing.revocation import Knowledge, stored
from signing.timestamps import TsaList, with_room_for_token
from signing.tokens import time_of

Level = Literal["B-B", "B-T", "B-LT", "B-LTA"]

_DIGEST = "sha256"


def complete(
    pdf: bytes,
    *,
    trust_roots: Sequence[bytes] = (),
    tsa_urls: Sequence[str] = (),
    tsa_timeout: float = 10,
    level: Level | None = None,
    refresh: bool = False,
    at: datetime | None = None,
) -> bytes:
    """Raise all signatures of a document to a level; what is there already is left as it is.

    B-T: a document timestamp, where a signature has no proof of time yet (the standard lets it
    stand for a timestamp inside the signature, which nobody but the signer can add).
    B-LT: that, and certificates and revocation data of every signer and timestamp.
    B-LTA (the default where `tsa_urls` are given, else B-LT): the data, and a document timestamp
    over all. Calling it again adds an archive timestamp; `refresh` gathers new data on the last
    one first. `at` is the moment for which data is gathered (now).

    Where `trust_roots` do not reach a signer's authority, the data is gathered up to the highest
    certificate in the file: gathering is not judging.

    Raises RevocationUnavailable, TsaUnavailable, BadDocument.
    """
    level = level or ("B-LTA" if tsa_urls else "B-LT")
    stamper = TsaList(tsa_urls, timeout=tsa_timeout)
    gathering = _Gathering(parse_roots(trust_roots), tsa_timeout, at=at, refresh=refresh)

    def added(document: bytes, *, data: bool, time: bool) -> bytes:
        def made(room: int) -> bytes:
            order = _added(document, gathering if data else None, stamper if time else None, room)
            return asyncio.run(order)

        return with_room_for_token(stamper, made) if time else made(0)

    if level in ("B-T", "B-LT") and tsa_urls and _time_is_pending(pdf):
        pdf = added(pdf, data=False, time=True)
    if level in ("B-B", "B-T"):
        return pdf
    if level == "B-LT":
        return added(pdf, data=True, time=False)
    pdf = added(pdf, data=True, time=True)
    gathering = replace(gathering, refresh=False)
    # Mostly nothing is left to do: the archive timestamp comes from the service that stamped the
    # signatures. Otherwise its own chain is needed to renew it one day.
    return added(pdf, data=True, time=False)


@dataclass(frozen=True)
class _Gathering:
    """How data is gathered: up to which roots, how long to wait (seconds), as of when."""

    roots: list[x509.Certificate]
    seconds: float
    at: datetime | None = None
    refresh: bool = False


async def _added(
    pdf: bytes, gathering: _Gathering | None, stamper: TsaList | None, room: int
) -> bytes:
    """The document with validation data, a document timestamp, or both, in one revision."""
    writer = open_writer(pdf)
    output = BytesIO()
    with pyhanko_errors():
        new = False
        if gathering is not None:
            async with fetchers(seconds=gathering.seconds) as sources:
                new = await _add_validation_data(writer, gathering, sources)
        if stamper is not None:
            await PdfTimeStamper(stamper).async_timestamp_pdf(
                writer, _DIGEST, bytes_reserved=2 * room, output=output
            )
        elif new:
            writer.write(output)
        else:
            return pdf
    return output.getvalue()


def _time_is_pending(pdf: bytes) -> bool:
    """Is there a signature without a timestamp in it or after it?"""
    with pyhanko_errors():
        for signature in reversed(list(open_reader(pdf).embedded_signatures)):
            if signature.sig_object_type == "/DocTimeStamp":
                return False
            if not any(True for _ in extract_tst_data_iter(signature.signer_info, signed=False)):
                return True
    return False


async def _add_validation_data(
    writer: IncrementalPdfFileWriter, gathering: _Gathering, sources: Fetchers
) -> bool:
    """Update the document security store with what is missing there; was anything?"""
    lacking = _signatures_without_data(writer.prev, refresh=gathering.refresh)
    if not lacking:
        return False
    highest = _highest_authorities(lacking, gathering.roots)
    context = ValidationContext(
        trust_roots=[*gathering.roots, *highest],
        allow_fetching=True,
        fetchers=sources,
        revocation_mode="hard-fail",  # where a certificate names a source, it must answer
        moment=gathering.at,
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
    return True


def _signatures_without_data(reader: PdfFileReader, *, refresh: bool) -> list[EmbeddedPdfSignature]:
    """Signatures and timestamps that the store does not prove yet.

    One after the last archive timestamp needs data from after it was made: data from before says
    nothing about the signer's certificate at that time. With `refresh`, the last archive timestamp
    counts as lacking.
    """
    signatures = list(reader.embedded_signatures)
    known = stored(reader)
    present = {certificate.sha256 for certificate in known.certificates}
    archived = max(
        (index for index, one in enumerate(signatures) if one.sig_object_type == "/DocTimeStamp"),
        default=-1,
    )
    return [
        signature
        for index, signature in enumerate(signatures)
        if not {one.sha256 for one in _holders(signature)} <= present
        or (index > archived and not _proven_since(signature, known))
        or (refresh and index == archived)
    ]


def _holders(signature: EmbeddedPdfSignature) -> Iterator[x509.Certificate]:
    """The certificates of the signer and of the services that stamped the signature."""
    yield signature.signer_cert
    for token in extract_tst_data_iter(signature.signer_info, signed=False):
        yield extract_certificate_info(token).signer_cert


def _proven_since(signature: EmbeddedPdfSignature, known: Knowledge) -> bool:
    """Is there data on the signer's certificate from after the signature?"""
    if signature.sig_object_type == "/DocTimeStamp":
        return True
    made = signature.self_reported_timestamp
    for token in extract_tst_data_iter(signature.signer_info, signed=False):
        made = time_of(token)
    return made is not None and known.made_since(made).covers(signature.signer_cert)


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
