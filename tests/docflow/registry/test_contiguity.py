"""The check finds what a hand did behind the database's back, and names it."""

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from docflow import clock, registry
from docflow.office import Office
from docflow.parties import Contact
from docflow.principal import Principal
from docflow.registry import Direction, Numbering, Policy, Relation, Scheme, books, importing
from tests import factories, stack
from tests.docflow.steps import athens
from tests.factories import ZONE, Town

POLICIES = {
    "plain": Policy(),
    "shared": Policy(shares_numbers=True),
    "directions": Policy(numbering=Numbering.BY_DIRECTION, mask="{dir} {n}/{year}"),
    "cases": Policy(scheme=Scheme.CASE, mask="{n}-{sub}/{year}"),
    "late": Policy(first_number=100),
}
MAY = athens(2026, 5, 4)


@pytest.fixture
def filled(committed: Office) -> Town:
    """A book of each policy with seven acts in it, and one number that is only promised."""
    with committed.db.begin() as session:
        town = factories.municipality(session)
        for code, policy in POLICIES.items():
            books.create(
                session,
                code=code,
                title="Βιβλίο",
                kind=books.BookKind.THEMATIC,
                policy=policy,
                by=town.person(session, "administrator"),
            )
    with clock.pretend(MAY), committed.db.begin() as session:
        for code in POLICIES:
            letters = [factories.letter(session, town, book=code) for _ in range(4)]
            registry.reservations.reserve(
                session,
                code,
                direction=Direction.INCOMING,
                reason="Απόφαση",
                last_day=date(2026, 6, 1),
                by=town.person(session, "clerk"),
                zone=ZONE,
            )
            factories.letter(session, town, book=code)
            if code == "cases":
                factories.letter(session, town, book=code, case=2)
                factories.letter(session, town, book=code, case=2)
            if code == "shared":
                factories.letter(
                    session,
                    town,
                    book=code,
                    direction=Direction.OUTGOING,
                    recipients=(Contact(name="Πολίτης"),),
                    relations=((letters[0].id, Relation.ANSWERS),),
                    same_number=True,
                )
    return town


@pytest.fixture
def behind(committed: Office, postgres: stack.PostgresServer) -> Iterator[Callable[[str], object]]:
    """Do SQL as the superuser with every trigger asleep: what no guard can prevent."""
    name = committed.db.engine.url.database
    assert name is not None
    with postgres.cluster.connect(name) as superuser:
        superuser.execute("SET session_replication_role = replica")
        yield superuser.execute


def problems(office: Office, town: Town, code: str) -> list[str]:
    with office.db.read() as session:
        found = registry.contiguity(session, by=town.person(session, "auditor"))
    return [str(problem) for one in found if one.book == code for problem in one.problems]


def test_series_of_every_policy_are_sound(committed: Office, filled: Town) -> None:
    assert [problems(committed, filled, code) for code in POLICIES] == [[]] * len(POLICIES)
    with committed.db.read() as session:
        found = registry.contiguity(session, by=filled.person(session, "auditor"))
    by_book = {(one.book, one.series): one for one in found}
    assert by_book["late", "common"].last_number == 105
    assert by_book["cases", "common"].entries == 7
    assert by_book["shared", "common"].entries == 6
    assert by_book["directions", "incoming"].reserved == 1
    assert by_book["directions", "outgoing"].last_number == 0


@pytest.mark.parametrize(
    ("code", "statement", "named"),
    [
        ("plain", "DELETE FROM entries WHERE {of} AND number = 3", "numbers 3 to 3 are missing"),
        (
            "plain",
            "DELETE FROM entries WHERE {of} AND number IN (1, 2)",
            "numbers 1 to 2 are missing",
        ),
        ("plain", "DELETE FROM reservations WHERE {of}", "numbers 5 to 5 are missing"),
        (
            "plain",
            "DELETE FROM entries WHERE {of} AND number = 6",
            "the counter says 6, the last entry is 5",
        ),
        (
            "plain",
            "UPDATE book_years SET last_number = 9 WHERE {of}",
            "the counter says 9, the last entry is 6",
        ),
        (
            "plain",
            "UPDATE entries SET registered_at = '2020-01-01' WHERE {of} AND number = 4",
            "number 4 is older than the one before it",
        ),
        (
            "plain",
            "UPDATE reservations SET number = 4 WHERE {of}",
            "number 4 stands twice",
        ),
        ("late", "DELETE FROM entries WHERE {of} AND number = 100", "numbers 100 to 100"),
        (
            "directions",
            "DELETE FROM entries WHERE {of} AND number = 2",
            "numbers 2 to 2 are missing",
        ),
        (
            "cases",
            "DELETE FROM entries WHERE {of} AND number = 2 AND sub_number = 2",
            "sub-number 2-3 does not follow",
        ),
        (
            "cases",
            "DELETE FROM entries WHERE {of} AND number = 2 AND sub_number = 1",
            "case 2 does not begin with 1",
        ),
        (
            "cases",
            "UPDATE entries SET registered_at = '2020-01-01' WHERE {of} AND number = 3",
            "number 3 is older than the one before it",
        ),
        (
            "cases",
            "UPDATE entries SET registered_at = '2020-01-01' WHERE {of} AND sub_number = 3",
            "number 2 is older than the one before it",
        ),
        (
            "shared",
            "UPDATE entries SET number = 2 WHERE {of} AND shares_number_of IS NOT NULL",
            "1/2026 shares a number that is not that of its letter",
        ),
    ],
)
def test_what_was_done_behind_the_guards_is_named(
    committed: Office,
    filled: Town,
    behind: Callable[[str], object],
    code: str,
    statement: str,
    named: str,
) -> None:
    behind(statement.format(of=f"book_id = (SELECT id FROM books WHERE code = '{code}')"))
    assert named in " · ".join(problems(committed, filled, code))
    others = [other for other in POLICIES if other != code]
    assert [problems(committed, filled, other) for other in others] == [[]] * len(others)


