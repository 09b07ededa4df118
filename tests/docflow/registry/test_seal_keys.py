"""Each body seals with its own seal; one without a seal does not borrow that of another."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import signing
from docflow import registry
from docflow.office import Office
from tests import factories
from tests.conftest import Keys
from tests.factories import Town


def test_two_bodies_seal_with_their_own(
    signing_office: Office, town: Town, keys: Keys, tmp_path: Path
) -> None:
    with signing_office.db.begin() as session:
        theirs = factories.municipality(session, code="geitones")
    with pytest.raises(signing.KeyUnusable):
        registry.seal_key(signing_office, theirs.body_id)
    assert not registry.has_seal(signing_office, theirs.body_id)
    since = datetime.now(UTC) - timedelta(days=1)
    seal = keys.pki.issue_seal(name="Δήμος Γειτόνων", password="άλλο", since=since)
    (tmp_path / "geitones.p12").write_bytes(seal)
    (tmp_path / "geitones.password").write_text("άλλο\n")
    settings = signing_office.settings.model_copy(update={"seal_keys": tmp_path, "tsa_urls": []})
    office = replace(signing_office, settings=settings)
    assert len(registry.seal_subjects(office)) == 2
    signers = []
    for one in (town, theirs):
        with office.db.begin() as session:
            entry = factories.letter(session, one)
            by = one.person(session, "clerk")
        pdf = registry.receipt(office, entry.id, by=by, language="el")
        [found] = signing.validate(pdf).signatures
        signers.append((found.signer, found.integrity))
    assert [integrity for _, integrity in signers] == ["intact", "intact"]
    assert "Παραδείγματος" in signers[0][0]
    assert "Γειτόνων" in signers[1][0]


def test_the_state_tells_of_every_seal_that_ends(
    signing_office: Office, town: Town, keys: Keys, tmp_path: Path
) -> None:
    with signing_office.db.begin() as session:
        factories.municipality(session, code="geitones")
    (tmp_path / "geitones.p12").write_bytes(keys.seal.read_bytes())
    settings = signing_office.settings.model_copy(update={"seal_keys": tmp_path})
    with signing_office.db.read() as session:
        found = list(registry.seal_files(session, settings))
    assert [(one.body, one.path) for one in found] == [
        ("paradeigma", keys.seal),
        ("geitones", tmp_path / "geitones.p12"),
    ]
