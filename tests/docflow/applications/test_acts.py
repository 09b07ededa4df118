"""What a process does with its application (writes, asks, ends it); picking a decision up."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import (
    accounts,
    applications,
    audit,
    circulation,
    citizens,
    dispatch,
    documents,
    messages,
    registry,
)
from docflow.applications import Application, ApplicationState, Outcome, supplements
from docflow.citizens import NoSuchPickup, PickupClosed
from docflow.dispatch import Delivery, DeliveryState
from docflow.office import Office
from docflow.parties import Contact
from docflow.services import ServiceVersion
from tests import accounts as making
from tests import factories
from tests.docflow.applications import forms
from tests.docflow.processes.drawing import START, act, drawn, end, message
from tests.factories import Town
from tests.filing import filed

ASKS = drawn(
    START,
    act("say", "applications.write", text="'hello'"),
    act("ask", "applications.ask", text="'Ταυτότητα'", days="5"),
    message("answered", "supplement-answered"),
    act("grant", "applications.finish", outcome="'granted'", note="'Εγκρίθηκε'"),
    end(),
    flows=["start say", "say ask", "ask answered", "answered grant", "grant end"],
    messages=["supplement-answered"],
).decode()
TEXTS = {"texts": {"hello": {"el": "Λάβαμε την αίτηση {number}.", "en": "We have {number}."}}}


def test_a_process_writes_asks_and_ends_its_application(
    office: Office, town: Town, session: Session
) -> None:
    version = forms.offered(office, town, process=ASKS, act=TEXTS)
    made = filed(office, version, forms.TYPED)
    row = session.get_one(Application, made.id)
    [said] = applications.thread.messages_of(session, row, for_staff=False)
    assert said.text == f"Λάβαμε την αίτηση {made.number}."
    assert row.state == ApplicationState.WAITING
    [asked] = supplements.of_application(session, row, for_staff=True)
    supplements.answer(session, office, row, asked.id, "Ορίστε", [])
    session.refresh(row)
    assert (row.state, row.outcome, row.outcome_note) == (
        ApplicationState.ENDED,
        Outcome.GRANTED,
        "Εγκρίθηκε",
    )


def test_an_account_is_needed_until_its_applications_end(
    office: Office, town: Town, session: Session, fine: ServiceVersion
) -> None:
    account, other = (making.account(session, town, email=f"{n}@example.gr") for n in "ab")
    citizen = forms.known(account.id, town)
    made = filed(office, fine, forms.TYPED, citizen=citizen)
    assert accounts.hooks.is_needed(session, account.id)
    assert not accounts.hooks.is_needed(session, other.id)
    by = town.person(session, "administrator")
    accounts.hooks.merged(session, other.id, account.id, by=by)
    assert [one.id for one in applications.of_account(session, other.id, language="el")] == [
        made.id
    ]


def decided(office: Office, town: Town, session: Session, row: Application) -> Delivery:
    """An answer to the application, waiting for the applicant."""
    clerk = town.person(session, "clerk")
    answer = registry.register(
        session,
        registry.NewEntry(
            direction=registry.Direction.OUTGOING,
            subject="Απόφαση",
            recipients=(Contact(name=row.full_name, email=row.email),),
            relations=((row.entry_id, registry.Relation.ANSWERS),),
        ),
        [],
        by=clerk,
        zone=factories.ZONE,
        ocr_languages=factories.LANGUAGES,
    )
    paper = factories.uploaded(office, b"%PDF-1.4 decision", "απόφαση.pdf")
    role = documents.FileRole.EXACT_COPY
    documents.attach(session, answer.id, [paper], by=clerk, languages=[], role=role)
    to = applications.addressee(applications.applicant_of(row))
    return dispatch.place(session, answer, recipient_name=row.full_name, to=to, by=clerk)


def test_a_decision_is_picked_up_on_the_page_of_the_application(
    office: Office, town: Town, session: Session, fine: ServiceVersion
) -> None:
    row = session.get_one(Application, filed(office, fine, forms.TYPED).id)
    delivery = decided(office, town, session, row)
    [waits] = applications.status(session, row, language="el").decisions
    assert (waits.is_open, waits.picked_up_at) == (True, None)
    whose = {"answers_id": row.entry_id, "name": row.full_name, "email": row.email}
    collected = citizens.collect(session, waits.delivery_id, **whose)
    assert collected.name == "απόφαση.pdf"
    session.refresh(delivery)
    assert delivery.state == DeliveryState.PICKED_UP
    citizens.collect(session, waits.delivery_id, **whose)
    noted = session.scalars(
        select(audit.Event.action)
        .where(audit.Event.action.startswith("pickup."))
        .order_by(audit.Event.id)
    )
    assert list(noted) == ["pickup.collected", "pickup.collected-again"]
    with pytest.raises(NoSuchPickup):
        citizens.collect(
            session, delivery.id, answers_id=row.entry_id, name="Άλλος", email="x@example.gr"
        )
    delivery.state, delivery.picked_up_at = DeliveryState.EXPIRED, None
    session.flush()
    with pytest.raises(PickupClosed):
        citizens.collect(session, delivery.id, **whose)


@pytest.mark.parametrize(
    ("email", "name", "way", "is_his"),
    [
        ("ELENI@example.gr", "Ελένη Δημητρίου", "sms", True),
        ("at.paradeigma@police.example", "Αστυνομικό Τμήμα", "email", False),
    ],
)
def test_an_answer_goes_to_the_address_that_was_signed(
    office: Office,
    town: Town,
    session: Session,
    fine: ServiceVersion,
    email: str,
    name: str,
    way: str,
    is_his: bool,
) -> None:
    row = session.get_one(Application, filed(office, fine, forms.TYPED).id)
    row.phone, row.channel = "6912345678", "sms"  # the applicant chose to be told so
    session.flush()
    answer = factories.letter(
        session,
        town,
        direction=registry.Direction.OUTGOING,
        sender=None,
        recipients=(Contact(name=name, email=email),),
        relations=((row.entry_id, registry.Relation.ANSWERS),),
    )
    draft = circulation.Draft(
        answers_id=row.entry_id,
        recipient_name=name,
        recipient_email=email,
        channel=circulation.Channel.PICKUP,
    )
    dispatch.service.dispatch(session, draft, answer)
    [sent] = session.scalars(
        select(messages.Message).where(messages.Message.kind == "pickup-ready")
    ).all()
    assert (sent.way, sent.address) == (way, "6912345678" if is_his else email)
    shown = applications.status(session, row, language="el").decisions
    assert bool(shown) is is_his
