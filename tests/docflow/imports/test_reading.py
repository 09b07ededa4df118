"""What an old register says, whatever its encoding, separator and way of writing dates."""

from datetime import date, datetime, time

import pytest

from docflow.folding import fold
from docflow.imports import Form, NoTable, checking, columns, judging, sheets
from docflow.imports.columns import BadMapping, Field
from docflow.imports.comparing import Register
from docflow.imports.judging import Problem, Rules
from tests.docflow.imports import tables
from tests.factories import ZONE

COLUMNS = {
    Field.NUMBER: 0,
    Field.DATE: 1,
    Field.DIRECTION: 2,
    Field.SENDER: 3,
    Field.RECIPIENT: 4,
    Field.SUBJECT: 5,
    Field.REMARKS: 6,
}
RULES = Rules(year=2024, zone=ZONE, today=date(2026, 11, 22), columns=COLUMNS)


def written(tmp_path, data, name="βιβλίο.csv"):
    path = tmp_path / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1253", "iso8859-7", "utf-16"])
def test_a_csv_is_read_in_its_own_encoding_and_separator(tmp_path, encoding, separator):
    rows = [tables.row(1, subject="Άδεια «Ήλιος» Όχθης"), tables.row(2)]
    path = written(tmp_path, tables.csv(rows, encoding=encoding, separator=separator))
    form = sheets.recognise(path)
    found = list(sheets.rows(path, form))
    assert [cells for _, cells in found] == [list(tables.HEADER), *map(list, rows)]
    assert columns.recognised(found[0][1]) == COLUMNS


def test_an_xlsx_is_read_with_its_dates_and_numbers(tmp_path):
    rows = [
        (1.0, date(2024, 3, 1), "ΕΙΣ", "Άννα", None, "Θέμα", None),
        (2, datetime.fromisoformat("2024-03-01 14:30"), "ΕΞ", None, "Βάσω", "Θέμα", 7),
    ]
    path = written(tmp_path, tables.xlsx(rows), "β.xlsx")
    form = sheets.recognise(path)
    assert form.kind == "xlsx"
    first, second = list(sheets.rows(path, form))[1:]
    assert first == (2, ["1", "2024-03-01", "ΕΙΣ", "Άννα", "", "Θέμα"])
    assert second == (3, ["2", "2024-03-01 14:30:00", "ΕΞ", "", "Βάσω", "Θέμα", "7"])


@pytest.mark.parametrize(
    "data", [b"", b"   \n", b"\xd0\xcf\x11\xe0 an old workbook", b"PK\x03\x04 no archive"]
)
def test_what_is_no_table_is_refused(tmp_path, data):
    path = written(tmp_path, data)
    with pytest.raises(NoTable):
        list(sheets.rows(path, sheets.recognise(path)))


def test_a_title_above_the_names_of_the_columns_is_passed_over(tmp_path):
    data = "Βιβλίο πρωτοκόλλου 2024;;\r\n;;\r\nΑ/Α;Ημερομηνία;Θέμα\r\n1;1/2/2024;Αίτηση\r\n"
    path = written(tmp_path, data.encode())
    assert columns.header_row(sheets.rows(path, sheets.recognise(path))) == 3


@pytest.mark.parametrize(
    ("text", "day", "at"),
    [
        ("01/02/2024", date(2024, 2, 1), None),
        ("1-2-24", date(2024, 2, 1), None),
        ("1.2.1998", date(1998, 2, 1), None),
        ("5/6/85", date(1985, 6, 5), None),
        ("2024-02-01", date(2024, 2, 1), None),
        ("2024-02-01T10:15:00", date(2024, 2, 1), time(10, 15)),
        ("01/02/2024 2:05 μμ", date(2024, 2, 1), time(14, 5)),
        ("45323", date(2024, 2, 1), None),
        ("45323.5", date(2024, 2, 1), time(12)),
        ("29/02/2024", date(2024, 2, 29), None),
    ],
)
def test_a_date_is_read_as_people_write_it(text, day, at):
    assert judging.read_moment(text) == (day, at)


@pytest.mark.parametrize("text", ["29/02/2023", "31/04/2024", "χθες", "2024", "13/13/2024", "1/2"])
def test_what_is_no_date_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        judging.read_moment(text)


