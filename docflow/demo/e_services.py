"""The services of the demo municipality, and applications for them at every stage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select

from docflow import (
    accounts,
    applications,
    clock,
    documents,
    outbox,
    printing,
    processes,
    services,
)
from docflow.applications import Filed
from docflow.demo import acting_for, citizens
from docflow.demo.house import House
from docflow.demo.past import Progress
from docflow.office import Office
from docflow.services import ServiceVersion

_SECRET = "demo"  # noqa: S105  # of drafts that are sent at once
_ACTS = ("processes.act", "processes.act-sealed")
_FOUND = {"number_read": "yes", "found": "yes", "amount_agrees": "yes", "marked": "yes"}


@dataclass(frozen=True, slots=True)
class Asked:
    """An application: of which service, by whom, what he typed, which fields take a file.

    `steps` are what was done since: a step, who did it ("" the citizen), what he typed.
    """

    service: str
    who: str
    typed: Mapping[str, str]
    files: tuple[str, ...] = ()
    steps: tuple[tuple[str, str, Mapping[str, str]], ...] = field(default=())


def begin(office: Office, house: House, progress: Progress) -> None:
    """Deploy the services, and let citizens apply."""
    progress("services for citizens")
    with office.db.begin() as session:
        citizens.begin(session, house)
    citizens.live_here(office, house)
    acting_for.begin(office, house)
    versions = {code: _deployed(office, house, code) for code in sorted(services.shipped())}
    for asked in _asked():
        progress(f"{asked.service}: {asked.typed.get('full_name', '')}")
        filed = _filed(office, house, versions[asked.service], asked)
        for step, person, typed in asked.steps:
            _done(office, house, filed, step, person, typed)
    with office.db.begin() as session:
        citizens.go_home(session)
    _run(office, *_ACTS)


def _deployed(office: Office, house: House, code: str) -> ServiceVersion:
    by = next(person for person in house.people.values() if person.is_administrator)
    folder = services.read_folder(services.shipped()[code])
    loaded = services.load(office, folder, by=by)
    with office.db.begin() as session:
        services.deploy(session, loaded.version_id, seen=None, by=by)
    with office.db.read() as session:
        return services.version(session, loaded.version_id)


def _filed(office: Office, house: House, version: ServiceVersion, asked: Asked) -> Filed:
    someone = next((one for one in citizens.CITIZENS if one.key == asked.who), None)
    with office.db.begin() as session:
        who = citizens.citizen(session, someone) if someone else accounts.ANONYMOUS
        draft = applications.drafts.begin(
            session, version, citizen=who, secret=_SECRET, language="el"
        )
        applications.drafts.save(session, draft, dict(asked.typed))
        for name in asked.files:
            data = _paper()
            kept = documents.keep(office, data, body_id=house.body_id)
            upload = documents.Upload(f"{name}.pdf", kept.sha256, len(data), "application/pdf")
            applications.drafts.add_files(session, draft, version, [upload], field=name)
        draft_id = draft.id
    return applications.submit(office, draft_id, citizen=who, seen=version.id)


def _done(
    office: Office,
    house: House,
    filed: Filed,
    step: str,
    person: str,
    typed: Mapping[str, str],
) -> None:
    subject = ("application", filed.id)
    with office.db.begin() as session:
        tasks = processes.tasks(session, subject)
        task = next(one for one in tasks if one.element_id == step)
        if person:
            processes.complete(session, task.id, typed, by=house.people[person], seen=task.version)
        else:
            processes.answer(session, task.id, typed, subject=subject, seen=task.version)


def _run(office: Office, *tasks: str) -> None:
    """Do the jobs of these names, and those that they ask for; what fails waits for the worker."""
    done: set[int] = set()
    while jobs := _waiting(office, tasks) - done:
        for job_id in sorted(jobs):
            outbox.run(office, job_id)
        done |= jobs


def _waiting(office: Office, tasks: Sequence[str]) -> set[int]:
    with office.db.read() as session:
        waits = outbox.Job.state == outbox.JobState.WAITING
        return set(session.scalars(select(outbox.Job.id).where(waits, outbox.Job.task.in_(tasks))))


def _paper() -> bytes:
    """What somebody attaches."""
    data = printing.LetterData(
        issuer=printing.Issuer(name="Συμβολαιογραφείο Παραδείγματος"),
        subject="Αντίγραφο δικαιολογητικού",
        body="Το δικαιολογητικό προσκομίζεται με την αίτηση προς τον Δήμο.",
        recipients=(printing.Recipient("Δήμος Παραδείγματος"),),
        signers=(),
        place="Παράδειγμα",
        dated_on=clock.today(),
    )
    return printing.letter(data).pdf


def _fine(number: str, days: int, plate: str, violation: str, amount: str) -> dict[str, str]:
    return {
        "fine_number": number,
        "violation_on": (clock.today() - timedelta(days=days)).isoformat(),
        "plate": plate,
        "violation": violation,
        "amount": amount,
    }


_ELENI = {
    "full_name": "Ελένη Δημητρίου",
    "email": "eleni.dimitriou@citizens.example",
    "mobile": "6970000001",
    "tax_number": "123456783",
}
_NIKOS = {
    "full_name": "Νίκος Ιωάννου",
    "email": "nikos.ioannou@citizens.example",
    "mobile": "6970000002",
    "tax_number": "090000045",
}
_MARIA = {
    "full_name": "Μαρία Παππά",
    "email": "maria.pappa@citizens.example",
    "mobile": "6970000003",
    "tax_number": "094014201",
}


def _asked() -> tuple[Asked, ...]:
    owner = {"owner_name": "Μαρία Παππά"}
    parked = "Στάθμευση σε ράμπα ατόμων με αναπηρία"
    flat = {"property_address": "Ακαδημίας 12, Παράδειγμα"}
    return (
        Asked(
            "traffic-fine",
            "maria.pappa",
            {**_MARIA, **owner, **_fine("Β-0123456", 12, "ΙΒΚ-1234", parked, "50")},
        ),
        Asked(
            "traffic-fine",
            "nikos.ioannou",
            {
                **_NIKOS,
                "owner_name": "Νίκος Ιωάννου",
                **_fine("Β-0123457", 20, "ΥΖΑ-4512", "Στάθμευση σε πεζοδρόμιο", "80,00"),
            },
            steps=(("pay", "", {"bank_number": "8812345"}),),
        ),
        Asked(
            "traffic-fine",
            "eleni.dimitriou",
            {
                **_ELENI,
                "owner_name": "Ελένη Δημητρίου",
                **_fine("Β-0123401", 45, "ΖΗΡ-7781", "Στάση σε διάβαση πεζών", "40"),
            },
            steps=(
                ("pay", "", {"bank_number": "8811207"}),
                ("confirm", "karagianni", _FOUND),
            ),
        ),
        Asked(
            "no-debt-certificate",
            "nikos.ioannou",
            {**_NIKOS, **flat, "area": "84", "supply_number": "123456789", "purpose": "transfer"},
            files=("title_deed",),
        ),
        Asked(
            "no-debt-certificate",
            "eleni.dimitriou",
            {
                **_ELENI,
                **flat,
                "area": "61",
                "supply_number": "987654321",
                "purpose": "inheritance",
            },
            files=("title_deed",),
            steps=(
                (
                    "check",
                    "alexiou",
                    {
                        "has_debt": "yes",
                        "debt": "132,40",
                        "debt_reason": "ΤΑΠ των ετών 2024 και 2025.",
                    },
                ),
            ),
        ),
        Asked(
            "electrification",
            "nikos.ioannou",
            {
                **_NIKOS,
                "property_address": "Μουσών 3, Παράδειγμα",
                "use": "home",
                "main_area": "92",
                "connection": "new",
                "is_true": "yes",
            },
            files=("documents",),
            steps=(
                (
                    "check",
                    "karagianni",
                    {
                        "result": "missing",
                        "missing_text": "Λείπει η κάτοψη με τα τετραγωνικά του υπογείου.",
                    },
                ),
            ),
        ),
        Asked(
            "disabled-parking",
            "eleni.dimitriou",
            {
                **_ELENI,
                "address": "Ακαδημίας 12, Παράδειγμα",
                "disability_percent": "80",
                "plate": "ΖΗΡ-7781",
                "drives": "companion",
                "place": "Ακαδημίας 12, δεξιά της εισόδου",
                "reason": "home",
            },
            files=("certificate", "vehicle_papers"),
        ),
        Asked(
            "permanent-residence",
            "eleni.dimitriou",
            {**_ELENI, "address": "Ακαδημίας 12, Παράδειγμα", "purpose": "Εγγραφή στο σχολείο"},
        ),
        Asked(
            "general-application",
            "maria.pappa",
            {
                **_MARIA,
                "topic": "Νέα δέντρα στην οδό Σόλωνος",
                "text": "Παρακαλώ να φυτευτούν δέντρα στα κενά πλαίσια του πεζοδρομίου.",
            },
        ),
        Asked(
            "problem-report",
            "",
            {
                "category": "school",
                "school": "3ο Δημοτικό Σχολείο",
                "place": "Ερμού 5",
                "description": "Σπασμένο τζάμι στην αίθουσα του ισογείου, προς την αυλή.",
            },
            steps=(("look", "makris", {"judged": "work", "remark": "Ζητήθηκε τζάμι ασφαλείας."}),),
        ),
        Asked(
            "problem-report",
            "",
            {
                "category": "lamp",
                "place": "Πλατεία Ηρώων",
                "description": "Τρία φωτιστικά σβηστά εδώ και μια εβδομάδα.",
            },
        ),
    )
