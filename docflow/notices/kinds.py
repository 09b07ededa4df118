"""What people are told of: kinds with their words, in groups as the page of choices shows them.

A package that tells of something new adds a member here, its words and its group.
"""

from collections.abc import Mapping
from enum import StrEnum

from docflow.i18n import Text, t
from docflow.notices.models import Mailing
from docflow.organization import DeputyScope


class NoticeKind(StrEnum):
    """What happened, as seen by the person who is told."""

    CHARGED = "charged"  # to him
    UNIT_CHARGED = "unit-charged"  # to a unit of his, nobody by name
    MARKED = "marked"
    INFORMED = "informed"
    OPINION_ASKED = "opinion-asked"
    OPINION_GIVEN = "opinion-given"
    RETURNED = "returned"
    REFUSED = "refused"
    PLAN_FAILED = "plan-failed"
    PASSED_ON = "passed-on"
    PART_ENDED = "part-ended"
    NOTED = "noted"
    ANSWERED = "answered"
    CLOSED = "closed"
    REOPENED = "reopened"
    WORK_MOVED = "work-moved"
    PICKUP_EXPIRED = "pickup-expired"
    DEPUTY = "deputy"

    DEADLINE_NEAR = "deadline-near"
    DEADLINE_OVER = "deadline-over"
    ESCALATED = "escalated"
    OPINION_DUE = "opinion-due"  # to who was asked
    OPINION_LATE = "opinion-late"  # to him, and to who asked
    DEADLINE_CHANGED = "deadline-changed"
    DELAY_TO_TELL = "delay-to-tell"

    TO_COUNTERSIGN = "to-countersign"
    TO_SIGN = "to-sign"
    TO_NOTE = "to-note"
    DRAFT_WAITS = "draft-waits"
    DRAFT_RETURNED = "draft-returned"
    DRAFT_REJECTED = "draft-rejected"
    OBJECTED = "objected"
    ISSUED = "issued"
    ISSUE_FAILED = "issue-failed"

    ANNULMENT_ASKED = "annulment-asked"
    ANNULMENT_APPROVED = "annulment-approved"
    ANNULMENT_REFUSED = "annulment-refused"
    NUMBER_LEFT = "number-left"  # to registrars: whose document will never be there
    SCAN_TO_REVIEW = "scan-to-review"
    READING_FAILED = "reading-failed"
    IMPORT_ENDED = "import-ended"
    IMPORT_FAILED = "import-failed"

    SEARCH_ALERT = "search-alert"

    STEP_WAITS = "step-waits"  # of an application, for a unit of his
    PROCESS_STOPPED = "process-stopped"  # to administrators

    APPLICATION_FILED = "application-filed"  # a citizen's, for a unit of his
    APPLICANT_WROTE = "applicant-wrote"  # a message, or what was asked of him
    APPLICATION_WITHDRAWN = "application-withdrawn"

    LOGIN_REPLACED = "login-replaced"  # to the person, and to the auditors


WORDS: Mapping[NoticeKind, Text] = {
    NoticeKind.CHARGED: t("Charged to you"),
    NoticeKind.UNIT_CHARGED: t("Charged to your unit"),
    NoticeKind.MARKED: t("Marked for your unit"),
    NoticeKind.INFORMED: t("Sent for your information"),
    NoticeKind.OPINION_ASKED: t("Your opinion is asked"),
    NoticeKind.OPINION_GIVEN: t("An opinion was given"),
    NoticeKind.RETURNED: t("Returned with a reason"),
    NoticeKind.REFUSED: t("A charge was refused"),
    NoticeKind.PLAN_FAILED: t("A planned charge could not be made"),
    NoticeKind.PASSED_ON: t("Passed on to another"),
    NoticeKind.PART_ENDED: t("A part of the work was finished"),
    NoticeKind.NOTED: t("A note was written"),
    NoticeKind.ANSWERED: t("Answered"),
    NoticeKind.CLOSED: t("Closed by another"),
    NoticeKind.REOPENED: t("Opened again"),
    NoticeKind.WORK_MOVED: t("Work came to you with a change of the organogram"),
    NoticeKind.PICKUP_EXPIRED: t("A document was not picked up: it goes by post"),
    NoticeKind.DEPUTY: t("A deputy was appointed"),
    NoticeKind.DEADLINE_NEAR: t("The deadline is near"),
    NoticeKind.DEADLINE_OVER: t("The deadline has passed"),
    NoticeKind.ESCALATED: t("A delay in a unit of yours"),
    NoticeKind.OPINION_DUE: t("The answer that you were asked for is due soon"),
    NoticeKind.OPINION_LATE: t("An answer that was asked for is overdue"),
    NoticeKind.DEADLINE_CHANGED: t("The deadline was changed"),
    NoticeKind.DELAY_TO_TELL: t("The citizen must be told of a delay"),
    NoticeKind.TO_COUNTERSIGN: t("A draft to countersign"),
    NoticeKind.TO_SIGN: t("A draft to sign"),
    NoticeKind.TO_NOTE: t("A draft for your information"),
    NoticeKind.DRAFT_WAITS: t("A draft waits for your signature"),
    NoticeKind.DRAFT_RETURNED: t("Your draft was returned"),
    NoticeKind.DRAFT_REJECTED: t("Your draft was rejected"),
    NoticeKind.OBJECTED: t("An objection to your draft"),
    NoticeKind.ISSUED: t("Your document was issued"),
    NoticeKind.ISSUE_FAILED: t("Your document could not be issued"),
    NoticeKind.ANNULMENT_ASKED: t("An annulment to decide on"),
    NoticeKind.ANNULMENT_APPROVED: t("The annulment that you asked for was approved"),
    NoticeKind.ANNULMENT_REFUSED: t("The annulment that you asked for was refused"),
    NoticeKind.NUMBER_LEFT: t("A number was left without a document: have it annulled"),
    NoticeKind.SCAN_TO_REVIEW: t("Scans wait for a decision"),
    NoticeKind.READING_FAILED: t("A file could not be read"),
    NoticeKind.IMPORT_ENDED: t("An old register is ready"),
    NoticeKind.IMPORT_FAILED: t("An old register could not be taken over"),
    NoticeKind.SEARCH_ALERT: t("A saved search found something new"),
    NoticeKind.STEP_WAITS: t("A step of a process waits for your unit"),
    NoticeKind.PROCESS_STOPPED: t("A process stopped"),
    NoticeKind.APPLICATION_FILED: t("An application for your unit"),
    NoticeKind.APPLICANT_WROTE: t("An applicant wrote or sent something"),
    NoticeKind.APPLICATION_WITHDRAWN: t("An application was withdrawn"),
    NoticeKind.LOGIN_REPLACED: t("An administrator replaced the password of an account"),
}

