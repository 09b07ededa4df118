"""With whom the demo municipality corresponds. Persons and companies are invented.

Mail addresses end in `.example` (RFC 2606): nothing that the demo sends can reach anybody.
"""

from dataclasses import dataclass
from enum import Enum, auto

from docflow.parties import Contact


class Group(Enum):
    PUBLIC = auto()
    COMPANY = auto()
    CITIZEN = auto()


@dataclass(frozen=True, slots=True)
class Correspondent:
    group: Group
    name: str
    address: str
    email: str
    tax_number: str = ""

    @property
    def contact(self) -> Contact:
        return Contact(
            name=self.name,
            tax_number=self.tax_number,
            email=self.email,
            address=self.address,
        )


def tax_number(eight: str) -> str:
    """An ΑΦΜ: eight digits and the ninth that checks them (powers of two, modulo 11, modulo 10)."""
    total = sum(int(digit) << (8 - place) for place, digit in enumerate(eight))
    return f"{eight}{total % 11 % 10}"


_PUBLIC = (
    ("Υπουργείο Εσωτερικών", "Οδός Πολιτείας 27, Αθήνα", "ypes"),
    ("Υπουργείο Περιβάλλοντος και Ενέργειας", "Οδός Δάσους 17, Αθήνα", "ypen"),
    ("Υπουργείο Εθνικής Οικονομίας και Οικονομικών", "Οδός Ταμείου 5, Αθήνα", "minfin"),
    ("Υπουργείο Ψηφιακής Διακυβέρνησης", "Οδός Δικτύου 11, Αθήνα", "mindigital"),
    ("Υπουργείο Κοινωνικής Συνοχής και Οικογένειας", "Οδός Εστίας 8, Αθήνα", "minscfa"),
    ("Υπουργείο Πολιτισμού", "Οδός Μουσών 20, Αθήνα", "culture"),
    ("Γεν. Γραμματεία Πολιτικής Προστασίας", "Οδός Ετοιμότητας 2, Αθήνα", "gscp"),
    (
        "Αποκεντρωμένη Διοίκηση Παραδείγματος",
        "Λεωφόρος Διοικητηρίου 1, Πρωτεύουσα",
        "apd",
    ),
    ("Περιφέρεια Παραδείγματος", "Πλατεία Περιφέρειας 3, Πρωτεύουσα", "perifereia"),
    (
        "Περιφερειακή Ενότητα Παραδείγματος – Διεύθυνση Τεχνικών Έργων",
        "Οδός Γεφύρας 40, Πρωτεύουσα",
        "dte",
    ),
    (
        "Ελληνική Αστυνομία – Αστυνομικό Τμήμα Παραδείγματος",
        "Οδός Τάξεως 6, Παράδειγμα",
        "at",
    ),
    ("ΔΕΥΑ Παραδείγματος", "Οδός Υδραγωγείου 12, Παράδειγμα", "deya"),
    ("Δ.Ο.Υ. Παραδείγματος", "Οδός Ταμείου 14, Πρωτεύουσα", "doy"),
    ("e-ΕΦΚΑ – Τοπική Διεύθυνση Παραδείγματος", "Οδός Ασφάλισης 9, Πρωτεύουσα", "efka"),
    ("Πρωτοδικείο Παραδείγματος", "Πλατεία Δικαστηρίων 1, Πρωτεύουσα", "protodikeio"),
    ("Νοσοκομείο Παραδείγματος", "Λεωφόρος Υγείας 100, Πρωτεύουσα", "nosokomeio"),
    ("Πανεπιστήμιο Παραδείγματος", "Πανεπιστημιούπολη, Πρωτεύουσα", "panepistimio"),
    ("Δήμος Άνω Ποταμιάς", "Πλατεία Δημαρχείου 1, Άνω Ποταμιά", "ano-potamia"),
)

_COMPANIES = (
    (
        "Τεχνική Κατασκευαστική Ποταμιάς Α.Ε.",
        "Εθνική Οδός 12ο χλμ., Παράδειγμα",
        "techniki",
    ),
    ("Οδοποιία Βορρά Α.Ε.", "Βιομηχανική Περιοχή, Ο.Τ. 7, Πρωτεύουσα", "odopoiia"),
    ("Αφοί Μαυρίδη Ο.Ε.", "Οδός Εμπορίου 31, Παράδειγμα", "mavridis"),
    ("Πράσινη Πόλη Ι.Κ.Ε.", "Οδός Κήπων 4, Παράδειγμα", "prasini"),
    ("Φωτισμός Αιγαίου Α.Ε.", "Οδός Φάρου 18, Πρωτεύουσα", "fotismos"),
    ("Μηχανοργάνωση Δέλτα Ε.Π.Ε.", "Οδός Πληροφορικής 2, Πρωτεύουσα", "delta"),
    ("Αναψυκτήριο «Η Πλατεία» Ο.Ε.", "Πλατεία Ελευθερίας 5, Παράδειγμα", "plateia"),
    ("Ταβέρνα Παλιό Λιμάνι Ε.Ε.", "Παραλιακή Οδός 77, Παράδειγμα", "limani"),
    ("Φαρμακευτική Αποθήκη Υγεία Α.Ε.", "Οδός Ιατρών 3, Πρωτεύουσα", "apothiki"),
    ("Καύσιμα Κεντρικής Οδού Ε.Π.Ε.", "Κεντρική Οδός 210, Παράδειγμα", "kafsima"),
    ("Ανακύκλωση Νότου Α.Ε.", "Βιομηχανική Περιοχή, Ο.Τ. 21, Πρωτεύουσα", "anakyklosi"),
    ("Εκδόσεις Σελίδα Ι.Κ.Ε.", "Οδός Τυπογράφων 9, Πρωτεύουσα", "selida"),
    ("Ελαιοτριβείο Καλλιέργεια Α.Ε.", "Οδός Ελαιώνων 1, Κάτω Ποταμιά", "elaiotriveio"),
    (
        "Σήμανση Δρόμων Μονοπρόσωπη Ι.Κ.Ε.",
        "Οδός Εθνικής Αντιστάσεως 60, Παράδειγμα",
        "simansi",
    ),
    ("Τηλεπικοινωνίες Πελάγους Α.Ε.", "Λεωφόρος Δικτύων 44, Πρωτεύουσα", "pelagos"),
)

