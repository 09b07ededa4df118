"""A scanner through SANE; the device is SANE's own `test` backend, driven by the real program."""

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from docflow import audit, outbox, scans
from docflow.office import Office
from tests.docflow.scans.conftest import Desk

DEVICE = "test:0"


@pytest.fixture
def office(office: Office) -> Office:
    settings = office.settings.model_copy(update={"scan_devices": [DEVICE]})
    return replace(office, settings=settings)


def scan(desk: Desk, **how: object) -> int:
    options = {"device": DEVICE, "resolution": 150, "mode": "Gray", **how}
    batch_id = scans.start(desk.office, by=desk.by(), **options)  # type: ignore[arg-type]
    desk.work()
    return batch_id


def test_a_scanner_that_the_settings_name_is_offered(desk: Desk) -> None:
    assert DEVICE in {device.name for device in scans.devices(desk.office)}


def test_the_feeder_is_emptied_into_one_batch(desk: Desk) -> None:
    batch_id = scan(desk, source="feeder")
    batch = desk.batch(batch_id)
    assert (batch.state, batch.pages_total, batch.source) == ("split", 10, "scanner")
    assert not (desk.office.settings.data / "scanner" / str(batch_id)).exists()


def test_the_glass_gives_one_sheet(desk: Desk) -> None:
    assert desk.batch(scan(desk, source="glass")).pages_total == 1


def test_the_same_sheet_scanned_again_is_known_and_stops_nothing(desk: Desk) -> None:
    first, second = (scan(desk, source="glass") for _ in range(2))
    again = desk.batch(second)
    assert (again.state, again.pages_total, again.can_scan_again) == ("split", 0, False)
    assert str(again.problem) == (f"These very sheets were scanned before: see batch {first}.")
    assert desk.batch(first).again == 1
    assert not (desk.office.settings.data / "scanner" / str(second)).exists()
    with desk.office.db.read() as session:
        jobs = select(outbox.Job.state).where(outbox.Job.task == "scans.scan")
        assert set(session.scalars(jobs)) == {"done"}


def test_who_asked_a_scanner_for_what_is_in_the_trail(desk: Desk) -> None:
    batch_id = scans.start(desk.office, by=desk.by(), device=DEVICE, resolution=150)
    with desk.office.db.read() as session:
        [event] = audit.history(session, [("scan-batch", batch_id)])
    assert (event.action, event.actor_name) == ("scan.asked", desk.by().full_name)
    assert event.details == {
        "device": DEVICE,
        "resolution": 150,
        "mode": "Gray",
        "source": "feeder",
    }


def test_sheets_that_were_scanned_before_a_crash_are_not_scanned_again(desk: Desk) -> None:
    batch_id = scans.start(desk.office, by=desk.by(), device=DEVICE, resolution=150)
    folder = desk.office.settings.data / "scanner" / str(batch_id)
    folder.mkdir(parents=True)
    for number in (1, 2, 3):
        Image.new("L", (400, 600), 250 - number).save(folder / f"{number:04d}.tif", dpi=(150, 150))
    desk.work()
    batch = desk.batch(batch_id)
    assert (batch.state, batch.pages_total) == ("split", 3)
    assert batch.problem == scans.PROBLEMS["scanner-stopped"]


def test_a_scanner_that_gives_nothing_says_so_and_can_be_tried_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "scanimage"
    broken.write_text("#!/bin/sh\necho 'scanimage: open of device failed: I/O error' >&2\nexit 1\n")
    broken.chmod(0o755)
    with monkeypatch.context() as patched:
        patched.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        batch_id = scan(desk)
    batch = desk.batch(batch_id)
    assert (batch.state, batch.problem) == ("unreadable", scans.PROBLEMS["scanner"])
    assert "I/O error" in (batch.detail or "")
    assert batch.can_scan_again
    with desk.office.db.begin() as session:
        scans.scan_again(session, batch_id, by=desk.town.person(session, "clerk"))
        actions = [one.action for one in audit.history(session, [("scan-batch", batch_id)])]
        assert actions.count("scan.asked") == 2
    desk.work()
    assert desk.batch(batch_id).state == "split"


def test_without_the_program_people_are_told_what_to_do(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(scans.NoScannerProgram, match="sane-utils"):
        scans.devices(desk.office)


@pytest.mark.parametrize(
    "how",
    [
        {"device": "--batch-script=/bin/sh"},
        {"device": "nowhere:1"},
        {"resolution": 7},
        {"mode": "--help"},
        {"source": "; rm"},
    ],
)
def test_what_no_scanner_can_do_is_refused(desk: Desk, how: dict[str, object]) -> None:
    with pytest.raises(scans.NoSuchScanner):
        scan(desk, **how)
