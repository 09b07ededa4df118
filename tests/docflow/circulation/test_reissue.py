"""Corrected re-issue: one act makes the new version, keeps the old, ties them, tells people."""

from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes, policy
from pathlib import Path

import pypdfium2
import pytest
from sqlalchemy import select, text

from docflow import circulation, citizens, documents, parties, registry
from docflow.circulation import DraftState
from docflow.dispatch import Delivery
from docflow.office import Office
from docflow.registry import EntryRelation, Relation
from tests import factories
from tests.docflow.steps import circulated, issued, run_jobs, signed
from tests.factories import Town

REASON = "την ημερομηνία των εργασιών"


def mails(office: Office) -> list[tuple[str, str]]:
    folder = Path(office.settings.smtp_url.get_secret_value().removeprefix("file:"))
    read = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in sorted(folder.glob("*.eml"))
    ]
    return [(str(one["To"]), str(one.get_content())) for one in read]


def corrected(
    office: Office, town: Town, first: circulation.Draft, **changes: object
) -> circulation.Draft:
    """The first document, issued again with another text."""
    with office.db.begin() as session:
        by = town.person(session, "engineer")
    draft = circulation.begin_reissue(office, first.entry_id or 0, reason=REASON, by=by)
    content = factories.content(body="Οι εργασίες θα γίνουν τον Δεκέμβριο.", **changes)
    with office.db.begin() as session:
        circulation.save(session, draft.id, content, version=1, by=by)
    circulated(office, town, draft.id)
    signed(office, town, draft.id)
    run_jobs(office, "circulation.issue")
    with office.db.begin() as session:
        return session.get_one(circulation.Draft, draft.id)


def test_the_correction_begins_with_the_text_that_was_issued(
    signing_office: Office, town: Town
) -> None:
    first = issued(signing_office, town)
    with signing_office.db.begin() as session:
        by = town.person(session, "engineer")
        entry = session.get_one(registry.Entry, first.entry_id)
        assert circulation.may_reissue(session, entry, by=by)
    draft = circulation.begin_reissue(signing_office, first.entry_id or 0, reason=REASON, by=by)
    assert (draft.state, draft.body_text, draft.subject, draft.corrects_id) == (
        DraftState.DRAFTING,
        first.body_text,
        first.subject,
        first.entry_id,
    )
    with signing_office.db.begin() as session:
        assert not circulation.may_reissue(session, entry, by=by)


def test_the_new_version_bears_the_mark_and_is_tied_to_the_old(
    signing_office: Office, town: Town
) -> None:
    first = issued(signing_office, town)
    second = corrected(signing_office, town, first)
    with signing_office.db.begin() as session:
        old = session.get_one(registry.Entry, first.entry_id)
        new = session.get_one(registry.Entry, second.entry_id)
        kinds = session.execute(
            select(EntryRelation.kind, EntryRelation.other_id).where(
                EntryRelation.entry_id == new.id
            )
        ).all()
        by = town.person(session, "engineer")
        assert registry.get(session, old.id, by=by).id == old.id, "the old one stays readable"
        copy = next(file for file in documents.files(session, new.id) if file.role == "exact-copy")
    assert new.number == old.number + 1
    assert (Relation.CORRECTS, old.id) in [tuple(one) for one in kinds]
    with pypdfium2.PdfDocument(signing_office.store.read(copy.sha256)) as pdf:
        said = " ".join(pdf[0].get_textpage().get_text_range().split())
    assert "ΟΡΘΗ ΕΠΑΝΑΛΗΨΗ" in said
    assert old.label in said
    assert REASON in said
    with signing_office.db.begin() as session:
        shown = citizens.by_code(session, registry.codes.shown(old.verification_code))
    assert (shown.answer, shown.corrected_by) == ("issued", new.label)


def test_who_got_the_old_one_is_told(signing_office: Office, town: Town) -> None:
    first = issued(signing_office, town)
    run_jobs(signing_office, "messages.send")
    other = parties.Contact(name="Άλλος Σύλλογος", email="allos@example.gr")
    second = corrected(signing_office, town, first, recipient=other)
    run_jobs(signing_office, "messages.send")
    sent = mails(signing_office)
    with signing_office.db.begin() as session:
        old = session.get_one(registry.Entry, first.entry_id).label
        new = session.get_one(registry.Entry, second.entry_id).label
        assert session.scalars(select(Delivery).where(Delivery.entry_id == second.entry_id)).one()
    told = [text for to, text in sent if to == "katoikoi@example.gr"][-1]
    assert old in told
    assert new in told
    got = next(text for to, text in sent if to == "allos@example.gr")
    assert old in got, "the notice says which document it corrects"


