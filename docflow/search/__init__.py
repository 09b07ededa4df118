"""Finding entries by anything that is known of them, within the rights of who asks."""

from docflow.search import alerts, saved  # noqa: F401  # alerts brings its job
from docflow.search.facets import Facet, Value, named
from docflow.search.filters import BadFilter, Filters, Sort, State, of_json
from docflow.search.models import Alert, SavedSearch, SavedSearchHit
from docflow.search.saved import (
    BadSearchName,
    NoSuchSearch,
    NothingAsked,
    Saved,
    SearchExists,
    TooBroad,
    TooManySearches,
)
from docflow.search.service import Found, Hit, search
from docflow.search.sight import MOST
from docflow.search.suggesting import Suggested, suggest

__all__ = [
    "MOST",
    "Alert",
    "BadFilter",
    "BadSearchName",
    "Facet",
    "Filters",
    "Found",
    "Hit",
    "NoSuchSearch",
    "NothingAsked",
    "Saved",
    "SavedSearch",
    "SavedSearchHit",
    "SearchExists",
    "Sort",
    "State",
    "Suggested",
    "TooBroad",
    "TooManySearches",
    "Value",
    "named",
    "of_json",
    "saved",
    "search",
    "suggest",
]
