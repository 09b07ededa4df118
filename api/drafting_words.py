"""Words of drafts and their circulation: what is to be done, by whom, and what changed."""

from collections.abc import Mapping

from docflow.i18n import Text, t

LABELS: Mapping[str, Mapping[str, Text]] = {
    "to_do": {
        "countersign": t("To countersign"),
        "signature": t("To sign"),
        "information": t("To take note of"),
    },
    "rule": {"all": t("All of the rank"), "any": t("One of the rank")},
    "who": {
        "drafter": t("The drafter"),
        "head": t("Head of his unit"),
        "director": t("The head above"),
        "final": t("Who signs last"),
        "person": t("A person"),
        "house": t("The body’s seal"),
    },
    "deputy_scope": {
        "countersign": t("Countersigns only"),
        "sign": t("Signs only"),
        "all": t("Countersigns and signs"),
    },
    "acts_as": {"by-order": t("By order (με εντολή)"), "deputy": t("Deputy (αναπληρωτής)")},
    "change": {
        "same": t("Unchanged"),
        "changed": t("Changed"),
        "added": t("Added"),
        "removed": t("Taken out"),
    },
    "draft_field": {
        "subject": t("Subject"),
        "recipient": t("Recipient"),
        "channel": t("Goes by"),
        "copies_to": t("Copies to"),
        "upload": t("Own PDF"),
        "body": t("Text"),
    },
}
