"""Exact copies: what they say of the original, and the original inside them."""

from dataclasses import replace
from io import BytesIO

import pikepdf
import pytest

from docflow.printing import (
    ExactCopyData,
    PrintingError,
    attach,
    exact_copy,
    exact_copy_of_pdf,
    letter,
)


def test_an_exact_copy_says_who_signed_and_when(read, copy_data: ExactCopyData):
    found = read(exact_copy(copy_data).pdf)
    for words in (
        "ΑΚΡΙΒΕΣ ΑΝΤΙΓΡΑΦΟ",
        "Παράδειγμα, 23 Νοεμβρίου 2026",
        "18455/2026",
        "άρθρο 13 παρ. 4 του ν. 4727/2020",
        "Ελένη Καραγιάννη, Η συντάκτρια",
        "Ιωάννης Ρήγας, Ο Δήμαρχος",
        "20/11/2026 10:41:07 (UTC+02:00)",
        "CN=Ιωάννης Ρήγας, C=GR",
        "ηλεκτρονική σφραγίδα του φορέα «Δήμος Παραδείγματος»",
    ):
        assert words in found.text, words
    assert copy_data.original_sha256 in found.solid
    # In the closing block and in the statement, for each of the three.
    assert found.text.count("20/11/2026 10:41:07") == 6
    assert found.claims() == {"pdfaid:part": "3", "pdfaid:conformance": "A", "pdfuaid:part": "1"}


def test_an_english_copy_cites_the_law_in_english(read, copy_data: ExactCopyData):
    text = read(exact_copy(copy_data, language="en").pdf).text
    assert "EXACT COPY" in text
    assert "Article 13(4) of Law 4727/2020" in text
    assert "electronic seal of Δήμος Παραδείγματος" in text


def test_who_did_not_sign_is_not_said_to_have_signed(read, copy_data: ExactCopyData):
    text = read(exact_copy(replace(copy_data, signatures=copy_data.signatures[:1])).pdf).text
    assert text.count("Υπογράφηκε ψηφιακά") == 1
    assert "CN=Ιωάννης Ρήγας" not in text


def test_a_statement_of_ones_own_replaces_ours(read, copy_data: ExactCopyData):
    text = read(exact_copy(replace(copy_data, seal_statement="Δοκιμαστική σφραγίδα.")).pdf).text
    assert "Δοκιμαστική σφραγίδα." in text
    assert "χρονοσφραγίδα" not in text


def test_each_page_of_a_copy_leads_to_its_verification(read, copy_data: ExactCopyData):
    body = "\n\n".join(["Κείμενο του εγγράφου. " * 40] * 8)
    found = read(exact_copy(replace(copy_data, letter=replace(copy_data.letter, body=body))).pdf)
    assert len(found.pages) >= 3
    for number, page in enumerate(found.pages):
        assert "7K3M-Q2XP-94TD" in page
        assert "18455/2026" in page
        assert found.codes(number) == [copy_data.verification_url]


def test_the_place_of_the_seal_is_free(read, copy_data: ExactCopyData):
    made = exact_copy(copy_data)
    box = made.boxes["seal"]
    assert set(made.boxes) == {"seal"}
    with pikepdf.open(BytesIO(made.pdf)) as document:
        width, height = (float(value) for value in document.pages[box.page].mediabox[2:])
    assert 0 < box.x0 < box.x1 < width
    assert 0 < box.y0 < box.y1 < height
    _, _, right, _ = read(made.pdf).where("Ηλεκτρονικό ακριβές", box.page)
    assert right < box.x0


def test_the_same_copy_has_the_same_bytes(copy_data: ExactCopyData):
    assert exact_copy(copy_data) == exact_copy(copy_data)


def test_the_copy_of_an_uploaded_pdf_has_a_sheet_in_front(read, copy_data, letter_data):
    upload = letter(replace(letter_data, signers=(), body="Το κείμενο που ανέβηκε.")).pdf
    made = exact_copy_of_pdf(copy_data, upload)
    pages = read(made.pdf).pages
    assert len(pages) == 2
    assert "18455/2026" in pages[0]
    assert "Το έγγραφο ακολουθεί από την επόμενη σελίδα" in pages[0]
    assert "Σελίδα 1 από 2" in pages[0]
    assert "Παραμένουμε" not in pages[0]
    assert "Το κείμενο που ανέβηκε." in pages[1]
    assert made.boxes["seal"].page == 0
    assert "pdfaid:part" not in read(made.pdf).claims()


def test_the_original_travels_inside_the_copy(read, copy_data, letter_data):
    original = letter(letter_data).pdf
    made = attach(
        exact_copy(copy_data).pdf,
        name="../Πρωτότυπο 18455.pdf",
        data=original,
        description="Το υπογεγραμμένο πρωτότυπο",
    )
    with pikepdf.open(BytesIO(made)) as document:
        assert list(document.attachments) == ["Πρωτότυπο 18455.pdf"]
        attached = document.attachments["Πρωτότυπο 18455.pdf"]
        assert attached.get_file().read_bytes() == original
        assert attached.get_file().mime_type == "application/pdf"
        assert attached.description == "Το υπογεγραμμένο πρωτότυπο"
        associated = document.Root.AF[0]
        assert associated.AFRelationship == pikepdf.Name.Source
        assert "/ModDate" in associated.EF.F.Params
    assert read(made).claims()["pdfaid:part"] == "3"
    assert read(made).text == read(exact_copy(copy_data).pdf).text


def test_two_files_of_one_name_are_not_attached(copy_data: ExactCopyData):
    once = attach(exact_copy(copy_data).pdf, name="a.pdf", data=b"1", description="")
    with pytest.raises(PrintingError) as refused:
        attach(once, name="a.pdf", data=b"2", description="")
    assert refused.value.code == "name-taken"
    twice = attach(once, name="b.pdf", data=b"2", description="")
    with pikepdf.open(BytesIO(twice)) as document:
        assert len(document.Root.AF) == 2


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("..", "document.pdf"),
        ("C:\\a\\b.pdf", "b.pdf"),
        ("a\nb\u202e.pdf", "ab.pdf"),
        ("", "document.pdf"),
        ("\u202e", "document.pdf"),
    ],
)
def test_an_attached_file_gets_a_plain_name(copy_data, name: str, kept: str):
    made = attach(exact_copy(copy_data).pdf, name=name, data=b"1", description="")
    with pikepdf.open(BytesIO(made)) as document:
        assert list(document.attachments) == [kept]
