"""Certificates as pyHanko's libraries want them."""

from collections.abc import Iterable, Iterator, Sequence

from asn1crypto import cms, core, pem, x509
from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter

from signing.errors import SigningError


def parse_roots(trust_roots: Sequence[bytes]) -> list[x509.Certificate]:
    """All certificates of PEM (or DER) files, each of which may hold several.

    Raises SigningError where a file holds none: a mistyped path must not mean "trust nobody".
    """
    roots: list[x509.Certificate] = []
    for data in trust_roots:
        try:
            if pem.detect(data):
                blocks = [der for _, _, der in pem.unarmor(data, multiple=True)]
            else:
                blocks = [data]
            certificates = [x509.Certificate.load(der) for der in blocks]
            for certificate in certificates:
                certificate.subject.native  # noqa: B018  # asn1crypto parses only when asked
            roots += certificates
        except (ValueError, TypeError) as error:
            raise SigningError("A trust root is not a certificate in PEM or DER.") from error
    return roots


def certificates_in(signature: EmbeddedPdfSignature) -> Iterator[x509.Certificate]:
    """Certificates inside a signature and its timestamps."""
    yield from _of(signature.signed_data)
    for signed in (False, True):
        for token in extract_tst_data_iter(signature.signer_info, signed=signed):
            yield from _of(token)


def _of(signed_data: cms.SignedData) -> Iterable[x509.Certificate]:
    return [choice.chosen for choice in signed_data["certificates"] if choice.name == "certificate"]


def shown_name(certificate: x509.Certificate) -> str:
    """What people call the holder: the common name, else the whole distinguished name."""
    name = certificate.subject.native.get("common_name")
    return str(name) if name else str(certificate.subject.human_friendly)


def is_seal(certificate: x509.Certificate) -> bool:
    """Is the holder a legal person (an electronic seal; eIDAS, article 3, 25)?

    Told by the certificate's own statement (ETSI EN 319 412-5, QcType eSeal), else by the name:
    an organisation's identifier and none of a person's names (ETSI EN 319 412-3).
    """
    for extension in certificate["tbs_certificate"]["extensions"]:
        if extension["extn_id"].native == "qc_statements":
            types = extension["extn_value"].contents
            if _ESEAL in types:
                return True
            if _ESIGN in types:
                return False
    holder = certificate.subject.native
    personal = {"given_name", "surname", "pseudonym"} & set(holder)
    return not personal and bool({"organization_identifier", "2.5.4.97"} & set(holder))


_ESEAL = core.ObjectIdentifier("0.4.0.1862.1.6.2").dump()
_ESIGN = core.ObjectIdentifier("0.4.0.1862.1.6.1").dump()
