"""Several bodies in one installation, each with its own books and users."""

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from docflow import organization, registry
from docflow.organization import legal_bodies
from docflow.organization.accounts import UsernameTaken
from docflow.organization.legal_bodies import BadBody, BodyCodeTaken, BodyData
from docflow.principal import Principal, Role, Via
from docflow.registry import new_bodies
from docflow.registry.new_bodies import FirstAdministrator
from tests import factories
from tests.factories import Town

FIRST = FirstAdministrator("deya-admin", "Ζωή Νικολάου", "προσωρινός-1")


def opener(session: Session, town: Town) -> Principal:
    user = session.get_one(organization.User, town.users["administrator"])
    organization.grant(session, user, Role.INSTALLATION)
    session.flush()
    return town.person(session, "administrator")


def test_a_new_body_registers_on_its_own(session: Session, town: Town) -> None:
    by = opener(session, town)
    body = new_bodies.begin(session, "deya", BodyData("ΔΕΥΑ Παραδείγματος"), FIRST, by=by)
    user = session.query(organization.User).filter_by(username="deya-admin").one()
    own = organization.principal(session, user.id, via=Via.WEB)
    assert own.is_administrator
    assert own.must_change_password
    assert not own.opens_bodies
    clerk = organization.User(body_id=body.id, username="deya-clerk", full_name="Α", title="")
    session.add(clerk)
    session.flush()
    secretariat = session.get_one(organization.Unit, body.secretariat_id)
    organization.grant(session, clerk, Role.CLERK, secretariat)
    session.flush()
    entry = registry.register(
        session,
        factories.incoming(),
        (),
        by=organization.principal(session, clerk.id, via=Via.WEB),
        zone=factories.ZONE,
        ocr_languages=factories.LANGUAGES,
    )
    assert entry.number == 1
    with pytest.raises(registry.NoSuchEntry):
        registry.get(session, entry.id, by=town.person(session, "clerk"))


def test_a_body_is_opened_once_and_by_whom_it_is_given(session: Session, town: Town) -> None:
    by, data = opener(session, town), BodyData("ΔΕΥΑ")
    with pytest.raises(organization.NotAllowed):
        new_bodies.begin(session, "deya", data, FIRST, by=town.person(session, "clerk"))
    tokened = replace(by, scopes=frozenset({"read"}))
    with pytest.raises(organization.NotAllowed):
        new_bodies.begin(session, "deya", data, FIRST, by=tokened)
    with pytest.raises(BodyCodeTaken):
        new_bodies.begin(session, "paradeigma", data, FIRST, by=by)
    with pytest.raises(BadBody):
        new_bodies.begin(session, "Δ Ε", data, FIRST, by=by)
    with pytest.raises(BadBody):
        legal_bodies.checked(BodyData(" "))
    with pytest.raises(UsernameTaken):
        new_bodies.begin(session, "deya", data, replace(FIRST, username="clerk"), by=by)


def test_what_stands_on_paper_is_changed_by_the_bodys_own(session: Session, town: Town) -> None:
    by = town.person(session, "administrator")
    data = replace(legal_bodies.data_of(organization.body(session, town.body_id)), phone="210 7")
    legal_bodies.change(session, town.body_id, data, by=by)
    assert organization.body(session, town.body_id).phone == "210 7"
    other = factories.municipality(session, code="allos")
    with pytest.raises(organization.NotAllowed):
        legal_bodies.change(session, other.body_id, data, by=by)
    with pytest.raises(organization.NoSuchBody):
        legal_bodies.change(session, 10**6, data, by=opener(session, town))
