"""Proposals against what the body knows; a document read before it is registered; outcomes."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select, text

from docflow import kinds, parties, registry, understanding
from docflow.errors import NotFound
from docflow.kinds import Definition, Field, FieldType
from docflow.office import Office
from docflow.principal import NotAllowed
from docflow.understanding import AheadState, Fate, Shown, Source, reading_ahead
from tests import factories
from tests.docflow.understanding import letters, paper
from tests.docflow.understanding.conftest import Read
from tests.factories import Town


def proposed(office: Office, town: Town, entry_id: int) -> understanding.Proposals:
    with office.db.read() as session:
        by = town.person(session, "clerk")
        entry = registry.get(session, entry_id, by=by)
    return understanding.of_entry(office, entry, by=by).proposals


def test_the_files_of_an_entry_propose(office: Office, town: Town, read_letter: Read) -> None:
    made = proposed(office, town, read_letter()).fields
    assert made["sender"].value == "ΔΗΜΟΣ ΜΙΝΩΑ ΠΕΔΙΑΔΑΣ"
    assert made["sender"].source is Source.TEXT
    # «ΠΡΟΣ: … Διεύθυνση Τεχνικών Υπηρεσιών» is a unit of ours
    assert made["addressee_unit_id"].value == str(town.units["ΤΥ"])
    assert made["addressee_unit_id"].shown == "Διεύθυνση Τεχνικών Υπηρεσιών"


def test_a_known_correspondent_is_proposed_as_the_directory_names_him(
    office: Office, town: Town, read_letter: Read
) -> None:
    contact = parties.Contact("Δήμος Μινώα Πεδιάδας", email="info@minoa.example", address="Πλ. 3")
    with office.db.begin() as session:
        factories.letter(session, town, sender=contact)
    made = proposed(office, town, read_letter()).fields
    assert made["sender"].source is Source.DIRECTORY
    assert made["sender"].value == "Δήμος Μινώα Πεδιάδας"
    assert made["sender"].beside["sender_address"] == "Πλ. 3"
    assert int(made["sender"].beside["sender_party_id"]) > 0
    assert "sender_email" not in made  # it comes with the party


def test_two_correspondents_of_one_address_decide_nothing(
    office: Office, town: Town, read_letter: Read
) -> None:
    with office.db.begin() as session:
        for name in ("Γραφείο Α", "Γραφείο Β"):
            contact = parties.Contact(name, email="info@minoa.example")
            factories.letter(session, town, sender=contact)
    assert proposed(office, town, read_letter()).fields["sender"].source is Source.TEXT


def test_our_own_letter_names_no_sender(office: Office, town: Town, read_letter: Read) -> None:
    own = letters.official(head="ΕΛΛΗΝΙΚΗ ΔΗΜΟΚΡΑΤΙΑ\nΔΗΜΟΣ ΠΑΡΑΔΕΙΓΜΑΤΟΣ")
    assert "sender" not in proposed(office, town, read_letter(own)).fields


def test_a_kind_is_known_by_its_title_and_gets_its_numbers(
    office: Office, town: Town, read_letter: Read
) -> None:
    definition = Definition(
        "Τιμολόγιο προμήθειας",
        fields=(
            Field("tax", FieldType.TAX_NUMBER, "ΑΦΜ"),
            Field("account", FieldType.IBAN, "IBAN"),
        ),
    )
    with office.db.begin() as session:
        kinds.define(session, "timologio", definition, by=town.person(session, "administrator"))
    read = letters.official(
        subject="ΘΕΜΑ: Τιμολόγιο για προμήθεια υλικών",
        body="ΑΦΜ 090000045, IBAN GR16 0110 1250 0000 0001 2300 695",
    )
    made = proposed(office, town, read_letter(read))
    assert made.fields["kind"].value == "timologio"
    known = understanding.with_kind(made, definition)
    assert known.fields["value.tax"].value == "090000045"
    assert known.fields["value.account"].value == "GR1601101250000000012300695"


def test_two_numbers_of_a_sort_are_left_to_a_person() -> None:
    definition = Definition("Τιμολόγιο", fields=(Field("tax", FieldType.TAX_NUMBER, "ΑΦΜ"),))
    read = letters.page((60, 300, "ΑΦΜ 090000045 και ΑΦΜ 094019245"))
    made = understanding.of_pages((read,), today=letters.TODAY)
    assert len(made.numbers) == 2
    assert understanding.with_kind(made, definition).fields == made.fields


def ahead(office: Office, town: Town, data: bytes, *, by: str = "clerk") -> int:
    upload = factories.uploaded(office, data)
    with office.db.begin() as session:
        return reading_ahead.ask(
            session, upload, by=town.person(session, by), languages=factories.LANGUAGES
        )


def of_ahead(office: Office, town: Town, ahead_id: int, *, by: str = "clerk"):
    with office.db.read() as session:
        person = town.person(session, by)
    return understanding.of_ahead(office, ahead_id, by=person)


def test_a_document_is_read_before_it_is_registered(
    office: Office, town: Town, run_jobs: Callable[[str], int]
) -> None:
    ahead_id = ahead(office, town, paper.letter())
    found, made = of_ahead(office, town, ahead_id)
    assert (found.state, made.fields) == (AheadState.PENDING, {})
    assert run_jobs("understanding.read-ahead") == 1
    found, made = of_ahead(office, town, ahead_id)
    assert found.state is AheadState.DONE
    assert {name: one.value for name, one in made.fields.items()} == {
        "sender": "MUNICIPALITY OF NAFPLIO",
        "subject": "Confirmation of participation in the programme",
        "sender_reference": "1484/2026",
        "sender_dated_on": "07/09/2026",
        "sender_email": "office@nafplio.example",
    }


def test_the_same_bytes_are_read_once(
    office: Office, town: Town, run_jobs: Callable[[str], int]
) -> None:
    first = ahead(office, town, paper.letter())
    assert ahead(office, town, paper.letter()) == first
    assert run_jobs("understanding.read-ahead") == 1
    assert ahead(office, town, paper.letter()) == first
    assert run_jobs("understanding.read-ahead") == 0


def test_nobody_sees_what_another_brought(office: Office, town: Town) -> None:
    ahead_id = ahead(office, town, paper.letter())
    for username in ("registrar", "administrator", "auditor", "mayor"):
        with pytest.raises(NotFound):
            of_ahead(office, town, ahead_id, by=username)


def test_who_registers_nothing_has_nothing_read(office: Office, town: Town) -> None:
    with pytest.raises(NotAllowed):
        ahead(office, town, paper.letter(), by="engineer")


@pytest.mark.parametrize(
    ("data", "problem"), [(b"", "empty"), (b"%PDF-1.7 broken", "damaged"), (b"MZ\x90", "")]
)
def test_what_cannot_be_read_says_so_and_can_be_tried_again(
    office: Office, town: Town, run_jobs: Callable[[str], int], data: bytes, problem: str
) -> None:
    ahead_id = ahead(office, town, data)
    run_jobs("understanding.read-ahead")
    found, made = of_ahead(office, town, ahead_id)
    assert found.state is AheadState.FAILED
    assert found.problem is not None
    assert made.fields == {}
    assert ahead(office, town, data) == ahead_id
    assert run_jobs("understanding.read-ahead") == 1


def test_bytes_that_are_gone_are_told_of(
    office: Office, town: Town, run_jobs: Callable[[str], int]
) -> None:
    ahead_id = ahead(office, town, paper.letter())
    for path in (office.settings.data / "objects").rglob("*"):
        if path.is_file():
            path.unlink()
    run_jobs("understanding.read-ahead")
    assert of_ahead(office, town, ahead_id)[0].state is AheadState.FAILED


def test_what_was_read_ahead_is_forgotten_after_a_day(
    office: Office, town: Town, run_jobs: Callable[[str], int]
) -> None:
    old, new = (ahead(office, town, paper.letter(number)) for number in ("1/2026", "2/2026"))
    with office.db.begin() as session:
        session.execute(
            text("UPDATE read_aheads SET asked_at = now() - interval '25 hours' WHERE id = :id"),
            {"id": old},
        )
        understanding.reading_ahead.outbox.enqueue(session, "understanding.forget")
    run_jobs("understanding.forget")
    with office.db.read() as session:
        assert session.scalars(select(understanding.ReadAhead.id)).all() == [new]


def test_a_reading_that_was_forgotten_meanwhile_does_no_harm(
    office: Office, town: Town, run_jobs: Callable[[str], int]
) -> None:
    ahead(office, town, paper.letter())
    with office.db.begin() as session:
        session.execute(text("DELETE FROM read_aheads"))
    assert run_jobs("understanding.read-ahead") == 1


@pytest.mark.parametrize(
    ("field", "proposed", "said", "fate"),
    [
        ("subject", "Διαβίβαση απόφασης", "διαβιβαση  ΑΠΟΦΑΣΗΣ.", Fate.TAKEN),
        ("subject", "Διαβίβαση απόφασης", "Διαβίβαση εγγράφου", Fate.CHANGED),
        ("subject", "Διαβίβαση απόφασης", " ", Fate.LEFT_OUT),
        ("sender_dated_on", "04/11/2026", "4.11.2026", Fate.TAKEN),
        ("sender_dated_on", "04/11/2026", "05/11/2026", Fate.CHANGED),
        ("addressee_unit_id", "12", "12", Fate.TAKEN),
    ],
)
def test_the_fate_of_a_proposal(field: str, proposed: str, said: str, fate: Fate) -> None:
    assert understanding.outcomes.fate(field, proposed, said) is fate


def test_outcomes_are_kept_once_and_tallied_for_the_administrator(
    office: Office, town: Town
) -> None:
    shown = [
        Shown("subject", "Θέμα", Source.TEXT, 0.95),
        Shown("sender", "Δήμος", Source.DIRECTORY, 0.9),
        Shown("kind", "aitisi", Source.LEARNED, 0.7),
    ]
    with office.db.begin() as session:
        entry = factories.letter(session, town)
        by = town.person(session, "clerk")
        said = {"subject": "Θέμα", "sender": "Άλλος"}
        understanding.outcomes.record(session, entry, shown, said, by=by)
        understanding.outcomes.record(session, entry, shown, {}, by=by)  # sent twice
    with office.db.read() as session:
        found = understanding.outcomes.tallies(session, by=town.person(session, "administrator"))
        assert {(one.field, one.taken, one.changed, one.left_out) for one in found} == {
            ("subject", 1, 0, 0),
            ("sender", 0, 1, 0),
            ("kind", 0, 0, 1),
        }
        with pytest.raises(NotAllowed):
            understanding.outcomes.tallies(session, by=town.person(session, "clerk"))


def test_a_deadline_counts_from_the_day_of_registration(
    office: Office, town: Town, read_letter: Read
) -> None:
    body = "Παρακαλούμε να μας γνωρίσετε τις απόψεις σας εντός δέκα (10) ημερών."
    made = proposed(office, town, read_letter(letters.official(body=body))).fields
    day, month, year = made["due_on"].value.split("/")
    assert date(int(year), int(month), int(day)) > date.today()  # noqa: DTZ011  # any zone
