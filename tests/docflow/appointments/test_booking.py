"""Booking, moving, cancelling, calling off: each hour is one person's, and each is told."""

from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from docflow import accounts, appointments, audit, clock, messages, registry
from docflow.accounts import Level
from docflow.appointments import (
    Appointment,
    AppointmentState,
    BookedVia,
    CalendarData,
    Wanted,
    reminding,
)
from docflow.errors import Forbidden
from docflow.messages import Channel, Message
from docflow.office import Office
from docflow.principal import NotAllowed
from tests import factories
from tests.accounts import citizen
from tests.docflow.appointments.conftest import MONDAY, NOW, Desk, data
from tests.factories import Town


def told(session: Session, row: Appointment) -> list[str]:
    session.flush()
    found = session.scalars(select(Message).where(Message.about_id == row.id).order_by(Message.id))
    return [message.kind for message in found if message.about_type == "appointment"]


def test_a_clerk_books_and_the_person_is_told(desk: Desk) -> None:
    row = desk.book()
    assert (row.state, row.place_number, row.booked_via) == ("booked", 1, BookedVia.PHONE)
    assert told(desk.session, row) == ["appointment-booked"]
    [event] = audit.history(desk.session, [("appointment", row.id)])
    assert event.action == "appointment.booked"
    assert "Γεωργίου" not in str(event.details)
    with pytest.raises(appointments.SlotTaken, match="Μαρία Νικολάου gave this time away"):
        desk.book(full_name="Νίκος Άλλος")
    with pytest.raises(appointments.NotOffered):
        desk.book(MONDAY + timedelta(minutes=10))


def test_the_database_itself_gives_a_place_once(desk: Desk) -> None:
    row = desk.book()
    copy = {
        column.name: getattr(row, column.name)
        for column in Appointment.__table__.columns
        if column.name not in ("id", "token")
    }
    desk.session.add(Appointment(**copy, token="another"))
    with pytest.raises(IntegrityError, match="ux_appointments_place"):
        desk.session.flush()


