"""Citizens of the demo who act for others: accepted, and waiting for a clerk."""

from docflow import accounts, clock, documents, printing
from docflow.accounts import Ground, RepresentedKind, Wish
from docflow.demo import citizens
from docflow.demo.house import House
from docflow.office import Office

_WISHES = (
    (
        "eleni.dimitriou",
        Wish(RepresentedKind.PERSON, "Αντώνης Δημητρίου", "050000106", Ground.POWER_OF_ATTORNEY),
        True,
    ),
    (
        "nikos.ioannou",
        Wish(
            RepresentedKind.COMPANY,
            "Ιωάννου Κουφώματα Ο.Ε.",
            "800000118",
            Ground.LEGAL_REPRESENTATIVE,
        ),
        False,
    ),
)


def begin(office: Office, house: House) -> None:
    """Ask for the representations; a clerk accepts the first."""
    for key, wish, is_accepted in _WISHES:
        someone = next(one for one in citizens.CITIZENS if one.key == key)
        data = _paper(someone.full_name, wish)
        kept = documents.keep(office, data, body_id=house.body_id)
        proof = documents.Upload("apodeiktiko.pdf", kept.sha256, len(data), "application/pdf")
        with office.db.begin() as session:
            who = citizens.citizen(session, someone)
            row = accounts.representing.ask(session, wish, proof, citizen=who)
            if is_accepted:
                clerk = house.clerks()[0]
                accounts.representing.accept(session, row.id, seen=row.step, by=clerk)


def _paper(full_name: str, wish: Wish) -> bytes:
    data = printing.LetterData(
        issuer=printing.Issuer(name="ΚΕΠ Παραδείγματος"),
        subject="Εξουσιοδότηση",
        body=(
            f"{wish.name}, ΑΦΜ {wish.tax_number}: εξουσιοδοτεί τον/την {full_name} να υποβάλλει "
            "αιτήσεις προς τον Δήμο και να παραλαμβάνει έγγραφα. Θεωρήθηκε το γνήσιο της υπογραφής."
        ),
        recipients=(printing.Recipient("Δήμος Παραδείγματος"),),
        signers=(),
        place="Παράδειγμα",
        dated_on=clock.today(),
    )
    return printing.letter(data).pdf
