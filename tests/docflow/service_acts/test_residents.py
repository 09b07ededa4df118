"""The register of residents: taken over whole or not at all, found by its keyed digests."""

from datetime import date

import pytest
from sqlalchemy import select

from docflow.audit import Event
from docflow.principal import NotAllowed
from docflow.service_acts import BadResidents, ManyRemoved, Resident, residents

HEADER = "ΑΦΜ;ΑΜΚΑ;Ονοματεπώνυμο;Διεύθυνση;Κάτοικος από"
ELENI = "123456783;01017000124;Ελένη Δημητρίου;Ακαδημίας 12, Παράδειγμα;03/05/2011"
NIKOS = "090000045;;Νίκος Ιωάννου;Μουσών 3, Παράδειγμα;2001-09-30"


def written(tmp_path, *rows, header=HEADER, encoding="utf-8"):
    path = tmp_path / "katoikoi.csv"
    path.write_bytes("\r\n".join([header, *rows]).encode(encoding))
    return path


@pytest.fixture
def admin(session, town):
    return town.person(session, "administrator")


def take(office, path, by, **more):
    return residents.take(office, path, name=path.name, by=by, **more)


def found(office, town, **numbers):
    with office.db.read() as session:
        return residents.find(session, office.settings, body_id=town.body_id, **numbers)


def test_a_list_holds_and_says_who_lives_where_since_when(office, town, admin, tmp_path):
    taken = take(office, written(tmp_path, ELENI, NIKOS, encoding="windows-1253"), admin)
    assert (taken.rows, taken.entered, taken.changed, taken.removed) == (2, 2, 0, 0)
    eleni = found(office, town, tax_number="123456783")
    assert (eleni.name, eleni.address) == ("Ελένη Δημητρίου", "Ακαδημίας 12, Παράδειγμα")
    assert eleni.lives_since == date(2011, 5, 3)
    assert found(office, town, social_number="01017000124") == eleni
    assert found(office, town, tax_number="090000045").lives_since == date(2001, 9, 30)
    assert found(office, town, tax_number="090000045", social_number="01017000124") is None
    assert found(office, town) is None


def test_the_next_list_replaces_the_one_before(office, town, admin, tmp_path):
    take(office, written(tmp_path, ELENI, NIKOS), admin)
    moved = ELENI.replace("Ακαδημίας 12", "Ερμού 1")
    new = "094014201;;Άννα Παππά;Σόλωνος 8, Παράδειγμα;01/02/2020"
    taken = take(office, written(tmp_path, moved, new), admin)
    assert (taken.entered, taken.changed, taken.removed) == (1, 1, 1)
    assert found(office, town, tax_number="123456783").address == "Ερμού 1, Παράδειγμα"
    assert found(office, town, tax_number="090000045") is None
    with office.db.read() as session:
        assert [one.removed for one in residents.lists(session, by=admin)] == [1, 0]


def test_no_number_stands_in_the_table_nor_in_the_trail(office, session, town, admin, tmp_path):
    take(office, written(tmp_path, ELENI), admin)
    [row] = session.scalars(select(Resident))
    assert b"123456783" not in row.person_key
    [event] = session.scalars(select(Event).where(Event.action == "residents.taken"))
    assert "123456783" not in str(event.details)
    assert "Ελένη" not in str(event.details)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (ELENI.replace("123456783", "123456789"), "The ΑΦΜ is not valid"),
        (ELENI.replace("01017000124", "01017000125"), "The ΑΜΚΑ is not valid"),
        (ELENI.replace("123456783;01017000124", ";"), "Neither ΑΦΜ nor ΑΜΚΑ"),
        (ELENI.replace("03/05/2011", "31/02/2011"), "is no date"),
        (ELENI.replace("03/05/2011", "03/05/2999"), "lies ahead"),
        (ELENI.replace("Ελένη Δημητρίου", ""), "The name is missing"),
        (f"{NIKOS}\r\n{NIKOS}", "stands in row 2 too"),
    ],
)
def test_a_fault_is_told_by_its_row_and_nothing_is_taken_over(
    office, town, admin, tmp_path, row, said
):
    with pytest.raises(BadResidents) as refused:
        take(office, written(tmp_path, row), admin)
    [fault] = refused.value.faults
    assert said in str(fault.message)
    assert fault.row == (3 if "\r\n" in row else 2)
    with office.db.read() as session:
        assert residents.count(session, town.body_id) == 0


def test_a_table_without_the_columns_is_no_register(office, admin, tmp_path):
    with pytest.raises(BadResidents, match="must name the columns"):
        take(office, written(tmp_path, ELENI, header="Α;Β;Γ;Δ;Ε"), admin)


def test_leading_zeros_that_a_spreadsheet_dropped_come_back(office, town, admin, tmp_path):
    take(office, written(tmp_path, NIKOS.replace("090000045", "90000045")), admin)
    assert found(office, town, tax_number="090000045").name == "Νίκος Ιωάννου"


def test_a_list_that_lacks_many_asks_first(office, town, admin, tmp_path, monkeypatch):
    monkeypatch.setattr(residents, "_FEW", 0)
    take(office, written(tmp_path, ELENI, NIKOS), admin)
    half = written(tmp_path, ELENI)
    with pytest.raises(ManyRemoved):
        take(office, half, admin)
    assert found(office, town, tax_number="090000045") is not None
    assert take(office, half, admin, removal_is_meant=True).removed == 1


def test_a_clerk_does_not_keep_the_list(office, session, town, tmp_path):
    with pytest.raises(NotAllowed):
        take(office, written(tmp_path, ELENI), town.person(session, "clerk"))


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("Ελένη Δημητρίου", "ΔΗΜΗΤΡΙΟΥ ΕΛΕΝΗ", True),
        ("Ελένη Δημητρίου", "Ελένη Δημητρίου Κώστα", False),
        ("", "", False),
    ],
)
def test_names_are_compared_blind_to_order_case_and_accents(one, other, is_same):
    assert residents.is_same_name(one, other) is is_same


@pytest.mark.parametrize(
    ("typed", "is_same"),
    [
        ("ΑΚΑΔΗΜΙΑΣ 12", True),
        ("οδός Ακαδημίας, αρ. 12, Τ.Κ. 106 72 Παράδειγμα", True),
        ("Ακαδημίας 12, Παράδειγμα, Αττική", True),
        ("Ακακιών 3", False),
        ("Ακαδημίας 14, Παράδειγμα", False),
        ("Ακαδημίας 12Α, Παράδειγμα", False),
        ("Ακακιών 3, πρώην Ακαδημίας 12, Παράδειγμα", False),
        ("", False),
    ],
)
def test_an_address_is_the_same_where_nothing_contradicts(typed, is_same):
    assert residents.is_same_address(typed, "Ακαδημίας 12, Παράδειγμα") is is_same
