"""What the office of the demo municipality wrote for its citizens, and for its telephone."""

from sqlalchemy.orm import Session

from docflow.demo.house import House
from docflow.services import About, ArticleKind, ArticleWords, articles

_QUESTIONS = (
    (
        "traffic-fine",
        ("Πόσο πληρώνω αν εξοφλήσω έγκαιρα;", "How much do I pay if I pay early?"),
        (
            "Το ποσό υπολογίζεται από την **ημερομηνία της παράβασης** και εμφανίζεται πριν από "
            "την πληρωμή. Μετά την προθεσμία προστίθενται προσαυξήσεις.",
            "The amount is reckoned from the **day of the violation** and is shown before you pay. "
            "After the time limit surcharges are added.",
        ),
    ),
    (
        "traffic-fine",
        ("Πού βρίσκω τον αριθμό της κλήσης;", "Where do I find the number of the fine?"),
        (
            "Επάνω δεξιά στο έντυπο της κλήσης, πάνω από τον αριθμό κυκλοφορίας.",
            "At the top right of the paper, above the number of the plate.",
        ),
    ),
    (
        "permanent-residence",
        (
            "Πόσο ισχύει η βεβαίωση μόνιμης κατοικίας;",
            "How long is the certificate of permanent residence valid?",
        ),
        (
            "Η ισχύς ορίζεται από την υπηρεσία που τη ζητά· συνήθως **έξι μήνες** από την έκδοση.",
            "Whoever asks for it decides; usually **six months** from its issue.",
        ),
    ),
    (
        "no-debt-certificate",
        (
            "Μπορεί να τη ζητήσει ο συμβολαιογράφος μου;",
            "May my notary ask for it?",
        ),
        (
            "Ναι, με αποδεικτικό εκπροσώπησης. Δείτε τη σελίδα του λογαριασμού του.",
            "Yes, with a proof that he represents you. See the page of his account.",
        ),
    ),
    (
        "",
        ("Πρέπει να είμαι δημότης;", "Must I be a citizen of the municipality?"),
        (
            "Όχι. Αίτηση υποβάλλει κάθε ενδιαφερόμενος. Κάθε υπηρεσία αναφέρει αν χρειάζεται "
            "ταυτοποίηση.",
            "No. Anybody may apply. Each service says whether you must show who you are.",
        ),
    ),
    (
        "",
        ("Πώς παρακολουθώ την αίτησή μου;", "How do I follow my application?"),
        (
            "Με τον **αριθμό πρωτοκόλλου** και τον κωδικό του αποδεικτικού, ή από τον λογαριασμό "
            "σας.",
            "By its **registration number** and the secret on the receipt, or in your account.",
        ),
    ),
)
_KNOWLEDGE = (
    (
        "disabled-parking",
        ("Θέση στάθμευσης: τι απαντάμε στο τηλέφωνο", "Parking space: what to say on the phone"),
        (
            "1. Ρωτήστε αν υπάρχει **γνωμάτευση ΚΕΠΑ σε ισχύ**.\n"
            "2. Χωρίς αυτήν η αίτηση γίνεται δεκτή, αλλά αναμένει.\n"
            "3. Αυτοψία γίνεται Τρίτη και Πέμπτη.",
            "1. Ask for a **valid certificate of disability (ΚΕΠΑ)**.\n"
            "2. Without it the application is taken, and waits.\n"
            "3. Visits are made on Tuesdays and Thursdays.",
        ),
    ),
    (
        "",
        ("Ποιος μπορεί να ρωτήσει για αίτηση τρίτου", "Who may ask about somebody else’s case"),
        (
            "Κανείς, χωρίς αποδεκτή εκπροσώπηση. Δίνουμε μόνο γενικές πληροφορίες.",
            "Nobody, without a representation that we accepted. Give general information only.",
        ),
    ),
)
_LIFE = (
    (
        "moving",
        ("Μετακόμιση", "Moving home"),
        (
            "Όταν αλλάζετε κατοικία, χρειάζεστε συνήθως **βεβαίωση μόνιμης κατοικίας** και, για "
            "νέα σύνδεση ρεύματος, **δήλωση ηλεκτροδότησης**.",
            "When you move you mostly need a **certificate of permanent residence** and, for a new "
            "power supply, a **declaration for electrification**.",
        ),
        ("general-application",),
    ),
    (
        "street",
        ("Πρόβλημα στον δρόμο ή στο σχολείο", "A problem in the street or at school"),
        (
            "Στείλτε μας τη θέση και μια φωτογραφία. Δεν χρειάζεται να δηλώσετε ποιος είστε.",
            "Send us the place and a photograph. You need not say who you are.",
        ),
        (),
    ),
)


def begin(session: Session, house: House) -> None:
    """Let the administrator write them."""
    by = next(person for person in house.people.values() if person.is_administrator)
    for kind, written in (
        (ArticleKind.QUESTION, _QUESTIONS),
        (ArticleKind.KNOWLEDGE, _KNOWLEDGE),
    ):
        for service, titles, texts in written:
            about = About(service=service)
            articles.write(session, None, kind, _words(titles, texts), about=about, by=by)
    for code, titles, texts, services in _LIFE:
        words = _words(titles, texts, services)
        articles.write(session, None, ArticleKind.LIFE, words, code=code, by=by)


def _words(
    titles: tuple[str, str], texts: tuple[str, str], services: tuple[str, ...] = ()
) -> ArticleWords:
    return ArticleWords(
        dict(zip(("el", "en"), titles, strict=True)),
        dict(zip(("el", "en"), texts, strict=True)),
        services,
    )
