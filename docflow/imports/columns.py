"""Which column of an old register is what: recognised by its header, in Greek or English."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from docflow.errors import Invalid
from docflow.folding import fold
from docflow.i18n import t


class Field(StrEnum):
    """What a column may hold."""

    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    DIRECTION = "direction"
    SENDER = "sender"
    RECIPIENT = "recipient"
    SUBJECT = "subject"
    REFERENCE = "reference"
    DATED = "dated"
    DELIVERY = "delivery"
    ATTACHMENTS = "attachments"
    ATTACHMENTS_NOTE = "attachments-note"
    UNIT = "unit"
    FILE = "file"
    REMARKS = "remarks"


class BadMapping(Invalid):
    """Number, date and subject have each a column of their own, and the direction is known."""


REQUIRED = (Field.NUMBER, Field.DATE, Field.SUBJECT)
# Folded header names (no accents, no case); the columns of the Greek paper book, and of the
# systems whose exports were seen (domain (e) 3).
_NAMES: Mapping[Field, tuple[str, ...]] = {
    Field.NUMBER: (
        "α/α", "αα", "αριθμος πρωτοκολλου", "αρ. πρωτ", "αρ.πρωτ", "αρ πρωτ", "αριθμος πρωτ",
        "αριθμος", "αρ. πρωτοκολλου", "πρωτοκολλο", "αυξων αριθμος", "protocol number", "number",
        "no", "nr", "registry number",
    ),
    Field.DATE: (
        "ημερομηνια", "ημερομηνια πρωτοκολλησης", "ημ. πρωτ/σης", "ημ/νια πρωτ",
        "ημ. πρωτοκολλησης", "ημ/νια", "ημερομηνια παραλαβης", "ημερομηνια καταχωρισης",
        "ημ/νια πρωτοκολλησης", "ημερομηνια πρωτοκολλου", "date", "registered", "registration date",
        "registered at",
    ),
    Field.TIME: ("ωρα", "ωρα πρωτοκολλησης", "time"),
    Field.DIRECTION: (
        "ειδος", "κατευθυνση", "τυπος", "εισ/εξ", "εισερχομενο/εξερχομενο", "ειδος πρωτοκολλου",
        "direction", "in/out", "type",
    ),
    Field.SENDER: (
        "αποστολεας", "προελευση", "αρχη εκδοσης", "εκδουσα αρχη", "τοπος - αρχη εκδοσης",
        "φορεας προελευσης", "συναλλασσομενος", "εταιρια", "sender", "from", "origin",
    ),
    Field.RECIPIENT: (
        "παραληπτης", "παραληπτες", "αποδεκτης", "αποδεκτες", "προς", "recipient", "recipients",
        "to", "addressee",
    ),
    Field.SUBJECT: ("θεμα", "περιληψη", "περιληψη - θεμα", "subject", "title", "summary"),
    Field.REFERENCE: (
        "αριθμος εισερχομενου", "αρ. εισερχομενου", "αρ. εγγραφου", "αριθμος εγγραφου",
        "αρ. πρωτ. αποστολεα", "αρ. πρωτ. εγγραφου", "σχετικος αριθμος", "sender's number",
        "reference", "sender reference", "their number",
    ),
    Field.DATED: (
        "χρονολογια εγγραφου", "ημερομηνια εγγραφου", "ημ/νια εγγραφου", "ημ. εγγραφου",
        "χρονολογια", "document date", "dated", "date of document",
    ),
    Field.DELIVERY: (
        "τροπος διακινησης", "τροπος αποστολης", "τροπος παραλαβης", "μεθοδος διακινησης",
        "delivery", "delivery method",
    ),
    Field.ATTACHMENTS: (
        "συνημμενα", "αριθμος συνημμενων", "αρ. συνημμενων", "πληθος συνημμενων", "attachments",
        "attachment count",
    ),
    Field.ATTACHMENTS_NOTE: ("περιγραφη συνημμενων", "attachments description"),
    Field.UNIT: (
        "χρεωση", "τμημα", "υπηρεσια", "διευθυνση", "αρμοδια υπηρεσια", "unit", "department",
        "charged to",
    ),
    Field.FILE: ("φακ", "φακελος", "φακελος αρχειου", "φ", "αρ. φακελου", "file", "file code"),
    Field.REMARKS: ("παρατηρησεις", "σχολια", "σημειωσεις", "remarks", "notes", "comments"),
}  # fmt: skip
_BY_NAME = {fold(name): field for field, names in _NAMES.items() for name in names}

Columns = Mapping[Field, int]


def recognised(header: Sequence[str]) -> dict[Field, int]:
    """The columns whose headers are known; the first of each kind."""
    found: dict[Field, int] = {}
    for place, cell in enumerate(header):
        name = fold(cell).strip(" .:*")
        field = _BY_NAME.get(name)
        if field is not None and field not in found:
            found[field] = place
    return found


def header_row(rows: Iterable[tuple[int, Sequence[str]]]) -> int:
    """The row among the first ones that looks most like the names of columns; 1 if none does."""
    best, best_known = 1, 0
    for number, cells in rows:
        known = len(recognised(cells))
        if known > best_known:
            best, best_known = number, known
    return best


def checked(columns: Columns, *, width: int, has_direction: bool) -> dict[Field, int]:
    """The mapping, complete and without one column twice. Raises BadMapping.

    `has_direction` says that one direction was chosen for all rows.
    """
    for field in REQUIRED:
        if field not in columns:
            raise BadMapping(
                t("Choose the columns of number, date and subject."), field=f"column-{field}"
            )
    if Field.DIRECTION not in columns and not has_direction:
        raise BadMapping(
            t("Choose the column of the direction, or one direction for all rows."),
            field="direction",
        )
    if Field.SENDER not in columns and Field.RECIPIENT not in columns:
        raise BadMapping(
            t("Choose the column of the sender or of the recipient."),
            field=f"column-{Field.SENDER}",
        )
    used: dict[int, Field] = {}
    for field, place in columns.items():
        if not 0 <= place < width or place in used:
            raise BadMapping(
                t("A column of the file was chosen twice, or is not there."),
                field=f"column-{field}",
            )
        used[place] = field
    return dict(columns)
