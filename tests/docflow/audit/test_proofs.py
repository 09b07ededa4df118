"""An outsider with one small file, and no access, sees that an entry stood in the register."""

import base64
import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select, text

import signing
from docflow import audit, clock, documents, outbox, registry
from docflow.audit import check_proof
from docflow.audit.models import Leaf, SignedHead, Timestamp
from docflow.office import Office
from signing import testpki
from tests import factories
from tests.conftest import Keys
from tests.docflow.audit.test_audit import KEY, ORIGIN, place, sign

VERIFIER = str(audit.notes.Signer(ORIGIN, KEY).verifier)
LETTER = b"%PDF-1.4 a letter"


@pytest.fixture
def proven(committed: Office, tmp_path: Path) -> tuple[Office, Path, Path]:
    """An office with 300 events; the proof of one of its letters, and the letter."""
    letter = tmp_path / "letter.pdf"
    letter.write_bytes(LETTER)
    with committed.db.begin() as session:
        town = factories.municipality(session)
        clerk = town.person(session, "clerk")
        for _ in range(300):
            audit.record(session, "test.done", by=clerk, subject=("body", 1))
    with letter.open("rb") as file:
        upload = documents.receive(committed, file, letter.name)
    with committed.db.begin() as session:
        entry = registry.register(
            session,
            factories.incoming(subject="Αίτηση για άδεια"),
            [upload],
            by=town.person(session, "clerk"),
            zone=factories.ZONE,
            ocr_languages=["ell"],
        )
        by = town.person(session, "clerk")
    place(committed)
    sign(committed)
    proof = tmp_path / "entry.tlog-proof"
    with committed.db.read() as session:
        proof.write_text(registry.prove(session, entry.id, by=by))
    return committed, proof, letter


def test_the_proof_shows_the_entry_and_its_file(proven: tuple[Office, Path, Path]) -> None:
    _, proof, letter = proven
    told = check_proof.check(proof.read_text(), VERIFIER, [letter])
    assert any("Αίτηση για άδεια" in line for line in told)
    assert told[-1] == "letter.pdf is a file that was registered with it, unchanged."


def test_the_program_runs_alone_with_nothing_of_docflow(
    proven: tuple[Office, Path, Path], tmp_path: Path
) -> None:
    """As an outsider has it: one file, in a folder of its own, isolated from our packages."""
    _, proof, letter = proven
    program = tmp_path / "alone" / "check.py"
    program.parent.mkdir()
    program.write_text(Path(str(check_proof.__file__)).read_text())
    command = [sys.executable, "-I", program, proof, "--key", VERIFIER, "--document", letter]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "The proof holds."), done.stderr
    letter.write_bytes(LETTER + b"!")
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 1
    assert "is not a file that was registered" in done.stdout


def _touched(text: str, **changes: object) -> str:
    proof = audit.notes.Proof.parse(text)
    extra = {**json.loads(proof.extra or b""), **changes}
    data = json.dumps(extra, ensure_ascii=False).encode()
    return audit.notes.Proof(proof.index, proof.hashes, proof.checkpoint, data).text


def _other_subject(text: str) -> str:
    record = json.loads(audit.notes.Proof.parse(text).extra or b"")["record"]
    return _touched(text, record={**record, "subject": "Άλλο"})


def _other_time(text: str) -> str:
    event = json.loads(audit.notes.Proof.parse(text).extra or b"")["event"]
    return _touched(text, event=event.replace("2026", "2025"))


LIES = {
    "another subject": _other_subject,
    "another time": _other_time,
    "another salt": lambda text: _touched(text, salt="00" * 32),
    "another place": lambda text: text.replace("\nindex ", "\nindex 1"),
    "a hash missing": lambda text: "\n".join(text.split("\n")[:3] + text.split("\n")[4:]),
    "another size": lambda text: text.replace(ORIGIN + "\n", ORIGIN + "\n9", 1),
    "no signature": lambda text: text[: text.index("— ")],
    "nothing": lambda text: "",
}


@pytest.mark.parametrize("lie", LIES)
def test_a_proof_that_was_touched_does_not_hold(
    proven: tuple[Office, Path, Path], lie: str
) -> None:
    text = proven[1].read_text()
    with pytest.raises((check_proof.Wrong, ValueError, IndexError, KeyError)):
        check_proof.check(LIES[lie](text), VERIFIER, [])


