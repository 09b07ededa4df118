"""The catalogue: what a body offers, under headings, by words, and what is asked for most."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from docflow import clock, organization
from docflow.accounts import Level
from docflow.folding import by_name
from docflow.i18n import t
from docflow.services import finding, groups
from docflow.services.definitions import Group, ServiceVersion, Texts, read
from docflow.services.errors import NoSuchService, NoSuchVersion, ServiceWithdrawn
from docflow.services.models import Service, Version, Wording
from docflow.services.newest import newest

POPULAR_DAYS = 90
MOST_POPULAR = 6

Count = Callable[[Session, int, datetime], Mapping[str, int]]
_counts: list[Count] = []


def counted_by(function: Count) -> Count:
    """Have the function say how often each service of a body was asked for since a moment."""
    _counts.append(function)
    return function


@dataclass(frozen=True, slots=True)
class Card:
    """A service in a list. `families` are the codes of its processes, `asked` how often it was
    asked for lately.
    """

    code: str
    titles: Texts
    title: str
    summary: str
    is_electronic: bool
    level: Level
    fee: str
    unit_id: int | None
    unit: str
    families: tuple[str, ...]
    groups: Mapping[str, tuple[Group, ...]]
    asked: int = 0


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the catalogue and how many services stand below it."""

    axis: str
    code: str
    title: str
    count: int


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What a body offers: `cards` as asked for, `headings` by axis and `popular` of everything."""

    cards: tuple[Card, ...]
    headings: Mapping[str, tuple[Heading, ...]]
    popular: tuple[Card, ...]
    total: int

    def heading(self, axis: str, code: str) -> Heading | None:
        found = self.headings.get(axis, ())
        return next((one for one in found if one.code == code), None)


def catalogue(
    session: Session,
    body_id: int,
    language: str,
    *,
    group: tuple[str, str] | None = None,
    text: str = "",
    is_electronic: bool | None = None,
) -> Catalogue:
    """The services on offer by title, or by how well they answer `text`.

    `group` is a heading, as ("interest", "vehicles"); axes are interest, citizens, document, family
    and life.
    """
    everything = _cards(session, body_id, language)
    wanted = everything
    if text.strip():
        order = _found(session, body_id, text)
        by_code = {card.code: card for card in everything}
        wanted = [by_code[code] for code in order if code in by_code]
    if group is not None:
        axis, code = group
        wanted = [card for card in wanted if code in (g.code for g in card.groups.get(axis, ()))]
    if is_electronic is not None:
        wanted = [card for card in wanted if card.is_electronic is is_electronic]
    popular = sorted(
        (card for card in everything if card.asked), key=lambda card: (-card.asked, card.title)
    )
    return Catalogue(
        tuple(wanted),
        _headings(everything, language),
        tuple(popular[:MOST_POPULAR]),
        len(everything),
    )


def deployed(session: Session, body_id: int, code: str) -> ServiceVersion:
    """The version for new applications. Raises NoSuchService, ServiceWithdrawn."""
    row = session.execute(
        _versions().where(
            Service.body_id == body_id,
            Service.code == code,
            Version.id == Service.deployed_id,
        )
    ).first()
    if row is None:
        raise NoSuchService(t("There is no service “{code}”.", code=code[:40]))
    found = _value(session, *row)
    if not found.is_deployed:
        raise ServiceWithdrawn(
            t("The service “{title}” is no longer offered.", title=found.title("el"))
        )
    return found


def version(session: Session, version_id: int) -> ServiceVersion:
    """A version, whatever holds now: what runs stays on it. Raises NoSuchVersion."""
    row = session.execute(_versions().where(Version.id == version_id)).first()
    if row is None:
        raise NoSuchVersion(t("There is no such version of the service."))
    return _value(session, *row)


def may_be_filed(found: ServiceVersion) -> bool:
    """Whether somebody may begin an application by this version."""
    return found.is_deployed and found.is_electronic


def titles(session: Session, body_id: int) -> dict[str, Texts]:
    """The titles of all services that were ever deployed, by code."""
    rows = session.execute(
        select(Service.code, Version.id, Version.service)
        .join(Version, Version.id == Service.deployed_id)
        .where(Service.body_id == body_id)
    ).all()
    words = _words(session, [version_id for _, version_id, _ in rows])
    return {code: {**said, **words.get(version_id, {})}["title"] for code, version_id, said in rows}


def _versions() -> Select[Service, Version]:
    return select(Service, Version).join(Version, Version.service_id == Service.id)


def _value(session: Session, service: Service, found: Version) -> ServiceVersion:
    holds = service.deployed_id == found.id
    return ServiceVersion(
        id=found.id,
        service_id=service.id,
        body_id=service.body_id,
        code=service.code,
        number=found.number,
        digest=found.digest,
        definition=read({**found.service, **newest(session, found.id).words}),
        form=found.form or {},
        process_xml=found.process,
        fee=found.fee,
        unit_id=service.unit_id,
        kind_id=service.kind_id,
        deployed_at=service.deployed_at if holds else None,
        is_deployed=holds and service.withdrawn_at is None,
    )


def _cards(session: Session, body_id: int, language: str) -> list[Card]:
    rows = session.execute(
        select(
            Service.code,
            Service.unit_id,
            Version.id,
            Version.service,
            (Version.process != "").label("is_electronic"),
        )
        .join(Version, Version.id == Service.deployed_id)
        .where(Service.body_id == body_id, Service.withdrawn_at.is_(None))
    ).all()
    words = _words(session, [row.id for row in rows])
    units = organization.unit_names(session, [row.unit_id for row in rows])
    since = clock.now() - timedelta(days=POPULAR_DAYS)
    asked: dict[str, int] = {}
    for count in _counts:
        for code, times in count(session, body_id, since).items():
            asked[code] = asked.get(code, 0) + times
    cards = []
    for row in rows:
        said = read({**row.service, **words.get(row.id, {})})
        families = {code.partition(".")[0]: groups.family(code) for code in said.families}
        cards.append(
            Card(
                code=row.code,
                titles=said.titles,
                title=said.title(language),
                summary=said.summary(language),
                is_electronic=row.is_electronic,
                level=said.level,
                fee=said.fee(language),
                unit_id=row.unit_id,
                unit=units.get(row.unit_id or 0, ""),
                families=said.families,
                groups={**said.groups, "family": tuple(families.values())},
                asked=asked.get(row.code, 0),
            )
        )
    return sorted(cards, key=lambda card: by_name(card.title))


def _words(session: Session, version_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The newest words of each version that has any."""
    rows = session.execute(
        select(Wording.version_id, Wording.words)
        .where(Wording.version_id.in_(version_ids))
        .order_by(Wording.number)
    )
    return {version_id: words for version_id, words in rows}


def _found(session: Session, body_id: int, text: str) -> list[str]:
    asked = finding.query(session, text)
    if asked is None:
        return []
    rows = session.scalars(
        select(Service.code)
        .where(Service.body_id == body_id, Service.vector.op("@@")(asked))
        .order_by(finding.rank(Service.__table__.c.vector, asked).desc(), Service.code)
    )
    return list(rows)


def _headings(cards: Sequence[Card], language: str) -> dict[str, tuple[Heading, ...]]:
    found: dict[str, dict[str, list[Group]]] = {axis: {} for axis in groups.AXES}
    for card in cards:
        for axis, stands in card.groups.items():
            for group in stands:
                found[axis].setdefault(group.code, []).append(groups.titled(axis, group))
    return {
        axis: tuple(
            sorted(
                (
                    Heading(axis, code, several[0].title(language), len(several))
                    for code, several in by_code.items()
                ),
                key=lambda heading: by_name(heading.title),
            )
        )
        for axis, by_code in found.items()
    }
