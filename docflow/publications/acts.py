"""The public list of acts: search, filters, one act at its permanent address, and its file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, extract, func, select
from sqlalchemy.orm import Session

from docflow import circulation, organization, registry, signatures
from docflow.folding import fold
from docflow.i18n import t
from docflow.publications.models import Publication
from docflow.publications.service import NoSuchPublication, copy_of

PAGE_SIZE = 20
FEED_SIZE = 50
_MOST_WORDS = 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a visitor looks for."""

    words: str = ""
    year: int | None = None
    unit_id: int | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """A public act."""

    id: int
    number: str
    ada: str
    subject: str
    kind: str
    unit: str
    acted_on: date
    published_at: datetime
    changed_at: datetime
    is_annulled: bool
    withdrawn_at: datetime | None = None
    withdrawal_reason: str = ""
    code: str = ""  # of the check of the document, as it is printed on it
    corrected_by: int | None = None  # the public act that replaces it (ορθή επανάληψη)


@dataclass(frozen=True, slots=True)
class Acts:
    """A page of the list, with what can be chosen."""

    lines: Sequence[Act]
    total: int
    years: Sequence[int]
    units: Sequence[tuple[int, str]]
    kinds: Sequence[str]


def acts(session: Session, body_id: int, wanted: Wanted, *, start: int = 0) -> Acts:
    """What stands on the public pages, the newest act first."""
    found = [*_standing(body_id), *_conditions(wanted)]
    rows = session.scalars(
        select(Publication)
        .where(*found)
        .order_by(Publication.acted_on.desc(), Publication.id.desc())
        .offset(start)
        .limit(PAGE_SIZE)
    ).all()
    total = session.scalar(select(func.count()).select_from(Publication).where(*found)) or 0
    year = extract("year", Publication.acted_on)
    standing = _standing(body_id)
    units = session.execute(
        select(organization.Unit.id, organization.Unit.name)
        .where(organization.Unit.id.in_(select(Publication.unit_id).where(*standing)))
        .order_by(organization.Unit.name)
    ).all()
    return Acts(
        lines=_told(session, rows),
        total=total,
        years=[
            int(one)
            for one in session.scalars(
                select(year).where(*standing).distinct().order_by(year.desc())
            )
        ],
        units=[(unit_id, name) for unit_id, name in units],
        kinds=session.scalars(
            select(Publication.kind)
            .where(*standing, Publication.kind != "")
            .distinct()
            .order_by(Publication.kind)
        ).all(),
    )


def feed(session: Session, body_id: int, wanted: Wanted) -> list[Act]:
    """What was published, annulled or changed last, for the feeds."""
    rows = session.scalars(
        select(Publication)
        .where(*_standing(body_id), *_conditions(wanted))
        .order_by(Publication.changed_at.desc(), Publication.id.desc())
        .limit(FEED_SIZE)
    ).all()
    return _told(session, rows)


def act(session: Session, body_id: int, publication_id: int) -> Act:
    """One act, withdrawn ones too. Raises NoSuchPublication."""
    row = _row(session, body_id, publication_id)
    [told] = _told(session, [row])
    return told


def file(session: Session, body_id: int, publication_id: int) -> tuple[str, str]:
    """Name and SHA-256 of the act's exact copy. Raises NoSuchPublication, also where withdrawn."""
    row = _row(session, body_id, publication_id)
    copy = copy_of(session, row.entry_id)
    if row.withdrawn_at is not None or copy is None or _is_erased(session, row):
        raise NoSuchPublication(t("This act is not public any more."))
    return copy.name, signatures.lasting.current(session, copy.sha256)


def _row(session: Session, body_id: int, publication_id: int) -> Publication:
    row = session.get(Publication, publication_id)
    if row is None or row.body_id != body_id:
        raise NoSuchPublication(t("There is no such act. Look for it in the list."))
    return row


def _is_erased(session: Session, row: Publication) -> bool:
    return bool(session.scalar(select(func.is_erased(row.entry_id))))


def _standing(body_id: int) -> list[ColumnElement[bool]]:
    return [
        Publication.body_id == body_id,
        Publication.withdrawn_at.is_(None),
        Publication.folded != "",
    ]


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        Publication.folded.contains(word, autoescape=True)
        for word in fold(wanted.words).split()[:_MOST_WORDS]
    ]
    if wanted.year is not None:
        found.append(extract("year", Publication.acted_on) == wanted.year)
    if wanted.unit_id is not None:
        found.append(Publication.unit_id == wanted.unit_id)
    if wanted.kind:
        found.append(Publication.kind == wanted.kind)
    return found


def _told(session: Session, rows: Sequence[Publication]) -> list[Act]:
    ids = [row.entry_id for row in rows]
    entries = {
        one.id: one
        for one in session.scalars(select(registry.Entry).where(registry.Entry.id.in_(ids)))
    }
    annulled = set(
        session.scalars(
            select(registry.Annulment.entry_id).where(registry.Annulment.entry_id.in_(ids))
        )
    )
    units = {
        unit.id: unit.name
        for unit in session.scalars(
            select(organization.Unit).where(
                organization.Unit.id.in_([row.unit_id for row in rows if row.unit_id])
            )
        )
    }
    corrected = _corrected(session, ids)
    return [
        Act(
            id=row.id,
            number=entries[row.entry_id].label,
            ada=row.ada,
            subject=row.subject,
            kind=row.kind,
            unit=units.get(row.unit_id or 0, ""),
            acted_on=row.acted_on,
            published_at=row.published_at,
            changed_at=row.changed_at,
            is_annulled=row.entry_id in annulled,
            withdrawn_at=row.withdrawn_at,
            withdrawal_reason=row.withdrawal_reason,
            code=registry.codes.shown(entries[row.entry_id].verification_code),
            corrected_by=corrected.get(row.entry_id),
        )
        for row in rows
    ]


def _corrected(session: Session, entry_ids: Sequence[int]) -> dict[int, int]:
    """The public act that replaces an entry, where there is one."""
    rows = session.execute(
        select(circulation.Draft.corrects_id, Publication.id)
        .join(Publication, Publication.entry_id == circulation.Draft.entry_id)
        .where(circulation.Draft.corrects_id.in_(entry_ids), Publication.withdrawn_at.is_(None))
    ).all()
    return {corrects: publication for corrects, publication in rows if corrects is not None}
