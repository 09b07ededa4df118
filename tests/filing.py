"""Services deployed from their folders, and applications filed by them, without the pages."""

from collections.abc import Mapping
from pathlib import Path

from docflow import accounts, applications, documents, processes, services
from docflow.accounts import Citizen
from docflow.applications import Filed
from docflow.office import Office
from docflow.processes import TaskInfo
from docflow.services import ServiceVersion
from tests.factories import Town

SECRET = "the-browser-of-the-test"
FINE = {  # what S0 types
    "full_name": "Γεώργιος Παπαδάκης",
    "email": "g.papadakis@example.gr",
    "mobile": "6971234567",
    "fine_number": "Β-0123456",
    "violation_on": "2026-11-10",
    "plate": "ΙΒΚ 1234",
    "violation": "Στάθμευση σε θέση ΑμεΑ",
    "amount": "50",
    "tax_number": "123456783",
    "owner_name": "Γεώργιος Παπαδάκης",
}


def deployed(
    office: Office, town: Town, service: str | Path, *, unit: str = "ΟΔΟΠ"
) -> ServiceVersion:
    """The service of a folder, or a shipped one by its code, for the unit of the town."""
    folder = service if isinstance(service, Path) else services.shipped()[service]
    with office.db.begin() as session:
        by = town.person(session, "administrator")
    loaded = services.load(office, services.read_folder(folder), by=by)
    with office.db.begin() as session:
        services.deploy(session, loaded.version_id, unit_id=town.units[unit], seen=None, by=by)
    with office.db.begin() as session:
        return services.version(session, loaded.version_id)


def filed(
    office: Office,
    version: ServiceVersion,
    typed: Mapping[str, str],
    *,
    citizen: Citizen = accounts.ANONYMOUS,
    files: Mapping[str, bytes] | None = None,
) -> Filed:
    """File an application as the form does; `files` by the field that takes each."""
    with office.db.begin() as session:
        draft = applications.drafts.begin(
            session, version, citizen=citizen, secret=SECRET, language="el"
        )
        applications.drafts.save(session, draft, dict(typed))
        token, draft_id = draft.token, draft.id
    for field, data in (files or {}).items():
        kept = documents.keep(office, data, body_id=version.body_id)
        upload = documents.Upload(f"{field}.pdf", kept.sha256, len(data), "application/pdf")
        with office.db.begin() as session:
            opened = applications.drafts.opened(
                session, token, secret=SECRET, citizen=citizen, lock=True
            )
            applications.drafts.add_files(session, opened, version, [upload], field=field)
    return applications.submit(office, draft_id, citizen=citizen, seen=version.id)


def step(office: Office, filed: Filed, element: str) -> TaskInfo:
    """The step of that name at which the application stands now."""
    with office.db.begin() as session:
        tasks = processes.tasks(session, ("application", filed.id))
    found = [task for task in tasks if task.element_id == element]
    assert found, f"it stands at {[task.element_id for task in tasks]}"
    return found[0]


def answer(office: Office, filed: Filed, element: str, **typed: str) -> None:
    """The citizen does his step."""
    task = step(office, filed, element)
    with office.db.begin() as session:
        processes.answer(
            session, task.id, typed, subject=("application", filed.id), seen=task.version
        )


def complete(
    office: Office, town: Town, filed: Filed, element: str, *, by: str = "engineer", **typed: str
) -> None:
    """An employee does his step."""
    task = step(office, filed, element)
    with office.db.begin() as session:
        person = town.person(session, by)
        processes.complete(session, task.id, typed, by=person, seen=task.version)
