"""Lists of work that people keep under a name, and share with their unit."""

from docflow.worklists.choices import Colleague, people_in
from docflow.worklists.models import FirstList, SavedList
from docflow.worklists.plain import FIELDS, NOBODY, BadNarrowing, iso_day, narrowing_of, plain
from docflow.worklists.saved import (
    BadListName,
    ListExists,
    NoSuchList,
    SavedInfo,
    begin_with,
    first,
    listing,
    named,
    remove,
    save,
    share,
)

__all__ = [
    "FIELDS",
    "NOBODY",
    "BadListName",
    "BadNarrowing",
    "Colleague",
    "FirstList",
    "ListExists",
    "NoSuchList",
    "SavedInfo",
    "SavedList",
    "begin_with",
    "first",
    "iso_day",
    "listing",
    "named",
    "narrowing_of",
    "people_in",
    "plain",
    "remove",
    "save",
    "share",
]
