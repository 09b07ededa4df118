"""The demo's registry is prepared: one emergency kit lies at its counter."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import clock, emergency, organization
from docflow.principal import Role


def prepare(session: Session, *, zone: str) -> None:
    """Fifty numbers of this year, reserved by the head of the registry."""
    user_id = session.scalars(
        select(organization.Grant.user_id).where(organization.Grant.role == Role.REGISTRAR).limit(1)
    ).one()
    emergency.prepare(
        session,
        by=organization.principal(session, user_id, via=organization.Via.WEB),
        place="Γκισέ πρωτοκόλλου, ισόγειο",
        numbers=50,
        year=clock.today(zone).year,
        zone=zone,
    )
