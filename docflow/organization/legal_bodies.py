"""The bodies of an installation: what they say of themselves on paper, and who may open them."""

import re
from dataclasses import asdict, dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit
from docflow.errors import Conflict, Invalid
from docflow.folding import line
from docflow.i18n import t
from docflow.organization.models import Body
from docflow.organization.service import NoSuchBody
from docflow.principal import Principal

_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_MAX, _MAX_LINES = 200, 6


class BadBody(Invalid):
    """The body cannot be like this."""


class BodyCodeTaken(Conflict):
    """Another body has this code."""


@dataclass(frozen=True, slots=True)
class BodyData:
    """What stands on the paper of a body: the lines above its name, its address."""

    name: str
    letterhead: tuple[str, ...] = ("ΕΛΛΗΝΙΚΗ ΔΗΜΟΚΡΑΤΙΑ",)
    city: str = ""
    address: str = ""
    phone: str = ""
    email: str = ""
    website: str = ""


def data_of(body: Body) -> BodyData:
    """As it stands."""
    return BodyData(
        name=body.name,
        letterhead=tuple(str(one) for one in body.letterhead),
        city=body.city,
        address=body.address,
        phone=body.phone,
        email=body.email,
        website=body.website,
    )


def begin(session: Session, code: str, data: BodyData, *, by: Principal) -> Body:
    """A new body, still without units and books; see `registry.opening`.

    Raises NotAllowed, BadBody, BodyCodeTaken.
    """
    require_may_open(by)
    clean, data = code.strip().lower(), checked(data)
    if not _CODE.fullmatch(clean):
        raise BadBody(t("A code has 1 to 40 small Latin letters, digits and dashes."), field="code")
    if session.scalar(select(Body.id).where(Body.code == clean)) is not None:
        raise BodyCodeTaken(t("There is a body with the code {code} already.", code=clean))
    body = Body(code=clean, **{**asdict(data), "letterhead": list(data.letterhead)})
    session.add(body)
    session.flush()  # its id, for what follows
    audit.record(
        session,
        "body.created",
        by=replace(by, body_id=body.id),
        subject=("body", body.id),
        name=data.name,
    )
    return body


def change(session: Session, body_id: int, data: BodyData, *, by: Principal) -> Body:
    """Say anew what stands on paper from now on; what was printed stays as it was.

    By an administrator of the body, or of the installation. Raises NotAllowed, NoSuchBody, BadBody.
    """
    by.require_scope("administer")
    own = by.is_administrator and by.body_id == body_id
    by.require(own or by.opens_bodies, t("Only an administrator changes the body."))
    clean = checked(data)
    row = session.scalar(
        select(Body)
        .where(Body.id == body_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NoSuchBody(t("There is no such body."))
    before, after = data_of(row), clean
    for name, value in asdict(after).items():
        setattr(row, name, list(value) if name == "letterhead" else value)
    changed = [name for name, value in asdict(after).items() if asdict(before)[name] != value]
    if changed:
        audit.record(
            session,
            "body.changed",
            by=replace(by, body_id=row.id),
            subject=("body", row.id),
            fields=changed,
        )
    return row


def require_may_open(by: Principal) -> None:
    by.require_scope("administer")
    by.require(by.opens_bodies, t("Only an administrator of the installation opens bodies."))


def checked(data: BodyData) -> BodyData:
    """Cleaned. Raises BadBody."""
    texts = {name: line(value) for name, value in asdict(data).items() if isinstance(value, str)}
    if len(texts["name"]) < 2:
        raise BadBody(t("Write the name of the body."), field="name")
    for name, value in texts.items():
        if len(value) > _MAX:
            raise BadBody(t("At most {max} characters fit here.", max=_MAX), field=name)
    lines = tuple(filter(None, (line(one)[:_MAX] for one in data.letterhead)))
    if len(lines) > _MAX_LINES:
        raise BadBody(
            t("At most {n} lines stand above the name.", n=_MAX_LINES), field="letterhead"
        )
    return BodyData(**texts, letterhead=lines)
