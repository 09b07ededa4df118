"""Signing elsewhere: what comes back is the same document with the one good signature."""

import base64
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

import signing
from docflow import circulation, signatures
from docflow.circulation import DraftState
from docflow.office import Office
from docflow.principal import Principal
from tests import factories
from tests.conftest import Keys
from tests.docflow.circulation.chaining import deputised
from tests.docflow.steps import begun, circulated, draft, signed
from tests.factories import KEY_PASSWORD, Town


@pytest.fixture
def engineer(signing_office: Office, town: Town, keys: Keys) -> Principal:
    """The engineer keeps her key at home: only her certificate is registered."""
    with signing_office.db.begin() as session:
        by = town.person(session, "engineer")
    _, certificate, chain = pkcs12.load_key_and_certificates(
        keys.persons["engineer"], KEY_PASSWORD.encode()
    )
    assert certificate is not None
    pem = b"".join(one.public_bytes(Encoding.PEM) for one in (certificate, *chain))
    signatures.register_certificate(signing_office, pem, by=by)
    return by


@pytest.fixture
def draft_id(signing_office: Office, town: Town, engineer: Principal) -> int:
    _, made = begun(signing_office, town)
    circulated(signing_office, town, made)
    return made


def at_home(
    office: Office, keys: Keys, pdf: bytes, *, field: str, who: str = "engineer", tsa: bool = True
) -> bytes:
    """What another program makes of the file."""
    key = signing.SigningKey.load_pkcs12(keys.persons[who], KEY_PASSWORD)
    urls = office.settings.tsa_urls if tsa else []
    return signing.sign(pdf, key, field=field, tsa_urls=urls, level="B-T" if tsa else "B-B")


def given(office: Office, draft_id: int, by: Principal) -> tuple[bytes, str]:
    out = circulation.give_out(office, draft_id, by=by)
    return office.store.read(out.sha256), out.field


def test_a_file_signed_at_home_takes_the_place_of_the_draft(
    signing_office: Office, town: Town, keys: Keys, draft_id: int, engineer: Principal
) -> None:
    pdf, field = given(signing_office, draft_id, engineer)
    back = at_home(signing_office, keys, pdf, field=field)
    state = circulation.bring_back(signing_office, draft_id, back, by=engineer)
    assert state == DraftState.CIRCULATING
    current = draft(signing_office, draft_id).current_sha256 or ""
    assert signing_office.store.read(current) == back
    signed(signing_office, town, draft_id, "director")
    assert signed(signing_office, town, draft_id, "mayor") == DraftState.ISSUING


