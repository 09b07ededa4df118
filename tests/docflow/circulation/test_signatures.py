"""The round of signatures: in order, each on the PDF of the one before, and free of numbers."""

import pytest
from sqlalchemy import func, select, text

import signing
from docflow import circulation, registry
from docflow.circulation import DraftState
from docflow.office import Office
from tests import factories
from tests.conftest import Keys
from tests.docflow.steps import begun, circulated, draft, signed
from tests.factories import Town


@pytest.fixture
def draft_id(signing_office: Office, town: Town) -> int:
    """A draft that waits for the engineer's signature."""
    _, made = begun(signing_office, town)
    circulated(signing_office, town, made)
    return made


def numbers(office: Office) -> int:
    with office.db.begin() as session:
        return session.scalar(select(func.count()).select_from(registry.Entry)) or 0


def test_drafter_head_and_mayor_sign_in_this_order(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    with signing_office.db.begin() as session:
        waits = [
            line.waits_for
            for line in circulation.awaiting(session, by=town.person(session, "engineer"))
        ]
    states = [
        signed(signing_office, town, draft_id, who) for who in ("engineer", "director", "mayor")
    ]
    assert waits == ["Άννα Βλάχου"]
    assert states == [DraftState.CIRCULATING, DraftState.CIRCULATING, DraftState.ISSUING]


@pytest.mark.parametrize("who", ["director", "mayor"])
def test_nobody_signs_before_his_predecessor(
    signing_office: Office, town: Town, draft_id: int, who: str
) -> None:
    with pytest.raises(circulation.NotYourTurn):
        signed(signing_office, town, draft_id, who)


def test_nobody_signs_twice(signing_office: Office, town: Town, draft_id: int) -> None:
    signed(signing_office, town, draft_id, "engineer")
    with pytest.raises(circulation.NotYourTurn):
        signed(signing_office, town, draft_id, "engineer")


def test_the_signatures_are_valid_for_a_stranger(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    signed(signing_office, town, draft_id)
    pdf = signing_office.store.read(draft(signing_office, draft_id).current_sha256 or "")
    roots = [(signing_office.settings.trust_roots or town).read_bytes()]  # type: ignore[union-attr]
    report = signing.validate(pdf, trust_roots=roots)
    assert [(s.signer, s.integrity, s.trust, s.level) for s in report.signatures] == [
        (f"{factories.PEOPLE[who][0]} (TEST)", "intact", "trusted", "B-T")
        for who in ("engineer", "director", "mayor")
    ]


def test_a_returned_draft_is_with_its_drafter_and_used_no_number(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    signed(signing_office, town, draft_id, "engineer")
    before = numbers(signing_office)
    with signing_office.db.begin() as session:
        circulation.send_back(
            session, draft_id, by=town.person(session, "director"), reason="Λείπει η ημερομηνία"
        )
    returned = draft(signing_office, draft_id)
    assert (returned.state, returned.current_sha256) == (DraftState.DRAFTING, None)
    assert numbers(signing_office) == before
    with signing_office.db.begin() as session:
        by = town.person(session, "engineer")
        shown = circulation.steps(session, returned, by=by)
    assert [(s.state, s.reason) for s in shown] == [
        ("signed", ""),
        ("returned", "Λείπει η ημερομηνία"),
        ("cancelled", ""),
    ]


def test_a_return_needs_a_reason(signing_office: Office, town: Town, draft_id: int) -> None:
    with (
        pytest.raises(circulation.ReasonMissing),
        signing_office.db.begin() as session,
    ):
        circulation.send_back(session, draft_id, by=town.person(session, "engineer"), reason=" ")


def test_a_second_round_begins_with_the_first_signer(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    with signing_office.db.begin() as session:
        by = town.person(session, "engineer")
        circulation.send_back(session, draft_id, by=by, reason="Λάθος")
        circulation.save(session, draft_id, factories.content(body="Σωστό"), version=1, by=by)
    circulated(signing_office, town, draft_id)
    with pytest.raises(circulation.NotYourTurn):
        signed(signing_office, town, draft_id, "director")
    assert signed(signing_office, town, draft_id) == DraftState.ISSUING


def test_a_circulating_draft_is_not_changed(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    with signing_office.db.begin() as session:
        by = town.person(session, "engineer")
    with pytest.raises(circulation.DraftMoved), signing_office.db.begin() as session:
        circulation.save(session, draft_id, factories.content(), version=1, by=by)


def test_a_wrong_password_signs_nothing(signing_office: Office, town: Town, draft_id: int) -> None:
    before = draft(signing_office, draft_id).current_sha256
    with signing_office.db.begin() as session:
        by = town.person(session, "engineer")
    with pytest.raises(circulation.WrongKeyPassword):
        circulation.sign(
            signing_office, draft_id, by=by, secrets=circulation.Secrets(password="λάθος")
        )
    assert draft(signing_office, draft_id).current_sha256 == before


def test_without_time_stamps_the_proof_of_time_is_pending(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    signing_office.settings.tsa_urls[:] = ["http://127.0.0.1:9/tsa"]  # the discard port: nobody
    signed(signing_office, town, draft_id, "engineer")
    with signing_office.db.begin() as session:
        first = session.scalars(
            select(circulation.Step).where(circulation.Step.state == "signed")
        ).one()
        assert first.signature_level == "B-B"


def test_a_signer_without_a_key_is_found_before_the_round(
    signing_office: Office, town: Town
) -> None:
    _, made = begun(signing_office, town)
    with signing_office.db.begin() as session:
        session.execute(
            text("DELETE FROM keyrings WHERE user_id = :id"), {"id": town.users["mayor"]}
        )
    with pytest.raises(circulation.SignerMissing, match="no signing key"):
        circulated(signing_office, town, made)


def test_the_last_to_sign_is_one_who_signs_for_the_body(signing_office: Office, town: Town) -> None:
    _, made = begun(signing_office, town)
    with signing_office.db.begin() as session:
        by = town.person(session, "engineer")
    with pytest.raises(circulation.SignerMissing, match="may not sign"):
        circulation.circulate(signing_office, made, by=by, final_signer_id=town.users["director"])


def test_a_draft_that_was_saved_meanwhile_does_not_circulate(
    signing_office: Office, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is signed is what the drafter saw when he sent it round."""
    _, made = begun(signing_office, town)
    with signing_office.db.begin() as session:
        by = town.person(session, "engineer")
    printing = circulation.letters.print_original

    def slowly(office: Office, sheet: object) -> object:
        with office.db.begin() as session:
            circulation.save(session, made, factories.content(body="Άλλο"), version=1, by=by)
        return printing(office, sheet)  # type: ignore[arg-type]

    monkeypatch.setattr(circulation.letters, "print_original", slowly)
    with pytest.raises(circulation.DraftMoved):
        circulated(signing_office, town, made)


def test_the_answer_to_an_annulled_letter_is_not_signed(signing_office: Office, town: Town) -> None:
    entry_id, made = begun(signing_office, town)
    circulated(signing_office, town, made)
    with signing_office.db.begin() as session:
        factories.annulled(session, town, entry_id, reason="Διπλό")
    with pytest.raises(registry.AlreadyAnnulled):
        signed(signing_office, town, made, "engineer")


def test_a_key_file_that_is_none_is_refused(office: Office, town: Town) -> None:
    with pytest.raises(circulation.BadKeyFile), office.db.begin() as session:
        circulation.keys.add(
            session, b"no key", "x", by=town.person(session, "mayor"), settings=office.settings
        )


def test_a_key_is_kept_only_with_its_password(office: Office, town: Town, keys: Keys) -> None:
    with pytest.raises(circulation.WrongKeyPassword), office.db.begin() as session:
        circulation.keys.add(
            session,
            keys.persons["mayor"],
            "λάθος",
            by=town.person(session, "mayor"),
            settings=office.settings,
        )


def test_an_expired_key_is_not_kept(office: Office, town: Town, keys: Keys) -> None:
    from datetime import UTC, datetime

    old = keys.pki.issue_person(
        name="Νίκος Παπαδόπουλος",
        password="x",
        since=datetime(2019, 1, 1, tzinfo=UTC),
        until=datetime(2020, 1, 1, tzinfo=UTC),
    )
    with pytest.raises(circulation.BadKeyFile), office.db.begin() as session:
        circulation.keys.add(
            session, old, "x", by=town.person(session, "mayor"), settings=office.settings
        )
