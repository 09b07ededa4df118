"""Key files: encrypted at rest, opened with their password only, wrong tries are counted."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr
from sqlalchemy import text

import signing
from docflow import audit, signatures, throttle
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import NotAllowed
from docflow.signatures import Secrets, keys
from tests import factories
from tests.conftest import Keys
from tests.docflow.signatures.papers import sign, verdict
from tests.factories import KEY_PASSWORD, Town

RIGHT = Secrets(password=KEY_PASSWORD)


def test_a_person_signs_with_his_key_file(signing_office: Office, town: Town) -> None:
    with signing_office.db.begin() as session:
        by = town.person(session, "mayor")
    made = sign(signing_office, by, RIGHT)
    assert (made.level, made.wanted, made.is_time_pending) == ("B-T", "B-T", False)
    assert verdict(signing_office, made.pdf) == ("intact", "Νίκος Παπαδόπουλος (TEST)", "B-T")


def test_what_is_stored_is_no_key_file(signing_office: Office, town: Town, keys: Keys) -> None:
    with signing_office.db.begin() as session:
        stored = session.execute(
            text("SELECT pkcs12 FROM keyrings WHERE user_id = :id"), {"id": town.users["mayor"]}
        ).scalar_one()
    assert bytes(stored)[:4] == b"DFK1"
    assert keys.persons["mayor"] not in bytes(stored)


def test_a_key_stored_for_one_person_does_not_open_for_another(
    signing_office: Office, town: Town
) -> None:
    with signing_office.db.begin() as session:
        session.execute(
            text(
                "UPDATE keyrings SET pkcs12 = (SELECT pkcs12 FROM keyrings WHERE user_id = :from) "
                "WHERE user_id = :to"
            ),
            {"from": town.users["mayor"], "to": town.users["engineer"]},
        )
        by = town.person(session, "engineer")
    with pytest.raises(signatures.VaultLocked):
        sign(signing_office, by, RIGHT)


def test_under_another_key_of_the_installation_nothing_opens(
    signing_office: Office, town: Town
) -> None:
    other = signing_office.settings.model_copy(update={"vault_key": SecretStr("v" * 32)})
    with signing_office.db.begin() as session:
        by = town.person(session, "mayor")
    with pytest.raises(signatures.VaultLocked):
        sign(replace(signing_office, settings=other), by, RIGHT)


def test_after_five_wrong_passwords_the_key_rests(signing_office: Office, town: Town) -> None:
    with signing_office.db.begin() as session:
        by, colleague = town.person(session, "mayor"), town.person(session, "engineer")
    for _ in range(5):
        with pytest.raises(signatures.WrongKeyPassword):
            sign(signing_office, by, Secrets(password="λάθος"))
    with pytest.raises(throttle.TooManyTries):
        sign(signing_office, by, RIGHT)
    assert sign(signing_office, colleague, RIGHT).level == "B-T"


def test_right_passwords_are_not_counted(signing_office: Office, town: Town) -> None:
    with signing_office.db.begin() as session:
        by = town.person(session, "mayor")
    for _ in range(6):
        assert sign(signing_office, by, RIGHT).level == "B-T"


def test_without_any_time_stamping_service_the_proof_is_pending(
    signing_office: Office, town: Town
) -> None:
    signing_office.settings.tsa_urls[:] = ["http://127.0.0.1:9/tsa"]
    with signing_office.db.begin() as session:
        by = town.person(session, "mayor")
    made = sign(signing_office, by, RIGHT)
    assert (made.level, made.wanted, made.is_time_pending) == ("B-B", "B-T", True)
    assert made.problem
    assert verdict(signing_office, made.pdf)[0] == "intact"


def test_the_second_time_stamping_service_is_asked(signing_office: Office, town: Town) -> None:
    signing_office.settings.tsa_urls.insert(0, "http://127.0.0.1:9/tsa")
    with signing_office.db.begin() as session:
        by = town.person(session, "mayor")
    assert sign(signing_office, by, RIGHT).level == "B-T"


def test_an_expired_key_signs_nothing(signing_office: Office, town: Town, keys: Keys) -> None:
    old = keys.pki.issue_person(
        name="Παλιός",
        password=KEY_PASSWORD,
        since=datetime(2019, 1, 1, tzinfo=UTC),
        until=datetime(2020, 1, 1, tzinfo=UTC),
    )
    with signing_office.db.begin() as session:
        by = town.person(session, "mayor")
        row = signatures.keys.of_person(session, by.person_id)
        row.pkcs12 = old
    with pytest.raises(signatures.BadKeyFile):
        sign(signing_office, by, RIGHT)


def test_secrets_show_nothing_of_themselves() -> None:
    shown = repr(Secrets(password="κρυφό", pin="1234", otp="567890"))
    assert not {"κρυφό", "1234", "567890"} & set(shown.replace("'", " ").split())
    assert "κρυφό" not in shown


def test_a_password_is_changed_by_who_knows_the_old_one(signing_office: Office, town: Town) -> None:
    with signing_office.db.begin() as session:
        by = town.person(session, "mayor")
    with pytest.raises(signatures.WrongKeyPassword):
        signatures.change_password(signing_office, "λάθος", "νέος-κωδικός", by=by)
    with pytest.raises(signatures.WrongKeyPassword, match="8"):
        signatures.change_password(signing_office, KEY_PASSWORD, "μικρό", by=by)
    signatures.change_password(signing_office, KEY_PASSWORD, "νέος-κωδικός", by=by)
    assert sign(signing_office, by, Secrets(password="νέος-κωδικός")).level == "B-T"
    with pytest.raises(signatures.WrongKeyPassword):
        sign(signing_office, by, RIGHT)


def test_wrong_passwords_are_counted_at_every_door(signing_office: Office, town: Town) -> None:
    with signing_office.db.begin() as session:
        by = town.person(session, "mayor")
    for _ in range(2):
        with pytest.raises(signatures.WrongKeyPassword):
            signatures.change_password(signing_office, "λάθος", "νέος-κωδικός", by=by)
        with pytest.raises(signatures.WrongKeyPassword):
            signatures.open_own(signing_office, "λάθος", by=by)
        with pytest.raises(signatures.WrongKeyPassword, match="8"):  # no try of the old one
            signatures.change_password(signing_office, KEY_PASSWORD, "μικρό", by=by)
    assert signatures.open_own(signing_office, KEY_PASSWORD, by=by)
    with pytest.raises(signatures.WrongKeyPassword):
        sign(signing_office, by, Secrets(password="λάθος"))
    with pytest.raises(throttle.TooManyTries):
        signatures.open_own(signing_office, KEY_PASSWORD, by=by)
    with pytest.raises(throttle.TooManyTries):
        signatures.change_password(signing_office, KEY_PASSWORD, "νέος-κωδικός", by=by)
    with pytest.raises(throttle.TooManyTries):
        sign(signing_office, by, RIGHT)


def test_of_many_tries_at_once_only_five_are_made(
    committed: Office, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    with committed.db.begin() as session:
        by = factories.municipality(session).person(session, "mayor")
        data = keys.persons["mayor"]
        signatures.keys.add(session, data, KEY_PASSWORD, by=by, settings=committed.settings)
    together, made = threading.Barrier(8), list[str]()

    def refused(data: bytes, password: str) -> signing.SigningKey:
        made.append(password)
        raise signatures.WrongKeyPassword(t("The password is wrong."))

    def attempt(number: int) -> str:
        together.wait()
        try:
            sign(committed, by, Secrets(password=str(number)))
        except (signatures.WrongKeyPassword, throttle.TooManyTries) as error:
            return type(error).__name__
        return "signed"

    monkeypatch.setattr(signatures.keys, "open_key", refused)
    with ThreadPoolExecutor(8) as threads:
        outcomes = sorted(threads.map(attempt, range(8)))
    assert outcomes == ["TooManyTries"] * 3 + ["WrongKeyPassword"] * 5
    assert len(made) == 5


def test_a_program_without_the_scope_changes_no_key(signing_office: Office, town: Town) -> None:
    with signing_office.db.begin() as session:
        by = replace(town.person(session, "mayor"), scopes=frozenset({"read"}))
    with pytest.raises(NotAllowed, match="sign"):
        signatures.change_password(signing_office, KEY_PASSWORD, "νέος-κωδικός", by=by)
    with pytest.raises(NotAllowed, match="sign"):
        signatures.open_own(signing_office, KEY_PASSWORD, by=by)
    with signing_office.db.begin() as session, pytest.raises(NotAllowed, match="sign"):
        keys.remove(session, by=by)


def test_an_administrator_stores_a_key_for_a_colleague(
    signing_office: Office, town: Town, keys: Keys
) -> None:
    data, settings = keys.persons["engineer"], signing_office.settings
    with signing_office.db.begin() as session:
        administrator, clerk = (
            town.person(session, "administrator"),
            town.person(session, "clerk"),
        )
        row = signatures.keys.administer(
            session,
            data,
            KEY_PASSWORD,
            owner_id=town.users["clerk"],
            by=administrator,
            settings=settings,
        )
        assert row.administered_by == administrator.user_id
        with pytest.raises(NotAllowed):
            signatures.keys.administer(
                session,
                data,
                KEY_PASSWORD,
                owner_id=town.users["mayor"],
                by=clerk,
                settings=settings,
            )
        events = audit.history(session, [("user", town.users["clerk"])])
    assert [one.action for one in events] == ["key.added"]
    assert sign(signing_office, clerk, RIGHT).level == "B-T"


def test_a_removed_key_is_gone(signing_office: Office, town: Town) -> None:
    with signing_office.db.begin() as session:
        by = town.person(session, "mayor")
        keys.remove(session, by=by)
    with pytest.raises(signatures.NoKey):
        sign(signing_office, by, RIGHT)


def test_keys_that_end_soon_are_listed(signing_office: Office, town: Town) -> None:
    with signing_office.db.begin() as session:
        far = keys.expiring(session, town.body_id, before=datetime(2100, 1, 1, tzinfo=UTC))
        none = keys.expiring(session, town.body_id, before=datetime(2000, 1, 1, tzinfo=UTC))
    assert {name for name, _ in far} >= {"Άννα Βλάχου", "Γιώργος Αλεξίου", "Νίκος Παπαδόπουλος"}
    assert none == []
