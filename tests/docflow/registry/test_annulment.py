"""An annulled entry stays in its place, struck out, and is inert (domain rows 14, 15)."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from docflow import audit, circulation, registry, routing
from docflow.office import Office
from docflow.principal import NotAllowed
from docflow.registry import Relation
from tests import factories
from tests.factories import Town

REASON = "Καταχωρίστηκε δύο φορές"


@pytest.fixture
def annulled(session: Session, town: Town) -> registry.Entry:
    entry = factories.letter(session, town)
    registry.annul(session, entry.id, reason=REASON, by=town.person(session, "clerk"))
    return entry


def test_an_annulled_entry_keeps_its_number_and_stays_readable(
    session: Session, town: Town, annulled: registry.Entry
) -> None:
    by = town.person(session, "clerk")
    details = registry.details(session, registry.get(session, annulled.id, by=by), by=by)
    assert details.line.is_annulled
    assert (details.line.label, details.entry.subject) == (annulled.label, annulled.subject)
    assert details.annulment is not None
    assert (details.annulment.reason, details.annulled_by) == (REASON, "Μαρία Νικολάου")


def test_the_number_of_an_annulled_entry_is_not_given_again(
    session: Session, town: Town, annulled: registry.Entry
) -> None:
    assert factories.letter(session, town).number == annulled.number + 1


def test_an_entry_is_annulled_only_once(
    session: Session, town: Town, annulled: registry.Entry
) -> None:
    with pytest.raises(registry.AlreadyAnnulled):
        registry.annul(session, annulled.id, reason="Άλλος", by=town.person(session, "clerk"))


@pytest.mark.parametrize("reason", ["", " \n\x00"])
def test_an_annulment_needs_a_reason(session: Session, town: Town, reason: str) -> None:
    entry = factories.letter(session, town)
    with pytest.raises(registry.ReasonMissing):
        registry.annul(session, entry.id, reason=reason, by=town.person(session, "clerk"))


@pytest.mark.parametrize("who", ["secretary", "auditor"])
def test_who_only_sees_an_entry_does_not_annul_it(session: Session, town: Town, who: str) -> None:
    entry = factories.letter(session, town)
    with pytest.raises(registry.NotYoursToAnnul):
        registry.annul(session, entry.id, reason=REASON, by=town.person(session, who))


def test_an_annulment_is_an_event(session: Session, annulled: registry.Entry) -> None:
    lines = audit.history(session, [("entry", annulled.id)])
    assert (lines[-1].action, lines[-1].details) == ("entry.annulled", {"reason": REASON})


Act = Callable[[Session, Town, registry.Entry], object]
ACTS: dict[str, Act] = {
    "mark": lambda s, town, e: routing.mark(
        s, e.id, by=town.person(s, "secretary"), priority=registry.Priority.URGENT
    ),
    "charge": lambda s, town, e: routing.charge(
        s, e.id, by=town.person(s, "secretary"), to=town.target("ΝΟΜ")
    ),
    "file": lambda s, town, e: routing.file(
        s, e.id, by=town.person(s, "secretary"), reason="Για ενημέρωση"
    ),
    "answer": lambda s, town, e: circulation.begin_answer(
        s, e.id, factories.content(), by=town.person(s, "secretary")
    ),
    "be answered by another": lambda s, town, e: factories.letter(
        s, town, relations=((e.id, Relation.ANSWERS),)
    ),
}


@pytest.mark.parametrize("act", ACTS)
def test_an_annulled_entry_cannot(
    session: Session, town: Town, annulled: registry.Entry, act: str
) -> None:
    with pytest.raises(registry.AlreadyAnnulled):
        ACTS[act](session, town, annulled)


def test_another_entry_may_stand_in_its_place(
    session: Session, town: Town, annulled: registry.Entry
) -> None:
    by = town.person(session, "clerk")
    new = factories.letter(session, town, relations=((annulled.id, Relation.REPLACES),))
    [(kind, from_here, other)] = registry.details(session, new, by=by).relations
    assert (kind, from_here, other.id) == ("replaces", True, annulled.id)
    [(_, from_here, other)] = registry.details(session, annulled, by=by).relations
    assert (from_here, other.id) == (False, new.id)


def test_an_annulled_entry_is_in_no_work_list(
    session: Session, town: Town, annulled: registry.Entry
) -> None:
    by = town.person(session, "secretary")
    assert routing.basket(session, routing.Basket.TO_CHARGE, by=by) == []
    assert routing.counts(session, by=by)[routing.Basket.TO_CHARGE] == 0
    assert routing.acts(session, annulled, by=by) == routing.Acts()


def test_an_annulled_entry_gets_no_receipt(
    office: Office, town: Town, annulled: registry.Entry
) -> None:
    with office.db.begin() as session:
        by = town.person(session, "clerk")
    with pytest.raises(registry.AlreadyAnnulled):
        registry.receipt(office, annulled.id, by=by, language="el")


def test_a_token_annuls_only_with_its_scope(session: Session, town: Town) -> None:
    from dataclasses import replace

    entry = factories.letter(session, town)
    by = replace(town.person(session, "clerk"), scopes=frozenset({"register"}))
    with pytest.raises(NotAllowed):
        registry.annul(session, entry.id, reason=REASON, by=by)
