"""The declaration that closes a year: what it says, its paper, its seal and signature."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

import signing
from docflow import clock, organization, printing, registry
from docflow.closings import content as contents
from docflow.closings import sealing, trail
from docflow.closings.making import NotSealed
from docflow.i18n import DEFAULT_LANGUAGE, Text, t
from docflow.office import Office
from docflow.principal import Principal
from docflow.registry import Book
from docflow.words import word


@dataclass(frozen=True, slots=True)
class Listed:
    """A number of a list, with its reason; without it where the entry is restricted."""

    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class Preparation:
    """What stands in a book's year, and what is in the way of its closing."""

    book: Book
    year: int
    entries: int
    by_direction: dict[str, int]
    series: tuple[tuple[str, int, int, int], ...]  # series, first, last, how many
    annulled: tuple[Listed, ...]
    unused: tuple[Listed, ...]  # reservations that the closing turns into annulled numbers
    days: int
    days_since: date | None  # where the year has entries before its book had daily registers
    last_digest: str  # of the last daily register of the year
    obstacles: tuple[Text, ...]
    closed_at: datetime | None

    @property
    def is_ready(self) -> bool:
        return not self.obstacles and self.closed_at is None


def content_of(
    session: Session,
    ready: Preparation,
    by: Principal,
    *,
    trail_of: contents.Content | None = None,
) -> contents.Content:
    """What the declaration says; `trail_of` lends the head of the trail of an earlier content."""
    head = trail_of["trail"] if trail_of else trail.head(session, by.body_id)
    body = organization.body(session, by.body_id)
    return {
        "form": contents.FORM,
        "identifier": f"{body.code}-{ready.book.code}-{ready.year}",
        "book": ready.book.code,
        "year": ready.year,
        "entries": ready.entries,
        "by_direction": ready.by_direction,
        "series": [list(one) for one in ready.series],
        "annulled": [[one.label, one.reason] for one in ready.annulled],
        "unused": [[one.label, one.reason] for one in ready.unused],
        "days": ready.days,
        "days_since": ready.days_since.isoformat() if ready.days_since else None,
        "last_digest": ready.last_digest,
        "declared_by": by.person_id,
        "trail": head,
    }


def printed_of(
    session: Session,
    office: Office,
    ready: Preparation,
    content: contents.Content,
    by: Principal,
) -> printing.DeclarationData:
    """The declaration in Greek, the language of the act."""
    el = DEFAULT_LANGUAGE
    at = clock.local(clock.now(), office.settings.zone)
    counts = [(t("Entries of the year"), ready.entries)]
    counts += [
        (t("Incoming documents"), ready.by_direction["incoming"]),
        (t("Outgoing documents"), ready.by_direction["outgoing"]),
        (t("Internal documents"), ready.by_direction["internal"]),
        (t("Annulled numbers"), len(ready.annulled)),
        (t("Reserved numbers that were not used"), len(ready.unused)),
        (t("Daily registers"), ready.days),
    ]
    numbers = [(name.in_language(el), str(n)) for name, n in counts]
    for series, first, last, _ in ready.series:
        title = t("Numbers").in_language(el)
        if series != "common":
            title += f" ({word('direction', series, el)})"
        numbers.insert(1, (title, f"{first} – {last}"))
    lists = []
    for name, rows in (
        (t("Annulled numbers"), ready.annulled),
        (t("Reserved numbers that were not used and are annulled by this act"), ready.unused),
    ):
        if rows:
            untold = t("Restricted entry").in_language(el)
            said = tuple((row.label, row.reason or untold) for row in rows)
            lists.append((name.in_language(el), said))
    declared = t(
        "I declare that the book “{book}” of the year {year} is closed. Its numbers form one "
        "unbroken series, without a gap and without a skipped number, as the check of {moment} "
        "found. No number is given in this year any more.",
        book=ready.book.title,
        year=ready.year,
        moment=f"{at:%d/%m/%Y %H:%M}",
    )
    return printing.DeclarationData(
        issuer=registry.issuer(session, by.body_id),
        book=ready.book.title,
        year=ready.year,
        identifier=content["identifier"],
        declarant=by.full_name,
        capacity=by.title,
        declaration=(declared.in_language(el), _of_days(ready).in_language(el)),
        counts=tuple(numbers),
        lists=tuple(lists),
        digest=contents.digest(content),
        made_at=at,
    )


def sealed_pdf(
    office: Office,
    data: printing.DeclarationData,
    content: contents.Content,
    key: "signing.SigningKey | None",
    *,
    body_id: int,
) -> bytes:
    try:
        letter = printing.declaration(data, language=DEFAULT_LANGUAGE)
        pdf = printing.attach(
            letter.pdf,
            name=f"{data.identifier}.json",
            data=contents.canonical(content),
            description="Το περιεχόμενο της δήλωσης κλεισίματος",
            mime_type="application/json",
        )
        signature = None
        if key is not None:
            box = letter.boxes["signature"]
            signature = sealing.Signature(key, box, data.declarant, data.capacity)
        return sealing.sealed(
            office,
            pdf,
            letter.boxes["seal"],
            body_id=body_id,
            name=data.issuer.name,
            capacity=data.identifier,
            reason="Κλείσιμο έτους",
            signature=signature,
        )
    except (signing.SigningError, printing.PrintingError) as error:
        raise NotSealed(t("The declaration could not be sealed: {why}", why=str(error))) from error


def _of_days(ready: Preparation) -> Text:
    if ready.days_since is None:
        return t("Each of its days has its daily register.")
    return t(
        "Daily registers are kept in this book since {day}.",
        day=f"{ready.days_since:%d/%m/%Y}",
    )
