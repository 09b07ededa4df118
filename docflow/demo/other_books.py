"""A thematic book of decisions with numbers promised to the council, and today's arrivals."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import clock, organization, registry
from docflow.principal import Principal, Role
from docflow.registry import DeliveryMethod, Direction, Policy, arrivals

DECISIONS = "apofaseis"


def begin(session: Session, *, zone: str) -> None:
    """The book, three reserved numbers in it, and two items that wait at the counter."""
    registry.books.create(
        session,
        code=DECISIONS,
        title="Πρωτόκολλο Αποφάσεων",
        kind=registry.books.BookKind.THEMATIC,
        policy=Policy(mask="ΑΠ-{n:04}/{year}"),
        by=_with(session, Role.ADMINISTRATOR),
    )
    clerk = _with(session, Role.CLERK)
    today = clock.today(zone)
    registry.reservations.reserve(
        session,
        DECISIONS,
        direction=Direction.INTERNAL,
        count=3,
        reason="Αποφάσεις της επόμενης συνεδρίασης του Δημοτικού Συμβουλίου",
        last_day=min(today + timedelta(days=10), date(today.year, 12, 31)),
        by=clerk,
        zone=zone,
    )
    for new in (
        arrivals.NewArrival(
            DeliveryMethod.COURIER,
            sender_name="Τεχνική Κατασκευαστική Α.Ε.",
            note="Κλειστός φάκελος προσφοράς",
            is_openable=False,
        ),
        arrivals.NewArrival(DeliveryMethod.REGISTERED_POST, delivery_detail="RE482019375GR"),
    ):
        arrivals.arrive(session, new, by=clerk, zone=zone)


def _with(session: Session, role: Role) -> Principal:
    """Somebody of the house who has the role."""
    user_id = session.scalars(
        select(organization.Grant.user_id)
        .where(organization.Grant.role == role)
        .order_by(organization.Grant.id)
        .limit(1)
    ).one()
    return organization.principal(session, user_id, via=organization.Via.WEB)