_CITIZENS = (
    ("Αικατερίνη Μαρκοπούλου", "Οδός Αγίου Νικολάου 14", "a.markopoulou"),
    ("Ευάγγελος Τριανταφύλλου", "Οδός Μικράς Ασίας 3", "e.triantafyllou"),
    ("Ελισάβετ Κουτσογιάννη", "Οδός Ελευθερίας 58", "e.koutsogianni"),
    ("Θωμάς Δελής", "Οδός Καποδιστρίου 22", "th.delis"),
    ("Ουρανία Σαμαρά", "Οδός Ρήγα Φεραίου 9", "o.samara"),
    ("Παναγιώτης Ξενάκης", "Οδός Ανατολής 41", "p.xenakis"),
    ("Βασιλική Τσιμπούκη", "Οδός Κανάρη 7", "v.tsimpouki"),
    ("Στυλιανός Φραγκούλης", "Οδός Πλαστήρα 63", "s.fragkoulis"),
    ("Γεωργία Μπαλτατζή", "Οδός Σμύρνης 18", "g.baltatzi"),
    ("Εμμανουήλ Ρουμελιώτης", "Οδός Κολοκοτρώνη 5", "e.roumeliotis"),
    ("Χρυσούλα Αδαμίδου", "Οδός 25ης Μαρτίου 30", "ch.adamidou"),
    ("Αριστείδης Λιάπης", "Οδός Θράκης 12", "a.liapis"),
    ("Δήμητρα Χατζηιωάννου", "Οδός Παπαφλέσσα 26", "d.chatziioannou"),
    ("Λάμπρος Κωστόπουλος", "Οδός Βενιζέλου 101", "l.kostopoulos"),
    ("Φωτεινή Γκίκα", "Οδός Αγίας Παρασκευής 2", "f.gkika"),
    ("Μιχαήλ Σπανός", "Οδός Κύπρου 35", "m.spanos"),
    ("Αθανασία Ζαχαράκη", "Οδός Μεσολογγίου 48", "a.zacharaki"),
    ("Σωτήριος Βλάχος", "Οδός Ηρώων 16", "s.vlachos"),
    ("Ειρήνη Καλογεροπούλου", "Οδός Δημοκρατίας 90", "e.kalogeropoulou"),
    ("Απόστολος Μουρατίδης", "Οδός Πόντου 11", "a.mouratidis"),
    ("Κυριακή Δραγώνα", "Οδός Ομήρου 4", "k.dragona"),
    ("Ηλίας Πετρόπουλος", "Οδός Σόλωνος 57", "i.petropoulos"),
    ("Σταυρούλα Νταβέλη", "Οδός Φιλελλήνων 8", "s.ntaveli"),
    ("Ανδρέας Γαλάνης", "Οδός Ναυάρχου Μιαούλη 20", "a.galanis"),
    ("Μαρίνα Τζαβάρα", "Οδός Πανόραμα 6", "m.tzavara"),
    ("Χαράλαμπος Ευσταθίου", "Οδός Μακεδονίας 73", "ch.efstathiou"),
    ("Πολυξένη Αραμπατζή", "Οδός Ικάρων 1", "p.arampatzi"),
    ("Νικόλαος Σκορδάς", "Οδός Αρχιμήδους 29", "n.skordas"),
)


def everybody() -> list[Correspondent]:
    """All correspondents, public bodies first."""
    public = [
        Correspondent(Group.PUBLIC, name, address, f"protokollo@{domain}.example")
        for name, address, domain in _PUBLIC
    ]
    companies = [
        Correspondent(
            Group.COMPANY,
            name,
            address,
            f"info@{domain}.example",
            tax_number(f"0008{317 * (place + 3):04d}"),
        )
        for place, (name, address, domain) in enumerate(_COMPANIES)
    ]
    citizens = [
        Correspondent(
            Group.CITIZEN,
            name,
            f"{street}, Παράδειγμα",
            f"{local}@polites.example",
            tax_number(f"0001{271 * (place + 5):04d}"),
        )
        for place, (name, street, local) in enumerate(_CITIZENS)
    ]
    return [*public, *companies, *citizens]


def named(name: str) -> Correspondent:
    """The correspondent of this name. Raises KeyError."""
    return {correspondent.name: correspondent for correspondent in everybody()}[name]
