"""The organogram out as CSV and JSON, and back in as a change that is tried first."""

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from docflow import clock
from docflow.organization import changes, organogram, sheets
from docflow.organization.sheets import BadSheet
from docflow.organization.steps import ChangedUnit, DissolvedUnit, NewHead, NewUnit
from tests.factories import ZONE, Town


def exported(session: Session, town: Town) -> bytes:
    by = town.person(session, "administrator")
    return sheets.as_csv(organogram.every_unit(session, by=by, zone=ZONE))


def compared(session: Session, town: Town, data: bytes):
    by = town.person(session, "administrator")
    return sheets.compare(session, sheets.read(data), by=by, zone=ZONE)


def test_what_goes_out_comes_back_as_no_change(session: Session, town: Town) -> None:
    by = town.person(session, "administrator")
    changes.change(
        session, [ChangedUnit("ΟΔΟΠ", phone="+30 210 1"), NewHead("ΝΟΜ", "lawyer")], by=by
    )
    changes.change(session, [NewUnit("Χ", "=ΤΥΠΟΣ()"), DissolvedUnit("ΟΔΟΠ", "ΤΥ")], by=by)
    session.flush()
    data = exported(session, town)
    assert "'=ΤΥΠΟΣ()".encode() in data  # no formula for a spreadsheet
    assert compared(session, town, data) == []
    units = organogram.every_unit(session, by=by, zone=ZONE)
    as_json = sheets.as_json(units, body="paradeigma", on=clock.today())
    assert compared(session, town, as_json) == []
    people = next(one for one in json.loads(as_json)["units"] if one["code"] == "ΝΟΜ")["people"]
    assert people[0]["username"] == "lawyer"


def test_a_sheet_of_ones_own_becomes_steps(session: Session, town: Town) -> None:
    text = (
        "Κωδικός;Ονομασία;Υπάγεται σε;Ισχύει έως;Διάδοχος;Προϊστάμενος\r\n"
        "ΤΥ;Διεύθυνση Έργων;ΔΗΜ;;;director\r\n"
        "ΠΡΑΣ;Τμήμα Πρασίνου;ΤΥ;;;engineer\r\n"
        "ΟΔΟΠ;Τμήμα Οδοποιίας;ΤΥ;2026-01-31;ΤΥ;\r\n"
        ";;;;;\r\n"
    )
    assert compared(session, town, text.encode()) == [
        NewUnit("ΠΡΑΣ", "Τμήμα Πρασίνου", "ΤΥ"),
        ChangedUnit("ΤΥ", name="Διεύθυνση Έργων"),
        DissolvedUnit("ΟΔΟΠ", "ΤΥ"),
        NewHead("ΠΡΑΣ", "engineer"),
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "columns"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"code;name\n", "names no unit"),
        ("name;parent\nΑ;Β\n".encode(), "columns"),
        ("code;name\n1;Α\n1;Β\n".encode(), "row 1 too"),
        ("code;name\n;Α\n".encode(), "Row 1"),
        ("code;name;valid_to\n1;Α;αύριο\n".encode(), "not a date"),
        (b"{", "not JSON"),
        (b'{"units": 3}', "not JSON"),
        (b'{"units": [{"code": 1, "name": "x"}]}', "not text"),
        (b"[" * 100_000, "not JSON"),
        (b"code;name\n" + b"x" * (3 << 20), "larger"),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_row(data: bytes, said: str) -> None:
    with pytest.raises(BadSheet, match=said):
        sheets.read(data)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    with suppress(BadSheet):
        assert all(row.code and row.name for row in sheets.read(data))


def test_an_end_on_a_day_to_come_is_refused(session: Session, town: Town) -> None:
    day = clock.today().replace(year=clock.today().year + 4, day=1)
    text = f"code;name;valid_to;successor\r\nΟΔΟΠ;Τμήμα Οδοποιίας;{day};ΤΥ\r\n"
    with pytest.raises(BadSheet, match="day to come"):
        compared(session, town, text.encode())
