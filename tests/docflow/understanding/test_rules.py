"""What rules find in letters, and what they leave alone."""

from datetime import date

import pytest

import ocr
from docflow import understanding
from docflow.understanding import dates, heads, numbers, senders
from docflow.understanding.layout import Run, Sheet
from tests.docflow.understanding.letters import TODAY, official, page


def made(read: ocr.Page, *, today: date = TODAY) -> dict[str, str]:
    found = understanding.of_pages((read,), today=today)
    return {name: one.value for name, one in found.fields.items()}


def sheet(read: ocr.Page) -> Sheet:
    return Sheet(read.number, read.width, read.height, read.words)


def run(text: str) -> Run:
    return sheet(page((60, 100, text))).run


def test_the_head_of_an_official_letter_is_understood() -> None:
    assert made(official()) == {
        "sender": "ΔΗΜΟΣ ΜΙΝΩΑ ΠΕΔΙΑΔΑΣ",
        "sender_reference": "7725/04-11-2026",
        "sender_dated_on": "04/11/2026",
        "sender_email": "info@minoa.example",
        "subject": "Διαβίβαση απόφασης για έλεγχο νομιμότητας",
    }


def test_each_proposal_says_where_it_stands() -> None:
    found = understanding.of_pages((official(),), today=TODAY).fields["sender_reference"]
    assert found.page == 1
    assert found.box is not None
    x0, y0, x1, _ = found.box
    assert 340 < x0 < x1 < 500
    assert y0 == 50


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("Αρ. Πρωτ.: 7725/04-11-2026", "7725/04-11-2026"),
        ("Αριθ. Πρωτ. 12345", "12345"),
        ("ΑΡΙΘΜΟΣ ΠΡΩΤΟΚΟΛΛΟΥ: 55 / 12-3-2026", "55 / 12-3-2026"),
        ("Α.Π.: ΔΔΑΔ/Φ.12/345", "ΔΔΑΔ/Φ.12/345"),
        ("Αρ. Πρωτ.: 8812 ΕΞ 2026", "8812 ΕΞ 2026"),
        ("Πρωτ.: 99", "99"),
        ("Ref. No.: 1484/2026", "1484/2026"),
        ("Our ref: AB/77", "AB/77"),
        ("Iktatószám: 46/2545-5/2025", "46/2545-5/2025"),
        ("Č. j.: MU-15813/2025/0V", "MU-15813/2025/OV"),
        ("Č.j: MU-1/2025 Datum: 1. 2. 2025", "MU-1/2025"),
        ("Αρ. Πρωτ.: 40579/13-01-2025 Ημερομηνία: 13/01/2025", "40579/13-01-2025"),
    ],
)
def test_the_senders_number(line: str, number: str) -> None:
    found = heads.reference(sheet(page((60, 60, line))))
    assert found is not None
    assert found.value == number


@pytest.mark.parametrize(
    "line",
    [
        "Vaše č. j.: 12/2026",
        "Your ref.: 12/2026",
        "Σχετ.: το υπ' αριθμ. πρωτ. 55/2026 έγγραφό σας",
        "Αρ. Πρωτ.:",
        "Σε απάντηση της με αριθμό πρωτοκόλλου 5447/2026 αίτησής σας",
    ],
)
def test_a_number_of_somebody_else_is_not_the_senders(line: str) -> None:
    assert heads.reference(sheet(page((60, 60, line)))) is None


def test_a_number_beside_or_below_its_label_is_found() -> None:
    for at in ((250, 60), (60, 74)):
        found = heads.reference(sheet(page((60, 60, "Αρ. Πρωτ.:"), (*at, "123/2026"))))
        assert found is not None
        assert found.value == "123/2026"


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("Ημερομηνία: 04/11/2026", date(2026, 11, 4)),
        ("Αθήνα, 12 Μαρτίου 2026", date(2026, 3, 12)),
        ("Παράδειγμα, 1η Ιουνίου 2026", date(2026, 6, 1)),
        ("Ημ/νία: 3-5-2026", date(2026, 5, 3)),
        ("Date: March 12, 2026", date(2026, 3, 12)),
        ("Kelt: 2026.04.22.", date(2026, 4, 22)),
        ("Budapest, 2026. március 3.", date(2026, 3, 3)),
        ("Datum: 15. 6. 2026", date(2026, 6, 15)),
        ("V Praze dne 15. června 2026", date(2026, 6, 15)),
    ],
)
def test_the_date_of_a_letter(line: str, day: date) -> None:
    found = heads.dated_on(sheet(page((60, 60, line))), today=TODAY, reference=None)
    assert found is not None
    assert found[0] == day


