"""The public check: issued and unchanged, changed, annulled, of others, unknown (domain row 97)."""

import hashlib

import pytest

import signing
from docflow import audit, citizens, documents, registry
from docflow.citizens import Answer
from docflow.office import Office
from tests import factories
from tests.conftest import Keys
from tests.docflow.steps import issued
from tests.factories import Town


def by_file(office: Office, data: bytes) -> citizens.Verdict:
    return citizens.by_file(office, data, hashlib.sha256(data).hexdigest())


def by_code(office: Office, typed: str) -> citizens.Verdict:
    with office.db.read() as session:
        return citizens.by_code(session, typed)


def issued_files(office: Office, town: Town) -> tuple[registry.Entry, dict[str, bytes]]:
    entry_id = issued(office, town).entry_id or 0
    with office.db.read() as session:
        entry = session.get_one(registry.Entry, entry_id)
        rows = documents.files(session, entry.id)
    return entry, {row.role: office.store.read(row.sha256) for row in rows}


def test_what_we_issued_is_known_by_its_file(signing_office: Office, town: Town) -> None:
    entry, files = issued_files(signing_office, town)
    for role, data in files.items():
        verdict = by_file(signing_office, data)
        assert (verdict.answer, verdict.number, verdict.file_kind) == (
            Answer.ISSUED,
            entry.label,
            role,
        )


def test_what_was_changed_after_our_seal_is_found(signing_office: Office, town: Town) -> None:
    _, files = issued_files(signing_office, town)
    copy = files["exact-copy"]
    place = copy.index(b"stream\n", 2000) + 20
    for changed in (copy + b"\n% more", copy[:place] + b"\x00" + copy[place + 1 :]):
        assert by_file(signing_office, changed).answer == Answer.CHANGED


def test_what_was_annulled_is_said_to_be(signing_office: Office, town: Town) -> None:
    entry, files = issued_files(signing_office, town)
    with signing_office.db.begin() as session:
        factories.annulled(session, town, entry.id, reason="λάθος")
    assert by_file(signing_office, files["exact-copy"]).answer == Answer.ANNULLED
    assert by_code(signing_office, entry.verification_code).answer == Answer.ANNULLED


def test_our_document_that_a_citizen_sends_back_stays_ours(
    signing_office: Office, town: Town
) -> None:
    """He attaches the answer to his next application: the same bytes are in an incoming entry."""
    entry, files = issued_files(signing_office, town)
    upload = factories.uploaded(signing_office, files["exact-copy"])
    with signing_office.db.begin() as session:
        factories.letter(session, town, upload)
    verdict = by_file(signing_office, files["exact-copy"])
    assert (verdict.answer, verdict.number) == (Answer.ISSUED, entry.label)


def test_a_document_that_others_signed_is_not_ours(
    signing_office: Office, town: Town, keys: Keys
) -> None:
    _, files = issued_files(signing_office, town)
    stranger = signing.SigningKey.load_pkcs12(
        keys.pki.issue_seal(name="Δήμος Άλλων", password="x"), "x"
    )
    blank = files["exact-copy"][: files["exact-copy"].index(b"%%EOF") + 6]
    signed = signing.sign(blank, stranger, field="Other", level="B-B")
    assert by_file(signing_office, signed).answer == Answer.OTHERS


@pytest.mark.parametrize(
    "data", [b"", b"%PDF-1.7", b"<html>", b"\x00" * 1000, b"%PDF-1.4\n1 0 obj\n<<>>\nendobj"]
)
def test_a_file_that_nobody_signed_is_unknown(signing_office: Office, data: bytes) -> None:
    assert by_file(signing_office, data).answer == Answer.UNKNOWN


def test_what_was_sent_to_us_is_nobodys_business(office: Office, town: Town) -> None:
    upload = factories.uploaded(office, b"a letter of somebody")
    with office.db.begin() as session:
        factories.letter(session, town, upload)
    assert by_file(office, b"a letter of somebody").answer == Answer.UNKNOWN


def test_a_receipt_is_known_by_its_file(signing_office: Office, town: Town) -> None:
    with signing_office.db.begin() as session:
        entry = factories.letter(session, town)
        by = town.person(session, "clerk")
    receipt = registry.receipt(signing_office, entry.id, by=by, language="el")
    verdict = by_file(signing_office, receipt)
    assert (verdict.answer, verdict.number, verdict.file_kind) == (
        Answer.ISSUED,
        entry.label,
        "receipt",
    )
    assert by_file(signing_office, receipt + b"\n%").answer == Answer.CHANGED


def test_a_code_is_read_however_it_is_typed(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        entry = factories.letter(session, town, attachments_count=3)
    code = entry.verification_code
    for typed in (code, registry.codes.shown(code), f" {code.lower()} "):
        verdict = by_code(office, typed)
        assert (verdict.answer, verdict.number, verdict.attachments_count) == (
            Answer.ISSUED,
            entry.label,
            3,
        )


@pytest.mark.parametrize("typed", ["", "7K3M", "0" * 16, "'; DROP TABLE entries", "α" * 16])
def test_a_code_that_was_never_given_is_unknown(office: Office, town: Town, typed: str) -> None:
    assert by_code(office, typed) == citizens.Verdict(Answer.UNKNOWN)


def test_the_answer_holds_no_personal_data(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        entry = factories.letter(session, town)
    shown = repr(by_code(office, entry.verification_code))
    assert entry.subject not in shown
    assert entry.sender_name not in shown


def test_a_check_is_an_event_of_the_public(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        citizens.record(session, citizens.Verdict(Answer.UNKNOWN), by_upload=True)
    with office.db.begin() as session:
        [line] = [
            line
            for line in audit.history(session, [("body", town.body_id)])
            if line.action == "verification.asked"
        ]
    assert (line.via, line.details["answer"], line.details["by_upload"]) == (
        "public",
        "unknown",
        True,
    )
