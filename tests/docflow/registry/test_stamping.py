"""The stamp goes on a copy, into a free corner; a signed original is never stamped."""

from io import BytesIO

import pikepdf
import pypdfium2
import pytest
import zxingcpp

import signing
from docflow import audit, documents, registry
from docflow.documents import NoSuchFile
from docflow.office import Office
from docflow.registry import Entry
from docflow.registry.stamping import Stamped
from tests import factories
from tests.docflow.scans.sheets import Sheet, batch
from tests.factories import Town


def filed(office: Office, town: Town, data: bytes, name: str = "έγγραφο.pdf") -> Entry:
    upload = factories.uploaded(office, data, name)
    with office.db.begin() as session:
        return factories.letter(session, town, upload)


def stamped(office: Office, town: Town, entry: Entry, **how) -> Stamped:
    with office.db.read() as session:
        by = town.person(session, "clerk")
    return registry.stamped(office, entry.id, by=by, language="el", **how)


def code(pdf: bytes) -> tuple[str, float, float]:
    """The text of the QR code on the first page, and where on the page it stands (0 to 1)."""
    with pypdfium2.PdfDocument(BytesIO(pdf)) as document:
        picture = document[0].render(scale=200 / 72).to_pil()
    [found] = zxingcpp.read_barcodes(picture)
    place = found.position.top_left
    return found.text, place.x / picture.width, place.y / picture.height


def text_of(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(BytesIO(pdf)) as document:
        return " ".join(document[0].get_textpage().get_text_range().split())


def test_the_stamp_names_body_book_number_date_and_direction(office: Office, town: Town) -> None:
    entry = filed(office, town, batch(Sheet("α")))
    made = stamped(office, town, entry)
    told = text_of(made.pdf)
    assert not made.is_cover
    for said in ("Δήμος Παραδείγματος", "Κοινό πρωτόκολλο", entry.label, "ΕΙΣΕΡΧΟΜΕΝΟ"):
        assert said in told
    address = registry.verification_url(office, entry.verification_code)
    assert code(made.pdf)[0] == address  # without the mark of a label: a copy splits no batch


def test_the_stored_file_stays_byte_for_byte(office: Office, town: Town) -> None:
    data = batch(Sheet("α"))
    entry = filed(office, town, data)
    made = stamped(office, town, entry)
    assert made.pdf != data
    with office.db.read() as session:
        [info] = documents.files(session, entry.id)
    assert office.store.read(info.sha256) == data


def test_the_stamp_stands_where_there_is_room(office: Office, town: Town) -> None:
    """The sheets of these tests have their upper quarter free; a written one has not."""
    free = filed(office, town, batch(Sheet("α")))
    _, x, y = code(stamped(office, town, free).pdf)
    assert x > 0.5
    assert y < 0.2
    taken = filed(office, town, batch(Sheet("α", ("https://docs.gov.gr/1",))))
    pdf = stamped(office, town, taken).pdf
    with pypdfium2.PdfDocument(BytesIO(pdf)) as document:
        picture = document[0].render(scale=200 / 72).to_pil()
    assert len(zxingcpp.read_barcodes(picture)) == 2  # nothing was covered


@pytest.mark.parametrize(
    ("corner", "right", "low"),
    [
        ("top-left", False, False),
        ("top-right", True, False),
        ("bottom-left", False, True),
        ("bottom-right", True, True),
    ],
)
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_chosen_corner_is_that_of_the_page_as_it_is_seen(
    office: Office, town: Town, corner, right: bool, low: bool, turn: int
) -> None:
    out = BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(595, 842))
        pdf.pages[0].rotate(turn, relative=False)
        pdf.save(out)
    entry = filed(office, town, out.getvalue())
    _, x, y = code(stamped(office, town, entry, corner=corner).pdf)
    assert (x > 0.5, y > 0.5) == (right, low)


def test_a_signed_original_gets_a_cover_and_stays_inside_unchanged(
    signing_office: Office, town: Town
) -> None:
    data = signing.sign(
        batch(Sheet("α")),
        registry.seal_key(signing_office, town.body_id),
        field="Seal",
        level="B-B",
    )
    entry = filed(signing_office, town, data, "απόφαση.pdf")
    made = stamped(signing_office, town, entry)
    assert made.is_cover
    told = text_of(made.pdf)
    assert "φέρει ηλεκτρονική υπογραφή" in told
    assert entry.label in told
    with pikepdf.open(BytesIO(made.pdf)) as pdf:
        inside = pdf.attachments["απόφαση.pdf"].get_file().read_bytes()
    assert inside == data
    assert signing.validate(inside).signatures[0].integrity == "intact"


def test_each_stamped_copy_is_an_event(office: Office, town: Town) -> None:
    entry = filed(office, town, batch(Sheet("α")))
    stamped(office, town, entry)
    with office.db.read() as session:
        [*_, last] = audit.history(session, [("entry", entry.id)])
    assert (last.action, last.details["is_cover"]) == ("entry.copy-stamped", False)


def test_what_is_no_pdf_is_not_stamped(office: Office, town: Town) -> None:
    entry = filed(office, town, b"PK\x03\x04 zip", "α.zip")
    with pytest.raises(registry.NotStampable):
        stamped(office, town, entry)
    with pytest.raises(NoSuchFile):
        stamped(office, town, entry, position=2)


def test_a_locked_pdf_is_not_stamped(office: Office, town: Town) -> None:
    out = BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(out, encryption=pikepdf.Encryption(owner="α", user="β"))
    with pytest.raises(registry.NotStampable):
        stamped(office, town, filed(office, town, out.getvalue()))


def test_nothing_of_an_annulled_entry_is_stamped(office: Office, town: Town) -> None:
    entry = filed(office, town, batch(Sheet("α")))
    with office.db.begin() as session:
        factories.annulled(session, town, entry.id, reason="Δοκιμή")
    with pytest.raises(registry.AlreadyAnnulled):
        stamped(office, town, entry)