@pytest.mark.parametrize(
    "line",
    [
        "Ημερομηνία γέννησης: 04/11/1986",
        "Ημερομηνία λήξης: 04/11/2026",
        "Ημερομηνία: 31/02/2026",
        "Ημερομηνία: 04/11/2031",  # to come
        "Η συνεδρίαση της 04/11/2026 αναβάλλεται για αργότερα",
    ],
)
def test_another_date_is_not_the_letters(line: str) -> None:
    assert heads.dated_on(sheet(page((60, 60, line))), today=TODAY, reference=None) is None


def test_the_date_within_the_number_is_taken_where_no_other_stands() -> None:
    assert made(official(number="Αρ. Πρωτ.: 77/04-11-2026"))["sender_dated_on"] == "04/11/2026"


def test_a_subject_goes_on_to_the_next_line_and_no_further() -> None:
    long = "ΘΕΜΑ: Πρόσκληση υποβολής προσφοράς για την προμήθεια γραφικής ύλης και εκτυπωτών των"
    read = official(
        subject=f"{long}\nυπηρεσιών του Δήμου",
        body="Παρακαλούμε να υποβάλετε την προσφορά σας στο πρωτόκολλο του Δήμου τις εργάσιμες.",
    )
    assert made(read)["subject"] == f"{long.removeprefix('ΘΕΜΑ: ')} υπηρεσιών του Δήμου"


@pytest.mark.parametrize("label", ["Subject:", "Re:", "Tárgy:", "Věc:", "Θέμα :", "Αντικείμενο:"])
def test_the_subject_in_other_words(label: str) -> None:
    read = page((60, 200, f"{label} Confirmation of participation"))
    assert made(read)["subject"] == "Confirmation of participation"


def test_a_certificate_is_known_by_its_title() -> None:
    read = page(
        (60, 50, "ΕΛΛΗΝΙΚΗ ΔΗΜΟΚΡΑΤΙΑ\nΔΗΜΟΣ ΟΙΝΟΥΣΣΩΝ"),
        (180, 200, "ΠΙΣΤΟΠΟΙΗΤΙΚΟ ΟΙΚΟΓΕΝΕΙΑΚΗΣ ΚΑΤΑΣΤΑΣΗΣ"),
        (60, 260, "Από τα τηρούμενα στοιχεία πιστοποιείται ότι είναι γραμμένοι οι κάτωθι."),
    )
    assert made(read)["subject"] == "ΠΙΣΤΟΠΟΙΗΤΙΚΟ ΟΙΚΟΓΕΝΕΙΑΚΗΣ ΚΑΤΑΣΤΑΣΗΣ"


