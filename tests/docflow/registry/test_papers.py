"""The receipt at the counter, made once and kept; the label (law: ν. 2690/1999 art. 12)."""

from dataclasses import replace
from typing import Any

import pypdfium2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select

import signing
from docflow import audit, printing, registry
from docflow.office import Office
from docflow.registry import Paper
from tests import factories
from tests.factories import Town


def text_of(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        pages = [page.get_textpage().get_text_range() for page in document]
    return " ".join(" ".join(pages).split())


def registered(office: Office, town: Town) -> registry.Entry:
    upload = factories.uploaded(office, b"%PDF-1.4 x", "σχέδιο.pdf")
    with office.db.begin() as session:
        return factories.letter(session, town, upload, attachments_count=2)


def receipt(office: Office, town: Town, entry: registry.Entry, language: str = "el") -> bytes:
    with office.db.begin() as session:
        by = town.person(session, "clerk")
    return registry.receipt(office, entry.id, by=by, language=language)


def test_the_receipt_says_what_the_law_asks_for(office: Office, town: Town) -> None:
    """Issuer, number, date and time, subject, attachments, depositor (domain row 18)."""
    entry = registered(office, town)
    told = text_of(receipt(office, town, entry))
    for said in (
        "Δήμος Παραδείγματος",
        entry.label,
        entry.subject,
        entry.sender_name,
        registry.codes.shown(entry.verification_code),
    ):
        assert said in told


def test_whoever_asks_again_gets_the_same_bytes(office: Office, town: Town) -> None:
    entry = registered(office, town)
    assert receipt(office, town, entry) == receipt(office, town, entry)
    with office.db.begin() as session:
        assert session.scalar(select(func.count()).select_from(Paper)) == 1


def test_each_language_is_a_paper_of_its_own(office: Office, town: Town) -> None:
    entry = registered(office, town)
    assert receipt(office, town, entry, "el") != receipt(office, town, entry, "en")


def test_the_receipt_is_sealed_and_time_stamped(signing_office: Office, town: Town) -> None:
    pdf = receipt(signing_office, town, registered(signing_office, town))
    [seal] = signing.validate(pdf).signatures
    assert (seal.kind, seal.integrity, seal.level) == ("seal", "intact", "B-T")


def test_without_time_stamps_the_receipt_is_sealed_all_the_same(
    signing_office: Office, town: Town
) -> None:
    signing_office.settings.tsa_urls[:] = ["http://127.0.0.1:9/tsa"]
    pdf = receipt(signing_office, town, registered(signing_office, town))
    [seal] = signing.validate(pdf).signatures
    assert (seal.integrity, seal.level) == ("intact", "B-B")


def test_a_seal_that_cannot_be_used_sends_nobody_away(
    signing_office: Office, town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    missing = signing_office.settings.model_copy(
        update={"seal_key": signing_office.settings.data / "no-such-file.p12"}
    )
    broken = replace(signing_office, settings=missing)
    pdf = receipt(broken, town, registered(broken, town))
    assert signing.validate(pdf).verdict == "unsigned"
    assert "not sealed" in caplog.text


def test_a_receipt_from_before_its_proof_is_followed_by_one_with_it(
    office: Office, town: Town
) -> None:
    """The counter does not wait for the log; who asks later gets the proof on the paper too."""
    entry = registered(office, town)
    early = receipt(office, town, entry)
    assert receipt(office, town, entry) == early, "there is no proof yet"
    with office.db.begin() as session:
        while audit.sequence(session):
            pass
        key = Ed25519PrivateKey.generate()
        audit.sign_heads(session, origins={town.body_id: "protocol.example/log/x"}, keys=[key])
    proven = receipt(office, town, entry)
    assert "είναι συνημμένη" in text_of(proven)
    assert "είναι συνημμένη" not in text_of(early)
    assert receipt(office, town, entry) == proven
    with office.db.begin() as session:
        kinds = session.scalars(select(Paper.kind).order_by(Paper.kind)).all()
    assert kinds == ["receipt", "receipt-unproven"]


def test_each_print_of_a_label_is_an_event(office: Office, town: Town) -> None:
    entry = registered(office, town)
    with office.db.begin() as session:
        by = town.person(session, "clerk")
    pdf = registry.label(office, entry.id, by=by, size="62x29", language="el")
    assert str(entry.number) in text_of(pdf)
    with office.db.begin() as session:
        actions = [line.action for line in audit.history(session, [("entry", entry.id)])]
    assert actions == ["entry.registered", "entry.label-printed"]


def test_a_receipt_of_what_one_may_not_see_is_not_given(office: Office, town: Town) -> None:
    entry = registered(office, town)
    with office.db.begin() as session:
        by = town.person(session, "lawyer")
    with pytest.raises(registry.NoSuchEntry):
        registry.receipt(office, entry.id, by=by, language="el")


def test_an_annulment_while_the_receipt_is_printed_is_on_it(
    office: Office, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = registered(office, town)
    real = printing.receipt

    def slow(data: printing.ReceiptData, **named: Any) -> bytes:
        if data.annulled_at is None:
            with office.db.begin() as session:
                factories.annulled(session, town, entry.id, reason="Άλλη υπηρεσία")
        return real(data, **named)

    monkeypatch.setattr(printing, "receipt", slow)
    assert "Άλλη υπηρεσία" in text_of(receipt(office, town, entry))
    with office.db.begin() as session:
        assert session.scalars(select(Paper.kind)).all() == ["receipt-annulled-unproven"]


def test_a_receipt_of_what_changes_again_and_again_is_given_up(
    office: Office, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = registered(office, town)
    real = printing.receipt
    subjects = iter(f"Θέμα {n}" for n in range(9))

    def slow(data: printing.ReceiptData, **named: Any) -> bytes:
        with office.db.begin() as session:
            changes = {"subject": next(subjects)}
            by = town.person(session, "clerk")
            zone = factories.ZONE
            registry.correct(session, entry.id, changes, reason="λάθος", by=by, zone=zone)
        return real(data, **named)

    monkeypatch.setattr(printing, "receipt", slow)
    with pytest.raises(registry.PrintingFailed):
        receipt(office, town, entry)
    with office.db.begin() as session:
        assert session.scalar(select(func.count()).select_from(Paper)) == 0
