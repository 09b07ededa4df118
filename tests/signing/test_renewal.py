"""Signatures that last: degraded when a service is away, completed later, renewed in time."""

from datetime import UTC, datetime, timedelta

import pytest

import signing
from signing import testpki
from signing.algorithms import HORIZON
from tests.signing.conftest import PASSWORD, Office
from tests.signing.documents import letter

NOWHERE = ["http://127.0.0.1:9/tsa"]


def deferred(office: Office, tsa: list[str], level: signing.Level = "B-LTA") -> signing.Signed:
    return signing.sign_or_defer(
        letter(),
        office.mayor,
        field="A",
        tsa_urls=tsa,
        tsa_timeout=2,
        level=level,
        trust_roots=office.roots,
        allow_fetching=True,
    )


def test_without_a_tsa_it_is_signed_and_the_time_is_pending(office: Office) -> None:
    done = deferred(office, NOWHERE)
    assert (done.level, done.wanted, done.is_time_pending) == ("B-B", "B-LTA", True)
    assert "No time-stamping service answered" in done.problem
    [report] = office.validate(done.pdf).signatures
    assert (report.level, report.time_source, report.integrity) == ("B-B", "claimed", "intact")


def test_nothing_is_pending_where_all_answer(office: Office) -> None:
    for level in ("B-B", "B-T", "B-LT", "B-LTA"):
        done = deferred(office, office.tsa, level)
        assert (done.level, done.is_pending, done.problem) == (level, False, "")
        assert office.validate(done.pdf).signatures[0].level == level


def test_revocation_data_that_is_missing_costs_the_level_only(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: object, **kwargs: object) -> bytes:
        raise signing.RevocationUnavailable("The authority is away.")

    with monkeypatch.context() as patched:
        patched.setattr("signing.pades.complete", fails)
        done = deferred(office, office.tsa)
    assert (done.level, done.is_pending, done.is_time_pending) == ("B-T", True, False)
    assert done.problem == "The authority is away."
    later = signing.completed_or_deferred(done, trust_roots=office.roots, tsa_urls=office.tsa)
    assert (later.level, later.problem) == ("B-LTA", "")


@pytest.mark.parametrize("level", ["B-T", "B-LT", "B-LTA"])
def test_what_was_pending_is_completed(office: Office, level: signing.Level) -> None:
    done = deferred(office, NOWHERE, level)
    later = signing.completed_or_deferred(done, trust_roots=office.roots, tsa_urls=office.tsa)
    assert (later.level, later.is_pending) == (level, False)
    assert later.pdf.startswith(done.pdf)
    report = office.validate(later.pdf)
    assert report.integrity == "intact"
    assert report.signatures[0].time_source == "timestamp"
    assert report.verdict == ("valid-but" if level == "B-T" else "valid")


def test_a_level_reached_is_not_reached_again(office: Office) -> None:
    signed = office.signed(letter(), level="B-T")
    assert signing.complete(signed, tsa_urls=office.tsa, level="B-T") == signed
    lasting = signing.complete(signed, trust_roots=office.roots, level="B-LT")
    assert signing.complete(lasting, trust_roots=office.roots, level="B-LT") == lasting


def test_all_signers_are_completed_not_only_the_last(office: Office) -> None:
    pdf = letter()
    for field, key in (("A", office.secretary), ("B", office.mayor), ("C", office.seal)):
        pdf = signing.sign(pdf, key, field=field, level="B-B")
    pdf = signing.complete(pdf, trust_roots=office.roots, tsa_urls=office.tsa, level="B-LTA")
    report = office.validate(pdf)
    assert [one.verdict for one in report.signatures] == ["valid"] * 4


def test_renewal_is_due_before_anything_it_rests_on_ends(office: Office) -> None:
    tsa_ends = office.pki.tsa.certificate.not_valid_after_utc
    lasting = office.signed(letter(), level="B-LTA")
    due = signing.renewal_due(lasting)
    assert due <= tsa_ends
    assert due <= datetime.now(UTC) + HORIZON
    assert due == datetime(2029, 1, 1, tzinfo=UTC), "keys of 2048 bits"
    bare = signing.sign(letter(), office.mayor, field="A", level="B-B")
    assert signing.renewal_due(bare) <= office.mayor.not_after
    with pytest.raises(signing.BadDocument):
        signing.renewal_due(letter())


def test_it_will_hold_and_until_when(office: Office) -> None:
    lasting = office.signed(letter(), level="B-LTA")
    soon = datetime.now(UTC) + timedelta(days=365)
    outlook = signing.will_hold(lasting, soon, trust_roots=office.roots)
    assert outlook.holds
    assert outlook.report.verdict == "valid"
    late = signing.will_hold(lasting, datetime(2032, 1, 1, tzinfo=UTC), trust_roots=office.roots)
    assert not late.holds, "the algorithm's time is over by then"
    assert late.report.verdict == "valid", "which does not make the certificates invalid"
    bare = signing.sign(letter(), office.mayor, field="A", level="B-B")
    after = office.mayor.not_after + timedelta(days=1)
    assert not signing.will_hold(bare, after, trust_roots=office.roots).holds
    assert not signing.will_hold(lasting, soon, trust_roots=[]).holds


def test_ten_years_with_renewals(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The signer's certificate ends after one year, each archive timestamp is renewed after three.

    Ten years later everything holds, from the file and the root alone.
    """
    start = datetime.now(UTC)
    clock = [start]
    pki = testpki.create(tmp_path_factory.mktemp("aging"), organisation="Δήμος")
    person = pki.issue_person(
        name="Άννα Γεωργίου", password=PASSWORD, until=start + timedelta(days=365)
    )
    key = signing.SigningKey.load_pkcs12(person, PASSWORD)
    with testpki.running(pki, clock=lambda: clock[0]):
        pdf = signing.sign(
            letter(),
            key,
            field="A",
            tsa_urls=[pki.tsa_url],
            level="B-LTA",
            trust_roots=pki.trust_roots,
            allow_fetching=True,
        )
        for years in (3, 6, 9):
            clock[0] = start + timedelta(days=365 * years)
            pdf = signing.renew(
                pdf, trust_roots=pki.trust_roots, tsa_urls=[pki.tsa_url], at=clock[0]
            )
    report = signing.validate(pdf, trust_roots=pki.trust_roots, at=start + timedelta(days=3650))
    assert [one.verdict for one in report.signatures] == ["valid"] * 5
    assert [one.kind for one in report.signatures].count("timestamp") == 4
    with pytest.raises(signing.BadDocument):
        signing.renew(letter(), trust_roots=pki.trust_roots, tsa_urls=[pki.tsa_url])
