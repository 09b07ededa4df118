"""A key on a token: SoftHSM's, which is a token in software."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pkcs11
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from pkcs11 import Attribute, ObjectClass
from pkcs11.util.ec import decode_ec_private_key
from pkcs11.util.rsa import decode_rsa_private_key
from pkcs11.util.x509 import decode_x509_certificate

import signing
from signing.testpki import certificates
from tests.signing.conftest import PASSWORD, Office
from tests.signing.documents import letter

LIBRARY = next(
    (
        path
        for path in map(
            Path,
            (
                "/usr/lib/softhsm/libsofthsm2.so",
                "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
                "/usr/lib64/pkcs11/libsofthsm2.so",
                "/opt/homebrew/lib/softhsm/libsofthsm2.so",
            ),
        )
        if path.exists()
    ),
    Path("/usr/lib/softhsm/libsofthsm2.so"),
)
PIN = "1234"


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory, office: Office) -> Iterator[str]:
    """A token with the mayor's new key, an elliptic one, and the authority's certificate."""
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(settings)
    command = ["softhsm2-util", "--init-token", "--free", "--label", "town", "--so-pin", "12345"]
    subprocess.run([*command, "--pin", PIN], check=True, capture_output=True)
    library = pkcs11.lib(str(LIBRARY))
    library.reinitialize()
    data = office.pki.issue_person(name="Μαρία Οικονόμου", password=PASSWORD)
    key, certificate, chain = pkcs12.load_key_and_certificates(data, PASSWORD.encode())
    assert isinstance(key, rsa.RSAPrivateKey)
    assert certificate
    curve = ec.generate_private_key(ec.SECP256R1())
    with library.get_token(token_label="town").open(user_pin=PIN, rw=True) as session:
        store(session, "mayor", key, certificate)
        store(session, "curve", curve, elliptic(office, curve))
        for one in chain:
            keep(session, "authority", one)
    yield "town"
    del os.environ["SOFTHSM2_CONF"]


def elliptic(office: Office, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    issuing = office.pki.authorities["issuing"]
    return certificates.leaf(
        certificates.subject("Πέτρος", "Δήμος"),
        key,
        issuer=issuing.certificate,
        issuer_key=issuing.key,
        since=office.mayor.not_before,
        until=office.mayor.not_after,
        base_url=office.pki.base_url,
        issuer_label="issuing",
    )


def store(
    session: pkcs11.Session,
    label: str,
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    certificate: x509.Certificate,
) -> None:
    der = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    decode = decode_rsa_private_key if isinstance(key, rsa.RSAPrivateKey) else decode_ec_private_key
    session.create_object(decode(der) | {Attribute.LABEL: label, Attribute.TOKEN: True})
    keep(session, label, certificate)


def keep(session: pkcs11.Session, label: str, certificate: x509.Certificate) -> None:
    attributes = decode_x509_certificate(certificate.public_bytes(Encoding.DER))
    session.create_object(
        attributes
        | {
            Attribute.CLASS: ObjectClass.CERTIFICATE,
            Attribute.LABEL: label,
            Attribute.TOKEN: True,
        }
    )


@pytest.mark.parametrize("label", ["mayor", "curve"])
def test_a_token_signs(token: str, office: Office, label: str) -> None:
    with signing.token_key(LIBRARY, token=token, pin=PIN, label=label) as key:
        signed = [
            signing.sign(letter(str(number)), key, field="A", tsa_urls=office.tsa)
            for number in range(2)
        ]
    for pdf in signed:
        [report] = office.validate(pdf).signatures
        assert (report.integrity, report.trust, report.level) == ("intact", "trusted", "B-T")


def test_a_wrong_pin(token: str) -> None:
    with (
        pytest.raises(signing.WrongPassword),
        signing.token_key(LIBRARY, token=token, pin="9999", label="mayor"),
    ):
        pass


def test_the_label_is_needed_where_there_are_several(token: str) -> None:
    with (
        pytest.raises(signing.KeyUnusable, match="mayor"),
        signing.token_key(LIBRARY, token=token, pin=PIN),
    ):
        pass
    with (
        pytest.raises(signing.KeyUnusable),
        signing.token_key(LIBRARY, token=token, pin=PIN, label="nobody"),
    ):
        pass


@pytest.mark.parametrize("library", [LIBRARY, Path("/nowhere/lib.so")])
def test_no_token_and_no_library(token: str, library: Path) -> None:
    with (
        pytest.raises(signing.SignerUnavailable),
        signing.token_key(library, token="other", pin=PIN),
    ):
        pass


def test_the_session_is_closed_behind_the_key(token: str) -> None:
    with signing.token_key(LIBRARY, token=token, pin=PIN, label="mayor") as key:
        pass
    with pytest.raises(signing.SignerUnavailable):
        signing.sign(letter(), key, field="A", level="B-B")