def test_the_word_subject_in_running_text_is_none() -> None:
    text = "Στη συζήτηση το θέμα: όμως, από την πλευρά που το βλέπουμε εμείς, έχει άλλη σημασία."
    assert "subject" not in made(page((60, 200, text)))


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("ΕΛΛΗΝΙΚΗ ΔΗΜΟΚΡΑΤΙΑ\nΠΕΡΙΦΕΡΕΙΑ ΘΕΣΣΑΛΙΑΣ\nΔΗΜΟΣ ΡΗΓΑ ΦΕΡΑΙΟΥ", "ΔΗΜΟΣ ΡΗΓΑ ΦΕΡΑΙΟΥ"),
        ("ΥΠΟΥΡΓΕΙΟ ΕΣΩΤΕΡΙΚΩΝ\nΓΕΝΙΚΗ ΓΡΑΜΜΑΤΕΙΑ ΑΥΤΟΔΙΟΙΚΗΣΗΣ", "ΥΠΟΥΡΓΕΙΟ ΕΣΩΤΕΡΙΚΩΝ"),
        ("ΥΠΟΥΡΓΕΙΟ ΠΑΙΔΕΙΑΣ\n3ο ΓΥΜΝΑΣΙΟ ΧΑΝΙΩΝ", "3ο ΓΥΜΝΑΣΙΟ ΧΑΝΙΩΝ"),
        (
            "ΑΠΟΚΕΝΤΡΩΜΕΝΗ ΔΙΟΙΚΗΣΗ ΗΠΕΙΡΟΥ\nΚΑΙ ΔΥΤΙΚΗΣ ΜΑΚΕΔΟΝΙΑΣ",
            "ΑΠΟΚΕΝΤΡΩΜΕΝΗ ΔΙΟΙΚΗΣΗ ΗΠΕΙΡΟΥ ΚΑΙ ΔΥΤΙΚΗΣ ΜΑΚΕΔΟΝΙΑΣ",
        ),
        ("Αφοί Μαυρίδη Ο.Ε.\nΕμπόριο χαρτικών", "Αφοί Μαυρίδη Ο.Ε"),
        ("HELLENIC REPUBLIC\nMUNICIPALITY OF NAFPLIO", "MUNICIPALITY OF NAFPLIO"),
        ("GYÖNGYÖS VÁROS ÖNKORMÁNYZATA\nPOLGÁRMESTERI HIVATAL", "GYÖNGYÖS VÁROS ÖNKORMÁNYZATA"),
        ("MĚSTSKÝ ÚŘAD ŽĎÁR NAD SÁZAVOU\nOdbor výstavby", "MĚSTSKÝ ÚŘAD ŽĎÁR NAD SÁZAVOU"),
    ],
)
def test_the_letterhead_names_the_sender(head: str, name: str) -> None:
    found = senders.sender(sheet(official(head=head)))
    assert found is not None
    assert found.value == name


def test_our_own_letterhead_is_no_sender() -> None:
    read = sheet(official(head="ΕΛΛΗΝΙΚΗ ΔΗΜΟΚΡΑΤΙΑ\nΔΗΜΟΣ ΠΑΡΑΔΕΙΓΜΑΤΟΣ"))
    assert senders.sender(read, ours=("δημοσ παραδειγματοσ",)) is None


def test_running_text_is_no_letterhead() -> None:
    text = "εξυπηρέτηση του πολίτη με γραφείο επικοινωνίας και κέντρο τον δήμο της περιοχής μας"
    assert senders.sender(sheet(page((60, 60, text)))) is None


@pytest.mark.parametrize(
    "form",
    [
        "Ονοματεπώνυμο: Ελένη Μακρή\nΑΦΜ: 090000045",
        "ΑΙΤΗΣΗ\nΟνοματεπώνυμο : Ελένη Μακρή",
        "ΕΠΩΝΥΜΟ: Μακρή\nΟΝΟΜΑ: Ελένη",
    ],
)
def test_a_citizen_names_himself(form: str) -> None:
    found = senders.sender(sheet(page((60, 100, form))))
    assert found is not None
    assert found.value == "Ελένη Μακρή"


def test_only_an_afm_with_a_right_check_digit_is_one() -> None:
    text = "ΑΦΜ: 090000045 Α.Φ.Μ. 090000046 ΑΦΜ EL094019245 και 123456789"
    found = [one.value for one, is_named in numbers.tax_numbers(run(text)) if is_named]
    assert found == ["090000045", "094019245"]


def test_the_afm_below_the_addressee_is_not_the_senders() -> None:
    read = official(to="ΠΡΟΣ:\n«ΑΦΟΙ ΤΣΙΡΩΝΗ Ο.Ε.»\nΑΦΜ: 090000045")
    assert "sender_tax_number" not in made(read)
    read = official(contact="ΑΦΜ: 090000045\nΤηλ.: 28910 22646", to="ΠΡΟΣ: Δήμο Παραδείγματος")
    assert made(read)["sender_tax_number"] == "090000045"