def test_without_a_time_stamp_its_proof_is_pending(
    signing_office: Office, keys: Keys, draft_id: int, engineer: Principal
) -> None:
    pdf, field = given(signing_office, draft_id, engineer)
    back = at_home(signing_office, keys, pdf, field=field, tsa=False)
    circulation.bring_back(signing_office, draft_id, back, by=engineer)
    with signing_office.db.begin() as session:
        row = session.get_one(circulation.Draft, draft_id)
        levels = [one.level for one in circulation.steps(session, row, by=engineer)]
    assert levels[0] == "B-B"


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("unchanged", "without a signature"),
        ("other file", "not the document"),
        ("other person", "registered certificate"),
        ("other field", "field"),
        ("changed too", "not the document|More was changed|does not hold"),
        ("broken", "cannot be read|does not hold|More was changed"),
    ],
)
def test_each_fault_of_what_comes_back_is_said(
    signing_office: Office,
    keys: Keys,
    draft_id: int,
    engineer: Principal,
    fault: str,
    said: str,
) -> None:
    pdf, field = given(signing_office, draft_id, engineer)
    good = at_home(signing_office, keys, pdf, field=field)
    back = {
        "unchanged": pdf,
        "other file": b"%PDF-1.7\nhello",
        "other person": at_home(signing_office, keys, pdf, field=field, who="director"),
        "other field": at_home(signing_office, keys, pdf, field="Elsewhere"),
        "changed too": good[: len(pdf) // 2] + b"x" + good[len(pdf) // 2 + 1 :],
        "broken": good[:-400],
    }[fault]
    before = draft(signing_office, draft_id).current_sha256
    with pytest.raises(circulation.NotAsGivenOut, match=said):
        circulation.bring_back(signing_office, draft_id, back, by=engineer)
    assert draft(signing_office, draft_id).current_sha256 == before


def test_a_revoked_certificate_signs_nothing(
    signing_office: Office, keys: Keys, town: Town, draft_id: int, engineer: Principal
) -> None:
    data = keys.pki.issue_person(name="Άννα Βλάχου", password=KEY_PASSWORD)
    key = signing.SigningKey.load_pkcs12(data, KEY_PASSWORD)
    pem = "".join(key.certificates_pem).encode()
    signatures.register_certificate(signing_office, pem, by=engineer)
    pdf, field = given(signing_office, draft_id, engineer)
    keys.pki.revoke(key.serial)
    back = signing.sign(pdf, key, field=field, tsa_urls=signing_office.settings.tsa_urls)
    with pytest.raises(circulation.NotAsGivenOut, match="revoked"):
        circulation.bring_back(signing_office, draft_id, back, by=engineer)


def test_nothing_is_brought_back_that_was_not_given_out(
    signing_office: Office, draft_id: int, engineer: Principal
) -> None:
    with pytest.raises(circulation.NothingGivenOut, match="first"):
        circulation.bring_back(signing_office, draft_id, b"%PDF-", by=engineer)


def test_only_whose_turn_it_is_takes_the_document(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    with signing_office.db.begin() as session:
        mayor = town.person(session, "mayor")
    with pytest.raises(circulation.NotYourTurn):
        circulation.give_out(signing_office, draft_id, by=mayor)


def value_of(keys: Keys, digest: bytes, who: str = "engineer") -> bytes:
    key, _, _ = pkcs12.load_key_and_certificates(keys.persons[who], KEY_PASSWORD.encode())
    assert isinstance(key, rsa.RSAPrivateKey)
    return key.sign(digest, padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))


@pytest.mark.parametrize("form", ["hex", "base64"])
def test_only_the_digest_is_signed_elsewhere(
    signing_office: Office, keys: Keys, draft_id: int, engineer: Principal, form: str
) -> None:
    out = circulation.give_digest(signing_office, draft_id, by=engineer)
    with signing_office.db.begin() as session:
        waits = circulation.given_out(session, draft_id, by=engineer)
    assert waits == out
    value = value_of(keys, out.digest)
    typed = value.hex() if form == "hex" else base64.b64encode(value).decode()
    circulation.bring_value(signing_office, draft_id, typed, by=engineer)
    pdf = signing_office.store.read(draft(signing_office, draft_id).current_sha256 or "")
    roots = signatures.trust.of_installation(signing_office.settings)
    [report] = signing.validate(pdf, trust_roots=roots).signatures
    assert (report.integrity, report.trust, report.level) == ("intact", "trusted", "B-T")


def test_a_prepared_digest_outlives_a_look_at_the_document(
    signing_office: Office, keys: Keys, draft_id: int, engineer: Principal
) -> None:
    out = circulation.give_digest(signing_office, draft_id, by=engineer)
    with signing_office.db.read() as session:
        assert circulation.to_sign(session, draft_id, by=engineer).kind == "file"
    circulation.give_out(signing_office, draft_id, by=engineer)
    with signing_office.db.begin() as session:
        assert circulation.given_out(session, draft_id, by=engineer) == out
    circulation.bring_value(signing_office, draft_id, value_of(keys, out.digest).hex(), by=engineer)
    assert draft(signing_office, draft_id).current_sha256 != out.sha256


def test_looking_at_the_document_takes_nothing_along(
    signing_office: Office, draft_id: int, engineer: Principal
) -> None:
    with signing_office.db.read() as session:
        circulation.to_sign(session, draft_id, by=engineer)
    with signing_office.db.begin() as session:
        assert circulation.given_out(session, draft_id, by=engineer) is None


def test_what_a_deputy_prepares_leaves_the_persons_own(
    signing_office: Office, keys: Keys, town: Town, draft_id: int, engineer: Principal
) -> None:
    deputised(signing_office, town, "engineer", "director")
    with signing_office.db.begin() as session:
        deputy = town.person(session, "director")
    out = circulation.give_digest(signing_office, draft_id, by=engineer)
    others = circulation.give_digest(signing_office, draft_id, by=deputy)
    assert others.digest != out.digest
    with signing_office.db.begin() as session:
        assert circulation.given_out(session, draft_id, by=engineer) == out
        assert circulation.given_out(session, draft_id, by=deputy) == others
    circulation.bring_value(signing_office, draft_id, value_of(keys, out.digest).hex(), by=engineer)


def test_a_value_that_does_not_fit_is_refused(
    signing_office: Office, keys: Keys, draft_id: int, engineer: Principal
) -> None:
    out = circulation.give_digest(signing_office, draft_id, by=engineer)
    for typed in (value_of(keys, out.digest, "mayor").hex(), "not a value", ""):
        with pytest.raises(circulation.BadValue):
            circulation.bring_value(signing_office, draft_id, typed, by=engineer)


def test_the_digest_waits_for_time_stamps_no_more_than_any_signature(
    signing_office: Office, keys: Keys, draft_id: int, engineer: Principal
) -> None:
    out = circulation.give_digest(signing_office, draft_id, by=engineer)
    nowhere = signing_office.settings.model_copy(update={"tsa_urls": ["http://127.0.0.1:9/tsa"]})
    office = replace(signing_office, settings=nowhere)
    circulation.bring_value(office, draft_id, value_of(keys, out.digest).hex(), by=engineer)
    with signing_office.db.begin() as session:
        row = session.get_one(circulation.Draft, draft_id)
        assert circulation.steps(session, row, by=engineer)[0].level == "B-B"


def test_a_draft_that_came_back_meanwhile_is_not_signed(
    signing_office: Office, town: Town, keys: Keys, draft_id: int, engineer: Principal
) -> None:
    pdf, field = given(signing_office, draft_id, engineer)
    back = at_home(signing_office, keys, pdf, field=field)
    with signing_office.db.begin() as session:
        circulation.send_back(session, draft_id, by=engineer, reason="Λάθος")
        circulation.save(session, draft_id, factories.content(body="Άλλο"), version=1, by=engineer)
    circulated(signing_office, town, draft_id)
    with pytest.raises(circulation.NothingGivenOut):
        circulation.bring_back(signing_office, draft_id, back, by=engineer)
