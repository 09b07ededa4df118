"""The columns of an export, with their heads in both languages; the same in CSV, XLSX and XML."""

from dataclasses import dataclass
from datetime import date, datetime

from docflow.exports.rows import NAMES, Row
from docflow.i18n import Text, t

Cell = str | int | date | datetime | None


@dataclass(frozen=True, slots=True)
class Column:
    """`name` is the field of `Row` and the XML element; `width` in characters for XLSX."""

    name: str
    head: Text
    width: int = 14


COLUMNS: tuple[Column, ...] = (
    Column("label", t("Protocol number")),
    Column("book", t("Book")),
    Column("year", t("Year"), 8),
    Column("number", t("Number"), 10),
    Column("sub_number", t("Sub-number"), 8),
    Column("direction", t("Direction")),
    Column("registered_at", t("Registered"), 20),
    Column("received_at", t("Received"), 20),
    Column("late_days", t("Days of delay"), 8),
    Column("subject", t("Subject"), 60),
    Column("sender", t("Sender"), 36),
    Column("sender_address", t("Sender’s address"), 30),
    Column("sender_email", t("Sender’s e-mail"), 26),
    Column("sender_reference", t("Sender’s number"), 18),
    Column("sender_dated_on", t("Date of the document"), 14),
    Column("recipients", t("Recipients"), 40),
    Column("copies", t("Copies to"), 30),
    Column("concerned", t("Persons concerned"), 30),
    Column("kind", t("Kind of document"), 24),
    Column("values", t("Data of the kind"), 30),
    Column("grade", t("Security grade"), 14),
    Column("delivery_method", t("Way of delivery"), 20),
    Column("delivery_detail", t("Details of the delivery"), 18),
    Column("attachments_count", t("Attachments"), 10),
    Column("attachments_note", t("Description of the attachments"), 24),
    Column("addressee_unit", t("Addressed to"), 30),
    Column("state", t("State"), 14),
    Column("unit", t("Unit"), 30),
    Column("person", t("Charged to"), 24),
    Column("due_on", t("Deadline"), 12),
    Column("closed_at", t("Closed on"), 20),
    Column("related", t("Related numbers"), 20),
    Column("annulled_at", t("Annulled on"), 20),
    Column("annulment_reason", t("Reason of the annulment"), 30),
    Column("corrections", t("Corrections"), 40),
    Column("registered_by", t("Registered by"), 24),
)
assert tuple(column.name for column in COLUMNS) == NAMES


def heads(language: str) -> list[str]:
    return [column.head.in_language(language) for column in COLUMNS]


def cells(row: Row) -> list[Cell]:
    """The values of a row in the order of the columns; lists are joined by semicolons."""
    found: list[Cell] = []
    for name in NAMES:
        value = getattr(row, name)
        found.append("; ".join(value) if isinstance(value, tuple) else value)
    return found
