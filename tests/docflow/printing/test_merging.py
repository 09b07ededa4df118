"""Uploaded PDFs: what may be signed, what is refused, and what is left out."""

from dataclasses import replace
from io import BytesIO

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from docflow.printing import (
    PrintingError,
    SheetData,
    append,
    append_sheet,
    attach,
    exact_copy_of_pdf,
    letter,
    page_count,
    receipt,
    signature_sheet,
    with_signature_sheet,
)


def blank(*, pages: int = 1, **saving) -> bytes:
    document = pikepdf.new()
    for _ in range(pages):
        document.add_blank_page()
    written = BytesIO()
    document.save(written, **saving)
    return written.getvalue()


def changed(change) -> bytes:
    """A PDF of one page after `change(document)`."""
    document = pikepdf.open(BytesIO(blank()))
    change(document)
    written = BytesIO()
    document.save(written)
    return written.getvalue()


def signed() -> bytes:
    def sign(document):
        signature = document.make_indirect(
            Dictionary(Type=Name.Sig, ByteRange=Array([0, 1, 2, 3]), Contents=String("x"))
        )
        field = document.make_indirect(Dictionary(FT=Name.Sig, T=String("a"), V=signature))
        document.Root.AcroForm = Dictionary(Fields=Array([field]), SigFlags=3)

    return changed(sign)


@pytest.fixture
def sheet_data(issuer, signers) -> SheetData:
    return SheetData(
        issuer=issuer,
        subject="Έγκριση τεχνικής μελέτης",
        signers=signers[:3],
        file_name="μελέτη.pdf",
        sha256="ab" * 32,
        pages=2,
    )


def test_a_sheet_names_the_file_and_has_a_place_for_each_signer(read, sheet_data):
    made = signature_sheet(sheet_data)
    found = read(made.pdf)
    for words in (
        "ΦΥΛΛΟ ΥΠΟΓΡΑΦΩΝ",
        "Έγκριση τεχνικής μελέτης",
        "μελέτη.pdf",
        "Νικόλαος Σταματίου",
    ):
        assert words in found.text
    assert sheet_data.sha256 in found.solid
    assert set(made.boxes) == {"drafter", "head", "mayor"}
    assert found.claims()["pdfaid:part"] == "2"


def test_an_english_sheet_is_english(read, sheet_data):
    assert "SIGNATURE SHEET" in read(signature_sheet(sheet_data, language="en").pdf).text


def test_the_sheet_becomes_the_last_page_and_its_places_move(read, sheet_data):
    made = with_signature_sheet(blank(pages=2), sheet_data)
    found = read(made.pdf)
    assert len(found.pages) == 3
    assert {box.page for box in made.boxes.values()} == {2}
    left, _, right, top = found.where("Ιωάννης Ρήγας", 2)
    box = made.boxes["mayor"]
    assert box.x0 < (left + right) / 2 < box.x1
    assert top <= box.y0 + 1


def test_what_is_put_together_claims_no_standard(read, letter_data):
    page = letter(replace(letter_data, signers=())).pdf
    assert "pdfaid:part" in read(page).claims()
    assert "pdfaid:part" not in read(append(page, blank())).claims()
    assert read(append(blank(), page)).claims() == {}


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: b"", "empty"),
        (lambda: b"<html>not a PDF</html>", "damaged"),
        (lambda: blank()[:60], "damaged"),
        (lambda: blank(pages=0), "empty"),
        (lambda: blank(encryption=pikepdf.Encryption(owner="o", user="u")), "encrypted"),
        (lambda: blank(encryption=pikepdf.Encryption(owner="o", user="")), "encrypted"),
        (lambda: changed(lambda document: document.Root.__setitem__("/Pages", 7)), "damaged"),
        (signed, "signed"),
    ],
    ids=["nothing", "html", "truncated", "no pages", "password", "locked", "no tree", "signed"],
)
def test_what_cannot_be_signed_is_refused_with_a_code(make, code: str, sheet_data, copy_data):
    pdf = make()
    for act in (
        lambda: page_count(pdf),
        lambda: append(pdf, blank()),
        lambda: append(blank(), pdf),
        lambda: with_signature_sheet(pdf, sheet_data),
        lambda: exact_copy_of_pdf(copy_data, pdf),
        lambda: attach(pdf, name="a.pdf", data=b"1", description=""),
    ):
        with pytest.raises(PrintingError) as refused:
            act()
        assert refused.value.code == code


def test_a_file_of_very_many_pages_is_refused():
    with pytest.raises(PrintingError) as refused:
        page_count(blank(pages=5001))
    assert refused.value.code == "too-many-pages"


def test_scripts_and_actions_do_not_reach_the_signers(sheet_data):
    def arm(document):
        script = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))
        link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=script)
        kept = Dictionary(
            Type=Name.Annot,
            Subtype=Name.Link,
            Rect=Array([0, 0, 9, 9]),
            A=Dictionary(S=Name.URI, URI=String("https://example.org"), Next=script),
            AA=Dictionary(E=script),
        )
        document.Root.OpenAction = script
        document.Root.AA = Dictionary(WC=script)
        document.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("a"), script])))
        document.pages[0].AA = Dictionary(O=script)
        field = document.make_indirect(
            Dictionary(FT=Name.Tx, T=String("a"), AA=Dictionary(C=script))
        )
        document.Root.AcroForm = Dictionary(Fields=Array([field]), XFA=String("<x/>"))
        document.pages[0].Annots = Array(
            [document.make_indirect(link), document.make_indirect(kept)]
        )

    armed = changed(arm)
    for made in (with_signature_sheet(armed, sheet_data).pdf, append(blank(), armed)):
        with pikepdf.open(BytesIO(made)) as document:
            everything = document.Root.unparse(resolved=True)
            assert b"/OpenAction" not in everything
            assert b"/JavaScript" not in everything
            assert b"/XFA" not in everything
            assert b"/AA" not in b"".join(
                item.unparse() for item in document.objects if isinstance(item, Dictionary)
            )
            assert not [
                item
                for item in document.objects
                if isinstance(item, Dictionary) and item.get("/S") == Name.JavaScript
            ]
            links = [note for page in document.pages for note in page.get("/Annots", Array())]
            assert [str(note.A.URI) for note in links if "/A" in note] == ["https://example.org"]


def test_added_pages_leave_their_tags_behind(receipt_data):
    tagged = receipt(receipt_data, language="el")
    with pikepdf.open(BytesIO(tagged)) as document:
        assert "/StructParents" in document.pages[0]
        assert "/StructParent" in document.pages[0].Annots[0]
    with pikepdf.open(BytesIO(append(blank(), tagged))) as document:
        assert "/StructParents" not in document.pages[1]
        notes = list(document.pages[1].Annots)
        assert notes
        assert not [note for note in notes if "/StructParent" in note]


def test_a_note_that_is_no_note_does_no_harm(sheet_data):
    notes = Array([7, Dictionary(Subtype=Name.Link, A=7)])
    odd = changed(lambda document: document.pages[0].__setattr__("Annots", notes))
    assert page_count(with_signature_sheet(odd, sheet_data).pdf) == 2


def test_pages_put_together_again_have_the_same_bytes(sheet_data):
    sheet = signature_sheet(sheet_data)
    upload = blank(pages=3)
    assert append_sheet(upload, sheet).pdf == append_sheet(upload, sheet).pdf
