"""Lists with which paper goes to units: numbered, once for each charge, saying nothing secret."""

from io import BytesIO

import pypdfium2
import pytest
from sqlalchemy.orm import Session

from docflow import clock, organization, registry, routing
from docflow.principal import Principal
from docflow.registry import DeliveryMethod, Entry, Grade
from docflow.routing import delivery_lists
from tests import factories
from tests.docflow.steps import athens
from tests.factories import ZONE, Town


def charged(session: Session, town: Town, *to: str, **changes: object) -> Entry:
    entry = factories.letter(session, town, **{"delivery_method": DeliveryMethod.POST, **changes})
    by = town.person(session, "secretary")
    routing.charge(session, entry.id, by=by, to=town.target(*to))
    session.flush()
    return entry


def on_paper(session: Session, list_id: int, by: Principal) -> str:
    sheet = delivery_lists.sheet(session, list_id, by=by, language="el", zone=ZONE)
    pdf = delivery_lists.printed(sheet, language="el")
    document = pypdfium2.PdfDocument(BytesIO(pdf))
    return " ".join(page.get_textpage().get_text_range() for page in document)


def test_a_list_for_each_unit_with_numbers_of_the_year(session: Session, town: Town) -> None:
    with clock.pretend(athens(2026, 5, 4)):
        roads = [charged(session, town, "ΟΔΟΠ", "engineer"), charged(session, town, "ΟΔΟΠ")]
        legal = charged(session, town, "ΝΟΜ")
        charged(session, town, "ΝΟΜ", delivery_method=DeliveryMethod.EMAIL)  # has no paper
        by = town.person(session, "secretary")
        lines = delivery_lists.waiting(session, by=by)
        assert {line.entry.id for line in lines} == {roads[0].id, roads[1].id, legal.id}
        made = delivery_lists.make(session, [line.charge_id for line in lines], by=by)
    shown = delivery_lists.listing(session, by=by)
    assert [(one.number, one.unit, one.count) for one in shown] == [
        ("2/2026", "Νομική Υπηρεσία", 1),
        ("1/2026", "Τμήμα Οδοποιίας", 2),
    ]
    assert delivery_lists.waiting(session, by=by) == []
    [roads_list] = [one for one in made if one.unit_id == town.units["ΟΔΟΠ"]]
    said = on_paper(session, roads_list.id, by)
    assert "ΔΕΛΤΙΟ ΠΑΡΑΔΟΣΗΣ ΕΓΓΡΑΦΩΝ" in said
    for expected in (roads[0].label, roads[1].label, "Άννα Βλάχου", "Υπογραφή παραλαβής", "1/2026"):
        assert expected in said


def test_a_charge_goes_with_one_list(session: Session, town: Town) -> None:
    charged(session, town, "ΝΟΜ")
    by = town.person(session, "secretary")
    [line] = delivery_lists.waiting(session, by=by)
    delivery_lists.make(session, [line.charge_id], by=by)
    with pytest.raises(delivery_lists.OnListAlready, match="Ελένη Ράπτη made on"):
        delivery_lists.make(session, [line.charge_id], by=by)
    with pytest.raises(delivery_lists.NothingToDeliver):
        delivery_lists.make(session, [], by=by)


def test_others_neither_see_nor_list_what_is_not_theirs(session: Session, town: Town) -> None:
    charged(session, town, "ΝΟΜ")
    by, engineer = town.person(session, "secretary"), town.person(session, "engineer")
    [line] = delivery_lists.waiting(session, by=by)
    assert delivery_lists.waiting(session, by=engineer) == []
    with pytest.raises(delivery_lists.NoSuchDeliveryList):
        delivery_lists.make(session, [line.charge_id], by=engineer)
    [made] = delivery_lists.make(session, [line.charge_id], by=by)
    with pytest.raises(delivery_lists.NoSuchDeliveryList):
        delivery_lists.get(session, made.id, by=engineer)
    info, lines = delivery_lists.get(session, made.id, by=town.person(session, "lawyer"))
    assert (info.count, len(lines)) == (1, 1), "who gets the paper sees its list"


def test_a_deputy_makes_the_lists_of_who_is_away(session: Session, town: Town) -> None:
    by = town.person(session, "secretary")
    today = clock.today()
    charged(session, town, "ΝΟΜ")
    organization.deputies.appoint(
        session,
        organization.Appointment(
            person_id=town.users["secretary"],
            deputy_id=town.users["colleague"],
            valid_from=today,
            valid_to=today,
            scope=organization.DeputyScope.ALL,
            acts_as=organization.ActsAs.DEPUTY,
            authority="ΑΔΑ ΨΧΨΧ",
        ),
        by=by,
    )
    deputy = town.person(session, "colleague")
    [line] = delivery_lists.waiting(session, by=deputy)
    [made] = delivery_lists.make(session, [line.charge_id], by=deputy)
    assert made.made_by == town.users["colleague"]
    assert [one.id for one in delivery_lists.listing(session, by=by)] == [made.id]


def test_the_paper_says_nothing_of_what_is_confidential(session: Session, town: Town) -> None:
    entry = charged(
        session, town, "ΟΔΟΠ", "engineer", grade=Grade.CONFIDENTIAL, subject="Πειθαρχική υπόθεση"
    )
    by = town.person(session, "secretary")
    [line] = delivery_lists.waiting(session, by=by)
    [made] = delivery_lists.make(session, [line.charge_id], by=by)
    said = on_paper(session, made.id, by)
    assert entry.label in said
    assert "Πειθαρχική" not in said
    assert registry.current(session, entry).sender_name not in said
    info, lines = delivery_lists.get(session, made.id, by=town.person(session, "colleague"))
    assert (info.count, lines) == (0, []), "not even how many, where one may not know of them"


def test_what_no_longer_waits_goes_with_no_list(session: Session, town: Town) -> None:
    by = town.person(session, "secretary")
    charged(session, town, "ΟΔΟΠ", "engineer")
    entry = charged(session, town, "ΝΟΜ", "lawyer")
    lines = delivery_lists.waiting(session, by=by)
    routing.refuse(session, entry.id, by=town.person(session, "lawyer"), reason="όχι εδώ")
    with pytest.raises(delivery_lists.NoSuchDeliveryList):
        delivery_lists.make(session, [one.charge_id for one in lines], by=by)
