"""The letter: its fields, its pages, and the places where people sign."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from docflow.printing import LetterData, Recipient, Signer, letter

WIDTH, HEIGHT = 595.28, 841.89


def test_a_letter_shows_its_fields(read, letter_data: LetterData):
    found = read(
        letter(replace(letter_data, number=18455, year=2026, dated_on=date(2026, 11, 23))).pdf
    )
    for words in (
        "ΕΛΛΗΝΙΚΗ ΔΗΜΟΚΡΑΤΙΑ",
        "ΝΟΜΟΣ ΑΤΤΙΚΗΣ",
        "ΔΗΜΟΣ ΠΑΡΑΔΕΙΓΜΑΤΟΣ",
        "ΔΙΕΥΘΥΝΣΗ ΤΕΧΝΙΚΩΝ ΥΠΗΡΕΣΙΩΝ",
        "ΤΜΗΜΑ ΟΔΟΠΟΙΙΑΣ",
        "Πλατεία Δημαρχείου 1",
        "153 41 Παράδειγμα",
        "Πληροφορίες Ελένη Καραγιάννη",
        "210 000 0123",
        "protocol@dimos-paradeigmatos.gr",
        "ΕΠΕΙΓΟΝ",
        "Παράδειγμα, 23 Νοεμβρίου 2026",
        "Αριθ. Πρωτ.: 18455/2026",
        "ΠΡΟΣ: κ. Παπαϊωάννου Γεώργιο",
        "ΚΟΙΝ.: Αντιδήμαρχο Τεχνικών Έργων",
        "ΘΕΜΑ: «Αποκατάσταση οδοστρώματος στην οδό Βενιζέλου 14»",
        "ΣΧΕΤ.: α) Η από 18/11/2026 αίτησή σας β) Ο ν. 3463/2006",
        "– τομή και απομάκρυνση του φθαρμένου ασφαλτοτάπητα,",
        "Για κάθε διευκρίνιση παραμένουμε στη διάθεσή σας.",
        "Ο Δήμαρχος",
        "Ιωάννης Ρήγας",
        "Συνημμένα",
        "Έκθεση αυτοψίας",
        "Εσωτερική διανομή",
        "Χρονολογικό αρχείο",
        "Σελίδα 1 από 1",
    ):
        assert words in found.text, words
    assert found.claims()["pdfaid:part"] == "2"
    assert found.claims()["pdfaid:conformance"] == "A"
    assert found.fonts_outside() == []


def test_an_original_says_that_its_number_comes_later(read, letter_data: LetterData):
    text = read(letter(letter_data).pdf).text
    assert "Ο αριθμός πρωτοκόλλου και η ημερομηνία δίδονται με την έκδοση" in text
    assert "Αριθ. Πρωτ." not in text
    assert "ΑΚΡΙΒΕΣ ΑΝΤΙΓΡΑΦΟ" not in text


def test_an_english_letter_has_english_labels(read, letter_data: LetterData):
    text = read(letter(letter_data, language="en").pdf).text
    for words in (
        "SUBJECT:",
        "TO:",
        "CC:",
        "REF.: 1)",
        "Attachments",
        "Internal distribution",
        "Page 1 of 1",
    ):
        assert words in text


def test_a_single_reference_bears_no_numeral(read, letter_data: LetterData):
    text = read(letter(replace(letter_data, references=("Το έγγραφό σας",))).pdf).text
    assert "ΣΧΕΤ.: Το έγγραφό σας" in text


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_each_signer_has_a_place_above_the_name(read, letter_data, signers, count: int):
    made = letter(replace(letter_data, signers=signers[:count]))
    found = read(made.pdf)
    assert set(made.boxes) == {signer.id for signer in signers[:count]}
    for signer in signers[:count]:
        box = made.boxes[signer.id]
        assert 0 <= box.x0 < box.x1 <= WIDTH
        assert 0 <= box.y0 < box.y1 <= HEIGHT
        assert box.x1 - box.x0 > 130
        assert box.y1 - box.y0 == pytest.approx(68, abs=1)
        left, _, right, top = found.where(signer.name, box.page)
        assert box.x0 < (left + right) / 2 < box.x1
        assert (left + right) / 2 == pytest.approx((box.x0 + box.x1) / 2, abs=3)
        assert box.y0 - 20 < top <= box.y0 + 1


@pytest.mark.parametrize("count", [2, 3, 4])
def test_places_of_signatures_do_not_touch(letter_data, signers, count: int):
    boxes = list(letter(replace(letter_data, signers=signers[:count])).boxes.values())
    for index, one in enumerate(boxes):
        for other in boxes[index + 1 :]:
            apart = (
                one.x1 <= other.x0 or other.x1 <= one.x0 or one.y1 <= other.y0 or other.y1 <= one.y0
            )
            assert apart


@pytest.mark.parametrize("lines", range(14, 34, 2))
def test_signatures_stay_together_and_never_on_a_page_of_their_own(
    read, letter_data, signers, lines: int
):
    body = "\n\n".join(["Μία πρόταση του εγγράφου."] * lines + ["Οι τελευταίες λέξεις."])
    made = letter(replace(letter_data, body=body, signers=signers))
    pages = {box.page for box in made.boxes.values()}
    assert len(pages) == 1
    assert "Οι τελευταίες λέξεις." in read(made.pdf).pages[pages.pop()]


def test_a_long_letter_counts_its_pages(read, letter_data: LetterData):
    body = "\n\n".join(
        f"Παράγραφος {number}. " + "Κείμενο του εγγράφου. " * 40 for number in range(12)
    )
    pages = read(letter(replace(letter_data, body=body)).pdf).pages
    assert len(pages) >= 3
    for number, page in enumerate(pages, 1):
        assert f"Σελίδα {number} από {len(pages)}" in page


def test_many_recipients_are_listed_at_the_end(read, letter_data: LetterData):
    many = tuple(Recipient(f"Υπηρεσία {number}", "Οδός 1\nΠόλη") for number in range(1, 8))
    text = read(letter(replace(letter_data, recipients=many, copies=many)).pdf).text
    assert text.count("Όπως ο πίνακας αποδεκτών") == 2
    assert "ΠΙΝΑΚΑΣ ΑΠΟΔΕΚΤΩΝ" in text
    assert text.count("Υπηρεσία 7, Οδός 1, Πόλη") == 2


def test_a_long_capacity_moves_no_box_out_of_its_row(letter_data, signers):
    long = Signer("head", "Νικόλαος Σταματίου", "Ο αναπληρωτής προϊστάμενος της Διεύθυνσης\n" * 3)
    boxes = letter(replace(letter_data, signers=(signers[0], long, signers[2]))).boxes
    assert len({round(box.y0) for box in boxes.values()}) == 1


def test_a_letter_without_signers_has_no_boxes(read, letter_data: LetterData):
    made = letter(replace(letter_data, signers=(), recipients=(), body=""))
    assert made.boxes == {}
    assert len(read(made.pdf).pages) == 1


def test_a_letter_made_at_the_same_time_has_the_same_bytes(letter_data: LetterData):
    at = datetime(2026, 11, 20, tzinfo=UTC)
    assert letter(letter_data, made_at=at) == letter(letter_data, made_at=at)
