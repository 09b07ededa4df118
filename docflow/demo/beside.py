"""What happens beside the main way of some letters: opinions, parts, notes, forwarding, paper."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import clock, registry, routing
from docflow.demo.house import House
from docflow.demo.people import SECRETARIAT
from docflow.registry import Disposal, Entry
from docflow.routing import ContributionKind, Request, Target, contributions, delivery_lists

_STAYS = 4  # documents on paper that still wait for a list


def begin(session: Session, house: House) -> None:
    """Bring some letters of the last weeks further, as their handlers would."""
    _objection(session, house)
    _sponsor(session, house)
    _noise(session, house)
    _water(session, house)
    _fees(session, house)
    _paper(session, house)


def _objection(session: Session, house: House) -> None:
    """An opinion is awaited; the handler noted what he did."""
    entry, by = _entry(session, "Ένσταση κατά του προσωρινού πίνακα"), house.people["petrou"]
    question = "Είναι εμπρόθεσμη η ένσταση και ποιο όργανο αποφασίζει;"
    request = Request(Target(house.units["50"]), question, due_on=clock.today() + timedelta(days=6))
    kind = ContributionKind.OPINION
    contributions.ask(session, entry.id, by=by, kind=kind, requests=[request])
    note = "Τηλεφωνική επικοινωνία με την ενιστάμενη: θα προσκομίσει το εκκαθαριστικό σημείωμα."
    routing.notes.write(session, entry.id, by=by, text=note)


def _sponsor(session: Session, house: House) -> None:
    """An opinion was given, and nobody waits for the other."""
    entry, by = _entry(session, "Πρόταση χορηγίας"), house.people["christou"]
    question = "Προτείνεται η αποδοχή της χορηγίας; Παρακαλώ για τη γνώμη σας."
    requests = [
        Request(Target(house.units["20"]), question, is_awaited=False),
        Request(Target(house.units["30"]), question, is_awaited=False),
    ]
    asked = contributions.ask(
        session, entry.id, by=by, kind=ContributionKind.OPINION, requests=requests
    )
    answer = (
        "Η χορηγία γίνεται αποδεκτή με απόφαση του Δημοτικού Συμβουλίου. Να προηγηθεί βεβαίωση "
        "ότι δεν προκύπτει δαπάνη σε βάρος του προϋπολογισμού."
    )
    contributions.give(session, asked[0].id, by=house.head("20"), answer=answer)


def _noise(session: Session, house: House) -> None:
    """A part of the work is done by another department."""
    entry, by = _entry(session, "Διαμαρτυρία για ηχορύπανση"), house.people["karagianni"]
    part = "Έλεγχος των όρων της άδειας λειτουργίας του καταστήματος."
    requests = [Request(Target(house.units["30"]), part)]
    contributions.ask(session, entry.id, by=by, kind=ContributionKind.PART, requests=requests)


def _water(session: Session, house: House) -> None:
    """Two letters are closed without an answer: one asks for nothing, one is not for us."""
    report = _entry(session, "Τριμηνιαία έκθεση ποιότητας νερού")
    routing.file(
        session,
        report.id,
        by=house.people["makris"],
        reason="Οι τιμές είναι εντός ορίων. Ελήφθη γνώση.",
        how=Disposal.INFORMATION,
    )
    market = _entry(session, "Αίτηση συμμετοχής στη λαϊκή αγορά")
    routing.forward(
        session,
        market.id,
        by=house.head(SECRETARIAT),
        to_name="Περιφέρεια Παραδείγματος, Διεύθυνση Ανάπτυξης",
        to_email="agores@perifereia.example",
        reason="Η χορήγηση αδειών για τη λαϊκή αγορά ανήκει στην Περιφέρεια.",
    )


def _fees(session: Session, house: House) -> None:
    """A handler returns what he cannot go on with."""
    entry = _entry(session, "Επανυπολογισμός τελών κοινόχρηστου χώρου")
    reason = "Προηγείται αυτοψία και μέτρηση του χώρου από την Τεχνική Υπηρεσία."
    routing.send_back(session, entry.id, by=house.people["alexiou"], reason=reason)


def _paper(session: Session, house: House) -> None:
    """The paper of the last weeks went to the units with lists; that of today still waits."""
    by = house.head(SECRETARIAT)
    waiting = sorted(delivery_lists.waiting(session, by=by), key=lambda one: one.charge_id)
    gone = [one.charge_id for one in waiting[:-_STAYS]]
    if gone:
        delivery_lists.make(session, gone, by=by)


def _entry(session: Session, subject: str) -> Entry:
    """The last letter whose subject begins so."""
    query = select(Entry).where(Entry.subject.startswith(subject)).order_by(Entry.id.desc())
    found = session.scalars(query.limit(1)).one()
    assert session.get(registry.Handling, found.id) is not None
    return found
