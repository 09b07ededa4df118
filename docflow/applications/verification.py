"""Does what was filed stand in the rows as its event says it? Part of `docflow audit verify`.

Here too: what an erasure takes from the rows of an application.
"""

from collections.abc import Iterator

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from docflow import audit, messages, registry
from docflow.applications.filing import values_digest
from docflow.applications.models import Application, Draft, DraftFile, Supplement, ThreadMessage
from docflow.registry import ERASED

_STEP = 1000


@audit.check
def applications_are_as_filed(session: Session) -> Iterator[audit.Finding]:
    """The values of each application have the digest that its event holds."""
    erased = audit.erased_subjects(session)
    filed = session.execute(
        select(audit.Event.id, audit.Event.subject_id, audit.Event.details, Application)
        .outerjoin(Application, Application.entry_id == audit.Event.subject_id)
        .where(audit.Event.action == "application.filed", audit.Event.subject_type == "entry")
        .execution_options(yield_per=_STEP)
    )
    for event_id, entry_id, details, row in filed:
        if entry_id in erased:
            continue
        what = f"application {details.get('application')}"
        if row is None or row.id != details.get("application"):
            yield audit.Finding("missing", None, event_id, f"{what} was removed")
        elif values_digest(row) != details.get("values"):
            detail = f"what was filed in {what} was altered"
            yield audit.Finding("altered", None, event_id, detail)


@registry.after_erasure
def erase(session: Session, entry: registry.Entry) -> None:
    """Two people decided it: names, answers and messages go, number and dates stay.

    Nobody opens the application any more but the staff: no account, no secret leads to it.
    """
    # What the office asked for was answered by an entry of its own: perhaps it is this one.
    session.execute(
        update(Supplement).where(Supplement.answer_entry_id == entry.id).values(answer="")
    )
    row = session.scalar(select(Application).where(Application.entry_id == entry.id))
    if row is None:
        return
    row.full_name, row.filed_by = ERASED, ""
    row.tax_number = row.proven_tax_number = row.email = row.phone = ""
    row.values, row.files, row.secret_digests = {}, [], []
    row.outcome_note = row.withdrawal_reason = ""
    row.party_id = row.account_id = row.representation_id = None
    session.execute(delete(DraftFile).where(DraftFile.draft_id == row.draft_id))
    session.execute(
        update(Draft)
        .where(Draft.id == row.draft_id)
        .values(typed={}, account_id=None, secret_digest="")
    )
    for table in (ThreadMessage, Supplement):
        session.execute(update(table).where(table.application_id == row.id).values(text=ERASED))
    session.execute(update(Supplement).where(Supplement.application_id == row.id).values(answer=""))
    messages.forget_about(session, "application", row.id)
