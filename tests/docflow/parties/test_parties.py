"""The directory of correspondents: checked, remembered, suggested while typing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import parties
from docflow.parties import Contact, Party, PartyKind
from tests.factories import Town


@pytest.mark.parametrize("number", ["090000045", "094019245", "123456783"])
def test_a_right_tax_number_is_taken(number: str) -> None:
    assert parties.is_tax_number(number)


@pytest.mark.parametrize(
    "number", ["", "12345678", "1234567830", "123456789", "000000000", "12345678a", "١٢٣٤٥٦٧٨٣"]
)
def test_a_wrong_tax_number_is_refused(number: str) -> None:
    assert not parties.is_tax_number(number)


@given(st.integers(1, 99_999_999), st.integers(0, 7), st.integers(1, 9))
def test_one_mistyped_digit_is_found(base: int, place: int, change: int) -> None:
    """The check digit finds each wrong digit, unless modulo 11 gives 10 and 0, which look alike."""
    digits = f"{base:08d}"
    total = sum(int(digit) << (8 - at) for at, digit in enumerate(digits))
    number = digits + str(total % 11 % 10)
    wrong = digits[:place] + str((int(digits[place]) + change) % 10) + digits[place + 1 :]
    other = sum(int(digit) << (8 - at) for at, digit in enumerate(wrong))
    confused = {total % 11, other % 11} == {0, 10}
    assert parties.is_tax_number(number)
    assert parties.is_tax_number(wrong + number[8]) == confused


def remembered(session: Session, town: Town, *contacts: Contact) -> list[Party]:
    checked = [parties.checked(contact) for contact in contacts]
    return parties.remember(session, checked, by=town.person(session, "clerk"))


def test_the_same_name_is_the_same_party_however_it_is_written(
    session: Session, town: Town
) -> None:
    [first] = remembered(session, town, Contact(name="Δήμητρα Αλεξίου"))
    [again] = remembered(session, town, Contact(name=" ΔΗΜΗΤΡΑ  ΑΛΕΞΙΟΥ "))
    assert again.id == first.id


def test_people_of_one_name_are_told_apart_by_tax_number(session: Session, town: Town) -> None:
    one, other = remembered(
        session,
        town,
        Contact(name="Α. Β.", tax_number="090000045"),
        Contact(name="Α. Β.", tax_number="094019245"),
    )
    assert one.id != other.id
    [again] = remembered(session, town, Contact(name="Α. Β.", tax_number="094019245"))
    assert again.id == other.id


def test_a_chosen_party_whose_name_was_edited_is_another(session: Session, town: Town) -> None:
    [chosen] = remembered(session, town, Contact(name="Α. Β."))
    [edited] = remembered(session, town, Contact(name="Γ. Δ.", party_id=chosen.id))
    assert edited.id != chosen.id


def test_a_new_address_is_learnt_and_a_known_one_kept(session: Session, town: Town) -> None:
    remembered(session, town, Contact(name="Α. Β.", email="a@example.gr"))
    remembered(session, town, Contact(name="Α. Β.", email="b@example.gr", address="Οδός 1"))
    party = session.scalars(select(Party)).one()
    assert (party.email, party.address) == ("a@example.gr", "Οδός 1")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Υπουργείο Εσωτερικών", PartyKind.PUBLIC_BODY),
        ("ΔΗΜΟΣ ΑΘΗΝΑΙΩΝ", PartyKind.PUBLIC_BODY),
        ("Δημοσθένης Παππάς", PartyKind.PERSON),
        ("Δημόσια Βιβλιοθήκη", PartyKind.PUBLIC_BODY),
        ("Τεχνική Α.Ε.", PartyKind.COMPANY),
        ("Παπαδόπουλος και Υιοί", PartyKind.COMPANY),
        ("Μαρία Νικολάου", PartyKind.PERSON),
    ],
)
def test_what_a_party_is_likely_to_be(name: str, kind: PartyKind) -> None:
    assert parties.guess_kind(name) == kind


def suggested(session: Session, town: Town, typed: str) -> list[str]:
    return [s.name for s in parties.suggest(session, typed, by=town.person(session, "clerk"))]


@pytest.mark.parametrize(
    "typed",
    ["αλεξ", "ΑΛΕΞΊΟΥ", "δημητρα", "αλεξ δημ", "09000", "d.alexiou@", "τρα αλε"],
)
def test_a_party_is_suggested_for(session: Session, town: Town, typed: str) -> None:
    remembered(
        session,
        town,
        Contact(name="Δήμητρα Αλεξίου", tax_number="090000045", email="d.alexiou@example.gr"),
        Contact(name="Πέτρος Ζήσης"),
    )
    assert suggested(session, town, typed) == ["Δήμητρα Αλεξίου"]


@pytest.mark.parametrize("typed", ["", "α", "%%", "__", "\\", "' OR 1=1", "ξξξ"])
def test_nobody_is_suggested_for(session: Session, town: Town, typed: str) -> None:
    remembered(session, town, Contact(name="Δήμητρα Αλεξίου"))
    assert suggested(session, town, typed) == []


def test_names_that_begin_so_come_first(session: Session, town: Town) -> None:
    remembered(session, town, Contact(name="Κοινότητα Άνω Νέας"), Contact(name="Νέα Αγορά"))
    assert suggested(session, town, "νεα") == ["Νέα Αγορά", "Κοινότητα Άνω Νέας"]


def test_another_body_has_its_own_directory(session: Session, town: Town) -> None:
    from tests import factories

    remembered(session, town, Contact(name="Δήμητρα Αλεξίου"))
    other = factories.municipality(session, code="allos")
    assert suggested(session, other, "αλεξ") == []
