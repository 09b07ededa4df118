"""A form with a field of each kind, and the service that asks it, for the tests of applications."""

from typing import Any

from docflow.accounts import Citizen, Level
from docflow.office import Office
from docflow.services import Folder, ServiceVersion, version
from tests import offers
from tests.factories import Town

TAX_NUMBER = "094259216"  # a well-formed ΑΦΜ
FORM: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "full_name": {
            "type": "string",
            "minLength": 3,
            "maxLength": 60,
            "x-label": {"el": "Ονοματεπώνυμο", "en": "Full name"},
            "x-from": "full_name",
        },
        "tax_number": {
            "type": "string",
            "format": "tax-number",
            "x-label": {"el": "ΑΦΜ", "en": "Tax number"},
        },
        "email": {"type": "string", "format": "email", "x-label": {"el": "Email", "en": "E-mail"}},
        "fine": {
            "type": "string",
            "pattern": "^[0-9]{4}$",
            "x-label": {"el": "Αριθμός κλήσης", "en": "Number of the fine"},
            "x-message": {"el": "Τέσσερα ψηφία.", "en": "Four digits."},
        },
        "amount": {
            "type": "integer",
            "minimum": 100,
            "x-widget": "amount",
            "x-label": {"el": "Ποσό", "en": "Amount"},
        },
        "day": {"type": "string", "format": "date", "x-label": {"el": "Ημέρα", "en": "Day"}},
        "plate": {
            "type": "string",
            "format": "plate",
            "x-label": {"el": "Πινακίδα", "en": "Plate"},
        },
        "iban": {"type": "string", "format": "iban", "x-label": {"el": "IBAN", "en": "IBAN"}},
        "way": {
            "type": "string",
            "enum": ["bank", "card"],
            "x-label": {"el": "Τρόπος", "en": "Way"},
            "x-choices": {
                "bank": {"el": "Τράπεζα", "en": "Bank"},
                "card": {"el": "Κάρτα", "en": "Card"},
            },
        },
        "bank": {
            "type": "string",
            "maxLength": 20,
            "x-label": {"el": "Τράπεζα", "en": "Bank"},
            "x-shown-if": {"way": "bank"},
        },
        "agreed": {"type": "boolean", "const": True, "x-label": {"el": "Συμφωνώ", "en": "I agree"}},
        "papers": {
            "type": "array",
            "items": {"type": "string"},
            "maxItems": 2,
            "x-widget": "files",
            "x-accept": [".pdf"],
            "x-label": {"el": "Δικαιολογητικά", "en": "Papers"},
        },
    },
    "required": ["full_name", "fine", "amount", "way", "agreed"],
    "dependentRequired": {"iban": ["plate"]},
    "x-groups": [
        {
            "code": "person",
            "title": {"el": "Ποιος", "en": "Who"},
            "fields": ["full_name", "tax_number", "email"],
        },
        {
            "code": "fine",
            "title": {"el": "Η κλήση", "en": "The fine"},
            "fields": [
                *("fine", "amount", "day", "plate", "iban", "way", "bank", "agreed", "papers"),
            ],
        },
    ],
}
TYPED: dict[str, str] = {
    "full_name": "Ελένη Δημητρίου",
    "tax_number": TAX_NUMBER,
    "email": "Eleni@example.gr",
    "fine": "1234",
    "amount": "50,00",
    "day": "10/11/2026",
    "plate": "ibp 1234",
    "way": "card",
    "agreed": "yes",
}
SAID: dict[str, Any] = {
    "code": "small-fine",
    "title": {"el": "Πληρωμή μικρής κλήσης", "en": "Payment of a small fine"},
    "subject": {"el": "Κλήση {fine}, {amount}", "en": "Fine {fine}, {amount}"},
    "applicant": {"name": "full_name", "tax_number": "tax_number", "email": "email"},
    "unique_by": ["fine"],
    "level": "none",
    "deadline": {"days": 20, "unit": "working"},
}


def folder(**changes: Any) -> Folder:
    """The folder of the small fine; `form` and keys of `service.json` may be others."""
    form = changes.pop("form", FORM)
    return offers.folder(form=form, **{**SAID, **changes})


def offered(office: Office, town: Town, **changes: Any) -> ServiceVersion:
    """The small fine, deployed for its unit."""
    loaded = offers.offered(office, town, folder(**changes))
    with office.db.begin() as session:
        return version(session, loaded.version_id)


def known(account_id: int, town: Town, **more: Any) -> Citizen:
    """Somebody who is logged in to this account."""
    said = {"full_name": "Ελένη Δημητρίου", "email": "eleni@example.gr", "level": Level.REGISTERED}
    return Citizen(account_id=account_id, body_id=town.body_id, **{**said, **more})
