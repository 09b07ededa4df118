"""The receipt states what the law asks for, in both languages."""

from dataclasses import replace
from datetime import datetime

import pytest

from docflow.printing import ReceiptData, receipt

STATED = (
    "Δήμος Παραδείγματος",
    "18402/2026",
    "Κοινό βιβλίο",
    "20/11/2026 10:41:07 (UTC+02:00)",
    "Αίτηση για πιστοποιητικό οικογενειακής κατάστασης",
    "Őrsi Žofie, Přemysl Řehoř",
    "Ξενάκη Ευφροσύνη",
    "Τμήμα Δημοτολογίου",
    "3 (δύο αντίγραφα και ένα CD)",
    "ΕΓΚ. 88/61230",
    "18/11/2026",
    "Αυτοπροσώπως",
    "Μαρία Αλεξίου",
    "Αίτηση.pdf",
    "3f9a0c7b12de84aa",
    "7K3M-Q2XP-94TD",
    "https://protocol.dimos-paradeigmatos.gr/v/7K3M-Q2XP-94TD",
)
IN_WORDS = {
    "el": ("ΑΠΟΔΕΙΚΤΙΚΟ ΚΑΤΑΧΩΡΙΣΗΣ", "ν. 4727/2020", "ν. 2690/1999", "Σελίδα 1 από 1"),
    "en": ("REGISTRATION RECEIPT", "Law 4727/2020", "Law 2690/1999", "Page 1 of 1"),
}


@pytest.mark.parametrize("language", ["el", "en"])
def test_a_receipt_states_each_field_the_law_names(read, receipt_data: ReceiptData, language: str):
    found = read(receipt(receipt_data, language=language))
    assert len(found.pages) == 1
    missing = [words for words in (*STATED, *IN_WORDS[language]) if words not in found.text]
    assert missing == []


def test_a_receipt_leaves_out_what_is_not_known(read, receipt_data: ReceiptData):
    bare = replace(
        receipt_data,
        depositor="",
        sender_reference="",
        sender_dated_on=None,
        received_by="",
        registered_by="",
        files=(),
        attachments=0,
        attachments_description="",
    )
    text = read(receipt(bare, language="el")).text
    for label in ("Κατατέθηκε", "εγγράφου αποστολέα", "Τρόπος", "Καταχωρίστηκε", "SHA-256"):
        assert label not in text
    assert "Συνημμένα Κανένα" in text


def test_a_date_of_the_sender_stands_without_his_number(read, receipt_data: ReceiptData):
    text = read(receipt(replace(receipt_data, sender_reference=""), language="en")).text
    assert "18/11/2026" in text
    assert "of 18/11/2026" not in text


def test_a_receipt_is_an_accessible_archive_file(read, receipt_data: ReceiptData):
    found = read(receipt(receipt_data, language="el"))
    assert found.claims() == {
        "pdfaid:part": "3",
        "pdfaid:conformance": "A",
        "pdfuaid:part": "1",
    }
    assert found.fonts_outside() == []


def test_the_code_on_a_receipt_leads_to_the_verification_page(read, receipt_data: ReceiptData):
    assert read(receipt(receipt_data, language="el")).codes() == [receipt_data.verification_url]


def test_the_same_receipt_has_the_same_bytes(receipt_data: ReceiptData):
    once = receipt(receipt_data, language="el")
    assert receipt(receipt_data, language="el") == once
    assert receipt(replace(receipt_data, number=18403), language="el") != once


def test_a_long_subject_is_printed_to_its_last_word(read, receipt_data: ReceiptData):
    subject = "κοινόχρηστος χώρος " * 525 + "τέλος"
    found = read(receipt(replace(receipt_data, subject=subject), language="el"))
    assert len(subject) > 9_900
    assert 2 <= len(found.pages) <= 6
    assert found.text.count("κοινόχρηστος") == 525
    assert "χώρος τέλος" in found.text


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 bytes"), (1023, "1023 bytes"), (1536, "1,5 KB"), (200 << 20, "200,0 MB")],
)
def test_sizes_are_shown_as_people_read_them(read, receipt_data, size: int, shown: str):
    file = replace(receipt_data.files[0], size=size)
    assert shown in read(receipt(replace(receipt_data, files=(file,)), language="el")).text


def test_a_time_without_a_zone_is_refused(receipt_data: ReceiptData):
    without = datetime(2026, 11, 20, 10, 41, 7)  # noqa: DTZ001 (the point of the test)
    with pytest.raises(ValueError, match="time zone"):
        receipt(replace(receipt_data, registered_at=without), language="el")


def test_the_proof_itself_is_read_from_paper(read, receipt_data: ReceiptData):
    """The longest that is printed, at the resolution of a telephone over a sheet, on one page."""
    digits = "9" * 3371  # 1400 bytes
    address = "https://protocol.dimos-paradeigmatos.gr/log/check#"
    proven = replace(receipt_data, has_proof=True, proof_address=address, proof_digits=digits)
    found = read(receipt(proven, language="el"))
    assert len(found.pages) == 1
    assert sorted(found.codes(dpi=150)) == sorted([receipt_data.verification_url, address + digits])
