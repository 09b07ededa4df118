"""What the steps of the shipped services do."""

from docflow.service_acts import (  # noqa: F401  # some bring acts, hooks and checks
    certificates,
    checks,
    look_up,
    paying,
    resident_tables,
    residents,
    signals,
    words,
)
from docflow.service_acts.certificates import CannotIssue, SealNotHere
from docflow.service_acts.models import IssuedCertificate, Resident, ResidentList
from docflow.service_acts.paying import FeeMissing, NothingDemanded
from docflow.service_acts.resident_tables import BadResidents, Fault
from docflow.service_acts.residents import ListInfo, ManyRemoved, Residence
from docflow.service_acts.templates import BadTemplate
from docflow.service_acts.words import NoSuchWords

__all__ = [
    "BadResidents",
    "BadTemplate",
    "CannotIssue",
    "Fault",
    "FeeMissing",
    "IssuedCertificate",
    "ListInfo",
    "ManyRemoved",
    "NoSuchWords",
    "NothingDemanded",
    "Residence",
    "Resident",
    "ResidentList",
    "SealNotHere",
    "residents",
]
