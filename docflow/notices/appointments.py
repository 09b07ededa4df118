"""Who is to act for a colleague is told so."""

from collections.abc import Mapping, Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from docflow import organization
from docflow.i18n import t
from docflow.notices.kinds import NoticeKind
from docflow.notices.subjects import Subject, describes
from docflow.notices.telling import tell
from docflow.organization import Deputy, deputies
from docflow.principal import Principal


@deputies.after_appointment
def tell_deputy(session: Session, row: Deputy, by: Principal) -> None:
    """The deputy, and the person himself where another appointed for him."""
    told = [row.deputy_id, row.person_id]
    tell(session, told, kind=NoticeKind.DEPUTY, about=("deputy", row.id), by=by)


@describes("deputy")
def describe(session: Session, ids: Sequence[int], by: Principal) -> Mapping[int, Subject]:
    """The appointments of the person, as deputy or as the one who is away."""
    mine = or_(Deputy.deputy_id == by.user_id, Deputy.person_id == by.user_id)
    rows = session.scalars(select(Deputy).where(Deputy.id.in_(ids), mine)).all()
    called = organization.names(
        session, (i for one in rows for i in (one.person_id, one.deputy_id))
    )
    return {
        row.id: Subject(
            name=t(
                "{deputy} for {person}, {start} to {end}",
                deputy=called.get(row.deputy_id, ""),
                person=called.get(row.person_id, ""),
                start=f"{row.valid_from:%d/%m/%Y}",
                end=f"{row.valid_to:%d/%m/%Y}",
            ),
            page="/deputies",
        )
        for row in rows
    }
