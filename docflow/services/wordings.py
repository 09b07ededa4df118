"""What the office says of a service in place of its folder: effective at once, in versions.

A service keeps its form, process and fee; the words that citizens read are the office's. They are
of one version: the next folder brings its own (`keeping.export` gives a folder that has them).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, canonical, organization
from docflow.i18n import t
from docflow.principal import Principal
from docflow.services import checking
from docflow.services.errors import BadWording, NoSuchService, ServiceChanged
from docflow.services.models import Service, Version, Wording
from docflow.services.newest import Words, moment, newest, reindex

KEYS = ("title", "summary", "description", "papers", "fee", "keywords", "legal_basis")
"""The keys of `service.json` that are words alone."""


@dataclass(frozen=True, slots=True)
class Written:
    """One time that somebody wrote them."""

    number: int
    who: str
    at: datetime
    words: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Current:
    """What citizens read of a service now, with what a form carries to say what it saw."""

    version_id: int
    number: int
    words: Mapping[str, Any]


def words(session: Session, code: str, *, by: Principal) -> Current:
    """The words of the service, for who may write them. Raises NotAllowed, NoSuchService."""
    service = session.scalar(
        select(Service).where(Service.body_id == by.body_id, Service.code == code)
    )
    if service is None or service.deployed_id is None:
        raise NoSuchService(t("There is no service “{code}”.", code=code[:40]))
    writer(by, service.unit_id)
    version = session.get_one(Version, service.deployed_id)
    now = newest(session, version.id)
    return Current(version.id, now.number, _held(version, now))


def write(
    session: Session, code: str, said: Mapping[str, Any], *, seen: tuple[int, int], by: Principal
) -> None:
    """Say these words of the service from now on: keys as in `service.json`, each as a whole.

    An empty object takes out a text that may be left out. `seen` are the version's id and the
    number of the words that the person saw. Nothing is written where nothing changed. Raises
    NotAllowed, NoSuchService, BadWording with the place as its field, ServiceChanged with who wrote
    meanwhile.
    """
    service = session.scalar(
        select(Service)
        .where(Service.body_id == by.body_id, Service.code == code)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if service is None or service.deployed_id is None:
        raise NoSuchService(t("There is no service “{code}”.", code=code[:40]))
    by = writer(by, service.unit_id)
    version = session.get_one(Version, service.deployed_id)
    now = newest(session, version.id)
    if seen != (version.id, now.number):
        raise ServiceChanged(_who_changed(session, version.id, now))
    before = _held(version, now)
    clean = {key: said[key] if key in said else before[key] for key in {**before, **said}}
    if strange := set(said) - set(KEYS):
        raise BadWording(t("Only words can be written here."), field=min(strange))
    place = checking.word_fault(checking.merged(version.service, clean))
    if place is not None:
        raise BadWording(place.message, field=place.at)
    if clean == before:
        return
    session.add(
        Wording(version_id=version.id, number=now.number + 1, words=clean, written_by=by.user_id)
    )
    session.flush()  # the index asks for the newest words
    reindex(session, service)
    audit.record(
        session,
        "service.words-written",
        by=by,
        subject=("service", service.id),
        code=service.code,
        version=version.number,
        number=now.number + 1,
        digest=canonical.digest(clean),
    )


def history(session: Session, version_id: int) -> list[Written]:
    """Who wrote words of the version and when, the last first."""
    rows = session.scalars(
        select(Wording).where(Wording.version_id == version_id).order_by(Wording.number.desc())
    ).all()
    people = organization.names(session, [row.written_by for row in rows])
    return [
        Written(row.number, people.get(row.written_by or 0, ""), row.written_at, row.words)
        for row in rows
    ]


def may_write(by: Principal, unit_id: int | None) -> bool:
    """Whether the person writes of what belongs to this unit; None is the body as a whole.

    The administrator, the head of the unit or of one above and whoever stands in for one, and of
    what is the body's the registrar.
    """
    if by.is_administrator:
        return True
    if unit_id is None:
        return by.is_registrar
    return by.heads(unit_id) or by.heads_for(unit_id) is not None


def writer(by: Principal, unit_id: int | None) -> Principal:
    """The person as the one who writes of this unit, in whose place if so. Raises NotAllowed."""
    by.require_scope("administer")
    by.require(
        may_write(by, unit_id),
        t("The head of the competent unit, or the administrator, writes this."),
    )
    own = by.is_administrator or unit_id is None
    return by if own else by.on_behalf(by.heads_for(unit_id))


def _held(version: Version, now: Words) -> dict[str, Any]:
    said = {**version.service, **now.words}
    return {key: said[key] for key in KEYS if key in said}


def _who_changed(session: Session, version_id: int, now: Words) -> Any:
    last = next(iter(history(session, version_id)), None)
    if last is None or not now.number:
        return t("The service has a new version since. Look at it, and write again.")
    return t(
        "{who} wrote here on {when}. What you typed is kept below; compare, and save again.",
        who=last.who or "Docflow",
        when=moment(last.at),
    )
