"""Scanners that the server can reach, through SANE's `scanimage`.

The program runs as a child with a time limit and writes one picture a sheet into a folder of the
batch; the pictures are then bound into one PDF, pixel for pixel. Sheets that were scanned before a
jam, or before this process died, are kept: nobody is asked to scan them again.
"""

import logging
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

import ocr
from docflow import audit, clock, documents, outbox
from docflow.errors import Conflict, Invalid
from docflow.i18n import Text, t
from docflow.office import Office
from docflow.principal import Principal, system
from docflow.scans import access, intake
from docflow.scans.models import Batch, BatchState

log = logging.getLogger(__name__)

SCAN = "scans.scan"
RESOLUTIONS = (150, 200, 300, 400, 600)
MODES = ("Gray", "Color", "Lineart")
SOURCES = ("feeder", "glass")
_FEEDER = re.compile(r"feeder|adf", re.IGNORECASE)
_NAME = re.compile(r"[\w:./ +@,;=\[\]-]{1,200}")
_LISTING_SECONDS, _OPTIONS_SECONDS = 20, 20
_SHEET_SECONDS, _MOST_SHEETS = 60, 500
_FEEDER_EMPTY = 7  # scanimage's exit code is SANE's status: SANE_STATUS_NO_DOCS


class NoScannerProgram(Conflict):
    """The server has no program to scan with."""


class NoSuchScanner(Invalid):
    """The server sees no such scanner, or it cannot scan so."""


@dataclass(frozen=True, slots=True)
class Device:
    """A scanner by SANE's name, and how a person knows it."""

    name: str
    label: str


def devices(office: Office) -> list[Device]:
    """The scanners that the server sees, and those that the settings name.

    Takes some seconds: SANE asks the network. Raises NoScannerProgram.
    """
    program = _program()
    named = [Device(name, name) for name in office.settings.scan_devices]
    try:
        listed = subprocess.run(  # noqa: S603 a fixed program and our own arguments
            [program, "-f", "%d%t%v %m%n"],
            capture_output=True,
            timeout=_LISTING_SECONDS,
            check=False,
        ).stdout.decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        log.warning("scanimage did not list the scanners in %d s", _LISTING_SECONDS)
        listed = ""
    found = [line.split("\t", 1) for line in listed.splitlines() if "\t" in line]
    known = {device.name for device in named}
    return named + [Device(name, label.strip()) for name, label in found if name not in known]


def start(
    office: Office,
    *,
    by: Principal,
    device: str,
    resolution: int = 300,
    mode: str = "Gray",
    source: str = "feeder",
    is_private: bool = False,
) -> int:
    """Begin a scan; the batch's id. Raises NoSuchScanner, NoScannerProgram, NotAllowed."""
    access.require(by)
    _program()
    is_named = device in office.settings.scan_devices
    if not _NAME.fullmatch(device) or device.startswith("-"):
        raise NoSuchScanner(t("There is no such scanner."), field="device")
    if not is_named and device not in {one.name for one in devices(office)}:
        raise NoSuchScanner(
            t("The server does not see the scanner “{device}”.", device=device), field="device"
        )
    if resolution not in RESOLUTIONS or mode not in MODES or source not in SOURCES:
        raise NoSuchScanner(t("The scanner cannot scan so. Choose from the lists."), field="mode")
    options = {"device": device, "resolution": resolution, "mode": mode, "source": source}
    with office.db.begin() as session:
        batch = intake.scanner_batch(session, options, name=device, by=by, is_private=is_private)
        ask(session, batch, by=by)
        return batch.id


def ask(session: Session, batch: Batch, *, by: Principal) -> None:
    """Have the scanner work for a batch that waits for its sheets."""
    outbox.enqueue(session, SCAN, batch_id=batch.id)
    audit.record(session, "scan.asked", by=by, subject=("scan-batch", batch.id), **batch.options)


def give_up(run: outbox.Run, *, batch_id: int, why: str) -> None:
    """The scan failed for good."""
    _fail(run.office, batch_id, "scanner", why)


@outbox.job(SCAN, given_up=give_up)
def scan(run: outbox.Run, *, batch_id: int) -> None:
    """Have the scanner work, bind its sheets, and go on as with any batch."""
    office = run.office
    with office.db.read() as session:
        batch = session.get(Batch, batch_id)
        if batch is None or batch.state != BatchState.SCANNING:
            return
        options: dict[str, Any] = dict(batch.options)
    folder = office.settings.data.absolute() / "scanner" / str(batch_id)
    folder.mkdir(parents=True, exist_ok=True)
    # Sheets of a run that died: the paper has left the feeder, so that they are what there is.
    stopped = "the scan was interrupted" if _sheets(folder) else _work(folder, options)
    sheets = _sheets(folder)
    if not sheets:
        _fail(office, batch_id, "scanner", stopped)
        return
    try:
        pdf = ocr.bind_pictures(sheets)
    except ocr.Unreadable as error:
        _fail(office, batch_id, "scanner", error.detail)
        return
    _record(office, batch_id, pdf, stopped)
    shutil.rmtree(folder)


