"""Applications of citizens: from the form to the answer."""

from docflow.applications import (
    acts,  # noqa: F401  # what processes may have done
    checking,
    drafts,
    forms,
    secret,
    supplements,
    telling,
    thread,
    verification,  # noqa: F401  # its check
)
from docflow.applications.access import (
    ApplicationMoved,
    NoSuchApplication,
    NotYoursToHandle,
    by_number,
    may_handle,
    of_citizen,
    of_staff,
    refused,
    why_refused,
)
from docflow.applications.checking import BadForm
from docflow.applications.drafts import NoSuchDraft, NotElectronic
from docflow.applications.filing import FiledAlready, FormChanged, filed, submit
from docflow.applications.models import (
    Application,
    ApplicationState,
    Draft,
    DraftFile,
    Outcome,
    Supplement,
    ThreadMessage,
)
from docflow.applications.queries import (
    Filter,
    applicant,
    applicant_of,
    context,
    listing,
    of_account,
    of_entry,
    services_of,
)
from docflow.applications.standing import ReasonMissing, finish, withdraw
from docflow.applications.status import Status, filed_file, status
from docflow.applications.telling import addressee, receipt
from docflow.applications.thread import post, write
from docflow.applications.values import (
    Applicant,
    Context,
    Filed,
    Line,
    SupplementInfo,
    ThreadFileInfo,
    ThreadLine,
)

__all__ = [
    "Applicant",
    "Application",
    "ApplicationMoved",
    "ApplicationState",
    "BadForm",
    "Context",
    "Draft",
    "DraftFile",
    "Filed",
    "FiledAlready",
    "Filter",
    "FormChanged",
    "Line",
    "NoSuchApplication",
    "NoSuchDraft",
    "NotElectronic",
    "NotYoursToHandle",
    "Outcome",
    "ReasonMissing",
    "Status",
    "Supplement",
    "SupplementInfo",
    "ThreadFileInfo",
    "ThreadLine",
    "ThreadMessage",
    "addressee",
    "applicant",
    "applicant_of",
    "by_number",
    "checking",
    "context",
    "drafts",
    "filed",
    "filed_file",
    "finish",
    "forms",
    "listing",
    "may_handle",
    "of_account",
    "of_citizen",
    "of_entry",
    "of_staff",
    "post",
    "receipt",
    "refused",
    "secret",
    "services_of",
    "status",
    "submit",
    "supplements",
    "telling",
    "thread",
    "why_refused",
    "withdraw",
    "write",
]
