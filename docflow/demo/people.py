"""The organogram of the demo municipality, and who works in it. All names are invented."""

from dataclasses import dataclass

from docflow.principal import Role

PASSWORD = "protokollo"  # noqa: S105 - the demo's password is public
KEY_PASSWORD = "ypografi"  # noqa: S105 - opens demo keys of the test CA only

SECRETARIAT = "11"
UNITS: tuple[tuple[str, str, str | None], ...] = (
    ("01", "Γραφείο Δημάρχου", None),
    ("02", "Γενική Γραμματεία", None),
    ("10", "Διεύθυνση Διοικητικών Υπηρεσιών", None),
    (SECRETARIAT, "Τμήμα Γραμματείας και Πρωτοκόλλου", "10"),
    ("12", "Τμήμα Δημοτικής Κατάστασης", "10"),
    ("20", "Διεύθυνση Οικονομικών Υπηρεσιών", None),
    ("21", "Τμήμα Δημοτικών Προσόδων", "20"),
    ("30", "Διεύθυνση Τεχνικών Υπηρεσιών", None),
    ("40", "Διεύθυνση Καθαριότητας και Πρασίνου", None),
    ("50", "Νομική Υπηρεσία", None),
    ("60", "Τμήμα Κοινωνικής Προστασίας", None),
)
"""Code, name, and the code of the unit above."""


@dataclass(frozen=True, slots=True)
class Someone:
    """A person; `title` stands under his signature, `role` says what he does in the demo."""

    username: str
    name: str
    title: str
    role: str
    unit: str | None
    roles: tuple[Role, ...]
    has_key: bool = False


_C, _H, _E, _S = Role.CLERK, Role.HEAD, Role.EMPLOYEE, Role.SIGNER
_R = Role.REGISTRAR

