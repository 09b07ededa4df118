"""What a process may have done with its application: write, ask, end it.

Named in the files of a service; what they say comes from there too.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from docflow import calendars, clock, processes, services
from docflow.applications import standing, supplements, telling, thread
from docflow.applications.models import Application, Outcome
from docflow.principal import system
from docflow.services import said
from docflow.workdays import DayUnit

_DAYS = 10


@processes.act("applications.write")
def write(session: Session, context: processes.Context) -> None:
    """A message of the office: `text`, the name of a text of the service, or the words."""
    application_id = _application(context)
    thread.write(session, None, application_id, _text(session, context))


@processes.act("applications.ask")
def ask(session: Session, context: processes.Context) -> Mapping[str, Any]:
    """Ask for a supplement: `text` as in `applications.write`, within `days` working days.

    The process goes on at the message “supplement-answered”.
    """
    days = int(context.given.get("days", _DAYS))
    calendar = calendars.of(session, context.body_id)
    due_on = calendar.end(clock.today(), days, DayUnit.WORKING)
    due_on = max(due_on, clock.today() + timedelta(days=1))
    application_id = _application(context)
    supplements.ask(session, application_id, text=_text(session, context), due_on=due_on, by=None)
    return {"asked_until": due_on.isoformat()}


@processes.act("applications.finish")
def finish(session: Session, context: processes.Context) -> None:
    """The application is decided: `outcome` done, granted or refused, with a `note` for people."""
    outcome = Outcome(str(context.given.get("outcome", Outcome.DONE)))
    note = str(context.given.get("note") or "")
    by = system(context.body_id)
    standing.finish(session, _application(context), outcome, note, by=by)


def _application(context: processes.Context) -> int:
    kind, application_id = context.subject
    if kind != telling.SUBJECT:
        raise ValueError(f"an act of applications in a process about a {kind}")
    return application_id


def _text(session: Session, context: processes.Context) -> str:
    """The words, in the applicant's language, with the data of the process filled in."""
    row = session.get_one(Application, _application(context))
    wanted = str(context.given.get("text", ""))
    texts = services.version(session, row.version_id).parameters.get("texts", {})
    words = said(texts[wanted], row.language) if wanted in texts else wanted
    return services.filled(words, {**context.data, **context.given})
