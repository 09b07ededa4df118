"""Signing a PDF: one more PAdES signature, appended, with all earlier ones still valid.

ETSI EN 319 142-1: B-B is the bare signature, B-T adds a timestamp over it, B-LT the certificates
and revocation data of every signer, B-LTA a document timestamp over all that.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import (
    FieldMDPAction,
    MDPPerm,
    SigFieldSpec,
    SigSeedSubFilter,
    enumerate_sig_fields,
)
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.validation import EmbeddedPdfSignature

from signing.documents import open_writer, pyhanko_errors
from signing.errors import (
    DocumentClosed,
    FieldMissing,
    RevocationUnavailable,
    SigningError,
    TsaUnavailable,
)
from signing.fields import LOCK, LOCKED, empty_field, new_invisible_field
from signing.geometry import geometry_of
from signing.keys import SigningKey
from signing.longterm import Level, complete
from signing.stamps import DrawnStamp
from signing.timestamps import TsaList, with_room_for_token

LEVELS: tuple[Level, ...] = ("B-B", "B-T", "B-LT", "B-LTA")
DIGEST = "sha256"
_ATTRIBUTES = 3 * 1024  # bytes of a CMS besides certificates and signature value, generously


@dataclass(frozen=True)
class Signed:
    """A signed document, and whether a service that did not answer cost it something.

    `level` is what was reached, `wanted` what was asked for; where they differ, `problem` says
    why, and `complete(pdf, level=wanted)` makes up for it later.
    """

    pdf: bytes
    level: Level
    wanted: Level
    problem: str = ""

    @property
    def is_time_pending(self) -> bool:
        """Is there no proof of time yet, though one was asked for?"""
        return self.level == "B-B" != self.wanted

    @property
    def is_pending(self) -> bool:
        """Is there anything that `complete` has to make up for?"""
        return self.level != self.wanted


def sign(
    pdf: bytes,
    key: SigningKey,
    *,
    field: str,
    stamp: bytes | None = None,
    reason: str | None = None,
    location: str | None = None,
    tsa_urls: Sequence[str] = (),
    tsa_timeout: float = 10,
    level: Level = "B-T",
    trust_roots: Sequence[bytes] = (),
    lock: bool = False,
    allow_fetching: bool = False,
) -> bytes:
    """The document with one more signature in `field`, which is made (invisible) if missing.

    `stamp` is a one-page PDF shown in the field's box. `lock` closes the document: any signature
    or change after it is then found by every verifier; document timestamps stay allowed.
    The services of `tsa_urls` are tried in turn, each for `tsa_timeout` seconds at most.
    B-LT and B-LTA ask the certificates' own OCSP and CRL services, hence need `allow_fetching`;
    `trust_roots` (PEM) are the roots up to which that data is gathered.

    Raises KeyUnusable, TsaUnavailable, RevocationUnavailable, BadDocument, FieldMissing,
    DocumentClosed. The input is never changed, so nothing is lost by an error.
    """
    _refuse_impossible(level, tsa_urls, allow_fetching=allow_fetching)
    key.check_period()
    metadata = metadata_for(field, reason=reason, location=location, lock=lock)
    stamper = TsaList(tsa_urls, timeout=tsa_timeout) if level != "B-B" else None
    signed = with_room_for_token(
        stamper,
        lambda room: _signed(
            pdf, key, metadata, stamper=stamper, stamp=stamp, lock=lock, room=room
        ),
    )
    if level in ("B-B", "B-T"):
        return signed
    return complete(
        signed,
        trust_roots=trust_roots,
        tsa_urls=tsa_urls,
        tsa_timeout=tsa_timeout,
        level=level,
    )


def sign_or_defer(
    pdf: bytes,
    key: SigningKey,
    *,
    field: str,
    stamp: bytes | None = None,
    reason: str | None = None,
    location: str | None = None,
    tsa_urls: Sequence[str] = (),
    tsa_timeout: float = 10,
    level: Level = "B-T",
    trust_roots: Sequence[bytes] = (),
    lock: bool = False,
    allow_fetching: bool = False,
) -> Signed:
    """As `sign`, but a service that does not answer costs the level, not the signature.

    Without an answer from any TSA the signature is B-B ("time proof pending"); without revocation
    data it is B-T; without an archive timestamp B-LT. Raises as `sign` for all that is not the
    fault of a service: the key, the document, or a level that was never possible.
    """
    _refuse_impossible(level, tsa_urls, allow_fetching=allow_fetching)

    def signed(at: Level) -> bytes:
        return sign(
            pdf,
            key,
            field=field,
            stamp=stamp,
            reason=reason,
            location=location,
            tsa_urls=tsa_urls if at != "B-B" else (),
            tsa_timeout=tsa_timeout,
            level=at,
            lock=lock,
        )

    try:
        done = Signed(signed("B-B" if level == "B-B" else "B-T"), "B-T", level)
    except TsaUnavailable as error:
        return Signed(signed("B-B"), "B-B", level, str(error))
    if level in ("B-B", "B-T"):
        return replace(done, level=level)
    return completed_or_deferred(
        done, trust_roots=trust_roots, tsa_urls=tsa_urls, tsa_timeout=tsa_timeout
    )


def completed_or_deferred(
    done: Signed,
    *,
    trust_roots: Sequence[bytes] = (),
    tsa_urls: Sequence[str] = (),
    tsa_timeout: float = 10,
) -> Signed:
    """Raise a document step by step towards the level that is wanted, as far as services answer.

    For the job that makes up for what was pending: call it with the result of `sign_or_defer`
    again until `is_pending` is false.
    """
    problem = ""
    for level in LEVELS[LEVELS.index(done.level) + 1 : LEVELS.index(done.wanted) + 1]:
        try:
            pdf = complete(
                done.pdf,
                trust_roots=trust_roots,
                tsa_urls=tsa_urls,
                tsa_timeout=tsa_timeout,
                level=level,
            )
        except (TsaUnavailable, RevocationUnavailable) as error:
            problem = str(error)
            break
        done = replace(done, pdf=pdf, level=level)
    return replace(done, problem=problem)


def metadata_for(
    field: str, *, reason: str | None, location: str | None, lock: bool
) -> PdfSignatureMetadata:
    """What goes into the signature's dictionary besides the signature."""
    return PdfSignatureMetadata(
        field_name=field,
        md_algorithm=DIGEST,
        subfilter=SigSeedSubFilter.PADES,
        reason=reason,
        location=location,
        docmdp_permissions=LOCKED if lock else MDPPerm.FILL_FORMS,
    )


