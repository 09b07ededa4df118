"""The virus check by a real clamd, and the quarantine: nobody opens a file before it is checked."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from docflow import audit, documents, outbox, registry
from docflow.documents import FileInfo, QuarantineAct, clamd
from docflow.errors import Forbidden
from docflow.office import Office
from tests import factories
from tests.clamav import EICAR, LONGEST, VIRUS, ClamdServer
from tests.docflow.steps import job, run_jobs, waiting_jobs
from tests.factories import Town
from tests.ocr import office_files as made


@pytest.fixture(scope="module")
def scanner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClamdServer]:
    # A Unix socket's path has at most 107 bytes.
    with ClamdServer(folder=tmp_path_factory.mktemp("clamd")) as server:
        yield server


@pytest.fixture
def checking(office: Office, scanner: ClamdServer) -> Office:
    return _with(office, scanner.tcp_address)


def _with(office: Office, address: str | None) -> Office:
    return replace(office, settings=office.settings.model_copy(update={"clamd": address}))


def filed(office: Office, town: Town, data: bytes, name: str = "έγγραφο.txt") -> int:
    upload = factories.uploaded(office, data, name)
    with office.db.begin() as session:
        return factories.letter(session, town, upload).id


def files(office: Office, entry_id: int) -> list[FileInfo]:
    with office.db.begin() as session:
        return documents.files(session, entry_id)


@pytest.mark.usefixtures("socket_enabled")  # the guard of the tests knows no Unix sockets
@pytest.mark.parametrize("way", ["address", "tcp_address"])
def test_clamd_finds_the_one_virus_it_knows(scanner: ClamdServer, way: str) -> None:
    address = getattr(scanner, way)
    assert clamd.ping(address)
    assert clamd.scan(address, [b"a harmless letter"]) is None
    assert clamd.scan(address, [EICAR[:20], EICAR[20:]]) == VIRUS
    assert clamd.scan(address, []) is None


def test_a_file_larger_than_clamd_takes_is_said_to_be(scanner: ClamdServer) -> None:
    with pytest.raises(clamd.TooLargeToCheck):
        clamd.scan(scanner.tcp_address, [bytes(LONGEST // 2)] * 40)


@pytest.mark.usefixtures("socket_enabled")
def test_a_clamd_that_is_away_or_mad_is_never_taken_for_clean(tmp_path: Path) -> None:
    for address in (f"unix:{tmp_path}/none", "tcp://127.0.0.1:9"):
        assert not clamd.ping(address)
        with pytest.raises(clamd.ScannerAway):
            clamd.scan(address, [b"x"])
    for answer in (b"", b"stream: something ERROR\0", b"OK\0"):
        with _answering(answer) as address, pytest.raises(clamd.ScannerAway):
            clamd.scan(address, [b"x"])


class _answering:
    """A server that hears all and says one thing."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._server = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> str:
        threading.Thread(target=self._serve, daemon=True).start()
        return f"tcp://127.0.0.1:{self._server.getsockname()[1]}"

    def _serve(self) -> None:
        line, _ = self._server.accept()
        with line:
            heard = b""
            while not heard.endswith(b"\0\0\0\0"):
                heard += line.recv(4096)
            line.sendall(self._answer)

    def __exit__(self, *_: object) -> None:
        self._server.close()


def test_a_file_is_closed_until_it_was_checked(checking: Office, town: Town) -> None:
    entry_id = filed(checking, town, b"harmless")
    [info] = files(checking, entry_id)
    assert (info.screening, info.is_closed) == ("waiting", True)
    with pytest.raises(documents.StillChecked):
        info.require_open()
    run_jobs(checking, "documents.read")
    [info] = files(checking, entry_id)
    assert (info.screening, info.state) == ("clean", "done")
    info.require_open()


def test_without_a_virus_check_a_file_is_open_at_once(office: Office, town: Town) -> None:
    [info] = files(office, filed(office, town, b"harmless"))
    assert (info.screening, info.is_closed) == ("unchecked", False)


def test_a_virus_is_kept_closed_and_the_entry_stays(checking: Office, town: Town) -> None:
    entry_id = filed(checking, town, EICAR, "τιμολόγιο.pdf")
    run_jobs(checking, "documents.read")
    [info] = files(checking, entry_id)
    assert (info.screening, info.state, info.problem_code) == ("infected", "quarantined", "virus")
    assert info.problem is not None
    assert VIRUS in info.problem.in_language("el")
    assert info.shown_sha256 is None
    with pytest.raises(documents.Quarantined):
        info.require_open()
    assert checking.store.read(info.sha256) == EICAR
    with checking.db.begin() as session:
        assert documents.text_of(session, entry_id) == ""
        actions = [line.action for line in audit.history(session, [("entry", entry_id)])]
        registry.get(session, entry_id, by=town.person(session, "clerk"))
    assert actions[-1] == "file.quarantined"


