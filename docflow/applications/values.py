"""What the package tells of applications: frozen pictures, nothing of the database in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from docflow.applications.models import ApplicationState, Outcome


@dataclass(frozen=True, slots=True)
class Applicant:
    """Whom an application concerns, and how he is told.

    `tax_number` is what stands in the form; `proven_tax_number` that of a login that proved it,
    the one to look somebody up by before anything is issued to him.
    """

    full_name: str
    tax_number: str
    email: str
    phone: str
    language: str
    channel: str  # a messages.Channel
    account_id: int | None
    party_id: int | None
    level: str = "none"
    proven_tax_number: str = ""
    filed_by: str = ""  # who filled it in for him, where that was another


@dataclass(frozen=True, slots=True)
class Line:
    """An application in a list. `title` is the service's in the language that was asked for."""

    id: int
    number: str  # of the register, as people cite it
    entry_id: int
    service: str  # its code
    title: str
    state: ApplicationState
    outcome: Outcome | None
    filed_at: datetime
    changed_at: datetime
    full_name: str
    unread: int = 0  # messages that the reader has not seen


@dataclass(frozen=True, slots=True)
class Filed:
    """An application just filed: what the last page of the form and the receipt say.

    `secret` opens the status page together with the number, without a login.
    """

    id: int
    number: str
    secret: str
    filed_at: datetime
    is_new: bool  # False where the same form was sent once more


@dataclass(frozen=True, slots=True)
class Context:
    """What acts of a service need to know of an application (`applications.context`)."""

    id: int
    body_id: int
    entry_id: int
    number: str
    service: str
    version_id: int
    unit_id: int
    state: ApplicationState
    applicant: Applicant
    values: Mapping[str, Any]
    filed_at: datetime
    has_files: bool  # of the applicant, in a field of the form or beside it


@dataclass(frozen=True, slots=True)
class SupplementInfo:
    id: int
    text: str
    due_on: date
    asked_at: datetime
    asked_by: str  # name of the employee, or of his unit for the citizen
    answered_at: datetime | None
    answer: str
    answer_number: str
    cancelled_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.answered_at is None and self.cancelled_at is None


@dataclass(frozen=True, slots=True)
class ThreadFileInfo:
    position: int  # in the entry
    name: str
    size: int
    is_open: bool  # False while it waits for the virus check, or where it was closed


@dataclass(frozen=True, slots=True)
class ThreadLine:
    id: int
    is_from_office: bool
    author: str  # the person for the staff, the unit for the citizen; "" for an act of the software
    text: str
    sent_at: datetime
    files: tuple[ThreadFileInfo, ...] = ()
