"""The act that looks the applicant up in the register of residents.

What is issued without an employee shows an address: so the number that a login proved decides, not
one that somebody typed, and the typed name, number and address must say the same. Who moved writes
his new address, or attaches papers: an employee looks at both, and nothing is issued in between.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from docflow import applications, processes, services
from docflow.office import Office
from docflow.processes import Context
from docflow.service_acts import residents

NOT_PROVEN = "Ο ΑΦΜ δεν προκύπτει από επιβεβαιωμένη ταυτότητα."
NOT_FOUND = "Δεν βρέθηκε στο μητρώο κατοίκων."
OTHER_NAME = "Το όνομα δεν συμφωνεί με το μητρώο κατοίκων."
OTHER_ADDRESS = "Η διεύθυνση δεν συμφωνεί με το μητρώο κατοίκων."
WITH_PAPERS = "Επισυνάπτονται δικαιολογητικά."
FOUND = "Βρέθηκε στο μητρώο κατοίκων."


@processes.job_act("residents.look_up")
def look_up(office: Office, context: Context) -> Mapping[str, Any]:
    """Whether the applicant is a resident: `is_resident`, and then what the register says.

    Who writes another address than the register's, or attaches papers, is none without an
    employee, who sees `register_address`. `look_up_result` says in words why, `look_up_reason` as a
    code: `number`, `unknown`, `name`, `address`, `papers`, or empty.
    """
    with office.db.read() as session:
        return _looked_up(session, office, context)


def _looked_up(session: Session, office: Office, context: Context) -> Mapping[str, Any]:
    about = applications.context(session, context.subject[1])
    who = about.applicant
    if not who.proven_tax_number or who.proven_tax_number != who.tax_number:
        return _no("number", NOT_PROVEN)
    found = residents.find(
        session, office.settings, body_id=context.body_id, tax_number=who.proven_tax_number
    )
    if found is None:
        return _no("unknown", NOT_FOUND)
    if not residents.is_same_name(found.name, who.full_name):
        return _no("name", OTHER_NAME)
    field = services.version(session, about.version_id).applicant.get("address", "")
    typed = str(about.values.get(field) or "")
    if typed and not residents.is_same_address(typed, found.address):
        return {**_no("address", OTHER_ADDRESS), "register_address": found.address}
    if about.has_files:
        return {**_no("papers", WITH_PAPERS), "register_address": found.address}
    return {
        "is_resident": True,
        "look_up_result": FOUND,
        "look_up_reason": "",
        "resident_address": found.address,
        "resident_since": found.lives_since.isoformat(),
    }


def _no(reason: str, why: str) -> Mapping[str, Any]:
    return {"is_resident": False, "look_up_result": why, "look_up_reason": reason}