def test_a_virus_in_a_mail_closes_the_mail_and_what_lay_in_it(checking: Office, town: Town) -> None:
    mail = made.eml("Δείτε το συνημμένο", attachments={"a.zip": made.packed({"x": EICAR})})
    entry_id = filed(checking, town, mail, "μήνυμα.eml")
    run_jobs(checking, "documents.read")
    assert all(info.is_closed for info in files(checking, entry_id) if info.name == "a.zip")
    assert "infected" in {info.screening for info in files(checking, entry_id)}


@pytest.mark.parametrize("data", [b"MZ\x90\x00" + bytes(60), b"\x7fELF" + bytes(60)])
def test_a_program_is_closed_at_once_whatever_its_name(
    office: Office, town: Town, data: bytes
) -> None:
    [info] = files(office, filed(office, town, data, "αίτηση.pdf"))
    assert (info.screening, info.state, info.problem_code) == (
        "refused",
        "quarantined",
        "executable",
    )
    assert waiting_jobs(office, "documents.read") == []


def test_a_file_too_large_to_be_checked_is_closed(checking: Office, town: Town) -> None:
    entry_id = filed(checking, town, b"x" * (LONGEST * 20))
    run_jobs(checking, "documents.read")
    [info] = files(checking, entry_id)
    assert (info.screening, info.problem_code) == ("refused", "too-large-to-check")


def test_while_clamd_is_away_the_file_waits_and_is_checked_later(
    office: Office, town: Town, scanner: ClamdServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = _with(office, "tcp://127.0.0.1:9")
    entry_id = filed(away, town, b"harmless")
    [job_id] = waiting_jobs(away, "documents.read")
    outbox.run(away, job_id)
    assert job(away, job_id).state == "waiting"
    monkeypatch.setattr(outbox, "MAX_ATTEMPTS", 2)
    with away.db.begin() as session:
        session.execute(text("UPDATE jobs SET run_after = now() - interval '1 minute'"))
    outbox.run(away, job_id)
    [info] = files(away, entry_id)
    assert (info.state, info.problem_code, info.is_closed) == ("failed", "unchecked", True)
    assert info.is_passing
    monkeypatch.undo()
    # Ten minutes later it is tried again by itself.
    with office.db.begin() as session:
        session.execute(text("UPDATE readings SET finished_at = now() - interval '11 minutes'"))
        outbox.enqueue(session, "documents.try-again")
    run_jobs(_with(office, scanner.tcp_address), "documents.try-again", "documents.read")
    [info] = files(office, entry_id)
    assert (info.state, info.screening) == ("done", "clean")


def test_a_check_that_was_taken_away_leaves_the_file_unchecked(
    checking: Office, office: Office, town: Town
) -> None:
    entry_id = filed(checking, town, b"harmless")
    run_jobs(office, "documents.read")
    [info] = files(office, entry_id)
    assert (info.screening, info.state) == ("unchecked", "done")


def test_who_waits_for_files_is_told_once_and_never_of_a_virus(
    checking: Office, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(
        documents.screening, "_after_intake", [lambda _session, file: told.append(file.name)]
    )
    entry_id = filed(checking, town, b"harmless", "α.txt")
    filed(checking, town, EICAR, "β.txt")
    run_jobs(checking, "documents.read")
    with checking.db.begin() as session:
        file = documents.file_at(session, entry_id, 1)
        documents.read_again(session, file, by=town.person(session, "clerk"))
    run_jobs(checking, "documents.read")
    assert told == ["α.txt"]


def _quarantined(office: Office, town: Town) -> tuple[int, int]:
    entry_id = filed(office, town, EICAR, "τιμολόγιο.pdf")
    run_jobs(office, "documents.read")
    return entry_id, files(office, entry_id)[0].id


def test_only_an_administrator_has_the_bytes_and_says_why(checking: Office, town: Town) -> None:
    entry_id, file_id = _quarantined(checking, town)
    for username in ("clerk", "auditor", "registrar", "mayor"):
        with checking.db.begin() as session:
            by = town.person(session, username)
            with pytest.raises(Forbidden):
                documents.open_quarantined(session, file_id, reason="θέλω", by=by)
    with checking.db.begin() as session:
        administrator = town.person(session, "administrator")
        held = documents.open_quarantined(
            session, file_id, reason=" για τον  ΕΦΕΤΕ ", by=administrator
        )
    assert checking.store.read(held.sha256) == EICAR
    with checking.db.begin() as session:
        [note] = documents.quarantine_notes(session, [file_id])[file_id]
        event = audit.history(session, [("entry", entry_id)])[-1]
    assert (note.act, note.reason) == (QuarantineAct.OPENED, "για τον ΕΦΕΤΕ")
    assert event.action == "file.quarantine-opened"
    assert "ΕΦΕΤΕ" not in str(event.details)  # the trail has no free text


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 501])
def test_opening_needs_a_reason(checking: Office, town: Town, reason: str) -> None:
    _, file_id = _quarantined(checking, town)
    with checking.db.begin() as session:
        by = town.person(session, "administrator")
        with pytest.raises(documents.ReasonWanted):
            documents.open_quarantined(session, file_id, reason=reason, by=by)


