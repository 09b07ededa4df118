"""An entry that persons really signed and that was issued under seal, erased like any other."""

import os
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select, text

import storage
from docflow import circulation, citizens, clock, custody, outbox, registry, signatures
from docflow.office import Office
from docflow.organization import Role, User, grant
from tests import factories
from tests.conftest import Keys
from tests.docflow import steps
from tests.docflow.custody.conftest import House, run
from tests.docflow.custody.test_keeping import erased


@pytest.fixture
def house(committed: Office, keys: Keys) -> House:
    """The office with its seal, and an answer that three persons signed and that was issued."""
    office = Office(
        committed.settings.model_copy(
            update={
                "trust_roots": keys.roots,
                "seal_key": keys.seal,
                "seal_password": SecretStr("σφραγίδα"),
            }
        ),
        committed.db,
        committed.store,
    )
    with office.db.begin() as session:
        town = factories.municipality(session)
        grant(session, session.get_one(User, town.users["lawyer"]), Role.DATA_PROTECTION, None)
    for username in ("engineer", "director", "mayor"):
        with office.db.begin() as session:
            circulation.keys.add(
                session,
                keys.persons[username],
                factories.KEY_PASSWORD,
                by=town.person(session, username),
                settings=office.settings,
            )
    draft = steps.issued(office, town, body="Σας ενημερώνουμε για την υπόθεσή σας.")
    with office.db.read() as session:
        entry = session.get_one(registry.Entry, draft.entry_id)
        [copy] = session.scalars(
            text("SELECT sha256 FROM files WHERE entry_id = :id AND role = 'exact-copy'"),
            {"id": entry.id},
        )
    return House(office, town, entry, copy)


def test_a_signed_and_issued_document_goes_and_everything_still_verifies(house: House) -> None:
    subject, code = house.entry.subject, house.entry.verification_code
    erasure_id = erased(house)
    with house.office.db.read() as session:
        [job] = session.scalars(
            select(outbox.Job).where(outbox.Job.task == "custody.erase-objects")
        )
        digests = job.args["digests"]
    assert house.digest in digests
    store = house.office.store
    assert isinstance(store, storage.DirectoryStore)
    for digest in digests:
        os.utime(store.root / digest[:2] / digest, (0, 0))  # put long ago
    with clock.pretend(clock.now() + timedelta(days=3)):
        custody.erasure.erase_objects(run(house.office), erasure_id=erasure_id, digests=digests)
    for digest in digests:
        with pytest.raises(storage.NoSuchObject):
            store.read(digest)
    house.sequenced()
    assert house.verified().findings == ()
    assert list(custody.verify_objects(house.office)) == []
    with house.office.db.read() as session:
        told = citizens.by_code(session, code)
        assert subject not in repr(told)
        kept = session.scalars(
            text("SELECT content::text FROM draft_versions UNION ALL SELECT subject FROM drafts")
        ).all()
        assert kept
        assert "υπόθεσή" not in str(kept)
    with clock.pretend(clock.now() + timedelta(days=365 * 9)):
        signatures.lasting.complete(run(house.office))
        signatures.lasting.renew(run(house.office))
        with house.office.db.read() as session:
            tries = session.scalars(select(signatures.SealedDocument.tries)).all()
            waiting = signatures.lasting.counts(session, house.town.body_id)
            expiring = signatures.lasting.expiring(session, house.town.body_id, before=clock.now())
    assert set(tries) == {0}, "nothing of it is completed or renewed any more"
    assert (set(waiting.values()), expiring) == ({0}, [])
