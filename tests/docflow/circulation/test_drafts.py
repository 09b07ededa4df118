"""Drafts: begun by the responsible person, saved in versions, seen by few (domain rows 43, 65)."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import circulation, parties, registry, routing
from docflow.circulation.models import DraftVersion
from docflow.documents import Upload
from docflow.organization import NotAllowed
from tests import factories
from tests.factories import Town


@pytest.fixture
def entry(session: Session, town: Town) -> registry.Entry:
    made = factories.letter(session, town)
    factories.accepted(session, town, made)
    return made


@pytest.fixture
def draft(session: Session, town: Town, entry: registry.Entry) -> circulation.Draft:
    by = town.person(session, "engineer")
    return circulation.begin_answer(session, entry.id, factories.content(), by=by)


@pytest.mark.parametrize("who", ["colleague", "director", "secretary"])
def test_only_the_responsible_person_answers(
    session: Session, town: Town, entry: registry.Entry, who: str
) -> None:
    with pytest.raises(circulation.NotResponsible):
        circulation.begin_answer(
            session, entry.id, factories.content(), by=town.person(session, who)
        )


def test_an_answer_inherits_from_the_letter(session: Session, town: Town) -> None:
    entry = factories.letter(session, town)
    suggested = circulation.suggested_content(session, entry, channel=circulation.Channel.POST)
    assert (suggested.subject, suggested.recipient.name, suggested.recipient.email) == (
        entry.subject,
        entry.sender_name,
        entry.sender_email,
    )


def test_a_draft_takes_no_number(
    session: Session, entry: registry.Entry, draft: circulation.Draft
) -> None:
    assert draft.entry_id is None
    assert session.scalar(select(func.max(registry.Entry.number))) == entry.number


def test_each_save_is_a_version(session: Session, town: Town, draft: circulation.Draft) -> None:
    by = town.person(session, "engineer")
    circulation.save(session, draft.id, factories.content(body="Νέο κείμενο"), version=1, by=by)
    rows = session.scalars(select(DraftVersion).order_by(DraftVersion.version)).all()
    assert [(row.version, row.content["body"][:3]) for row in rows] == [(1, "Σας"), (2, "Νέο")]


def test_what_another_window_saved_is_not_overwritten(
    session: Session, town: Town, draft: circulation.Draft
) -> None:
    by = town.person(session, "engineer")
    circulation.save(session, draft.id, factories.content(body="Πρώτο"), version=1, by=by)
    with pytest.raises(circulation.DraftMoved, match="another window"):
        circulation.save(session, draft.id, factories.content(body="Άλλο"), version=1, by=by)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"subject": "αβ"}, "subject"),
        ({"subject": "α" * 1001}, "subject"),
        ({"body": " \x00"}, "body"),
        ({"body": "α" * 50_001}, "body"),
        ({"recipient": parties.Contact(name="Α")}, "recipient_email"),
        ({"recipient": parties.Contact(name=" ", email="a@b.gr")}, "recipient"),
        ({"recipient": parties.Contact(name="Α", email="a\nb@c.gr")}, "recipient"),
        ({"upload": Upload("a.html", "0" * 64, 1, "text/html")}, "upload"),
        ({"copies_to": (" ",)}, "copies_to"),
    ],
)
def test_what_is_missing_in_a_draft_is_named(
    session: Session, town: Town, entry: registry.Entry, changes: dict[str, Any], field: str
) -> None:
    by = town.person(session, "engineer")
    with pytest.raises((circulation.BadDraft, parties.BadName, parties.BadEmail)) as caught:
        circulation.begin_answer(session, entry.id, factories.content(**changes), by=by)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("who", "sees"),
    [("engineer", True), ("director", True), ("colleague", False), ("clerk", False)],
)
def test_a_draft_is_seen_by_its_drafter_and_the_heads_above(
    session: Session, town: Town, draft: circulation.Draft, who: str, sees: bool
) -> None:
    by = town.person(session, who)
    if sees:
        assert circulation.get(session, draft.id, by=by).id == draft.id
    else:
        with pytest.raises(circulation.NoSuchDraft):
            circulation.get(session, draft.id, by=by)


def test_only_its_drafter_changes_a_draft(
    session: Session, town: Town, draft: circulation.Draft
) -> None:
    by = town.person(session, "director")
    with pytest.raises(circulation.NotYourDraft):
        circulation.save(session, draft.id, factories.content(), version=1, by=by)
    with pytest.raises(circulation.NotYourDraft):
        circulation.withdraw(session, draft.id, by=by)


def test_a_withdrawn_draft_stays_readable_and_is_done(
    session: Session, town: Town, draft: circulation.Draft
) -> None:
    by = town.person(session, "engineer")
    circulation.withdraw(session, draft.id, by=by)
    assert circulation.get(session, draft.id, by=by).state == circulation.DraftState.WITHDRAWN
    with pytest.raises(circulation.DraftMoved):
        circulation.save(session, draft.id, factories.content(), version=1, by=by)


def test_the_answers_of_an_entry_are_lines_on_its_page(
    session: Session, town: Town, entry: registry.Entry, draft: circulation.Draft
) -> None:
    by = town.person(session, "engineer")
    [line] = circulation.of_entry(session, entry.id, by=by)
    assert (line.id, line.answers, line.drafter) == (draft.id, entry.label, "Άννα Βλάχου")
    assert [own.id for own in circulation.own(session, by=by)] == [draft.id]


def test_an_item_that_was_returned_is_not_answered(
    session: Session, town: Town, entry: registry.Entry
) -> None:
    by = town.person(session, "engineer")
    routing.send_back(session, entry.id, by=by, reason="Αναρμόδια")
    with pytest.raises(circulation.NotResponsible):
        circulation.begin_answer(session, entry.id, factories.content(), by=by)


def test_a_token_for_signing_changes_and_withdraws_no_draft(session: Session, town: Town) -> None:
    entry = factories.letter(session, town)
    factories.accepted(session, town, entry)
    by = town.person(session, "engineer")
    draft = circulation.begin_answer(session, entry.id, factories.content(), by=by)
    signer = replace(by, scopes=frozenset({"sign", "read"}))
    with pytest.raises(NotAllowed, match="lacks the scope “draft”"):
        circulation.save(session, draft.id, factories.content(), version=1, by=signer)
    with pytest.raises(NotAllowed, match="lacks the scope “draft”"):
        circulation.withdraw(session, draft.id, by=signer)
    assert (draft.state, draft.version) == ("drafting", 1)
