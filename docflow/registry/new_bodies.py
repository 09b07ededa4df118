"""A new body that can begin to register: its secretariat, its two books, its administrator."""

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from docflow import audit, clock, organization
from docflow.organization import AccountData, Body, BodyData, Role, Unit, accounts, legal_bodies
from docflow.principal import Principal
from docflow.registry.models import Book

COMMON, CONFIDENTIAL = "koino", "empisteftiko"
SECRETARIAT = "Τμήμα Γραμματείας και Πρωτοκόλλου"


@dataclass(frozen=True, slots=True)
class FirstAdministrator:
    """Who administers the new body; the password is handed over and changed at the first login."""

    username: str
    full_name: str
    password: str


def begin(
    session: Session,
    code: str,
    data: BodyData,
    administrator: FirstAdministrator,
    *,
    by: Principal,
    secretariat: str = SECRETARIAT,
) -> Body:
    """Open a body with books and users of its own, by an administrator of the installation.

    Raises NotAllowed, BadBody, BodyCodeTaken, BadAccount, BadPassword, UsernameTaken.
    """
    body = legal_bodies.begin(session, code, data, by=by)
    furnish(session, body, secretariat=secretariat)
    # Within the new body, which has nobody yet who could do it.
    within = replace(by, body_id=body.id, roles=by.roles | {Role.ADMINISTRATOR})
    user = accounts.create(
        session,
        administrator.username,
        AccountData(administrator.full_name),
        by=within,
        password=administrator.password,
    )
    organization.grant(session, user, Role.ADMINISTRATOR, valid_from=clock.today())
    audit.record(
        session,
        "user.role-given",
        by=within,
        subject=("user", user.id),
        role=Role.ADMINISTRATOR,
    )
    return body


def furnish(session: Session, body: Body, *, secretariat: str) -> Unit:
    """The unit where new entries land, and the two books that every body keeps."""
    unit = Unit(body_id=body.id, code="1", name=secretariat, valid_from=clock.today())
    session.add(unit)
    session.flush()  # its id, for the body
    body.secretariat_id = unit.id
    session.add_all(
        [
            Book(body_id=body.id, code=COMMON, title="Κοινό Πρωτόκολλο", is_default=True),
            Book(
                body_id=body.id,
                code=CONFIDENTIAL,
                title="Εμπιστευτικό Πρωτόκολλο",
                is_confidential=True,
            ),
        ]
    )
    session.flush()
    return unit
