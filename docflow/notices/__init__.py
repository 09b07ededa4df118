"""Notices: who is told of what, on the page, by mail and by push, as each person chose."""

from docflow.notices import appointments as _appointments  # noqa: F401  # tells deputies
from docflow.notices import choices, listing, mailing, push_keys, pushing, sendings
from docflow.notices import passwords as _passwords  # noqa: F401  # tells of replaced passwords
from docflow.notices.gathering import LOOK
from docflow.notices.hearing import Hearing
from docflow.notices.kinds import NoticeKind, said
from docflow.notices.models import (
    Channel,
    Mailing,
    Notice,
    NoticeChoice,
    NoticeHours,
    PushSubscription,
    Sending,
    SendingState,
)
from docflow.notices.people import holders
from docflow.notices.subjects import Subject, describes
from docflow.notices.telling import GATHER, settle, tell

__all__ = [
    "GATHER",
    "LOOK",
    "Channel",
    "Hearing",
    "Mailing",
    "Notice",
    "NoticeChoice",
    "NoticeHours",
    "NoticeKind",
    "PushSubscription",
    "Sending",
    "SendingState",
    "Subject",
    "choices",
    "describes",
    "holders",
    "listing",
    "mailing",
    "push_keys",
    "pushing",
    "said",
    "sendings",
    "settle",
    "tell",
]
