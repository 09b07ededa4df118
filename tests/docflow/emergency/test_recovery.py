"""Row 23: what was noted while nothing worked becomes ordinary entries, each once, dates kept."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from docflow import audit, clock, emergency, kinds, organization, registry
from docflow.emergency import Authorised, Noted
from docflow.principal import NotAllowed, Role
from docflow.registry import Entry, duplicates
from tests import factories
from tests.docflow.emergency.journals import Page

ZONE = factories.ZONE
START = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 17, 7, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def after_the_emergency():
    with clock.pretend(NOW):
        yield


@pytest.fixture
def registrar(session, town):
    return town.person(session, "registrar")


@pytest.fixture
def kit(session, registrar):
    kit_id = emergency.prepare(
        session, by=registrar, place="Γκισέ 1", numbers=20, year=2026, zone=ZONE
    )
    return emergency.kit(session, kit_id, by=registrar)


@pytest.fixture
def page(kit):
    """Three entries of one morning, ended and totalled."""
    made = Page(kit)
    made.begin(START)
    for number in (1, 2, 3):
        made.entry(number, START + timedelta(minutes=10 * number))
    made.end(START + timedelta(hours=2), "2026-11-16=3")
    return made


def recovered(session, town, page, **options):
    clerk = town.person(session, "clerk")
    journal = emergency.read(page.file(), page.kit)
    return emergency.recover(
        session, journal, by=clerk, zone=ZONE, ocr_languages=["ell"], **options
    )


def entries(session):
    return session.scalar(select(func.count()).select_from(Entry))


def test_kits_follow_each_other_without_gap(session, registrar):
    numbers = []
    for count in (20, 5, 100):
        kit_id = emergency.prepare(
            session, by=registrar, place="Γκισέ", numbers=count, year=2026, zone=ZONE
        )
        found = emergency.kit(session, kit_id, by=registrar)
        numbers.append((found.first_number, found.last_number))
    assert numbers == [(1, 20), (21, 25), (26, 125)]


def test_the_database_refuses_a_kit_that_overlaps_another(session, kit):
    copy = (
        "INSERT INTO emergency_kits (body_id, book_id, year, first_number, last_number, code, "
        "secret, place, prepared_at) SELECT body_id, book_id, year, 10, 30, 'X', 'ff', 'x', now() "
        "FROM emergency_kits"
    )
    with pytest.raises(DBAPIError, match="go on with 21"), session.begin_nested():
        session.execute(text(copy))


def test_only_the_registrar_prepares_a_kit(session, town):
    with pytest.raises(NotAllowed):
        emergency.prepare(
            session, by=town.person(session, "clerk"), place="x", numbers=1, year=2026, zone=ZONE
        )


def test_each_record_gets_an_ordinary_number_and_keeps_its_emergency_date(session, town, page):
    made = recovered(session, town, page)
    assert [(one.label, one.number) for one in made] == [
        ("ΕΚΤ-2026-0001", 1),
        ("ΕΚΤ-2026-0002", 2),
        ("ΕΚΤ-2026-0003", 3),
    ]
    entry = session.get_one(Entry, made[1].entry_id)
    assert entry.received_at == START + timedelta(minutes=20)
    assert entry.registered_at == NOW
    known = emergency.origin(session, entry.id)
    assert (known.label, known.cause) == ("ΕΚΤ-2026-0002", "Διακοπή ρεύματος")
    assert known.operator == "Μαρία Νικολάου"


def test_an_emergency_number_finds_its_entry_however_it_is_typed(session, town, page):
    made = recovered(session, town, page)
    clerk = town.person(session, "clerk")
    for typed in ("ΕΚΤ-2026-0002", "εκτ 2026 2", "EKT-2026-0002", "ekt20260002"):
        assert emergency.entry_of(session, typed, by=clerk) == made[1].entry_id, typed
    assert emergency.entry_of(session, "ΕΚΤ-2026-0009", by=clerk) is None
    assert emergency.entry_of(session, "2/2026", by=clerk) is None


def test_the_same_file_again_registers_nothing(session, town, page):
    recovered(session, town, page)
    again = recovered(session, town, page)
    assert again == []
    assert entries(session) == 3
    seen = emergency.examine(
        session, emergency.read(page.file(), page.kit), by=town.person(session, "clerk"), zone=ZONE
    )
    assert seen[0].known == ("ΕΚΤ-2026-0001", "ΕΚΤ-2026-0002", "ΕΚΤ-2026-0003")
    assert not seen[0].is_new


def test_a_later_file_of_the_same_page_brings_only_what_is_new(session, town, page):
    recovered(session, town, page)
    page.begin(START + timedelta(hours=5))
    page.entry(4, START + timedelta(hours=5, minutes=1))
    page.end(START + timedelta(hours=6), "2026-11-16=1")
    assert [one.label for one in recovered(session, town, page)] == ["ΕΚΤ-2026-0004"]
    assert len(emergency.periods(session, by=town.person(session, "auditor"))) == 2


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda log: log[2]["data"].update(subject="Άλλο θέμα"), "ΕΚΤ-2026-0002"),
        (lambda log: log[3].update(at="2026-11-16T09:00:00+00:00"), "ΕΚΤ-2026-0003"),
        (lambda log: log.pop(1), "ΕΚΤ-2026-0002"),
        (lambda log: log.insert(1, log.pop(2)), "ΕΚΤ-2026-0002"),
        (lambda log: log[4]["data"].update(totals="2026-11-16=4"), "end"),
        (lambda log: log[1].pop("check"), "ΕΚΤ-2026-0001"),
    ],
)
def test_an_altered_file_is_refused_and_the_record_named(page, change, named):
    document = json.loads(page.file())
    change(document["log"])
    with pytest.raises(emergency.JournalAltered, match=named):
        emergency.read(json.dumps(document).encode(), page.kit)


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe\x00", b"[]", b'{"format": "other"}', b"[" * 100_000, b"null", b"{}"]
)
def test_what_is_no_file_of_the_page_is_refused(kit, data):
    with pytest.raises(emergency.NoJournal):
        emergency.read(data, kit)


def test_a_file_of_another_kit_is_refused(session, registrar, page):
    other_id = emergency.prepare(
        session, by=registrar, place="Γκισέ 2", numbers=5, year=2026, zone=ZONE
    )
    other = emergency.kit(session, other_id, by=registrar)
    with pytest.raises(emergency.OtherKit):
        emergency.read(page.file(), other)
    assert emergency.kit_code(page.file()) == page.kit.code


def test_an_emergency_that_was_not_ended_is_refused(kit):
    page = Page(kit)
    page.begin(START)
    with pytest.raises(emergency.PeriodOpen):
        emergency.read(page.file(), kit)


def test_totals_that_do_not_agree_are_refused_and_nothing_is_registered(session, town, kit):
    page = Page(kit)
    page.begin(START)
    page.entry(1, START)
    page.end(START + timedelta(hours=1), "2026-11-16=2")
    with pytest.raises(emergency.TotalsDiffer, match=r"16/11/2026 there are 1 records.* says 2"):
        recovered(session, town, page)
    assert entries(session) == 0


def test_a_bad_record_stops_all_and_may_be_left_out_to_come_later(session, town, kit):
    page = Page(kit)
    page.begin(START)
    page.entry(1, START)
    page.entry(2, START, subject="x")
    page.entry(3, START)
    page.end(START + timedelta(hours=1), "2026-11-16=3")
    with pytest.raises(emergency.RecordsWrong, match="ΕΚΤ-2026-0002: Write the subject"):
        recovered(session, town, page)
    assert entries(session) == 0
    made = recovered(session, town, page, leave_out={2})
    assert [one.label for one in made] == ["ΕΚΤ-2026-0001", "ΕΚΤ-2026-0003"]
    clerk = town.person(session, "clerk")
    seen = emergency.examine(session, emergency.read(page.file(), kit), by=clerk, zone=ZONE)
    assert [one.label for one in seen[0].bad] == ["ΕΚΤ-2026-0002"]


def test_a_struck_record_keeps_its_number_and_becomes_no_entry(session, town, kit):
    page = Page(kit)
    page.begin(START)
    page.entry(1, START)
    page.entry(2, START)
    page.write("strike", START, number="1", reason="Γράφτηκε δύο φορές")
    page.end(START + timedelta(hours=1), "2026-11-16=2")
    assert [one.label for one in recovered(session, town, page)] == ["ΕΚΤ-2026-0002"]
    (period,) = emergency.periods(session, by=town.person(session, "auditor"))
    assert [(used.label, used.struck_reason) for used in period.used] == [
        ("ΕΚΤ-2026-0001", "Γράφτηκε δύο φορές"),
        ("ΕΚΤ-2026-0002", ""),
    ]


def test_after_a_day_a_new_authorisation_is_needed_and_holds_for_a_week(session, town, kit):
    with clock.pretend(START + timedelta(days=12)):
        page = Page(kit)
        page.begin(START)
        page.entry(1, START + timedelta(hours=23))
        page.write("authorise", START + timedelta(hours=24), authorised_by="Ο Δήμαρχος", note="")
        page.entry(2, START + timedelta(days=7))
        page.entry(3, START + timedelta(days=9))
        page.end(START + timedelta(days=10), "2026-11-17=1;2026-11-23=1;2026-11-25=1")
        with pytest.raises(emergency.NotAuthorised):
            recovered(session, town, page)
        late = [Authorised("Ο Δήμαρχος", START + timedelta(days=8), "Ζημιά στον διακομιστή")]
        with pytest.raises(NotAllowed):
            recovered(session, town, page, late=late)
        journal = emergency.read(page.file(), kit)
        account = session.get_one(organization.User, town.users["registrar"])
        unit = session.get_one(organization.Unit, town.units["ΓΡΑΜ"])
        organization.grant(session, account, Role.CLERK, unit)  # he registers, too
        boss = town.person(session, "registrar")
        made = emergency.recover(
            session, journal, by=boss, zone=ZONE, ocr_languages=["ell"], late=late
        )
        assert len(made) == 3
        (period,) = emergency.periods(session, by=boss)
        assert [one.is_late for one in period.authorisations] == [False, False, True]
        lengths = [one.valid_until - one.valid_from for one in period.authorisations]
        assert lengths == [timedelta(hours=24), timedelta(days=7), timedelta(days=7)]


def test_a_number_of_another_year_than_its_record_is_refused(session, town, registrar):
    kit_id = emergency.prepare(session, by=registrar, place="x", numbers=5, year=2027, zone=ZONE)
    page = Page(emergency.kit(session, kit_id, by=registrar))
    page.begin(START)
    page.entry(1, START)
    page.end(START + timedelta(hours=1), "2026-11-16=1")
    with pytest.raises(emergency.RecordsWrong, match="of another year"):
        recovered(session, town, page)


def test_a_record_of_the_future_is_named(session, town, kit):
    page = Page(kit)
    page.begin(START)
    page.entry(1, NOW + timedelta(hours=1))
    page.end(START + timedelta(hours=2), "2026-11-17=1")
    journal = emergency.read(page.file(), kit)
    (seen,) = emergency.examine(session, journal, by=town.person(session, "clerk"), zone=ZONE)
    assert "in the future" in str(seen.bad[0].problem)


def test_what_was_typed_from_paper_is_registered_once(session, town, kit):
    def typed(*numbers):
        return emergency.from_paper(
            kit,
            cause="Διακοπή δικτύου",
            started_at=START,
            ended_at=START + timedelta(hours=4),
            authorised=[Authorised("Ελένη Ράπτη", START)],
            totals={date(2026, 11, 16): 3},
            noted=[
                Noted(
                    number=number,
                    at=START + timedelta(minutes=number),
                    direction="incoming",
                    subject=f"Αίτηση {number}",
                    sender="Άννα Δήμου",
                )
                for number in numbers
            ],
        )

    clerk = town.person(session, "clerk")
    options = {"by": clerk, "zone": ZONE, "ocr_languages": ["ell"]}
    with pytest.raises(emergency.TotalsDiffer):
        emergency.recover(session, typed(1, 2), **options)
    assert len(emergency.recover(session, typed(1, 2, 3), **options)) == 3
    assert emergency.recover(session, typed(3, 1, 2), **options) == []
    (period,) = emergency.periods(session, by=clerk)
    assert period.totals == ((date(2026, 11, 16), 3),)


def test_two_computers_with_one_kit_do_not_overwrite_each_other(session, town, page):
    recovered(session, town, page)
    other = Page(page.kit, journal="c3d4")
    other.begin(START)
    other.entry(1, START, subject="Άλλο έγγραφο")
    other.end(START + timedelta(hours=1), "2026-11-16=1")
    with pytest.raises(emergency.RecordsWrong, match="taken over already with other content"):
        recovered(session, town, other)


@pytest.mark.parametrize(
    "attempt",
    [
        "UPDATE emergency_entries SET noted_at = now()",
        "DELETE FROM emergency_entries",
        "UPDATE emergency_periods SET cause = 'άλλο'",
        "UPDATE emergency_kits SET last_number = last_number + 1",
        "DELETE FROM emergency_authorisations",
    ],
)
def test_what_was_taken_over_cannot_be_changed(session, town, page, attempt):
    recovered(session, town, page)
    with pytest.raises(DBAPIError), session.begin_nested():
        session.execute(text(attempt))


def test_every_step_is_in_the_trail(session, town, page):
    recovered(session, town, page)
    actions = session.execute(
        select(audit.Event.action, func.count())
        .where(audit.Event.action.like("%emergency%"))
        .group_by(audit.Event.action)
    )
    assert dict(actions.all()) == {
        "emergency.kit-prepared": 1,
        "emergency.recovered": 1,
        "entry.taken-over-from-emergency": 3,
    }


def test_the_series_of_the_book_stays_unbroken(session, town, page):
    factories.letter(session, town)
    recovered(session, town, page)
    factories.letter(session, town)
    (series,) = [
        one
        for one in registry.contiguity(session, by=town.person(session, "auditor"))
        if one.book == "koino"
    ]
    assert (series.last_number, series.problems) == (5, ())


def test_the_days_of_a_deadline_count_from_the_receipt(session, town):
    """An entry that was received earlier (in an emergency, or late) loses no day of it."""
    definition = kinds.Definition(
        title_el="Αίτηση με προθεσμία",
        title_en="Application",
        directions=("incoming",),
        defaults=kinds.Defaults(days=10),
        fields=(),
    )
    kinds.define(session, "aitisi", definition, by=town.person(session, "administrator"))
    entry = factories.letter(session, town, kind="aitisi", received_at=START - timedelta(days=3))
    handling = session.get_one(registry.Handling, entry.id)
    assert handling.due_on == date(2026, 11, 23)


@pytest.fixture
def overrun(kit):
    """Three entries, two of them after the first day, for which nobody had a new authorisation."""
    made = Page(kit)
    made.begin(START)
    for number, hours in ((1, 1), (2, 30), (3, 31)):
        made.entry(number, START + timedelta(hours=hours))
    made.end(START + timedelta(hours=32), "2026-11-16=1;2026-11-17=2")
    return made


@pytest.fixture
def days_later():
    with clock.pretend(START + timedelta(days=3)):
        yield


NEXT_DAY = [Authorised("Ο Δήμαρχος", START + timedelta(hours=24))]


@pytest.mark.usefixtures("days_later")
def test_who_heads_the_registry_authorises_and_a_clerk_takes_over(
    session, town, registrar, overrun
):
    with pytest.raises(emergency.NotAuthorised):
        recovered(session, town, overrun)
    journal, clerk = emergency.read(overrun.file(), overrun.kit), town.person(session, "clerk")
    with pytest.raises(NotAllowed):
        emergency.authorise(session, journal, NEXT_DAY, by=clerk)
    assert emergency.authorise(session, journal, NEXT_DAY, by=registrar) == 1
    (seen,) = emergency.examine(session, journal, by=clerk, zone=ZONE)
    assert seen.uncovered == ()
    assert entries(session) == 0
    assert len(recovered(session, town, overrun)) == 3
    (period,) = emergency.periods(session, by=clerk)
    assert [(one.authorised_by, one.is_late) for one in period.authorisations] == [
        ("Ελένη Ράπτη", False),
        ("Ο Δήμαρχος", True),
    ]
    assert emergency.authorise(session, journal, NEXT_DAY, by=registrar) == 0
    events = audit.history(session, [("emergency-period", period.id)])
    assert [one.action for one in events] == ["emergency.authorised-late", "emergency.recovered"]


@pytest.mark.usefixtures("days_later")
@pytest.mark.parametrize(
    ("who", "at", "refusal"),
    [
        ("Ο Δήμαρχος", START + timedelta(hours=30, minutes=30), emergency.NotAuthorised),
        ("Ο Δήμαρχος", START - timedelta(hours=1), emergency.BadPeriod),
        ("Ο Δήμαρχος", START + timedelta(hours=40), emergency.BadPeriod),
        ("x", START + timedelta(hours=24), emergency.BadPeriod),
    ],
)
def test_a_late_authorisation_must_cover_what_was_not_allowed(
    session, registrar, overrun, who, at, refusal
):
    journal = emergency.read(overrun.file(), overrun.kit)
    with pytest.raises(refusal):
        emergency.authorise(session, journal, [Authorised(who, at)], by=registrar)
    assert session.scalar(select(func.count()).select_from(emergency.Period)) == 0


@pytest.mark.usefixtures("days_later")
def test_an_authorisation_that_was_stated_once_counts_for_what_comes_later(
    session, town, registrar, overrun
):
    journal = emergency.read(overrun.file(), overrun.kit)
    emergency.authorise(session, journal, NEXT_DAY, by=registrar)
    assert len(recovered(session, town, overrun, leave_out=[3])) == 2
    assert len(recovered(session, town, overrun)) == 1
    (period,) = emergency.periods(session, by=registrar)
    assert len(period.authorisations) == 2


def test_what_looks_like_another_entry_is_registered_all_the_same(session, town, kit):
    page = Page(kit)
    page.begin(START)
    same = {"sender_reference": "77/2026", "sender_dated_on": "2026-11-10"}
    for number in (1, 2):
        page.entry(number, START + timedelta(minutes=number), **same)
    page.end(START + timedelta(hours=2), "2026-11-16=2")
    _, second = recovered(session, town, page)
    reason, alike = duplicates.noted(session, second.entry_id, by=town.person(session, "clerk"))
    assert "ΕΚΤ-2026-0002" in reason
    assert len(alike) == 1


@pytest.mark.parametrize(
    "give",
    [
        lambda office, kit, by: emergency.offline_page(office, kit.id, by=by, language="el"),
        lambda office, kit, by: emergency.sheets(office, kit.id, by=by, language="el"),
    ],
    ids=["page", "sheets"],
)
def test_only_the_registry_gets_sheets_and_the_page_with_its_key(
    office, session, town, registrar, kit, give
):
    auditor = town.person(session, "auditor")
    assert emergency.kit(session, kit.id, by=auditor).code == kit.code
    for by in (auditor, replace(registrar, scopes=frozenset({"read"}))):
        with pytest.raises(NotAllowed):
            give(office, kit, by)
    assert kit.secret not in repr(kit)


def test_programs_need_the_scope_for_kits_and_for_the_way_back(session, town, registrar, page):
    reads = {"scopes": frozenset({"read"})}
    journal, clerk = emergency.read(page.file(), page.kit), town.person(session, "clerk")
    with pytest.raises(NotAllowed):
        emergency.prepare(
            session, by=replace(registrar, **reads), place="x", numbers=1, year=2026, zone=ZONE
        )
    with pytest.raises(NotAllowed):
        emergency.recover(
            session, journal, by=replace(clerk, **reads), zone=ZONE, ocr_languages=["ell"]
        )
    with pytest.raises(NotAllowed):
        emergency.authorise(session, journal, NEXT_DAY, by=replace(registrar, **reads))
