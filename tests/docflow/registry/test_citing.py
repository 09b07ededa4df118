"""An entry is named by its number; where that fits several, the person is asked which."""

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from docflow import registry
from docflow.parties import Contact
from docflow.registry import Book, Direction, Entry
from tests import factories
from tests.factories import Town

OUTGOING = {"direction": Direction.OUTGOING, "sender": None, "recipients": (Contact("Π"),)}


def _cited(session: Session, town: Town, typed: str, who: str = "clerk") -> Entry:
    return registry.cited(session, typed, by=town.person(session, who))


def _numbers(session: Session, town: Town, **policy: object) -> None:
    session.execute(update(Book).where(Book.id == town.books["koino"]).values(**policy))
    session.expire_all()


def test_a_number_of_one_entry_is_that_entry(session: Session, town: Town) -> None:
    entry = factories.letter(session, town)
    year = entry.year
    for typed in (f"1/{year}", f" 1 / {year}", f"koino: 1/{year}", f"koino 01/{year}"):
        assert _cited(session, town, typed).id == entry.id


_NOTHING = ("1", "x/2026", "99/2026", "empisteftiko: 1/2026", "1-2-3/9")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Write the number"),
        *((one, "There is no entry") for one in _NOTHING),
    ],
)
def test_what_cites_nothing_is_refused(session: Session, town: Town, typed: str, said: str) -> None:
    factories.letter(session, town)
    with pytest.raises(registry.BadCitation, match=said):
        _cited(session, town, typed)


def test_a_number_of_two_series_is_asked_back(session: Session, town: Town) -> None:
    _numbers(session, town, numbering="by-direction")
    came, went = factories.letter(session, town), factories.letter(session, town, **OUTGOING)
    assert came.label == went.label
    with pytest.raises(registry.BadCitation) as refused:
        _cited(session, town, came.label)
    year = came.year
    assert f"koino: 1-in/{year}, koino: 1-out/{year}" in str(refused.value)
    assert _cited(session, town, f"koino: 1-out/{year}").id == went.id
    assert _cited(session, town, f"1-in/{year}").id == came.id


def test_a_number_of_two_books_is_asked_back_of_who_sees_both(session: Session, town: Town) -> None:
    known, secret = factories.letter(session, town), factories.secret_letter(session, town)
    assert _cited(session, town, known.label).id == known.id
    confidant = town.person(session, "confidant")
    registry.open_to_person(session, known.id, confidant.person_id)
    with pytest.raises(registry.BadCitation, match="Several entries"):
        _cited(session, town, known.label, "confidant")
    named = f"empisteftiko: {secret.label}"
    assert _cited(session, town, named, "confidant").id == secret.id


def test_a_shared_number_is_the_letter(session: Session, town: Town) -> None:
    _numbers(session, town, shares_numbers=True)
    came = factories.letter(session, town)
    went = factories.letter(session, town, **OUTGOING, same_number_as=came.number)
    assert _cited(session, town, f"{came.number}/{came.year}").id == came.id
    assert _cited(session, town, f"{came.number}-out/{came.year}").id == went.id


def test_the_number_of_a_case_is_its_first_document(session: Session, town: Town) -> None:
    _numbers(session, town, scheme="case", mask="{n}-{sub}/{year}")
    first = factories.letter(session, town)
    second = factories.letter(session, town, case=first.number)
    assert _cited(session, town, f"{first.number}/{first.year}").id == first.id
    assert _cited(session, town, second.label).id == second.id
