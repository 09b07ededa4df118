"""The year of a book is closed by an act; then the database gives no number in it. Row 22."""

from datetime import date
from io import BytesIO
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

import signing
from docflow import audit, clock, closings, organization, registry
from docflow.closings import declarations
from docflow.errors import Forbidden
from docflow.office import Office
from docflow.principal import Principal
from docflow.registry import BookYear
from tests import factories
from tests.conftest import Keys
from tests.docflow.closings.conftest import Place
from tests.docflow.closings.days import MONDAY, at, close_until, letters
from tests.factories import Town

DAY = date(2025, 12, 30)  # Tuesday; with Wednesday, the last days of the year
NEW_YEAR = date(2026, 1, 2)


def registrar(office: Office, town: Town) -> Principal:
    with office.db.read() as session:
        return town.person(session, "registrar")


def year_of(office: Office, town: Town, *, n: int = 3) -> None:
    """A year with letters on one day, and each of its days closed."""
    letters(office, town, DAY, n)
    close_until(office, town, NEW_YEAR)


def close(office: Office, town: Town, **more: object) -> closings.YearClosing:
    with at(MONDAY):
        return closings.close_year(office, "koino", 2025, by=registrar(office, town), **more)


def report(office: Office, town: Town) -> closings.Preparation:
    with at(MONDAY), office.db.read() as session:
        by = town.person(session, "registrar")
        return closings.prepare_year(session, office, "koino", 2025, by=by)


def obstacles(office: Office, town: Town) -> str:
    return " ".join(str(one) for one in report(office, town).obstacles)


def test_a_year_with_all_days_closed_and_no_gap_is_ready(
    signing_office: Office, town: Town
) -> None:
    year_of(signing_office, town)
    found = report(signing_office, town)
    assert found.is_ready
    assert (found.entries, found.days) == (3, 2)
    assert found.by_direction == {"incoming": 3, "outgoing": 0, "internal": 0}
    assert found.series == (("common", 1, 3, 3),)


def test_closing_makes_a_sealed_declaration_and_closes_the_series(
    signing_office: Office, town: Town, session: Session, keys: Keys
) -> None:
    year_of(signing_office, town)
    factories_annulled(signing_office, town, 2)
    closing = close(signing_office, town)
    assert closing.content["annulled"] == [["2/2025", "Διπλή καταχώριση"]]
    row = session.get_one(BookYear, (town.books["koino"], 2025))
    assert row.closed_at == closing.closed_at
    assert row.closed_by == town.users["registrar"]
    pdf = signing_office.store.read(closing.pdf_sha256)
    report = signing.validate(pdf, trust_roots=[keys.roots.read_bytes()])
    assert [(one.kind, one.verdict) for one in report.signatures] == [("seal", "valid")]
    with pikepdf.open(BytesIO(pdf)) as document:
        assert list(document.attachments) == ["paradeigma-koino-2025.json"]


def factories_annulled(office: Office, town: Town, number: int) -> None:
    with at(NEW_YEAR), office.db.begin() as session:
        by = town.person(session, "clerk")
        entry = registry.numbered(session, "koino", 2025, number, by=by)
        factories.annulled(session, town, entry.id, reason="Διπλή καταχώριση")


def test_a_year_older_than_the_registers_says_since_when_they_are_kept(
    signing_office: Office, town: Town, session: Session, tmp_path: Path
) -> None:
    first = date(2025, 12, 31)
    letters(signing_office, town, DAY)
    session.add(
        closings.RegisterStart(book_id=town.books["koino"], first_day=first, set_at=clock.now())
    )
    session.flush()
    close_until(signing_office, town, NEW_YEAR)
    assert report(signing_office, town).days_since == first
    path = tmp_path / "declaration.pdf"
    path.write_bytes(signing_office.store.read(close(signing_office, town).pdf_sha256))
    with pypdfium2.PdfDocument(path) as document:
        said = document[0].get_textpage().get_text_range()
    assert "τηρούνται ημερήσια πρωτόκολλα από 31/12/2025" in said.replace("\r\n", " ")


def test_a_personal_key_signs_the_declaration_before_the_seal(
    signing_office: Office, town: Town, keys: Keys
) -> None:
    year_of(signing_office, town)
    key = signing.SigningKey.load_pkcs12(keys.persons["mayor"], factories.KEY_PASSWORD)
    closing = close(signing_office, town, key=key)
    pdf = signing_office.store.read(closing.pdf_sha256)
    report = signing.validate(pdf, trust_roots=[keys.roots.read_bytes()])
    assert [(one.field, one.kind, one.verdict) for one in report.signatures] == [
        ("Signature", "signature", "valid"),
        ("Seal", "seal", "valid"),
    ]


def test_a_closed_year_takes_no_number_whoever_asks(place: Place) -> None:
    office, town = place.office, place.town
    year_of(office, town)
    close(office, town)
    with pytest.raises(registry.YearClosed), at(date(2025, 12, 31), 23):
        factories_letter(office, town)
    for statement in (
        "UPDATE book_years SET last_number = last_number + 1,"
        " last_registered_at = clock_timestamp() WHERE year = 2025",
        "UPDATE book_years SET closed_at = NULL WHERE year = 2025",
        "DELETE FROM book_years WHERE year = 2025",
    ):
        with pytest.raises(DBAPIError), office.db.begin() as session:
            session.execute(text(statement))


