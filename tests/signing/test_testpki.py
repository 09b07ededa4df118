"""The test PKI: marked, reopened as it was, served by a process of its own."""

import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

import signing
from signing import testpki
from tests.signing.conftest import PASSWORD, Office

CHECKOUT = Path(signing.__file__).parents[1]


def test_everything_is_marked_as_a_test(office: Office) -> None:
    data = office.pki.issue_seal(
        name="Περιφέρεια Ανατολικής Μακεδονίας και Θράκης", password=PASSWORD
    )
    stored = pkcs12.load_pkcs12(data, PASSWORD.encode())
    assert stored.cert
    issued = [stored.cert.certificate, *(one.certificate for one in stored.additional_certs)]
    made = [x509.load_pem_x509_certificate(root) for root in office.roots]
    for certificate in [*issued, *made, office.pki.tsa.certificate]:
        for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
            [name] = certificate.subject.get_attributes_for_oid(oid)
            assert str(name.value).endswith("(TEST)")
            assert len(name.value.encode()) <= 64  # type: ignore[union-attr]


def test_a_directory_is_reopened_as_it_was(office: Office) -> None:
    again = testpki.create(office.pki.directory, organisation="Another name", port=1)
    assert again.base_url == office.pki.base_url
    assert again.organisation == office.pki.organisation
    assert again.trust_roots == office.roots


def test_private_keys_are_for_their_owner_only(office: Office) -> None:
    for path in office.pki.directory.glob("*.key"):
        assert path.stat().st_mode & 0o077 == 0


def test_the_server_gives_certificates_and_lists(office: Office) -> None:
    for label in ("root", "issuing", "tsa-ca"):
        certificate = x509.load_der_x509_certificate(_get(office, f"/certs/{label}.crt"))
        revoked = x509.load_der_x509_crl(_get(office, f"/crl/{label}.crl"))
        assert revoked.issuer == certificate.subject
        assert revoked.is_signature_valid(certificate.public_key())  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["/nothing", "/crl/other.crl", "/certs/tsa.crt"])
def test_the_server_knows_what_it_has_not(office: Office, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        _get(office, path)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [("/ocsp/issuing", b"nonsense", 400), ("/ocsp/other", b"", 404), ("/tsa", b"x" * 70_000, 413)],
)
def test_bad_requests_are_refused(office: Office, path: str, body: bytes, status: int) -> None:
    with pytest.raises(urllib.error.HTTPError, match=str(status)):
        urllib.request.urlopen(office.pki.base_url + path, data=body, timeout=5)


def test_a_bad_timestamp_request_is_refused_politely(office: Office) -> None:
    answer = office.server.tsa.answer(b"nonsense")
    assert b"bad request" in answer


def test_the_process_starts_without_pyhanko_and_ends_on_request(tmp_path: Path) -> None:
    pki = testpki.create(tmp_path, organisation="Δήμος")
    command = [sys.executable, "-X", "importtime", "-m", "signing.testpki", "serve", str(tmp_path)]
    process = subprocess.Popen(
        command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        assert str(pki.port) in process.stdout.readline()
        assert signing.timestamp(b"x", tsa_urls=[pki.tsa_url])
    finally:
        process.terminate()
        _, loaded = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "pyhanko" not in loaded, "the server would hold 20 MB more"


def _get(office: Office, path: str) -> bytes:
    with urllib.request.urlopen(office.pki.base_url + path, timeout=5) as response:
        return bytes(response.read())
