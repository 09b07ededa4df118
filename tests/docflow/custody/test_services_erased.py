"""An erasure reaches what the services for citizens keep of an entry; the log verifies still."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from docflow import applications, clock, custody, routing
from docflow.contacts import Contact
from docflow.publications import Publication
from tests.docflow.applications import forms
from tests.docflow.custody.conftest import House
from tests.filing import filed

NAME = "Ελένη Δημητρίου"
SAID = "Ο κύριος Ανδρέου τηλεφώνησε"
_TABLES = {
    "applications": "entry_id = :entry",
    "application_messages": "application_id = :application",
    "application_supplements": "application_id = :application",
    "process_instances": "entry_id = :entry",
    "contacts": "entry_id = :entry",
    "publications": "entry_id = :entry",
    "planned_charges": "entry_id = :entry",
    "messages": "about_id IN (:entry, :application)",
}


def rows(house: House, **ids: int) -> dict[str, str]:
    """By table: all that stands in its rows of the entry."""
    with house.office.db.read() as session:
        return {
            table: str(session.execute(text(f"SELECT * FROM {table} WHERE {where}"), ids).all())
            for table, where in _TABLES.items()
        }


def filled(house: House) -> dict[str, int]:
    """An application with everything that can be kept beside it; its ids."""
    version = forms.offered(house.office, house.town)
    made = filed(house.office, version, forms.TYPED)
    office, town = house.office, house.town
    with office.db.begin() as session:
        row = session.get_one(applications.Application, made.id)
        engineer, director = (town.person(session, who) for who in ("engineer", "director"))
        applications.write(session, office, row.id, SAID, by=engineer)
        due = clock.today() + timedelta(days=10)
        applications.supplements.ask(session, row.id, text=SAID, due_on=due, by=engineer)
        routing.planned.charge(
            session,
            row.entry_id,
            by=director,
            to=town.target("ΟΔΟΠ", "engineer"),
            on=clock.today() + timedelta(days=3),
            instructions=SAID,
        )
        who: dict[str, Any] = {"body_id": town.body_id, "entry_id": row.entry_id}
        session.add(
            Contact(
                **who,
                full_name=NAME,
                phone="6900000000",
                channel="phone",
                subject=SAID,
                note=SAID,
                state="passed",
                began_at=clock.now(),
                taken_by=engineer.person_id,
                changed_by=engineer.person_id,
                changed_at=clock.now(),
            )
        )
        session.add(
            Publication(
                **who,
                subject=SAID,
                folded=SAID,
                acted_on=clock.today(),
                published_by=engineer.person_id,
            )
        )
        return {"entry": row.entry_id, "application": row.id}


def test_nothing_that_a_citizen_filed_or_said_is_left(house: House) -> None:
    ids = filled(house)
    before = rows(house, **ids)
    assert NAME in before["applications"] + before["contacts"]
    assert [table for table, kept in before.items() if kept == "[]"] == []
    house.sequenced()
    with house.office.db.begin() as session:
        by = house.person("registrar")
        row = custody.erasure.ask(session, ids["entry"], basis="νόμος", reason="αίτημα", by=by)
    house.sequenced()
    with house.office.db.begin() as session:
        custody.erasure.approve(session, row.id, by=house.person("lawyer"))
    house.sequenced()
    after = rows(house, **ids)
    for said in (NAME, SAID, "eleni@example.gr", "Eleni@example.gr", "123456783", "6900000000"):
        assert [table for table, kept in after.items() if said in kept] == [], said
    assert after["applications"] != "[]"  # that it was, and when, stays
    assert house.verified().is_sound, house.verified().findings
