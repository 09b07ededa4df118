"""Steps by rank: parallel ones, all or any; order kept by application and database (row 67)."""

import threading

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

import signing
from api.wording import LABELS
from docflow import audit, circulation, organization, signatures
from docflow.circulation import ChainStep, DraftState, Rule, Step, StepKind, StepState, Who
from docflow.office import Office
from tests import factories
from tests.docflow.circulation.chaining import countersigns, informs, seals, signs
from tests.docflow.steps import begun, circulated, draft, run_jobs, signed
from tests.factories import Town


@pytest.fixture
def draft_id(signing_office: Office, town: Town) -> int:
    return begun(signing_office, town)[1]


def two_heads(town: Town, rule: Rule) -> list[ChainStep]:
    """Director and secretary beside each other, then the mayor."""
    return [
        countersigns(town, 1, "director", rule),
        countersigns(town, 1, "secretary", rule),
        signs(town, 2, "mayor"),
    ]


def states(office: Office, draft_id: int) -> list[str]:
    with office.db.begin() as session:
        return list(
            session.scalars(
                select(Step.state)
                .where(Step.draft_id == draft_id)
                .order_by(Step.round, Step.position)
            )
        )


def test_a_rank_of_all_waits_for_everybody_in_any_order(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    circulated(signing_office, town, draft_id, *two_heads(town, Rule.ALL))
    assert states(signing_office, draft_id) == ["active", "active", "waiting"]
    signed(signing_office, town, draft_id, "secretary")
    assert states(signing_office, draft_id) == ["active", "signed", "waiting"]
    with pytest.raises(circulation.NotYourTurn):
        signed(signing_office, town, draft_id, "mayor")
    signed(signing_office, town, draft_id, "director")
    assert states(signing_office, draft_id) == ["signed", "signed", "active"]
    assert signed(signing_office, town, draft_id, "mayor") == DraftState.ISSUING


def test_of_a_rank_of_any_one_suffices_and_the_other_is_told(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    circulated(signing_office, town, draft_id, *two_heads(town, Rule.ANY))
    signed(signing_office, town, draft_id, "secretary")
    assert states(signing_office, draft_id) == ["covered", "signed", "active"]
    with pytest.raises(circulation.NotYourTurn, match="Ελένη Ράπτη has signed for this rank"):
        signed(signing_office, town, draft_id, "director")


def test_parallel_signatures_are_all_valid_in_one_file(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    circulated(signing_office, town, draft_id, *two_heads(town, Rule.ALL))
    signed(signing_office, town, draft_id, "secretary", "director", "mayor")
    pdf = signing_office.store.read(draft(signing_office, draft_id).current_sha256 or "")
    assert signing_office.settings.trust_roots is not None
    report = signing.validate(pdf, trust_roots=[signing_office.settings.trust_roots.read_bytes()])
    assert [(one.field, one.integrity) for one in report.signatures] == [
        ("Signer2", "intact"),
        ("Signer1", "intact"),
        ("Signer3", "intact"),
    ]


def test_two_heads_who_sign_at_once_both_sign(
    signing_office: Office, town: Town, draft_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second signs the first's PDF: his work is done again for him, nothing is lost."""
    circulated(signing_office, town, draft_id, *two_heads(town, Rule.ALL))
    plain = signatures.Hand.__call__
    first = [True]

    def slowly(self: signatures.Hand, pdf: bytes, order: signatures.Order) -> signatures.Made:
        if first.pop() if first else False:
            signed(signing_office, town, draft_id, "secretary")
        return plain(self, pdf, order)

    monkeypatch.setattr(signatures.Hand, "__call__", slowly)
    signed(signing_office, town, draft_id, "director")
    assert states(signing_office, draft_id) == ["signed", "signed", "active"]
    pdf = signing_office.store.read(draft(signing_office, draft_id).current_sha256 or "")
    assert len(signing.validate(pdf).signatures) == 2


def test_who_signs_while_a_colleague_returns_is_told_so(
    signing_office: Office, town: Town, draft_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    circulated(signing_office, town, draft_id, *two_heads(town, Rule.ALL))
    plain = signatures.Hand.__call__

    def slowly(self: signatures.Hand, pdf: bytes, order: signatures.Order) -> signatures.Made:
        with signing_office.db.begin() as session:
            by = town.person(session, "secretary")
            circulation.send_back(session, draft_id, by=by, reason="Λάθος ποσό")
        return plain(self, pdf, order)

    monkeypatch.setattr(signatures.Hand, "__call__", slowly)
    with pytest.raises(circulation.DraftMoved, match="Ελένη Ράπτη has returned the draft"):
        signed(signing_office, town, draft_id, "director")
    assert states(signing_office, draft_id) == ["cancelled", "returned", "cancelled"]


def test_what_was_changed_and_sent_anew_meanwhile_is_not_signed_unseen(
    signing_office: Office, town: Town, draft_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    circulated(signing_office, town, draft_id, *two_heads(town, Rule.ALL))
    plain = signatures.Hand.__call__

    def slowly(self: signatures.Hand, pdf: bytes, order: signatures.Order) -> signatures.Made:
        with signing_office.db.begin() as session:
            by = town.person(session, "engineer")
            circulation.recall(session, draft_id, by=by)
            content = factories.content(body="Άλλο κείμενο")
            circulation.save(session, draft_id, content, version=1, by=by)
        circulated(signing_office, town, draft_id, *two_heads(town, Rule.ALL))
        return plain(self, pdf, order)

    monkeypatch.setattr(signatures.Hand, "__call__", slowly)
    with pytest.raises(circulation.DraftMoved, match="Look at it again"):
        signed(signing_office, town, draft_id, "director")
    assert states(signing_office, draft_id)[3:] == ["active", "active", "waiting"]


def test_information_is_seen_by_its_person_and_waited_for_by_nobody(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    chain = [
        informs(town, 1, "lawyer"),
        countersigns(town, 2, "director"),
        informs(town, 2, "colleague"),
        signs(town, 3, "mayor"),
    ]
    circulated(signing_office, town, draft_id, *chain)
    assert states(signing_office, draft_id) == ["active", "active", "active", "waiting"]
    with signing_office.db.begin() as session:
        lawyer = town.person(session, "lawyer")
        counts = circulation.awaiting_counts(session, by=lawyer)
        assert (counts[StepKind.INFORMATION], circulation.awaiting(session, by=lawyer)) == (1, [])
        assert circulation.get(session, draft_id, by=lawyer).id == draft_id
    with pytest.raises(circulation.NotYourTurn, match="only for your information"):
        signed(signing_office, town, draft_id, "colleague")
    with signing_office.db.begin() as session:
        circulation.take_note(session, draft_id, by=town.person(session, "lawyer"))
    signed(signing_office, town, draft_id, "director", "mayor")
    assert draft(signing_office, draft_id).state == DraftState.ISSUING
    with signing_office.db.begin() as session:
        circulation.take_note(session, draft_id, by=town.person(session, "colleague"))
    assert states(signing_office, draft_id) == ["noted", "signed", "noted", "signed"]


def test_a_seal_in_the_chain_is_put_by_the_worker(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    chain = [countersigns(town, 1, "engineer"), seals(2), signs(town, 3, "mayor")]
    circulated(signing_office, town, draft_id, *chain)
    assert signed(signing_office, town, draft_id, "engineer") == DraftState.CIRCULATING
    assert states(signing_office, draft_id) == ["signed", "active", "waiting"]
    run_jobs(signing_office, "circulation.seal")
    assert states(signing_office, draft_id) == ["signed", "signed", "active"]
    signed(signing_office, town, draft_id, "mayor")
    pdf = signing_office.store.read(draft(signing_office, draft_id).current_sha256 or "")
    assert [(one.field, one.kind) for one in signing.validate(pdf).signatures] == [
        ("Signer1", "signature"),
        ("Signer2", "seal"),
        ("Signer3", "signature"),
    ]
    run_jobs(signing_office, "circulation.issue")
    assert draft(signing_office, draft_id).state == DraftState.ISSUED


def test_a_seal_that_cannot_be_put_returns_the_draft_with_the_reason(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    circulated(signing_office, town, draft_id, seals(1), signs(town, 2, "mayor"))
    assert signing_office.settings.seal_key is not None
    kept = signing_office.settings.seal_key.read_bytes()
    signing_office.settings.seal_key.write_bytes(b"no key")
    try:
        with pytest.raises(AssertionError, match="σφραγίδα"):
            run_jobs(signing_office, "circulation.seal")
    finally:
        signing_office.settings.seal_key.write_bytes(kept)
    assert draft(signing_office, draft_id).state == DraftState.DRAFTING
    assert states(signing_office, draft_id) == ["returned", "cancelled"]


@pytest.mark.parametrize(
    ("chain", "error", "said"),
    [
        ([], circulation.EmptyChain, "Somebody must sign"),
        (["countersign"], circulation.EmptyChain, "Somebody must sign"),
        (["twice"], circulation.TwiceInRank, "twice in rank 1"),
        (["director-signs"], circulation.SignerMissing, "may not sign documents of the body"),
        (["after"], circulation.BadChain, "countersign after the last signature"),
        (["no-key"], circulation.SignerMissing, "no signing key"),
        (["rules"], circulation.BadChain, "either all must sign or one suffices"),
        (["stranger"], organization.NoSuchUser, "no such person"),
        (["many"], circulation.BadChain, "12 steps at most"),
    ],
)
def test_a_chain_that_is_not_right_is_refused_before_it_starts(
    signing_office: Office,
    town: Town,
    draft_id: int,
    chain: list[str],
    error: type[Exception],
    said: str,
) -> None:
    mayor = signs(town, 2, "mayor")
    chains: dict[str, list[ChainStep]] = {
        "countersign": [countersigns(town, 1, "director")],
        "twice": [countersigns(town, 1, "director"), countersigns(town, 1, "director"), mayor],
        "director-signs": [signs(town, 1, "director")],
        "after": [signs(town, 1, "mayor"), countersigns(town, 2, "director")],
        "no-key": [countersigns(town, 1, "lawyer"), mayor],
        "rules": [
            countersigns(town, 1, "director", Rule.ANY),
            countersigns(town, 1, "secretary"),
            mayor,
        ],
        "stranger": [ChainStep(1, StepKind.COUNTERSIGN, Who.PERSON, 10**9), mayor],
        "many": [*(countersigns(town, rank, "director") for rank in range(1, 13)), mayor],
    }
    with signing_office.db.begin() as session:
        by = town.person(session, "engineer")
    steps = [step for name in chain for step in chains[name]]
    with pytest.raises(error, match=said):
        circulation.circulate(signing_office, draft_id, by=by, steps=steps)
    assert draft(signing_office, draft_id).state == DraftState.DRAFTING


def test_the_standard_chain_asks_who_holds_two_places_once(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    with signing_office.db.begin() as session:
        planned = circulation.plan(
            session,
            session.get_one(circulation.Draft, draft_id),
            final_signer_id=town.users["mayor"],
        )
    assert [(one.rank, one.kind, one.name) for one in planned] == [
        (1, "countersign", "Άννα Βλάχου"),
        (2, "countersign", "Γιώργος Αλεξίου"),
        (3, "signature", "Νίκος Παπαδόπουλος"),
    ]


def test_a_chain_does_not_let_a_stranger_into_the_confidential_book(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    with signing_office.db.begin() as session:
        session.execute(
            text("UPDATE drafts SET book_id = :book WHERE id = :id"),
            {"book": town.books["empisteftiko"], "id": draft_id},
        )
    with pytest.raises(circulation.SignerMissing, match="not open to Ιωάννα Σταύρου"):
        circulated(
            signing_office, town, draft_id, informs(town, 1, "lawyer"), signs(town, 2, "mayor")
        )


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE steps SET state = 'signed', acted_at = now(), signed_sha256 = 'x' WHERE rank = 2",
        "UPDATE steps SET state = 'active' WHERE rank = 2",
        "UPDATE steps SET user_id = (SELECT max(id) FROM users) WHERE rank = 2",
        "UPDATE steps SET state = 'active' WHERE state = 'signed'",
        "UPDATE steps SET reason = 'άλλο' WHERE state = 'signed'",
        "UPDATE steps SET signature_level = 'B-LTA' WHERE state = 'signed'",
        "UPDATE steps SET signature_level = NULL WHERE state = 'signed'",
        "DELETE FROM steps WHERE rank = 2",
        "UPDATE drafts SET state = 'issuing' WHERE state = 'circulating'",
    ],
)
def test_the_database_keeps_the_order_whoever_asks(
    signing_office: Office, town: Town, draft_id: int, change: str
) -> None:
    chain = [countersigns(town, 1, "engineer"), countersigns(town, 1, "director")]
    circulated(signing_office, town, draft_id, *chain, signs(town, 2, "mayor"))
    signed(signing_office, town, draft_id, "engineer")
    with (
        pytest.raises(IntegrityError, match=r"restrict_violation|RestrictViolation"),
        signing_office.db.begin() as session,
    ):
        session.execute(text(change))


def test_two_who_sign_in_the_same_moment_are_both_recorded(
    committed: Office, keys: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two transactions that really commit: the lock on the draft puts one after the other."""
    with committed.db.begin() as session:
        town = factories.municipality(session)
    with committed.db.begin() as session:
        for name in ("engineer", "director", "secretary", "mayor"):
            person = town.person(session, name)
            data = keys.persons[name]  # type: ignore[attr-defined]
            circulation.keys.add(
                session, data, factories.KEY_PASSWORD, by=person, settings=committed.settings
            )
    made = begun(committed, town)[1]
    circulated(committed, town, made, *two_heads(town, Rule.ALL))
    together = threading.Barrier(2, timeout=20)
    plain = signatures.Hand.__call__
    met: set[int] = set()

    def meeting(self: signatures.Hand, pdf: bytes, order: signatures.Order) -> signatures.Made:
        result = plain(self, pdf, order)
        if threading.get_ident() not in met:
            met.add(threading.get_ident())
            together.wait()
        return result

    monkeypatch.setattr(signatures.Hand, "__call__", meeting)
    failures: list[BaseException] = []

    def work(name: str) -> None:
        try:
            signed(committed, town, made, name)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("director", "secretary")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert states(committed, made) == ["signed", "signed", "active"]
    pdf = committed.store.read(draft(committed, made).current_sha256 or "")
    assert len(signing.validate(pdf).signatures) == 2


def test_no_event_of_a_round_has_words_that_somebody_wrote(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    circulated(signing_office, town, draft_id, *two_heads(town, Rule.ALL))
    with signing_office.db.begin() as session:
        by = town.person(session, "director")
        circulation.send_back(session, draft_id, by=by, reason="Μυστικός λόγος")
        events = audit.history(session, [("draft", draft_id)])
    assert "Μυστικός" not in str([event.details for event in events])
    assert [event.action for event in events][-1] == "draft.returned"


def test_steps_have_states_of_their_own(town: Town) -> None:
    """Each state is one that the pages have a word and the database a place for."""
    assert set(LABELS["step"]) == set(StepState)
    assert set(LABELS["step_kind"]) == set(StepKind)
    assert set(LABELS["draft"]) == set(DraftState)
