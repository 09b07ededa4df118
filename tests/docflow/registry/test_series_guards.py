"""The database itself keeps each series unbroken, whoever writes SQL: application or owner."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests import stack

COLUMNS = (
    "body_id, direction, registered_at, received_at, subject, sender_name, sender_address,"
    " sender_email, sender_reference, sender_reference_key, delivery_method, delivery_detail,"
    " attachments_count, attachments_note, label, book_id, year, series, number, sub_number,"
    " verification_code, shares_number_of, reservation_id, arrival_id"
)


class Roles(NamedTuple):
    application: psycopg.Connection[tuple[object, ...]]
    owner: psycopg.Connection[tuple[object, ...]]


def entry(
    number: int,
    *,
    book: int = 1,
    year: int = 2026,
    at: str = "2026-05-01",
    direction: str = "incoming",
    series: str = "common",
    sub: int = 0,
    shares: int | None = None,
    reservation: int | None = None,
    arrival: int | None = None,
) -> str:
    """The SQL that writes an entry."""
    tied = ", ".join("NULL" if one is None else str(one) for one in (shares, reservation, arrival))
    return (
        f"INSERT INTO entries ({COLUMNS}) VALUES (1, '{direction}', '{at}', '{at}', 'θέμα', 'Α',"
        f" '', '', '', '', 'counter', '', 0, '', '{number}/{year}', {book}, {year}, '{series}',"
        f" {number}, {sub}, gen_random_uuid()::text, {tied})"
    )


def taken(
    number: int, *, book: int = 1, year: int = 2026, at: str = "2026-05-01", counter: str = "number"
) -> str:
    """The SQL that takes a number of the series."""
    return (
        f"UPDATE book_years SET last_{counter} = {number}, last_registered_at = '{at}' "
        f"WHERE book_id = {book} AND year = {year}"
    )


def moved(*, book: int = 1, year: int = 2026, at: str = "2026-05-01") -> str:
    """The SQL that only moves the time of the series."""
    return (
        f"UPDATE book_years SET last_registered_at = '{at}' "
        f"WHERE book_id = {book} AND year = {year}"
    )


def reserved(number: int, *, row: int, book: int = 1, at: str = "2026-05-01", sub: int = 0) -> str:
    return (
        "INSERT INTO reservations (id, body_id, book_id, year, series, number, sub_number, label,"
        " direction, taken_at, owner_id, reserved_by, reason, expires_at) VALUES"
        f" ({row}, 1, {book}, 2026, 'common', {number}, {sub}, '{number}/2026', 'outgoing',"
        f" '{at}', 1, 1, 'x', '2026-06-01')"
    )


# 1 common with shared numbers: 1 letter, 2 reserved. 2 one series for each direction: incoming 1.
# 3 cases: 1-1, 1-2. 4 closed. 5 takes over an old register. 6 the book is closed for good.
FILL = (
    "INSERT INTO bodies (id, code, name, letterhead, city, address, phone, email, website) "
    "VALUES (1, 'b', 'B', '[]', '', '', '', '', '')",
    "INSERT INTO users (id, body_id, username, full_name, title) VALUES (1, 1, 'n', 'N', '')",
    *(
        f"INSERT INTO books (id, body_id, code, title) VALUES ({n}, 1, 'k{n}', 'K')"
        for n in range(1, 7)
    ),
    "INSERT INTO book_years (book_id, year, shares_numbers) VALUES (1, 2026, true)",
    "INSERT INTO book_years (book_id, year, numbering) VALUES (2, 2026, 'by-direction')",
    "INSERT INTO book_years (book_id, year, scheme) VALUES (3, 2026, 'case')",
    "INSERT INTO book_years (book_id, year) VALUES (4, 2026)",
    "INSERT INTO book_years (book_id, year, state) VALUES (5, 2026, 'importing')",
    "INSERT INTO book_years (book_id, year, first_number) VALUES (6, 2026, 100)",
    taken(1),
    entry(1),
    taken(2),
    reserved(2, row=1),
    taken(1, book=2, counter="incoming"),
    entry(1, book=2, series="incoming"),
    taken(1, book=3),
    entry(1, book=3, sub=1),
    entry(1, book=3, sub=2),
    taken(1, book=4),
    entry(1, book=4),
    "UPDATE book_years SET closed_at = now() WHERE book_id = 4",
    entry(7, book=5),
    "UPDATE books SET closed_at = now() WHERE id = 6",
    "INSERT INTO arrival_years (body_id, year) VALUES (1, 2026)",
    "UPDATE arrival_years SET last_number = 1, last_arrived_at = '2026-05-01'",
    "INSERT INTO arrivals (id, body_id, year, number, arrived_at, sender_name, delivery_method)"
    " VALUES (1, 1, 2026, 1, '2026-05-01', 'Α', 'post')",
    "INSERT INTO arrival_ends (arrival_id, outcome, reason, ended_by, ended_at) "
    "VALUES (1, 'junk', 'x', 1, now())",
)
LETTER = "(SELECT id FROM entries WHERE book_id = 1 AND number = 1 AND direction = 'incoming')"


@pytest.fixture(scope="module")
def roles(postgres: stack.PostgresServer, clone: Callable[[str], str]) -> Iterator[Roles]:
    """A database with a year of each kind; every test rolls back what it did."""
    name = clone("series")
    with psycopg.connect(_plain(postgres.owner_url(name))) as owner:
        for statement in FILL:
            owner.execute(statement)
    connections = Roles(
        psycopg.connect(_plain(postgres.url(name))),
        psycopg.connect(_plain(postgres.owner_url(name))),
    )
    yield connections
    for connection in connections:
        connection.close()
    postgres.drop_database(name)


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def attempt(
    connection: psycopg.Connection[tuple[object, ...]], statements: tuple[str, ...]
) -> None:
    """Do the statements as one transaction up to its end, whose checks are made, and undo it."""
    try:
        for statement in statements:
            connection.execute(statement)
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    finally:
        connection.rollback()


REFUSED = {
    "a time that lies years ahead": ((moved(at="2999-01-01"),), "years ahead"),
    "the counter goes back": ((taken(0),), "only moves forward"),
    "the counter leaps": ((taken(9),), "only moves forward"),
    "the year moves": (("UPDATE book_years SET year = 2027 WHERE book_id = 1",), "only moves"),
    "the time goes back": ((moved(at="2020-01-01"),), "only moves forward"),
    "the time is wiped": (
        ("UPDATE book_years SET last_registered_at = NULL WHERE book_id = 1",),
        "only moves forward",
    ),
    "a series is deleted": (("DELETE FROM book_years WHERE book_id = 1",), "never deleted"),
    "a series begins in its middle": (
        ("INSERT INTO book_years (book_id, year, last_number) VALUES (1, 2027, 5)",),
        "begins",
    ),
    "a number is taken and not used": ((taken(3),), "taken and not used"),
    "two numbers at once": ((taken(3), taken(4), entry(4)), "3/2026 was taken and not used"),
    "another series": ((taken(1, counter="incoming"),), "has no such series"),
    "the common series of a book by direction": ((taken(1, book=2),), "has no such series"),
    "the mask changes": (
        ("UPDATE book_years SET mask = '{n}' WHERE book_id = 1",),
        "policy of 2026 is fixed",
    ),
    "the first number changes": (
        ("UPDATE book_years SET first_number = 5 WHERE book_id = 1",),
        "policy of 2026 is fixed",
    ),
    "an open year becomes an import": (
        ("UPDATE book_years SET state = 'importing' WHERE book_id = 1",),
        "takes over no old register",
    ),
    "an import becomes an open year": (
        ("UPDATE book_years SET state = 'open' WHERE book_id = 5",),
        "is not opened",
    ),
    "a year with a promise is closed": (
        ("UPDATE book_years SET closed_at = now() WHERE book_id = 1",),
        "reserved numbers that are not used",
    ),
    "an invented number": ((entry(3),), "was not given by its series"),
    "a number again": ((moved(), entry(1)), "was not given by its series"),
    "another instant": ((taken(3), entry(3, at="2026-05-02")), "was not given"),
    "another series name": ((taken(3), entry(3, series="incoming")), "was not given"),
    "a sub-number in a plain book": ((taken(3), entry(3, sub=1)), "was not given"),
    "no sub-number in a book of cases": ((taken(2, book=3), entry(2, book=3)), "was not given"),
    "a case without its first document": (
        (taken(2, book=3), entry(2, book=3, sub=2)),
        "was not given",
    ),
    "a sub-number is skipped": ((moved(book=3), entry(1, book=3, sub=4)), "was not given"),
    "a sub-number again": ((moved(book=3), entry(1, book=3, sub=2)), "duplicate key"),
    "a reserved number for another": ((moved(), entry(2, direction="outgoing")), "was not given"),
    "a reserved number in another direction": ((moved(), entry(2, reservation=1)), "was not given"),
    "a reservation of a number that is used": (
        (taken(3), entry(3), reserved(3, row=2)),
        "was not given",
    ),
    "an entry for a number that was just reserved": (
        (taken(3), reserved(3, row=2), entry(3)),
        "was not given",
    ),
    "a reservation that takes no number": ((reserved(3, row=2),), "was not given"),
    "a shared number of an outgoing document": (
        (
            taken(3),
            entry(3, direction="outgoing"),
            entry(3, direction="outgoing").replace(
                "NULL, NULL, NULL)", "currval('entries_id_seq') - 1, NULL, NULL)"
            ),
        ),
        "was not given",
    ),
    "a shared number twice": (
        tuple(
            entry(1, direction="outgoing").replace("NULL, NULL, NULL)", f"{LETTER}, NULL, NULL)")
            for _ in range(2)
        ),
        "duplicate key",
    ),
    "a shared number in a book without": (
        (
            entry(1, book=2, direction="outgoing", series="outgoing").replace(
                "NULL, NULL, NULL)", f"{LETTER}, NULL, NULL)"
            ),
        ),
        "was not given",
    ),
    "a number in a closed year": ((taken(2, book=4),), "series of 2026 is closed"),
    "an entry in a closed year": ((entry(1, book=4),), "series of 2026 is closed"),
    "a closed year is opened again": (
        ("UPDATE book_years SET closed_at = NULL WHERE book_id = 4",),
        "series of 2026 is closed",
    ),
    "a number in a closed book": ((taken(100, book=6),), "book of this series is closed"),
    "an entry after the old register was sealed": (
        (
            "UPDATE book_years SET state = 'sealed', closed_at = now(), last_number = 7 "
            "WHERE book_id = 5",
            entry(8, book=5),
        ),
        "series of 2026 is closed",
    ),
    "a sealed year that is not closed": (
        ("UPDATE book_years SET state = 'sealed' WHERE book_id = 5",),
        "sealed_is_closed",
    ),
    "the arrivals leap": (("UPDATE arrival_years SET last_number = 3",), "only moves forward"),
    "an arrival number is not used": (
        ("UPDATE arrival_years SET last_number = 2",),
        "taken and not used",
    ),
    "an ended arrival is registered": (
        (taken(3), entry(3, arrival=1)),
        "has its outcome already",
    ),
    "cases in a book by direction": (
        (
            "INSERT INTO book_years (book_id, year, numbering, scheme) "
            "VALUES (1, 2027, 'by-direction', 'case')",
        ),
        "one_series_for_cases",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("role", ["application", "owner"])
def test_the_database_refuses(roles: Roles, role: str, what: str) -> None:
    statements, why = REFUSED[what]
    with pytest.raises(psycopg.errors.Error, match=why):
        attempt(getattr(roles, role), statements)


ALLOWED = {
    "the next number": (taken(3), entry(3)),
    "a reserved number": (taken(3), reserved(3, row=2)),
    "two numbers, each used": (taken(3), entry(3), taken(4), entry(4)),
    "the document of the promise": (
        moved(at="2026-05-02"),
        entry(2, at="2026-05-02", direction="outgoing", reservation=1),
    ),
    "an answer under the number of its letter": (
        moved(),
        entry(1, direction="outgoing").replace("NULL, NULL, NULL)", f"{LETTER}, NULL, NULL)"),
    ),
    "the first outgoing of a book by direction": (
        taken(1, book=2, counter="outgoing"),
        entry(1, book=2, direction="outgoing", series="outgoing"),
    ),
    "the next document of a case": (moved(book=3), entry(1, book=3, sub=3)),
    "a new case": (taken(2, book=3), entry(2, book=3, sub=1)),
    "any number of an old register": (
        entry(3, book=5),
        entry(900, book=5),
        entry(3, book=5, sub=1),
    ),
    "the old register is sealed": (
        "UPDATE book_years SET state = 'sealed', closed_at = now(), last_number = 7, "
        "declared_gaps = '[[\"common\", 1, 6]]' WHERE book_id = 5",
    ),
    "a policy before the first number": (
        "INSERT INTO book_years (book_id, year) VALUES (1, 2027)",
        "UPDATE book_years SET first_number = 50 WHERE book_id = 1 AND year = 2027",
        taken(50, year=2027),
        entry(50, year=2027),
    ),
}


@pytest.mark.parametrize("what", ALLOWED)
@pytest.mark.parametrize("role", ["application", "owner"])
def test_the_database_lets_a_right_series_grow(roles: Roles, role: str, what: str) -> None:
    """That the refusals above are about what they say, and not about everything."""
    attempt(getattr(roles, role), ALLOWED[what])
