"""Given out to be signed, and come back: only the same document with one signature is taken."""

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

import signing
from tests.signing import documents
from tests.signing.conftest import Office
from tests.signing.documents import appended, letter


@pytest.fixture(scope="module")
def given(office: Office) -> bytes:
    """Signed by the secretary; the mayor's turn."""
    pdf = signing.prepare(
        letter(text_field=True),
        [
            signing.Field("Secretary", 1, (50, 50, 150, 100)),
            signing.Field("Mayor", 1, (200, 50, 300, 100)),
        ],
    )
    return signing.sign(pdf, office.secretary, field="Secretary", tsa_urls=office.tsa)


def signed(pdf: bytes, office: Office, field: str = "Mayor") -> bytes:
    return signing.sign(pdf, office.mayor, field=field, level="B-B")


def test_one_signature_more_is_taken(office: Office, given: bytes) -> None:
    answer = signing.continuation(given, signed(given, office), field="Mayor")
    assert answer == signing.Continuation(signer="Μαρία Οικονόμου (TEST)")
    assert answer.is_ok


def test_the_first_signature_of_a_document(office: Office) -> None:
    assert signing.continuation(letter(), signed(letter(), office)).is_ok


def test_the_signer_must_be_the_right_one(office: Office, given: bytes) -> None:
    back = signed(given, office)
    mayor = office.mayor.certificate.public_bytes(Encoding.DER)
    assert signing.continuation(given, back, certificate=mayor).is_ok
    assert signing.continuation(
        given, back, certificate=office.mayor.certificate_pem.encode()
    ).is_ok
    secretary = office.secretary.certificate.public_bytes(Encoding.DER)
    assert signing.continuation(given, back, certificate=secretary).reason == "other-signer"


def test_what_is_not_taken(office: Office, given: bytes) -> None:
    back = signed(given, office)
    cases = {
        "unchanged": given,
        "not-continued": signed(letter("Pay 999 EUR"), office),
        "no-signature": appended(given, documents.filled_text_field),
        "several-signatures": signed(back, office, "Third"),
        "other-field": signed(given, office, "Elsewhere"),
    }
    for reason, after in cases.items():
        assert signing.continuation(given, after, field="Mayor").reason == reason


@pytest.mark.parametrize(
    "change",
    [
        documents.other_page_content,
        documents.one_page_more,
        documents.annotation,
        documents.filled_text_field,
    ],
)
def test_a_change_on_the_way_is_not_taken(office: Office, given: bytes, change: object) -> None:
    """Also where nobody has signed yet, so that no signature could show it."""
    for start in (given, letter(text_field=True)):
        changed = appended(start, change)  # type: ignore[arg-type]
        assert signing.continuation(start, signed(changed, office)).reason == "more-changed"
        after = appended(signed(start, office), change)  # type: ignore[arg-type]
        assert signing.continuation(start, after).reason == "more-changed" or (
            not signing.continuation(start, after).is_ok
        )


def test_a_signature_that_does_not_hold_is_not_taken(office: Office, given: bytes) -> None:
    back = signed(given, office)
    changed = back[: len(given)] + back[len(given) :].replace(b"PPKLite", b"PPKLitf")
    assert changed != back
    assert signing.continuation(given, changed, field="Mayor").reason == "not-intact"


def test_trailing_bytes_and_rubbish_are_not_taken(office: Office, given: bytes) -> None:
    assert not signing.continuation(given, signed(given, office) + b"x").is_ok
    assert not signing.continuation(given, given + b"%%EOF rubbish").is_ok
    assert not signing.continuation(b"rubbish", b"rubbish and more").is_ok
