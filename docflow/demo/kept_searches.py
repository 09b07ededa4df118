"""Searches that some people of the demo municipality keep, with an alert."""

from sqlalchemy.orm import Session

from docflow import search
from docflow.clock import OFFICIAL_ZONE
from docflow.demo.house import House
from docflow.search import Alert, Filters, State

_SEARCHES: tuple[tuple[str, str, str, Filters, Alert], ...] = (
    # Who, name, query, filters, when he is told.
    (
        "papadopoulos",
        "Πιστοποιητικά προς χρέωση",
        "πιστοποιητικό",
        Filters(state=State.NEW),
        Alert.AT_ONCE,
    ),
    ("papadopoulos", "Οδός Ελευθερίας", '"οδό Ελευθερίας"', Filters(), Alert.DAILY),
    ("vasileiou", "Υπουργείο Εσωτερικών", "Υπουργείο Εσωτερικών", Filters(), Alert.DAILY),
)


def begin(session: Session, house: House) -> None:
    """Keep the searches; what they find by now is known."""
    for username, name, query, filters, alert in _SEARCHES:
        search.saved.save(
            session,
            name=name,
            query=query,
            filters=filters,
            alert=alert,
            by=house.people[username],
            zone=OFFICIAL_ZONE,
        )
