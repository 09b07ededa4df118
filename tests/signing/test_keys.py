"""Key files: opened with the right password, refused with a reason, never shown."""

import pickle
import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12

import signing
from tests.signing.conftest import PASSWORD, Office


def test_a_key_tells_whose_it_is(office: Office) -> None:
    key = office.mayor
    assert key.subject_name == "Μαρία Οικονόμου (TEST)"
    assert key.issuer_name == "Issuing CA (TEST)"
    assert key.not_before < datetime.now(UTC) < key.not_after
    certificate = x509.load_pem_x509_certificate(key.certificate_pem.encode())
    assert certificate.serial_number == key.serial


def test_a_wrong_password_is_told_apart_from_a_bad_file(office: Office) -> None:
    data = office.pki.issue_person(name="Άννα Γεωργίου", password=PASSWORD)
    with pytest.raises(signing.WrongPassword):
        signing.SigningKey.load_pkcs12(data, "other")
    with pytest.raises(signing.KeyUnusable, match="not a PKCS#12"):
        signing.SigningKey.load_pkcs12(b"hello", PASSWORD)
    with pytest.raises(signing.KeyUnusable):
        signing.SigningKey.load_pkcs12(data[:-200], PASSWORD)


@pytest.mark.parametrize(
    ("since", "until", "message"),
    [(-20, -10, "expired on"), (10, 20, "not valid before")],
    ids=["expired", "not yet valid"],
)
def test_a_key_out_of_its_time_is_refused(
    office: Office, since: int, until: int, message: str
) -> None:
    now = datetime.now(UTC)
    data = office.pki.issue_person(
        name="Άννα Γεωργίου",
        password=PASSWORD,
        since=now + timedelta(days=since),
        until=now + timedelta(days=until),
    )
    with pytest.raises(signing.KeyUnusable, match=message):
        signing.SigningKey.load_pkcs12(data, PASSWORD)


def test_a_key_that_expires_while_loaded_signs_no_more(office: Office) -> None:
    now = datetime.now(UTC)
    data = office.pki.issue_person(
        name="Άννα Γεωργίου", password=PASSWORD, until=now + timedelta(seconds=2)
    )
    key = signing.SigningKey.load_pkcs12(data, PASSWORD)
    time.sleep(max(0, (key.not_after - datetime.now(UTC)).total_seconds()) + 0.01)
    with pytest.raises(signing.KeyUnusable):
        signing.sign(b"%PDF-", key, field="A", level="B-B")


def test_a_file_without_a_private_key_is_refused(office: Office) -> None:
    data = pkcs12.serialize_key_and_certificates(
        None, None, office.mayor.certificate, None, NoEncryption()
    )
    with pytest.raises(signing.KeyUnusable, match="no private key"):
        signing.SigningKey.load_pkcs12(data, "")


def test_a_key_shows_no_secret_and_does_not_travel(office: Office) -> None:
    assert repr(office.mayor) == f"<SigningKey of {office.mayor.subject_name!r}, serial " + (
        f"{office.mayor.serial:x}>"
    )
    with pytest.raises(TypeError):
        pickle.dumps(office.mayor)
