"""Words of work lists, the board and the statistics."""

from collections.abc import Mapping

from docflow.i18n import Text, t

LABELS: Mapping[str, Mapping[str, Text]] = {
    "list_deadline": {
        "overdue": t("overdue"),
        "today": t("due today"),
        "week": t("due within a week"),
        "none": t("without a deadline"),
    },
    "list_age": {
        "0-5": t("0–5 days"),
        "6-15": t("6–15 days"),
        "16-30": t("16–30 days"),
        "31-50": t("31–50 days"),
        "over-50": t("over 50 days"),
    },
    "timeliness": {"on-time": t("closed on time"), "late": t("closed late")},
    "grouping": {
        "unit": t("Unit"),
        "kind": t("Kind of document"),
        "channel": t("Way of delivery"),
        "direction": t("Direction"),
        "month": t("Month"),
    },
}

# What `?done=` says on the page after an act
DONE: Mapping[str, Text] = {
    "list-kept": t("The list is kept under its name."),
    "list-changed": t("The list was changed."),
    "list-removed": t("The list is kept no more."),
}
