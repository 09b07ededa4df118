"""Words of the search for pages: names of filters, languages, alerts, notices after an act."""

from collections.abc import Mapping

from docflow.i18n import Text, t

LABELS: Mapping[str, Mapping[str, Text]] = {
    "search_filter": {
        "first_day": t("From day"),
        "last_day": t("To day"),
        "year": t("Year"),
        "book": t("Book"),
        "direction": t("Direction"),
        "state": t("State"),
        "unit_id": t("With the unit"),
        "user_id": t("With the person"),
        "kind": t("Kind of document"),
        "channel": t("Way of delivery"),
        "has_files": t("Files"),
        "language": t("Language of the text"),
    },
    "search_files": {"true": t("With files"), "false": t("Without files")},
    "search_language": {
        "el": t("Greek"),
        "en": t("English"),
        "hu": t("Hungarian"),
        "cs": t("Czech"),
        "de": t("German"),
        "fr": t("French"),
    },
    "search_alert": {
        "none": t("No alert"),
        "daily": t("Tell me once a day"),
        "at-once": t("Tell me at once"),
    },
    "search_sort": {"relevance": t("The best first"), "newest": t("The newest first")},
}
# Where the words for the values of a filter stand.
VALUES: Mapping[str, str] = {
    "direction": "direction",
    "state": "handling",
    "channel": "delivery_method",
    "has_files": "search_files",
    "language": "search_language",
}
DONE: Mapping[str, Text] = {
    "search-saved": t("The search was saved."),
    "search-changed": t("The saved search was changed."),
    "search-removed": t("The saved search was removed."),
}
ACTS: Mapping[str, Text] = {
    "search.saved": t("A search was saved"),
    "search.changed": t("A saved search was changed"),
    "search.removed": t("A saved search was removed"),
}
