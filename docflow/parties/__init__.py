"""The directory of senders and recipients."""

from docflow.parties.models import Party, PartyKind
from docflow.parties.service import (
    BadEmail,
    BadName,
    BadTaxNumber,
    Contact,
    Suggestion,
    check_email,
    check_name,
    checked,
    guess_kind,
    is_tax_number,
    remember,
    suggest,
)

__all__ = [
    "BadEmail",
    "BadName",
    "BadTaxNumber",
    "Contact",
    "Party",
    "PartyKind",
    "Suggestion",
    "check_email",
    "check_name",
    "checked",
    "guess_kind",
    "is_tax_number",
    "remember",
    "suggest",
]
