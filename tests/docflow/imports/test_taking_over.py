"""An old register goes into the book whole or not at all, and stands there as it was."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.exc import DBAPIError

from docflow import audit, imports, notices, outbox, registry, search
from docflow.imports import Duplicates, Field, ImportState
from docflow.office import Office
from docflow.principal import NotAllowed
from docflow.registry import BookYear, Entry
from tests import factories
from tests.docflow.imports import tables

LETTERS = ("number", "date", "direction", "sender", "recipient", "subject", "remarks")
MAPPING = {Field(name): place for place, name in enumerate(LETTERS)}


@pytest.fixture
def town(committed: Office) -> factories.Town:
    with committed.db.begin() as session:
        return factories.municipality(session)


@pytest.fixture
def registrar(committed, town):
    return person(committed, town, "registrar")


def person(office, town, username):
    with office.db.read() as session:
        return town.person(session, username)


def run_jobs(office):
    """Do what waits, as the worker would."""
    with office.db.read() as session:
        waiting = select(outbox.Job.id).where(outbox.Job.state == "waiting").order_by(outbox.Job.id)
        ids = session.scalars(waiting).all()
    for job_id in ids:
        outbox.run(office, job_id)


def begun(office, by, data, *, name="2024.csv", year=2024):
    upload = factories.uploaded(office, data, name)
    return imports.begin(office, upload, by=by, year=year, taken_from="Παλαιό βιβλίο")


def checked(office, by, data, **options):
    """The import after its dry run."""
    import_id = begun(office, by, data)
    imports.check(office, import_id, by=by, mapping=MAPPING, **options)
    run_jobs(office)
    with office.db.read() as session:
        return imports.info(session, import_id, by=by)


def sealed(office, by, data, *, without_bad=False, **options):
    """The import after it was confirmed and done."""
    one = checked(office, by, data, **options)
    with office.db.begin() as session:
        imports.confirm(session, one.id, by=by, zone=factories.ZONE, without_bad=without_bad)
    run_jobs(office)
    with office.db.read() as session:
        return imports.info(session, one.id, by=by)


def entries(office):
    with office.db.read() as session:
        return session.scalars(
            select(Entry).where(Entry.year == 2024).order_by(Entry.number, Entry.sub_number)
        ).all()


ROWS = [
    tables.row(1),
    tables.row(2, direction="ΕΞ", sender="", recipient="Υπουργείο Εσωτερικών"),
    tables.row(5, date="15/08/2024", subject="Θερινό ωράριο"),
]


def test_the_columns_are_recognised_by_their_names(committed, registrar):
    import_id = begun(committed, registrar, tables.csv(ROWS))
    with committed.db.read() as session:
        one = imports.info(session, import_id, by=registrar)
    assert {Field(name): place for name, place in one.columns.items()} == MAPPING
    seen = imports.preview(committed, import_id, by=registrar)
    assert tuple(seen.header) == tables.HEADER
    assert [number for number, _ in seen.rows] == [2, 3, 4]


def test_numbers_dates_and_words_stand_as_they_were(committed, town, registrar):
    one = sealed(committed, registrar, tables.csv(ROWS))
    assert (one.state, one.problem) == (ImportState.SEALED, None)
    first, second, third = entries(committed)
    assert [e.label for e in (first, second, third)] == ["1/2024", "2/2024", "5/2024"]
    assert third.registered_at.isoformat() == "2024-08-15T09:00:00+00:00"  # midday in Athens
    clerk = person(committed, town, "clerk")
    with committed.db.read() as session:
        details = registry.details(session, second, by=clerk)
        assert [recipient.name for recipient in details.recipients] == ["Υπουργείο Εσωτερικών"]
        assert registry.details(session, third, by=clerk).line.state == "closed"
        origin = imports.origin(session, third.id)
        assert (origin.taken_from, origin.row) == ("Παλαιό βιβλίο", 4)
        assert list(origin.cells[0]) == ["Αρ. Πρωτ.", "5"]
        assert dict(origin.cells)["Παρατηρήσεις"] == "παλαιό"
        assert imports.origin(session, third.id + 1) is None
        found = search.search(session, "θερινά ωράρια", by=clerk)
        assert [hit.line.id for hit in found.hits] == [third.id]
        year = session.get_one(BookYear, (third.book_id, 2024))
        assert (year.state, year.last_number) == ("sealed", 5)
        assert year.declared_gaps == [["common", 3, 4]]


def test_the_check_of_numbers_knows_the_declared_gaps(committed, town, registrar):
    sealed(committed, registrar, tables.csv(ROWS))
    with committed.db.read() as session:
        auditor = town.person(session, "auditor")
        series = [s for s in registry.contiguity(session, by=auditor) if s.year == 2024]
    assert [(one.last_number, one.problems) for one in series] == [(5, ())]
    assert [one.declared for one in series] == [((3, 4),)]


def test_without_the_bad_rows_the_year_is_sealed_as_the_report_promised(committed, town, registrar):
    rows = [tables.row(n) for n in (1, 2, 3, 5, 6, 7, 8, 9)]
    rows[2] = tables.row(3, date="31/02/2024")
    rows[5] = tables.row(7, subject="")
    rows[7] = tables.row(9, sender="")
    one = sealed(committed, registrar, tables.csv(rows), without_bad=True)
    assert one.report["gaps"] == [["common", 4, 4]]
    assert one.report["left_out"] == [["common", 3, 3], ["common", 7, 7], ["common", 9, 9]]
    with committed.db.read() as session:
        year = session.get_one(BookYear, (town.books["koino"], 2024))
        auditor = town.person(session, "auditor")
        [series] = [s for s in registry.contiguity(session, by=auditor) if s.year == 2024]
    assert year.last_number == one.report["last"] == 9
    assert year.declared_gaps == [["common", 3, 4], ["common", 7, 7], ["common", 9, 9]]
    assert (series.last_number, series.entries, series.problems) == (9, 5, ())


def test_a_series_of_which_no_row_is_good_ends_at_its_last_number_too(committed, town, registrar):
    rows = [tables.row(1), tables.row(1, direction="ΕΞ", subject="")]
    rows.append(tables.row(2, direction="ΕΞ", date="31/02/2024"))
    sealed(committed, registrar, tables.csv(rows), by_direction=True, without_bad=True)
    with committed.db.read() as session:
        auditor = town.person(session, "auditor")
        found = {s.series: s for s in registry.contiguity(session, by=auditor) if s.year == 2024}
    assert (found["outgoing"].last_number, found["outgoing"].declared) == (2, ((1, 2),))
    assert not any(one.problems for one in found.values())


def test_three_bad_rows_are_named_and_only_left_out_at_a_persons_wish(committed, registrar):
    rows = [tables.row(n) for n in range(1, 40)]
    rows[9] = tables.row(10, date="31/02/2024")
    rows[19] = tables.row(20, subject="")
    rows[29] = tables.row(30, number="τριάντα")
    one = checked(committed, registrar, tables.csv(rows))
    assert one.report["rows"] == 39
    assert (one.report["good"], one.report["bad"]) == (36, 3)
    assert [fault[:3] for fault in one.report["faults"]] == [
        [11, "10", "date-bad"],
        [21, "20", "subject-missing"],
        [31, "τριάντα", "number-bad"],
    ]
    assert one.report["gaps"] == [["common", 30, 30]]
    csv = committed.store.read(one.report_sha256).decode("utf-8-sig").splitlines()
    assert [line.split(";")[0] for line in csv[1:]] == ["11", "21", "31", ""]
    with (
        pytest.raises(imports.BadRowsLeft, match="3 rows"),
        committed.db.begin() as session,
    ):
        imports.confirm(session, one.id, by=registrar, zone=factories.ZONE)
    with committed.db.begin() as session:
        imports.confirm(session, one.id, by=registrar, zone=factories.ZONE, without_bad=True)
    run_jobs(committed)
    assert len(entries(committed)) == 36
    with committed.db.read() as session:
        told = notices.listing.listed(session, by=registrar).lines
        assert [(line.kind, line.subject.page, line.times) for line in told] == [
            ("import-ended", f"/imports/{one.id}", 2)
        ]


def test_a_dry_run_writes_nothing_into_the_register(committed, registrar):
    checked(committed, registrar, tables.csv(ROWS))
    with committed.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Entry)) == 0
        assert session.scalar(select(func.count()).select_from(BookYear)) == 0


def test_numbers_that_stand_twice_are_errors_or_become_sub_numbers(committed, registrar):
    rows = [tables.row(1), tables.row(2), tables.row(2, subject="Και άλλο"), tables.row(3)]
    one = checked(committed, registrar, tables.csv(rows))
    assert one.report["problems"] == {"number-twice": 1}
    other = sealed(committed, registrar, tables.csv(rows), duplicates=Duplicates.SUFFIX)
    assert other.state == ImportState.SEALED
    assert [e.label for e in entries(committed)] == ["1/2024", "2/2024", "2-1/2024", "3/2024"]


def test_a_register_with_a_series_for_each_direction(committed, registrar):
    rows = [tables.row(1), tables.row(1, direction="εξ", sender="", recipient="Άννα")]
    one = sealed(committed, registrar, tables.csv(rows), by_direction=True)
    assert one.state == ImportState.SEALED
    assert {e.label for e in entries(committed)} == {"ΕΙΣ 1/2024", "ΕΞ 1/2024"}


def test_a_year_that_has_entries_takes_nothing_over(committed, town, registrar):
    with committed.db.begin() as session:
        year = factories.letter(session, town).year
    upload = factories.uploaded(committed, tables.csv(ROWS), "x.csv")
    with pytest.raises(imports.YearInUse):
        imports.begin(committed, upload, by=registrar, year=year, taken_from="x")
    sealed(committed, registrar, tables.csv(ROWS))
    with pytest.raises(imports.YearInUse):
        imports.begin(committed, upload, by=registrar, year=2024, taken_from="x")


@pytest.mark.parametrize("username", ["clerk", "secretary", "auditor", "administrator"])
def test_only_the_registrar_takes_over(committed, town, username):
    upload = factories.uploaded(committed, tables.csv(ROWS), "x.csv")
    with pytest.raises(NotAllowed):
        imports.begin(
            committed, upload, by=person(committed, town, username), year=2024, taken_from="x"
        )


def test_a_program_needs_the_scope_to_take_over(committed, town, registrar):
    upload = factories.uploaded(committed, tables.csv(ROWS), "x.csv")
    reads, writes = (replace(registrar, scopes=frozenset({one})) for one in ("read", "register"))
    with pytest.raises(NotAllowed):
        imports.begin(committed, upload, by=reads, year=2024, taken_from="x")
    one = imports.begin(committed, upload, by=registrar, year=2024, taken_from="x")
    with committed.db.begin() as session:
        with pytest.raises(NotAllowed):
            imports.confirm(session, one, by=reads, zone=factories.ZONE)
        with pytest.raises(NotAllowed):
            imports.cancel(session, one, by=reads)
        with pytest.raises(NotAllowed):
            imports.infos(session, by=writes)
    with pytest.raises(NotAllowed):
        imports.check(committed, one, by=reads, mapping={})


@pytest.mark.parametrize(
    ("statement", "refused"),
    [
        (
            "INSERT INTO old_entries (entry_id, register_id, row, cells) "
            "SELECT {own}, id, 99, '[]' FROM old_registers",
            "is not being taken over",
        ),
        (
            "INSERT INTO old_entries (entry_id, register_id, row, cells) "
            "SELECT {old}, id, 99, '[]' FROM old_registers",
            "is not being taken over",
        ),
        (
            "INSERT INTO old_registers (body_id, book_id, year, taken_from, file_name, file_sha256,"
            " file_size, form, columns, begun_at, state) SELECT body_id, book_id, 2019, 'x', 'x',"
            " 'x', 1, '{{}}', '{{}}', now(), 'sealed' FROM old_registers",
            "begins with its mapping",
        ),
        ("UPDATE old_registers SET state = 'sealed' WHERE year = 2023", "never deleted"),
    ],
)
def test_no_entry_is_passed_off_as_one_of_an_old_register(
    committed, town, registrar, statement, refused
):
    with committed.db.begin() as session:
        own = factories.letter(session, town).id
    sealed(committed, registrar, tables.csv(ROWS))
    with committed.db.read() as session:
        old = session.scalar(select(imports.OldEntry.entry_id).limit(1))
    begun(committed, registrar, tables.csv(ROWS), year=2023)
    with pytest.raises(DBAPIError, match=refused), committed.db.begin() as session:
        session.execute(text(statement.format(own=own, old=old)))


def test_a_cancelled_import_leaves_nothing(committed, registrar, monkeypatch):
    one = checked(committed, registrar, tables.csv(ROWS))
    with committed.db.begin() as session:
        imports.confirm(session, one.id, by=registrar, zone=factories.ZONE)
    seal = registry.importing.seal

    def cancelled_meanwhile(*arguments, **options):
        with committed.db.begin() as other:
            imports.cancel(other, one.id, by=registrar)
        return seal(*arguments, **options)

    monkeypatch.setattr(registry.importing, "seal", cancelled_meanwhile)
    run_jobs(committed)
    with committed.db.read() as session:
        assert imports.info(session, one.id, by=registrar).state == ImportState.CANCELLED
        assert session.scalar(select(func.count()).select_from(Entry)) == 0
        assert session.scalar(select(func.count()).select_from(BookYear)) == 0


def test_a_crash_in_the_middle_leaves_nothing_and_the_job_does_it_again(
    committed, registrar, monkeypatch
):
    one = checked(committed, registrar, tables.csv(ROWS))
    with committed.db.begin() as session:
        imports.confirm(session, one.id, by=registrar, zone=factories.ZONE)

    def crash(*arguments, **options):
        raise RuntimeError("power cut")

    with monkeypatch.context() as broken:
        broken.setattr(registry.importing, "seal", crash)
        run_jobs(committed)
    assert entries(committed) == []
    with committed.db.begin() as session:
        session.execute(text("UPDATE jobs SET run_after = now() WHERE state = 'waiting'"))
    run_jobs(committed)
    assert len(entries(committed)) == 3


def test_a_sealed_year_takes_no_number_and_the_register_no_change(committed, town, registrar):
    one = sealed(committed, registrar, tables.csv(ROWS))
    entry = entries(committed)[0]
    columns = [c.name for c in Entry.__table__.columns if c.name not in ("id", "number", "label")]
    columns.remove("verification_code")
    listed = ", ".join(columns)
    attempts = [
        f"INSERT INTO entries (number, label, verification_code, {listed}) "
        f"SELECT 3, '3/2024', 'X', {listed} FROM entries WHERE id = {entry.id}",
        f"UPDATE book_years SET state = 'importing' WHERE book_id = {entry.book_id}",
        f"UPDATE old_registers SET core_digest = 'x' WHERE id = {one.id}",
        "DELETE FROM old_registers",
        "UPDATE old_entries SET row = 7",
    ]
    for attempt in attempts:
        with pytest.raises(DBAPIError), committed.db.begin() as session:
            session.execute(text(attempt))


def findings(office):
    with office.db.read() as session:
        return [finding.detail for finding in audit.verify(session).findings]


def test_the_verification_knows_imported_entries_and_names_what_was_altered(
    committed, town, registrar, postgres
):
    with committed.db.begin() as session:
        factories.letter(session, town)
    one = sealed(committed, registrar, tables.csv(ROWS))
    assert findings(committed) == []
    owner = postgres.owner_url(committed.db.engine.url.database)
    engine = create_engine(owner)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE entries DISABLE TRIGGER USER"))
        connection.execute(text("UPDATE entries SET subject = 'Άλλο' WHERE label = '2/2024'"))
    engine.dispose()
    (found,) = findings(committed)
    assert found.startswith(f"the old register {one.id} ")
    assert found.endswith("its entries were altered")


def test_the_event_says_what_was_taken_over(committed, registrar):
    one = sealed(committed, registrar, tables.csv(ROWS))
    with committed.db.read() as session:
        event = session.scalars(
            select(audit.Event).where(audit.Event.action == "register.taken-over")
        ).one()
        assert (
            session.scalar(
                select(func.count())
                .select_from(audit.Event)
                .where(audit.Event.subject_type == "entry")
            )
            == 0
        )
    assert event.details["entries"] == 3
    assert event.details["file"] == one.file_sha256
    assert json.dumps(event.details)


def test_a_file_that_is_no_table_ends_at_once(committed, registrar):
    with pytest.raises(imports.NoTable):
        begun(committed, registrar, b"PK\x03\x04 nothing", name="x.xlsx")


def test_a_hundred_thousand_rows_with_three_errors(committed, registrar):
    rows = [tables.row(n) for n in range(1, 100_001)]
    rows[499] = tables.row(500, date="2024-02-30")
    rows[49_999] = tables.row(50_000, direction="???")
    rows[99_998] = tables.row(99_999, sender="")
    one = checked(committed, registrar, tables.csv(rows, encoding="windows-1253"))
    assert one.report["bad"] == 3
    assert [(fault[0], fault[2]) for fault in one.report["faults"]] == [
        (501, "date-bad"),
        (50_001, "direction-unknown"),
        (100_000, "sender-missing"),
    ]