def test_a_file_that_was_let_out_is_read_as_any_other(checking: Office, town: Town) -> None:
    entry_id, file_id = _quarantined(checking, town)
    with checking.db.begin() as session:
        by = town.person(session, "administrator")
        documents.release(session, file_id, reason="Δοκιμαστικό αρχείο", by=by)
    run_jobs(checking, "documents.read")
    [info] = files(checking, entry_id)
    assert (info.screening, info.state) == ("released", "done")
    info.require_open()
    with pytest.raises(documents.NotInQuarantine), checking.db.begin() as session:
        documents.release(session, file_id, reason="πάλι", by=by)


def test_a_file_that_is_closed_later_shows_no_word_of_it_any_more(
    office: Office, checking: Office, town: Town
) -> None:
    def words(entry_id: int) -> str:
        with office.db.read() as session:
            return documents.text_of(session, entry_id)

    def is_found(entry_id: int) -> bool:
        with office.db.read() as session:
            vector = session.scalar(
                text("SELECT vector::text FROM search_texts WHERE entry_id = :id"), {"id": entry_id}
            )
        return "eicar" in str(vector)

    entry_id = filed(office, town, EICAR)
    run_jobs(office, "documents.read")
    assert "EICAR" in words(entry_id)
    assert is_found(entry_id)
    [info] = files(office, entry_id)
    with office.db.begin() as session:
        file = documents.file_at(session, entry_id, 1)
        documents.read_again(session, file, by=town.person(session, "clerk"))
    run_jobs(checking, "documents.read")
    assert files(checking, entry_id)[0].screening == "infected"
    assert words(entry_id) == ""
    assert not is_found(entry_id)
    with office.db.begin() as session:
        by = town.person(session, "administrator")
        documents.release(session, info.id, reason="δοκιμή του ελέγχου", by=by)
    run_jobs(checking, "documents.read")
    assert "EICAR" in words(entry_id), "what is let out is read anew"


def test_the_administrator_of_another_body_has_no_part_in_it(checking: Office, town: Town) -> None:
    _, file_id = _quarantined(checking, town)
    with checking.db.begin() as session:
        other = factories.municipality(session, code="allos")
        stranger = other.person(session, "administrator")
        assert documents.quarantined(session, by=stranger) == []
        with pytest.raises(documents.NotInQuarantine):
            documents.release(session, file_id, reason="x", by=stranger)


def test_the_quarantine_tells_number_and_virus_and_of_secrets_not_even_the_name(
    checking: Office, town: Town
) -> None:
    _quarantined(checking, town)
    upload = factories.uploaded(checking, EICAR + b"x", "απόρρητο.exe")
    with checking.db.begin() as session:
        secret = factories.secret_letter(session, town, upload)
    run_jobs(checking, "documents.read")
    with checking.db.begin() as session:
        found = documents.quarantined(session, by=town.person(session, "administrator"))
        with pytest.raises(Forbidden):
            documents.quarantined(session, by=town.person(session, "auditor"))
    assert [(one.name, one.finding) for one in found][1] == ("τιμολόγιο.pdf", VIRUS)
    assert (found[0].name, found[0].label) == ("", secret.label)


def test_a_closed_file_is_not_read_again_by_a_wish(checking: Office, town: Town) -> None:
    entry_id, _ = _quarantined(checking, town)
    with checking.db.begin() as session:
        file, by = documents.file_at(session, entry_id, 1), town.person(session, "clerk")
        with pytest.raises(documents.Quarantined):
            documents.read_again(session, file, by=by)
