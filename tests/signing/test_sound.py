"""Sound documents of every construction stay sound: a check that refuses these helps nobody."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pikepdf
import pytest
import typst

import signing
from tests.signing import attacks, documents
from tests.signing.conftest import Office
from tests.signing.documents import appended, letter


def saved(**options: Any) -> bytes:
    output = BytesIO()
    with pikepdf.open(BytesIO(letter(text_field=True, pages=3))) as pdf:
        pdf.save(output, **options)
    return output.getvalue()


STREAMS = pikepdf.ObjectStreamMode.generate


@pytest.mark.parametrize(
    "make",
    [
        lambda: saved(object_stream_mode=STREAMS),
        lambda: saved(linearize=True),
        lambda: saved(linearize=True, object_stream_mode=STREAMS),
        lambda: bytes(typst.compile("= Καλημέρα".encode(), pdf_standards="a-2b")),
        lambda: appended(letter(text_field=True), documents.annotation),
        lambda: attacks.update(letter(), {90: attacks.stream(letter())}),
    ],
    ids=["object streams", "linearised", "both", "PDF/A", "revisions", "a PDF inside"],
)
@pytest.mark.parametrize("is_prepared", [True, False])
def test_signed_twice_completed_and_renewed(
    office: Office, make: Callable[[], bytes], is_prepared: bool
) -> None:
    pdf = make()
    if is_prepared:
        boxes = ((50, 20, 150, 60), (200, 20, 300, 60))
        fields = [signing.Field(f"F{n}", 1, box) for n, box in enumerate(boxes)]
        pdf = signing.prepare(pdf, fields)
    for number, key in enumerate((office.secretary, office.mayor)):
        pdf = signing.sign(pdf, key, field=f"F{number}", tsa_urls=office.tsa)
    pdf = signing.complete(pdf, trust_roots=office.roots, tsa_urls=office.tsa)
    pdf = signing.renew(pdf, trust_roots=office.roots, tsa_urls=office.tsa)
    report = office.validate(pdf)
    assert [one.reasons for one in report.signatures] == [()] * 4
    assert report.verdict == "valid"
