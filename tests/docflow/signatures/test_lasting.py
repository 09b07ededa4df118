"""Proofs that were pending are added, time-stamps renewed, and nothing signed is ever changed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select, text

import signing
from docflow import circulation, clock, documents, outbox, signatures
from docflow.office import Office
from docflow.signatures import SealedDocument, lasting
from signing import testpki
from tests import factories
from tests.docflow.steps import begun, circulated, issued, run_jobs, signed
from tests.factories import KEY_PASSWORD, Town

NOWHERE = "http://127.0.0.1:9/tsa"


def attend(office: Office, task: str = "complete") -> None:
    """What the relay asks for again and again."""
    with office.db.begin() as session:
        outbox.enqueue(session, f"signatures.{task}")
    run_jobs(office, f"signatures.{task}")


def kept(office: Office, entry_id: int | None) -> dict[str, SealedDocument]:
    with office.db.begin() as session:
        rows = lasting.of_entry(session, entry_id or 0)
        return {row.kind: row for row in rows}


def hurry(office: Office) -> None:
    """As if the pause were over."""
    with office.db.begin() as session:
        session.execute(text("UPDATE sealed_documents SET try_after = '2000-01-01Z'"))


def test_an_issued_document_is_lasting_at_once(signing_office: Office, town: Town) -> None:
    done = issued(signing_office, town)
    rows = kept(signing_office, done.entry_id)
    assert {kind: row.level for kind, row in rows.items()} == {
        "original": "B-LTA",
        "exact-copy": "B-LTA",
    }
    roots = signatures.trust.of_installation(signing_office.settings)
    report = signing.validate(signing_office.store.read(rows["original"].sha256), trust_roots=roots)
    assert report.verdict == "valid"
    assert [one.level for one in report.signatures[:3]] == ["B-LTA"] * 3


def test_what_a_verifier_will_say_is_rehearsed(signing_office: Office, town: Town) -> None:
    done = issued(signing_office, town)
    attend(signing_office)
    copy = kept(signing_office, done.entry_id)["exact-copy"]
    assert (copy.holds, copy.is_pending) == (True, False)
    assert copy.renew_before is not None
    assert copy.renew_before > clock.now() + timedelta(days=365)
    assert copy.outlook is not None
    assert copy.outlook["document"]["verdict"] == "valid"
    assert copy.current_sha256 == copy.sha256


def test_an_hour_without_time_stamps_costs_nothing_but_the_hour(
    signing_office: Office, town: Town
) -> None:
    right = list(signing_office.settings.tsa_urls)
    _, draft_id = begun(signing_office, town)
    circulated(signing_office, town, draft_id)
    signing_office.settings.tsa_urls[:] = [NOWHERE]
    signed(signing_office, town, draft_id)
    run_jobs(signing_office, "circulation.issue")
    with signing_office.db.begin() as session:
        entry_id = session.get_one(circulation.Draft, draft_id).entry_id
    for _ in range(3):
        hurry(signing_office)
        attend(signing_office)
    waits = kept(signing_office, entry_id)["exact-copy"]
    assert (waits.level, waits.is_time_pending, waits.tries) == ("B-B", True, 3)
    assert "time" in waits.problem.lower()
    assert waits.try_after > clock.now() + timedelta(minutes=5)
    signing_office.settings.tsa_urls[:] = right
    attend(signing_office)
    assert kept(signing_office, entry_id)["exact-copy"].is_pending, "its pause is not over"
    hurry(signing_office)
    attend(signing_office)
    after = kept(signing_office, entry_id)
    assert {row.level for row in after.values()} == {"B-LTA"}
    copy = after["exact-copy"]
    before = signing_office.store.read(copy.sha256)
    now = signing_office.store.read(copy.current_sha256)
    assert now.startswith(before)
    assert len(now) > len(before)
    with signing_office.db.begin() as session:
        assert lasting.current(session, copy.sha256) == copy.current_sha256
        assert lasting.first(session, copy.current_sha256) == copy.sha256
        assert [proof.act for proof in lasting.proofs(session, copy.id)] == ["sealed", "completed"]
        file = session.scalars(
            select(documents.File).where(documents.File.sha256 == copy.sha256)
        ).one()
        assert file.role == "exact-copy"


def test_a_document_that_kills_its_worker_goes_behind_the_others(
    signing_office: Office, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = issued(signing_office, town)
    first = kept(signing_office, done.entry_id)["original"].id
    hurry(signing_office)
    attended: list[int] = []
    real = lasting._outlook

    def killed(*_: object) -> dict[str, object]:
        attended.append(first)
        raise SystemExit  # as where memory ends: nothing after this is done

    monkeypatch.setattr(lasting, "_outlook", killed)
    run = outbox.Run(signing_office, 0, 1)
    with pytest.raises(SystemExit):
        lasting.complete(run)
    monkeypatch.setattr(lasting, "_outlook", real)
    lasting.complete(run)
    rows = kept(signing_office, done.entry_id)
    assert rows["exact-copy"].holds, "its turn came although the other was not done"
    assert rows["original"].checked_at is None
    assert (rows["original"].tries, len(attended)) == (1, 1)
    assert rows["original"].try_after > clock.now()
    hurry(signing_office)
    lasting.complete(run)
    assert kept(signing_office, done.entry_id)["original"].holds


def test_a_document_that_cannot_be_read_holds_up_no_other(
    signing_office: Office, town: Town
) -> None:
    done = issued(signing_office, town)
    rows = kept(signing_office, done.entry_id)
    with signing_office.db.begin() as session:
        session.execute(
            text("UPDATE sealed_documents SET current_sha256 = :sha256 WHERE id = :id"),
            {"sha256": "0" * 64, "id": rows["original"].id},
        )
    attend(signing_office)
    after = kept(signing_office, done.entry_id)
    assert after["original"].problem
    assert after["exact-copy"].holds


def test_what_expires_is_listed(signing_office: Office, town: Town) -> None:
    issued(signing_office, town)
    attend(signing_office)
    with signing_office.db.begin() as session:
        soon = lasting.expiring(session, town.body_id, before=clock.now())
        late = lasting.expiring(session, town.body_id, before=clock.now() + timedelta(days=4000))
        counts = lasting.counts(session, town.body_id)
    assert (len(soon), len(late)) == (0, 2)
    assert (counts["B-LTA"], counts["pending"]) == (2, 0)


def test_a_sealed_document_never_loses_a_proof(signing_office: Office, town: Town) -> None:
    issued(signing_office, town)
    for change in ("level = 'B-T'", "sha256 = repeat('0', 64)"):
        with pytest.raises(Exception, match="only added to"), signing_office.db.begin() as session:
            session.execute(text(f"UPDATE sealed_documents SET {change}"))


@pytest.fixture
def aging(
    office: Office, town: Town, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Office, list[datetime]]]:
    """An office whose authority and time-stamping service live in a time that we can move."""
    start = datetime.now(UTC)
    now = [start]
    pki = testpki.create(tmp_path_factory.mktemp("aging"), organisation="Δήμος")
    folder = tmp_path_factory.mktemp("keys")
    seal, roots = folder / "seal.p12", folder / "roots.pem"
    seal.write_bytes(pki.issue_seal(password="s", until=start + timedelta(days=700)))
    roots.write_bytes(b"".join(pki.trust_roots))
    settings = office.settings.model_copy(
        update={
            "tsa_urls": [pki.tsa_url],
            "trust_roots": roots,
            "seal_key": seal,
            "seal_password": SecretStr("s"),
        }
    )
    signs = replace(office, settings=settings)
    for username in ("engineer", "director", "mayor"):
        name, title, _ = factories.PEOPLE[username]
        data = pki.issue_person(
            name=name, title=title, password=KEY_PASSWORD, until=start + timedelta(days=365)
        )
        with signs.db.begin() as session:
            by = town.person(session, username)
            signatures.keys.add(session, data, KEY_PASSWORD, by=by, settings=settings)
    with testpki.running(pki, clock=lambda: now[0]):
        yield signs, now


def test_ten_years_with_renewals_by_the_job(
    aging: tuple[Office, list[datetime]], town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Certificates of one and two years; ten years later file and root alone are enough."""
    office, now = aging
    done = issued(office, town)
    attend(office)
    start = now[0]
    for years in (3, 6, 9):
        now[0] = start + timedelta(days=365 * years)
        with monkeypatch.context() as later:
            later.setattr(clock, "now", _at(now[0]))
            hurry(office)
            attend(office, "renew")
    roots = signatures.trust.of_installation(office.settings)
    for row in kept(office, done.entry_id).values():
        pdf = office.store.read(row.current_sha256)
        assert pdf.startswith(office.store.read(row.sha256))
        report = signing.validate(pdf, trust_roots=roots, at=start + timedelta(days=3650))
        assert {one.verdict for one in report.signatures} == {"valid"}
        with office.db.begin() as session:
            acts = [proof.act for proof in lasting.proofs(session, row.id)]
        assert acts == ["sealed", "renewed", "renewed", "renewed"]


def _at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def test_a_renewal_that_gains_nothing_is_not_repeated_at_once(
    signing_office: Office, town: Town
) -> None:
    issued(signing_office, town)
    attend(signing_office)
    with signing_office.db.begin() as session:
        session.execute(text("UPDATE sealed_documents SET renew_before = '2000-01-01Z'"))
    far = signing_office.settings.model_copy(update={"renewal_margin_days": 4000})
    office = replace(signing_office, settings=far)
    attend(office, "renew")
    attend(office, "renew")
    with office.db.begin() as session:
        rows = session.scalars(select(SealedDocument)).all()
        assert [len(lasting.proofs(session, row.id)) for row in rows] == [2, 2]
