"""`docflow books`: list, create, open a year, reserve numbers, note arrivals."""

from datetime import date
from pathlib import Path

from docflow import registry
from docflow.cli import finding
from docflow.cli.failures import CannotDo
from docflow.cli.output import print_json, say
from docflow.i18n import t
from docflow.registry import DeliveryMethod, Direction, Numbering, Policy, Scheme


def list_books(data: Path | None, *, acting_as: str | None, as_json: bool) -> int:
    """Every book that the acting person may know of, with its years."""
    with finding.office(data) as office, office.db.read() as session:
        by = finding.acting(session, acting_as)
        found = [
            (book, registry.years.listing(session, book, by=by))
            for book in registry.books.listing(session, by=by)
        ]
    if as_json:
        print_json(
            {
                "books": [
                    {
                        "code": book.code,
                        "title": book.title,
                        "kind": str(registry.books.kind_of(book)),
                        "is_closed": book.closed_at is not None,
                        "years": [
                            {
                                "year": year.year,
                                "mask": year.policy.mask,
                                "last": year.lasts,
                                "reserved": year.held,
                                "is_open": year.is_open,
                            }
                            for year in years
                        ],
                    }
                    for book, years in found
                ]
            }
        )
        return 0
    for book, years in found:
        say(f"{book.code:<20}  {book.title}")
        for year in years:
            last = ", ".join(str(last) for last in year.lasts.values())
            state = t("open") if year.is_open else t("closed")
            say(f"{'':<20}  {year.year}  {last}  ({state})")
    return 0


def create(
    data: Path | None,
    *,
    code: str,
    title: str,
    kind: str,
    mask: str,
    by_direction: bool,
    cases: bool,
    shared: bool,
    arrivals: bool,
    first_number: int,
    by_hand: bool,
    acting_as: str | None,
) -> int:
    """Create the book."""
    if kind not in set(registry.books.BookKind):
        raise CannotDo(t("A book is common, thematic or confidential."))
    policy = Policy(
        numbering=Numbering.BY_DIRECTION if by_direction else Numbering.COMMON,
        scheme=Scheme.CASE if cases else Scheme.PLAIN,
        shares_numbers=shared,
        first_number=first_number,
        mask=mask,
        uses_arrivals=arrivals,
    )
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        registry.books.create(
            session,
            code=code,
            title=title,
            kind=registry.books.BookKind(kind),
            policy=policy,
            opens_by_hand=by_hand,
            by=by,
        )
    say(t("The book was created."))
    return 0


def open_year(data: Path | None, *, code: str, year: int, acting_as: str | None) -> int:
    """Open the year."""
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        book = registry.books.find(session, code, by=by)
        registry.open_year(session, book, year, by=by, zone=office.settings.zone)
    say(t("The year was opened."))
    return 0


def reserve(
    data: Path | None,
    *,
    book: str | None,
    direction: str,
    count: int,
    reason: str,
    last_day: date,
    acting_as: str | None,
    as_json: bool,
) -> int:
    """Print the reserved numbers."""
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        rows = registry.reservations.reserve(
            session,
            book,
            direction=Direction(direction),
            count=count,
            reason=reason,
            last_day=last_day,
            by=by,
            zone=office.settings.zone,
        )
        labels = [row.label for row in rows]
    if as_json:
        print_json({"reserved": labels})
        return 0
    for label in labels:
        say(label)
    return 0


def arrive(
    data: Path | None,
    *,
    sender: str,
    method: str,
    detail: str,
    note: str,
    is_openable: bool,
    acting_as: str | None,
) -> int:
    """Print the arrival number."""
    if method not in set(DeliveryMethod):
        raise CannotDo(t("There is no way of delivery “{name}”.", name=method))
    new = registry.arrivals.NewArrival(
        delivery_method=DeliveryMethod(method),
        sender_name=sender,
        delivery_detail=detail,
        is_openable=is_openable,
        note=note,
    )
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        arrival = registry.arrivals.arrive(session, new, by=by, zone=office.settings.zone)
        label = registry.arrivals.label(arrival)
    say(label)
    return 0
