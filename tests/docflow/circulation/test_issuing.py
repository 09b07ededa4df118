"""Issuing: number, exact copy, seal; whatever fails, no number is lost (domain row 72)."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any

import pikepdf
import pypdfium2
import pytest
from pydantic import SecretStr
from sqlalchemy import select, text

import signing
from docflow import audit, circulation, documents, outbox, registry, routing, signatures
from docflow.circulation import DraftState
from docflow.dispatch import Delivery
from docflow.office import Office
from docflow.organization import NotAllowed
from docflow.registry import Annulment, Entry
from tests import factories
from tests.docflow.circulation.chaining import informs, signs
from tests.docflow.steps import (
    answer,
    begun,
    circulated,
    draft,
    issued,
    job,
    run_jobs,
    signed,
    waiting_jobs,
)
from tests.factories import Town


@pytest.fixture
def ready(signing_office: Office, town: Town) -> tuple[int, int]:
    """A draft that everybody signed, and the job that issues it."""
    _, draft_id = begun(signing_office, town)
    circulated(signing_office, town, draft_id)
    signed(signing_office, town, draft_id)
    [job_id] = waiting_jobs(signing_office, "circulation.issue")
    return draft_id, job_id


def outgoing(office: Office) -> list[tuple[int, bool]]:
    """Numbers of the outgoing entries, and whether they are annulled."""
    with office.db.begin() as session:
        rows = session.execute(
            select(Entry.number, Annulment.entry_id)
            .outerjoin(Annulment, Annulment.entry_id == Entry.id)
            .where(Entry.direction == "outgoing")
            .order_by(Entry.number)
        )
        return [(number, annulled is not None) for number, annulled in rows]


def hurry(office: Office) -> None:
    """Let jobs that pause before their next try be due now."""
    with office.db.begin() as session:
        session.execute(text("UPDATE jobs SET run_after = now() - interval '1 hour'"))


def files_of(office: Office, entry_id: int) -> dict[str, bytes]:
    with office.db.begin() as session:
        rows = documents.files(session, entry_id)
    return {row.role: office.store.read(row.sha256) for row in rows}


def test_the_exact_copy_bears_number_date_and_names(signing_office: Office, town: Town) -> None:
    done = issued(signing_office, town)
    with signing_office.db.begin() as session:
        entry = session.get_one(Entry, done.entry_id)
    with pypdfium2.PdfDocument(files_of(signing_office, entry.id)["exact-copy"]) as pdf:
        printed = " ".join(page.get_textpage().get_text_range() for page in pdf)
    printed = " ".join(printed.split())
    for said in (
        entry.label,
        "ΑΚΡΙΒΕΣ ΑΝΤΙΓΡΑΦΟ",
        "Νίκος Παπαδόπουλος",
        "Σύλλογος Κατοίκων",
        registry.codes.shown(entry.verification_code),
    ):
        assert said in printed


def test_the_exact_copy_is_sealed_and_time_stamped(signing_office: Office, town: Town) -> None:
    done = issued(signing_office, town)
    pdf = files_of(signing_office, done.entry_id or 0)["exact-copy"]
    assert signing_office.settings.trust_roots is not None
    roots = [signing_office.settings.trust_roots.read_bytes()]
    seal, archive = signing.validate(pdf, trust_roots=roots).signatures
    assert archive.kind == "timestamp"
    assert (seal.kind, seal.integrity, seal.trust, seal.time_source, seal.level) == (
        "seal",
        "intact",
        "trusted",
        "timestamp",
        "B-LTA",
    )


def test_the_signed_original_is_inside_the_exact_copy(signing_office: Office, town: Town) -> None:
    done = issued(signing_office, town)
    files = files_of(signing_office, done.entry_id or 0)
    with pikepdf.open(BytesIO(files["exact-copy"])) as pdf:
        [attached] = [pdf.attachments[name].get_file().read_bytes() for name in pdf.attachments]
    assert attached == files["signed-original"]


def test_an_uploaded_answer_is_signed_and_issued_too(signing_office: Office, town: Town) -> None:
    with pikepdf.new() as blank:
        blank.add_blank_page(page_size=(595, 842))
        made = BytesIO()
        blank.save(made)
    upload = factories.uploaded(signing_office, made.getvalue(), "απάντηση.pdf")
    done = issued(signing_office, town, upload=upload, body="")
    assert done.state == DraftState.ISSUED
    with pypdfium2.PdfDocument(files_of(signing_office, done.entry_id or 0)["exact-copy"]) as pdf:
        assert len(pdf) >= 2


def test_the_answered_letter_is_closed_and_tied_to_its_answer(
    signing_office: Office, town: Town
) -> None:
    done = issued(signing_office, town)
    with signing_office.db.begin() as session:
        by = town.person(session, "clerk")
        letter = registry.get(session, done.answers_id or 0, by=by)
        details = registry.details(session, letter, by=by)
    assert details.handling is not None
    assert (details.handling.state, details.handling.disposal) == ("closed", "answered")
    [(kind, from_here, other)] = details.relations
    assert (kind, from_here, other.id) == ("answers", False, done.entry_id)


def test_the_issued_document_is_open_to_those_who_made_it(
    signing_office: Office, town: Town
) -> None:
    done = issued(signing_office, town)
    with signing_office.db.begin() as session:
        for who in ("engineer", "colleague", "director", "mayor", "clerk"):
            assert registry.get(session, done.entry_id or 0, by=town.person(session, who))
        with pytest.raises(registry.NoSuchEntry):
            registry.get(session, done.entry_id or 0, by=town.person(session, "lawyer"))


def test_issuing_asks_for_one_delivery(signing_office: Office, town: Town) -> None:
    done = issued(signing_office, town)
    with signing_office.db.begin() as session:
        [row] = session.scalars(select(Delivery).where(Delivery.entry_id == done.entry_id))
    assert (row.channel, row.state, row.email) == ("pickup", "queued", "katoikoi@example.gr")


Fault = Callable[..., Any]


def fails(*, times: int, error: Exception, then: Fault) -> Fault:
    """`then`, after `times` calls that raise."""
    left = [times]

    def call(*args: Any, **kwargs: Any) -> Any:
        left[0] -= 1
        if left[0] >= 0:
            raise error
        return then(*args, **kwargs)

    return call


class PowerCut(BaseException):
    """The worker dies: nothing of the job's own handling of errors runs."""


