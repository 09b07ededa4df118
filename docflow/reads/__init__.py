"""Who read what: noted before it is shown, sealed into the log, told to whom it is owed."""

from docflow.reads import verification  # noqa: F401  # brings a check
from docflow.reads.further import Further, further, reported_beside
from docflow.reads.models import MOST_REASON, Basis, Batch, Pending, Read, Reason, What
from docflow.reads.opening import (
    BadReason,
    ReasonNeeded,
    Standing,
    give_reason,
    is_confidential,
    note,
    opened,
    require_reason,
    standing,
)
from docflow.reads.paper import ReportFailed, report_csv, report_pdf, what
from docflow.reads.report import (
    BadMonth,
    Reader,
    ReadLine,
    Report,
    may_see,
    monthly,
    months,
    of_entry,
    record_report,
    sealed,
)
from docflow.reads.sealing import seal

__all__ = [
    "MOST_REASON",
    "BadMonth",
    "BadReason",
    "Basis",
    "Batch",
    "Further",
    "Pending",
    "Read",
    "ReadLine",
    "Reader",
    "Reason",
    "ReasonNeeded",
    "Report",
    "ReportFailed",
    "Standing",
    "What",
    "further",
    "give_reason",
    "is_confidential",
    "may_see",
    "monthly",
    "months",
    "note",
    "of_entry",
    "opened",
    "record_report",
    "report_csv",
    "report_pdf",
    "reported_beside",
    "require_reason",
    "seal",
    "sealed",
    "standing",
    "what",
]