def test_the_same_recipient_is_told_once_with_the_new_document(
    signing_office: Office, town: Town
) -> None:
    first = issued(signing_office, town)
    run_jobs(signing_office, "messages.send")
    corrected(signing_office, town, first)
    run_jobs(signing_office, "messages.send")
    assert [to for to, _ in mails(signing_office)] == ["katoikoi@example.gr"] * 2


def test_only_one_correction_is_on_its_way(signing_office: Office, town: Town) -> None:
    first = issued(signing_office, town)
    with signing_office.db.begin() as session:
        by = town.person(session, "engineer")
    draft = circulation.begin_reissue(signing_office, first.entry_id or 0, reason=REASON, by=by)
    with pytest.raises(circulation.CorrectionBegun):
        circulation.begin_reissue(signing_office, first.entry_id or 0, reason=REASON, by=by)
    with signing_office.db.begin() as session:
        circulation.withdraw(session, draft.id, by=by)
    assert circulation.begin_reissue(signing_office, first.entry_id or 0, reason=REASON, by=by).id


def test_a_rejected_correction_is_not_the_last_word(signing_office: Office, town: Town) -> None:
    first = issued(signing_office, town)
    with signing_office.db.begin() as session:
        by, director = town.person(session, "engineer"), town.person(session, "director")
    draft = circulation.begin_reissue(signing_office, first.entry_id or 0, reason=REASON, by=by)
    circulated(signing_office, town, draft.id)
    signed(signing_office, town, draft.id, "engineer")
    with signing_office.db.begin() as session:
        circulation.reject(session, draft.id, reason="Δεν χρειάζεται", by=director)
    with signing_office.db.begin() as session:
        entry = session.get_one(registry.Entry, first.entry_id)
        assert circulation.correction_of(session, entry.id) is None
        assert circulation.may_reissue(session, entry, by=by)
    assert circulation.begin_reissue(signing_office, first.entry_id or 0, reason=REASON, by=by).id


def test_after_an_annulled_correction_comes_another(signing_office: Office, town: Town) -> None:
    first = issued(signing_office, town)
    second = corrected(signing_office, town, first)
    with signing_office.db.begin() as session:
        by = town.person(session, "engineer")
    with pytest.raises(circulation.CorrectionBegun):
        circulation.begin_reissue(signing_office, first.entry_id or 0, reason=REASON, by=by)
    with signing_office.db.begin() as session:
        factories.annulled(session, town, second.entry_id or 0)
    third = corrected(signing_office, town, first)
    with signing_office.db.begin() as session:
        found = circulation.correction_of(session, first.entry_id or 0)
    assert found is not None
    assert found.id == third.id


def test_no_correction_begins_while_the_document_is_annulled(committed: Office) -> None:
    with committed.db.begin() as session:
        town = factories.municipality(session)
        entry = factories.letter(session, town)
        factories.accepted(session, town, entry)
        entry_id, by = entry.id, town.person(session, "engineer")
    with committed.db.begin() as session:  # as if this had been issued under the number
        draft = circulation.begin_answer(session, entry_id, factories.content(), by=by)
        draft.state, draft.entry_id = DraftState.ISSUED, entry_id
    with ThreadPoolExecutor(1) as thread:
        with committed.db.begin() as session:
            factories.annulled(session, town, entry_id)
            begins = thread.submit(
                circulation.begin_reissue, committed, entry_id, reason=REASON, by=by
            )
            waits = text(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            )
            while not begins.done() and not session.execute(waits).scalar_one():
                pass
        with pytest.raises(registry.AlreadyAnnulled):
            begins.result()


def test_a_correction_needs_its_reason_and_its_people(signing_office: Office, town: Town) -> None:
    first = issued(signing_office, town)
    with signing_office.db.begin() as session:
        engineer, clerk = town.person(session, "engineer"), town.person(session, "clerk")
    with pytest.raises(circulation.BadCorrection):
        circulation.begin_reissue(signing_office, first.entry_id or 0, reason=" ", by=engineer)
    with pytest.raises(circulation.NotYoursToReissue):
        circulation.begin_reissue(signing_office, first.entry_id or 0, reason=REASON, by=clerk)


def test_what_came_in_is_not_issued_again(signing_office: Office, town: Town) -> None:
    with signing_office.db.begin() as session:
        entry = factories.letter(session, town)
        clerk = town.person(session, "clerk")
    with pytest.raises(circulation.NotReissuable):
        circulation.begin_reissue(signing_office, entry.id, reason=REASON, by=clerk)
