"""`docflow emergency`: kits before, recovery after."""

from datetime import datetime
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from docflow import clock, documents, emergency
from docflow.cli import finding
from docflow.cli.output import language, print_json, say, shown, warn
from docflow.errors import Invalid
from docflow.i18n import t


def prepare(
    data: Path | None,
    *,
    place: str,
    out: Path,
    numbers: int,
    year: int | None,
    book: str | None,
    acting_as: str | None,
    as_json: bool,
) -> int:
    """Reserve the numbers and write the two files of the kit."""
    with finding.office(data) as office:
        zone = office.settings.zone
        with office.db.begin() as session:
            by = finding.acting(session, acting_as)
            kit_id = emergency.prepare(
                session,
                by=by,
                place=place,
                numbers=numbers,
                year=year or clock.today(zone).year,
                zone=zone,
                book=book,
            )
        with office.db.read() as session:
            kit = emergency.kit(session, kit_id, by=by)
        out.mkdir(parents=True, exist_ok=True)
        sheets = out / f"docflow-emergency-{kit.code}.pdf"
        page = out / f"docflow-emergency-{kit.code}.html"
        sheets.write_bytes(emergency.sheets(office, kit_id, by=by, language=language()))
        page.write_bytes(emergency.offline_page(office, kit_id, by=by, language=language()))
    if as_json:
        print_json(
            {
                "kit": kit.code,
                "first": kit.first_label,
                "last": kit.last_label,
                "sheets": str(sheets),
                "page": str(page),
            }
        )
        return 0
    say(
        t(
            "Kit {kit}: {first} to {last}",
            kit=kit.code,
            first=kit.first_label,
            last=kit.last_label,
        )
    )
    say(str(sheets))
    say(str(page))
    return 0


def recover(
    data: Path | None,
    *,
    file: Path,
    dry_run: bool,
    leave_out: list[int],
    acting_as: str | None,
    as_json: bool,
) -> int:
    """Register the records of the file; with `dry_run` 1 where one of them is wrong."""
    content = file.read_bytes()
    code = emergency.kit_code(content)
    with finding.office(data) as office:
        zone = office.settings.zone
        with office.db.read() as session:
            by = finding.acting(session, acting_as)
            journal = emergency.read(content, emergency.kit_of_code(session, code, by=by))
            seen = emergency.examine(session, journal, by=by, zone=zone)
        made: list[emergency.Recovered] = []
        if not dry_run:
            # The file is the evidence.
            documents.receive(office, BytesIO(content), file.name, body_id=by.body_id)
            with office.db.begin() as session:
                made = emergency.recover(
                    session,
                    journal,
                    by=by,
                    zone=zone,
                    ocr_languages=office.settings.ocr_languages,
                    leave_out=leave_out,
                )
    bad = [finding_ for one in seen for finding_ in one.bad]
    if as_json:
        print_json(
            {
                "kit": code,
                "new": [new.label for one in seen for new in one.findings],
                "known": [label for one in seen for label in one.known],
                "bad": [[one.label, str(one.problem)] for one in bad],
                "registered": [[one.label, one.book, one.entry_label] for one in made],
            }
        )
        return int(dry_run and bool(bad))
    for one in seen:
        new, known = len(one.findings), len(one.known)
        say(
            t(
                "Emergency of {moment}: {new} new records, {known} taken over before.",
                moment=shown(one.emergency.started_at, zone),
                new=new,
                known=known,
            )
        )
    for wrong in bad:
        warn(f"{wrong.label}: {wrong.problem.in_language(language()) if wrong.problem else ''}")
    for entry in made:
        say(f"{entry.label}  →  {entry.entry_label}")
    return int(dry_run and bool(bad))


class NoMoment(Invalid):
    """A moment is written as 2026-11-17T09:00."""


def authorise(
    data: Path | None,
    *,
    file: Path,
    name: str,
    at: str,
    note: str,
    acting_as: str | None,
    as_json: bool,
) -> int:
    """State who allowed the part of an emergency that nobody had allowed; register nothing."""
    content = file.read_bytes()
    code = emergency.kit_code(content)
    try:
        moment = datetime.fromisoformat(at)
    except ValueError as error:
        raise NoMoment(t("Write the moment as 2026-11-17T09:00."), field="at") from error
    with finding.office(data) as office:
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(office.settings.zone))
        with office.db.begin() as session:
            by = finding.acting(session, acting_as)
            journal = emergency.read(content, emergency.kit_of_code(session, code, by=by))
            late = [emergency.Authorised(name, moment, note)]
            kept = emergency.authorise(session, journal, late, by=by)
        # The file is the evidence.
        documents.receive(office, BytesIO(content), file.name, body_id=by.body_id)
    if as_json:
        print_json({"kit": code, "authorised": kept})
    elif kept:
        say(t("The authorisation was kept. A clerk can take the file over now."))
    else:
        say(t("No authorisation is missing in this file."))
    return 0