@pytest.mark.parametrize("where", ["print_exact_copy", "issue_data"])
def test_a_worker_that_dies_goes_on_with_the_same_number(
    signing_office: Office,
    town: Town,
    ready: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
    where: str,
) -> None:
    draft_id, job_id = ready
    whole = getattr(circulation.letters, where)
    fault = fails(times=1, error=PowerCut(), then=whole)  # type: ignore[arg-type]
    monkeypatch.setattr(circulation.letters, where, fault)
    with pytest.raises(PowerCut):
        outbox.run(signing_office, job_id)
    with signing_office.db.begin() as session:  # the lease ends, the relay rings again
        session.execute(text("UPDATE jobs SET lease_until = now() - interval '1 second'"))
        assert (job_id, "signing") in outbox.due(session)
    outbox.run(signing_office, job_id)
    assert draft(signing_office, draft_id).state == DraftState.ISSUED
    assert outgoing(signing_office) == [(2, False)]


def test_a_worker_that_dies_before_the_last_step_issues_once(
    signing_office: Office,
    town: Town,
    ready: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draft_id, job_id = ready
    whole = circulation.drafts.tell_issued
    fault = fails(times=1, error=PowerCut(), then=whole)  # type: ignore[arg-type]
    monkeypatch.setattr(circulation.drafts, "tell_issued", fault)
    with pytest.raises(PowerCut):
        outbox.run(signing_office, job_id)
    with signing_office.db.begin() as session:
        session.execute(text("UPDATE jobs SET lease_until = now() - interval '1 second'"))
        outbox.due(session)
    outbox.run(signing_office, job_id)
    done = draft(signing_office, draft_id)
    assert set(files_of(signing_office, done.entry_id or 0)) == {"exact-copy", "signed-original"}
    assert outgoing(signing_office) == [(2, False)]


def test_issuing_again_what_is_issued_changes_nothing(
    signing_office: Office, town: Town, ready: tuple[int, int]
) -> None:
    draft_id, job_id = ready
    outbox.run(signing_office, job_id)
    circulation.issuing.issue(outbox.Run(signing_office, job_id, 1), draft_id=draft_id)
    assert outgoing(signing_office) == [(2, False)]
    assert len(waiting_jobs(signing_office, "messages.send")) == 1


def test_without_time_stamps_the_document_is_issued_and_its_proof_of_time_pending(
    signing_office: Office, town: Town, ready: tuple[int, int]
) -> None:
    """It has its number, seal and delivery; a job adds the proof (tests of `signatures`)."""
    draft_id, job_id = ready
    signing_office.settings.tsa_urls[:] = ["http://127.0.0.1:9/tsa"]
    outbox.run(signing_office, job_id)
    done = draft(signing_office, draft_id)
    assert done.state == DraftState.ISSUED
    assert outgoing(signing_office) == [(2, False)]
    with signing_office.db.begin() as session:
        kept = signatures.lasting.of_entry(session, done.entry_id or 0)
        copy = next(one for one in kept if one.kind == "exact-copy")
        assert (copy.level, copy.wanted, copy.is_time_pending) == ("B-B", "B-LTA", True)


def test_a_number_whose_sealing_fails_for_good_is_annulled_and_the_draft_waits(
    signing_office: Office, town: Town, ready: tuple[int, int]
) -> None:
    draft_id, job_id = ready
    broken = signing_office.settings.model_copy(update={"seal_key": None})
    outbox.run(Office(broken, signing_office.db, signing_office.store), job_id)
    waits = draft(signing_office, draft_id)
    assert (waits.state, waits.entry_id) == (DraftState.ISSUE_FAILED, None)
    assert waits.problem
    assert job(signing_office, job_id).state == "failed"
    assert outgoing(signing_office) == [(2, True)]
    with signing_office.db.begin() as session:
        reason = session.scalars(select(Annulment.reason)).one()
        actions = [line.action for line in audit.history(session, [("draft", draft_id)])]
    assert waits.problem in reason
    assert actions[-1] == "draft.issue-failed"


def test_a_document_is_issued_again_under_a_new_number(
    signing_office: Office, town: Town, ready: tuple[int, int]
) -> None:
    draft_id, job_id = ready
    broken = signing_office.settings.model_copy(update={"seal_key": None})
    outbox.run(Office(broken, signing_office.db, signing_office.store), job_id)
    with signing_office.db.begin() as session:
        circulation.issue_again(session, draft_id, by=town.person(session, "engineer"))
    run_jobs(signing_office, "circulation.issue")
    assert draft(signing_office, draft_id).state == DraftState.ISSUED
    assert outgoing(signing_office) == [(2, True), (3, False)]


@pytest.mark.parametrize(
    ("who", "may"),
    [("engineer", True), ("director", True), ("mayor", True), ("lawyer", False)],
)
def test_who_has_a_document_issued_again_is_its_drafter_a_head_or_a_signer(
    signing_office: Office, town: Town, who: str, may: bool
) -> None:
    """The lawyer was told of it for information: she sees the draft, and asks for no number."""
    draft_id = begun(signing_office, town)[1]
    circulated(signing_office, town, draft_id, informs(town, 1, "lawyer"), signs(town, 1, "mayor"))
    signed(signing_office, town, draft_id, "mayor")
    [job_id] = waiting_jobs(signing_office, "circulation.issue")
    broken = signing_office.settings.model_copy(update={"seal_key": None})
    outbox.run(Office(broken, signing_office.db, signing_office.store), job_id)
    with signing_office.db.begin() as session:
        by = town.person(session, who)
        waits = circulation.get(session, draft_id, by=by)
        steps = circulation.steps(session, waits, by=by)
        assert circulation.acts(waits, steps, by=by).issue_again is may
        reader = replace(by, scopes=frozenset({"read", "sign"}))
        with pytest.raises(NotAllowed, match="lacks the scope “draft”"):
            circulation.issue_again(session, draft_id, by=reader)
        if not may:
            with pytest.raises(NotAllowed, match="Only the drafter, a head"):
                circulation.issue_again(session, draft_id, by=by)
        assert waits.state == DraftState.ISSUE_FAILED
        if may:
            circulation.issue_again(session, draft_id, by=by)
    asked = waiting_jobs(signing_office, "circulation.issue")
    assert len(asked) == may


def test_the_registry_may_annul_the_number_before_the_document_is_issued(
    signing_office: Office,
    town: Town,
    ready: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draft_id, job_id = ready
    printing = circulation.letters.print_exact_copy

    def meanwhile(office: Office, data: Any) -> signatures.Made:
        with office.db.begin() as session:
            by = town.person(session, "clerk")
            entry = registry.numbered(session, None, data.year, data.number, by=by)
            factories.annulled(session, town, entry.id, reason="Να μη σταλεί")
        return printing(office, data)

    monkeypatch.setattr(circulation.letters, "print_exact_copy", meanwhile)
    outbox.run(signing_office, job_id)
    assert draft(signing_office, draft_id).state == DraftState.ISSUE_FAILED
    assert outgoing(signing_office) == [(2, True)]
    assert waiting_jobs(signing_office, "messages.send") == []


def test_a_mayor_who_left_issues_nothing(
    signing_office: Office, town: Town, ready: tuple[int, int]
) -> None:
    draft_id, job_id = ready
    with signing_office.db.begin() as session:
        session.execute(
            text("UPDATE users SET is_active = false WHERE id = :id"), {"id": town.users["mayor"]}
        )
    outbox.run(signing_office, job_id)
    assert draft(signing_office, draft_id).state == DraftState.ISSUE_FAILED
    assert outgoing(signing_office) == []


def test_a_reopened_letter_is_answered_once_more(signing_office: Office, town: Town) -> None:
    done = issued(signing_office, town)
    entry_id = done.answers_id or 0
    with signing_office.db.begin() as session:
        director = town.person(session, "director")
        routing.reopen(session, entry_id, by=director, reason="Νέα στοιχεία")
        routing.charge(session, entry_id, by=director, to=town.target("ΟΔΟΠ", "engineer"))
        routing.accept(session, entry_id, by=town.person(session, "engineer"))
    second = answer(signing_office, town, entry_id)
    circulated(signing_office, town, second)
    signed(signing_office, town, second)
    run_jobs(signing_office, "circulation.issue")
    assert outgoing(signing_office) == [(2, False), (3, False)]


def test_the_seals_password_is_right_or_the_number_is_annulled(
    signing_office: Office, town: Town, ready: tuple[int, int]
) -> None:
    draft_id, job_id = ready
    wrong = signing_office.settings.model_copy(update={"seal_password": SecretStr("λάθος")})
    outbox.run(Office(wrong, signing_office.db, signing_office.store), job_id)
    assert draft(signing_office, draft_id).state == DraftState.ISSUE_FAILED
