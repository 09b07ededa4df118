"""What a file itself shows about each of its signatures, whoever made them.

Facts only: nothing here knows of trusted roots. Each rule stands for a trap measured in pyHanko's
verdicts; a signature is intact only if all of them hold.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError, PdfReadError, PdfStrictReadError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.status import SignatureCoverageLevel

from signing import appended, container
from signing.documents import FAULTS
from signing.later import has_active_content, later_reasons
from signing.report import Integrity, Kind

_FORMATS = ("/ETSI.CAdES.detached", "/adbe.pkcs7.detached", "/ETSI.RFC3161")
_CHANGED = {
    "digest-mismatch",
    "byte-range",
    "container-changed",
    "changed-after-signing",
    "form-changed",
    "against-permission",
    "trailing-bytes",
    "signature-removed",
}
_BROKEN = {"signature-value", "timestamp-broken"}
_UNREADABLE = {"unreadable-signature", "unsupported-format"}


@dataclass
class Evidence:
    """One filled signature field. `embedded` is None where it could not be parsed."""

    name: str
    kind: Kind
    embedded: EmbeddedPdfSignature | None
    reasons: set[str] = field(default_factory=set)

    @property
    def integrity(self) -> Integrity:
        """The worst that the reasons say."""
        if self.reasons & _UNREADABLE:
            return Integrity.UNREADABLE
        if self.reasons & _BROKEN:
            return Integrity.BROKEN
        return Integrity.CHANGED if self.reasons & _CHANGED else Integrity.INTACT


def read(pdf: bytes) -> tuple[PdfFileReader, list[Evidence]]:
    """The document and its signatures; read leniently where a strict reader refuses it.

    Raises PdfError for a file with two cross-reference tables (hybrid) in a part that was added
    after the first signature: two programs could see two documents there.
    """
    try:
        reader = PdfFileReader(BytesIO(pdf))
        if not reader.xrefs.hybrid_xrefs_present:
            return reader, _collected(pdf, reader)
    except PdfStrictReadError:
        pass
    reader = PdfFileReader(BytesIO(pdf), strict=False)
    if reader.xrefs.hybrid_xrefs_present and b"/XRefStm" in pdf[_first_signed_end(reader) :]:
        raise PdfReadError("hybrid cross-references after the first signature")
    found = _collected(pdf, reader)
    for one in found:
        end = _signed_end(one)
        if 0 < end < len(pdf) and appended.ambiguous_after(pdf, end=end):
            one.reasons.add("changed-after-signing")
    return reader, found


def _collected(pdf: bytes, reader: PdfFileReader) -> list[Evidence]:
    """All signatures in the order of their revisions, each with what speaks against it."""
    if reader.encrypted and not _opened(reader):
        return []
    present = list(_filled_fields(reader))
    names = {name for name, _ in present}
    found = [_examined(pdf, reader, name, reference) for name, reference in present]
    found.sort(key=lambda one: one.embedded.signed_revision if one.embedded else -1)
    trailing = _trailing_reasons(pdf, reader)
    layout = appended.Layout(pdf, reader)
    active = {"active-content"} if has_active_content(reader) else set()
    for one in found:
        one.reasons |= trailing | active | _change_reasons(layout, one, names)
    gone = _removed(reader, found)
    gaps = {_gap(reference.get_object()["/V"]) for _, reference in present}
    if not gone and appended.forgotten_signatures(pdf, gaps):
        gone = ["?"]
    return [Evidence(name, Kind.SIGNATURE, None, {"signature-removed"}) for name in gone] + found


def _opened(reader: PdfFileReader) -> bool:
    """Does the file open without a password? (It may forbid printing, and nothing else.)"""
    with suppress(PdfError, *FAULTS):
        return bool(reader.decrypt("").status.name != "FAILED")
    return False


def _gap(signature: generic.DictionaryObject) -> tuple[int, int]:
    """Where a signature's own value lies in the file."""
    with suppress(*FAULTS):
        return int(signature["/ByteRange"][1]), int(signature["/ByteRange"][2])
    return (0, 0)


def _signed_end(one: Evidence) -> int:
    """Where the signed range ends."""
    with suppress(*FAULTS):
        if one.embedded is not None:
            return int(one.embedded.byte_range[2]) + int(one.embedded.byte_range[3])
    return 0


def _filled_fields(
    reader: PdfFileReader,
) -> Iterator[tuple[str, generic.IndirectObject]]:
    """pyHanko's own list leaves out formats it does not know; a person must hear of those."""
    for name, _, reference in enumerate_sig_fields(reader, filled_status=True):
        yield str(name), reference


