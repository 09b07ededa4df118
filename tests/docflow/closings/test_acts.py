"""Corrections and annulments in the register of their day: in words, and never more than its
readers may know.
"""

import json
from datetime import date
from typing import Any

import pypdfium2
import pytest
from sqlalchemy.orm import Session

from docflow import closings, kinds, registry
from docflow.office import Office
from docflow.registry.access import open_to_person
from tests import factories
from tests.docflow.closings.days import (
    MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    at,
    close_until,
    letters,
    registers,
)
from tests.factories import Town

SECRET = "ψυχιατρική γνωμάτευση"
GRANT = kinds.Definition(
    title_el="Αίτηση επιδόματος",
    fields=(
        kinds.Field("amount", kinds.FieldType.AMOUNT, "Ποσό"),
        kinds.Field("urgent", kinds.FieldType.YES_NO, "Επείγον"),
    ),
)


def correct(session: Session, town: Town, entry_id: int, **changes: object) -> None:
    registry.correct(
        session,
        entry_id,
        {name.replace("value_", "value."): value for name, value in changes.items()},
        reason=f"Αφορά {SECRET}",
        authority=f"Εντολή για {SECRET}",
        by=town.person(session, "clerk"),
        zone=factories.ZONE,
    )


def printed(office: Office, sha256: str) -> str:
    with pypdfium2.PdfDocument(office.store.read(sha256)) as document:
        pages = [document[n].get_textpage().get_text_range() for n in range(len(document))]
    return " ".join(" ".join(pages).split())


@pytest.fixture
def restricted(signing_office: Office, town: Town) -> registry.Entry:
    """A confidential letter (ΕΜΠ) that a clerk corrects and, with the registrar, annuls."""
    [entry] = letters(
        signing_office, town, MONDAY, grade=registry.Grade.CONFIDENTIAL, subject="Απόρρητο"
    )
    with at(MONDAY, 11), signing_office.db.begin() as acting:
        for who in ("clerk", "registrar"):
            open_to_person(acting, entry.id, town.users[who])
        correct(acting, town, entry.id, subject=f"Απόρρητο: {SECRET}")
        factories.annulled(acting, town, entry.id, reason=f"Αφορά {SECRET}")
    return entry


def test_of_acts_on_a_restricted_entry_only_time_and_digest_are_told(
    signing_office: Office, town: Town, session: Session, restricted: registry.Entry
) -> None:
    close_until(signing_office, town, TUESDAY)
    [row] = registers(session, town)
    [correction], [annulment] = row.content["corrections"], row.content["annulments"]
    assert correction["concealed"]
    assert annulment["concealed"]
    assert [len(correction["digest"]), len(annulment["digest"])] == [64, 64]
    assert (correction["field"], correction["reason"], correction["authority"]) == ("", "", "")
    assert annulment["reason"] == ""
    assert SECRET not in json.dumps(row.content, ensure_ascii=False)
    paper = printed(signing_office, row.pdf_sha256)
    assert SECRET not in paper
    assert "Εγγραφή περιορισμένης πρόσβασης" in paper


def test_what_was_concealed_is_still_verified(
    signing_office: Office, town: Town, session: Session, restricted: registry.Entry
) -> None:
    close_until(signing_office, town, TUESDAY)
    book = session.get_one(registry.Book, town.books["koino"])
    assert list(closings.verify_days(session, book)) == []


def test_the_report_of_a_year_tells_no_reason_of_a_restricted_entry(
    signing_office: Office, town: Town, session: Session
) -> None:
    days: list[tuple[date, dict[str, Any]]] = [
        (date(2025, 12, 29), {"grade": registry.Grade.CONFIDENTIAL}),
        (date(2025, 12, 30), {}),
    ]
    for day, more in days:
        [entry] = letters(signing_office, town, day, **more)
        with at(day, 11), signing_office.db.begin() as acting:
            for who in ("clerk", "registrar"):
                open_to_person(acting, entry.id, town.users[who])
            factories.annulled(acting, town, entry.id, reason=f"Αφορά {SECRET}")
    close_until(signing_office, town, date(2026, 1, 2))
    with at(MONDAY):
        by = town.person(session, "auditor")
        report = closings.prepare_year(session, signing_office, "koino", 2025, by=by)
        assert [(one.label, one.reason) for one in report.annulled] == [
            ("1/2025", ""),
            ("2/2025", f"Αφορά {SECRET}"),
        ]
        by = town.person(session, "registrar")
        closing = closings.close_year(signing_office, "koino", 2025, by=by)
    assert closing.content["annulled"][0] == ["1/2025", ""]
    paper = printed(signing_office, closing.pdf_sha256)
    assert paper.count(SECRET) == 1
    assert "1/2025 Εγγραφή περιορισμένης πρόσβασης" in paper


def test_a_register_prints_corrected_values_in_words_and_keeps_their_codes(
    signing_office: Office, town: Town, session: Session
) -> None:
    kinds.define(session, "epidoma", GRANT, by=town.person(session, "administrator"))
    values = {"amount": "1234,50", "urgent": "όχι"}
    [entry] = letters(signing_office, town, MONDAY, kind="epidoma", values=values)
    unit = town.units["ΝΟΜ"]
    with at(WEDNESDAY), signing_office.db.begin() as acting:
        correct(
            acting,
            town,
            entry.id,
            delivery_method="registered-post",
            addressee_unit_id=unit,
            sender_dated_on=date(2026, 1, 20),
            value_amount="99,90",
            value_urgent="ναι",
        )
    close_until(signing_office, town, THURSDAY)
    row = registers(session, town)[-1]
    assert {one["field"]: one["new"] for one in row.content["corrections"]} == {
        "delivery_method": "registered-post",
        "addressee_unit_id": unit,
        "sender_dated_on": "2026-01-20",
        "value.amount": "99.90",
        "value.urgent": True,
    }
    paper = printed(signing_office, row.pdf_sha256)
    for word in (
        "Συστημένη επιστολή",
        "Νομική",
        "20/01/2026",
        "Ποσό",
        "1.234,50 €",
        "99,90 €",
        "Επείγον",
        "Ναι",
        "Όχι",
    ):
        assert word in paper, word
    for code in ("registered-post", "2026-01-20", "value.", "1234.50", "true", "false", "null"):
        assert code not in paper, code