def test_only_an_iban_with_a_right_remainder_is_one() -> None:
    good = "GR16 0110 1250 0000 0001 2300 695"
    assert [one.value for one in numbers.ibans(run(f"IBAN: {good} της Τράπεζας"))] == [
        good.replace(" ", "")
    ]
    assert list(numbers.ibans(run("GR16 0110 1250 0000 0001 2300 696"))) == []
    misread = "GR16 O11O 1250 0000 0001 2300 695"
    assert [one.value for one in numbers.ibans(run(misread))] == [good.replace(" ", "")]
    assert [one.value for one in numbers.ibans(run("CZ65 0800 0000 1920 0014 5399"))]


def test_an_ada_is_given_only_where_it_was_read_surely() -> None:
    text = "ΑΔΑ: 6ΡΣΒΑΞ-Ξ0Π"
    for confidence, expected in ((98.0, ["6ΡΣΒΑΞ-Ξ0Π"]), (75.0, [])):
        read = page((60, 400, text), confidence=confidence)
        found = understanding.of_pages((read,), today=TODAY)
        assert [one.value for one in found.numbers if one.field == "ada"] == expected


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Παρακαλούμε να υποβάλετε τα στοιχεία έως την 15/12/2026.", date(2026, 12, 15)),
        ("Καλείστε να απαντήσετε μέχρι και την Παρασκευή 4 Δεκεμβρίου 2026.", date(2026, 12, 4)),
        ("Παρακαλούμε να μας γνωρίσετε εντός δέκα (10) ημερών τις απόψεις.", date(2026, 12, 2)),
        ("Οφείλετε να προσκομίσετε εντός πέντε εργάσιμων ημερών.", date(2026, 11, 27)),
        ("Please reply by 15 December 2026.", date(2026, 12, 15)),
        ("Please submit the report within 10 days.", date(2026, 12, 2)),
        ("Kérem, hogy nyolc napon belül szíveskedjen benyújtani.", date(2026, 11, 30)),
        ("Žádáme Vás o úhradu do patnácti dnů od doručení.", date(2026, 12, 7)),
    ],
)
def test_a_deadline_that_is_asked_for(text: str, day: date) -> None:
    assert made(page((60, 300, text))).get("due_on") == f"{day:%d/%m/%Y}"


@pytest.mark.parametrize(
    "text",
    [
        "Τα πρωτότυπα θα ακολουθήσουν εντός δέκα ημερών.",
        "The originals will follow by registered post within ten working days.",
        "Η παρούσα ισχύει για έξι μήνες, έως την 15/12/2026.",
        "Παρακαλούμε να υποβάλετε τα στοιχεία έως την 15/10/2026.",  # past
        "Το κατάστημα λειτουργεί έως την 15/12/2026.",
    ],
)
def test_what_asks_nothing_of_us_is_no_deadline(text: str) -> None:
    assert "due_on" not in made(page((60, 300, text)))


def test_what_was_read_badly_is_not_proposed() -> None:
    assert made(official(confidence=45.0)) == {}


def test_an_empty_page_proposes_nothing() -> None:
    assert understanding.of_pages((page(),), today=TODAY).fields == {}
    assert understanding.of_pages((), today=TODAY).fields == {}


@pytest.mark.parametrize("text", ["\x00", "☃" * 300, "Αρ. Πρωτ.: " + "1" * 5000, "ΘΕΜΑ: " * 400])
def test_strange_text_does_no_harm(text: str) -> None:
    made(page((60, 60, text)))


def test_dates_in_words_and_figures() -> None:
    said = "τη 12η μαιου 2026 και 2026. junius 3. και 31/13/2026"
    assert [day for day, _, _ in dates.dates(said)] == [
        date(2026, 5, 12),
        date(2026, 6, 3),
    ]
    assert dates.number("τριαντα") == 30
    assert dates.number("δεκαπεντε") == 15
    assert dates.number("πολλων") is None
