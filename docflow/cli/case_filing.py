"""`docflow case-file` and `docflow classification`."""

import shutil
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from docflow import case_files, clock, organization, registry
from docflow.case_files import ExportForm, ItemKind, class_lists, exporting, masks, plans
from docflow.cli import finding
from docflow.cli.days import day as day_of
from docflow.cli.failures import CannotDo
from docflow.cli.output import language, print_json, say, shown
from docflow.i18n import t
from docflow.principal import Principal
from docflow.words import word


def listing(
    data: Path | None,
    *,
    words: str,
    unit: str | None,
    class_code: str,
    is_open: bool | None,
    limit: int,
    acting_as: str | None,
    as_json: bool,
) -> int:
    """Print case files, the newest first."""
    with finding.office(data) as office, office.db.read() as session:
        by = finding.acting(session, acting_as)
        wanted = case_files.Wanted(
            words=words,
            unit_id=_unit(session, unit, by) if unit else None,
            class_code=class_code,
            is_open=is_open,
            with_sub_files=True,
        )
        found = case_files.listing(session, wanted, by=by, limit=limit)
    if as_json:
        print_json([_line(one) for one in found])
        return 0
    for one in found:
        mark = "-" if one.closed_at else " "
        say(f"{mark} {one.code:24} {one.documents:>4}  {one.title}")
    say(t("{n} found.", n=len(found)))
    return 0


def show(data: Path | None, *, code: str, acting_as: str | None, as_json: bool) -> int:
    """Print a case file with its contents."""
    with finding.office(data) as office, office.db.read() as session:
        by, zone = finding.acting(session, acting_as), office.settings.zone
        file = case_files.coded(session, code, by=by)
        known = case_files.details(session, file, by=by)
        contents = case_files.contents(session, file.id, by=by)
    if as_json:
        rows = [
            {
                "number": one.number,
                "label": one.line.label,
                "book": one.line.book,
                "subject": one.line.subject,
                "kind": one.kind,
                "first_page": one.first,
                "last_page": one.last,
            }
            for one in contents
        ]
        below = [_line(one) for one in known.below]
        not_open = known.not_open
        print_json(
            {**_line(known.line), "below": below, "contents": rows, "documents_not_open": not_open}
        )
        return 0
    say(f"{known.line.code}  {known.line.title}")
    say(f"{known.line.unit}  {shown(known.line.opened_at, zone)}")
    for one in contents:
        pages = f"{one.first}–{one.last}" if one.pages else ""
        say(f"{one.number:>4}  {one.line.label:>12}  {pages:>9}  {one.line.subject}")
    if known.not_open:
        say(t("Documents of other units that are not open to you: {n}", n=known.not_open))
    return 0


def open_file(
    data: Path | None,
    *,
    title: str,
    unit: str,
    class_code: str,
    under: str | None,
    place: str,
    confidential: bool,
    acting_as: str | None,
) -> int:
    """Open a case file, and print its code."""
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        file = case_files.open_file(
            session,
            case_files.Cover(
                title,
                _unit(session, unit, by),
                class_code=class_code,
                is_confidential=confidential,
                paper_place=place,
            ),
            by=by,
            zone=office.settings.zone,
            parent_id=case_files.coded(session, under, by=by).id if under else None,
        )
        code = file.code
    say(code)
    return 0


def put_in(
    data: Path | None,
    *,
    code: str,
    entry: str,
    reference: bool,
    pages: int | None,
    acting_as: str | None,
) -> int:
    """Put an entry into a case file."""
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        case_files.file_entry(
            session,
            case_files.coded(session, code, by=by).id,
            registry.cited(session, entry, by=by).id,
            by=by,
            zone=office.settings.zone,
            kind=ItemKind.REFERENCE if reference else ItemKind.MAIN,
            pages=pages,
        )
    say(t("The entry was put into the case file."))
    return 0


def move(
    data: Path | None,
    *,
    code: str,
    entry: str,
    to: str | None,
    reason: str,
    acting_as: str | None,
) -> int:
    """Move an entry from one case file into another, or take it out."""
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        file = case_files.coded(session, code, by=by)
        item_id = _item(session, file.id, registry.cited(session, entry, by=by).id, by)
        if to is None:
            case_files.take_out(session, item_id, reason=reason, by=by)
        else:
            target = case_files.coded(session, to, by=by).id
            zone = office.settings.zone
            case_files.move(session, item_id, target, reason=reason, by=by, zone=zone)
    say(t("The document was taken out.") if to is None else t("The document was moved."))
    return 0


def close(data: Path | None, *, code: str, reason: str, acting_as: str | None) -> int:
    """Close a case file."""
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        file = case_files.coded(session, code, by=by)
        case_files.close(session, file.id, version=None, by=by, reason=reason)
    say(t("The case file was closed."))
    return 0


def reopen(data: Path | None, *, code: str, reason: str, acting_as: str | None) -> int:
    """Open a closed case file again."""
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        file = case_files.coded(session, code, by=by)
        case_files.reopen(session, file.id, version=None, by=by, reason=reason)
    say(t("The case file is open again."))
    return 0


