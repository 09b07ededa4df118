"""The act that looks the applicant up in the register of residents.

What is issued without an employee shows an address: so the number that a login proved decides, not
one that somebody typed, and the typed name and number must say the same.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from docflow import applications, processes
from docflow.office import Office
from docflow.processes import Context
from docflow.service_acts import residents

NOT_PROVEN = "Ο ΑΦΜ δεν προκύπτει από επιβεβαιωμένη ταυτότητα."
NOT_FOUND = "Δεν βρέθηκε στο μητρώο κατοίκων."
OTHER_NAME = "Το όνομα δεν συμφωνεί με το μητρώο κατοίκων."
FOUND = "Βρέθηκε στο μητρώο κατοίκων."


@processes.job_act("residents.look_up")
def look_up(office: Office, context: Context) -> Mapping[str, Any]:
    """Whether the applicant is a resident: `is_resident`, and then what the register says.

    `look_up_result` says in words, for the employee, why somebody was not found.
    """
    with office.db.read() as session:
        return _looked_up(session, office, context)


def _looked_up(session: Session, office: Office, context: Context) -> Mapping[str, Any]:
    about = applications.context(session, context.subject[1])
    who = about.applicant
    if not who.proven_tax_number or who.proven_tax_number != who.tax_number:
        return _no(NOT_PROVEN)
    found = residents.find(
        session, office.settings, body_id=context.body_id, tax_number=who.proven_tax_number
    )
    if found is None:
        return _no(NOT_FOUND)
    if not residents.is_same_name(found.name, who.full_name):
        return _no(OTHER_NAME)
    return {
        "is_resident": True,
        "look_up_result": FOUND,
        "resident_address": found.address,
        "resident_since": found.lives_since.isoformat(),
    }


def _no(why: str) -> Mapping[str, Any]:
    return {"is_resident": False, "look_up_result": why}
