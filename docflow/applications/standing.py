"""How an application ends: withdrawn by the citizen, or with its process."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from docflow import (
    accounts,
    audit,
    clock,
    payments,
    processes,
    registry,
    routing,
)
from docflow.applications import access, supplements, telling, thread, waiting
from docflow.applications.models import (
    Application,
    ApplicationKey,
    ApplicationState,
    Outcome,
)
from docflow.errors import Invalid
from docflow.folding import lines
from docflow.i18n import DEFAULT_LANGUAGE, t, translate
from docflow.notices import NoticeKind
from docflow.principal import Principal, Via, system

MAX_REASON = 1000


class ReasonMissing(Invalid):
    """A withdrawal needs a reason."""


def withdraw(session: Session, row: Application, *, reason: str, seen: int | None) -> None:
    """The citizen withdraws; `row` was opened for him. What he paid goes to the refunds.

    Raises ReasonMissing, ApplicationMoved.
    """
    registry.hold(session, row.entry_id)
    row = thread.held(session, row.id)
    access.require_seen(row, seen)
    access.require_state(row, waiting.OPEN)
    access.require_kept(session, row)
    clean = lines(reason)[:MAX_REASON]
    if not clean:
        raise ReasonMissing(t("Write why you withdraw the application."), field="reason")
    by = system(row.body_id, via=Via.PUBLIC)
    subject = (telling.SUBJECT, row.id)
    supplements.cancel_open(session, row)
    row.state, row.withdrawn_at = ApplicationState.WITHDRAWN, clock.now()
    row.withdrawal_reason = clean
    access.moved(row)
    session.flush()  # before the process ends, which would end the application too
    processes.cancel(session, subject, by=by, reason=clean)
    # His own words stay here, where an erasure finds them: the accounts keep what they need.
    said = translate("Withdrawn by the applicant", DEFAULT_LANGUAGE)
    payments.withdraw(session, subject, reason=said, by=by)
    session.execute(
        update(ApplicationKey)
        .where(ApplicationKey.application_id == row.id, ApplicationKey.released_at.is_(None))
        .values(released_at=row.withdrawn_at)
    )
    audit.record(
        session,
        "application.withdrawn",
        by=by,
        subject=("entry", row.entry_id),
        application=row.id,
    )
    telling.tell_office(session, row, NoticeKind.APPLICATION_WITHDRAWN, by=by)
    entry = session.get_one(registry.Entry, row.entry_id)
    routing.close_by_process(session, entry, by=by, reason=f"{said}: {clean}"[:500])


def finish(
    session: Session, application_id: int, outcome: Outcome, note: str = "", *, by: Principal
) -> None:
    """The application is decided or done; what is over already stays as it ended."""
    row = thread.held(session, application_id)
    if row.state not in waiting.OPEN:
        return
    waiting.let_run(session, row)
    supplements.cancel_open(session, row)
    row.state, row.ended_at, row.outcome = ApplicationState.ENDED, clock.now(), outcome
    row.outcome_note = lines(note)[:MAX_REASON]
    access.moved(row)
    audit.record(
        session,
        "application.ended",
        by=by,
        subject=("entry", row.entry_id),
        application=row.id,
        outcome=outcome,
    )


@processes.after_step
def follow(session: Session, progress: processes.Progress) -> None:
    """The process came to a step of the applicant or of the office, or to its end, as its data say.

    At its end the application ends.
    """
    kind, application_id = progress.subject
    if kind != telling.SUBJECT:
        return
    if progress.state is not processes.InstanceState.ENDED:
        row = session.get_one(Application, application_id)
        if row.state in waiting.OPEN and not waiting.is_right(session, row):
            row = thread.held(session, application_id)
            if row.state in waiting.OPEN:
                waiting.settle(session, row)
        return
    said = str(progress.data.get("outcome", ""))
    outcome = Outcome(said) if said in set(Outcome) else Outcome.DONE
    note = str(progress.data.get("outcome_note") or "")
    finish(session, application_id, outcome, note, by=system(progress.body_id))


@routing.after_reopening
def opened_again(
    session: Session, entry: registry.Entry, handling: registry.Handling, by: Principal
) -> None:
    """While the item was closed its clock could not follow: it does now."""
    found = session.scalar(select(Application.id).where(Application.entry_id == entry.id))
    if found is None:
        return
    row = thread.held(session, found)
    if row.state in waiting.OPEN:
        waiting.settle(session, row)


@accounts.needed_by
def _is_open(session: Session, account_id: int) -> bool:
    """An application under way keeps the name of a closed account."""
    theirs = select(Application.id).where(
        Application.account_id == account_id, Application.state.in_(waiting.OPEN)
    )
    return session.scalar(theirs.limit(1)) is not None


@accounts.after_merge
def _move(session: Session, stays: int, goes: int, by: Principal) -> None:
    session.execute(
        update(Application).where(Application.account_id == goes).values(account_id=stays)
    )