def export(
    data: Path | None, *, code: str, form: str, out: Path, reason: str, acting_as: str | None
) -> int:
    """Write the whole file as PDF or ZIP."""
    with finding.office(data) as office:
        with office.db.read() as session:
            by = finding.acting(session, acting_as)
            file_id = case_files.coded(session, code, by=by).id
        with exporting.made(
            office, file_id, ExportForm(form), by=by, language=language(), reason=reason
        ) as made:
            try:
                shutil.copyfile(made.path, out)
            except OSError as error:
                raise CannotDo(
                    t("{path} cannot be written: {why}", path=str(out), why=str(error))
                ) from error
    say(t("{n} documents were written to {file}.", n=made.documents, file=str(out)))
    return 0


def list_plans(data: Path | None, *, acting_as: str | None, as_json: bool) -> int:
    """Print the classification plans with their versions."""
    with finding.office(data) as office, office.db.read() as session:
        by = finding.acting(session, acting_as)
        found = plans.listing(session, by=by)
        today, mask = clock.today(office.settings.zone), masks.mask_of(session, by.body_id)
    if as_json:
        told = [
            {
                "code": plan.code,
                "title": plan.title,
                "versions": [
                    {
                        "number": one.number,
                        "state": one.state_on(today),
                        "classes": one.classes,
                        "valid_from": one.valid_from.isoformat() if one.valid_from else None,
                        "valid_to": one.valid_to.isoformat() if one.valid_to else None,
                    }
                    for one in plan.versions
                ],
            }
            for plan in found
        ]
        print_json({"plans": told, "mask": mask})
        return 0
    for plan in found:
        say(f"{plan.code}  {plan.title}")
        for one in plan.versions:
            since = one.valid_from.isoformat() if one.valid_from else "–"
            say(f"  {one.number:>3}  {one.state_on(today):9} {since}  {one.classes:>5}")
    return 0


def import_plan(
    data: Path | None,
    *,
    code: str,
    path: Path,
    title: str,
    dry_run: bool,
    first_day: str | None,
    acting_as: str | None,
) -> int:
    """Keep a list as the draft of a plan, and put it in force where a day is said."""
    classes = class_lists.read(path.read_bytes())
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        known = {plan.code for plan in plans.listing(session, by=by)}
        if code not in known and not dry_run:
            plans.begin(session, code, title or code, by=by)
        is_new = code not in known and dry_run
        told = (
            class_lists.compared([], classes)
            if is_new
            else plans.difference(session, code, classes, by=by)
        )
        if not dry_run:
            plans.save(session, code, classes, revision=None, by=by)
        if first_day and not dry_run:
            day, zone = day_of(first_day), office.settings.zone
            plans.put_in_force(session, code, day, revision=None, by=by, zone=zone)
    say(
        t(
            "New: {added}. Gone: {removed}. Changed: {changed}. Unchanged: {same}.",
            added=len(told.added),
            removed=len(told.removed),
            changed=len(told.changed),
            same=told.same,
        )
    )
    return 0


def export_plan(
    data: Path | None,
    *,
    code: str,
    number: int | None,
    form: str,
    out: Path | None,
    acting_as: str | None,
) -> int:
    """Print the classes of a plan, or write them to a file."""
    with finding.office(data) as office, office.db.read() as session:
        by = finding.acting(session, acting_as)
        found = plans.classes_of(session, code, number, by=by)
    written = class_lists.as_json(found) if form == "json" else class_lists.as_csv(found)
    if out is None:
        say(written.decode("utf-8-sig").rstrip())
    else:
        out.write_bytes(written)
    return 0


def set_mask(data: Path | None, *, mask: str, acting_as: str | None) -> int:
    """How the codes of new case files look."""
    with finding.office(data) as office, office.db.begin() as session:
        masks.set_mask(session, mask, by=finding.acting(session, acting_as))
    say(t("New case files are named so from now on."))
    return 0


def _line(one: case_files.FileLine) -> dict[str, Any]:
    return {
        "code": one.code,
        "title": one.title,
        "unit": one.unit,
        "class": one.class_.code if one.class_ else None,
        "retention": word("retention_action", one.class_.action, language())
        if one.class_
        else None,
        "responsible": one.responsible,
        "is_confidential": one.is_confidential,
        "paper_place": one.paper_place,
        "documents": one.documents,
        "opened_at": one.opened_at.isoformat(),
        "closed_at": one.closed_at.isoformat() if one.closed_at else None,
    }


def _unit(session: Session, code: str, by: Principal) -> int:
    """The id of the unit with this code."""
    for unit in organization.units(session, by.body_id):
        if unit.code == code:
            return unit.id
    raise CannotDo(t("The organogram has no unit {code}.", code=code))


def _item(session: Session, file_id: int, entry_id: int, by: Principal) -> int:
    """The row of an entry in a file."""
    for one in case_files.contents(session, file_id, by=by):
        if one.line.id == entry_id:
            return one.item_id
    raise CannotDo(t("The entry does not lie in this case file."))
