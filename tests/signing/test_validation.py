"""No changed document is ever called intact, whoever signed it; every file gets an answer."""

import re
from collections.abc import Callable
from io import BytesIO

import pikepdf
import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers

import signing
from tests.signing import documents
from tests.signing.conftest import Office
from tests.signing.documents import appended, letter

CONTENTS = rb"/Contents\s*<([0-9a-fA-F]+)>"


def test_an_unsigned_document_is_unsigned(office: Office) -> None:
    report = office.validate(letter())
    assert report.as_json() == {
        "document": {
            "verdict": "unsigned",
            "integrity": "unsigned",
            "summary": "The document bears no signature.",
        },
        "signatures": [],
    }


def test_the_report_as_json(office: Office) -> None:
    pdf = signing.sign(letter(), office.mayor, field="A", level="B-B")
    [signature] = office.validate(pdf).as_json()["signatures"]
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", signature.pop("time"))
    assert signature == {
        "field": "A",
        "kind": "signature",
        "verdict": "valid-but",
        "integrity": "intact",
        "trust": "trusted",
        "level": "B-B",
        "signer": "Μαρία Οικονόμου (TEST)",
        "time_source": "claimed",
        "reasons": ["revocation-unchecked"],
    }


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (documents.other_page_content, "changed-after-signing"),
        (documents.one_page_more, "changed-after-signing"),
        (documents.annotation, "changed-after-signing"),
        (documents.filled_text_field, "form-changed"),
        (documents.other_stamp("Mayor"), "changed-after-signing"),
        (documents.without_form, "signature-removed"),
    ],
    ids=["page content", "page added", "note", "shadow form field", "other stamp", "form removed"],
)
@pytest.mark.parametrize("level", ["B-B", "B-LTA"])
def test_a_later_change_is_found(
    office: Office, change: Callable[..., None], reason: str, level: signing.Level
) -> None:
    fields = [signing.Field("Mayor", 1, (50, 50, 150, 100))]
    pdf = signing.prepare(letter(text_field=True), fields)
    pdf = office.signed(pdf, level=level)
    assert office.validate(pdf).integrity == "intact"
    report = office.validate(appended(pdf, change))
    assert (report.verdict, report.integrity) == ("invalid", "changed")
    assert reason in report.signatures[0].reasons
    if reason != "signature-removed":
        assert report.signatures[0].trust == "trusted", "integrity is judged apart from trust"


def test_a_change_between_two_signatures_spoils_the_first(office: Office) -> None:
    first = office.signed(letter(), field="A")
    second = office.signed(appended(first, documents.other_page_content), field="B")
    report = office.validate(second)
    assert [one.integrity for one in report.signatures] == ["changed", "intact"]
    assert report.integrity == "changed"


