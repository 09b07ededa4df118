"""Every known kind of attack on signed PDFs, tried: none leaves the document intact."""

import re
from collections.abc import Callable
from io import BytesIO

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers

import signing
from signing.stamps import DrawnStamp
from tests.signing import attacks, documents
from tests.signing.conftest import Office
from tests.signing.documents import appended, letter, stamp

Attack = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def bare(office: Office) -> bytes:
    """Signed by the mayor; the letter has a text field."""
    return signing.sign(letter(text_field=True), office.mayor, field="Mayor", level="B-B")


def visible(
    pdf: bytes,
    key: signing.SigningKey,
    box: tuple[int, int, int, int],
    *,
    certify: fields.MDPPerm | None = None,
    change: Callable[[IncrementalPdfFileWriter], None] = lambda writer: None,
) -> bytes:
    """A signature in a visible field of its own, as many programs make them; no rule of ours."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    change(writer)
    meta = signers.PdfSignatureMetadata(
        field_name="Visible",
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=certify is not None,
        docmdp_permissions=certify or fields.MDPPerm.FILL_FORMS,
    )
    signer = signers.PdfSigner(
        meta,
        signer=key.signer,
        stamp_style=DrawnStamp(stamp=stamp(box[2] - box[0], box[3] - box[1])),
        new_field_spec=fields.SigFieldSpec("Visible", box=box),
    )
    result: bytes = signer.sign_pdf(writer).getvalue()
    return result


@pytest.mark.parametrize(
    "attack",
    [
        attacks.content_replaced,
        attacks.objects_without_table,
        attacks.objects_without_trailer,
        attacks.hidden_object,
        attacks.listed_twice,
        attacks.key_twice,
        attacks.other_root,
        attacks.field_without_signature,
        attacks.field_with_script,
        attacks.field_with_caption,
        attacks.shadow_font,
        attacks.drawing_demanded,
        attacks.back_to_the_past,
    ],
    ids=lambda attack: attack.__name__,
)
@pytest.mark.parametrize("signed_again", [False, True], ids=["", "then signed by the attacker"])
def test_what_is_appended_is_found(
    office: Office, bare: bytes, attack: Attack, signed_again: bool
) -> None:
    assert office.validate(bare).integrity == "intact"
    pdf = attack(bare)
    if signed_again:
        try:
            pdf = signing.sign(pdf, office.secretary, field="Attacker", level="B-B")
        except signing.SigningError:
            return  # the better for us
    report = office.validate(pdf)
    assert (report.verdict, report.integrity) == ("invalid", "changed")


@pytest.mark.parametrize("beyond", [False, True])
def test_the_object_that_was_missing_when_it_was_signed(office: Office, beyond: bool) -> None:
    """Shadow attack: the signed page refers to nothing yet, also past its declared size."""
    document, number = attacks.dangling(letter(), beyond=beyond)
    signed = signing.sign(document, office.mayor, field="Mayor", level="B-B")
    assert office.validate(signed).integrity == "intact"
    assert office.validate(attacks.filled_in(signed, number)).integrity == "changed"


def test_a_chain_of_revisions_that_skips_the_signature(office: Office) -> None:
    """Not merely unsigned: there is a signature in the file that the document hides."""
    document = letter()
    signed = signing.sign(document, office.mayor, field="Mayor", level="B-B")
    report = office.validate(attacks.revision_skipped(document, signed))
    assert (report.verdict, report.integrity) == ("invalid", "changed")
    assert report.signatures[0].reasons == ("signature-removed",)


def test_a_signature_replaced_by_another_in_its_field(office: Office, bare: bytes) -> None:
    def emptied(writer: IncrementalPdfFileWriter) -> None:
        for reference in writer.root["/AcroForm"]["/Fields"]:
            field = reference.get_object()
            if field.get("/T") == "Mayor":
                del field["/V"]
                writer.update_container(field)

    pdf = appended(bare, emptied)
    assert office.validate(pdf).integrity == "changed"
    pdf = signing.sign(pdf, office.secretary, field="Mayor", level="B-B")
    report = office.validate(pdf)
    assert report.integrity == "changed"
    assert "signature-removed" in report.signatures[0].reasons


def test_a_later_signature_that_covers_the_page(office: Office) -> None:
    signed = signing.sign(letter(), office.mayor, field="Mayor", level="B-LTA", **lasting(office))
    pdf = visible(signed, office.secretary, (0, 0, 595, 842))
    assert office.validate(pdf).signatures[0].integrity == "changed"


def test_a_later_signature_on_top_of_text_is_told(office: Office) -> None:
    """The bytes below are as signed, so it is a reservation: an amount may be painted over."""
    signed = signing.sign(letter(), office.mayor, field="Mayor", level="B-LTA", **lasting(office))
    over = office.validate(visible(signed, office.secretary, (50, 690, 250, 730)))
    assert "covered-later" in over.signatures[0].reasons
    assert over.signatures[0].verdict == "valid-but"
    beside = office.validate(visible(signed, office.secretary, (50, 90, 250, 130)))
    assert beside.signatures[0].reasons == ()


def lasting(office: Office) -> dict[str, object]:
    return {"tsa_urls": office.tsa, "trust_roots": office.roots, "allow_fetching": True}


def test_notes_that_change_places(office: Office) -> None:
    """What lies on top hides what lies below."""

    def swapped(writer: IncrementalPdfFileWriter) -> None:
        page = writer.root["/Pages"]["/Kids"][0]
        notes = page["/Annots"]
        notes[0], notes[1] = notes[1], notes[0]
        writer.update_container(page)

    two = appended(appended(letter(), documents.annotation), documents.annotation)
    signed = signing.sign(two, office.mayor, field="Mayor", level="B-B")
    assert office.validate(signed).integrity == "intact"
    assert office.validate(appended(signed, swapped)).integrity == "changed"
    together = visible(signed, office.secretary, (300, 90, 400, 130), change=swapped)
    assert office.validate(together).signatures[0].integrity == "changed"


def test_a_field_with_boxes_all_over_the_page(office: Office, bare: bytes) -> None:
    def spread(writer: IncrementalPdfFileWriter) -> None:
        page = writer.root["/Pages"]["/Kids"][0]
        drawing = generic.StreamObject(stream_data=b"0 g 0 0 100 100 re f")
        drawing["/Type"], drawing["/Subtype"] = pdf_name("/XObject"), pdf_name("/Form")
        drawing["/BBox"] = generic.ArrayObject(map(generic.NumberObject, (0, 0, 100, 100)))
        look = generic.DictionaryObject({pdf_name("/N"): writer.add_object(drawing)})
        boxes = []
        for box in ((60, 690, 300, 720), (60, 590, 300, 620)):
            widget = generic.DictionaryObject(
                {
                    pdf_name("/Type"): pdf_name("/Annot"),
                    pdf_name("/Subtype"): pdf_name("/Widget"),
                    pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, box)),
                    pdf_name("/AP"): look,
                }
            )
            boxes.append(writer.add_object(widget))
        field = generic.DictionaryObject(
            {
                pdf_name("/FT"): pdf_name("/Sig"),
                pdf_name("/T"): generic.TextStringObject("Spread"),
                pdf_name("/Kids"): generic.ArrayObject(boxes),
            }
        )
        form = writer.root["/AcroForm"]["/Fields"]
        form.append(writer.add_object(field))
        writer.update_container(form)
        page.setdefault(pdf_name("/Annots"), generic.ArrayObject()).extend(boxes)
        writer.update_container(page)

    assert office.validate(appended(bare, spread)).integrity == "changed"


@pytest.mark.parametrize("permission", list(fields.MDPPerm), ids=lambda one: one.name)
def test_certified_documents(office: Office, permission: fields.MDPPerm) -> None:
    """Evil annotations, sneaky signatures, filled fields: whatever the permission says."""
    box = (300, 300, 400, 330)
    signed = visible(letter(text_field=True), office.mayor, box, certify=permission)
    assert office.validate(signed).integrity == "intact"
    assert office.validate(appended(signed, documents.annotation)).integrity == "changed"
    assert office.validate(appended(signed, documents.filled_text_field)).integrity == "changed"
    assert office.validate(attacks.field_without_signature(signed)).integrity == "changed"


@pytest.mark.parametrize(
    ("what", "instead"),
    [
        (rb"/Contents\s*<[0-9a-fA-F]+>", b"/Contents null"),
        (rb"/Contents\s*<[0-9a-fA-F]+>", b""),
        (rb"/Contents\s*<[0-9a-fA-F]+>", b"/Contents <00>"),
        (rb"/ByteRange \[[^\]]*\]", b"/ByteRange null"),
        (rb"/ByteRange \[[^\]]*\]", b"/ByteRange [0 -1 -1 0]"),
        (rb"/ByteRange \[[^\]]*\]", b"/ByteRange [0 0 0 0]"),
        (rb"/ByteRange \[[^\]]*\]", b"/ByteRange [0 1 2]"),
        (rb"/ByteRange \[[^\]]*\]", b""),
    ],
)
def test_universal_forgeries(office: Office, bare: bytes, what: bytes, instead: bytes) -> None:
    """Contents or range that programs stumble over, and then call the document signed."""
    found = re.search(what, bare)
    assert found
    pdf = bare.replace(found.group(), instead.ljust(len(found.group())))
    report = office.validate(pdf)
    assert report.verdict == "invalid"
    assert report.integrity in ("unreadable", "changed", "broken")


def test_one_signature_wrapped_around_another_document(office: Office, bare: bytes) -> None:
    """The signed bytes moved behind new ones, the range bent to where they are now."""
    found = re.search(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)\]", bare)
    assert found
    _, length, resume, rest = (int(number) for number in found.groups())
    content = attacks.Dissected(bare).content
    evil = b"\n%d 0 obj\n%s\nendobj\n" % (content, attacks.stream(attacks.FORGED))
    for head in (bare[:resume] + evil, bare[: resume - 1] + evil + b">"):
        moved = head + bare[resume:]
        bent = b"/ByteRange [0 %d %d %d]" % (length, len(head), rest)
        report = office.validate(moved.replace(found.group(), bent.ljust(len(found.group()))))
        assert report.integrity != "intact"


def test_a_signed_document_inside_another_is_no_removed_signature(
    office: Office, bare: bytes
) -> None:
    """A whole signed PDF as an uncompressed attachment: its byte range is not this file's."""
    outer = attacks.update(letter(), {90: attacks.stream(bare)})
    signed = signing.sign(outer, office.mayor, field="Mayor", level="B-B")
    assert office.validate(signed).integrity == "intact"
    twice = signing.sign(signed, office.secretary, field="Secretary", level="B-B")
    assert office.validate(twice).integrity == "intact"


def test_scripts_in_a_document_are_told(office: Office) -> None:
    """Signed with them, so nothing was changed; but what is shown can depend on them."""

    def scripted(writer: IncrementalPdfFileWriter) -> None:
        script = {
            pdf_name("/S"): pdf_name("/JavaScript"),
            pdf_name("/JS"): generic.TextStringObject("this.getField('Amount').value = '999'"),
        }
        writer.root["/OpenAction"] = generic.DictionaryObject(script)
        writer.update_root()

    document = appended(letter(text_field=True), scripted)
    signed = signing.sign(document, office.mayor, field="Mayor", level="B-LTA", **lasting(office))
    report = office.validate(signed)
    assert (report.verdict, report.integrity) == ("valid-but", "intact")
    assert report.signatures[0].reasons == ("active-content",)
    plain = signing.sign(letter(), office.mayor, field="Mayor", level="B-LTA", **lasting(office))
    assert office.validate(appended(plain, scripted)).integrity == "changed"
