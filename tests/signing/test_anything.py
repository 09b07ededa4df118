"""Signed files that are no PDF: XML, CMS, containers; and the answer where nothing can be said."""

import hashlib
import zipfile
from base64 import b64encode
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7, pkcs12
from lxml import etree
from signxml import XMLSigner, methods
from signxml.xades import XAdESSigner

import signing
from tests.signing.conftest import PASSWORD, Office
from tests.signing.documents import letter
from tests.signing.trusted_list import resealed

DOCUMENT = "Αίτηση: παρακαλώ 100 EUR".encode()
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"


@pytest.fixture(scope="module")
def anna(office: Office) -> tuple[rsa.RSAPrivateKey, signing.SigningKey]:
    data = office.pki.issue_person(name="Άννα Γεωργίου", password=PASSWORD)
    key = pkcs12.load_key_and_certificates(data, PASSWORD.encode())[0]
    assert isinstance(key, rsa.RSAPrivateKey)
    return key, signing.SigningKey.load_pkcs12(data, PASSWORD)


Anna = tuple[rsa.RSAPrivateKey, signing.SigningKey]


def cades(anna: Anna, content: bytes, *, detached: bool) -> bytes:
    """A plain CMS signature, as openssl makes it."""
    private, key = anna
    options = [pkcs7.PKCS7Options.Binary]
    options += [pkcs7.PKCS7Options.DetachedSignature] if detached else []
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
    builder = builder.add_signer(key.certificate, private, SHA256())
    for one in key.chain:
        builder = builder.add_certificate(one)
    return builder.sign(Encoding.DER, options)


def xades(anna: Anna, document: bytes) -> bytes:
    """An enveloped XAdES signature over the whole document."""
    private, key = anna
    signer = XAdESSigner(method=methods.enveloped, c14n_algorithm=EXCLUSIVE)
    chain = [key.certificate, *key.chain]
    signed = signer.sign(etree.fromstring(document), key=private, cert=chain)
    return resealed(signed, private)


def judged(office: Office, data: bytes, content: bytes | None = None) -> signing.Report:
    return signing.validate_any_bytes(data, content=content, trust_roots=office.roots)


def test_a_document_inside_its_signature(office: Office, anna: Anna, tmp_path: Path) -> None:
    signed = cades(anna, DOCUMENT, detached=False)
    (tmp_path / "letter.p7m").write_bytes(signed)
    report = signing.validate_any(tmp_path / "letter.p7m", trust_roots=office.roots)
    [one] = report.signatures
    assert (one.integrity, one.trust, one.signer) == ("intact", "trusted", "Άννα Γεωργίου (TEST)")
    assert one.level == "CAdES-B"
    assert judged(office, signed.replace(b"100 EUR", b"900 EUR")).integrity == "changed"
    assert signing.validate_any_bytes(signed).verdict == "unconfirmed"
    pem = b"-----BEGIN PKCS7-----\n" + b64encode(signed) + b"\n-----END PKCS7-----\n"
    assert judged(office, pem).integrity == "intact"


def test_a_signature_beside_its_document(office: Office, anna: Anna) -> None:
    signed = cades(anna, DOCUMENT, detached=True)
    assert judged(office, signed, DOCUMENT).integrity == "intact"
    assert judged(office, signed, DOCUMENT + b"!").integrity == "changed"
    alone = judged(office, signed)
    assert (alone.integrity, alone.signatures[0].reasons[0]) == ("changed", "digest-mismatch")
    assert judged(office, signed + b"rubbish", DOCUMENT).integrity == "changed"
    assert judged(office, signed[:-40], DOCUMENT).integrity != "intact"


def test_two_signers_of_one_message(office: Office, anna: Anna) -> None:
    one = cms.ContentInfo.load(cades(anna, DOCUMENT, detached=False))
    two = one.copy()
    two["content"]["signer_infos"].append(one["content"]["signer_infos"][0])
    report = judged(office, two.dump(force=True))
    assert [each.field for each in report.signatures] == ["CMS 1", "CMS 2"]
    assert report.integrity == "intact"


