"""/api/v1/users and /api/v1/bodies: accounts by hand, their roles, the end of a service; bodies."""

from datetime import date

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import TheOffice
from api.v1.fields import Body, Code, Day, Id, Line, Needed
from api.v1.security import Administrator
from docflow import organization, registry
from docflow.i18n import t
from docflow.organization import (
    Account,
    AccountData,
    BodyData,
    Place,
    accounts,
    leaving,
    legal_bodies,
    oidc,
    passwords,
    roles,
)
from docflow.principal import Role

router = APIRouter(tags=["accounts and bodies"])


class AccountBody(Body):
    """Who somebody is. `title` stands under his signature."""

    full_name: Needed = Field(examples=["Μαρία Νικολάου"])
    title: Line = Field("", examples=["Ο Δήμαρχος"])
    email: Line = ""
    language: str = Field("el", pattern="^(el|en)$")

    def value(self) -> AccountData:
        return AccountData(self.full_name, self.title, self.email, self.language)


class NewAccount(AccountBody):
    username: Code = Field(examples=["nikolaou"])
    logs_in: str = Field(
        "password",
        pattern="^(password|provider|never)$",
        description="With a password (made here, in the answer, changed at the first login), "
        "through the identity provider, or never: a technical account.",
    )


class GrantBody(Body):
    """A role; clerk, head and employee belong to a unit. A new head follows the one before."""

    role: Role
    unit_id: Id | None = None
    valid_from: Day | None = None
    valid_to: Day | None = None


class PlaceBody(Body):
    """A unit, or a person in it."""

    unit_id: Id
    user_id: Id | None = None

    def place(self) -> Place:
        return Place(self.unit_id, self.user_id)


class EndBody(Body):
    """The last day of somebody's service; a day that is over closes the account at once."""

    last_day: Day
    work_to: PlaceBody | None = Field(None, description="Who takes over what is open.")
    placements: dict[str, PlaceBody] = Field(default_factory=dict, max_length=5000)


class GrantShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    role: Role
    unit_id: int | None
    unit: str
    valid_from: date
    valid_to: date | None
    is_valid: bool


class AccountShape(BaseModel):
    """An account with its roles, those that ended among them."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    username: str
    full_name: str
    title: str
    email: str
    state: str = Field(description="active, locked, closed or technical.")
    service_ends_on: date | None
    grants: list[GrantShape]
    password: str | None = Field(None, description="For the first login; only in this answer.")


class AccountList(BaseModel):
    items: list[AccountShape]


class PasswordShape(BaseModel):
    password: str = Field(description="Good for one login; shown this once.")


@router.get("/users")
def listing(
    by: Administrator,
    office: TheOffice,
    q: str = Query("", max_length=100, description="Part of name or user name."),
    closed: bool = False,
) -> AccountList:
    """The accounts of the body by name."""
    with office.db.read() as session:
        found = accounts.listing(session, by=by, query=q.replace("\0", ""), with_closed=closed)
    return AccountList(items=[AccountShape.model_validate(one) for one in found])


@router.post("/users", status_code=201)
def create(body: NewAccount, by: Administrator, office: TheOffice) -> AccountShape:
    """Make an account without roles."""
    password = passwords.random_password() if body.logs_in == "password" else None
    through = body.logs_in == "provider" and oidc.is_offered(office.settings)
    with office.db.begin() as session:
        user = accounts.create(
            session,
            body.username,
            body.value(),
            by=by,
            password=password,
            issuer=office.settings.oidc_issuer if through else None,
        )
        made = _shape(accounts.one(session, user.id, by=by))
    return made.model_copy(update={"password": password})


@router.get("/users/{user_id}")
def show(user_id: Id, by: Administrator, office: TheOffice) -> AccountShape:
    """An account."""
    with office.db.read() as session:
        return _shape(accounts.one(session, user_id, by=by))


@router.put("/users/{user_id}")
def change(user_id: Id, body: AccountBody, by: Administrator, office: TheOffice) -> AccountShape:
    """Say anew who somebody is. What he signed keeps the title of then."""
    with office.db.begin() as session:
        accounts.change(session, user_id, body.value(), by=by)
        session.flush()  # what the answer reads again
        return _shape(accounts.one(session, user_id, by=by))


@router.post("/users/{user_id}/roles", status_code=201)
def give_role(user_id: Id, body: GrantBody, by: Administrator, office: TheOffice) -> AccountShape:
    """Give a role from day to day; nobody gives himself one."""
    with office.db.begin() as session:
        roles.give(
            session,
            user_id,
            body.role,
            by=by,
            unit_id=body.unit_id,
            valid_from=body.valid_from,
            valid_to=body.valid_to,
        )
        return _shape(accounts.one(session, user_id, by=by))


@router.delete("/users/{user_id}/roles/{grant_id}", status_code=204)
def take_role(user_id: Id, grant_id: Id, by: Administrator, office: TheOffice) -> Response:
    """End a role today."""
    with office.db.begin() as session:
        roles.take(session, user_id, grant_id, by=by)
    return Response(status_code=204)


@router.post("/users/{user_id}/lock")
def lock(user_id: Id, by: Administrator, office: TheOffice) -> AccountShape:
    """Lock somebody out at once; his work stays, and his head can give it to others."""
    with office.db.begin() as session:
        accounts.lock(session, user_id, by=by)
        session.flush()  # what the answer reads again
        return _shape(accounts.one(session, user_id, by=by))


@router.post("/users/{user_id}/unlock")
def unlock(user_id: Id, by: Administrator, office: TheOffice) -> AccountShape:
    """Take a lock away."""
    with office.db.begin() as session:
        accounts.unlock(session, user_id, by=by)
        session.flush()  # what the answer reads again
        return _shape(accounts.one(session, user_id, by=by))


@router.post("/users/{user_id}/password")
def new_password(user_id: Id, by: Administrator, office: TheOffice) -> PasswordShape:
    """A password to hand over; the person must choose his own at the first login."""
    with office.db.begin() as session:
        return PasswordShape(password=accounts.new_password(session, user_id, by=by))


@router.post("/users/{user_id}/provider")
def move_to_provider(user_id: Id, by: Administrator, office: TheOffice) -> AccountShape:
    """From now on the person logs in through the identity provider; his password is gone."""
    issuer = office.settings.oidc_issuer
    if issuer is None or not oidc.is_offered(office.settings):
        raise oidc.ProviderRefused(t("This installation has no identity provider."))
    with office.db.begin() as session:
        accounts.move_to_provider(session, user_id, issuer, by=by)
        session.flush()  # what the answer reads again
        return _shape(accounts.one(session, user_id, by=by))


@router.post("/users/{user_id}/end")
def end_service(user_id: Id, body: EndBody, by: Administrator, office: TheOffice) -> AccountShape:
    """End somebody's service. With open work and nobody to take it over: 409."""
    with office.db.begin() as session:
        leaving.end_service(
            session,
            user_id,
            by=by,
            last_day=body.last_day,
            work_to=body.work_to.place() if body.work_to else None,
            placements={key: one.place() for key, one in body.placements.items()},
        )
        session.flush()  # what the answer reads again
        return _shape(accounts.one(session, user_id, by=by))


