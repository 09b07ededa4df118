"""Open case files move with the house: to the unit that succeeds, or the person who takes over."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from docflow import audit
from docflow.case_files.models import CaseFile
from docflow.case_files.opening import touch
from docflow.i18n import t
from docflow.organization import Carrier, OpenItem, Place, work
from docflow.principal import Principal

CASE_FILE = "case-file"


def _open(session: Session, where: ColumnElement[bool]) -> list[OpenItem]:
    rows = session.scalars(select(CaseFile).where(CaseFile.closed_at.is_(None), where)).all()
    return [
        OpenItem(
            CASE_FILE,
            row.id,
            row.code,
            row.unit_id,
            row.responsible_id,
            row.opened_at,
            row.is_confidential,
        )
        for row in rows
    ]


def _of_units(session: Session, unit_ids: Collection[int]) -> Sequence[OpenItem]:
    return _open(session, CaseFile.unit_id.in_(unit_ids))


def _of_person(session: Session, user_id: int) -> Sequence[OpenItem]:
    return _open(session, CaseFile.responsible_id == user_id)


def _move(session: Session, item: OpenItem, to: Place, by: Principal) -> None:
    """Another unit's file; responsible is whoever was named, or nobody till the unit says who."""
    file = session.scalar(
        select(CaseFile)
        .where(CaseFile.id == item.id, CaseFile.closed_at.is_(None))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if file is None:
        return
    file.unit_id, file.responsible_id = to.unit_id, to.user_id
    touch(file, by)
    audit.record(
        session,
        "case-file.changed",
        by=by,
        subject=("case-file", file.id),
        fields=["responsible_id", "unit_id"],
        unit=to.unit_id,
        person=to.user_id,
    )


work.carried_by(
    Carrier(
        name=CASE_FILE,
        title=t("Open case files"),
        of_units=_of_units,
        of_person=_of_person,
        move=_move,
    )
)