def _examined(
    pdf: bytes, reader: PdfFileReader, name: str, reference: generic.IndirectObject
) -> Evidence:
    try:
        value = reference.get_object()["/V"]
        stamp = value.get("/SubFilter") == "/ETSI.RFC3161" or value.get("/Type") == "/DocTimeStamp"
        kind = Kind.TIMESTAMP if stamp else Kind.SIGNATURE
        if value.get("/SubFilter") not in _FORMATS:
            return Evidence(name, kind, None, {"unsupported-format"})
        embedded = EmbeddedPdfSignature(reader, reference.get_object(), name)
        reasons = container.gap_reasons(pdf, embedded) | container.form_reasons(embedded)
        reasons |= _cryptography_reasons(embedded, kind)
    except PdfStrictReadError:
        raise  # tried again with a lenient reader
    except FAULTS:
        return Evidence(name, Kind.SIGNATURE, None, {"unreadable-signature"})
    return Evidence(name, kind, embedded, reasons)


def _cryptography_reasons(embedded: EmbeddedPdfSignature, kind: Kind) -> set[str]:
    """Does the signature value fit the certificate, and the digest the bytes?"""
    content = embedded.signed_data["encap_content_info"]
    expected = "tst_info" if kind is Kind.TIMESTAMP else "data"
    if content["content_type"].native != expected:
        return {"unreadable-signature"}
    reasons = set()
    document_digest = embedded.compute_digest()
    if kind is Kind.TIMESTAMP:
        imprint = content["content"].parsed["message_imprint"]["hashed_message"].native
        if imprint != document_digest:
            reasons.add("digest-mismatch")
        digest = container.digest_of(bytes(content["content"]), embedded.md_algorithm)
    else:
        if content["content"].native is not None:
            return {"unreadable-signature"}  # a detached signature that brings its own content
        digest = document_digest
    intact, valid = validate_sig_integrity(
        embedded.signer_info, embedded.signer_cert, expected, digest
    )
    if not valid:
        reasons.add("signature-value")
    elif not intact:
        reasons.add("digest-mismatch")
    return reasons


def _change_reasons(layout: appended.Layout, one: Evidence, signature_fields: set[str]) -> set[str]:
    """What was appended after this signature, and whether it may be there."""
    embedded = one.embedded
    if embedded is None:
        return set()
    try:
        embedded.compute_integrity_info()
        summary = embedded.summarise_integrity_info()
    except PdfStrictReadError:
        raise
    except FAULTS:
        return {"unreadable-signature"}
    if embedded.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        return {"byte-range"}
    changes = embedded.diff_result
    if not isinstance(changes, DiffResult):
        return {"changed-after-signing"}
    reasons = set()
    if not summary["docmdp_ok"]:
        reasons.add("against-permission")
    # pyHanko calls a filled text field "form filling", and allows it; so does the shadow attack.
    if set(changes.changed_form_fields) - signature_fields:
        reasons.add("form-changed")
    try:
        reasons |= layout.reasons(end=_signed_end(one))
        reasons |= later_reasons(embedded.reader, embedded.signed_revision)
        if not reasons and layout.covered(embedded.signed_revision, end=_signed_end(one)):
            reasons.add("covered-later")
    except PdfStrictReadError:
        raise
    except FAULTS:
        return reasons | {"changed-after-signing"}  # what cannot be followed is not believed
    return reasons


def _trailing_reasons(pdf: bytes, reader: PdfFileReader) -> set[str]:
    """Nothing but white space may follow the end of the last revision."""
    end = pdf.rfind(b"%%EOF")
    # Behind a forged end mark would stand another startxref than the one that was read.
    marks = [int(number) for number in re.findall(rb"startxref\s+(\d+)\s+%%EOF", pdf[-2048:])]
    if end < 0 or not marks or marks[-1] != reader.last_startxref:
        return {"trailing-bytes"}
    return {"trailing-bytes"} if pdf[end + 5 :].strip(b"\r\n\t\f \0") else set()


def _removed(reader: PdfFileReader, present: list[Evidence]) -> list[str]:
    """Signatures that an earlier revision shows, and the present one does not, or shows changed."""
    shown = {one.name: _value(one.embedded.sig_object) for one in present if one.embedded}
    names = {one.name for one in present}
    gone: dict[str, None] = {}
    for revision in range(reader.xrefs.total_revisions - 1):
        earlier = reader.get_historical_resolver(revision)
        # The first part of a linearised file is no document of its own.
        with suppress(PdfError, LookupError, AssertionError, AttributeError):
            for name, value, _ in enumerate_sig_fields(earlier, filled_status=True):
                before = _value(value.get_object())
                if name not in names or (name in shown and before and before != shown[name]):
                    gone[str(name)] = None
    return list(gone)


def _value(signature: generic.DictionaryObject) -> bytes:
    # A signature's value is not encrypted where the rest of a document is.
    contents = signature.raw_get("/Contents", decrypt=generic.EncryptedObjAccess.RAW)
    if isinstance(contents, generic.DecryptedObjectProxy):
        contents = contents.raw_object
    return bytes(getattr(contents, "original_bytes", b""))


def _first_signed_end(reader: PdfFileReader) -> int:
    ends = [0]
    for _, value, _ in enumerate_sig_fields(reader, filled_status=True):
        byte_range = value.get_object().get("/ByteRange")
        if isinstance(byte_range, list) and len(byte_range) == 4:
            ends.append(int(byte_range[2]) + int(byte_range[3]))
    return min(ends[1:], default=0)
