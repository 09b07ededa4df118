"""`docflow scans …`: watch folders, send batches, list and decide; `stamp` and `mail-receipt`."""

import logging
import re
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from docflow import organization, registry, scans
from docflow.cli import finding, logs
from docflow.cli.failures import CannotDo
from docflow.cli.output import language, print_json, say, shown
from docflow.cli.processes import until_stopped
from docflow.i18n import t
from docflow.office import open_office

log = logging.getLogger(__name__)
_CITED = re.compile(r"(\d{1,9}(?:-\w{1,4})?)/(\d{4})")
APPLICATION_NAME = "docflow-scans"


def watch(data: Path | None, *, folders: list[Path]) -> int:
    """Take what scanners write into the folders, until SIGTERM."""
    settings = finding.settings(data)
    logs.configure(settings.log_level, settings.log_format)
    watched = folders or settings.scan_folders
    if not watched:
        raise CannotDo(t("Name a folder, or set DOCFLOW_SCAN_FOLDERS."))
    for folder in watched:
        if not folder.is_dir():
            raise CannotDo(t("There is no folder {folder}.", folder=str(folder)))
    address = settings.database_url.get_secret_value()
    if "?" not in address:
        address = f"{address}?application_name={APPLICATION_NAME}"
    office = open_office(settings.model_copy(update={"database_url": SecretStr(address)}), pool=2)
    try:
        with office.db.read() as session:  # and the stack sees that we are there
            known = organization.first_body(session) is not None
        log.info("watching %d folders%s", len(watched), "" if known else "; no body yet")
        scans.watch(office, watched, stop=until_stopped())
    finally:
        office.db.dispose()
    return 0


def add(
    data: Path | None, *, files: list[Path], private: bool, acting_as: str | None, as_json: bool
) -> int:
    """Send files as batches."""
    with finding.office(data) as office:
        with office.db.read() as session:
            by = finding.acting(session, acting_as)
        taken = []
        for path in files:
            with path.open("rb") as stream:
                result = scans.upload(office, stream, path.name, by=by, is_private=private)
            taken.append((path.name, result))
    if as_json:
        print_json(
            [{"file": name, "batch": one.batch_id, "is_new": one.is_new} for name, one in taken]
        )
        return 0
    for name, one in taken:
        known = t("{name}: this very file is batch {batch} already", name=name, batch=one.batch_id)
        new = t("{name}: batch {batch}", name=name, batch=one.batch_id)
        say(new if one.is_new else known)
    return 0


def listing(data: Path | None, *, limit: int, acting_as: str | None, as_json: bool) -> int:
    """List the batches, the newest first."""
    with finding.office(data) as office:
        with office.db.read() as session:
            by = finding.acting(session, acting_as)
            found = scans.queries.batches(session, by=by, limit=limit)
        zone = office.settings.zone
    if as_json:
        print_json(
            [
                {
                    "id": one.id,
                    "name": one.name,
                    "source": one.source,
                    "state": one.state,
                    "pages": one.pages_total,
                    "documents": one.documents,
                    "review": one.review,
                    "again": one.again,
                }
                for one in found
            ]
        )
        return 0
    for one in found:
        at = shown(one.added_at, zone)
        say(f"{one.id:>6}  {at}  {one.state:<10}  {one.documents}/{one.review}  {one.name}")
    return 0


def review(data: Path | None, *, acting_as: str | None, as_json: bool) -> int:
    """List what waits for a decision."""
    with finding.office(data) as office, office.db.read() as session:
        by = finding.acting(session, acting_as)
        found = scans.queries.review(session, by=by, limit=1000)
        rows = [_row(one) for one in found]
    if as_json:
        print_json(rows)
        return 0
    for row in rows:
        pages = ", ".join(map(str, row["pages"])) or "–"
        say(f"{row['id']:>6}  {row['reason']:<14}  {row['batch_name']}  {pages}")
    return 0


def _row(one: scans.DocumentShown) -> dict[str, Any]:
    return {
        "id": one.id,
        "batch": one.batch_id,
        "batch_name": one.batch_name,
        "reason": one.reason,
        "pages": [page.number for page in one.pages],
        "entry": one.entry.label if one.entry else None,
        "problem": str(one.problem) if one.problem else None,
    }


def attach(
    data: Path | None, *, document: int, cited: str, book: str | None, acting_as: str | None
) -> int:
    """File a scan that waits under an entry."""
    number, year = _numbered(cited)
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        entry = scans.attach(session, document, year=year, number=number, book=book, by=by)
        label = entry.label
    say(t("It is being filed under {label}.", label=label))
    return 0


def discard(data: Path | None, *, document: int, reason: str, acting_as: str | None) -> int:
    """Set a scan that waits aside, with the reason."""
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        scans.discard(session, document, reason=reason, by=by)
    return 0


def scanners(data: Path | None, *, as_json: bool) -> int:
    """List the scanners that this machine sees."""
    with finding.office(data) as office:
        found = scans.devices(office)
    if as_json:
        print_json([{"name": one.name, "label": one.label} for one in found])
        return 0
    for one in found:
        say(f"{one.name}\t{one.label}")
    return 0


def scan(
    data: Path | None,
    *,
    device: str,
    resolution: int,
    mode: str,
    source: str,
    acting_as: str | None,
) -> int:
    """Let a scanner work."""
    with finding.office(data) as office:
        with office.db.read() as session:
            by = finding.acting(session, acting_as)
        batch_id = scans.start(
            office, by=by, device=device, resolution=resolution, mode=mode, source=source
        )
    say(t("Batch {batch}: the scanner works.", batch=batch_id))
    return 0


def stamp(
    data: Path | None,
    *,
    cited: str,
    output: Path,
    file: int,
    book: str | None,
    acting_as: str | None,
) -> int:
    """Write a stamped copy of a file of an entry."""
    number, year = _numbered(cited)
    with finding.office(data) as office:
        with office.db.read() as session:
            by = finding.acting(session, acting_as)
            entry_id = registry.numbered(session, book, year, number, by=by).id
        made = registry.stamped(office, entry_id, by=by, position=file, language=language())
    output.write_bytes(made.pdf)
    if made.is_cover:
        say(
            t(
                "The file bears a signature and was left as it is: the stamp stands on a cover "
                "page, and the file is attached to it."
            )
        )
    return 0


def mail_receipt(
    data: Path | None, *, cited: str, email: str, book: str | None, acting_as: str | None
) -> int:
    """Send the receipt of an entry by e-mail."""
    number, year = _numbered(cited)
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        entry = registry.numbered(session, book, year, number, by=by)
        to = registry.mail_receipt(session, entry.id, by=by, email=email).email
    say(t("The receipt goes to {email}.", email=to))
    return 0


def _numbered(cited: str) -> tuple[str, int]:
    found = _CITED.fullmatch(cited.strip())
    if found is None:
        raise CannotDo(t("Write the number with its year: 1234/2026"))
    return found[1], int(found[2])
