"""The work of `docflow residents`."""

from dataclasses import asdict
from pathlib import Path

from docflow.cli import finding
from docflow.cli.output import print_json, say, shown, warn
from docflow.i18n import t
from docflow.service_acts import BadResidents, residents


def take(
    data: Path | None,
    *,
    file: Path,
    removal_is_meant: bool,
    acting_as: str | None,
    as_json: bool,
) -> int:
    """Let the list hold. Raises BadResidents, ManyRemoved, NotAllowed."""
    with finding.office(data) as office:
        with office.db.read() as session:
            by = finding.acting(session, acting_as)
        try:
            taken = residents.take(
                office, file, name=file.name, by=by, removal_is_meant=removal_is_meant
            )
        except BadResidents as error:
            for fault in error.faults:
                warn(t("Row {row}: {fault}", row=fault.row, fault=fault.message))
            raise
    if as_json:
        print_json({**asdict(taken), "taken_at": taken.taken_at.isoformat()})
        return 0
    say(
        t(
            "{rows} residents: {entered} new, {changed} changed, {removed} removed.",
            rows=taken.rows,
            entered=taken.entered,
            changed=taken.changed,
            removed=taken.removed,
        )
    )
    return 0


def lists(data: Path | None, *, acting_as: str | None, as_json: bool) -> int:
    """Raises NotAllowed."""
    with finding.office(data) as office, office.db.read() as session:
        by = finding.acting(session, acting_as)
        found = residents.lists(session, by=by)
        zone = office.settings.zone
    if as_json:
        print_json([{**asdict(one), "taken_at": one.taken_at.isoformat()} for one in found])
        return 0
    for one in found:
        counts = f"{one.rows:>8}  +{one.entered} ~{one.changed} -{one.removed}"
        say(f"{one.id:>6}  {shown(one.taken_at, zone)}  {counts}  {one.file_name}  {one.taken_by}")
    return 0