def test_signed_xml(office: Office, anna: Anna) -> None:
    signed = xades(anna, b"<order><amount>100</amount></order>")
    [one] = judged(office, signed).signatures
    assert (one.integrity, one.trust, one.level) == ("intact", "trusted", "XAdES-B")
    assert one.time_source == "claimed"
    assert "no-signing-certificate" not in one.reasons
    changed = judged(office, signed.replace(b">100<", b">900<"))
    assert (changed.verdict, changed.integrity) == ("invalid", "changed")
    assert signing.validate_any_bytes(signed).signatures[0].trust == "unknown"
    assert judged(office, b"<order><amount>100</amount></order>").verdict == "unsigned"


def test_plain_xml_signatures_and_enveloping_ones(office: Office, anna: Anna) -> None:
    private, key = anna
    chain = [key.certificate, *key.chain]
    for method in (methods.enveloped, methods.enveloping):
        signer = XMLSigner(method=method, c14n_algorithm=EXCLUSIVE)
        signed = etree.tostring(
            signer.sign(etree.fromstring(b"<order>100</order>"), key=private, cert=chain)
        )
        [one] = judged(office, signed).signatures
        assert (one.integrity, one.level) == ("intact", "XML-DSig")
        assert one.verdict == "unconfirmed", "it does not say which certificate it is by"
        assert judged(office, signed.replace(b"100", b"900")).integrity == "changed"


def test_xml_signature_wrapping(office: Office, anna: Anna) -> None:
    """The signed part moved aside, another one in its place."""
    private, key = anna
    signer = XMLSigner(method=methods.enveloped, c14n_algorithm=EXCLUSIVE)
    document = etree.fromstring(b'<order Id="a">100</order>')
    signed = signer.sign(document, key=private, cert=[key.certificate], reference_uri="#a")
    assert judged(office, etree.tostring(signed)).integrity == "intact"
    wrapped = etree.Element("order")
    wrapped.text = "900"
    wrapped.append(signed)
    assert judged(office, etree.tostring(wrapped)).integrity != "intact"
    doubled = etree.fromstring(etree.tostring(signed))
    etree.SubElement(doubled, "order", Id="a").text = "900"
    assert judged(office, etree.tostring(doubled)).integrity != "intact"


def asic(files: dict[str, bytes]) -> bytes:
    output = BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        archive.writestr("mimetype", "application/vnd.etsi.asic-e+zip")
        for name, data in files.items():
            archive.writestr(name, data)
    return output.getvalue()


def manifest(files: dict[str, bytes]) -> bytes:
    parts = "".join(
        f'<asic:DataObjectReference URI="{name}">'
        '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
        f"<ds:DigestValue>{b64encode(hashlib.sha256(data).digest()).decode()}</ds:DigestValue>"
        "</asic:DataObjectReference>"
        for name, data in files.items()
    )
    return (
        '<asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" '
        'xmlns:ds="http://www.w3.org/2000/09/xmldsig#">'
        f'<asic:SigReference URI="META-INF/signature001.p7s"/>{parts}</asic:ASiCManifest>'
    ).encode()


FILES = {"letter.txt": DOCUMENT, "plan.txt": b"plan"}


def test_a_container_with_a_manifest(office: Office, anna: Anna) -> None:
    listed = manifest(FILES)
    inside = {
        "META-INF/ASiCManifest001.xml": listed,
        "META-INF/signature001.p7s": cades(anna, listed, detached=True),
    }
    good = judged(office, asic(FILES | inside))
    assert (good.integrity, good.signatures[0].trust) == ("intact", "trusted")
    for files in (
        FILES | {"plan.txt": b"other"},
        FILES | {"added.txt": b"x"},
        {"letter.txt": DOCUMENT},
    ):
        assert judged(office, asic(files | inside)).integrity == "changed"
    other = inside | {"META-INF/ASiCManifest001.xml": manifest(FILES | {"added.txt": b"x"})}
    assert judged(office, asic(FILES | {"added.txt": b"x"} | other)).integrity == "changed"


