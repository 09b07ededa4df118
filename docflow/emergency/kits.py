"""Kits: emergency numbers reserved while all is well, as paper and as a page that needs nothing.

Their numbers are no numbers of a book: the book goes on without a hole, and each emergency number
is unique in the body for ever, also after further interruptions (DPR 445/2000 art. 63 par. 4, the
model of domain row 23).
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import audit, clock, organization, registry
from docflow.emergency.models import EmergencyEntry, Kit
from docflow.errors import Invalid, NotFound
from docflow.folding import line
from docflow.i18n import t
from docflow.principal import Principal

PREFIX = "ΕΚΤ"  # έκτακτη ανάγκη: before each emergency number, on paper and on the screen
MAX_NUMBERS = 1000
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ONLY_REGISTRAR = t("Only the head of the registry prepares emergency kits.")
_NO_READER = t("Emergency kits are open to the registry and to auditors.")
_ONLY_REGISTRY = t("Only the registry takes the sheets and the page of a kit.")


class NoSuchKit(NotFound):
    """The body has no such emergency kit."""


class BadKit(Invalid):
    """A kit has 1 to 1,000 numbers, of this year or the next, and names its workplace."""


@dataclass(frozen=True, slots=True)
class KitInfo:
    """A kit as it is shown, printed, and compared with what comes back of it."""

    id: int
    body_id: int
    body: str
    book: str
    book_title: str
    year: int
    first_number: int
    last_number: int
    code: str
    secret: str = field(repr=False)
    place: str
    prepared_by: str
    prepared_at: datetime
    used: int

    @property
    def numbers(self) -> int:
        return self.last_number - self.first_number + 1

    @property
    def first_label(self) -> str:
        return label(self.year, self.first_number)

    @property
    def last_label(self) -> str:
        return label(self.year, self.last_number)


def label(year: int, number: int) -> str:
    """An emergency number as people cite it: ΕΚΤ-2026-0007."""
    return f"{PREFIX}-{year}-{number:04}"


def prepare(
    session: Session,
    *,
    by: Principal,
    place: str,
    numbers: int,
    year: int,
    zone: str,
    book: str | None = None,
) -> int:
    """Reserve the next emergency numbers of the year for a workplace; the id of the kit.

    Raises NotAllowed, BadKit, NoSuchBook.
    """
    by.require_scope("register")
    by.require(by.is_registrar, _ONLY_REGISTRAR)
    place = line(place)
    if not 1 <= len(place) <= 200:
        raise BadKit(t("Name the workplace that the kit is for."), field="place")
    if not 1 <= numbers <= MAX_NUMBERS:
        raise BadKit(t("A kit has 1 to {max} numbers.", max=MAX_NUMBERS), field="numbers")
    this_year = clock.today(zone).year
    if year not in (this_year, this_year + 1):
        raise BadKit(t("Prepare kits of this year or the next."), field="year")
    chosen = registry.book_named(session, book, by)
    if chosen.is_confidential:
        raise BadKit(t("The emergency register is kept for ordinary books only."), field="book")
    # The same lock as the guard's: two kits at once get numbers one after the other.
    key = func.hashtextextended(f"emergency-kits:{by.body_id}:{year}", 0)
    session.execute(select(func.pg_advisory_xact_lock(key)))
    last = session.scalar(
        select(func.max(Kit.last_number)).where(Kit.body_id == by.body_id, Kit.year == year)
    )
    kit = Kit(
        body_id=by.body_id,
        book_id=chosen.id,
        year=year,
        first_number=(last or 0) + 1,
        last_number=(last or 0) + numbers,
        code="".join(secrets.choice(_ALPHABET) for _ in range(8)),
        secret=secrets.token_hex(32),
        place=place,
        prepared_by=by.user_id,
        prepared_at=clock.now(),
    )
    session.add(kit)
    session.flush()  # its id, for the event
    audit.record(
        session,
        "emergency.kit-prepared",
        by=by,
        subject=("emergency-kit", kit.id),
        code=kit.code,
        first=label(year, kit.first_number),
        last=label(year, kit.last_number),
        place=place,
    )
    return kit.id


def may_read(by: Principal) -> bool:
    """Whether the person sees kits and periods."""
    return by.is_registrar or by.is_clerk or by.is_auditor


def may_take(by: Principal) -> bool:
    """Whether the person gets sheets and pages of kits."""
    return by.is_registrar or by.is_clerk


def kits(session: Session, *, by: Principal) -> list[KitInfo]:
    """The kits of the body, the newest first."""
    by.require(may_read(by), _NO_READER)
    return _infos(session, by)


def kit(session: Session, kit_id: int, *, by: Principal) -> KitInfo:
    """One kit. Raises NoSuchKit."""
    by.require(may_read(by), _NO_READER)
    found = _infos(session, by, Kit.id == kit_id)
    if not found:
        raise NoSuchKit(t("There is no such emergency kit."))
    return found[0]


def kit_of_code(session: Session, code: str, *, by: Principal) -> KitInfo:
    """The kit with the code that stands on its sheets and in its files. Raises NoSuchKit."""
    by.require(may_read(by), _NO_READER)
    found = _infos(session, by, Kit.code == code)
    if not found:
        raise NoSuchKit(
            t("There is no emergency kit with the code “{code}” here.", code=code[:40]),
            field="file",
        )
    return found[0]


def handed_out(session: Session, kit_id: int, what: str, *, by: Principal) -> KitInfo:
    """Give the kit out to be printed or saved, and record it: whoever holds it can give numbers,
    and with the page's key write a file that is taken for the page's own.

    Raises NotAllowed, NoSuchKit.
    """
    by.require_scope("register")
    by.require(may_take(by), _ONLY_REGISTRY)
    known = kit(session, kit_id, by=by)
    audit.record(
        session,
        "emergency.kit-handed-out",
        by=by,
        subject=("emergency-kit", known.id),
        what=what,
        code=known.code,
    )
    return known


def _infos(session: Session, by: Principal, *conditions: object) -> list[KitInfo]:
    used = (
        select(func.count())
        .select_from(EmergencyEntry)
        .where(EmergencyEntry.kit_id == Kit.id)
        .scalar_subquery()
    )
    query = (
        select(Kit, registry.Book, used)
        .join(registry.Book, registry.Book.id == Kit.book_id)
        .where(Kit.body_id == by.body_id)
        .order_by(Kit.id.desc())
    )
    for condition in conditions:
        query = query.where(condition)  # type: ignore[arg-type]  # conditions on kits
    rows = session.execute(query).all()
    body = organization.body(session, by.body_id).name if rows else ""
    names = organization.names(session, [row[0].prepared_by for row in rows])
    return [
        KitInfo(
            id=found.id,
            body_id=found.body_id,
            body=body,
            book=book.code,
            book_title=book.title,
            year=found.year,
            first_number=found.first_number,
            last_number=found.last_number,
            code=found.code,
            secret=found.secret,
            place=found.place,
            prepared_by=names.get(found.prepared_by or 0, ""),
            prepared_at=found.prepared_at,
            used=count,
        )
        for found, book, count in rows
    ]
