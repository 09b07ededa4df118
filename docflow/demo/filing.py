"""The classification plan of the demo municipality, and some case files with letters in them."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import case_files, clock, registry
from docflow.case_files import class_lists, masks, plans
from docflow.demo.house import House
from docflow.registry import Entry, Handling, HandlingState

PLAN = "Φ"
_CLASSES = """code;title;retention_years;action;note
10;Διοίκηση και οργάνωση;;permanent;
10.1;Αποφάσεις συλλογικών οργάνων;;permanent;
10.2;Εγκύκλιοι και οδηγίες;10;review;
10.3;Αλληλογραφία με άλλες υπηρεσίες;5;destroy;
11;Προσωπικό;;review;
11.1;Ατομικοί φάκελοι υπαλλήλων;40;transfer;από τη λύση της υπαλληλικής σχέσης
11.2;Άδειες και παρουσίες;5;destroy;
12;Δημοτική κατάσταση;;permanent;
12.1;Μεταβολές οικογενειακής κατάστασης;;permanent;
12.2;Χορήγηση πιστοποιητικών;2;destroy;
20;Οικονομικά;;review;
20.1;Προϋπολογισμός και απολογισμός;;permanent;
20.2;Δικαιολογητικά δαπανών;10;destroy;μετά τον έλεγχο
20.3;Προμήθειες και διαγωνισμοί;10;review;
21;Δημοτικές πρόσοδοι;;review;
21.1;Τέλη και φόροι: ενστάσεις, διαγραφές, μειώσεις;10;destroy;
21.2;Άδειες εμπορίας και λαϊκές αγορές;10;destroy;
21.3;Μουσική και ωράριο καταστημάτων;5;destroy;
30;Τεχνικά έργα;;review;
30.1;Συντήρηση οδών και πεζοδρομίων;10;review;
30.2;Μελέτες και επιβλέψεις;;permanent;
30.3;Ηλεκτροφωτισμός;10;review;
40;Καθαριότητα και πράσινο;;review;
40.1;Αιτήματα δημοτών;3;destroy;
40.2;Δέντρα και χώροι πρασίνου;5;review;
50;Νομικά;;review;
50.1;Δίκες του Δήμου;20;transfer;
50.2;Γνωμοδοτήσεις;;permanent;
60;Κοινωνική προστασία;;review;
60.1;Επιδόματα και παροχές;10;destroy;
"""


@dataclass(frozen=True, slots=True)
class _File:
    """A case file: `words` are sought in the subjects of letters, of which `most` go into it."""

    unit: str
    title: str
    code: str
    words: tuple[str, ...]
    most: int = 8
    place: str = ""
    under: str = ""  # the title of the file above
    is_closed: bool = False


_FILES = (
    _File(
        "21",
        "Μειώσεις και διαγραφές δημοτικών τελών",
        "21.1",
        ("τελών", "οφειλ"),
        place="Αρχείο Προσόδων, ράφι 2, κουτί 14",
    ),
    _File("21", "Λαϊκή αγορά: άδειες και θέσεις", "21.2", ("λαϊκή", "λαϊκής")),
    _File(
        "30",
        "Συντήρηση οδών και πεζοδρομίων",
        "30.1",
        ("οδοστρώμ", "πεζοδρομ", "λακκούβ", "ασφαλτ"),
        place="Τεχνική Υπηρεσία, ντουλάπι Β",
    ),
    _File(
        "30",
        "Προσφορές εργολάβων",
        "20.3",
        ("Προσφορά", "σύμβασ"),
        under="Συντήρηση οδών και πεζοδρομίων",
    ),
    _File("30", "Δημοτικός φωτισμός", "30.3", ("φωτισ", "φωτιστικ", "λαμπτήρ")),
    _File("40", "Δέντρα σε κοινόχρηστους χώρους", "40.2", ("δέντρ", "κλάδε", "πράσιν")),
    _File(
        "60",
        "Επιδόματα και κοινωνικές παροχές",
        "60.1",
        ("Βοήθεια στο Σπίτι", "παιδικό σταθμό", "επίδομα"),
    ),
    _File("50", "Ένσταση κατά πίνακα επιτυχόντων", "50.1", ("Ένσταση κατά",), most=3),
    _File(
        "10",
        "Αλληλογραφία με την Αποκεντρωμένη Διοίκηση",
        "10.3",
        ("έλεγχο νομιμότητας", "στοιχείων μηνός"),
        place="Κεντρικό αρχείο, αίθουσα 1",
        is_closed=True,
    ),
)


def begin(session: Session, house: House) -> None:
    """Put the plan in force, open the files, and lay letters into them."""
    keeper, zone = house.registrar(), house.settings.zone
    plans.begin(session, PLAN, "Ταξινομικό σχέδιο του Δήμου", by=keeper)
    classes = class_lists.read(_CLASSES.encode())
    plans.save(session, PLAN, classes, revision=0, by=keeper)
    first_day = date(clock.today(zone).year - 3, 1, 1)
    plans.put_in_force(session, PLAN, first_day, revision=1, by=keeper, zone=zone)
    masks.set_mask(session, "Φ.{class}/{unit}-{n}/{year}", by=keeper)
    opened: dict[str, int] = {}
    for file in _FILES:
        opened[file.title] = _open(session, house, file, opened.get(file.under))


def _open(session: Session, house: House, file: _File, parent_id: int | None) -> int:
    """The id of the file."""
    zone, clerk = house.settings.zone, house.clerks()[0]
    head = house.head(file.unit)
    staff = house.staff(file.unit)[0]
    cover = case_files.Cover(
        title=file.title,
        unit_id=house.units[file.unit],
        class_code=file.code,
        responsible_id=staff.user_id,
        paper_place=file.place,
    )
    row = case_files.open_file(session, cover, by=head, zone=zone, parent_id=parent_id)
    for entry_id in _letters(session, file):
        case_files.file_entry(session, row.id, entry_id, by=clerk, zone=zone)
    if file.is_closed:
        case_files.close(
            session, row.id, version=None, by=head, reason="Ολοκληρώθηκε η ετήσια αλληλογραφία"
        )
    return row.id


def _letters(session: Session, file: _File) -> list[int]:
    """Letters about it that lie in no file yet, the oldest first; for a closed file, done ones."""
    about = [Entry.subject.contains(word, autoescape=True) for word in file.words]
    fits = about[0]
    for one in about[1:]:
        fits |= one
    filed = select(case_files.Item.entry_id)
    struck = select(registry.Annulment.entry_id)
    query = (
        select(Entry.id)
        .join(registry.Book, registry.Book.id == Entry.book_id)
        .outerjoin(Handling, Handling.entry_id == Entry.id)
        .where(
            fits,
            ~registry.Book.is_confidential,
            Entry.grade == registry.Grade.UNCLASSIFIED,
            Entry.id.not_in(filed),
            Entry.id.not_in(struck),
        )
    )
    if file.is_closed:
        done = func.coalesce(Handling.state, HandlingState.CLOSED)
        query = query.where(done == HandlingState.CLOSED)
    newest = query.order_by(Entry.registered_at.desc()).limit(file.most)
    return list(reversed(session.scalars(newest).all()))
