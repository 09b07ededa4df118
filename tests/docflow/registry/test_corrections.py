"""Corrections: every old value stays, the row of the entry never changes (domain rows 12, 13)."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pypdfium2
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from docflow import audit, clock, parties, registry, search
from docflow.office import Office
from docflow.registry import DeliveryMethod, Direction, To
from tests import factories, stack
from tests.factories import Town

REASON = "Λάθος πληκτρολόγηση"


def correct(
    session: Session, town: Town, entry: registry.Entry, who: str = "clerk", **changes: object
) -> list[registry.Correction]:
    return registry.correct(
        session,
        entry.id,
        changes,
        reason=REASON,
        authority="Εντολή Προϊσταμένου 5/2026",
        by=town.person(session, who),
        zone=factories.ZONE,
    )


@pytest.fixture
def entry(session: Session, town: Town) -> registry.Entry:
    return factories.letter(
        session,
        town,
        subject="Αίτηση κοπής δένδρων",
        sender=parties.Contact(name="Γεώργιος Λιάπης", email="liapis@example.gr"),
        sender_reference="ΑΠ 12",
        concerned=(parties.Contact(name="Ελένη Λιάπη", tax_number="090000045"),),
    )


CHANGES: dict[str, tuple[object, Mapping[str, Any]]] = {
    "subject": ("Αίτηση κλαδέματος δένδρων", {"subject": "Αίτηση κλαδέματος δένδρων"}),
    "sender": (
        parties.Contact(name="Γεωργία Λιάπη", address="Οδός 1", email="g@example.gr"),
        {
            "sender_name": "Γεωργία Λιάπη",
            "sender_address": "Οδός 1",
            "sender_email": "g@example.gr",
        },
    ),
    "sender_reference": ("ΑΠ 13", {"sender_reference": "ΑΠ 13"}),
    "sender_dated_on": (date(2026, 1, 5), {"sender_dated_on": date(2026, 1, 5)}),
    "delivery_method": (DeliveryMethod.COURIER, {"delivery_method": "courier"}),
    "delivery_detail": ("RE123456789GR", {"delivery_detail": "RE123456789GR"}),
    "attachments_count": (4, {"attachments_count": 4}),
    "attachments_note": ("Τοπογραφικό", {"attachments_note": "Τοπογραφικό"}),
}


@pytest.mark.parametrize("field", CHANGES)
def test_a_field_is_corrected_and_the_old_value_stays(
    session: Session, town: Town, entry: registry.Entry, field: str
) -> None:
    value, expected = CHANGES[field]
    [row] = correct(session, town, entry, **{field: value})
    now = registry.current(session, entry)
    assert {name: getattr(now, name) for name in expected} == expected
    assert now.corrected == {field}
    session.expire(entry)
    assert entry.subject == "Αίτηση κοπής δένδρων"  # the row stays
    [told] = registry.corrections(session, entry.id)
    assert (told.field, told.old, told.new) == (field, row.old, row.new)
    assert (told.reason, told.authority) == (REASON, "Εντολή Προϊσταμένου 5/2026")
    assert told.corrected_by == "Μαρία Νικολάου"


def test_recipients_concerned_and_addressee_are_corrected(session: Session, town: Town) -> None:
    entry = factories.letter(
        session,
        town,
        direction=Direction.OUTGOING,
        sender=None,
        recipients=(parties.Contact("Περιφέρεια"),),
    )
    correct(
        session,
        town,
        entry,
        recipients=[
            To(parties.Contact("Περιφέρεια Αττικής", address="Λ. Συγγρού 15")),
            To(parties.Contact("Δ.Ε.Υ.Α."), is_copy=True),
        ],
        concerned=[parties.Contact("Νίκος Ρόκας", tax_number="090000045")],
        addressee_unit_id=town.units["ΝΟΜ"],
    )
    by = town.person(session, "clerk")
    details = registry.details(session, entry, by=by)
    assert [(one.name, one.is_copy) for one in details.recipients] == [
        ("Περιφέρεια Αττικής", False),
        ("Δ.Ε.Υ.Α.", True),
    ]
    assert details.current.concerned[0].tax_number == "090000045"
    assert details.addressee_unit == "Νομική Υπηρεσία"
    assert (details.line.correspondent, details.line.is_corrected) == ("Περιφέρεια Αττικής", True)


def test_lists_show_the_values_of_now_with_a_mark(
    session: Session, town: Town, entry: registry.Entry
) -> None:
    other = factories.letter(session, town)
    correct(session, town, entry, subject="Νέο θέμα", sender=parties.Contact("Νέος Αποστολέας"))
    by = town.person(session, "clerk")
    found = registry.listing(session, by, registry.Filter(), zone=factories.ZONE)
    assert [(one.subject, one.correspondent, one.is_corrected) for one in found] == [
        (other.subject, other.sender_name, False),
        ("Νέο θέμα", "Νέος Αποστολέας", True),
    ]


def test_search_finds_old_words_and_new_ones(
    session: Session, town: Town, entry: registry.Entry
) -> None:
    correct(session, town, entry, subject="Κλάδεμα πλατάνων", sender_reference="ΒΦ 77")
    correct(session, town, entry, sender_reference="ΓΧ 99")
    by = town.person(session, "clerk")
    for words in ("κοπής", "πλατάνων", "ΑΠ 12", "ΒΦ77", "γχ-99", "Λιάπη", "090000045"):
        hits = search.search(session, words, by=by).hits
        assert [hit.line.id for hit in hits] == [entry.id], words


def test_a_field_is_corrected_again_from_its_value_of_now(
    session: Session, town: Town, entry: registry.Entry
) -> None:
    correct(session, town, entry, subject="Δεύτερο θέμα")
    correct(session, town, entry, subject="Τρίτο θέμα")
    assert [(one.old, one.new) for one in registry.corrections(session, entry.id)] == [
        ("Αίτηση κοπής δένδρων", "Δεύτερο θέμα"),
        ("Δεύτερο θέμα", "Τρίτο θέμα"),
    ]
    assert registry.current(session, entry).subject == "Τρίτο θέμα"


@pytest.mark.parametrize(
    "field",
    [
        "number",
        "year",
        "registered_at",
        "direction",
        "book",
        "book_id",
        "received_at",
        "files",
        "verification_code",
        "label",
        "",
    ],
)
def test_what_the_server_gave_is_never_corrected(
    session: Session, town: Town, entry: registry.Entry, field: str
) -> None:
    with pytest.raises(registry.NotCorrectable):
        correct(session, town, entry, **{field: "1"})


TOMORROW = date.today() + timedelta(days=2)  # noqa: DTZ011 - any day that has not come
WRONG: list[tuple[str, object, type[Exception]]] = [
    ("subject", "α", registry.BadSubject),
    ("subject", "α" * 1001, registry.BadSubject),
    ("sender", None, registry.SenderMissing),
    ("sender", parties.Contact(" "), registry.SenderMissing),
    ("sender", parties.Contact("Λιάπης", email="liapis"), parties.BadEmail),
    ("sender", parties.Contact("Λιάπης", tax_number="123456789"), parties.BadTaxNumber),
    ("concerned", [parties.Contact("Λιάπης", tax_number="123")], parties.BadTaxNumber),
    ("sender_dated_on", TOMORROW, registry.BadDate),
    ("sender_dated_on", date(1899, 12, 31), registry.BadDate),
    ("sender_reference", "α" * 301, registry.TooLong),
    ("attachments_count", -1, registry.BadCount),
    ("attachments_count", 10_000, registry.BadCount),
]


@pytest.mark.parametrize(("field", "value", "error"), WRONG)
def test_the_rules_are_those_of_registration(
    session: Session,
    town: Town,
    entry: registry.Entry,
    field: str,
    value: object,
    error: type[Exception],
) -> None:
    with pytest.raises(error):
        correct(session, town, entry, **{field: value})
    assert registry.corrections(session, entry.id) == []


def test_a_correction_needs_a_reason(session: Session, town: Town, entry: registry.Entry) -> None:
    by = town.person(session, "clerk")
    with pytest.raises(registry.ReasonMissing):
        registry.correct(
            session, entry.id, {"subject": "Νέο θέμα"}, reason=" ", by=by, zone=factories.ZONE
        )


def test_a_correction_changes_something(
    session: Session, town: Town, entry: registry.Entry
) -> None:
    with pytest.raises(registry.NothingCorrected):
        correct(session, town, entry, subject=" Αίτηση  κοπής δένδρων ")


@pytest.mark.parametrize("who", ["secretary", "auditor", "registrar"])
def test_who_only_reads_does_not_correct(
    session: Session, town: Town, entry: registry.Entry, who: str
) -> None:
    with pytest.raises(registry.NotYoursToCorrect):
        correct(session, town, entry, who=who, subject="Άλλο θέμα")


def test_a_secret_entry_does_not_exist_for_a_clerk(session: Session, town: Town) -> None:
    secret = factories.secret_letter(session, town)
    with pytest.raises(registry.NoSuchEntry):
        correct(session, town, secret, subject="Άλλο θέμα")
    correct(session, town, secret, who="confidant", sender=parties.Contact("Άλλος Άνθρωπος"))
    known = session.execute(text("SELECT count(*) FROM parties WHERE name = 'Άλλος Άνθρωπος'"))
    assert known.scalar_one() == 0  # with whom the body corresponds there stays there


def test_a_completion_needs_no_reason_and_is_no_correction(
    session: Session, town: Town, entry: registry.Entry
) -> None:
    by = town.person(session, "clerk")
    [row] = registry.complete(session, entry, {"subject": "Περιγραφή"}, by=by, zone=factories.ZONE)
    assert (row.kind, row.reason) == ("completion", "")
    details = registry.details(session, entry, by=by)
    assert (details.line.subject, details.line.is_corrected) == ("Περιγραφή", False)
    assert audit.history(session, [("entry", entry.id)])[-1].action == "entry.completed"


def test_the_values_of_now_cannot_be_written_past_the_corrections(
    session: Session, town: Town, entry: registry.Entry
) -> None:
    correct(session, town, entry, subject="Νέο θέμα")
    for statement in (
        "UPDATE corrections SET reason = 'άλλος'",
        "DELETE FROM corrections",
        "UPDATE corrected SET fields = '{}'",
        "DELETE FROM corrected",
        "INSERT INTO corrected (entry_id, fields, is_corrected, corrected_at) "
        "VALUES (:entry, '{}', true, now())",
        "UPDATE entries SET subject = 'Νέο'",
    ):
        with pytest.raises((ProgrammingError, IntegrityError)), session.begin_nested():
            session.execute(text(statement), {"entry": entry.id})


def test_the_trail_names_what_was_done_behind_it(committed: Office) -> None:
    with committed.db.begin() as session:
        town = factories.municipality(session)
        entries = [factories.letter(session, town, subject=f"Θέμα {n}") for n in range(4)]
        for entry in entries[:3]:
            correct(session, town, entry, subject="Νέο θέμα")
    with committed.db.read() as session:
        assert audit.verify(session).findings == ()
    ids = [entry.id for entry in entries]
    clerk = town.users["clerk"]
    as_owner(
        committed,
        "UPDATE corrections SET reason = 'άλλος' WHERE entry_id = %(id)s",
        {"id": ids[0]},
    )
    as_owner(committed, "DELETE FROM corrections WHERE entry_id = %(id)s", {"id": ids[1]})
    as_owner(
        committed,
        'UPDATE corrected SET fields = \'{"subject": "Χ"}\' WHERE entry_id = %(id)s',
        {"id": ids[2]},
    )
    as_owner(
        committed,
        "INSERT INTO corrections (entry_id, kind, field, old, new, reason, authority, "
        "corrected_by, corrected_at) VALUES (%(id)s, 'correction', 'subject', '\"άλλο\"', '\"Χ\"', "
        "'λόγος', '', %(clerk)s, %(at)s)",
        {"id": ids[3], "clerk": clerk, "at": clock.now()},
    )
    with committed.db.read() as session:
        details = [one.detail for one in audit.verify(session).findings]
    expected = [
        f"of entry id {ids[0]} was altered",
        "was removed",
        f"of entry id {ids[3]} has no event",
        f"of entry id {ids[3]} does not begin",
        f"the values of now of entry id {ids[1]} do not follow",
        f"the values of now of entry id {ids[2]} do not follow",
        f"the values of now of entry id {ids[3]} do not follow",
    ]
    assert [any(part in one for one in details) for part in expected] == [True] * len(expected)
    assert len(details) == len(expected)


def as_owner(office: Office, statement: str, values: Mapping[str, object]) -> None:
    """What only somebody with all rights over the server can do: the guards are off."""
    server = stack.shared(stack.PostgresServer)
    with server.cluster._connect(str(office.db.engine.url.database)) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(statement, values)


def text_of(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        return " ".join(page.get_textpage().get_text_range() for page in document)


def test_the_receipt_after_a_correction_shows_the_new_values_and_the_old_one_stays(
    office: Office, town: Town
) -> None:
    with office.db.begin() as session:
        entry = factories.letter(session, town, subject="Παλαιό θέμα")
        by = town.person(session, "clerk")
    old = registry.receipt(office, entry.id, by=by, language="el")
    with office.db.begin() as session:
        correct(session, town, entry, subject="Καινούργιο θέμα")
    new = registry.receipt(office, entry.id, by=by, language="el")
    assert registry.receipt(office, entry.id, by=by, language="el") == new
    assert "Καινούργιο" in text_of(new)
    assert "διορθώθηκε" in text_of(new)
    with office.db.begin() as session:
        kinds = session.execute(text("SELECT kind FROM papers ORDER BY made_at")).scalars().all()
        factories.annulled(session, town, entry.id, reason="Διπλή")
    assert kinds[0] == "receipt-unproven"  # nothing was sequenced yet
    assert kinds[1].startswith("receipt-corrected-")
    struck = registry.receipt(office, entry.id, by=by, language="el")
    assert "ΑΚΥΡΟ" in text_of(struck)
    assert old != new != struck
