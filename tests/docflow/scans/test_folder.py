"""Watched folders: what is still being written is left alone, and a crash loses nothing."""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from docflow import documents, scans
from docflow.i18n import t
from docflow.office import Office
from docflow.scans import TAKEN, Batch, Watcher, intake
from tests.docflow.scans.conftest import Desk
from tests.docflow.scans.sheets import Sheet, batch, label

QUIET = 0.2


@dataclass
class _Clock:
    """Real time, put forward where a test would only wait."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


CLOCK = _Clock()


def wait(seconds: float) -> None:
    """So much later, for the watcher: nothing here is to be had by sleeping."""
    CLOCK.ahead += seconds


@pytest.fixture(autouse=True)
def its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docflow.scans.folder.monotonic", CLOCK)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    made.mkdir()
    return made


@pytest.fixture
def office(office: Office) -> Office:
    settings = office.settings.model_copy(update={"scan_settle_seconds": QUIET})
    return replace(office, settings=settings)


def settled(watcher: Watcher) -> list[int]:
    """Look, wait until everything is quiet, look again."""
    first = watcher.look()
    wait(QUIET * 1.5)
    return first + watcher.look()


def count(desk: Desk) -> int:
    with desk.office.db.read() as session:
        return session.scalar(select(func.count()).select_from(Batch)) or 0


def test_a_settled_file_becomes_a_batch_and_is_moved(desk: Desk, folder: Path) -> None:
    entry = desk.letter()
    (folder / "σάρωση 1.pdf").write_bytes(batch(Sheet("α", (label(entry),))))
    watcher = Watcher(desk.office, [folder])
    assert watcher.look() == []  # it may yet be growing
    wait(QUIET * 1.5)
    [batch_id] = watcher.look()
    desk.work()
    assert desk.told(batch_id) == [("filed", None, [1])]
    assert [path.name for path in folder.iterdir()] == ["taken"]
    [moved] = (folder / "taken").iterdir()
    assert moved.name.endswith("-σάρωση 1.pdf")


def test_a_file_that_grows_is_left_alone(desk: Desk, folder: Path) -> None:
    data, path = batch(Sheet("α")), folder / "α.pdf"
    watcher = Watcher(desk.office, [folder])
    for part in range(1, 4):
        path.write_bytes(data[: len(data) * part // 4])
        wait(QUIET * 0.6)
        assert watcher.look() == []
    path.write_bytes(data)
    assert len(settled(watcher)) == 1
    assert count(desk) == 1


def test_a_half_written_file_that_stands_still_is_waited_for(desk: Desk, folder: Path) -> None:
    data, path = batch(Sheet("α")), folder / "α.pdf"
    path.write_bytes(data[:2000])
    watcher = Watcher(desk.office, [folder])
    assert settled(watcher) == []  # a copy over the network that stalls
    path.write_bytes(data)
    assert len(settled(watcher)) == 1


def test_a_file_that_stays_cut_off_becomes_a_batch_in_the_end(desk: Desk, folder: Path) -> None:
    (folder / "α.pdf").write_bytes(batch(Sheet("α"))[:2000])
    watcher = Watcher(desk.office, [folder])
    watcher.look()
    wait(QUIET * 21)
    [batch_id] = watcher.look()
    desk.work()
    assert desk.batch(batch_id).state == "unreadable"


@pytest.mark.parametrize("name", ["α.zip", "β.exe", "γ.pdf"])
def test_whatever_lies_in_the_folder_becomes_a_batch(desk: Desk, folder: Path, name: str) -> None:
    data = {"α.zip": b"PK\x03\x04" + b"\x00" * 40, "β.exe": b"MZ\x00\x00", "γ.pdf": b""}[name]
    (folder / name).write_bytes(data)
    [batch_id] = settled(Watcher(desk.office, [folder]))
    desk.work()
    assert desk.batch(batch_id).state == "unreadable"


def test_what_is_no_plain_file_is_not_touched(desk: Desk, folder: Path) -> None:
    (folder / "φάκελος").mkdir()
    (folder / ".κρυφό.pdf").write_bytes(b"%PDF-")
    (folder / "α.pdf.part").write_bytes(b"%PDF-")
    (folder / "σύνδεσμος.pdf").symlink_to("/etc/passwd")
    os.mkfifo(folder / "αγωγός")
    assert settled(Watcher(desk.office, [folder])) == []
    assert count(desk) == 0


def test_the_same_file_again_is_noted_and_makes_no_second_batch(desk: Desk, folder: Path) -> None:
    data = batch(Sheet("α"))
    watcher = Watcher(desk.office, [folder])
    (folder / "α.pdf").write_bytes(data)
    [first] = settled(watcher)
    (folder / "β.pdf").write_bytes(data)
    [second] = settled(watcher)
    assert first == second
    assert count(desk) == 1
    assert desk.batch(first).again == 1
    assert len(list((folder / "taken").iterdir())) == 2


@pytest.mark.parametrize("place", ["before", "after"])
def test_a_crash_around_the_commit_loses_nothing_and_doubles_nothing(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (folder / "α.pdf").write_bytes(batch(Sheet("α")))
    watcher = Watcher(desk.office, [folder])
    target = "begin" if place == "before" else "move"

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        if target == "begin":
            patched.setattr("docflow.scans.intake.begin", dies)
        else:
            patched.setattr(Watcher, "_put_aside", dies)
        with pytest.raises(KeyboardInterrupt):
            settled(watcher)
    assert (folder / "α.pdf").exists()
    assert count(desk) == (0 if place == "before" else 1)
    [batch_id] = settled(Watcher(desk.office, [folder]))  # the next process
    assert count(desk) == 1
    assert desk.batch(batch_id).again == 0
    desk.work()
    assert desk.told(batch_id) == [("review", "no-label", [1])]


def test_a_folder_that_is_away_stops_nobody(desk: Desk, folder: Path) -> None:
    (folder / "α.pdf").write_bytes(batch(Sheet("α")))
    watcher = Watcher(desk.office, [folder.parent / "άφαντος", folder])
    assert len(settled(watcher)) == 1


def test_scans_of_the_folder_are_the_registrys(desk: Desk, folder: Path) -> None:
    (folder / "α.pdf").write_bytes(batch(Sheet("α")))
    [batch_id] = settled(Watcher(desk.office, [folder]))
    assert desk.batch(batch_id).source == "folder"
    with pytest.raises(scans.NoSuchBatch):
        desk.batch(batch_id, "confidant")


def replaced(path: Path, data: bytes) -> None:
    """Another scan gets the name, in one step, as programs of scanners write."""
    new = path.with_name(".new.tmp")
    new.write_bytes(data)
    new.replace(path)


def then(
    patched: pytest.MonkeyPatch, owner: object, name: str, follow: Callable[[], object]
) -> None:
    """The first call for `taken/` is followed by something else, at once."""
    real = getattr(owner, name)

    def first(*args: object, **named: object) -> object:
        result = real(*args, **named)
        if owner is intake or any(TAKEN in Path(str(one)).parts for one in args):
            patched.setattr(owner, name, real)
            follow()
        return result

    patched.setattr(owner, name, first)


def test_a_scan_that_replaces_another_while_it_is_taken_is_not_lost(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, second = folder / "scan.pdf", batch(Sheet("β"))
    path.write_bytes(batch(Sheet("α")))
    then(monkeypatch, intake, "take", lambda: replaced(path, second))
    watcher = Watcher(desk.office, [folder])
    assert settled(watcher) == []
    assert path.read_bytes() == second
    assert len(settled(watcher)) == 1
    assert count(desk) == 2


def test_a_scan_that_replaces_another_just_before_it_is_moved_is_given_back(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, second = folder / "scan.pdf", batch(Sheet("β"))
    path.write_bytes(batch(Sheet("α")))
    then(monkeypatch, Path, "mkdir", lambda: replaced(path, second))
    watcher = Watcher(desk.office, [folder])
    assert settled(watcher) == []
    assert path.read_bytes() == second
    assert list((folder / "taken").iterdir()) == []
    assert len(settled(watcher)) == 1
    assert count(desk) == 2


def test_a_scan_is_given_back_beside_one_that_has_its_name_by_then(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, second, third = folder / "scan.pdf", batch(Sheet("β")), batch(Sheet("γ"))
    path.write_bytes(batch(Sheet("α")))
    then(monkeypatch, Path, "mkdir", lambda: replaced(path, second))
    then(monkeypatch, Path, "replace", lambda: path.write_bytes(third))
    watcher = Watcher(desk.office, [folder])
    assert settled(watcher) == []
    assert path.read_bytes() == third
    assert (folder / "2-scan.pdf").read_bytes() == second
    assert len(settled(watcher)) == 2
    assert count(desk) == 3


@pytest.mark.parametrize("name", ["σάρωση.pdf", "α" * 122 + ".pdf"])
@pytest.mark.parametrize("encoding", ["cp1253", "utf-8"])
def test_any_name_may_come_twice(desk: Desk, folder: Path, name: str, encoding: str) -> None:
    path = folder / os.fsdecode(name.encode(encoding))
    watcher = Watcher(desk.office, [folder])
    for _ in range(2):
        path.write_bytes(batch(Sheet("α")))
        [batch_id] = settled(watcher)
    assert desk.batch(batch_id).again == 1
    assert not path.exists()


def refuses(patched: pytest.MonkeyPatch, owner: object, name: str, error: Exception) -> None:
    """Calls for `taken/` fail."""
    real = getattr(owner, name)

    def refuse(*args: object, **named: object) -> object:
        if owner is intake or any(TAKEN in Path(str(one)).parts for one in args):
            raise error
        return real(*args, **named)

    patched.setattr(owner, name, refuse)


@pytest.mark.parametrize(
    ("owner", "name", "error"),
    [
        (intake, "take", documents.TooLarge(t("Scan the batch in parts."))),
        (Path, "replace", PermissionError(13, "Permission denied")),
        (Path, "replace", FileNotFoundError(2, "No such file")),
        (Path, "mkdir", FileExistsError(17, "File exists")),
    ],
)
def test_a_file_that_cannot_be_taken_stays_and_stops_no_other(
    desk: Desk,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    owner: object,
    name: str,
    error: Exception,
) -> None:
    bad, other = folder / "α.pdf", folder.parent / "άλλος"
    other.mkdir()
    bad.write_bytes(batch(Sheet("α")))
    watcher = Watcher(desk.office, [folder, other])
    with monkeypatch.context() as patched:
        refuses(patched, owner, name, error)
        assert settled(watcher) == []
    assert bad.exists()
    (other / "β.pdf").write_bytes(batch(Sheet("β")))
    assert len(settled(watcher)) == 1  # and the bad one is let alone for a while
    assert bad.exists()
    wait(QUIET * 20)
    assert len(watcher.look()) == 1
    assert not bad.exists()
    assert count(desk) == 2


def test_a_plain_file_in_the_way_of_the_taken_ones_stops_no_other_folder(
    desk: Desk, folder: Path
) -> None:
    other = folder.parent / "άλλος"
    other.mkdir()
    (folder / "taken").write_text("ένα αρχείο")
    for name in (folder / "α.pdf", other / "β.pdf"):
        name.write_bytes(batch(Sheet(name.stem)))
    stop = threading.Event()
    watching = threading.Thread(target=scans.watch, args=(desk.office, [folder, other]),
                                kwargs={"stop": stop})  # fmt: skip
    watching.start()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not (other / "taken").exists():
        time.sleep(QUIET)
    assert watching.is_alive()
    stop.set()
    watching.join(20)
    assert (folder / "α.pdf").exists()
    assert len(list((other / "taken").iterdir())) == 1
