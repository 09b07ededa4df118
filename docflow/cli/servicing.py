"""`docflow services`."""

from pathlib import Path

from docflow import organization, services
from docflow.cli import finding
from docflow.cli.failures import CannotDo
from docflow.cli.output import language, print_json, say, warn
from docflow.i18n import t
from docflow.tables import Base  # noqa: F401  # whatever checks services is known then


def check(_data: Path | None, *, folder: str, as_json: bool) -> int:
    """Print the problems, each with file, line and what to do; 1 where there are any."""
    read, problems = services.check(_folder(folder))
    if as_json:
        print_json(
            [
                {
                    "file": one.file,
                    "line": one.line,
                    "at": one.at,
                    "message": one.message.in_language(language()),
                }
                for one in problems
            ]
        )
        return 1 if problems else 0
    for one in problems:
        warn(one.told(language()))
    if not problems:
        say(t("The folder “{name}” can be loaded.", name=read.name))
    return 1 if problems else 0


def deploy(
    data: Path | None, *, folder: str, unit: str | None, draft: bool, acting_as: str | None
) -> int:
    """Load the folder, and deploy it. Raises BadFolder, BadService, NotAllowed, NoUnit."""
    read = _folder(folder)
    with finding.office(data) as office:
        with office.db.read() as session:
            by = finding.acting(session, acting_as)
            units = {one.code: one.id for one in organization.units(session, by.body_id)}
        if unit is not None and unit not in units:
            raise CannotDo(t("There is no unit “{code}”.", code=unit))
        try:
            loaded = services.load(office, read, by=by)
        except services.BadService as error:
            for one in error.problems:
                warn(one.told(language()))
            return 1
        say(t("Loaded: {code}, version {version}.", code=loaded.code, version=loaded.number))
        if draft:
            return 0
        with office.db.begin() as session:
            seen = services.info(session, loaded.code, by=by).seen
            services.deploy(
                session, loaded.version_id, unit_id=units.get(unit or ""), seen=seen, by=by
            )
        say(t("Offered: {code}, version {version}.", code=loaded.code, version=loaded.number))
    return 0


def listing(data: Path | None, *, acting_as: str | None, as_json: bool) -> int:
    """Print the services."""
    with finding.office(data) as office, office.db.read() as session:
        found = services.listing(session, by=finding.acting(session, acting_as))
    if as_json:
        print_json(
            [
                {
                    "code": one.code,
                    "state": one.state,
                    "deployed": one.deployed.number if one.deployed else None,
                    "newest": one.newest.number,
                    "digest": (one.deployed or one.newest).digest,
                    "unit": one.unit,
                    "title": dict(one.titles),
                }
                for one in found
            ]
        )
        return 0
    for one in found:
        number = one.deployed.number if one.deployed else one.newest.number
        say(f"{one.state:9} {one.code:28} v{number:<3} {services.said(one.titles, language())}")
    return 0


def export(
    data: Path | None, *, code: str, to: Path, version: int | None, acting_as: str | None
) -> int:
    """Write the ZIP file. Raises NoSuchService, NoSuchVersion, NotAllowed, CannotDo."""
    with finding.office(data) as office:
        with office.db.read() as session:
            by = finding.acting(session, acting_as)
            info = services.info(session, code, by=by)
            known = {one.number: one.id for one in services.versions(session, code, by=by)}
        number = version or (info.deployed or info.newest).number
        if number not in known:
            raise services.NoSuchVersion(t("There is no such version of the service."))
        packed = services.packed(services.export(office, known[number], by=by))
    try:
        to.write_bytes(packed)
    except OSError as error:
        raise CannotDo(
            t("{file} cannot be written: {why}", file=to.name, why=str(error))
        ) from error
    say(t("Written: {file}", file=to.name))
    return 0


def withdraw(data: Path | None, *, code: str, reason: str, acting_as: str | None) -> int:
    """Raises NoSuchService, NotAllowed, BadWording."""
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        seen = services.info(session, code, by=by).seen
        services.withdraw(session, code, reason=reason, seen=seen, by=by)
    say(t("The service “{code}” is offered no more.", code=code))
    return 0


def _folder(named: str) -> services.Folder:
    """A directory, a ZIP file, or what comes with the program. Raises BadFolder, CannotDo."""
    path = Path(named)
    if path.is_dir():
        return services.read_folder(path)
    if path.is_file():
        if path.stat().st_size > services.MAX_FOLDER:
            raise CannotDo(t("At most {mb} MB can be loaded.", mb=services.MAX_FOLDER >> 20))
        return services.read_zip(path.read_bytes(), path.name)
    shipped = services.shipped()
    if named in shipped:
        return services.read_folder(shipped[named])
    raise CannotDo(
        t(
            "There is no folder or file “{name}”, and no service of this code comes with Docflow.",
            name=named,
        )
    )
