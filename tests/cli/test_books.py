"""Books from the command line: made, opened, numbers reserved, arrivals noted, series checked."""

from docflow import clock
from tests.cli.conftest import Terminal
from tests.factories import ZONE


def test_a_book_is_made_and_listed(office: Terminal) -> None:
    made = office(
        *("books", "create", "apofaseis", "--title", "Αποφάσεις", "--mask", "ΑΠ-{n:04}/{year}"),
        *("--as", "admin"),
    )
    assert made.code == 0, made.err
    again = office("books", "create", "apofaseis", "--title", "Ξανά", "--as", "admin")
    assert again.code == 1
    assert "apofaseis" in again.err
    listed = office("books", "list", "--as", "admin", "--json").document["books"]
    [book] = [one for one in listed if one["code"] == "apofaseis"]
    assert (book["title"], book["kind"], book["years"]) == ("Αποφάσεις", "thematic", [])
    assert office("books", "create", "x", "--title", "Ξένο").code == 1  # the account cli is a clerk


def test_numbers_are_reserved_and_the_series_stays_sound(office: Terminal) -> None:
    until = clock.today(ZONE).isoformat()
    done = office(
        *("books", "reserve", "--direction", "outgoing", "--reason", "Απόφαση", "--until", until),
        *("--count", "3", "--json"),
    )
    assert done.code == 0, done.err
    assert len(done.document["reserved"]) == 3
    checked = office("audit", "check-numbers", "--json")
    assert (checked.code, checked.document["contiguous"]) == (0, True)
    series = [one for one in checked.document["series"] if one["book"] == "koino"]
    assert sum(one["reserved"] for one in series) >= 3


def test_an_arrival_has_its_number_printed(office: Terminal) -> None:
    done = office("books", "arrive", "--method", "post", "--from", "ΔΕΥΑ")
    assert done.code == 0, done.err
    assert done.out.strip().startswith("ΠΑΡ-")
    wrong = office("books", "arrive", "--method", "pigeon")
    assert wrong.code == 1
