"""What happens to the entry of an application, told to its process, and the other way round.

A service may leave the answer to the office's ordinary way (draft, signatures, issue): its process
waits for the message "answered", or "closed" where the item ended without an answer.
"""

from sqlalchemy.orm import Session

from docflow import applications, processes, routing
from docflow.i18n import DEFAULT_LANGUAGE, translate
from docflow.principal import Principal, system
from docflow.processes import InstanceState, Progress
from docflow.registry import Disposal, Entry, Handling

ANSWERED, CLOSED = "answered", "closed"
SUBJECT = "application"


@routing.after_closing
def tell_process(session: Session, entry: Entry, handling: Handling, by: Principal) -> None:
    """The item was closed: its process, where one waits for that, goes on."""
    found = applications.of_entry(session, entry.id)
    if found is None:
        return
    message = ANSWERED if handling.disposal == Disposal.ANSWERED else CLOSED
    data = {"answer": handling.closed_reason} if message == ANSWERED else {}
    processes.send(session, (SUBJECT, found.id), message, data)


@processes.after_step
def close_entry(session: Session, progress: Progress) -> None:
    """The process came to its end: nothing is to be done with the entry any more."""
    is_ended = progress.state is InstanceState.ENDED
    if not is_ended or progress.subject[0] != SUBJECT or progress.entry_id is None:
        return
    entry = session.get_one(Entry, progress.entry_id)
    reason = translate("The process of the service has come to its end.", DEFAULT_LANGUAGE)
    routing.close_by_process(session, entry, by=system(progress.body_id), reason=reason)
