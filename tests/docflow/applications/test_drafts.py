"""Drafts: kept as typed, for who typed them alone, for thirty days."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import accounts, clock, documents, outbox, services
from docflow.applications import Draft, drafts
from docflow.applications.drafts import NoSuchDraft, TooManyFiles, WrongKindOfFile
from docflow.applications.models import DraftFile
from docflow.office import Office
from docflow.services import ServiceVersion
from tests import accounts as making
from tests.docflow.applications import forms
from tests.factories import Town
from tests.filing import SECRET as FILING_SECRET
from tests.filing import filed

SECRET = "one-browser"


def begun(session: Session, version: ServiceVersion, citizen: accounts.Citizen) -> Draft:
    return drafts.begin(session, version, citizen=citizen, secret=SECRET, language="el")


def upload(n: int, name: str = "") -> documents.Upload:
    return documents.Upload(name or f"{n}.pdf", f"{n:064x}", 10, "application/pdf")


def test_what_was_typed_is_kept_page_by_page(session: Session, fine: ServiceVersion) -> None:
    row = begun(session, fine, accounts.ANONYMOUS)
    drafts.save(session, row, {"full_name": "Ελένη"}, only=["full_name", "email"])
    drafts.save(session, row, {"amount": "1.2.3"}, only=["amount"])  # wrong, and kept
    session.flush()
    session.expire_all()
    again = drafts.opened(session, row.token, secret=SECRET, citizen=accounts.ANONYMOUS)
    assert again.typed == {"full_name": "Ελένη", "email": "", "amount": "1.2.3"}


def test_what_is_known_is_filled_in(session: Session, town: Town, fine: ServiceVersion) -> None:
    account = making.account(session, town)
    row = begun(session, fine, forms.known(account.id, town))
    assert row.typed == {"full_name": "Ελένη Δημητρίου"}


def test_only_its_browser_or_its_owner_opens_a_draft(
    session: Session, town: Town, fine: ServiceVersion
) -> None:
    row = begun(session, fine, accounts.ANONYMOUS)
    with pytest.raises(NoSuchDraft):
        drafts.opened(session, row.token, secret="other", citizen=accounts.ANONYMOUS)
    owner = forms.known(making.account(session, town).id, town)
    mine = drafts.opened(session, row.token, secret=SECRET, citizen=owner, lock=True)
    assert mine.account_id == owner.account_id  # who logs in meanwhile owns it
    assert drafts.opened(session, row.token, secret="", citizen=owner).id == row.id
    stranger = forms.known(making.account(session, town, email="x@example.gr").id, town)
    with pytest.raises(NoSuchDraft):
        drafts.opened(session, row.token, secret=SECRET, citizen=stranger)


def test_what_an_account_sent_is_opened_by_it_alone(
    office: Office, session: Session, town: Town, fine: ServiceVersion
) -> None:
    owner = forms.known(making.account(session, town).id, town)
    session.flush()
    made = filed(office, fine, forms.TYPED, citizen=owner)
    row = session.scalars(select(Draft)).one()
    for secret in (FILING_SECRET, ""):  # of the browser, which may stand in a library
        assert drafts.opened(session, row.token, secret=secret, citizen=owner).id == row.id
    with pytest.raises(accounts.LevelNeeded) as caught:
        drafts.opened(session, row.token, secret=FILING_SECRET, citizen=accounts.ANONYMOUS)
    assert caught.value.to == f"/apply/{row.token}/done"
    assert made.is_new


def test_what_is_being_typed_outlives_a_login_but_not_the_account(
    office: Office, session: Session, town: Town, fine: ServiceVersion
) -> None:
    account = making.account(session, town)
    row = begun(session, fine, forms.known(account.id, town))
    kept = begun(session, fine, accounts.ANONYMOUS)
    found = drafts.opened(session, row.token, secret=SECRET, citizen=accounts.ANONYMOUS, lock=True)
    assert found.account_id == account.id
    with pytest.raises(accounts.LevelNeeded):  # it is sent by that account, into that account
        drafts.require_owner(found, accounts.ANONYMOUS, to="/apply")
    account.state, account.closed_at = accounts.AccountState.CLOSED, clock.now()
    session.flush()
    drafts.forget(outbox.Run(office, 1, 1))
    session.expire_all()
    assert [one.id for one in session.scalars(select(Draft))] == [kept.id]


def test_a_form_that_was_sent_by_nobody_becomes_nobodys(
    office: Office, session: Session, town: Town, fine: ServiceVersion
) -> None:
    filed(office, fine, forms.TYPED)
    row = session.scalars(select(Draft)).one()
    later = forms.known(making.account(session, town).id, town)
    drafts.opened(session, row.token, secret=FILING_SECRET, citizen=later, lock=True)
    assert row.account_id is None, "the application is not of this account either"


def test_thirty_files_and_no_more(session: Session, fine: ServiceVersion) -> None:
    row = begun(session, fine, accounts.ANONYMOUS)
    drafts.add_files(session, row, fine, [upload(n) for n in range(28)])
    drafts.add_files(session, row, fine, [upload(n) for n in (28, 29)], field="papers")
    with pytest.raises(TooManyFiles) as caught:
        drafts.add_files(session, row, fine, [upload(30)])
    assert caught.value.field == "attachments"
    drafts.add_files(session, row, fine, [upload(3)])  # the same bytes once more
    assert len(drafts.files(session, row.id)) == 30


def test_a_field_takes_so_many_files_of_its_kinds(session: Session, fine: ServiceVersion) -> None:
    row = begun(session, fine, accounts.ANONYMOUS)
    with pytest.raises(WrongKindOfFile):
        drafts.add_files(session, row, fine, [upload(1, "a.exe")], field="papers")
    with pytest.raises(WrongKindOfFile):
        drafts.add_files(session, row, fine, [upload(1)], field="full_name")
    drafts.add_files(session, row, fine, [upload(1), upload(2)], field="papers")
    with pytest.raises(TooManyFiles):
        drafts.add_files(session, row, fine, [upload(3)], field="papers")


def test_a_draft_is_forgotten_after_thirty_days(
    office: Office, session: Session, fine: ServiceVersion
) -> None:
    row = begun(session, fine, accounts.ANONYMOUS)
    drafts.add_files(session, row, fine, [upload(1)])
    row.expires_at = clock.now() - timedelta(seconds=1)
    session.flush()
    with pytest.raises(NoSuchDraft):
        drafts.opened(session, row.token, secret=SECRET, citizen=accounts.ANONYMOUS)
    drafts.forget(outbox.Run(office, 1, 1))
    session.expire_all()
    assert session.scalars(select(DraftFile)).all() == []
    assert session.scalars(select(Draft)).all() == []


def test_what_is_described_only_is_not_applied_for(
    office: Office, session: Session, town: Town
) -> None:
    plain = forms.offered(office, town, code="plain", form=None, process=None)
    assert not services.may_be_filed(plain)
    with pytest.raises(drafts.NotElectronic):
        begun(session, plain, accounts.ANONYMOUS)
