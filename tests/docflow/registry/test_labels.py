"""Labels: the size that a person used last, places on a sheet, reprints in the history."""

from io import BytesIO

import pypdfium2
import pytest
import zxingcpp

from docflow import audit, registry
from docflow.office import Office
from docflow.registry import Entry
from tests import factories
from tests.factories import Town


def entry_of(office: Office, town: Town) -> Entry:
    with office.db.begin() as session:
        return factories.letter(session, town)


def label(office: Office, town: Town, entry: Entry, username: str = "clerk", **how) -> bytes:
    with office.db.read() as session:
        by = town.person(session, username)
    return registry.label(office, entry.id, by=by, language="el", **how)


def size(pdf: bytes) -> tuple[int, int]:
    with pypdfium2.PdfDocument(BytesIO(pdf)) as document:
        width, height = document[0].get_size()
        return round(width / 72 * 25.4), round(height / 72 * 25.4)


def test_the_code_of_a_label_is_told_from_that_of_a_receipt(office: Office, town: Town) -> None:
    entry = entry_of(office, town)
    with pypdfium2.PdfDocument(BytesIO(label(office, town, entry))) as document:
        picture = document[0].render(scale=200 / 72).to_pil()
    [code] = zxingcpp.read_barcodes(picture)
    assert code.text == registry.verification_url(office, entry.verification_code) + "#L"


def test_the_size_that_was_printed_last_is_printed_next(office: Office, town: Town) -> None:
    entry = entry_of(office, town)
    assert size(label(office, town, entry)) == (62, 29)
    assert size(label(office, town, entry, size="100x50")) == (100, 50)
    assert size(label(office, town, entry)) == (100, 50)
    assert size(label(office, town, entry, "secretary")) == (62, 29)  # each has his own


def test_a_reprint_is_told_from_the_first_print(office: Office, town: Town) -> None:
    entry = entry_of(office, town)
    for _ in range(2):
        label(office, town, entry, copies=2)
    with office.db.read() as session:
        prints = [
            (one.details["print"], one.details["copies"])
            for one in audit.history(session, [("entry", entry.id)])
            if one.action == "entry.label-printed"
        ]
    assert prints == [(1, 2), (2, 2)]


@pytest.mark.parametrize("how", [{"first": 25}, {"first": 0}, {"copies": 101}, {"copies": 0}])
def test_a_place_that_is_not_on_the_sheet_is_refused(office: Office, town: Town, how) -> None:
    with pytest.raises(registry.BadLabelPlace):
        label(office, town, entry_of(office, town), size="a4-3x8", **how)


def test_the_sheet_of_forty_has_forty_places(office: Office, town: Town) -> None:
    pdf = label(office, town, entry_of(office, town), size="a4-4x10", first=40, copies=2)
    with pypdfium2.PdfDocument(BytesIO(pdf)) as document:
        assert len(document) == 2


def test_an_annulled_entry_gets_no_label(office: Office, town: Town) -> None:
    entry = entry_of(office, town)
    with office.db.begin() as session:
        factories.annulled(session, town, entry.id, reason="Δοκιμή")
    with pytest.raises(registry.AlreadyAnnulled):
        label(office, town, entry)