GROUPS: Mapping[str, tuple[NoticeKind, ...]] = {
    "work": (
        NoticeKind.CHARGED,
        NoticeKind.UNIT_CHARGED,
        NoticeKind.MARKED,
        NoticeKind.INFORMED,
        NoticeKind.OPINION_ASKED,
        NoticeKind.OPINION_GIVEN,
        NoticeKind.RETURNED,
        NoticeKind.REFUSED,
        NoticeKind.PLAN_FAILED,
        NoticeKind.PASSED_ON,
        NoticeKind.PART_ENDED,
        NoticeKind.NOTED,
        NoticeKind.ANSWERED,
        NoticeKind.CLOSED,
        NoticeKind.REOPENED,
        NoticeKind.WORK_MOVED,
        NoticeKind.PICKUP_EXPIRED,
        NoticeKind.DEPUTY,
    ),
    "deadlines": (
        NoticeKind.DEADLINE_NEAR,
        NoticeKind.DEADLINE_OVER,
        NoticeKind.ESCALATED,
        NoticeKind.OPINION_DUE,
        NoticeKind.OPINION_LATE,
        NoticeKind.DEADLINE_CHANGED,
        NoticeKind.DELAY_TO_TELL,
    ),
    "drafts": (
        NoticeKind.TO_COUNTERSIGN,
        NoticeKind.TO_SIGN,
        NoticeKind.TO_NOTE,
        NoticeKind.DRAFT_WAITS,
        NoticeKind.DRAFT_RETURNED,
        NoticeKind.DRAFT_REJECTED,
        NoticeKind.OBJECTED,
        NoticeKind.ISSUED,
        NoticeKind.ISSUE_FAILED,
    ),
    "registry": (
        NoticeKind.ANNULMENT_ASKED,
        NoticeKind.ANNULMENT_APPROVED,
        NoticeKind.ANNULMENT_REFUSED,
        NoticeKind.NUMBER_LEFT,
        NoticeKind.SCAN_TO_REVIEW,
        NoticeKind.READING_FAILED,
        NoticeKind.IMPORT_ENDED,
        NoticeKind.IMPORT_FAILED,
    ),
    "search": (NoticeKind.SEARCH_ALERT,),
    "applications": (
        NoticeKind.APPLICATION_FILED,
        NoticeKind.APPLICANT_WROTE,
        NoticeKind.APPLICATION_WITHDRAWN,
        NoticeKind.STEP_WAITS,
        NoticeKind.PROCESS_STOPPED,
    ),
    "account": (NoticeKind.LOGIN_REPLACED,),
}

# What waits for nobody: the others go into the mail of the day.
AT_ONCE = frozenset(
    {
        NoticeKind.DRAFT_WAITS,
        NoticeKind.DEADLINE_OVER,
        NoticeKind.ESCALATED,
        NoticeKind.OPINION_LATE,
        NoticeKind.LOGIN_REPLACED,
        NoticeKind.PROCESS_STOPPED,
    }
)

# A deputy is told of what he may do for the other; without limits where he may do all.
_FOR_DEPUTIES: Mapping[NoticeKind, frozenset[DeputyScope]] = {
    NoticeKind.TO_COUNTERSIGN: frozenset({DeputyScope.COUNTERSIGN, DeputyScope.ALL}),
    NoticeKind.TO_SIGN: frozenset({DeputyScope.SIGN, DeputyScope.ALL}),
    NoticeKind.DRAFT_WAITS: frozenset(DeputyScope),
    # Nobody takes note for another, and a deputy's own appointment is his alone.
    NoticeKind.TO_NOTE: frozenset(),
    NoticeKind.DEPUTY: frozenset(),
    NoticeKind.SEARCH_ALERT: frozenset(),
    NoticeKind.LOGIN_REPLACED: frozenset(),
}


def usual(kind: NoticeKind) -> Mailing:
    """How a kind goes out where the person chose nothing."""
    return Mailing.AT_ONCE if kind in AT_ONCE else Mailing.DAILY


def for_deputies(kind: NoticeKind) -> frozenset[DeputyScope]:
    """The deputies (by what they may do) who are told in the place of a person."""
    return _FOR_DEPUTIES.get(kind, frozenset({DeputyScope.ALL}))


def said(code: str) -> Text:
    """The words of a kind, for whoever reads them; plain ones for a kind of a later version."""
    return WORDS[NoticeKind(code)] if code in set(NoticeKind) else t("A notice")
