"""Suggestions while typing: the usual correspondents first, the whole directory behind them."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from docflow import clock, parties
from docflow.folding import fold
from docflow.parties import Party
from tests.factories import Town


def _add(session: Session, town: Town, name: str, *, uses: int = 0, days: int = 400) -> None:
    session.add(
        Party(
            body_id=town.body_id,
            kind="person",
            name=name,
            name_key=fold(name),
            uses=uses,
            last_used_at=clock.now() - timedelta(days=days),
        )
    )
    session.flush()


def _suggested(session: Session, town: Town, typed: str) -> list[str]:
    found = parties.suggest(session, typed, by=town.person(session, "clerk"))
    return [one.name for one in found]


def test_those_who_write_often_and_lately_come_first(session: Session, town: Town) -> None:
    _add(session, town, "Παππάς Άννα", uses=1, days=2)
    _add(session, town, "Παππάς Βασίλης", uses=50, days=300)
    _add(session, town, "Παππάς Γιώργος", uses=9, days=3)
    _add(session, town, "Άννα Παππά", uses=500, days=1)
    assert _suggested(session, town, "παπ") == [
        "Παππάς Γιώργος",
        "Παππάς Άννα",
        "Παππάς Βασίλης",
        "Άννα Παππά",
    ]


def test_two_letters_find_names_that_begin_with_them(session: Session, town: Town) -> None:
    _add(session, town, "Ζήσης Ζώης")
    assert _suggested(session, town, "ζη") == ["Ζήσης Ζώης"]
    assert _suggested(session, town, "ζ") == []


def test_whoever_is_not_usual_is_found_too(
    session: Session, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docflow.parties.suggesting._MOST_USED", 3)
    for n in range(5):
        _add(session, town, f"Συχνός {n}", uses=10 + n)
    _add(session, town, "Σπάνιος Ξένος")
    for typed in ("σπα", "ξένος", "σπάν ξεν"):
        assert _suggested(session, town, typed) == ["Σπάνιος Ξένος"]


def test_each_hour_of_use_counts_once(session: Session, town: Town) -> None:
    by = town.person(session, "clerk")
    contact = parties.checked(parties.Contact("Συχνή Άννα"))
    start = clock.now() - timedelta(days=1)
    for minutes in (0, 5, 70, 75, 140):
        with clock.pretend(start + timedelta(minutes=minutes)):
            [party] = parties.remember(session, [contact], by=by)
    assert party.uses == 3


def test_signs_of_patterns_are_letters_here(session: Session, town: Town) -> None:
    _add(session, town, "100% Ελλάς")
    assert _suggested(session, town, "100%") == ["100% Ελλάς"]
    assert _suggested(session, town, "1_0") == []
    assert _suggested(session, town, "%%%") == []
