"""Appointments from the command line."""

from docflow import appointments, clock, organization
from docflow.appointments import CalendarData, Wanted
from docflow.cli import finding
from docflow.db import Database
from tests.cli.conftest import Terminal


def test_the_list_of_a_day_and_a_day_called_off(office: Terminal, database: Database) -> None:
    with database.begin() as session:
        body = organization.first_body(session)
        assert body is not None
        admin = organization.principal_named(session, "admin", via=organization.Via.CLI)
        clerk = finding.acting(session, None)
        unit = organization.units(session, body.id)[0]
        week = dict.fromkeys(range(1, 6), "07:00-21:00")
        calendar = appointments.keeping.create(
            session, CalendarData("Πιστοποιητικά", unit.id, week=week), by=admin
        )
        slot = appointments.bookable(session, calendar, by_citizen=False)[-1]
        wanted = Wanted(calendar.id, slot.starts_at, "Νέστωρ Παππάς")
        appointments.book(session, wanted, by=clerk)
    day = f"{clock.local(slot.starts_at):%Y-%m-%d}"
    shown = office("appointments", "list", "--day", day, "--json").document
    [found] = shown["calendars"][0]["appointments"]
    assert found["full_name"] == "Νέστωρ Παππάς"
    assert "Νέστωρ" in office("appointments", "list", "--day", day).out
    done = office("appointments", "call-off", calendar.id, day)
    assert done.code == 0, done.err
    assert "Νέστωρ Παππάς" in done.out  # no message reaches him
    assert office("appointments", "call-off", calendar.id, "2020-01-01").code == 1
