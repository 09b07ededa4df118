"""What all pages share: words, dates, sizes, and names that must be there."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import jinja2
import pytest
from starlette.requests import Request

from api import pages, portal, web, wording
from api.app import CITIZENS
from docflow.circulation import Channel, DraftState, StepState
from docflow.dispatch import DeliveryState
from docflow.documents import FileRole, ReadingState
from docflow.principal import Role
from docflow.registry import DeliveryMethod, Direction, HandlingState, Priority, Relation
from docflow.routing import Basket, ChargeState
from tests.api.conftest import House


def _request(language: str) -> Request:
    headers = [(b"cookie", f"docflow_language={language}".encode())]
    return Request(
        {"type": "http", "method": "GET", "path": "/x", "query_string": b"", "headers": headers}
    )


def _shown(source: str, language: str = "el", **context: object) -> str:
    """A template's text as a reader of this language sees it."""
    mark = pages._reader.set(pages.Reader(language))
    try:
        return pages.environment().from_string(source).render(context)
    finally:
        pages._reader.reset(mark)


def test_an_instant_is_shown_as_the_office_clock_had_it():
    summer = datetime(2026, 7, 1, 21, 30, tzinfo=UTC)
    assert _shown("{{ at | moment }} {{ at | day }}", at=summer) == "02/07/2026 00:30 02/07/2026"


@pytest.mark.parametrize(
    ("count", "language", "text"),
    [
        (69_819_800_000, "el", "69,8 GB"),
        (0, "el", "0 B"),
        (999, "el", "999 B"),
        (182034, "el", "182 KB"),
        (2904411, "el", "2,9 MB"),
        (2904411, "en", "2.9 MB"),
    ],
)
def test_sizes_are_shown_as_people_read_them(count, language, text):
    assert _shown("{{ n | size }}", language, n=count) == text


@pytest.mark.parametrize(("days", "mark"), [(-1, "over"), (0, "near"), (3, "near"), (4, "")])
def test_a_deadline_is_marked_when_it_comes_near(days, mark):
    on = pages.clock.today() + timedelta(days=days)
    html = _shown("{{ on | due }}", on=on)
    assert (f"app-due--{mark}" in html) if mark else ("app-due--" not in html)


def test_a_deadline_of_closed_work_is_not_marked():
    assert "app-due--" not in _shown("{{ on | due(False) }}", on=date(2020, 1, 1))


def test_what_people_typed_is_escaped():
    html = _shown('{% import "macros.html" as ui %}{{ ui.cut(text) }}', text='<b onclick="x">')
    assert "<b" not in html


def test_a_forgotten_name_is_an_error():
    with pytest.raises(jinja2.UndefinedError):
        _shown("{{ forgotten }}")


@pytest.mark.parametrize(("language", "title"), [("el", "Δεν βρέθηκε"), ("en", "Not found")])
def test_a_page_speaks_the_language_that_was_chosen(language, title):
    html = pages.render(
        _request(language), "portal/error.html", {"title": pages.TITLES[404], "message": "…"}
    )
    assert f'<html lang="{language}"' in html
    assert title in html


@pytest.mark.parametrize(
    ("group", "codes"),
    [
        ("direction", Direction),
        ("delivery_method", DeliveryMethod),
        ("priority", Priority),
        ("handling", HandlingState),
        ("charge", ChargeState),
        ("reading", ReadingState),
        ("file_role", FileRole),
        ("draft", DraftState),
        ("step", StepState),
        ("delivery", DeliveryState),
        ("channel", Channel),
        ("relation", Relation),
        ("relation_back", Relation),
        ("basket", Basket),
        ("role", Role),
    ],
)
def test_every_code_has_a_word_in_both_languages(group, codes):
    for code in codes:
        assert wording.label(group, code, "en") != code
        assert wording.label(group, code, "el") not in ("", code)


def test_the_staffs_pages_and_the_citizens_share_no_address(house: House) -> None:
    """What begins as a citizens' address goes to their app: a page of the staff would be lost."""
    citizens = tuple(one + "/" for one in CITIZENS)
    staff = {getattr(route, "path", "") + "/" for route in web.create_app(house.office).routes}
    assert [path for path in staff if path.startswith(citizens)] == []
    portals = {getattr(one, "path", "") + "/" for one in portal.create_app(house.office).routes}
    assert [path for path in portals - {"/"} if not path.startswith(citizens)] == []


def test_a_group_of_words_is_said_in_one_place() -> None:
    """A second one of the name would take the first one's words away."""
    parts = [getattr(wording, name).LABELS for name in vars(wording) if name.endswith("_words")]
    times = Counter(group for part in (*parts, wording.WORDS) for group in part)
    assert [group for group, n in times.items() if n > 1] == []
    assert len(parts) > 10
