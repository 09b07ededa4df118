"""Who signed, and when: strangers, revoked and expired certificates, proven and claimed times."""

from datetime import UTC, datetime, timedelta

import pytest

import signing
from signing import testpki
from tests.signing.conftest import PASSWORD, Office
from tests.signing.documents import letter

NOW = datetime.now(UTC)


def years(number: float) -> datetime:
    return NOW + timedelta(days=365 * number)


def new_key(office: Office) -> signing.SigningKey:
    data = office.pki.issue_person(name="Πέτρος Νικολάου", password=PASSWORD)
    return signing.SigningKey.load_pkcs12(data, PASSWORD)


def test_a_stranger_is_unconfirmed_and_his_document_intact(chain: bytes) -> None:
    report = signing.validate(chain)
    assert (report.verdict, report.integrity) == ("unconfirmed", "intact")
    assert {one.trust for one in report.signatures} == {"unknown"}


def test_another_authority_of_the_same_name_is_a_stranger(
    office: Office, signed: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    double = testpki.create(tmp_path_factory.mktemp("double"), organisation=office.pki.organisation)
    report = signing.validate(signed, trust_roots=double.trust_roots)
    assert (report.verdict, report.signatures[0].trust) == ("unconfirmed", "unknown")


@pytest.mark.parametrize("level", ["B-B", "B-T"])
def test_a_revoked_signer_is_never_valid(office: Office, level: signing.Level) -> None:
    key = new_key(office)
    office.pki.revoke(key.serial, at=NOW - timedelta(days=1))
    pdf = signing.sign(letter(), key, field="A", tsa_urls=office.tsa, level=level)
    report = signing.validate(pdf, trust_roots=office.roots, offline=False)
    assert report.signatures[0].trust == "revoked"
    assert report.verdict == ("invalid" if level == "B-T" else "unconfirmed")
    assert report.integrity == "intact"
    assert signing.validate(pdf, trust_roots=office.roots).verdict == "valid-but"


def test_a_revoked_signer_gets_no_lasting_signature(office: Office) -> None:
    key = new_key(office)
    office.pki.revoke(key.serial)
    with pytest.raises(signing.RevocationUnavailable, match="revoked"):
        signing.sign(
            letter(), key, field="A", tsa_urls=office.tsa, level="B-LT", allow_fetching=True
        )


def test_revoked_after_the_proven_time_does_not_matter(office: Office) -> None:
    key = new_key(office)
    pdf = signing.sign(
        letter(), key, field="A", tsa_urls=office.tsa, level="B-LTA", allow_fetching=True
    )
    office.pki.revoke(key.serial, at=datetime.now(UTC) + timedelta(seconds=2))
    for offline in (True, False):
        report = signing.validate(pdf, trust_roots=office.roots, offline=offline)
        assert report.verdict == "valid"


def test_revocation_data_out_of_date_still_tells_of_a_revocation(office: Office) -> None:
    """Embedded while the certificate was still good by its own authority, then found revoked."""
    key = new_key(office)
    office.pki.revoke(key.serial, at=NOW - timedelta(days=1))
    pdf = signing.sign(letter(), key, field="A", level="B-B")
    report = signing.validate(pdf, trust_roots=office.roots, offline=False)
    assert report.signatures[0].reasons[0] == "revoked"


@pytest.mark.parametrize(
    ("level", "after", "verdict", "trust"),
    [
        ("B-B", 6, "unconfirmed", "expired"),
        ("B-T", 6, "valid-but", "trusted"),
        ("B-LT", 6, "valid", "trusted"),
        ("B-LTA", 6, "valid", "trusted"),
        ("B-LTA", 13, "valid", "trusted"),
        ("B-LTA", 14.5, "unconfirmed", "expired"),
    ],
)
def test_how_long_a_signature_lasts(
    office: Office, level: signing.Level, after: float, verdict: str, trust: str
) -> None:
    """The signer's certificate lasts five years, that of the time-stamping service fourteen."""
    pdf = office.signed(letter(), level=level)
    report = signing.validate(pdf, trust_roots=office.roots, at=years(after))
    assert (report.signatures[0].verdict, report.signatures[0].trust) == (verdict, trust)
    assert report.integrity == "intact"


def test_several_signers_of_one_authority_last(office: Office, chain: bytes) -> None:
    """pyHanko's long-term validation fails here once the OCSP answers are past nextUpdate."""
    report = signing.validate(chain, trust_roots=office.roots, at=NOW + timedelta(days=30))
    assert report.verdict == "valid"


def test_a_renewed_archive_timestamp_keeps_all_valid(office: Office, chain: bytes) -> None:
    renewed = signing.complete(chain, trust_roots=office.roots, tsa_urls=office.tsa)
    assert renewed.startswith(chain)
    assert len(renewed) - len(chain) < 30_000
    report = signing.validate(renewed, trust_roots=office.roots, at=years(10))
    assert report.verdict == "valid"
    assert sum(one.kind == "timestamp" for one in report.signatures) == 2


def test_before_its_time_a_certificate_is_not_trusted(office: Office, signed: bytes) -> None:
    bare = signing.sign(letter(), office.mayor, field="A", level="B-B")
    report = signing.validate(bare, trust_roots=office.roots, at=years(-1))
    assert (report.verdict, report.signatures[0].reasons) == ("unconfirmed", ("not-yet-valid",))


def test_a_timestamp_of_a_stranger_proves_nothing(
    office: Office, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = testpki.create(tmp_path_factory.mktemp("other"), organisation="Other")
    with testpki.running(other):
        pdf = signing.sign(letter(), office.mayor, field="A", tsa_urls=[other.tsa_url])
        stamped = signing.complete(
            signing.sign(letter(), office.mayor, field="A", level="B-B"),
            trust_roots=office.roots,
            tsa_urls=[other.tsa_url],
        )
    [signature] = office.validate(pdf).signatures
    assert (signature.time_source, signature.verdict) == ("claimed", "valid-but")
    assert "timestamp-untrusted" in signature.reasons
    later = signing.validate(pdf, trust_roots=office.roots, at=years(6))
    assert later.signatures[0].trust == "expired"
    report = office.validate(stamped)
    assert report.verdict == "valid-but"
    assert report.signatures[0].time_source == "claimed"


def test_roots_that_are_none_are_an_error(signed: bytes) -> None:
    with pytest.raises(signing.SigningError):
        signing.validate(signed, trust_roots=[b"-----BEGIN NONSENSE-----"])
    with pytest.raises(signing.SigningError):
        signing.validate_limited(signed, trust_roots=[b"not a certificate"])
