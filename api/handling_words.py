"""Words and colours of charges, and of what others are asked for beside them."""

from collections.abc import Mapping

from docflow.i18n import Text, t

LABELS: Mapping[str, Mapping[str, Text]] = {
    "charge": {
        "open": t("Not yet accepted"),
        "accepted": t("Accepted"),
        "refused": t("Refused"),
        "returned": t("Returned"),
        "passed-on": t("Passed on"),
        "done": t("Done"),
    },
    "contribution": {
        "asked": t("Asked for"),
        "given": t("Given"),
        "refused": t("Refused"),
        "withdrawn": t("Taken back"),
    },
    "contribution_kind": {
        "opinion": t("Opinion"),
        "part": t("Part of the work"),
    },
}

COLOURS: Mapping[tuple[str, str], str] = {
    ("charge", "open"): "blue",
    ("charge", "accepted"): "yellow",
    ("charge", "refused"): "red",
    ("charge", "returned"): "red",
    ("contribution", "asked"): "blue",
    ("contribution", "given"): "green",
    ("contribution", "refused"): "red",
    ("charge", "done"): "green",
}
