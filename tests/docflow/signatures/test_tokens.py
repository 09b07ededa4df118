"""A key on a token (SoftHSM's), chosen by a person and used to sign."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pkcs11
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pkcs11 import Attribute
from pkcs11.util.rsa import decode_rsa_private_key
from pkcs11.util.x509 import decode_x509_certificate

from docflow import signatures
from docflow.office import Office
from docflow.principal import Principal
from docflow.settings import SigningService
from docflow.signatures import KeyKind, Secrets
from tests.conftest import Keys
from tests.docflow.signatures.papers import person_key, sign, verdict, with_services
from tests.factories import Town
from tests.signing.test_hardware import LIBRARY, PIN

ACCOUNT = {"token": "office", "label": "mayor"}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, keys: Keys) -> Iterator[Path]:
    """A token with the mayor's key and certificate."""
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(settings)
    command = ["softhsm2-util", "--init-token", "--free", "--label", "office", "--so-pin", "12345"]
    subprocess.run([*command, "--pin", PIN], check=True, capture_output=True)
    loaded = pkcs11.lib(str(LIBRARY))
    loaded.reinitialize()
    key, chain = person_key(keys)
    der = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    with loaded.get_token(token_label="office").open(user_pin=PIN, rw=True) as session:
        marks = {Attribute.LABEL: "mayor", Attribute.TOKEN: True}
        session.create_object(decode_rsa_private_key(der) | marks)
        for place, certificate in enumerate(chain):
            _keep(session, certificate, "mayor" if place == 0 else "authority")
    yield LIBRARY
    if before is None:
        del os.environ["SOFTHSM2_CONF"]
    else:
        os.environ["SOFTHSM2_CONF"] = before


def _keep(session: pkcs11.Session, certificate: x509.Certificate, label: str) -> None:
    attributes = decode_x509_certificate(certificate.public_bytes(Encoding.DER))
    session.create_object(attributes | {Attribute.LABEL: label, Attribute.TOKEN: True})


@pytest.fixture
def at_token(signing_office: Office, library: Path) -> Office:
    service = SigningService(name="hsm", kind="token", title="Κάρτα", library=library)
    return with_services(signing_office, service)


@pytest.fixture
def mayor(signing_office: Office, town: Town) -> Principal:
    with signing_office.db.begin() as session:
        return town.person(session, "mayor")


def test_a_person_signs_with_the_pin_of_his_token(at_token: Office, mayor: Principal) -> None:
    row = signatures.connect(at_token, "hsm", account=ACCOUNT, secrets=Secrets(pin=PIN), by=mayor)
    assert (row.kind, row.subject) == (KeyKind.TOKEN, "Νίκος Παπαδόπουλος (TEST)")
    assert signatures.services.asks(at_token.settings, row) == signatures.Asks(pin=True)
    made = sign(at_token, mayor, Secrets(pin=PIN))
    assert verdict(at_token, made.pdf) == ("intact", "Νίκος Παπαδόπουλος (TEST)", "B-T")


def test_a_wrong_pin_is_told(at_token: Office, mayor: Principal) -> None:
    with pytest.raises(signatures.WrongKeyPassword, match="PIN"):
        signatures.connect(at_token, "hsm", account=ACCOUNT, secrets=Secrets(pin="0000"), by=mayor)


def test_a_token_that_is_not_there_is_told(at_token: Office, mayor: Principal) -> None:
    account = {**ACCOUNT, "token": "another"}
    with pytest.raises(signatures.SignerAway):
        signatures.connect(at_token, "hsm", account=account, secrets=Secrets(pin=PIN), by=mayor)
