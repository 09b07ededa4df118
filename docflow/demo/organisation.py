"""What the organogram of the demo tells besides its units: posts, an old name, a change to come."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import clock, organization
from docflow.demo.house import House
from docflow.organization import (
    Appointment,
    ChangedUnit,
    Grant,
    NewHead,
    NewUnit,
    Role,
    Unit,
    UnitVersion,
    changes,
    deputies,
    positions,
)

_OLD_NAMES = {"60": ("Τμήμα Κοινωνικών Υπηρεσιών", datetime(2011, 1, 1, tzinfo=UTC))}
_POSTS = (
    ("21", "Προϊστάμενος Τμήματος Δημοτικών Προσόδων", Role.HEAD),
    ("21", "ΠΕ Διοικητικού-Οικονομικού", Role.EMPLOYEE),
    ("30", "ΠΕ Πολιτικών Μηχανικών", Role.EMPLOYEE),
)


def begin(session: Session, house: House) -> None:
    """Posts, one of them vacant; a former name; somebody on leave; a decision for next month."""
    by = house.people["rigas"]
    for code, (name, since) in _OLD_NAMES.items():
        unit = session.get_one(Unit, house.units[code])
        session.add(
            UnitVersion(
                unit_id=unit.id, since=since, code=code, name=name, parent_id=unit.parent_id
            )
        )
    for code, title, role in _POSTS:
        post = positions.begin(session, house.units[code], title, role, by=by)
        post.valid_from = date(2000, 1, 1)
        if role == Role.HEAD:
            _held_by_head(session, house.units[code], post.id)
    today = clock.today()
    deputies.appoint(
        session,
        Appointment(
            person_id=house.people["anagnostou"].person_id,
            deputy_id=house.people["petrou"].person_id,
            valid_from=today,
            valid_to=today + timedelta(days=9),
            authority="Απόφαση Δημάρχου 112/2026",
        ),
        by=by,
    )
    changes.change(
        session,
        [
            NewUnit("31", "Τμήμα Οδοποιίας και Κτιριακών Έργων", "30"),
            ChangedUnit("40", name="Διεύθυνση Περιβάλλοντος"),
            NewHead("31", "makris"),
        ],
        by=by,
        on=(today.replace(day=1) + timedelta(days=32)).replace(day=1),
        authority="Απόφαση Δημοτικού Συμβουλίου 87/2026",
    )


def _held_by_head(session: Session, unit_id: int, position_id: int) -> None:
    grant = session.scalar(
        select(Grant).where(Grant.unit_id == unit_id, Grant.role == organization.Role.HEAD)
    )
    if grant is not None:
        grant.position_id = position_id
