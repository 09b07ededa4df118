"""The register of a day and the declaration of a year on paper."""

from datetime import date, datetime
from io import BytesIO
from zoneinfo import ZoneInfo

import pikepdf
import pytest

from docflow import printing

ISSUER = printing.Issuer(name="Δήμος Παραδείγματος", region=("ΕΛΛΗΝΙΚΗ ΔΗΜΟΚΡΑΤΙΑ",))
AT = datetime(2026, 11, 22, 0, 6, tzinfo=ZoneInfo("Europe/Athens"))


def row(n: int) -> printing.RegisterRow:
    return printing.RegisterRow(
        number=f"{n}/2026",
        at="09:00",
        direction="Εισερχόμενο",
        correspondent=("Σύλλογος Κατοίκων",),
        reference=("12/Α", "20/11/2026"),
        subject="Αίτηση <επισκευής> #οδοστρώματος",
        attachments="2",
        delivery="Ταχυδρομείο",
        unit="Τμήμα Οδοποιίας",
        by="Μαρία Νικολάου",
    )


def register(rows: int, *, so_far: bool = False) -> printing.Letter:
    return printing.daily_register(
        printing.DailyRegisterData(
            issuer=ISSUER,
            book="Κοινό πρωτόκολλο",
            day=date(2026, 11, 21),
            identifier="paradeigma-koino-20261121-017",
            facts=(("Εγγραφές", str(rows)),),
            rows=tuple(row(n) for n in range(1, rows + 1)),
            sections=(),
            statement="Η ημέρα έκλεισε.",
            digest="" if so_far else "a" * 64,
            previous="b" * 64,
            trail="7: " + "c" * 64,
            made_at=AT,
            so_far=so_far,
        )
    )


@pytest.mark.parametrize("rows", [0, 5, 60])
def test_the_seal_has_its_place_on_the_last_page_that_lies_across(rows: int) -> None:
    made = register(rows)
    box = made.boxes["seal"]
    with pikepdf.open(BytesIO(made.pdf)) as document:
        assert box.page == len(document.pages) - 1
        _, _, width, height = (float(edge) for edge in document.pages[box.page].mediabox)
    assert width > height
    assert width * 0.6 < box.x0 < box.x1 < width
    assert 40 < box.y0 < box.y1 < height - 40  # within the margins


def test_the_day_so_far_has_no_seal_and_no_digest() -> None:
    made = register(3, so_far=True)
    assert "seal" not in made.boxes
    with pikepdf.open(BytesIO(made.pdf)) as document, document.open_metadata() as metadata:
        assert "sha256" not in str(metadata.get("pdf:Keywords", ""))
