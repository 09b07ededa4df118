"""An erasure reaches what the services for citizens keep of an entry; the log verifies still."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from docflow import accounts, applications, clock, custody, routing
from docflow.applications import Application, ApplicationMoved, Draft, Supplement, supplements
from docflow.contacts import Contact
from docflow.publications import Publication
from tests import accounts as making
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


def erased(house: House, entry_id: int) -> None:
    """Two people have the data of an entry erased."""
    house.sequenced()
    with house.office.db.begin() as session:
        by = house.person("registrar")
        row = custody.erasure.ask(session, entry_id, basis="νόμος", reason="αίτημα", by=by)
    house.sequenced()
    with house.office.db.begin() as session:
        custody.erasure.approve(session, row.id, by=house.person("lawyer"))
    house.sequenced()


def test_nothing_that_a_citizen_filed_or_said_is_left(house: House) -> None:
    ids = filled(house)
    before = rows(house, **ids)
    assert NAME in before["applications"] + before["contacts"]
    assert [table for table, kept in before.items() if kept == "[]"] == []
    erased(house, ids["entry"])
    after = rows(house, **ids)
    for said in (NAME, SAID, "eleni@example.gr", "Eleni@example.gr", "123456783", "6900000000"):
        assert [table for table, kept in after.items() if said in kept] == [], said
    assert after["applications"] != "[]"  # that it was, and when, stays
    assert house.verified().is_sound, house.verified().findings


def test_nobody_adds_to_what_was_erased_and_no_account_leads_to_it(house: House) -> None:
    office, town = house.office, house.town
    version = forms.offered(office, town)
    with office.db.begin() as session:
        account = making.account(session, town)
    citizen = forms.known(account.id, town)
    made = filed(office, version, forms.TYPED, citizen=citizen)
    with office.db.read() as session:
        row = session.get_one(Application, made.id)  # as a page that was opened before has it
        draft_id = row.draft_id
        assert accounts.hooks.is_needed(session, account.id)
    erased(house, row.entry_id)
    engineer, due = house.person("engineer"), clock.today() + timedelta(days=10)
    for act in (
        lambda session: applications.post(session, office, row, SAID),
        lambda session: applications.withdraw(session, row, reason=SAID, seen=None),
        lambda session: applications.write(session, office, row.id, SAID, by=engineer),
        lambda session: supplements.ask(session, row.id, text=SAID, due_on=due, by=engineer),
        lambda session: supplements.answer(session, office, row, 1, SAID, []),
    ):
        with pytest.raises(ApplicationMoved, match="were erased"), office.db.begin() as session:
            act(session)
    with office.db.read() as session:
        assert not accounts.hooks.is_needed(session, account.id)
        assert applications.of_account(session, account.id, language="el") == []
        draft = session.get_one(Draft, draft_id)
        assert (draft.account_id, draft.secret_digest) == (None, "")
        with pytest.raises(applications.NoSuchApplication):
            applications.of_citizen(session, made.id, citizen=citizen, key=made.secret)


def test_the_text_of_an_answer_goes_with_its_entry(house: House) -> None:
    ids = filled(house)
    with house.office.db.begin() as session:
        row = session.get_one(Application, ids["application"])
        [asked] = supplements.of_application(session, row, for_staff=True)
        answer = supplements.answer(session, house.office, row, asked.id, "Νοσηλεύομαι", [])
    assert "Νοσηλεύομαι" in rows(house, **ids)["application_supplements"]
    erased(house, answer.id)
    with house.office.db.read() as session:
        supplement = session.get_one(Supplement, asked.id)
        assert (supplement.answer, supplement.answer_entry_id) == ("", answer.id)
    assert NAME in rows(house, **ids)["applications"], "the application itself stays"
    assert house.verified().is_sound, house.verified().findings
