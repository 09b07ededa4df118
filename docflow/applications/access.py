"""Who may open an application: the citizen who filed it, whoever has its secret, its unit.

A citizen is told nothing of others' applications, not even that they exist.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import audit, organization, registry
from docflow.accounts import Citizen
from docflow.applications import secret
from docflow.applications.models import Application
from docflow.errors import Conflict, Forbidden, NotFound
from docflow.i18n import Text, t
from docflow.principal import Principal, Role, Via, system


class NoSuchApplication(NotFound):
    """There is no such application, or it is not yours."""


class NotYoursToHandle(Forbidden):
    """Only the unit of an application writes to the applicant."""


class ApplicationMoved(Conflict):
    """The application is not in the state that this needs."""


def portal(body_id: int) -> Principal:
    """Who registers what citizens send by themselves: the portal, with a clerk's right to it."""
    return replace(system(body_id, via=Via.PUBLIC), roles=frozenset({Role.CLERK}))


def of_citizen(
    session: Session,
    application_id: int,
    *,
    citizen: Citizen,
    key: str = "",
    lock: bool = False,
) -> Application:
    """The application for the account that filed it, or for who has its secret (`key`).

    Raises NoSuchApplication in each other case.
    """
    row = _row(session, application_id, lock=lock)
    owns = row is not None and row.account_id is not None and row.account_id == citizen.account_id
    if row is None or not (owns or (key and secret.opens(row.id, key, row.secret_digests))):
        raise NoSuchApplication(
            t("Log in, or type the number and the tracking code, to see an application.")
        )
    return row


def by_number(session: Session, number: str, key: str) -> Application | None:
    """The application with this number and secret; None for a wrong try, which is noted.

    Commit either way. The caller has counted the try.
    """
    found = session.scalars(
        select(Application)
        .join(registry.Entry, registry.Entry.id == Application.entry_id)
        .where(registry.Entry.label == number.strip()[:100])
        .order_by(Application.id.desc())
        .limit(20)
    ).all()
    for row in found:
        if key and secret.opens(row.id, key, row.secret_digests):
            return row
    if found:
        refused(session, found[0].id)
        return None
    body = organization.first_body(session)
    if body is not None:
        by = system(body.id, via=Via.PUBLIC)
        audit.record(session, "application.status-refused", by=by, subject=("body", body.id))
    return None


def why_refused(session: Session, number: str, key: str) -> Text:
    """What to do after a wrong try: many type the code of their receipt, which checks the paper."""
    code = registry.codes.typed(key)
    of_receipt = select(registry.Entry.id).where(
        registry.Entry.label == number.strip()[:100], registry.Entry.verification_code == code
    )
    if code is not None and session.scalar(of_receipt) is not None:
        return t(
            "That is the code of the receipt, with which the paper is checked. The tracking code "
            "stands in the message that we sent you, and on the page after the form."
        )
    return t(
        "Number and tracking code do not go together. Both stand in the message that we sent you, "
        "and on the page after the form."
    )


def refused(session: Session, application_id: int) -> None:
    """A wrong secret was tried on an application: noted with the entry's events."""
    row = session.get(Application, application_id)
    if row is not None:
        audit.record(
            session,
            "application.status-refused",
            by=system(row.body_id, via=Via.PUBLIC),
            subject=("entry", row.entry_id),
            application=row.id,
        )


def of_staff(
    session: Session, application_id: int, *, by: Principal, lock: bool = False
) -> Application:
    """The application, where the person may see its entry. Raises NoSuchApplication."""
    row = _row(session, application_id, lock=False)
    if row is None or row.body_id != by.body_id:
        raise NoSuchApplication(t("There is no such application."))
    try:
        registry.get(session, row.entry_id, by=by)
    except registry.NoSuchEntry as error:
        raise NoSuchApplication(t("There is no such application.")) from error
    if lock:
        registry.hold(session, row.entry_id)
        row = _row(session, application_id, lock=True)
        assert row is not None
    return row


def may_handle(session: Session, row: Application, by: Principal) -> bool:
    """Whether the person writes to the applicant: who has the item, its unit, the competent one."""
    handling = session.get(registry.Handling, row.entry_id)
    units = {row.unit_id, *([handling.unit_id] if handling else [])}
    if any(by.works_in(unit) or by.works_for(unit) is not None for unit in units):
        return True
    person = handling.user_id if handling else None
    return person is not None and person in by.person_ids


def require_handles(session: Session, row: Application, by: Principal) -> None:
    """Raises NotYoursToHandle."""
    if not may_handle(session, row, by):
        raise NotYoursToHandle(t("Only the unit that has the application writes to the applicant."))


def require_seen(row: Application, seen: int | None) -> None:
    """Raises ApplicationMoved where the person decided on an older state."""
    if seen is not None and seen != row.version:
        raise ApplicationMoved(
            t(
                "The application is not as you saw it any more. What you wrote is kept: look at "
                "the page again, and send it once more if it still holds."
            )
        )


def require_state(row: Application, states: Sequence[str]) -> None:
    """Raises ApplicationMoved."""
    if row.state not in states:
        raise ApplicationMoved(
            t("That is not possible any more: the application was decided or withdrawn.")
        )


def require_kept(session: Session, row: Application) -> None:
    """Raises ApplicationMoved where its data were erased: what came now would never go."""
    if session.scalar(select(func.is_erased(row.entry_id))):
        raise ApplicationMoved(t("The data of this entry were erased: nothing is added to it."))


def moved(row: Application) -> None:
    row.version += 1


def _row(session: Session, application_id: int, *, lock: bool) -> Application | None:
    query = select(Application).where(Application.id == application_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.scalar(query)
