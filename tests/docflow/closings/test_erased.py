"""A closed day after an erasure: the evidence stays as it was sealed, and few are given it."""

import pypdfium2
import pytest
from sqlalchemy import text

from docflow import audit, closings, custody, documents
from docflow.closings import DayLine
from docflow.organization import Role, User, grant
from docflow.registry import Book
from tests.docflow.closings.conftest import Place
from tests.docflow.closings.days import MONDAY, THURSDAY, close_until, letters


def text_of(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        return " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())


def given(place: Place, username: str, *, sealed: bool = False) -> tuple[DayLine, str]:
    """What the person gets of Monday's register."""
    with place.office.db.begin() as session:
        book = session.get_one(Book, place.town.books["koino"])
        by = place.town.person(session, username)
        found = closings.paper(session, place.office, book, MONDAY, by=by, sealed=sealed)
    if found.extract is not None:
        return found.line, text_of(closings.printed(found.extract))
    return found.line, text_of(documents.read_bytes(place.office, found.line.pdf_sha256))


def test_who_reads_a_closed_day_gets_an_extract_without_what_was_erased(place: Place) -> None:
    stays, goes = letters(place.office, place.town, MONDAY, 2)
    close_until(place.office, place.town, THURSDAY)
    line, before = given(place, "clerk")
    assert goes.subject in before
    with place.office.db.begin() as session:
        lawyer = session.get_one(User, place.town.users["lawyer"])
        grant(session, lawyer, Role.DATA_PROTECTION, None)
    for step in ("ask", "approve"):
        with place.office.db.begin() as session:
            while audit.sequence(session):
                pass
        with place.office.db.begin() as session:
            if step == "ask":
                by = place.town.person(session, "registrar")
                row = custody.erasure.ask(session, goes.id, basis="ΓΚΠΔ 17", reason="αίτηση", by=by)
            else:
                by = place.town.person(session, "lawyer")
                custody.erasure.approve(session, row.id, by=by)
    line, after = given(place, "clerk")
    assert line.erased == {goes.id}
    assert stays.subject in after
    for gone in (goes.subject, goes.sender_name):
        assert gone in before
        assert gone not in after
    assert goes.label in after
    assert "ΧΩΡΙΣ ΟΣΑ ΔΙΑΓΡΑΦΗΚΑΝ" in after
    assert line.content_sha256 in after.replace(" ", "")
    with place.office.db.read() as session:
        book = session.get_one(Book, place.town.books["koino"])
        _, content = closings.content_of(session, book, MONDAY)
        assert goes.subject not in str(content)
        assert list(closings.verify_days(session, book)) == []
    with pytest.raises(closings.NotYoursToClose):
        given(place, "clerk", sealed=True)
    assert goes.subject in given(place, "registrar", sealed=True)[1]
    with place.office.db.read() as session:
        noted = text("SELECT count(*) FROM audit_events WHERE action = 'day.sealed-given'")
        assert session.scalar(noted) == 1
