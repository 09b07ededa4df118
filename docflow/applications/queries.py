"""Applications in lists: a citizen's own, a unit's, a person's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Row, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session

from docflow import messages, parties, registry, services
from docflow.applications import telling, thread
from docflow.applications.models import (
    Application,
    ApplicationState,
    Outcome,
    ThreadMessage,
)
from docflow.applications.values import Applicant, Context, Line
from docflow.folding import fold_reference
from docflow.parties import Trace, TraceKind, Whose
from docflow.principal import Principal

MOST = 100


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list of the staff shows; empty is everything."""

    service: str = ""
    state: str = ""
    text: str = ""  # a number, a name, an ΑΦΜ or an e-mail address
    unread: bool = False


def of_entry(session: Session, entry_id: int) -> Application | None:
    """The application that this entry is. The caller has checked the right to the entry."""
    return session.scalar(select(Application).where(Application.entry_id == entry_id))


def context(session: Session, application_id: int) -> Context:
    """What acts of a service need to know."""
    row = session.get_one(Application, application_id)
    return Context(
        id=row.id,
        body_id=row.body_id,
        entry_id=row.entry_id,
        number=telling.number_of(session, row),
        service=row.service_code,
        version_id=row.version_id,
        unit_id=row.unit_id,
        state=ApplicationState(row.state),
        applicant=applicant_of(row),
        values=row.values,
        filed_at=row.filed_at,
        has_files=bool(row.files),
    )


def applicant(session: Session, application_id: int) -> Applicant:
    """Whom the application concerns."""
    return applicant_of(session.get_one(Application, application_id))


def applicant_of(row: Application) -> Applicant:
    return Applicant(
        full_name=row.full_name,
        tax_number=row.tax_number,
        email=row.email,
        phone=row.phone,
        language=row.language,
        channel=row.channel,
        account_id=row.account_id,
        party_id=row.party_id,
        level=row.level,
        proven_tax_number=row.proven_tax_number,
        filed_by=row.filed_by,
    )


def of_account(
    session: Session, account_id: int, *, language: str, limit: int = MOST
) -> list[Line]:
    """What the owner of an account filed, the newest first."""
    query = _lines().where(Application.account_id == account_id).limit(limit)
    return _shown(session, session.execute(query).all(), language, for_staff=False)


def listing(
    session: Session,
    *,
    by: Principal,
    wanted: Filter = Filter(),  # frozen
    start: int = 0,
    limit: int = MOST,
) -> tuple[list[Line], int]:
    """The applications that the person may see, the newest first, and how many there are."""
    by.require_scope("read")
    condition = and_(visible(by), *_wanted(wanted))
    query = _lines().where(condition).offset(start).limit(limit)
    total = session.scalar(
        select(func.count())
        .select_from(Application)
        .join(registry.Entry, registry.Entry.id == Application.entry_id)
        .where(condition)
    )
    found = session.execute(query).all()
    return _shown(session, found, by.language, for_staff=True), total or 0


def services_of(session: Session, *, by: Principal, language: str) -> list[tuple[str, str]]:
    """Codes and titles of the services of which the person may see applications."""
    newest = (
        select(Application.service_code, func.max(Application.version_id))
        .join(registry.Entry, registry.Entry.id == Application.entry_id)
        .where(visible(by))
        .group_by(Application.service_code)
    )
    found = session.execute(newest).all()
    titles = [
        (code, services.version(session, version_id).title(language)) for code, version_id in found
    ]
    return sorted(titles, key=lambda one: one[1])


def visible(by: Principal) -> ColumnElement[bool]:
    """The condition, on a join with `entries`, that the person sees the application.

    It is no more than that he sees the entry: nobody has a second way to it.
    """
    return and_(Application.body_id == by.body_id, registry.visible_to(by))


def _wanted(wanted: Filter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.service:
        conditions.append(Application.service_code == wanted.service)
    if wanted.state:
        conditions.append(Application.state == wanted.state)
    if wanted.unread:
        conditions.append(_has_unread())
    if text := wanted.text.strip()[:200]:
        plain = fold_reference(text)
        conditions.append(
            or_(
                registry.Entry.label == text,
                Application.full_name.icontains(text, autoescape=True),
                Application.email == text.lower(),
                Application.tax_number == plain if plain.isdigit() else false(),
            )
        )
    return conditions


def _has_unread() -> ColumnElement[bool]:
    theirs = ThreadMessage
    return (
        select(theirs.id)
        .where(
            theirs.application_id == Application.id,
            ~theirs.is_from_office,
            theirs.sent_at > func.coalesce(Application.office_read_at, Application.filed_at),
        )
        .exists()
    )


def _lines() -> Select[Application, str]:
    return (
        select(Application, registry.Entry.label)
        .join(registry.Entry, registry.Entry.id == Application.entry_id)
        .order_by(Application.filed_at.desc(), Application.id.desc())
    )


def _shown(
    session: Session,
    rows: Sequence[Row[Application, str]],
    language: str,
    *,
    for_staff: bool,
) -> list[Line]:
    titles = {
        version_id: services.version(session, version_id).title(language)
        for version_id in {row.version_id for row, _ in rows}
    }
    unread = thread.unread(session, [row for row, _ in rows], for_staff=for_staff)
    return [
        Line(
            id=row.id,
            number=label,
            entry_id=row.entry_id,
            service=row.service_code,
            title=titles[row.version_id],
            state=ApplicationState(row.state),
            outcome=Outcome(row.outcome) if row.outcome else None,
            filed_at=row.filed_at,
            changed_at=row.ended_at or row.withdrawn_at or row.filed_at,
            full_name=row.full_name,
            unread=unread.get(row.id, 0),
        )
        for row, label in rows
    ]


@parties.traces.source(TraceKind.APPLICATION)
def traces(session: Session, whose: Whose, by: Principal, limit: int) -> Sequence[Trace]:
    """A person's applications, for the one view of him."""
    theirs = or_(
        Application.party_id.in_(whose.party_ids) if whose.party_ids else false(),
        Application.tax_number.in_(whose.tax_numbers) if whose.tax_numbers else false(),
        Application.email.in_(whose.emails) if whose.emails else false(),
    )
    rows = session.execute(_lines().where(visible(by), theirs).limit(limit)).all()
    return [
        Trace(
            kind=TraceKind.APPLICATION,
            at=line.filed_at,
            title=line.title,
            state=line.state,
            state_group="application_state",
            href=f"/petitions/{line.id}",
            channel="portal",
            number=line.number,
            about=(telling.SUBJECT, line.id),
            is_open=line.state in (ApplicationState.RUNNING, ApplicationState.WAITING),
        )
        for line in _shown(session, rows, by.language, for_staff=True)
    ]


@messages.chosen_by
def chosen(session: Session, about: tuple[str, int]) -> messages.Addressee | None:
    """How an applicant wants to be told of what happens to his application's entry."""
    kind, subject_id = about
    if kind not in ("entry", telling.SUBJECT):
        return None
    row = of_entry(session, subject_id) if kind == "entry" else session.get(Application, subject_id)
    return telling.to(row) if row is not None else None


@services.counted_by
def filed_since(session: Session, body_id: int, since: datetime) -> Mapping[str, int]:
    """How often each service was applied for: for what the catalogue calls popular."""
    rows = session.execute(
        select(Application.service_code, func.count())
        .where(Application.body_id == body_id, Application.filed_at >= since)
        .group_by(Application.service_code)
    )
    return {code: times for code, times in rows}
