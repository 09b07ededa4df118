"""Trusted lists: believed only if their operator signed them, and only for their time."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

import signing
from signing.testpki import certificates
from tests.signing.conftest import Office
from tests.signing.documents import letter
from tests.signing.trusted_list import CA, TSA, service, trusted_list

NOW = datetime.now(UTC).replace(microsecond=0)
YEAR = timedelta(days=365)


@pytest.fixture(scope="module")
def operator() -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    key = certificates.new_key()
    name = certificates.subject("TLSO", "Ελλάδα")
    certificate = certificates.authority(
        name, key, issuer=None, issuer_key=key, now=NOW, years=5, crl_url=None, depth=0
    )
    return key, certificate


@pytest.fixture(scope="module")
def xml(office: Office, operator: tuple[rsa.RSAPrivateKey, x509.Certificate]) -> bytes:
    return trusted_list(
        [
            service(office.pki.authorities["issuing"].certificate, CA, NOW - YEAR),
            service(office.pki.tsa.certificate, TSA, NOW - YEAR),
            service(
                office.pki.authorities["root"].certificate,
                CA,
                NOW - 2 * YEAR,
                withdrawn=NOW - YEAR,
            ),
        ],
        issued=NOW,
        next_update=NOW + timedelta(days=180),
        key=operator[0],
        certificate=operator[1],
    )


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def test_a_list_says_whom_to_trust_and_when(
    office: Office, xml: bytes, operator: tuple[rsa.RSAPrivateKey, x509.Certificate]
) -> None:
    found = signing.read_trust_list(xml, operators=[pem(operator[1])])
    assert (found.territory, found.sequence) == ("GR", 7)
    assert (found.issued_at, found.next_update) == (NOW, NOW + timedelta(days=180))
    assert {one.name for one in found.services} == {"Δοκιμαστική υπηρεσία"}
    issuing, root = (office.pki.authorities[name].certificate for name in ("issuing", "root"))
    stamping = office.pki.tsa.certificate
    assert set(found.roots()) == {pem(issuing), pem(stamping)}
    assert found.roots(kind=signing.ServiceKind.TIME) == [pem(stamping)]
    assert found.roots(at=NOW - YEAR - timedelta(days=1)) == [pem(root)]
    assert found.roots(at=NOW - 3 * YEAR) == []


def test_signers_below_a_listed_authority_are_trusted(
    office: Office, xml: bytes, operator: tuple[rsa.RSAPrivateKey, x509.Certificate]
) -> None:
    """The listed certificates are those of issuing authorities, not of roots."""
    roots = signing.read_trust_list(xml, operators=[pem(operator[1])]).roots()
    signed = office.signed(letter(), level="B-LTA")
    report = signing.validate(signed, trust_roots=roots)
    assert report.verdict == "valid"
    assert signing.validate(signed, trust_roots=[]).verdict == "unconfirmed"


def test_a_list_by_somebody_else_or_changed_is_refused(
    office: Office, xml: bytes, operator: tuple[rsa.RSAPrivateKey, x509.Certificate]
) -> None:
    good = pem(operator[1])
    for data, operators in (
        (xml, office.roots),
        (xml, []),
        (xml.replace(b"<SchemeTerritory>GR", b"<SchemeTerritory>XX"), [good]),
        (xml.replace(b"Svcstatus/withdrawn", b"Svcstatus/granted"), [good]),
        (b"<TrustServiceStatusList xmlns='http://uri.etsi.org/02231/v2#'/>", [good]),
        (b"not XML", [good]),
        (b"\xff\xfe", [good]),
    ):
        with pytest.raises(signing.BadTrustList):
            signing.read_trust_list(data, operators=operators)


def test_a_list_out_of_date_is_refused(
    xml: bytes, operator: tuple[rsa.RSAPrivateKey, x509.Certificate]
) -> None:
    with pytest.raises(signing.BadTrustList, match="to be replaced"):
        signing.read_trust_list(xml, operators=[pem(operator[1])], at=NOW + YEAR)
