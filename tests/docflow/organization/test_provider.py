"""Whom the identity provider's word ties to which account."""

import pytest
from sqlalchemy.orm import Session

from docflow import organization
from docflow.organization import User, accounts, oidc, roles
from docflow.organization.accounts import AccountData, BadAccount
from docflow.organization.oidc import Identity, ProviderRefused
from docflow.principal import Role
from docflow.settings import Settings
from tests.factories import Town

ISSUER = "https://id.example.gr"


def arrived(session: Session, username: str, subject: str = "1") -> User:
    who = Identity(ISSUER, subject, username, "Κάποιος", "")
    return oidc.account(session, who, Settings.model_construct(oidc_creates_accounts=False))


def test_a_name_alone_opens_no_account_with_a_password(session: Session, town: Town) -> None:
    by = town.person(session, "administrator")
    for name in ("administrator", "engineer"):
        with pytest.raises(ProviderRefused):
            arrived(session, name)
    engineer = accounts.move_to_provider(session, town.users["engineer"], ISSUER, by=by)
    assert engineer.password_hash is None
    assert arrived(session, "engineer").id == engineer.id
    assert arrived(session, "whatever").id == engineer.id, "the subject says who it is"
    with pytest.raises(ProviderRefused):
        arrived(session, "engineer", "2")
    with pytest.raises(BadAccount):
        accounts.move_to_provider(session, engineer.id, ISSUER, by=by)
    with pytest.raises(organization.accounts.OwnRights):
        accounts.move_to_provider(session, by.person_id, ISSUER, by=by)


def test_nobody_comes_to_high_rights_by_a_name(session: Session, town: Town) -> None:
    by = town.person(session, "administrator")
    made = accounts.create(session, "rena", AccountData("Ρένα Μακρή"), by=by, issuer=ISSUER)
    grant = roles.give(session, made.id, Role.ADMINISTRATOR, by=by)
    with pytest.raises(ProviderRefused, match="after the first login"):
        arrived(session, "rena")
    roles.take(session, made.id, grant.id, by=by)
    assert arrived(session, "rena").id == made.id
    roles.give(session, made.id, Role.ADMINISTRATOR, by=by)
    assert arrived(session, "rena").id == made.id