def test_only_twenty_problems_of_a_kind_are_told(
    committed: Office, filled: Town, behind: Callable[[str], object]
) -> None:
    with clock.pretend(MAY), committed.db.begin() as session:
        for _ in range(50):
            factories.letter(session, filled)
    behind(
        "DELETE FROM entries WHERE number % 2 = 0 "
        "AND book_id = (SELECT id FROM books WHERE code = 'koino')"
    )
    found = problems(committed, filled, "koino")
    assert len([one for one in found if "missing" in one]) == 20


def test_who_may_not_read_a_book_is_told_nothing_of_it(session: Session, town: Town) -> None:
    factories.secret_letter(session, town)
    by = town.person(session, "auditor")
    assert [one.book for one in registry.contiguity(session, by=by)] == []
    confidant = town.person(session, "confidant")
    assert [one.book for one in registry.contiguity(session, by=confidant)] == ["empisteftiko"]


def test_an_old_register_is_sound_with_the_gaps_that_were_declared(
    session: Session, town: Town
) -> None:
    registrar = town.person(session, "registrar")
    book = books.find(session, "koino", by=registrar)
    importing.begin(session, book, 1998, policy=Policy(), by=registrar)
    with pytest.raises(importing.YearInUse):
        importing.begin(session, book, 1998, policy=Policy(), by=registrar)
    for number, sub in ((1, 0), (2, 0), (5, 0), (5, 2), (6, 0)):
        _old_entry(session, book, registrar, number, sub)
    row = importing.seal(
        session, book, 1998, gaps=[("common", 3, 3), ("common", 4, 4)], by=registrar
    )
    assert (row.last_number, row.state, row.is_imported) == (6, "sealed", True)
    [old] = registry.check_year(session, book, 1998)
    assert (old.problems, old.entries) == ((), 5)
    with pytest.raises(importing.YearInUse):
        importing.seal(session, book, 1998, gaps=[], by=registrar)


def test_a_gap_that_nobody_declared_is_named_in_an_old_register(
    session: Session, town: Town
) -> None:
    registrar = town.person(session, "registrar")
    book = books.find(session, "koino", by=registrar)
    importing.begin(session, book, 1998, policy=Policy(), by=registrar)
    for number in (1, 2, 5, 9):
        _old_entry(session, book, registrar, number, 0)
    importing.seal(session, book, 1998, gaps=[("common", 3, 4)], by=registrar)
    [old] = registry.check_year(session, book, 1998)
    assert [str(problem) for problem in old.problems] == ["numbers 6 to 8 are missing"]


def test_nobody_registers_in_a_year_that_takes_over_an_old_register(
    session: Session, town: Town
) -> None:
    registrar = town.person(session, "registrar")
    book = books.find(session, "koino", by=registrar)
    importing.begin(session, book, 2026, policy=Policy(), by=registrar)
    with clock.pretend(MAY), pytest.raises(registry.YearClosed):
        factories.letter(session, town)


def _old_entry(session: Session, book: registry.Book, by: Principal, number: int, sub: int) -> None:
    session.execute(
        text(
            "INSERT INTO entries (body_id, book_id, year, number, sub_number, label, direction,"
            " registered_at, received_at, subject, sender_name, sender_address, sender_email,"
            " sender_reference, sender_reference_key, delivery_method, delivery_detail,"
            " attachments_count, attachments_note, verification_code) VALUES (:body, :book, 1998,"
            " :number, :sub, :label, 'incoming', '1998-02-02', '1998-02-02', 'θέμα', 'Α', '', '',"
            " '', '', 'post', '', 0, '', gen_random_uuid()::text)"
        ),
        {
            "body": by.body_id,
            "book": book.id,
            "number": number,
            "sub": sub,
            "label": f"{number}{'α' * bool(sub)}/1998",
        },
    )
