"""Deputies sign for whom they replace, in both names, and for nobody else (domain row 68)."""

from datetime import timedelta

import pypdfium2
import pytest
from sqlalchemy import select, text

from docflow import audit, circulation, clock, documents, registry
from docflow.circulation import DraftState, Step
from docflow.office import Office
from docflow.organization import ActsAs, DeputyScope, deputies
from tests.docflow.circulation.chaining import countersigns, deputised, informs, signs
from tests.docflow.steps import begun, circulated, draft, run_jobs, signed
from tests.factories import Town


@pytest.fixture
def draft_id(signing_office: Office, town: Town) -> int:
    """A draft that waits for the director; after him for the mayor."""
    made = begun(signing_office, town)[1]
    chain = [countersigns(town, 1, "director"), signs(town, 2, "mayor")]
    circulated(signing_office, town, made, *chain)
    return made


def words(pdf: bytes) -> str:
    """What a reader sees, what is drawn in signature fields included."""
    with pypdfium2.PdfDocument(pdf) as document:
        document.init_forms()
        for page in document:
            page.flatten()
        told = " ".join(page.get_textpage().get_text_range() for page in document)
    return " ".join(told.split())


def waiting(office: Office, town: Town, who: str) -> list[tuple[int, str, str]]:
    with office.db.begin() as session:
        lines = circulation.awaiting(session, by=town.person(session, who))
    return [(line.id, line.kind, line.on_behalf_of) for line in lines]


