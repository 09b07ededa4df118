"""A process of the office's own work: requests of access to documents, each at another step."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import outbox, processes, routing
from docflow.demo.acts import enter
from docflow.demo.correspondents import named
from docflow.demo.house import House
from docflow.demo.past import Progress
from docflow.office import Office
from docflow.processes import beginning
from docflow.registry import DeliveryMethod, Direction, NewEntry

KIND = "prosvasi"
_FILE = Path(__file__).with_name("access-to-documents.bpmn")
_COMPLETE = {"completeness": "complete"}
_OTHERS = {
    **_COMPLETE,
    "third_parties": "yes",
    "remarks": "Στα σχέδια φαίνονται στοιχεία του γείτονα.",
}
_OPINION = {
    "opinion_is": "partly",
    "opinion": "Το έννομο συμφέρον τεκμηριώνεται. Τα στοιχεία του όμορου ιδιοκτήτη αποκρύπτονται.",
}


@dataclass(frozen=True, slots=True)
class _Request:
    """A request, and what was done since: a step, who did it, what he typed."""

    sender: str
    documents: str
    interest: str
    steps: tuple[tuple[str, str, Mapping[str, str]], ...] = ()


_REQUESTS = (
    _Request(
        "Φωτεινή Γκίκα",
        "Πρακτικό αυτοψίας για την κατολίσθηση στην οδό Μουσών",
        "Ζημιά στο ακίνητό μου",
    ),
    _Request(
        "Νικόλαος Σκορδάς",
        "Φάκελος οικοδομικής άδειας του όμορου οικοπέδου, Μουσών 5",
        "Όμορος ιδιοκτήτης",
        (("check", "makris", _OTHERS),),
    ),
    _Request(
        "Ηλίας Πετρόπουλος",
        "Τοπογραφικό διάγραμμα της διάνοιξης της οδού Σόλωνος",
        "Απαλλοτρίωση τμήματος του ακινήτου μου",
        (("check", "antoniou", _OTHERS), ("give_opinion", "theodorou", _OPINION)),
    ),
)


def begin(office: Office, house: House, progress: Progress) -> None:
    """Deploy the template, tie the kind to it, and let requests come in."""
    progress("requests of access to documents")
    by = next(person for person in house.people.values() if person.is_administrator)
    with office.db.begin() as session:
        template = processes.templates.deploy(session, _FILE.read_bytes(), by=by)
        processes.tie(session, KIND, template.code, by=by)
    for request in _REQUESTS:
        with office.db.begin() as session:
            entry_id = _registered(session, house, request)
        _begun(office)
        for step, person, typed in request.steps:
            with office.db.begin() as session:
                tasks = processes.tasks(session, (beginning.SUBJECT, entry_id))
                task = next(one for one in tasks if one.element_id == step)
                processes.complete(session, task.id, typed, by=house.people[person])


def _registered(session: Session, house: House, request: _Request) -> int:
    entry = enter(
        session,
        house,
        NewEntry(
            direction=Direction.INCOMING,
            subject=f"Αίτηση πρόσβασης σε έγγραφα: {request.documents}",
            sender=named(request.sender).contact,
            delivery_method=DeliveryMethod.COUNTER,
            addressee_unit_id=house.units["30"],
            kind=KIND,
            values={"documents": request.documents, "interest": request.interest},
        ),
        by=house.clerks()[0],
    )
    to = routing.Target(house.units["30"], None)
    routing.charge(session, entry.id, by=house.registrar(), to=to)
    return entry.id


def _begun(office: Office) -> None:
    """Let what waits begin, as the worker would."""
    with office.db.read() as session:
        waits = outbox.Job.state == outbox.JobState.WAITING
        begins = outbox.Job.task == beginning.BEGIN
        jobs = session.scalars(select(outbox.Job.id).where(waits, begins)).all()
    for job_id in jobs:
        outbox.run(office, job_id)
