"""Objection, rejection, recall, forwarding, and the final signer's shortcut (rows 67 to 69)."""

import pypdfium2
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from docflow import circulation, documents, organization
from docflow.circulation import DraftState, Step, StepKind
from docflow.office import Office
from docflow.organization import NotAllowed, Role
from tests import factories
from tests.docflow.circulation.chaining import countersigns, deputised, informs, seals, signs
from tests.docflow.steps import begun, circulated, draft, run_jobs, signed
from tests.factories import Town

OBJECTION = "Διαφωνώ: δεν υπάρχει πίστωση στον κωδικό."


@pytest.fixture
def draft_id(signing_office: Office, town: Town) -> int:
    """Sent round to the engineer, the director, the mayor, one after the other."""
    made = begun(signing_office, town)[1]
    circulated(signing_office, town, made)
    return made


def sign(office: Office, town: Town, draft_id: int, who: str, **more: object) -> DraftState:
    with office.db.begin() as session:
        by = town.person(session, who)
    secrets = circulation.Secrets(password=factories.KEY_PASSWORD)
    return circulation.sign(office, draft_id, by=by, secrets=secrets, **more)  # type: ignore[arg-type]


def final_signer(office: Office, town: Town, who: str) -> None:
    with office.db.begin() as session:
        user = session.get_one(organization.User, town.users[who])
        organization.grant(session, user, Role.FINAL_SIGNER)


def steps(
    office: Office, town: Town, draft_id: int, who: str = "engineer"
) -> list[circulation.StepInfo]:
    with office.db.begin() as session:
        by = town.person(session, who)
        return circulation.steps(session, circulation.get(session, draft_id, by=by), by=by)