def test_a_container_with_one_file(office: Office, anna: Anna) -> None:
    signed = cades(anna, DOCUMENT, detached=True)
    inside = {"META-INF/signature.p7s": signed}
    assert judged(office, asic({"letter.txt": DOCUMENT} | inside)).integrity == "intact"
    assert judged(office, asic({"letter.txt": b"other"} | inside)).integrity == "changed"
    assert judged(office, asic(FILES | inside)).integrity != "intact"


def detached_xml(anna: Anna, files: dict[str, bytes]) -> bytes:
    """An XML signature over files beside it, written by hand: signxml makes none of several."""
    private, key = anna
    references = "".join(
        f'<ds:Reference URI="{name}">'
        '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
        f"<ds:DigestValue>{b64encode(hashlib.sha256(data).digest()).decode()}</ds:DigestValue>"
        "</ds:Reference>"
        for name, data in files.items()
    )
    certificate = b64encode(key.certificate.public_bytes(Encoding.DER)).decode()
    text = (
        '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>'
        f'<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"/>'
        '<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>'
        f"{references}</ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo><ds:X509Data>"
        f"<ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
        "</ds:Signature>"
    )
    signed = resealed(etree.fromstring(text), private)
    return b'<asic:XAdESSignatures xmlns:asic="http://uri.etsi.org/02918/v1.2.1#">%s' % signed + (
        b"</asic:XAdESSignatures>"
    )


def test_a_container_with_xml_signatures(office: Office, anna: Anna) -> None:
    inside = {"META-INF/signatures.xml": detached_xml(anna, FILES)}
    assert judged(office, asic(FILES | inside)).integrity == "intact"
    assert judged(office, asic(FILES | {"plan.txt": b"other"} | inside)).integrity == "changed"
    assert judged(office, asic(FILES | {"added.txt": b"x"} | inside)).integrity == "changed"


def bomb() -> bytes:
    output = BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(4):
            archive.writestr(f"{number}.txt", b"\0" * (80 << 20))
        archive.writestr("META-INF/signatures.xml", b"<x/>")
    return output.getvalue()


@pytest.mark.parametrize(
    ("make", "verdict"),
    [
        (lambda: b"hello", "unconfirmed"),
        (lambda: b"", "unconfirmed"),
        (lambda: asic({"_xmlsignatures/sig1.xml": b"<x/>", "a": b"b"}), "unconfirmed"),
        (lambda: asic({"a.txt": b"b"}), "unsigned"),
        (lambda: asic({"META-INF/signatures.xml": b"<broken", "a": b"b"}), "invalid"),
        (lambda: b"PK\x03\x04 and rubbish", "invalid"),
        (lambda: b"<broken", "invalid"),
        (lambda: b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "invalid"),
        (lambda: letter(), "unsigned"),
        (bomb, "invalid"),
    ],
)
def test_an_answer_for_everything(office: Office, make: Callable[[], bytes], verdict: str) -> None:
    data = make()
    assert judged(office, data).verdict == verdict
    assert signing.validate_any_limited(data, trust_roots=office.roots).verdict == verdict


def test_in_the_limited_process(office: Office, anna: Anna) -> None:
    signed = cades(anna, DOCUMENT, detached=True)
    report = signing.validate_any_limited(signed, content=DOCUMENT, trust_roots=office.roots)
    assert report == judged(office, signed, DOCUMENT)
    certificate = anna[1].certificate.public_bytes(Encoding.DER)
    assert judged(office, certificate).verdict == "unconfirmed", "a certificate is no signature"