def test_a_deputy_finds_it_in_his_list_and_signs_in_both_names(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    assert waiting(signing_office, town, "secretary") == []
    deputised(signing_office, town, "director", "secretary")
    deputised(signing_office, town, "mayor", "colleague", acts_as=ActsAs.BY_ORDER)
    assert waiting(signing_office, town, "secretary") == [
        (draft_id, "countersign", "Γιώργος Αλεξίου")
    ]
    signed(signing_office, town, draft_id, "secretary", "colleague")
    with signing_office.db.begin() as session:
        by = town.person(session, "engineer")
        shown = circulation.steps(session, circulation.get(session, draft_id, by=by), by=by)
        events = audit.history(session, [("draft", draft_id)])
    assert [(one.person, one.acted_by, one.acts_as) for one in shown] == [
        ("Γιώργος Αλεξίου", "Ελένη Ράπτη", "deputy"),
        ("Νίκος Παπαδόπουλος", "Πέτρος Δήμου", "by-order"),
    ]
    signing_events = [event for event in events if event.action == "draft.signed"]
    assert [(event.actor_name, event.details["person"]) for event in signing_events] == [
        ("Ελένη Ράπτη", town.users["director"]),
        ("Πέτρος Δήμου", town.users["mayor"]),
    ]


def test_the_stamps_and_the_exact_copy_name_both(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    deputised(signing_office, town, "director", "secretary")
    deputised(signing_office, town, "mayor", "colleague", acts_as=ActsAs.BY_ORDER)
    signed(signing_office, town, draft_id, "secretary", "colleague")
    run_jobs(signing_office, "circulation.issue")
    done = draft(signing_office, draft_id)
    assert done.state == DraftState.ISSUED
    with signing_office.db.begin() as session:
        files = documents.files(session, done.entry_id or 0)
        copy = next(one for one in files if one.role == documents.FileRole.EXACT_COPY)
    original = words(signing_office.store.read(done.current_sha256 or ""))
    for said in (original, words(signing_office.store.read(copy.sha256))):
        assert "Αναπληρωτής, αντί: Γιώργος Αλεξίου" in said
        assert "Με εντολή, αντί: Νίκος Παπαδόπουλος, Ο Δήμαρχος" in said
        assert "Ελένη Ράπτη" in said
        assert "Πέτρος Δήμου" in said


def test_a_deputy_who_signed_goes_on_seeing_what_he_signed(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    appointment = deputised(signing_office, town, "director", "secretary")
    signed(signing_office, town, draft_id, "secretary")
    with signing_office.db.begin() as session:
        deputies.end(session, appointment, by=town.person(session, "administrator"))
    with signing_office.db.begin() as session:
        by = town.person(session, "secretary")
        assert circulation.get(session, draft_id, by=by).id == draft_id
        answered = draft(signing_office, draft_id).answers_id or 0
        assert registry.get(session, answered, by=by).id == answered


@pytest.mark.parametrize("after", ["ended", "over", "not yet"])
def test_a_period_that_is_not_now_lets_nobody_sign_nor_see(
    signing_office: Office, town: Town, draft_id: int, after: str
) -> None:
    tomorrow = clock.today() + timedelta(days=1)
    period = {"valid_from": tomorrow, "valid_to": tomorrow} if after == "not yet" else {}
    appointment = deputised(signing_office, town, "director", "colleague", **period)
    with signing_office.db.begin() as session:
        if after == "ended":
            deputies.end(session, appointment, by=town.person(session, "administrator"))
    later = timedelta(days=3 if after == "over" else 0)
    with clock.pretend(clock.now() + later):
        assert waiting(signing_office, town, "colleague") == []
        with pytest.raises(circulation.NoSuchDraft):
            signed(signing_office, town, draft_id, "colleague")


def test_who_sees_the_draft_anyway_is_told_that_his_period_is_over(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    appointment = deputised(signing_office, town, "director", "mayor")
    with signing_office.db.begin() as session:
        deputies.end(session, appointment, by=town.person(session, "administrator"))
    with pytest.raises(circulation.NotYourTurn, match="time as deputy of Γιώργος Αλεξίου is over"):
        signed(signing_office, town, draft_id, "mayor")


@pytest.mark.parametrize(
    ("scope", "countersigns_too", "signs_too"),
    [
        (DeputyScope.COUNTERSIGN, True, False),
        (DeputyScope.SIGN, False, True),
        (DeputyScope.ALL, True, True),
    ],
)
def test_a_deputy_does_what_his_scope_says(
    signing_office: Office,
    town: Town,
    draft_id: int,
    scope: DeputyScope,
    countersigns_too: bool,
    signs_too: bool,
) -> None:
    deputised(signing_office, town, "director", "secretary", scope=scope)
    deputised(signing_office, town, "mayor", "secretary", scope=scope)
    seen = [bool(waiting(signing_office, town, "secretary"))]
    signed(signing_office, town, draft_id, "director")
    seen.append(bool(waiting(signing_office, town, "secretary")))
    assert seen == [countersigns_too, signs_too]


def test_a_deputy_of_the_deputy_signs_nothing(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    """The mayor's deputy goes away later: who then acts for him acts for him alone."""
    today = clock.today()
    deputised(signing_office, town, "mayor", "director", valid_to=today)
    away = {"valid_from": today + timedelta(days=1), "valid_to": today + timedelta(days=9)}
    deputised(signing_office, town, "director", "colleague", **away)
    signed(signing_office, town, draft_id, "director")
    with clock.pretend(clock.now() + timedelta(days=2)):
        assert waiting(signing_office, town, "colleague") == []
        with pytest.raises(circulation.NoSuchDraft):
            signed(signing_office, town, draft_id, "colleague")


def test_a_deputy_does_not_come_into_the_confidential_book(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    deputised(signing_office, town, "director", "secretary")
    with signing_office.db.begin() as session:
        session.execute(
            text("UPDATE drafts SET book_id = :book WHERE id = :id"),
            {"book": town.books["empisteftiko"], "id": draft_id},
        )
    assert waiting(signing_office, town, "secretary") == []
    with pytest.raises(circulation.NoSuchDraft):
        signed(signing_office, town, draft_id, "secretary")


def test_what_is_for_information_is_not_a_deputys_and_nobody_takes_note_for_another(
    signing_office: Office, town: Town
) -> None:
    made = begun(signing_office, town)[1]
    circulated(signing_office, town, made, informs(town, 1, "director"), signs(town, 1, "mayor"))
    deputised(signing_office, town, "director", "secretary", scope=DeputyScope.ALL)
    with signing_office.db.begin() as session:
        by = town.person(session, "secretary")
        kind = circulation.StepKind.INFORMATION
        assert circulation.awaiting(session, by=by, kind=kind) == []
        assert circulation.awaiting_counts(session, by=by)[kind] == 0
        with pytest.raises(circulation.NoSuchDraft):
            circulation.take_note(session, made, by=by)


def test_a_deputy_returns_in_the_others_place(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    deputised(signing_office, town, "director", "secretary")
    with signing_office.db.begin() as session:
        by = town.person(session, "secretary")
        circulation.send_back(session, draft_id, by=by, reason="Λείπει το σχετικό")
        [step] = session.scalars(select(Step).where(Step.state == "returned"))
    assert (step.user_id, step.acted_by) == (town.users["director"], town.users["secretary"])
