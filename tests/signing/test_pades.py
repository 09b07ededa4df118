"""Signatures in order, each leaving the earlier ones valid; errors that lose nothing."""

import pytest

import signing
from signing import testpki
from tests.signing.conftest import PASSWORD, Office
from tests.signing.documents import letter, stamp


def test_three_sign_in_order_and_all_are_valid(office: Office, chain: bytes) -> None:
    report = office.validate(chain)
    assert (report.verdict, report.integrity) == ("valid", "intact")
    rows = [(one.field, one.kind, one.verdict, one.level) for one in report.signatures[:3]]
    assert rows == [
        ("Secretary", "signature", "valid", "B-LTA"),
        ("Mayor", "signature", "valid", "B-LTA"),
        ("Seal", "seal", "valid", "B-LTA"),
    ]
    assert report.signatures[3].kind == "timestamp"
    assert {one.time_source for one in report.signatures} == {"timestamp"}
    assert report.signatures[1].signer == "Μαρία Οικονόμου (TEST)"


def test_earlier_bytes_are_kept(office: Office, signed: bytes) -> None:
    assert office.signed(signed, field="Second").startswith(signed)


def test_nobody_signs_after_the_seal(office: Office, chain: bytes) -> None:
    with pytest.raises(signing.DocumentClosed):
        office.signed(chain, field="Late")


def test_a_seal_that_others_precede_needs_its_lock_prepared(office: Office) -> None:
    fields = [signing.Field("A", 1, (50, 50, 90, 90)), signing.Field("B", 1, (95, 50, 140, 90))]
    pdf = office.signed(signing.prepare(letter(), fields), field="A")
    with pytest.raises(signing.FieldMissing, match="lock=True"):
        signing.sign(pdf, office.seal, field="B", level="B-B", lock=True)


def test_a_lone_seal_locks_a_field_made_before(office: Office) -> None:
    pdf = signing.prepare(letter(), [signing.Field("Seal", 1, (50, 50, 90, 90))])
    pdf = signing.sign(pdf, office.seal, field="Seal", tsa_urls=office.tsa, lock=True)
    assert office.validate(pdf).integrity == "intact"
    with pytest.raises(signing.DocumentClosed):
        office.signed(pdf, field="Late")


def test_a_field_is_made_where_it_is_missing_and_signed_once(office: Office) -> None:
    pdf = signing.sign(letter(), office.mayor, field="New", level="B-B")
    assert [one.field for one in office.validate(pdf).signatures] == ["New"]
    with pytest.raises(signing.FieldMissing, match="signed already"):
        signing.sign(pdf, office.mayor, field="New", level="B-B")


@pytest.mark.parametrize(
    ("level", "found"), [("B-B", "B-B"), ("B-T", "B-T"), ("B-LT", "B-LT"), ("B-LTA", "B-LTA")]
)
def test_the_level_that_was_asked_for_is_reached(
    office: Office, level: signing.Level, found: str
) -> None:
    [signature, *_] = office.validate(office.signed(letter(), level=level)).signatures
    assert (signature.level, signature.integrity) == (found, "intact")
    # What is not in the file cannot be known offline.
    lasting = level in ("B-LT", "B-LTA")
    assert signature.verdict == ("valid" if lasting else "valid-but")
    assert signature.reasons == (() if lasting else ("revocation-unchecked",))


def test_online_the_authorities_are_asked(office: Office, signed: bytes) -> None:
    report = signing.validate(signed, trust_roots=office.roots, offline=False)
    assert report.verdict == "valid"


def test_without_a_time_stamping_service_nothing_is_signed(office: Office) -> None:
    pdf = letter()
    before = bytes(pdf)
    with pytest.raises(signing.TsaUnavailable, match="127"):
        signing.sign(pdf, office.mayor, field="A", tsa_urls=["http://127.0.0.1:9/tsa"])
    with pytest.raises(signing.TsaUnavailable, match="none is set"):
        signing.sign(pdf, office.mayor, field="A")
    assert pdf == before


def test_the_second_service_steps_in(office: Office) -> None:
    urls = ["http://127.0.0.1:9/tsa", office.pki.base_url + "/nothing", *office.tsa]
    pdf = signing.sign(letter(), office.mayor, field="A", tsa_urls=urls, tsa_timeout=5)
    assert office.validate(pdf).signatures[0].time_source == "timestamp"


def test_a_pending_time_proof_is_added_later(office: Office) -> None:
    bare = signing.sign(letter(), office.mayor, field="A", level="B-B")
    later = signing.complete(bare, trust_roots=office.roots, tsa_urls=office.tsa)
    [signature, timestamp] = office.validate(later).signatures
    assert (signature.level, signature.time_source) == ("B-LTA", "timestamp")
    assert signature.time == timestamp.time


def test_lasting_levels_say_what_they_need(office: Office) -> None:
    with pytest.raises(signing.SigningError, match="allow_fetching"):
        signing.sign(letter(), office.mayor, field="A", tsa_urls=office.tsa, level="B-LT")


def test_revocation_data_that_cannot_be_had_is_an_error(
    office: Office, tmp_path_factory: pytest.TempPathFactory
) -> None:
    dark = testpki.create(tmp_path_factory.mktemp("dark"), organisation="Without a server")
    key = signing.SigningKey.load_pkcs12(
        dark.issue_person(name="Άννα Γεωργίου", password=PASSWORD), PASSWORD
    )
    pdf = signing.sign(letter(), key, field="A", tsa_urls=office.tsa)
    with pytest.raises(signing.RevocationUnavailable):
        signing.complete(pdf, trust_roots=[*dark.trust_roots, *office.roots])


@pytest.mark.parametrize(
    "pdf",
    [b"", b"GIF89a", letter()[:-400], letter().replace(b"/Pages", b"/Pagez")],
    ids=["empty", "picture", "cut off", "no pages"],
)
def test_what_is_no_sound_pdf_is_not_signed(office: Office, pdf: bytes) -> None:
    with pytest.raises(signing.BadDocument):
        signing.sign(pdf, office.mayor, field="A", level="B-B")


def test_an_encrypted_document_is_not_signed(office: Office, encrypted: bytes) -> None:
    with pytest.raises(signing.BadDocument, match="encrypted"):
        signing.sign(encrypted, office.mayor, field="A", level="B-B")


def test_a_stamp_that_is_no_pdf_is_refused(office: Office) -> None:
    pdf = signing.prepare(letter(), [signing.Field("A", 1, (50, 50, 90, 90))])
    with pytest.raises(signing.SigningError):
        signing.sign(pdf, office.mayor, field="A", level="B-B", stamp=b"not a stamp")


def test_signing_keeps_pdf_a_parts(office: Office) -> None:
    """Embedded fonts only: the stamp brings its own, and nothing refers to Helvetica."""
    fields = [signing.Field("A", 1, (50, 50, 200, 110))]
    pdf = signing.prepare(stamp(300, 200), fields)
    signed = signing.sign(pdf, office.mayor, field="A", level="B-B", stamp=stamp())
    assert b"/Helvetica" not in signed[len(pdf) :]
