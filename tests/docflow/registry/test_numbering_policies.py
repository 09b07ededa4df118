"""Books number as their policy says: one series or three, shared numbers, cases, masks."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from docflow import audit, clock, registry
from docflow.errors import Conflict, DocflowError, NotFound
from docflow.office import Office
from docflow.parties import Contact
from docflow.principal import NotAllowed, Principal
from docflow.registry import Direction, Entry, Numbering, Policy, Relation, Scheme, books, masks
from docflow.registry.books import BookKind
from tests import factories
from tests.docflow.steps import athens
from tests.factories import ZONE, Town

SHARED = Policy(shares_numbers=True)
BY_DIRECTION = Policy(numbering=Numbering.BY_DIRECTION, mask="{dir}-{n}/{year}")
CASES = Policy(scheme=Scheme.CASE, mask="{n}-{sub}/{year}")
MAY = athens(2026, 5, 4, 10, 0)


def make_book(
    session: Session, town: Town, policy: Policy, *, code: str = "vivlio", **more: Any
) -> None:
    books.create(
        session,
        code=code,
        title="Βιβλίο δοκιμής",
        kind=BookKind.THEMATIC,
        policy=policy,
        by=town.person(session, "administrator"),
        **more,
    )
    session.flush()


def registered(session: Session, town: Town, direction: str = "incoming", **changes: Any) -> Entry:
    if direction == "outgoing":
        changes = {"sender": None, "recipients": (Contact(name="Πολίτης"),), **changes}
    return factories.letter(session, town, book="vivlio", direction=Direction(direction), **changes)


def answered(session: Session, town: Town, letter: Entry, **changes: Any) -> Entry:
    return registered(
        session, town, "outgoing", relations=((letter.id, Relation.ANSWERS),), **changes
    )


def sound(session: Session, town: Town) -> None:
    by = town.person(session, "auditor")
    found = registry.contiguity(session, by=by)
    assert found
    assert [str(problem) for one in found for problem in one.problems] == []


def test_each_direction_has_its_own_numbers_where_the_book_says_so(
    session: Session, town: Town
) -> None:
    make_book(session, town, BY_DIRECTION)
    with clock.pretend(MAY):
        labels = [
            registered(session, town, direction).label
            for direction in ("incoming", "outgoing", "incoming", "internal", "outgoing")
        ]
    assert labels == ["ΕΙΣ-1/2026", "ΕΞ-1/2026", "ΕΙΣ-2/2026", "ΕΣΩ-1/2026", "ΕΞ-2/2026"]
    sound(session, town)


def test_an_answer_takes_the_number_of_its_letter(session: Session, town: Town) -> None:
    make_book(session, town, SHARED)
    letter = registered(session, town)
    other = registered(session, town)
    answer = answered(session, town, letter, same_number=True)
    after = registered(session, town)
    assert [e.number for e in (letter, other, answer, after)] == [1, 2, 1, 3]
    assert (answer.direction, answer.shares_number_of) == ("outgoing", letter.id)
    by = town.person(session, "clerk")
    assert registry.numbered(session, "vivlio", letter.year, 1, by=by).id == letter.id
    assert registry.numbered(session, "vivlio", letter.year, "1-out", by=by).id == answer.id
    assert (registry.places.word(letter), registry.places.word(answer)) == ("1", "1-out")
    sound(session, town)


def test_a_number_is_shared_once_and_only_by_the_answer_of_its_year(
    session: Session, town: Town
) -> None:
    make_book(session, town, SHARED)
    with clock.pretend(MAY):
        letter, sent = registered(session, town), registered(session, town, "outgoing")
        answered(session, town, letter, same_number=True)
        with pytest.raises(registry.CannotShareNumber, match="already"):
            answered(session, town, letter, same_number=True)
        with pytest.raises(registry.CannotShareNumber, match="incoming"):
            answered(session, town, sent, same_number=True)
        with pytest.raises(registry.CannotShareNumber, match="outgoing answer"):
            registered(session, town, same_number=True)
        late = registered(session, town)
    with clock.pretend(athens(2027, 1, 1, 0, 0, second=1)):
        with pytest.raises(registry.CannotShareNumber, match="another year"):
            answered(session, town, late, same_number=True)
        assert answered(session, town, late).label == "1/2027"
    with pytest.raises(registry.NotAsTheBookNumbers):
        factories.letter(session, town, same_number=True)


def test_the_letter_may_be_named_by_its_number(session: Session, town: Town) -> None:
    make_book(session, town, SHARED)
    letter = registered(session, town)
    answer = registered(session, town, "outgoing", same_number_as=letter.number)
    assert (answer.number, answer.shares_number_of) == (letter.number, letter.id)
    [tie] = registry.details(session, letter, by=town.person(session, "clerk")).relations
    assert tie[0] == Relation.ANSWERS
    with pytest.raises(registry.CannotShareNumber, match="no incoming document 9"):
        registered(session, town, "outgoing", same_number_as=9)


def test_documents_of_a_case_are_its_sub_numbers(session: Session, town: Town) -> None:
    make_book(session, town, CASES)
    with clock.pretend(MAY):
        first = registered(session, town)
        second = registered(session, town, "outgoing", case=1)
        other = registered(session, town)
        third = registered(session, town, case=1)
        assert [e.label for e in (first, second, other, third)] == [
            "1-1/2026",
            "1-2/2026",
            "2-1/2026",
            "1-3/2026",
        ]
        with pytest.raises(registry.NoSuchCase):
            registered(session, town, case=9)
    with clock.pretend(athens(2027, 1, 2)), pytest.raises(registry.NoSuchCase):
        registered(session, town, case=1)
    with pytest.raises(registry.NotAsTheBookNumbers, match="no cases"):
        factories.letter(session, town, case=1)
    sound(session, town)


def test_the_first_number_of_a_year_is_that_of_the_policy(session: Session, town: Town) -> None:
    make_book(session, town, Policy(first_number=501, mask="{n:07}/{yy}"))
    with clock.pretend(MAY):
        assert [registered(session, town).label for _ in range(2)] == ["0000501/26", "0000502/26"]
    sound(session, town)


def test_the_policy_of_a_year_holds_once_a_number_was_given(session: Session, town: Town) -> None:
    make_book(session, town, Policy())
    administrator = town.person(session, "administrator")
    with clock.pretend(MAY):
        registered(session, town)
        assert (
            books.set_policy(
                session, "vivlio", policy=BY_DIRECTION, opens_by_hand=False, by=administrator
            )
            == []
        )
        assert registered(session, town).label == "2/2026"
    with clock.pretend(athens(2027, 1, 1, 0)):
        assert registered(session, town).label == "ΕΙΣ-1/2027"


def test_a_policy_set_before_the_first_number_holds_at_once(session: Session, town: Town) -> None:
    make_book(session, town, Policy())
    registrar, administrator = (town.person(session, who) for who in ("registrar", "administrator"))
    book = books.find(session, "vivlio", by=registrar)
    with clock.pretend(MAY):
        registry.open_year(session, book, 2026, by=registrar, zone=ZONE)
        done = books.set_policy(
            session, "vivlio", policy=CASES, opens_by_hand=False, by=administrator
        )
        assert done == [2026]
        session.expire_all()
        assert registered(session, town).label == "1-1/2026"


def test_a_book_that_is_opened_by_hand_waits_for_the_registrar(
    session: Session, town: Town
) -> None:
    make_book(session, town, Policy(), opens_by_hand=True)
    registrar = town.person(session, "registrar")
    book = books.find(session, "vivlio", by=registrar)
    with clock.pretend(MAY):
        with pytest.raises(registry.YearNotOpened, match="of 2026 is not opened"):
            registered(session, town)
        with pytest.raises(NotAllowed):
            registry.open_year(session, book, 2026, by=town.person(session, "clerk"), zone=ZONE)
        registry.open_year(session, book, 2026, by=registrar, zone=ZONE)
        with pytest.raises(registry.years.YearOpenAlready):
            registry.open_year(session, book, 2026, by=registrar, zone=ZONE)
        with pytest.raises(registry.years.BadYear):
            registry.open_year(session, book, 2028, by=registrar, zone=ZONE)
        assert registered(session, town).number == 1


def test_a_year_is_closed_when_it_is_over_and_then_gives_no_number(
    session: Session, town: Town
) -> None:
    make_book(session, town, Policy())
    registrar = town.person(session, "registrar")
    book = books.find(session, "vivlio", by=registrar)
    with clock.pretend(MAY):
        registered(session, town)
        with pytest.raises(registry.years.YearNotOver):
            registry.close_year(session, book, 2026, by=registrar, zone=ZONE)
    with clock.pretend(athens(2027, 1, 4)):
        with pytest.raises(NotAllowed):
            registry.close_year(session, book, 2026, by=town.person(session, "clerk"), zone=ZONE)
        closed = registry.close_year(session, book, 2026, by=registrar, zone=ZONE)
        assert closed.closed_by == registrar.user_id
        with pytest.raises(registry.YearClosed):
            registry.close_year(session, book, 2026, by=registrar, zone=ZONE)
    with clock.pretend(MAY), pytest.raises(registry.YearClosed):  # a clock that was set back
        registered(session, town)


def test_a_closed_book_takes_no_more_numbers(session: Session, town: Town) -> None:
    make_book(session, town, Policy())
    administrator = town.person(session, "administrator")
    with clock.pretend(MAY):
        registered(session, town)
        with pytest.raises(books.BookInUse, match="2026"):
            books.close_for_good(session, "vivlio", by=administrator)
    with clock.pretend(athens(2027, 1, 4)):
        registrar = town.person(session, "registrar")
        book = books.find(session, "vivlio", by=registrar)
        registry.close_year(session, book, 2026, by=registrar, zone=ZONE)
        books.close_for_good(session, "vivlio", by=administrator)
        with pytest.raises(registry.BookClosed):
            registered(session, town)
    with pytest.raises(books.BookInUse, match="default"):
        books.close_for_good(session, "koino", by=administrator)


def test_only_the_administrator_keeps_the_books(session: Session, town: Town) -> None:
    acts: list[Callable[[Principal], object]] = [
        lambda by: books.create(
            session, code="x", title="Τίτλος", kind=BookKind.COMMON, policy=Policy(), by=by
        ),
        lambda by: books.rename(session, "koino", title="Άλλος τίτλος", by=by),
        lambda by: books.set_policy(session, "koino", policy=Policy(), opens_by_hand=True, by=by),
        lambda by: books.open_to(
            session, "empisteftiko", town.users["clerk"], can_write=True, by=by
        ),
        lambda by: books.shut_to(session, "empisteftiko", town.users["confidant"], by=by),
        lambda by: books.make_default(session, "koino", by=by),
        lambda by: books.close_for_good(session, "empisteftiko", by=by),
    ]
    for who in ("clerk", "registrar", "auditor", "mayor"):
        for act in acts:
            with pytest.raises(NotAllowed):
                act(town.person(session, who))
    administrator = town.person(session, "administrator")
    for act in acts:
        act(administrator)
    actions = [
        line.action for line in audit.history(session, [("book", town.books["empisteftiko"])])
    ]
    assert {"book.opened-to", "book.shut-to", "book.closed"} <= set(actions)


def test_a_confidential_book_is_shown_to_nobody_but_those_named(
    session: Session, town: Town
) -> None:
    factories.secret_letter(session, town)
    for who, sees in (("clerk", False), ("auditor", False), ("confidant", True)):
        codes = [book.code for book in books.listing(session, by=town.person(session, who))]
        assert ("empisteftiko" in codes) is sees, who
    administrator = town.person(session, "administrator")
    book = books.find(session, "empisteftiko", by=administrator)
    assert registry.years.listing(session, book, by=administrator) == []
    confidant = town.person(session, "confidant")
    assert [y.given for y in registry.years.listing(session, book, by=confidant)] == [1]
    with pytest.raises(NotAllowed):
        books.listing(session, by=town.person(session, "engineer"))


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (Policy(mask="{year}"), "needs the number"),
        (Policy(mask="{n}"), "needs the year"),
        (Policy(mask="{n}/{year} {foo}"), "no field"),
        (Policy(mask="{n/{year}"), "bracket"),
        (Policy(mask=""), "1 to 60"),
        (Policy(mask="{n}" * 30 + "/{year}"), "1 to 60"),
        (Policy(mask="{n}{year}"), "side by side"),
        (Policy(mask="{year}{n}{check}"), "side by side"),
        (Policy(mask="{n}/{sub}/{year}"), "Only a book of cases"),
        (Policy(scheme=Scheme.CASE, mask="{n}/{year}"), "sub-number"),
        (Policy(numbering=Numbering.BY_DIRECTION, mask="{n}/{year}"), "tell them apart"),
        (
            Policy(numbering=Numbering.BY_DIRECTION, shares_numbers=True, mask="{dir} {n}/{year}"),
            "one common series",
        ),
        (
            Policy(scheme=Scheme.CASE, shares_numbers=True, mask="{n}-{sub}/{year}"),
            "no number is shared",
        ),
        (Policy(first_number=0), "first number"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_with_the_reason(policy: Policy, message: str) -> None:
    with pytest.raises(DocflowError, match=message):
        books.checked(policy)


def test_every_field_of_a_mask_is_filled() -> None:
    mask = "{book} {dir} {n:05}-{sub} {year} {yy} {date} #{check}"
    shown = masks.render(
        mask,
        number=42,
        sub_number=3,
        year=2026,
        day=date(2026, 2, 28),
        direction=Direction.OUTGOING,
        book="koino",
    )
    assert shown == "koino ΕΞ 00042-3 2026 26 28.02.2026 #" + masks.check_digits(2026, 42, 3)


def test_check_digits_show_every_single_mistyped_digit_and_swapped_neighbours() -> None:
    """ISO 7064 MOD 97-10 promises it; and 98 - (x·100 mod 97) leaves 1."""
    for number in (1, 42, 987, 12345, 1234567):
        digits = masks.check_digits(2026, number)
        assert int(f"2026{number}{digits}") % 97 == 1
        typed = str(number)
        wrong = {
            typed[:i] + other + typed[i + 1 :]
            for i in range(len(typed))
            for other in "0123456789"
            if other != typed[i]
        } | {
            typed[:i] + typed[i + 1] + typed[i] + typed[i + 2 :]
            for i in range(len(typed) - 1)
            if typed[i] != typed[i + 1]
        }
        assert all(int(f"2026{one}{digits}") % 97 != 1 for one in wrong)


def test_the_mask_is_for_people_and_not_in_the_numbers(session: Session, town: Town) -> None:
    make_book(session, town, Policy(mask="Α.Π. {n:06}/{date} [{check}]"))
    with clock.pretend(MAY):
        entry = registered(session, town)
    assert (entry.number, entry.year) == (1, 2026)
    assert entry.label.startswith("Α.Π. 000001/04.05.2026 [")


def test_the_trail_knows_the_place_of_an_entry_again(office: Office, town: Town) -> None:
    """Label, series and ties are in the digest: a change behind the trail is named."""
    with office.db.begin() as session:
        make_book(session, town, CASES)
        registered(session, town)
        entry = registered(session, town, case=1)
        digest = registry.digests.core_digest(entry)
        for name, value in (("label", "1-9/2026"), ("sub_number", 9), ("series", "incoming")):
            before = getattr(entry, name)
            setattr(entry, name, value)
            assert registry.digests.core_digest(entry) != digest, name
            setattr(entry, name, before)
        session.expunge(entry)


def test_clerks_at_once_in_every_scheme_leave_no_gap(committed: Office) -> None:
    """Random rollbacks, clocks that jump, the turn of the year, cases and shared numbers."""
    with committed.db.begin() as session:
        town = factories.municipality(session)
        for code, policy in (("k", CASES), ("d", BY_DIRECTION), ("t", SHARED)):
            make_book(session, town, policy, code=code)
        clerk = town.person(session, "clerk")
    new_year = athens(2027, 1, 1, 0)

    def work(i: int) -> bool:
        chance = random.Random(i)
        wall = new_year + timedelta(minutes=chance.randint(-90, 90))
        book, direction = chance.choice("kdt"), chance.choice(list(Direction))
        changes: dict[str, object] = {"book": book, "direction": direction}
        if direction is Direction.OUTGOING:
            changes |= {"sender": None, "recipients": (Contact(name="Πολίτης"),)}
        if book == "k" and chance.random() < 0.6:
            changes["case"] = chance.randint(1, 3)
        try:
            with clock.pretend(wall), committed.db.begin() as session:
                registry.register(
                    session,
                    factories.incoming(**changes),
                    [],
                    by=clerk,
                    zone=ZONE,
                    ocr_languages=factories.LANGUAGES,
                    guard_duplicates=False,
                )
                if chance.random() < 0.3:
                    raise TimeoutError
        except (TimeoutError, NotFound, Conflict):
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        kept = sum(pool.map(work, range(90)))
    with committed.db.read() as session:
        by = town.person(session, "auditor")
        found = registry.contiguity(session, by=by)
        assert [str(p) for one in found for p in one.problems] == []
        assert sum(one.entries for one in found) == kept > 30
        assert {one.year for one in found} == {2026, 2027}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (athens(2026, 10, 25, 3, 30), athens(2026, 10, 25, 3, 30).replace(fold=1)),
        (athens(2026, 3, 29, 2, 59), athens(2026, 3, 29, 4, 1)),
    ],
)
def test_numbers_follow_time_when_clocks_change(
    session: Session, town: Town, first: datetime, second: datetime
) -> None:
    made = []
    for wall in (first, second):
        with clock.pretend(wall):
            made.append(factories.letter(session, town))
    assert made[0].registered_at < made[1].registered_at
    assert [e.number for e in made] == [1, 2]
    sound(session, town)