def _refuse_impossible(level: Level, tsa_urls: Sequence[str], *, allow_fetching: bool) -> None:
    if level != "B-B" and not tsa_urls:
        raise TsaUnavailable(f"Level {level} needs a time-stamping service, and none is set.")
    if level in ("B-LT", "B-LTA") and not allow_fetching:
        raise SigningError(f"Level {level} needs allow_fetching, for the revocation data.")


def _signed(
    pdf: bytes,
    key: SigningKey,
    metadata: PdfSignatureMetadata,
    *,
    stamper: TsaList | None,
    stamp: bytes | None,
    lock: bool,
    room: int,
) -> bytes:
    """B-B, or B-T with a `stamper`; `room` is what to keep free for the token, bytes."""
    writer = open_writer(pdf)
    output = BytesIO()
    with pyhanko_errors():
        signer = placed_signer(writer, key, metadata, stamper=stamper, stamp=stamp, lock=lock)
        # Told in advance: pyHanko would sign once more, and stamp once more, to find the size.
        size = 2 * room_for_signature(key, room)
        asyncio.run(signer.async_sign_pdf(writer, bytes_reserved=size, output=output))
    return output.getvalue()


def placed_signer(
    writer: IncrementalPdfFileWriter,
    key: SigningKey,
    metadata: PdfSignatureMetadata,
    *,
    stamper: TsaList | None,
    stamp: bytes | None,
    lock: bool,
) -> PdfSigner:
    """pyHanko's signer for a place in a document that is open to signatures."""
    field = str(metadata.field_name)
    _refuse_if_closed(writer.prev)
    return PdfSigner(
        metadata,
        signer=key.signer,
        timestamper=stamper,
        stamp_style=_stamp_style(writer, field, stamp),
        new_field_spec=_place(writer, field, lock=lock),
    )


def room_for_signature(key: SigningKey, room_for_token: int) -> int:
    """Bytes that the signature with its certificates and token takes at most."""
    certificates = sum(len(certificate) for certificate in key.der_certificates)
    return certificates + _ATTRIBUTES + key.signature_size + room_for_token


def _refuse_if_closed(reader: PdfFileReader) -> None:
    """pyHanko signs on happily after an approval signature's lock; validation then fails."""
    for name, value, field in enumerate_sig_fields(reader, filled_status=True):
        if value.get_object().get("/Type") == "/DocTimeStamp":
            continue
        earlier = EmbeddedPdfSignature(reader, field, name)
        lock = earlier.fieldmdp
        if earlier.docmdp_level == LOCKED or (lock and lock.action == FieldMDPAction.ALL):
            raise DocumentClosed(f"The signature in {name!r} closed this document.")


def _place(writer: IncrementalPdfFileWriter, field: str, *, lock: bool) -> SigFieldSpec | None:
    """Prepare the field that is there; else tell pyHanko what to make."""
    reference = empty_field(writer, field)
    if reference is None:
        return new_invisible_field(field, lock=lock)
    existing = reference.get_object()
    if lock and "/Lock" not in existing:
        if any(True for _ in enumerate_sig_fields(writer.prev, filled_status=True)):
            # A lock put on now would be a change to what the others signed (measured: their
            # signatures turn bad), and a lock in the signature alone does not bind.
            raise FieldMissing(f"The field {field!r} must be prepared with lock=True.")
        dictionary = LOCK.as_sig_field_lock()
        dictionary[pdf_name("/P")] = generic.NumberObject(LOCKED.value)
        existing[pdf_name("/Lock")] = writer.add_object(dictionary)
    return None


def _stamp_style(writer: IncrementalPdfFileWriter, field: str, stamp: bytes | None) -> DrawnStamp:
    """What to show in the field: the stamp, or nothing at all."""
    if stamp is None:
        return DrawnStamp()
    reference = empty_field(writer, field)
    page = reference.get_object().get("/P") if reference is not None else None
    rotation = geometry_of(page.get_object()).rotation if page is not None else 0
    return DrawnStamp(stamp=stamp, rotation=rotation)
