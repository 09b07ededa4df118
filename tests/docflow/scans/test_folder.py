"""Watched folders: what is still being written is left alone, and a crash loses nothing."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from docflow import scans
from docflow.office import Office
from docflow.scans import Batch, Watcher
from tests.docflow.scans.conftest import Desk
from tests.docflow.scans.sheets import Sheet, batch, label

QUIET = 0.2


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
    time.sleep(QUIET * 1.5)
    return first + watcher.look()


def count(desk: Desk) -> int:
    with desk.office.db.read() as session:
        return session.scalar(select(func.count()).select_from(Batch)) or 0


def test_a_settled_file_becomes_a_batch_and_is_moved(desk: Desk, folder: Path) -> None:
    entry = desk.letter()
    (folder / "σάρωση 1.pdf").write_bytes(batch(Sheet("α", (label(entry),))))
    watcher = Watcher(desk.office, [folder])
    assert watcher.look() == []  # it may yet be growing
    time.sleep(QUIET * 1.5)
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
        time.sleep(QUIET * 0.6)
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
    time.sleep(QUIET * 21)
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