def test_an_objection_stays_with_the_draft_and_is_printed_nowhere(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    signed(signing_office, town, draft_id, "engineer")
    sign(signing_office, town, draft_id, "director", objection=OBJECTION)
    signed(signing_office, town, draft_id, "mayor")
    run_jobs(signing_office, "circulation.issue")
    done = draft(signing_office, draft_id)
    assert [one.objection for one in steps(signing_office, town, draft_id)] == ["", OBJECTION, ""]
    with signing_office.db.begin() as session:
        rows = documents.files(session, done.entry_id or 0)
    for row in rows:
        with pypdfium2.PdfDocument(signing_office.store.read(row.sha256)) as pdf:
            told = " ".join(page.get_textpage().get_text_range() for page in pdf)
        assert "Διαφωνώ" not in told


def test_who_signs_does_not_object_but_returns(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    signed(signing_office, town, draft_id, "engineer", "director")
    with pytest.raises(circulation.BadObjection, match="Only who countersigns"):
        sign(signing_office, town, draft_id, "mayor", objection=OBJECTION)
    assert draft(signing_office, draft_id).state == DraftState.CIRCULATING


@pytest.mark.parametrize(
    "change", ["UPDATE objections SET text = 'Συμφωνώ'", "DELETE FROM objections"]
)
def test_an_objection_is_never_rewritten(
    signing_office: Office, town: Town, draft_id: int, change: str
) -> None:
    sign(signing_office, town, draft_id, "engineer", objection=OBJECTION)
    with (
        pytest.raises((IntegrityError, ProgrammingError)),
        signing_office.db.begin() as session,
    ):
        session.execute(text(change))


def test_a_rejected_draft_is_over_and_a_new_answer_may_be_begun(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    signed(signing_office, town, draft_id, "engineer")
    with signing_office.db.begin() as session:
        by = town.person(session, "director")
        circulation.reject(session, draft_id, by=by, reason="Αναρμόδια υπηρεσία")
    assert [one.state for one in steps(signing_office, town, draft_id)] == [
        "signed",
        "rejected",
        "cancelled",
    ]
    with signing_office.db.begin() as session:
        by = town.person(session, "engineer")
        rejected = circulation.get(session, draft_id, by=by)
        assert rejected.state == DraftState.REJECTED
        with pytest.raises(circulation.DraftMoved):
            circulation.save(session, draft_id, factories.content(), version=1, by=by)
        again = circulation.begin_answer(
            session, rejected.answers_id or 0, factories.content(), by=by
        )
        assert again.id != draft_id
    with pytest.raises(circulation.DraftMoved, match="Γιώργος Αλεξίου has rejected"):
        signed(signing_office, town, draft_id, "mayor")


def test_a_rejection_needs_a_reason_and_a_turn(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    with signing_office.db.begin() as session:
        by = town.person(session, "engineer")
        with pytest.raises(circulation.ReasonMissing, match="reason of the rejection"):
            circulation.reject(session, draft_id, by=by, reason=" \n")
        with pytest.raises(circulation.NotYourTurn):
            circulation.reject(session, draft_id, by=town.person(session, "director"), reason="Όχι")


def test_the_drafter_recalls_while_nobody_else_has_signed(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    signed(signing_office, town, draft_id, "engineer")  # his own
    with signing_office.db.begin() as session:
        by = town.person(session, "engineer")
        with pytest.raises(circulation.NotYourDraft):
            circulation.recall(session, draft_id, by=town.person(session, "director"))
        assert circulation.recall(session, draft_id, by=by).state == DraftState.DRAFTING
        circulation.save(session, draft_id, factories.content(body="Σωστό"), version=1, by=by)
    circulated(signing_office, town, draft_id)
    assert signed(signing_office, town, draft_id) == DraftState.ISSUING


def test_after_the_first_signature_of_another_nothing_is_recalled(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    signed(signing_office, town, draft_id, "engineer", "director")
    with (
        pytest.raises(circulation.SignedAlready, match="Γιώργος Αλεξίου has signed already"),
        signing_office.db.begin() as session,
    ):
        circulation.recall(session, draft_id, by=town.person(session, "engineer"))
    assert draft(signing_office, draft_id).state == DraftState.CIRCULATING


def test_a_step_is_forwarded_to_another_who_signs_in_its_field(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    signed(signing_office, town, draft_id, "engineer")
    with signing_office.db.begin() as session:
        by = town.person(session, "director")
        to = town.users["secretary"]
        circulation.forward(session, draft_id, to=to, reason="Αρμόδια", by=by)
    with pytest.raises(circulation.NotYourTurn):
        signed(signing_office, town, draft_id, "director")
    signed(signing_office, town, draft_id, "secretary", "mayor")
    run_jobs(signing_office, "circulation.issue")
    done = draft(signing_office, draft_id)
    assert done.state == DraftState.ISSUED
    assert [(one.person, one.state) for one in steps(signing_office, town, draft_id)] == [
        ("Άννα Βλάχου", "signed"),
        ("Γιώργος Αλεξίου", "forwarded"),
        ("Ελένη Ράπτη", "signed"),
        ("Νίκος Παπαδόπουλος", "signed"),
    ]


@pytest.mark.parametrize(
    ("who", "to", "error"),
    [
        ("mayor", "director", circulation.SignerMissing),  # may not sign for the body
        ("director", "lawyer", circulation.SignerMissing),  # has no key
        ("director", "director", circulation.TwiceInRank),
        ("director", "secretary", circulation.TwiceInRank),
    ],
)
def test_a_step_is_forwarded_only_to_whom_it_fits(
    signing_office: Office, town: Town, who: str, to: str, error: type[Exception]
) -> None:
    made = begun(signing_office, town)[1]
    chain = [countersigns(town, 1, "director"), countersigns(town, 1, "secretary")]
    circulated(signing_office, town, made, *chain, signs(town, 2, "mayor"))
    if who == "mayor":
        signed(signing_office, town, made, "director", "secretary")
    with signing_office.db.begin() as session:
        by = town.person(session, who)
    with pytest.raises(error), signing_office.db.begin() as session:
        circulation.forward(session, made, to=town.users[to], reason="Για εσάς", by=by)


def test_a_deputy_forwards_nothing(signing_office: Office, town: Town, draft_id: int) -> None:
    signed(signing_office, town, draft_id, "engineer")
    deputised(signing_office, town, "director", "secretary")
    with signing_office.db.begin() as session:
        by = town.person(session, "secretary")
    to = town.users["colleague"]
    with (
        pytest.raises(circulation.NotYourTurn, match="passes nothing on"),
        signing_office.db.begin() as session,
    ):
        circulation.forward(session, draft_id, to=to, reason="Για εσάς", by=by)


def test_a_final_signer_ends_the_chain(signing_office: Office, town: Town) -> None:
    final_signer(signing_office, town, "director")
    made = begun(signing_office, town)[1]
    circulated(
        signing_office,
        town,
        made,
        countersigns(town, 1, "director"),
        countersigns(town, 1, "secretary"),
        informs(town, 2, "lawyer"),
        seals(2 + 1),
        signs(town, 4, "mayor"),
    )
    state = sign(signing_office, town, made, "director", as_last=True)
    assert state == DraftState.CIRCULATING  # the seal of the body is still to come
    run_jobs(signing_office, "circulation.seal", "circulation.issue")
    assert draft(signing_office, made).state == DraftState.ISSUED
    assert [one.state for one in steps(signing_office, town, made)] == [
        "signed",
        "skipped",
        "active",
        "signed",
        "skipped",
    ]


def test_without_the_right_nobody_signs_as_the_last(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    with pytest.raises(NotAllowed, match="Only a final signer"):
        sign(signing_office, town, draft_id, "engineer", as_last=True)
    final_signer(signing_office, town, "director")
    deputised(signing_office, town, "engineer", "director")
    with pytest.raises(NotAllowed, match="in his own name"):
        sign(signing_office, town, draft_id, "director", as_last=True)
    with signing_office.db.begin() as session:
        states = set(session.scalars(select(Step.state).where(Step.draft_id == draft_id)))
    assert states == {"active", "waiting"}


def test_what_a_person_may_do_is_offered_and_nothing_else(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    final_signer(signing_office, town, "director")

    def offered(who: str) -> set[str]:
        with signing_office.db.begin() as session:
            by = town.person(session, who)
            row = circulation.get(session, draft_id, by=by)
            acts = circulation.acts(row, circulation.steps(session, row, by=by), by=by)
        return {name for name in circulation.DraftActs.__slots__ if getattr(acts, name)}

    deciding = {"sign", "send_back", "reject", "forward", "object"}
    assert offered("engineer") == deciding | {"withdraw", "recall"}
    assert offered("director") == set()
    signed(signing_office, town, draft_id, "engineer")
    assert offered("engineer") == {"withdraw", "recall"}
    assert offered("director") == deciding | {"sign_as_last"}
    signed(signing_office, town, draft_id, "director")
    assert offered("engineer") == {"withdraw"}
    assert offered("mayor") == deciding - {"object"}


def test_work_is_counted_by_what_is_asked(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    with signing_office.db.begin() as session:
        by = town.person(session, "engineer")
        assert circulation.awaiting_counts(session, by=by)[StepKind.COUNTERSIGN] == 1
    signed(signing_office, town, draft_id, "engineer", "director")
    with signing_office.db.begin() as session:
        by = town.person(session, "mayor")
        counts = circulation.awaiting_counts(session, by=by)
        assert (counts[StepKind.SIGNATURE], counts[StepKind.COUNTERSIGN]) == (1, 0)
        [line] = circulation.awaiting(session, by=by, kind=StepKind.SIGNATURE)
        assert circulation.awaiting(session, by=by, kind=StepKind.COUNTERSIGN) == []
    assert (line.id, line.kind, line.since is not None) == (draft_id, "signature", True)