def _record(office: Office, batch_id: int, pdf: bytes, stopped: str) -> None:
    with office.db.read() as session:
        body_id = session.get_one(Batch, batch_id).body_id
    sha256, size, media_type = intake.stored(
        office, BytesIO(pdf), "scan.pdf", limit=len(pdf), body_id=body_id
    )
    with office.db.begin() as session:
        batch = access.locked(session, batch_id)
        if batch.state != BatchState.SCANNING:
            return
        by = system(batch.body_id)
        known = intake.known(session, batch.body_id, batch.owner_id, sha256)
        if known is not None:
            intake.came_again(session, known, name=batch.name, by=by)
            batch.state, batch.pages_total, batch.finished_at = BatchState.SPLIT, 0, clock.now()
            batch.problem, batch.detail = "scanned-before", str(known)
            return
        batch.sha256, batch.size, batch.media_type = sha256, size, media_type
        batch.state = BatchState.WAITING
        if stopped:
            batch.problem, batch.detail = "scanner-stopped", stopped[:500]
        intake.begin(session, batch.id, by=by, sha256=sha256, name=batch.name)


def _fail(office: Office, batch_id: int, problem: str, detail: str) -> None:
    with office.db.begin() as session:
        batch = access.locked(session, batch_id)
        if batch.state == BatchState.SCANNING:
            batch.state, batch.problem, batch.detail = (
                BatchState.UNREADABLE,
                problem,
                detail[:500],
            )


def _work(folder: Path, options: dict[str, Any]) -> str:
    """Scan until the feeder is empty, or one sheet from the glass; why it stopped before."""
    device = str(options["device"])
    has_feeder = options["source"] == "feeder"
    settings = _settings(device, options)
    command = [_program(), "-d", device, "--format=tiff", *settings]
    command += [f"--batch={folder}/%04d.tif"]  # each whole once it has this name
    if not has_feeder:
        command += ["--batch-count=1"]
    deadline = time.monotonic() + _SHEET_SECONDS * (_MOST_SHEETS if has_feeder else 2)
    with (folder / "log").open("wb") as said:
        child = subprocess.Popen(  # noqa: S603 a fixed program and checked arguments
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
        try:
            stuck = _wait(child, folder, deadline)
        finally:
            if child.poll() is None:
                child.kill()
            child.wait()
    if stuck:
        return f"no sheet within {_SHEET_SECONDS} s"
    if child.returncode in (0, _FEEDER_EMPTY) and _sheets(folder):
        return ""
    return (folder / "log").read_text("utf-8", "replace").strip()[-400:]


def _wait(child: "subprocess.Popen[bytes]", folder: Path, deadline: float) -> bool:
    """Until the scanner is done; true where it gives no sign of life, or too many sheets."""
    last, since = -1, time.monotonic()
    while child.poll() is None:
        size = sum(path.stat().st_size for path in folder.iterdir())
        now = time.monotonic()
        if size != last:
            last, since = size, now
        if now - since > _SHEET_SECONDS or now > deadline:
            return True
        time.sleep(0.2)
    return False


def _settings(device: str, options: dict[str, Any]) -> list[str]:
    """The options that this scanner has; others would be an error of scanimage."""
    try:
        told = subprocess.run(  # noqa: S603 as above
            [_program(), "-d", device, "-A"],
            capture_output=True,
            timeout=_OPTIONS_SECONDS,
            check=False,
        ).stdout.decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        told = ""
    chosen = []
    source = _listed(told, "source")
    wanted = [one for one in source if bool(_FEEDER.search(one)) == (options["source"] == "feeder")]
    if wanted:
        chosen += ["--source", wanted[0]]
    if options["mode"] in _listed(told, "mode"):
        chosen += ["--mode", str(options["mode"])]
    if "--resolution" in told:
        chosen += ["--resolution", str(options["resolution"])]
    return chosen


def _listed(told: str, option: str) -> list[str]:
    found = re.search(rf"^\s*--{option} ([^\[\n]+)", told, re.MULTILINE)
    return [one.strip() for one in found.group(1).split("|")] if found else []


def _sheets(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.tif") if path.stat().st_size)


def _program() -> str:
    found = shutil.which("scanimage")
    if found is None:
        raise NoScannerProgram(
            t(
                "The server has no program for scanners (scanimage, package sane-utils). "
                "Scan into a file and send it here."
            )
        )
    return found


def problem_of(batch: Batch) -> Text | None:
    """What was wrong with a batch, for people."""
    if batch.problem == "scanned-before":
        return t("These very sheets were scanned before: see batch {n}.", n=batch.detail or "")
    return PROBLEMS.get(batch.problem) if batch.problem else None


PROBLEMS = {
    "scanner": t("The scanner did not give a sheet. See whether it is on and has paper."),
    "scanner-stopped": t("The scanner stopped early: the sheets up to then are here."),
    **documents.PROBLEMS,
}
