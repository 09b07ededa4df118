"""`docflow kinds` and `docflow undescribed`."""

import json
from pathlib import Path

from docflow import kinds, registry
from docflow.cli import finding
from docflow.cli.failures import CannotDo
from docflow.cli.output import language, print_json, say
from docflow.i18n import t


def listing(data: Path | None, *, acting_as: str | None, as_json: bool) -> int:
    """Print the kinds with their versions."""
    with finding.office(data) as office, office.db.read() as session:
        by = finding.acting(session, acting_as)
        found = kinds.listing(session, by, with_retired=True)
    if as_json:
        print_json(
            [
                {
                    "code": kind.code,
                    "version": kind.version,
                    "is_active": kind.is_active,
                    "definition": kind.definition.as_json(),
                }
                for kind in found
            ]
        )
        return 0
    for kind in found:
        mark = " " if kind.is_active else "-"
        say(f"{mark} {kind.code:20} v{kind.version:<3} {kind.definition.title(language())}")
    return 0


def define(data: Path | None, *, code: str, path: Path, acting_as: str | None) -> int:
    """Begin the kind, or change it. Raises BadDefinition, NotAllowed, CannotDo."""
    try:
        definition = kinds.read(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CannotDo(
            t("{file} is not a kind of document: {why}", file=path.name, why=str(error))
        ) from error
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        known = {kind.code: kind for kind in kinds.listing(session, by, with_retired=True)}
        if code in known:
            kind = kinds.redefine(session, code, definition, version=known[code].version, by=by)
        else:
            kind = kinds.define(session, code, definition, by=by)
        version = kind.version
    say(t("The kind “{code}” is now at version {version}.", code=code, version=version))
    return 0


def retire(data: Path | None, *, code: str, acting_as: str | None) -> int:
    """Raises NoSuchKind, NotAllowed."""
    with finding.office(data) as office, office.db.begin() as session:
        kinds.retire(session, code, by=finding.acting(session, acting_as))
    say(t("The kind “{code}” is offered no more.", code=code))
    return 0


def undescribed(data: Path | None, *, acting_as: str | None, as_json: bool) -> int:
    """Print what waits for its description, with the days since its registration."""
    with finding.office(data) as office, office.db.read() as session:
        by = finding.acting(session, acting_as)
        found = registry.provisional.undescribed(session, by=by, zone=office.settings.zone)
    if as_json:
        print_json(
            [
                {
                    "label": one.line.label,
                    "book": one.line.book,
                    "mode": one.mode,
                    "days": one.days,
                    "sender": one.line.correspondent,
                }
                for one in found
            ]
        )
        return 0
    for one in found:
        say(f"{one.line.label:>12}  {one.days:>3}  {one.mode:9} {one.line.correspondent}")
    say(t("{n} found.", n=len(found)))
    return 0
