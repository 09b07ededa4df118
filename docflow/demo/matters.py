"""Kinds of letters, and the words of which the ordinary post of the demo is made."""

from dataclasses import dataclass

from docflow.demo.correspondents import Group
from docflow.registry import DeliveryMethod, Priority


@dataclass(frozen=True, slots=True)
class Matter:
    """A kind of letter. Texts may hold {street}, {place}, {month}, {year}, {n}.

    It ends with `answer` as the subject of our letter, or filed for `reason`.
    """

    subject: str
    group: Group
    unit: str
    methods: tuple[DeliveryMethod, ...]
    attachments: tuple[str, ...] = ()
    days: int | None = None  # working days that the head gives
    priority: Priority = Priority.NORMAL
    answer: str = ""
    reason: str = ""
    inform: tuple[str, ...] = ()
    sender: str = ""  # parts of the names of those who write this, with | between; else any


OUTGOING = (
    (
        "Αποστολή απολογιστικών στοιχείων μηνός {month} {year}",
        "Εσωτερικών",
        DeliveryMethod.EMAIL,
    ),
    (
        "Διαβίβαση απόφασης Δημοτικού Συμβουλίου για έλεγχο νομιμότητας",
        "Αποκεντρωμένη",
        DeliveryMethod.POST,
    ),
    (
        "Αίτημα μέτρησης παροχής όμβριων υδάτων στην περιοχή {place}",
        "ΔΕΥΑ",
        DeliveryMethod.EMAIL,
    ),
    (
        "Γνωστοποίηση κυκλοφοριακών ρυθμίσεων στην οδό {street}",
        "Αστυνομία",
        DeliveryMethod.EMAIL,
    ),
    (
        "Πρόσκληση υποβολής προσφοράς για προμήθεια υλικών συντήρησης",
        "Αφοί Μαυρίδη",
        DeliveryMethod.EMAIL,
    ),
    (
        "Κλήση για υπογραφή σύμβασης του έργου «Ασφαλτοστρώσεις {place}»",
        "Οδοποιία",
        DeliveryMethod.REGISTERED_POST,
    ),
    ("Χορήγηση φορολογικής ενημερότητας – αίτημα", "Δ.Ο.Υ.", DeliveryMethod.EMAIL),
    (
        "Διαβίβαση φακέλου υποψηφιότητας για πολιτιστικές εκδηλώσεις",
        "Πολιτισμού",
        DeliveryMethod.COURIER,
    ),
)
"""Letters on our own initiative: subject, part of the recipient's name, way."""

INTERNAL = (
    ("Αίτημα προμήθειας γραφικής ύλης για το έτος {year}", "10", "20"),
    ("Εισήγηση για τον καθορισμό τελών καθαριότητας έτους {year}", "21", "20"),
    ("Πρόγραμμα κανονικών αδειών προσωπικού", "40", "10"),
    ("Αίτημα γνωμοδότησης για ερμηνεία σύμβασης συντήρησης", "30", "50"),
    ("Ενημερωτικό σημείωμα για την πορεία των έργων μηνός {month} {year}", "30", "01"),
    ("Πρακτικό παραλαβής υλικών καθαριότητας", "40", "20"),
)
"""Between units: subject, from, to."""

CONFIDENTIAL = (
    ("Προκαταρκτική εξέταση για καταγγελία κατά υπαλλήλου", "Πρωτοδικείο", "theodorou"),
    ("Διαβίβαση πειθαρχικού φακέλου υπαλλήλου", "Αποκεντρωμένη", "konstantinou"),
    (
        "Γνωμάτευση υγειονομικής επιτροπής για υπάλληλο του Δήμου",
        "Νοσοκομείο",
        "konstantinou",
    ),
    ("Αίτημα παροχής στοιχείων στο πλαίσιο ανάκρισης", "Αστυνομία", "theodorou"),
    ("Αναφορά προστασίας ανηλίκου", "Αστυνομία", "anagnostou"),
)
"""For the confidential book: subject, part of the sender's name, who gets it."""

STREETS = (
    "Αγίου Δημητρίου",
    "Ελευθερίας",
    "Καποδιστρίου",
    "Μικράς Ασίας",
    "Ρήγα Φεραίου",
    "Κολοκοτρώνη",
    "Βενιζέλου",
    "25ης Μαρτίου",
    "Πλαστήρα",
    "Σμύρνης",
)
PLACES = (
    "Κάτω Ποταμιάς",
    "Αγίας Βαρβάρας",
    "Νέων Αλωνίων",
    "Παραλίας",
    "Άνω Συνοικίας",
)
MONTHS = (
    "Ιανουαρίου",
    "Φεβρουαρίου",
    "Μαρτίου",
    "Απριλίου",
    "Μαΐου",
    "Ιουνίου",
    "Ιουλίου",
    "Αυγούστου",
    "Σεπτεμβρίου",
    "Οκτωβρίου",
    "Νοεμβρίου",
    "Δεκεμβρίου",
)
INSTRUCTIONS = (
    "Για τις δικές σας ενέργειες.",
    "Παρακαλώ να απαντηθεί εντός της προθεσμίας.",
    "Να εξεταστεί και να ενημερωθεί ο ενδιαφερόμενος.",
    "Προς διεκπεραίωση κατά προτεραιότητα.",
    "Να γίνει αυτοψία, αν απαιτείται, και να απαντηθεί.",
    "",
)
RETURNS = (
    "Δεν ανήκει στην αρμοδιότητα του τμήματος.",
    "Εκ παραδρομής χρέωση· αρμόδια είναι άλλη υπηρεσία.",
)
ANNULMENTS = (
    "Διπλή καταχώριση του ίδιου εγγράφου.",
    "Καταχωρίστηκε εκ παραδρομής έγγραφο που απευθυνόταν σε άλλον φορέα.",
    "Λάθος αποστολέας· καταχωρίστηκε εκ νέου.",
)