PEOPLE = (
    Someone("nikolaou", "Μαρία Νικολάου", "Υπάλληλος Πρωτοκόλλου", "Πρωτόκολλο", "11", (_C,)),
    Someone(
        "georgiou",
        "Σπύρος Γεωργίου",
        "Υπάλληλος Πρωτοκόλλου",
        "Πρωτόκολλο",
        "11",
        (_C,),
    ),
    Someone(
        "papadopoulos",
        "Αντώνης Παπαδόπουλος",
        "Ο Προϊστάμενος του Τμήματος Γραμματείας και Πρωτοκόλλου",
        "Προϊστάμενος Πρωτοκόλλου: χαρακτηρίζει, χρεώνει, αποφασίζει ακυρώσεις· εμπιστευτικό",
        "11",
        (_H, _R),
        has_key=True,
    ),
    Someone(
        "karagianni",
        "Σοφία Καραγιάννη",
        "Η Εισηγήτρια",
        "Εισηγήτρια στις Δημοτικές Προσόδους",
        "21",
        (_E,),
        has_key=True,
    ),
    Someone(
        "vasileiou",
        "Άννα Βασιλείου",
        "Η Προϊσταμένη του Τμήματος Δημοτικών Προσόδων",
        "Προϊσταμένη Δημοτικών Προσόδων: υπογράφει ως δεύτερη",
        "21",
        (_H,),
        has_key=True,
    ),
    Someone(
        "christou",
        "Αλέξανδρος Χρήστου",
        "Ο Δήμαρχος",
        "Δήμαρχος: τελικός υπογράφων",
        "01",
        (_H, _S),
        has_key=True,
    ),
    Someone(
        "zerva",
        "Όλγα Ζέρβα",
        "Η Αντιδήμαρχος",
        "Αντιδήμαρχος: τελική υπογράφουσα",
        None,
        (_S,),
        has_key=True,
    ),
    Someone(
        "sotiriou",
        "Κωνσταντίνος Σωτηρίου",
        "Ο Γενικός Γραμματέας",
        "Γενικός Γραμματέας· διαβάζει το εμπιστευτικό πρωτόκολλο",
        "02",
        (_H,),
        has_key=True,
    ),
    Someone(
        "konstantinou",
        "Ευγενία Κωνσταντίνου",
        "Η Διευθύντρια Διοικητικών Υπηρεσιών",
        "Διευθύντρια Διοικητικών Υπηρεσιών",
        "10",
        (_H,),
        has_key=True,
    ),
    Someone(
        "dimitriou",
        "Κατερίνα Δημητρίου",
        "Η Προϊσταμένη του Τμήματος Δημοτικής Κατάστασης",
        "Προϊσταμένη Δημοτικής Κατάστασης",
        "12",
        (_H,),
        has_key=True,
    ),
    Someone(
        "ioannou",
        "Πέτρος Ιωάννου",
        "Ο Εισηγητής",
        "Εισηγητής στη Δημοτική Κατάσταση",
        "12",
        (_E,),
        has_key=True,
    ),
    Someone(
        "oikonomou",
        "Στέλιος Οικονόμου",
        "Ο Διευθυντής Οικονομικών Υπηρεσιών",
        "Διευθυντής Οικονομικών Υπηρεσιών",
        "20",
        (_H,),
        has_key=True,
    ),
    Someone(
        "alexiou",
        "Νίκος Αλεξίου",
        "Ο Εισηγητής",
        "Εισηγητής στις Δημοτικές Προσόδους",
        "21",
        (_E,),
        has_key=True,
    ),
    Someone(
        "papanikolaou",
        "Χρήστος Παπανικολάου",
        "Ο Διευθυντής Τεχνικών Υπηρεσιών",
        "Διευθυντής Τεχνικών Υπηρεσιών",
        "30",
        (_H,),
        has_key=True,
    ),
    Someone(
        "makris",
        "Ιάσονας Μακρής",
        "Ο Πολιτικός Μηχανικός",
        "Εισηγητής στις Τεχνικές Υπηρεσίες",
        "30",
        (_E,),
        has_key=True,
    ),
    Someone(
        "antoniou",
        "Δέσποινα Αντωνίου",
        "Η Αρχιτέκτων Μηχανικός",
        "Εισηγήτρια στις Τεχνικές Υπηρεσίες",
        "30",
        (_E,),
        has_key=True,
    ),
    Someone(
        "stavrou",
        "Γιάννης Σταύρου",
        "Ο Διευθυντής Καθαριότητας και Πρασίνου",
        "Διευθυντής Καθαριότητας και Πρασίνου",
        "40",
        (_H,),
        has_key=True,
    ),
    Someone(
        "lamprou",
        "Βάσω Λάμπρου",
        "Η Εισηγήτρια",
        "Εισηγήτρια στην Καθαριότητα",
        "40",
        (_E,),
        has_key=True,
    ),
    Someone(
        "theodorou",
        "Ελένη Θεοδώρου",
        "Η Προϊσταμένη της Νομικής Υπηρεσίας",
        "Προϊσταμένη Νομικής Υπηρεσίας",
        "50",
        (_H,),
        has_key=True,
    ),
    Someone(
        "anagnostou",
        "Ιωάννα Αναγνώστου",
        "Η Προϊσταμένη του Τμήματος Κοινωνικής Προστασίας",
        "Προϊσταμένη Κοινωνικής Προστασίας",
        "60",
        (_H,),
        has_key=True,
    ),
    Someone(
        "petrou",
        "Φώτης Πέτρου",
        "Ο Κοινωνικός Λειτουργός",
        "Εισηγητής στην Κοινωνική Προστασία",
        "60",
        (_E,),
        has_key=True,
    ),
    Someone(
        "manou",
        "Θεοδώρα Μάνου",
        "Η Εσωτερική Ελέγκτρια",
        "Ελέγκτρια: διαβάζει το πρωτόκολλο και ελέγχει το ιστορικό",
        None,
        (Role.AUDITOR,),
    ),
    Someone(
        "zafeiri",
        "Ουρανία Ζαφείρη",
        "Η Υπεύθυνη Προστασίας Δεδομένων",
        "Υπεύθυνη Προστασίας Δεδομένων: βλέπει ποιος διάβασε τι",
        None,
        (Role.DATA_PROTECTION,),
    ),
    Someone(
        "rigas",
        "Δημήτρης Ρήγας",
        "Ο Διαχειριστής του Συστήματος",
        "Διαχειριστής: πρόσωπα, βιβλία, κλειδιά",
        None,
        (Role.ADMINISTRATOR, Role.INSTALLATION),
    ),
)

COMMAND_LINE = Someone("cli", "Γραμμή εντολών", "", "Τεχνικός λογαριασμός", "11", (_C,))
"""Registers for `docflow register`; it has no password and cannot log in."""


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody as whom a visitor of the demo can log in; the password is `PASSWORD` for all."""

    username: str
    name: str
    title: str
    role: str


def logins() -> list[Login]:
    """Who can log in, those of the story from registration to signature first."""
    return [Login(p.username, p.name, p.title, p.role) for p in PEOPLE]
