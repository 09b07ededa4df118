"""The directory of senders and recipients."""

from docflow.parties import directory, grouping, merging, traces
from docflow.parties.directory import (
    BadAddress,
    NoSuchParty,
    NoteTooLong,
    NotYoursToKeep,
    PartyData,
    PartyExists,
    PartyMerged,
)
from docflow.parties.families import family, survivor
from docflow.parties.grouping import NoSuchGroup
from docflow.parties.merging import Likeness, MergeReasonMissing, NotMergeable
from docflow.parties.models import (
    AddressKind,
    ChangeKind,
    Party,
    PartyAddress,
    PartyChange,
    PartyGroup,
    PartyGroupMember,
    PartyKind,
)
from docflow.parties.service import (
    BadEmail,
    BadName,
    BadTaxNumber,
    Contact,
    check_email,
    check_name,
    checked,
    guess_kind,
    is_tax_number,
    remember,
)
from docflow.parties.suggesting import Suggestion, suggest
from docflow.parties.traces import Trace, TraceKind, Whose

__all__ = [
    "AddressKind",
    "BadAddress",
    "BadEmail",
    "BadName",
    "BadTaxNumber",
    "ChangeKind",
    "Contact",
    "Likeness",
    "MergeReasonMissing",
    "NoSuchGroup",
    "NoSuchParty",
    "NotMergeable",
    "NotYoursToKeep",
    "NoteTooLong",
    "Party",
    "PartyAddress",
    "PartyChange",
    "PartyData",
    "PartyExists",
    "PartyGroup",
    "PartyGroupMember",
    "PartyKind",
    "PartyMerged",
    "Suggestion",
    "Trace",
    "TraceKind",
    "Whose",
    "check_email",
    "check_name",
    "checked",
    "directory",
    "family",
    "grouping",
    "guess_kind",
    "is_tax_number",
    "merging",
    "remember",
    "suggest",
    "survivor",
    "traces",
]
