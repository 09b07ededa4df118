"""The kinds of document of the demo municipality, as a small one would have them."""

from sqlalchemy.orm import Session

from docflow import kinds
from docflow.demo.house import House
from docflow.kinds import Defaults, Definition, Field, FieldType

_IN = ("incoming",)
_T, _D, _A = FieldType.TEXT, FieldType.DATE, FieldType.AMOUNT


def define(session: Session, house: House) -> None:
    """Let the administrator define them."""
    by = next(person for person in house.people.values() if person.is_administrator)
    for code, definition in _all(house).items():
        kinds.define(session, code, definition, by=by)


def _all(house: House) -> dict[str, Definition]:
    unit = house.units
    return {
        "aitisi": Definition(
            "Αίτηση",
            "Application",
            _IN,
            defaults=Defaults(subject="Αίτηση", days=50, has_personal_data=True),
        ),
        "aitima": Definition(
            "Αίτημα πολίτη",
            "Request of a citizen",
            _IN,
            defaults=Defaults(days=10, has_personal_data=True, retention="5 έτη"),
        ),
        "pistopoiitiko": Definition(
            "Αίτηση πιστοποιητικού",
            "Application for a certificate",
            _IN,
            defaults=Defaults(
                subject="Αίτηση χορήγησης πιστοποιητικού",
                addressee_unit_id=unit["12"],
                days=10,
                has_personal_data=True,
                retention="2 έτη",
            ),
            fields=(
                Field(
                    "certificate",
                    FieldType.CHOICE,
                    "Πιστοποιητικό",
                    "Certificate",
                    is_required=True,
                    choices=("Γέννησης", "Οικογενειακής κατάστασης", "Εγγυτέρων συγγενών"),
                ),
                Field("copies", FieldType.WHOLE, "Αντίτυπα", "Copies"),
            ),
        ),
        "prosvasi": Definition(
            "Αίτηση πρόσβασης σε έγγραφα",
            "Request of access to documents",
            _IN,
            defaults=Defaults(
                subject="Αίτηση πρόσβασης σε έγγραφα",
                days=20,
                has_personal_data=True,
                retention="5 έτη",
            ),
            fields=(
                Field("documents", _T, "Έγγραφα που ζητούνται", "Documents", is_required=True),
                Field("interest", _T, "Έννομο ή εύλογο ενδιαφέρον", "Interest"),
            ),
        ),
        "klisi-kok": Definition(
            "Κλήση ΚΟΚ",
            "Traffic fine",
            _IN,
            defaults=Defaults(
                subject="Πληρωμή κλήσης ΚΟΚ",
                addressee_unit_id=unit["21"],
                days=10,
                has_personal_data=True,
                retention="5 έτη",
            ),
            fields=(
                Field("fine_number", _T, "Αρ. κλήσης ΚΟΚ", "Number of the fine", is_required=True),
                Field("offence_on", _D, "Ημ/νία παράβασης", "Date of the offence"),
                Field("plate", FieldType.PLATE, "Αρ. πινακίδων", "Plate number"),
                Field("offence", _T, "Περιγραφή παράβασης", "Offence"),
                Field("amount", _A, "Ποσό", "Amount"),
                Field("owner_tax_number", FieldType.TAX_NUMBER, "ΑΦΜ κατόχου", "Owner’s ΑΦΜ"),
                Field("owner", _T, "Ονοματεπώνυμο κατόχου", "Owner"),
                Field("mobile", FieldType.PHONE, "Κινητό", "Mobile"),
                Field("email", FieldType.EMAIL, "E-mail", "E-mail"),
            ),
        ),
        "timologio": Definition(
            "Τιμολόγιο",
            "Invoice",
            _IN,
            defaults=Defaults(
                subject="Υποβολή τιμολογίου",
                addressee_unit_id=unit["20"],
                days=30,
                retention="10 έτη",
            ),
            fields=(
                Field("invoice_number", _T, "Αρ. τιμολογίου", "Invoice number", is_required=True),
                Field("invoice_on", _D, "Ημ/νία τιμολογίου", "Date of the invoice"),
                Field("amount", _A, "Ποσό με ΦΠΑ", "Amount with VAT", is_required=True),
                Field("iban", FieldType.IBAN, "IBAN", "IBAN"),
            ),
        ),
        "kataggelia": Definition(
            "Καταγγελία",
            "Complaint",
            _IN,
            defaults=Defaults(
                subject="Καταγγελία για", priority="urgent", days=20, grade="restricted"
            ),
            fields=(
                Field("place", _T, "Τόπος", "Place"),
                Field("anonymous", FieldType.YES_NO, "Ανώνυμη", "Anonymous"),
            ),
        ),
        "exodiko": Definition(
            "Εξώδικο",
            "Extrajudicial notice",
            _IN,
            defaults=Defaults(
                subject="Εξώδικη δήλωση – διαμαρτυρία",
                addressee_unit_id=unit["50"],
                priority="very-urgent",
                days=5,
            ),
            fields=(
                Field("bailiff", _T, "Δικαστικός επιμελητής", "Bailiff"),
                Field("served_on", _D, "Ημ/νία επίδοσης", "Served on", is_required=True),
            ),
        ),
        "diavivastiko": Definition(
            "Διαβιβαστικό υπηρεσίας",
            "Covering letter of a public body",
            ("incoming", "outgoing"),
            defaults=Defaults(subject="Διαβίβαση εγγράφων", delivery_method="email"),
        ),
        "esoteriko": Definition(
            "Υπηρεσιακό σημείωμα",
            "Internal note",
            ("internal",),
            defaults=Defaults(subject="Υπηρεσιακό σημείωμα", retention="5 έτη"),
        ),
    }