def test_the_key_of_another_log_proves_nothing(proven: tuple[Office, Path, Path]) -> None:
    stranger = audit.notes.Signer(ORIGIN, Ed25519PrivateKey.generate())
    with pytest.raises(check_proof.Wrong, match="did not sign"):
        check_proof.check(proven[1].read_text(), str(stranger.verifier), [])


def test_the_leaf_says_nothing_of_the_event(proven: tuple[Office, Path, Path]) -> None:
    office = proven[0]
    with office.db.read() as session:
        published = audit.entries(session, 1, 0, 256) or b""
    assert b"registered" not in published
    assert "Αίτηση".encode() not in published


def test_what_is_published_rebuilds_the_signed_root(proven: tuple[Office, Path, Path]) -> None:
    """The entries under the tiles give the tiles, and these the root that was signed."""
    office = proven[0]
    with office.db.read() as session:
        head = audit.latest(session, 1)
        assert head is not None
        hashes = []
        for index in range(0, head.size, audit.TILE_WIDTH):
            width = min(audit.TILE_WIDTH, head.size - index)
            data = audit.entries(session, 1, index // audit.TILE_WIDTH, width) or b""
            tile = audit.tile(session, 1, 0, index // audit.TILE_WIDTH, width) or b""
            leaves = []
            while data:
                length = int.from_bytes(data[:2], "big")
                leaves.append(audit.merkle.leaf_hash(data[2 : 2 + length]))
                data = data[2 + length :]
            assert b"".join(leaves) == tile
            hashes += leaves
        assert audit.merkle.root_over(hashes) == head.root
        assert audit.tile(session, 1, 0, 1, 256) is None  # not that far yet
        assert audit.tile(session, 1, 1, 0, 1) == audit.merkle.root_over(hashes[:256])


def test_any_two_heads_are_consistent(proven: tuple[Office, Path, Path]) -> None:
    office = proven[0]
    with office.db.begin() as session:
        session.execute(
            text(
                "INSERT INTO audit_events (at, body_id, actor_name, via, action, subject_type,"
                " subject_id, details) SELECT now(), 1, '', 'job', 'x', 'y', n, '{}'"
                " FROM generate_series(1, 700) n"
            )
        )
    place(office)
    sign(office)
    with office.db.read() as session:
        old, *_, new = session.scalars(select(SignedHead).order_by(SignedHead.size)).all()
        path = audit.consistency(session, 1, old.size, new.size)
        assert audit.merkle.verify_consistency(old.size, new.size, old.root, new.root, path)
        for wrong in ((0, new.size), (old.size, new.size + 1), (new.size, old.size)):
            with pytest.raises(audit.NoSuchCheckpoint):
                audit.consistency(session, 1, *wrong)


def test_every_leaf_of_a_log_of_several_levels_is_proven(committed: Office) -> None:
    """66,000 leaves need three levels of tiles; leaves beside each edge are tried."""
    with committed.db.begin() as session:
        factories.municipality(session)
        session.execute(
            text(
                "INSERT INTO audit_events (at, body_id, actor_name, via, action, subject_type,"
                " subject_id, details) SELECT now(), 1, '', 'job', 'x', 'y', n, '{}'"
                " FROM generate_series(1, 66000) n"
            )
        )
    place(committed)
    sign(committed)
    with committed.db.read() as session:
        head = audit.latest(session, 1)
        assert head is not None
        verifiers = [audit.notes.Verifier.parse(VERIFIER)]
        for index in (0, 255, 256, 511, 65_279, 65_535, 65_536, head.size - 1):
            leaf = session.get_one(Leaf, (1, index))
            proof = audit.notes.Proof.parse(audit.prove(session, leaf.event_id))
            said = audit.notes.Checkpoint.parse(
                audit.notes.verified(proof.checkpoint, verifiers)[0]
            )
            extra = json.loads(proof.extra or b"")
            entry = audit.sequencer.leaf(bytes.fromhex(extra["salt"]), extra["event"].encode())
            assert audit.merkle.verify_inclusion(
                audit.merkle.leaf_hash(entry), proof.index, said.size, proof.hashes, said.root
            )
        assert audit.verify(session).is_sound


def test_before_the_head_is_signed_the_proof_is_not_there_yet(committed: Office) -> None:
    with committed.db.begin() as session:
        town = factories.municipality(session)
        entry = factories.letter(session, town)
        by = town.person(session, "clerk")
    with committed.db.read() as session, pytest.raises(audit.NotYetProven):
        registry.prove(session, entry.id, by=by)
    place(committed)
    with committed.db.read() as session, pytest.raises(audit.NotYetProven):
        registry.prove(session, entry.id, by=by)


def test_the_extra_line_is_plain_base64(proven: tuple[Office, Path, Path]) -> None:
    line = proven[1].read_text().split("\n")[1]
    assert json.loads(base64.b64decode(line.removeprefix("extra ")))["v"] == 1


def test_each_day_gets_a_timestamp_that_a_proof_carries(
    proven: tuple[Office, Path, Path], keys: Keys, tmp_path: Path
) -> None:
    office, _, _ = proven
    settings = office.settings.model_copy(update={"tsa_urls": [keys.tsa_url]})
    office = replace(office, settings=settings)
    with clock.pretend(clock.now() + timedelta(days=1)):
        audit.stamping.stamp_days(outbox.Run(office, 1, 1))
        audit.stamping.stamp_days(outbox.Run(office, 1, 2))  # again: nothing to do
    with office.db.read() as session:
        [stamp] = session.scalars(select(Timestamp)).all()
        head = session.get_one(SignedHead, (1, stamp.size))
        leaf = session.get_one(Leaf, (1, 0))
        extra = json.loads(
            audit.notes.Proof.parse(audit.prove(session, leaf.event_id)).extra or b""
        )
        roots = [keys.roots.read_bytes()]
        assert signing.timestamp_time(
            base64.b64decode(extra["timestamp"]), head.note.encode(), trust_roots=roots
        )
        assert audit.verify(session, trust_roots=roots).is_sound
        strangers = testpki.create(tmp_path / "other", organisation="Άλλος").trust_roots
        [finding] = audit.verify(session, trust_roots=strangers).findings
    assert "timestamp of" in finding.detail


def test_a_service_that_is_away_leaves_the_day_to_be_stamped(
    proven: tuple[Office, Path, Path],
) -> None:
    office, _, _ = proven
    settings = office.settings.model_copy(update={"tsa_urls": ["http://127.0.0.1:9/tsa"]})
    office = replace(office, settings=settings)
    with (
        clock.pretend(clock.now() + timedelta(days=1)),
        pytest.raises(audit.stamping.NoTimestamp),
    ):
        audit.stamping.stamp_days(outbox.Run(office, 1, 1))


def code_of(proof: str) -> str:
    digits = audit.packed(proof)
    assert digits is not None
    return f"https://protocol.example/log/check#{digits}"


def test_the_number_of_a_qr_code_is_the_proof(
    proven: tuple[Office, Path, Path], tmp_path: Path
) -> None:
    """The program that outsiders have takes it alone, with the document; nothing is asked."""
    _, proof, letter = proven
    program = tmp_path / "check.py"
    program.write_text(Path(str(check_proof.__file__)).read_text())
    code = tmp_path / "code.txt"
    code.write_text(code_of(proof.read_text()) + "\n")
    command = [sys.executable, "-I", program, code, "--key", VERIFIER, "--document", letter]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "The proof holds."), done.stdout
    assert "letter.pdf is a file that was registered with it" in done.stdout
    assert "Αίτηση" not in done.stdout, "the paper says it; the code does not"
    told = audit.judged(code.read_text(), keys=[VERIFIER], document=letter.read_bytes())
    assert told.done == ["format", "signature", "place", "data", "document"]


def test_a_number_with_another_digit_proves_nothing(proven: tuple[Office, Path, Path]) -> None:
    digits = code_of(proven[1].read_text()).rpartition("#")[2]
    for at in range(3, len(digits), 97):
        other = str((int(digits[at]) + 1) % 10)
        changed = digits[:at] + other + digits[at + 1 :]
        assert not audit.judged(changed, keys=[VERIFIER]).holds, at
    for nonsense in ("#", "0", "1" * 5000, "٣" * 200, digits[:-40], digits + "1" * 40):
        assert not audit.judged(nonsense, keys=[VERIFIER]).holds


def test_a_proof_with_many_files_stays_a_file(proven: tuple[Office, Path, Path]) -> None:
    text = proven[1].read_text()
    event = json.loads(audit.notes.Proof.parse(text).extra or b"")["event"]
    digest = "0" * 64
    many = event.replace('"files":[', '"files":[' + f'"{digest}",' * 40)
    assert audit.packed(text) is not None
    assert audit.packed(_touched(text, event=many)) is None
