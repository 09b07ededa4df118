"""A register that somebody took out is missed, the last one too: the trail has its event."""

import pytest

from docflow import audit, closings
from docflow.registry import Book
from tests.docflow.closings.conftest import Place
from tests.docflow.closings.days import MONDAY, THURSDAY, close_until, letters

IDENTIFIER = "paradeigma-koino-202602{day:02}-{running:03}"
ALL = [IDENTIFIER.format(day=day, running=n) for n, day in enumerate((2, 3, 4), 1)]


@pytest.mark.parametrize(
    ("which", "missing"),
    [("running = 3", ALL[2:]), ("running > 1", ALL[1:]), ("true", ALL)],
    ids=["last", "last-two", "all"],
)
def test_each_register_that_is_not_there_any_more_is_named(
    place: Place, which: str, missing: list[str]
) -> None:
    letters(place.office, place.town, MONDAY)
    assert close_until(place.office, place.town, THURSDAY) == 3
    place.as_owner(f"DELETE FROM daily_registers WHERE {which}")
    with place.office.db.read() as session:
        book = session.get_one(Book, place.town.books["koino"])
        other = session.get_one(Book, place.town.books["empisteftiko"])
        found = list(closings.verify_days(session, book))
        assert [(one.what, one.detail) for one in found] == [
            ("missing", f"the daily register {identifier} is missing") for identifier in missing
        ]
        assert list(closings.verify_days(session, other)) == []
        assert audit.verify(session).findings == tuple(found)
