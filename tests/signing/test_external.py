"""Begun here, signed elsewhere, finished here: only the right signature gets into the document."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

import signing
from tests.signing.conftest import PASSWORD, Office
from tests.signing.documents import letter, stamp


@pytest.fixture(scope="module")
def person(office: Office) -> bytes:
    return office.pki.issue_person(name="Άννα Γεωργίου", password=PASSWORD)


@pytest.fixture(scope="module")
def private_key(person: bytes) -> rsa.RSAPrivateKey:
    key = pkcs12.load_key_and_certificates(person, PASSWORD.encode())[0]
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


@pytest.fixture(scope="module")
def elsewhere(person: bytes) -> signing.SigningKey:
    """The certificate without the key."""
    key = signing.SigningKey.load_pkcs12(person, PASSWORD)
    chain = office_chain(key)
    return signing.SigningKey.load_certificates(chain)


def office_chain(key: signing.SigningKey) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in (key.certificate, *key.chain))


def signed_digest(key: rsa.RSAPrivateKey, digest: bytes) -> bytes:
    return key.sign(digest, padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))


@pytest.mark.parametrize("has_time", [True, False])
def test_a_signature_made_elsewhere_is_as_good(
    office: Office, elsewhere: signing.SigningKey, private_key: rsa.RSAPrivateKey, has_time: bool
) -> None:
    pdf = signing.prepare(letter(), [signing.Field("Anna", 1, (50, 50, 200, 110))])
    pending = signing.begin_external(pdf, elsewhere, field="Anna", stamp=stamp(), reason="Έγκριση")
    kept = signing.Pending.from_json(pending.as_json(), pending.pdf)
    assert kept == pending
    signed = signing.finish_external(
        kept,
        signed_digest(private_key, pending.digest),
        tsa_urls=office.tsa if has_time else (),
    )
    [signature] = office.validate(signed).signatures
    assert (signature.integrity, signature.trust) == ("intact", "trusted")
    assert signature.level == ("B-T" if has_time else "B-B")
    assert signature.signer == "Άννα Γεωργίου (TEST)"
    assert signed.startswith(pdf)


def test_a_signature_over_something_else_is_refused(
    office: Office, elsewhere: signing.SigningKey, private_key: rsa.RSAPrivateKey
) -> None:
    pending = signing.begin_external(letter(), elsewhere, field="A")
    other = signing.begin_external(letter("Pay 999 EUR"), elsewhere, field="A")
    for value in (signed_digest(private_key, other.digest), b"", b"\0" * 256):
        with pytest.raises(signing.BadSignature, match="does not fit"):
            signing.finish_external(pending, value)


def test_a_document_exchanged_while_waiting_is_refused(
    elsewhere: signing.SigningKey, private_key: rsa.RSAPrivateKey
) -> None:
    pending = signing.begin_external(letter(), elsewhere, field="A")
    value = signed_digest(private_key, pending.digest)
    changed = replace(pending, pdf=pending.pdf.replace(b"Pay 100", b"Pay 900"))
    with pytest.raises(signing.BadSignature, match="not the one"):
        signing.finish_external(changed, value)


def test_another_certificate_is_refused(
    office: Office, elsewhere: signing.SigningKey, private_key: rsa.RSAPrivateKey
) -> None:
    pending = signing.begin_external(letter(), elsewhere, field="A")
    value = signed_digest(private_key, pending.digest)
    forged = replace(pending, certificates=office.mayor.der_certificates)
    with pytest.raises(signing.BadSignature):
        signing.finish_external(forged, value)


def test_without_a_tsa_the_value_stays_good(
    elsewhere: signing.SigningKey, private_key: rsa.RSAPrivateKey, office: Office
) -> None:
    pending = signing.begin_external(letter(), elsewhere, field="A")
    value = signed_digest(private_key, pending.digest)
    with pytest.raises(signing.TsaUnavailable):
        signing.finish_external(pending, value, tsa_urls=["http://127.0.0.1:9/"], tsa_timeout=1)
    assert office.validate(signing.finish_external(pending, value)).integrity == "intact"


def test_a_certificate_alone_signs_nothing(elsewhere: signing.SigningKey) -> None:
    with pytest.raises(signing.SigningError, match="lies elsewhere"):
        signing.sign(letter(), elsewhere, field="A", level="B-B")


def test_what_is_no_certificate_is_said(office: Office) -> None:
    with pytest.raises(signing.KeyUnusable):
        signing.SigningKey.load_certificates(b"hello")