@pytest.mark.parametrize(
    ("word", "direction"),
    [
        ("Εισερχόμενο", "incoming"),
        ("ΕΙΣ.", "incoming"),
        ("Ε", "incoming"),
        ("in", "incoming"),
        ("ΕΞ", "outgoing"),
        ("Outgoing", "outgoing"),
        ("Εσωτερικό", "internal"),
        ("internal", "internal"),
        ("άλλο", ""),
    ],
)
def test_a_direction_is_known_by_its_beginning(word, direction):
    assert judging.judge(2, tables.row(1, direction=word), RULES).direction == direction


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"number": ""}, Problem.NUMBER_MISSING),
        ({"number": "12α"}, Problem.NUMBER_BAD),
        ({"number": "0"}, Problem.NUMBER_BAD),
        ({"number": "7/2023"}, Problem.DATE_OTHER_YEAR),
        ({"date": ""}, Problem.DATE_MISSING),
        ({"date": "30/02/2024"}, Problem.DATE_BAD),
        ({"date": "1/1/2025"}, Problem.DATE_OTHER_YEAR),
        ({"date": "1/1/2062"}, Problem.DATE_FUTURE),
        ({"direction": ";"}, Problem.DIRECTION_UNKNOWN),
        ({"subject": ""}, Problem.SUBJECT_MISSING),
        ({"subject": "x" * 1001}, Problem.TOO_LONG),
        ({"sender": ""}, Problem.SENDER_MISSING),
        ({"sender": "x" * 301}, Problem.TOO_LONG),
        ({"subject": "Αίτ\ufffdση"}, Problem.UNREADABLE),
    ],
)
def test_each_fault_of_a_row_is_named(changes, problem):
    judged = judging.judge(9, tables.row(1, **changes), RULES)
    assert [(fault.row, fault.problem) for fault in judged.faults] == [(9, problem)]
    assert judged.is_bad


def test_an_outgoing_row_without_recipient_is_only_warned_of():
    judged = judging.judge(9, tables.row(1, direction="εξ", sender=""), RULES)
    assert [fault.problem for fault in judged.faults] == [Problem.RECIPIENT_MISSING]
    assert not judged.is_bad


def compared(*rows, duplicates="refuse"):
    register = Register()
    for number, changes in rows:
        register.add(judging.judge(100 + len(register.rows), tables.row(number, **changes), RULES))
    return register.compare(duplicates=duplicates)


def test_gaps_and_numbers_that_stand_twice_are_found():
    outcome = compared((3, {}), (4, {}), (4, {}), (9, {}))
    assert outcome.gaps == (("common", 1, 2), ("common", 5, 8))
    assert (outcome.missing, outcome.last, outcome.numbers) == (6, 9, 3)
    assert [(f.row, f.problem, f.detail) for f in outcome.faults] == [
        (102, Problem.NUMBER_TWICE, "101")
    ]
    assert compared((4, {}), (4, {}), duplicates="suffix").faults == ()


def test_one_late_date_does_not_blame_the_rows_after_it():
    days = ["01/03", "02/03", "30/11", "03/03", "04/03", "05/03"]
    rows = [(n, {"date": f"{day}/2024"}) for n, day in enumerate(days, start=1)]
    assert [(f.number, f.problem) for f in compared(*rows).faults] == [("3", Problem.DATE_FALLS)]


def test_a_mapping_must_be_whole():
    for field in (Field.NUMBER, Field.DATE, Field.SUBJECT):
        lacking = {name: place for name, place in COLUMNS.items() if name is not field}
        with pytest.raises(BadMapping):
            columns.checked(lacking, width=7, has_direction=False)
    with pytest.raises(BadMapping, match="twice"):
        columns.checked({**COLUMNS, Field.REMARKS: 0}, width=7, has_direction=False)
    without = {name: place for name, place in COLUMNS.items() if name is not Field.DIRECTION}
    with pytest.raises(BadMapping, match="direction"):
        columns.checked(without, width=7, has_direction=False)
    assert columns.checked(without, width=7, has_direction=True) == without


def test_the_report_cannot_make_a_spreadsheet_calculate(tmp_path):
    path = written(tmp_path, tables.csv([tables.row(1, number="=1+2")]))
    outcome = checking.check(path, Form("csv"), RULES, progress=lambda done: None)
    words = {code: code for code in (*Problem, "gap", "error", "warning")}
    report = checking.report(outcome, words, ["a", "b", "c", "d", "e"]).decode("utf-8-sig")
    assert report.splitlines()[1] == "2;'=1+2;error;number-bad;'=1+2"


def test_header_names_are_folded_as_they_are_compared():
    for names in columns._NAMES.values():
        for name in names:
            assert fold(name).strip(" .:*") == fold(name), name
