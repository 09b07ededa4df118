"""A document that was given out to be signed with any program, and came back.

It must be the very bytes that were given out, and after them one revision: the expected signature
in the expected field, and nothing else. What a program "also" did is not signed by anyone here.
"""

from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.generic import DictionaryObject, Reference
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, DiffResult, ModificationLevel

from signing import evidence
from signing.certificates import certificates_in, shown_name
from signing.container import certificates_sound
from signing.documents import FAULTS
from signing.evidence import Evidence
from signing.later import at, fields, form, later_reasons
from signing.report import Integrity, Kind

# Codes for what can be wrong, and what each means.
MEANING = {
    "not-continued": "This is not the document that was given out with a signature added to it.",
    "unchanged": "The document came back as it was given out, without a signature.",
    "unreadable": "The document that came back cannot be read.",
    "no-signature": "Something was added to the document, but no signature.",
    "several-signatures": "More than one signature was added.",
    "other-field": "The signature is not in the field that was meant for it.",
    "not-intact": "The signature does not hold.",
    "more-changed": "More was changed than the signature that was added.",
    "other-signer": "The signature is not by the person whose turn it is.",
}


@dataclass(frozen=True)
class Continuation:
    """Whether a document that came back may take the place of the one that was given out."""

    reason: str = ""  # empty, or a code of MEANING
    signer: str | None = None

    @property
    def is_ok(self) -> bool:
        return not self.reason


def continuation(
    before: bytes, after: bytes, *, field: str | None = None, certificate: bytes | None = None
) -> Continuation:
    """Is `after` the document `before` plus exactly one good signature?

    `field` is where it must be (any, where it is None); `certificate` (DER or PEM) whose it must
    be. Says nothing on trust and revocation: validate `after` for that. For strangers' files this
    has no limits of time and memory; who may hand in here is known and logged in.
    """
    if after == before:
        return Continuation("unchanged")
    if not after.startswith(before):
        return Continuation("not-continued")
    try:
        _, earlier = evidence.read(before)
        _, found = evidence.read(after)
        added = [one for one in found if one.name not in {each.name for each in earlier}]
        known = [one for one in found if one not in added]
        reason = _reason(after, known, added, field)
        if not reason:
            reason = _changes(added[0], len(before), field)
    except FAULTS:
        return Continuation("unreadable")
    if reason:
        return Continuation(reason)
    assert added[0].embedded is not None
    signer = added[0].embedded.signer_cert
    if certificate is not None and signer.dump() != _der(certificate):
        return Continuation("other-signer", shown_name(signer))
    return Continuation(signer=shown_name(signer))


def _reason(after: bytes, known: list[Evidence], added: list[Evidence], field: str | None) -> str:
    if not added:
        return "no-signature"
    if len(added) > 1:
        return "several-signatures"
    one = added[0]
    if one.embedded is None or one.kind is Kind.TIMESTAMP:
        return "no-signature"
    if field is not None and one.name != field:
        return "other-field"
    if any(each.integrity is not Integrity.INTACT for each in known):
        return "more-changed"
    sound = certificates_sound(certificates_in(one.embedded), ())
    if one.integrity is not Integrity.INTACT or not sound:
        return "not-intact"
    end = int(one.embedded.byte_range[2]) + int(one.embedded.byte_range[3])
    return "more-changed" if after[end:].strip(b"\r\n\t\f \0") else ""


def _changes(one: Evidence, size: int, field: str | None) -> str:
    """What the revision with the signature did besides signing, seen from the one before it."""
    assert one.embedded is not None
    reader, signed = one.embedded.reader, one.embedded.signed_revision
    xrefs = reader.xrefs
    base = signed - 1
    if base < 0 or xrefs.get_xref_container_info(base).start_location >= size:
        return "more-changed"  # more than one revision was added, or the whole written anew
    if "/AcroForm" not in reader.get_historical_resolver(base).root:
        return "" if _only_signed(reader, base, one.name) else "more-changed"
    difference = DEFAULT_DIFF_POLICY.review_file(reader, base)
    if (
        not isinstance(difference, DiffResult)
        or difference.modification_level > ModificationLevel.FORM_FILLING
        or set(difference.changed_form_fields) - {field or one.name}
        or later_reasons(reader, base)
    ):
        return "more-changed"
    return ""


def _only_signed(reader: PdfFileReader, base: int, field: str) -> bool:
    """Was a document without a form signed, and nothing else? (pyHanko compares forms only.)"""
    old, new = reader.get_historical_resolver(base), reader.get_historical_resolver(base + 1)
    if [str(at(one, "/T", "")) for _, one in fields(form(new))] != [field]:
        return False
    widget = next(reference for reference, _ in fields(form(new)))
    for reference in new.explicit_refs_in_revision():
        if reader.xrefs.get_historical_ref(reference, base) is None:
            continue  # new: shown only where something old refers to it now
        before, after = old(reference), new(reference)
        if reference == old.root_ref:
            allowed = {"/AcroForm", "/Extensions", "/Version", "/Perms", "/Metadata"}
        elif isinstance(before, DictionaryObject) and at(before, "/Type") == "/Page":
            allowed = {"/Annots"}
            known = list(at(before, "/Annots") or ())
            shown = list(at(after, "/Annots") or ())
            if shown[: len(known)] != known or any(
                getattr(one, "reference", None) != widget for one in shown[len(known) :]
            ):
                return False
        elif reference in (_info(old), _info(new)):
            continue
        else:
            return False
        if _without(before, allowed) != _without(after, allowed):
            return False
    return True


def _info(resolver: HistoricalResolver) -> Reference | None:
    return resolver.trailer_view.get_value_as_reference("/Info", optional=True)


def _without(dictionary: DictionaryObject, keys: set[str]) -> dict[str, object]:
    return {key: dictionary.raw_get(key) for key in dictionary if key not in keys}


def _der(certificate: bytes) -> bytes:
    if b"-----BEGIN" in certificate:
        return x509.load_pem_x509_certificate(certificate).public_bytes(Encoding.DER)
    return certificate
