"""What the registration form asks of the number, where the book has it: case, shared, reserved."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from api.web import forms
from docflow import registry
from docflow.principal import Principal
from docflow.registry import Scheme

FIELDS = {"reservation_id": "reservation", "arrival_id": "arrival"}  # domain: form


def asked(form: FormData) -> dict[str, Any]:
    """Arguments for `registry.NewEntry`. Raises Invalid."""
    return {
        "case": forms.whole(form, "case") or None,
        "same_number_as": forms.whole(form, "same_number_as") or None,
        "reservation_id": forms.optional_id(form, "reservation"),
        "arrival_id": forms.optional_id(form, "arrival"),
    }


def offered(session: Session, books: Sequence[registry.Book], *, zone: str) -> dict[str, Any]:
    """Context for the form: the books that have cases, or share numbers, by title."""
    policies = {book.title: registry.policy_now(session, book, zone=zone) for book in books}
    return {
        "case_books": [title for title, policy in policies.items() if policy.scheme is Scheme.CASE],
        "sharing_books": [title for title, policy in policies.items() if policy.shares_numbers],
    }


def prefilled(
    session: Session, *, arrival: int | None, reservation: int | None, by: Principal
) -> dict[str, str]:
    """Fields of the form from an arrival, or for a reserved number.

    Raises NoSuchArrival, NoSuchReservation.
    """
    values: dict[str, str] = {}
    if arrival is not None:
        row = registry.arrivals.get(session, arrival, by=by)
        values |= {
            "arrival": str(row.id),
            "arrival_label": registry.arrivals.label(row),
            "direction": "incoming",
            "sender": row.sender_name,
            "sender_email": row.sender_email,
            "delivery_method": row.delivery_method,
            "delivery_detail": row.delivery_detail,
        }
    if reservation is not None:
        promised = registry.reservations.get(session, reservation, by=by)
        book = session.get_one(registry.Book, promised.book_id)
        values |= {
            "reservation": str(promised.id),
            "reservation_label": promised.label,
            "direction": promised.direction,
            "book": book.code,
            "subject": promised.reason,
        }
    return values
