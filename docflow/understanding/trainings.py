"""When models are trained, from which entries, and what the administrator sees of it.

Once a day, and when the administrator asks. Entries of confidential books, graded ones, annulled
ones and those that nobody has described yet teach nothing: what a model knows, it tells everybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from docflow import audit, documents, kinds, organization, outbox, registry, routing, schedule
from docflow.documents import File, PageText
from docflow.errors import Conflict
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal, system
from docflow.registry import Entry
from docflow.understanding import learning
from docflow.understanding.models import Learned, LearnedState, Target
from docflow.understanding.outcomes import ADMINISTRATORS

TASK = "understanding.train"
MOST = 5_000  # entries that are learned from, the newest
PAUSE = timedelta(days=1)


class TrainingAlready(Conflict):
    """A training is going on already."""


@dataclass(frozen=True, slots=True)
class Trained:
    """The training that holds for a target; `names` are the classes as people know them."""

    target: Target
    state: LearnedState
    examples: int
    figures: dict[str, Any]
    trained_at: datetime
    trained_by: str
    names: dict[str, str]


def ask(session: Session, *, by: Principal) -> None:
    """Have the models of the body trained now. Raises NotAllowed, TrainingAlready."""
    by.require_scope("administer")
    by.require(by.is_administrator, ADMINISTRATORS)
    if is_waiting(session):
        raise TrainingAlready(t("A training is going on. Look again in a minute."))
    outbox.enqueue(session, TASK, body_id=by.body_id, asked_by=by.user_id)
    audit.record(session, "learning.asked", by=by, subject=("body", by.body_id))


def is_waiting(session: Session) -> bool:
    """Whether a training waits or is going on."""
    return outbox.is_open(session, TASK)


@outbox.job(TASK)
def train(run: outbox.Run, *, body_id: int | None = None, asked_by: int | None = None) -> None:
    """Train the models of one body, or of all. Running twice trains twice; the last one holds."""
    # Imported here: scikit-learn takes a second and 100 MB, and only this job needs it.
    from docflow.understanding import training

    office = run.office
    with office.db.read() as session:
        bodies = [body_id] if body_id else list(session.scalars(select(organization.Body.id)))
    for one in bodies:
        for target in Target:
            with office.db.read() as session:
                found = examples(session, one, target)
            trained = training.train([training.Example(*example) for example in found])
            if trained is None:
                figures: dict[str, Any] = {"fewest": training.FEWEST}
                _keep(office, one, target, len(found), None, figures, asked_by)
                continue
            model, measured = trained
            stored = documents.keep(office, learning.packed(model), body_id=one)
            _keep(office, one, target, len(found), stored.sha256, measured.as_json(), asked_by)


def _keep(
    office: Office,
    body_id: int,
    target: Target,
    count: int,
    sha256: str | None,
    figures: dict[str, Any],
    asked_by: int | None,
) -> None:
    state = LearnedState.READY if sha256 else LearnedState.TOO_LITTLE
    with office.db.begin() as session:
        session.add(
            Learned(
                body_id=body_id,
                target=target,
                state=state,
                sha256=sha256,
                examples=count,
                figures=figures,
                trained_by=asked_by,
            )
        )
        audit.record(
            session,
            "learning.done",
            by=system(body_id),
            subject=("body", body_id),
            target=target,
            state=state,
            examples=count,
            sha256=sha256,
            accuracy=figures.get("accuracy"),
        )


def examples(session: Session, body_id: int, target: Target) -> list[tuple[str, str]]:
    """Texts of past entries with their unit's id or kind's code, the newest first."""
    first_page = (
        select(PageText.text)
        .join(File, File.id == PageText.file_id)
        .where(File.entry_id == Entry.id, PageText.page == 1)
        .order_by(File.position)
        .limit(1)
        .scalar_subquery()
    )
    corrected = (
        select(registry.Corrected.fields["subject"].astext)
        .where(registry.Corrected.entry_id == Entry.id)
        .scalar_subquery()
    )
    label = _unit_of() if target is Target.UNIT else _kind_of()
    waits = select(registry.Provisional.entry_id).where(registry.Provisional.described_at.is_(None))
    rows = session.execute(
        select(func.coalesce(corrected, Entry.subject), first_page, label)
        .join(registry.Book, registry.Book.id == Entry.book_id)
        .where(
            Entry.body_id == body_id,
            Entry.direction == registry.Direction.INCOMING,
            Entry.grade == registry.Grade.UNCLASSIFIED,
            ~registry.Book.is_confidential,
            Entry.id.not_in(select(registry.Annulment.entry_id)),
            Entry.id.not_in(waits),
            label.is_not(None),
        )
        .order_by(Entry.id.desc())
        .limit(MOST)
    ).all()
    return [(f"{subject}\n{text or ''}", str(value)) for subject, text, value in rows]


def _unit_of() -> ColumnElement[Any]:
    """The unit to which an entry was charged first for action, else the one it was addressed to."""
    charged = (
        select(routing.Charge.unit_id)
        .where(
            routing.Charge.entry_id == Entry.id,
            routing.Charge.kind == routing.ChargeKind.ACTION,
        )
        .order_by(routing.Charge.id)
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(charged, Entry.addressee_unit_id)


def _kind_of() -> ColumnElement[Any]:
    return (
        select(kinds.Kind.code)
        .join(kinds.EntryKind, kinds.EntryKind.kind_id == kinds.Kind.id)
        .where(kinds.EntryKind.entry_id == Entry.id)
        .scalar_subquery()
    )


def trained(session: Session, *, by: Principal) -> list[Trained]:
    """The trainings that hold, for the administrator's page."""
    by.require(by.is_administrator, ADMINISTRATORS)
    found = []
    for target in Target:
        row = learning.newest(session, by.body_id, target)
        if row is not None:
            found.append(_trained(session, row, by))
    return found


def _trained(session: Session, row: Learned, by: Principal) -> Trained:
    target = Target(row.target)
    if target is Target.UNIT:
        names = {str(unit.id): unit.name for unit in organization.units(session, by.body_id)}
    else:
        known: Sequence[kinds.KindInfo] = kinds.listing(session, by, with_retired=True)
        names = {one.code: one.definition.title(by.language) for one in known}
    person = session.get(organization.User, row.trained_by) if row.trained_by else None
    return Trained(
        target=target,
        state=LearnedState(row.state),
        examples=row.examples,
        figures=row.figures,
        trained_at=row.trained_at,
        trained_by=person.full_name if person else "",
        names=names,
    )


schedule.every(TASK, PAUSE)