def _shape(account: Account) -> AccountShape:
    return AccountShape.model_validate(account)


class BodyBody(Body):
    """What stands on the paper of a body."""

    name: Needed = Field(examples=["ΔΕΥΑ Παραδείγματος"])
    letterhead: list[Line] = Field(default_factory=lambda: ["ΕΛΛΗΝΙΚΗ ΔΗΜΟΚΡΑΤΙΑ"], max_length=20)
    city: Line = ""
    address: Line = ""
    phone: Line = ""
    email: Line = ""
    website: Line = ""

    def data(self) -> BodyData:
        return BodyData(
            self.name,
            tuple(self.letterhead),
            self.city,
            self.address,
            self.phone,
            self.email,
            self.website,
        )


class NewBody(BodyBody):
    """With its secretariat, its two books, and the account of its first administrator."""

    code: Code = Field(examples=["deya"])
    secretariat: Line = registry.new_bodies.SECRETARIAT
    administrator: Code = Field(examples=["deya-admin"], description="His user name.")
    administrator_name: Needed


class BodyShape(BaseModel):
    id: int
    code: str
    name: str
    letterhead: list[str]
    city: str
    address: str
    phone: str
    email: str
    website: str
    password: str | None = Field(None, description="Of its administrator; only in this answer.")


class BodyList(BaseModel):
    items: list[BodyShape]


@router.get("/bodies")
def all_bodies(by: Administrator, office: TheOffice) -> BodyList:
    """All bodies to who opens them, else the caller's own."""
    with office.db.read() as session:
        found = [
            one for one in organization.bodies(session) if by.opens_bodies or one.id == by.body_id
        ]
        return BodyList(items=[_body(one) for one in found])


@router.post("/bodies", status_code=201)
def open_body(body: NewBody, by: Administrator, office: TheOffice) -> BodyShape:
    """Open a body with books and users of its own; by an administrator of the installation."""
    password = passwords.random_password()
    first = registry.new_bodies.FirstAdministrator(
        body.administrator, body.administrator_name, password
    )
    with office.db.begin() as session:
        row = registry.new_bodies.begin(
            session, body.code, body.data(), first, by=by, secretariat=body.secretariat
        )
        return _body(row).model_copy(update={"password": password})


@router.put("/bodies/{body_id}")
def change_body(body_id: Id, body: BodyBody, by: Administrator, office: TheOffice) -> BodyShape:
    """Say anew what stands on paper from now on."""
    with office.db.begin() as session:
        return _body(legal_bodies.change(session, body_id, body.data(), by=by))


def _body(row: organization.Body) -> BodyShape:
    said = legal_bodies.data_of(row)
    return BodyShape(
        id=row.id,
        code=row.code,
        name=said.name,
        letterhead=list(said.letterhead),
        city=said.city,
        address=said.address,
        phone=said.phone,
        email=said.email,
        website=said.website,
        password=None,
    )