def test_a_signature_after_the_seal_spoils_the_seal(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = signing.sign(letter(), office.seal, field="Seal", level="B-B", lock=True)
    monkeypatch.setattr("signing.pades._refuse_if_closed", lambda reader: None)
    late = signing.sign(sealed, office.mayor, field="Late", level="B-B")
    report = office.validate(late)
    assert [one.integrity for one in report.signatures] == ["changed", "intact"]


@pytest.mark.parametrize("tail", [b"x", b"\n%%EOF\n% more", b"\n<html>", b"\0" * 3000 + b"z"])
def test_something_appended_is_found(office: Office, signed: bytes, tail: bytes) -> None:
    report = office.validate(signed + tail)
    assert report.integrity in ("changed", "unreadable")
    assert report.verdict == "invalid"


def test_an_earlier_revision_is_sound_but_shows_fewer_signatures(
    office: Office, signed: bytes
) -> None:
    """Only the register knows how many signatures there should be."""
    twice = office.signed(signed, field="Second")
    report = office.validate(twice[: len(signed)])
    assert report.integrity == "intact"
    assert [one.field for one in report.signatures] == ["Mayor"]


def test_a_revision_cut_in_the_middle_is_not_intact(office: Office, signed: bytes) -> None:
    twice = office.signed(signed, field="Second")
    for length in range(len(signed) + 1, len(twice) - 2, (len(twice) - len(signed)) // 7):
        assert office.validate(twice[:length]).integrity != "intact"


def test_the_signed_text_changed_in_place_is_found(office: Office, signed: bytes) -> None:
    report = office.validate(signed.replace(b"Pay 100", b"Pay 900"))
    assert (report.integrity, report.signatures[0].reasons[0]) == ("changed", "digest-mismatch")


def test_a_gap_that_is_not_the_signature_is_found(office: Office, signed: bytes) -> None:
    """The byte range moved, so that part of the document would be unsigned."""
    found = re.search(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)\]", signed)
    assert found
    numbers = [int(number) for number in found.groups()]
    for start, length in ((0, numbers[1] - 40), (10, numbers[1])):
        forged = b"/ByteRange [%d %d %d %d]" % (start, length, numbers[2], numbers[3])
        forged += b" " * (len(found.group()) - len(forged))
        report = office.validate(signed.replace(found.group(), forged))
        assert report.integrity == "changed"
        assert "byte-range" in report.signatures[0].reasons


def test_a_format_out_of_use_is_not_passed_over(office: Office, signed: bytes) -> None:
    forged = signed.replace(b"/ETSI.CAdES.detached", b"/adbe.x509.rsa_sha1 ")
    [signature] = office.validate(forged).signatures
    assert (signature.integrity, signature.reasons) == ("unreadable", ("unsupported-format",))


def test_an_emptied_signature_is_unreadable(office: Office, signed: bytes) -> None:
    found = re.search(CONTENTS, signed)
    assert found
    report = office.validate(signed.replace(found.group(1), b"0" * len(found.group(1))))
    assert (report.verdict, report.integrity) == ("invalid", "unreadable")


def test_a_signature_taken_from_another_document_does_not_fit(office: Office) -> None:
    other, pdf = (signing.sign(letter(text), office.mayor, field="A", level="B-B") for text in "ab")
    stolen, own = (re.search(CONTENTS, one) for one in (other, pdf))
    assert stolen
    assert own
    report = office.validate(pdf.replace(own.group(1), stolen.group(1)))
    assert report.integrity == "changed"


@pytest.mark.parametrize(
    "pdf",
    [b"", b"%PDF-", b"<html>", b"%PDF-1.7\n" + b"\xff" * 9000, b"%PDF-1.4\nstartxref\n0\n%%EOF"],
)
def test_what_is_no_pdf_gets_an_answer(office: Office, pdf: bytes) -> None:
    report = office.validate(pdf)
    assert (report.verdict, report.integrity) == ("invalid", "unreadable")


def test_an_encrypted_document_gets_an_answer(office: Office, encrypted: bytes) -> None:
    report = office.validate(encrypted)
    assert (report.integrity, report.summary) == (
        "unreadable",
        "The file is encrypted, so it cannot be checked.",
    )


def test_loops_in_the_document_end(office: Office) -> None:
    """A field that is its own child, and a cross-reference table that points to itself."""
    with pikepdf.open(BytesIO(letter())) as pdf:
        field = pdf.make_indirect(pikepdf.Dictionary(T="A"))
        field.Kids = pikepdf.Array([field])
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([field]))
        output = BytesIO()
        pdf.save(output)
    assert office.validate(output.getvalue()).verdict in ("invalid", "unsigned")
    plain = letter()
    start = int(plain.rsplit(b"startxref", 1)[1].split()[0])
    looped = plain.replace(b"/Size", b"/Prev %d /Size" % start)
    assert office.validate(looped).verdict == "invalid"


@pytest.mark.parametrize("version", [4, 6])
def test_a_document_that_opens_without_a_password_is_judged(office: Office, version: int) -> None:
    """Encrypted only so that it cannot be printed or changed: two signatures, then an attack."""
    output = BytesIO()
    with pikepdf.open(BytesIO(letter())) as plain:
        plain.save(output, encryption=pikepdf.Encryption(owner="a", user="", R=version))
    pdf = output.getvalue()
    for field, key in (("A", office.secretary), ("B", office.mayor)):
        writer = IncrementalPdfFileWriter(BytesIO(pdf))
        writer.encrypt(b"")
        meta = signers.PdfSignatureMetadata(field_name=field, md_algorithm="sha256")
        pdf = signers.PdfSigner(meta, signer=key.signer).sign_pdf(writer).getvalue()
        assert office.validate(pdf).integrity == "intact"
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    writer.encrypt(b"")
    documents.other_page_content(writer)
    output = BytesIO()
    writer.write(output)
    assert office.validate(output.getvalue()).integrity == "changed"