def test_of_many_at_once_for_the_last_place_exactly_one_gets_it(committed: Office) -> None:
    with committed.db.begin() as session, clock.pretend(NOW):
        town = factories.municipality(session)
        calendar = appointments.keeping.create(
            session, data(town, places=2), by=town.person(session, "director")
        )
        calendar_id, clerk = calendar.id, town.person(session, "clerk")
    start, outcomes = Barrier(6), []

    def try_it(number: int) -> None:
        wanted = Wanted(calendar_id, MONDAY, f"Πολίτης {number}", f"p{number}@example.gr")
        start.wait()
        try:
            with clock.pretend(NOW), committed.db.begin() as session:
                appointments.book(session, wanted, by=clerk)
            outcomes.append("booked")
        except appointments.SlotTaken:
            outcomes.append("taken")

    threads = [Thread(target=try_it, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["booked"] * 2 + ["taken"] * 4
    with committed.db.read() as session:
        assert session.scalars(select(Appointment.place_number)).all() in ([1, 2], [2, 1])
        assert session.scalar(select(func.count()).select_from(Message)) == 2


def test_a_citizen_books_for_himself_three_at_most(desk: Desk) -> None:
    who = citizen(desk.session, desk.town, level=Level.VISITOR)
    times = [MONDAY + timedelta(minutes=20 * n) for n in range(3)]
    for at in times:
        wanted = Wanted(desk.calendar.id, at, "Ελένη Γεωργίου", who.email)
        row = appointments.book_own(desk.session, wanted, citizen=who)
    assert (row.account_id, row.booked_via) == (who.account_id, BookedVia.PORTAL)
    more = Wanted(desk.calendar.id, MONDAY + timedelta(days=1), "Ελένη Γεωργίου", who.email)
    with pytest.raises(appointments.TooManyAppointments):
        appointments.book_own(desk.session, more, citizen=who)
    assert len(appointments.of_account(desk.session, who.known_id)) == 3
    with pytest.raises(accounts.LevelNeeded):
        appointments.book_own(desk.session, more, citizen=accounts.ANONYMOUS)


def test_a_token_that_only_reads_changes_no_appointment(desk: Desk) -> None:
    row = desk.book()
    reader = replace(desk.engineer, scopes=frozenset({"read"}))
    found = appointments.by_staff(desk.session, row.id, by=reader, lock=True)
    with pytest.raises(Forbidden):
        appointments.move(desk.session, found, MONDAY + timedelta(minutes=20), seen=1)
    with pytest.raises(Forbidden):
        appointments.cancel(desk.session, found, reason="Ασθένεια", seen=1)
    assert (row.state, row.version) == (AppointmentState.BOOKED, 1)


def test_both_sides_move_it_and_who_saw_an_older_state_is_told(desk: Desk) -> None:
    row = desk.book()
    own = appointments.by_token(desk.session, row.token, lock=True)
    appointments.move(desk.session, own, MONDAY + timedelta(minutes=40), seen=1)
    assert (row.starts_at, row.version, row.changed_by) == (MONDAY + timedelta(minutes=40), 2, None)
    staff = appointments.by_staff(desk.session, row.id, by=desk.engineer, lock=True)
    with pytest.raises(appointments.AppointmentChanged, match="the person"):
        appointments.move(desk.session, staff, MONDAY, seen=1)
    appointments.move(desk.session, staff, MONDAY, seen=2)
    appointments.cancel(desk.session, own, seen=3)
    assert row.state == AppointmentState.CANCELLED
    kinds = ["booked", "moved", "moved", "cancelled"]
    assert told(desk.session, row) == [f"appointment-{kind}" for kind in kinds]
    assert desk.book().place_number == 1  # the place is free again
    with pytest.raises(appointments.AppointmentChanged):
        appointments.move(desk.session, own, MONDAY, seen=row.version)


def test_a_longer_appointment_moves_within_its_own_time(desk: Desk) -> None:
    row = desk.book()
    appointments.keeping.change(
        desk.session,
        desk.calendar.id,
        data(desk.town, minutes=15),
        is_open=True,
        seen=1,
        by=desk.head,
    )
    own = appointments.by_token(desk.session, row.token, lock=True)
    appointments.move(desk.session, own, MONDAY + timedelta(minutes=15), seen=1)
    assert row.ends_at - row.starts_at == timedelta(minutes=15)


def test_when_the_clerk_is_ill_all_are_told_and_offered_new_hours(desk: Desk) -> None:
    first, second = desk.book(), desk.book(MONDAY + timedelta(minutes=20), email="", phone="")
    day = MONDAY.date()
    done = appointments.call_off(
        desk.session, desk.calendar.id, day, day, reason="Κώλυμα υπαλλήλου", by=desk.engineer
    )
    assert (done.told, list(done.to_call)) == (1, [second])
    assert first.state == second.state == AppointmentState.CALLED_OFF
    assert appointments.slots.on_day(desk.session, desk.calendar, day) == []
    message = desk.session.scalars(
        select(Message).where(Message.kind == "appointment-called-off")
    ).one()
    assert message.values["offered"].startswith("01/12/2026 09:00, ")
    own = appointments.by_token(desk.session, first.token, lock=True)
    tuesday = MONDAY + timedelta(days=1)
    appointments.move(desk.session, own, tuesday, seen=2)
    assert (first.state, first.starts_at, first.reason) == ("booked", tuesday, "")


def test_a_person_is_ill_for_all_of_his_calendars(desk: Desk) -> None:
    mine = [
        appointments.keeping.create(
            desk.session,
            data(desk.town, title=title, user_id=desk.engineer.user_id),
            by=desk.engineer,
        )
        for title in ("Αυτοψίες", "Άδειες")
    ]
    rows = [desk.book(calendar_id=calendar.id) for calendar in mine]
    day = MONDAY.date()
    appointments.call_off(desk.session, mine[0].id, day, day, by=desk.clerk)
    assert {row.state for row in rows} == {AppointmentState.CALLED_OFF}
    assert desk.book().state == "booked"  # the calendar of the unit goes on


def test_reminders_go_once_and_not_to_who_booked_just_now(desk: Desk) -> None:
    row = desk.book()
    assert reminding.remind_some(desk.session) == 0
    with clock.pretend(MONDAY - timedelta(hours=23)):
        late = desk.book(MONDAY + timedelta(minutes=20))
        assert reminding.remind_some(desk.session) == 2
        assert reminding.remind_some(desk.session) == 0
    assert "appointment-reminder" in told(desk.session, row)
    assert "appointment-reminder" not in told(desk.session, late)
    message = desk.session.scalars(
        select(Message).where(Message.kind == "appointment-reminder")
    ).one()
    with clock.pretend(MONDAY - timedelta(hours=20)):
        assert messages.kinds.late_values(desk.session, message) == {}
        row.state = AppointmentState.CALLED_OFF
        assert messages.kinds.late_values(desk.session, message) is None


def test_who_did_not_come_is_noted_when_the_hour_has_come(desk: Desk) -> None:
    row = desk.book()
    with pytest.raises(appointments.BadAppointment):
        appointments.mark(desk.session, row.id, AppointmentState.MISSED, seen=1, by=desk.engineer)
    with clock.pretend(MONDAY + timedelta(minutes=30)):
        appointments.mark(desk.session, row.id, AppointmentState.MISSED, seen=1, by=desk.engineer)
        appointments.mark(desk.session, row.id, AppointmentState.KEPT, seen=2, by=desk.engineer)
    assert row.state == AppointmentState.KEPT


def test_calendars_are_kept_by_their_unit_and_seen_by_who_serves(
    desk: Desk, session: Session, town: Town
) -> None:
    lawyer, mayor = town.person(session, "lawyer"), town.person(session, "mayor")
    row = desk.book()
    for stranger in (lawyer, mayor):
        with pytest.raises(appointments.NoSuchAppointment):
            appointments.by_staff(session, row.id, by=stranger)
        assert appointments.day_lists(session, MONDAY.date(), by=stranger) == []
    with pytest.raises(appointments.NotYourCalendar):
        appointments.keeping.create(session, data(town), by=desk.engineer)
    [of_day] = appointments.day_lists(session, MONDAY.date(), by=desk.clerk)
    assert (of_day.booked, of_day.free) == (1, 2)
    administrator = town.person(session, "administrator")
    assert appointments.day_lists(session, MONDAY.date(), by=administrator) == []  # no names
    wrong = CalendarData("Χ", town.units["ΟΔΟΠ"], minutes=3)
    with pytest.raises(appointments.BadCalendar) as refused:
        appointments.keeping.create(session, wrong, by=administrator)
    assert refused.value.field == "minutes"
    with pytest.raises(appointments.CalendarChanged, match="Γιώργος Αλεξίου"):
        appointments.keeping.change(
            session, desk.calendar.id, data(town), is_open=True, seen=7, by=desk.head
        )


def test_an_entry_that_one_may_not_see_is_named_to_nobody(desk: Desk, session: Session) -> None:
    secret = factories.secret_letter(session, desk.town)
    with pytest.raises(registry.NoSuchEntry):
        desk.book(entry_id=secret.id)
    letter = factories.letter(session, desk.town)
    row = desk.book(entry_id=letter.id)
    assert appointments.of_entry(session, letter.id) == [row]


def test_the_file_for_the_diary_says_when_in_universal_time(desk: Desk) -> None:
    row = desk.book(channel=Channel.BOTH)
    text = appointments.icalendar.of(row, desk.calendar, url="https://dimos.example")
    assert "DTSTART:20261130T070000Z\r\n" in text
    assert "STATUS:CONFIRMED" in text
    assert f"UID:appointment-{row.id}@dimos.example" in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    row.state = AppointmentState.CALLED_OFF
    assert "STATUS:CANCELLED" in appointments.icalendar.of(row, desk.calendar, url="x")


def test_a_token_without_the_scope_books_nothing(desk: Desk) -> None:
    reader = replace(desk.clerk, scopes=frozenset({"read"}))
    wanted = Wanted(desk.calendar.id, MONDAY, "Ελένη Γεωργίου")
    with pytest.raises(NotAllowed):
        appointments.book(desk.session, wanted, by=reader)