def factories_letter(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        factories.letter(session, town)


def test_a_year_is_closed_once(signing_office: Office, town: Town) -> None:
    year_of(signing_office, town)
    close(signing_office, town)
    with pytest.raises(closings.AlreadyClosed):
        close(signing_office, town)


def test_a_year_that_is_not_over_is_not_closed(signing_office: Office, town: Town) -> None:
    year_of(signing_office, town)
    with at(date(2025, 12, 31), 23), pytest.raises(closings.YearNotReady, match="not over"):
        closings.close_year(signing_office, "koino", 2025, by=registrar(signing_office, town))


def test_open_days_are_in_the_way_and_named(signing_office: Office, town: Town) -> None:
    letters(signing_office, town, DAY)
    assert "(30/12, 31/12)" in obstacles(signing_office, town)
    with pytest.raises(closings.YearNotReady, match="30/12, 31/12"):
        close(signing_office, town)


def test_entries_to_be_described_are_in_the_way_and_named(
    signing_office: Office, town: Town, session: Session
) -> None:
    year_of(signing_office, town)
    session.execute(
        text(
            "INSERT INTO provisional_entries (entry_id, mode) "
            "SELECT id, 'queue' FROM entries WHERE number = 2"
        )
    )
    assert "2/2025" in obstacles(signing_office, town)


def test_a_gap_made_by_hand_refuses_the_closing_and_is_named(place: Place) -> None:
    year_of(place.office, place.town)
    place.as_owner("UPDATE entries SET number = 7 WHERE number = 2")
    with pytest.raises(closings.YearNotReady, match=r"broken.*2"):
        close(place.office, place.town)
    assert not report(place.office, place.town).is_ready


def test_unused_reservations_become_annulled_numbers(
    signing_office: Office, town: Town, session: Session
) -> None:
    with at(DAY), signing_office.db.begin() as acting:
        registry.reservations.reserve(
            acting,
            None,
            direction=registry.Direction.OUTGOING,
            reason="Απόφαση 12",
            last_day=date(2025, 12, 31),
            by=town.person(acting, "clerk"),
            zone=factories.ZONE,
        )
    year_of(signing_office, town)
    assert [one.label for one in report(signing_office, town).unused] == ["1/2025"]
    closing = close(signing_office, town)
    assert closing.content["unused"] == [["1/2025", "Απόφαση 12"]]
    after = report(signing_office, town)
    assert [one.label for one in after.annulled] == ["1/2025"]
    assert "κλείσιμο του έτους 2025" in after.annulled[0].reason
    assert after.obstacles == ()


@pytest.mark.parametrize("username", ["clerk", "auditor", "engineer", "administrator"])
def test_only_the_registrar_closes(signing_office: Office, town: Town, username: str) -> None:
    year_of(signing_office, town)
    with signing_office.db.read() as session:
        by = town.person(session, username)
    with at(MONDAY), pytest.raises((Forbidden, registry.NoSuchBook)):
        closings.close_year(signing_office, "koino", 2025, by=by)


def test_what_changes_while_the_declaration_is_made_stops_the_act(
    signing_office: Office, town: Town, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    year_of(signing_office, town)
    seal = declarations.sealed_pdf

    def slow(*args: object, **more: object) -> bytes:
        factories_annulled(signing_office, town, 1)
        return seal(*args, **more)

    monkeypatch.setattr(declarations, "sealed_pdf", slow)
    with pytest.raises(closings.ChangedMeanwhile):
        close(signing_office, town)
    row = session.get_one(BookYear, (town.books["koino"], 2025))
    assert row.closed_at is None


def test_without_a_time_stamp_nothing_is_closed(
    signing_office: Office, town: Town, session: Session
) -> None:
    year_of(signing_office, town)
    settings = signing_office.settings.model_copy(update={"tsa_urls": ["http://127.0.0.1:9/"]})
    silent = Office(settings, signing_office.db, signing_office.store)
    with pytest.raises(closings.NotSealed):
        close(silent, town)
    assert session.get_one(BookYear, (town.books["koino"], 2025)).closed_at is None


def test_a_year_that_the_book_never_had(signing_office: Office, town: Town) -> None:
    with at(MONDAY), pytest.raises(closings.NoSuchYear):
        closings.close_year(signing_office, "koino", 1999, by=registrar(signing_office, town))


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE entries SET subject = 'άλλο θέμα' WHERE number = 1", "entries of 30/12/2025"),
        (
            "UPDATE daily_registers SET content = jsonb_set(content, '{entries,0,subject}',"
            " '\"άλλο\"') WHERE running = 1",
            "the content of paradeigma-koino-20251230-001 was altered",
        ),
        ("DELETE FROM daily_registers WHERE running = 1", "a daily register before"),
        (
            "UPDATE year_closings SET content = jsonb_set(content, '{entries}', '99')",
            "the closing of paradeigma-koino-2025 was altered",
        ),
        ("DELETE FROM year_closings", "koino of 2025 is closed without a declaration"),
    ],
    ids=["entry", "content", "register-removed", "year", "year-removed"],
)
def test_verification_names_what_was_altered_behind_the_closings(
    place: Place, statement: str, said: str
) -> None:
    year_of(place.office, place.town)
    close(place.office, place.town)
    with place.office.db.read() as session:
        assert audit.verify(session).findings == ()
    place.as_owner(statement)
    with place.office.db.read() as session:
        details = [one.detail for one in audit.verify(session).findings]
    assert any(said in detail for detail in details), details


def test_a_renamed_person_does_not_alter_a_closed_day(
    signing_office: Office, town: Town, session: Session
) -> None:
    year_of(signing_office, town)
    session.get_one(organization.User, town.users["clerk"]).full_name = "Μαρία Παππά"
    session.flush()
    assert audit.verify(session).findings == ()
