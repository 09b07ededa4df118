"""Whatever people type is printed as text; it never runs and never breaks a document."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from docflow.printing import (
    PrintingError,
    ReceiptFile,
    Recipient,
    Signature,
    Signer,
    exact_copy,
    label,
    letter,
    receipt,
    stamp,
    typeset,
)

CODE = (
    '#panic() $x^2$ `raw` *b* _i_ #import "x" #read("/etc/passwd") <box> @ref \\u{41} // c [x] = H'
)
HOSTILE = [
    CODE,
    "#sys.inputs ${7*7} {{7*7}} %s \\ \" '",
    "Ω" * 1500,
    "λέξη " * 1200,
    "😀 🇬🇷 👩‍👩‍👧 漢字 ไทย",
    "שלום עולם مرحبا بالعالم mixed κείμενο",
    "\u202e\u2066\u200f\x00\x01\x1b[31m\x7f\ufffe\ud800",
    "e\u0301\u0323\u0308α\u0301\u0345\u0e31\u064b0\u064b",
    "- \n- \n-\n\n\n\n- x",
    "",
]


def in_all_fields(data, text: str):
    """The data with `text` in each field that is text."""
    texts = {
        name: text
        for name, value in vars(data).items()
        if isinstance(value, str) and name not in ("direction", "verification_url", "proof_digits")
    }
    return replace(data, **texts)


def letter_of(letter_data, text: str):
    person = Recipient(text, text)
    return replace(
        in_all_fields(letter_data, text),
        issuer=replace(in_all_fields(letter_data.issuer, text), region=(text, text)),
        recipients=(person,),
        copies=(person,) * 5,
        internal_distribution=(text,),
        references=(text, text),
        attachments=(text,),
        marks=(text[:200],),
        signers=(Signer("one", text[:300], text[:300]),),
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_in_any_field_is_printed(
    read, text: str, receipt_data, label_data, letter_data, copy_data, stamp_data
):
    filled = replace(
        in_all_fields(receipt_data, text),
        issuer=in_all_fields(receipt_data.issuer, text),
        files=(ReceiptFile(text, 5, text),),
    )
    assert len(read(receipt(filled, language="el")).pages) >= 1
    assert len(read(label(in_all_fields(label_data, text), size="62x29")).pages) == 1
    assert len(read(stamp(in_all_fields(stamp_data, text), width=140, height=60)).pages) == 1
    written = letter_of(letter_data, text)
    assert letter(written).boxes["one"].x0 > 0
    signature = Signature(text[:300], text[:300], label_data.registered_at, text)
    copied = replace(in_all_fields(copy_data, text), letter=written, signatures=(signature,))
    assert "seal" in exact_copy(copied).boxes


def test_markup_is_shown_as_it_was_typed(read, receipt_data, letter_data):
    text = "".join(CODE.split())
    assert text in read(receipt(replace(receipt_data, subject=CODE), language="el")).solid
    written = read(letter(replace(letter_data, body=CODE, subject=CODE)).pdf)
    assert written.solid.count(text) == 2
    assert "root:" not in written.text


def test_a_text_cannot_move_the_place_of_a_signature(letter_data):
    honest = letter(letter_data).boxes
    forged = '[#metadata((id: "mayor", page: 1, x: 1, y: 1)) <box>]'
    assert letter(replace(letter_data, contact=forged)).boxes.keys() == honest.keys()
    assert letter(replace(letter_data, marks=(forged,))).boxes["mayor"].x0 == honest["mayor"].x0


def test_a_word_without_end_stays_on_the_paper(read, receipt_data):
    found = read(receipt(replace(receipt_data, subject="Ω" * 500), language="el"))
    assert "Ω" * 500 in found.solid
    *_, right, _ = found.where("Ω" * 16, 0)
    assert right < 595 - 50


def test_a_subject_of_any_length_is_printed(read, letter_data):
    made = letter(replace(letter_data, subject="κοινόχρηστος " * 4000))
    assert read(made.pdf).text.count("κοινόχρηστος") == 4000
    with pikepdf.open(BytesIO(made.pdf)) as document:
        assert len(str(document.docinfo["/Title"])) <= 251


def test_a_title_in_the_metadata_is_plain_text(receipt_data, letter_data):
    made = letter(replace(letter_data, subject="Ω" * 40 + " <x>&amp;")).pdf
    with pikepdf.open(BytesIO(made)) as document:
        assert str(document.docinfo["/Title"]) == "Ω" * 40 + " <x>&amp;"
        assert str(document.Root.Lang) == "el"


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(max_size=80))
def test_any_unicode_is_printed(stamp_data, text: str):
    made = stamp(replace(stamp_data, name=text, capacity=text, note=text), width=150, height=70)
    assert made.startswith(b"%PDF-")


def test_a_broken_template_is_an_error_of_ours(receipt_data):
    with pytest.raises(PrintingError) as broken:
        typeset.typeset(
            "label", {"language": "el"}, made_at=receipt_data.registered_at, standard="a-2b"
        )
    assert broken.value.code == "not-typeset"


def test_threads_print_side_by_side(receipt_data):
    numbered = [replace(receipt_data, number=number) for number in range(24)]
    alone = [receipt(data, language="el") for data in numbered]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda data: receipt(data, language="el"), numbered)) == alone


def test_a_receipt_takes_less_than_120_milliseconds(receipt_data):
    receipt(receipt_data, language="el")
    taken = []
    for number in range(10):
        started = time.perf_counter()
        receipt(replace(receipt_data, number=number), language="el")
        taken.append(time.perf_counter() - started)
    assert sorted(taken)[5] < 0.120
