"""Words for the codes of the register where the domain itself prints or writes them (not pages).

The msgids are those of the pages, so that paper and screen say the same.
"""

from collections.abc import Mapping

from docflow.i18n import Text, t

_WORDS: Mapping[str, Mapping[str, Text]] = {
    "direction": {
        "incoming": t("Incoming"),
        "outgoing": t("Outgoing"),
        "internal": t("Internal"),
    },
    "delivery_method": {
        "counter": t("At the counter"),
        "post": t("Post"),
        "registered-post": t("Registered post"),
        "courier": t("Courier"),
        "email": t("E-mail"),
        "fax": t("Fax"),
        "portal": t("Citizens’ portal"),
        "system": t("Another system"),
    },
    "handling": {
        "new": t("To be charged"),
        "charged": t("Charged"),
        "accepted": t("In work"),
        "closed": t("Closed"),
    },
    "field": {
        "subject": t("Subject"),
        "sender": t("Sender"),
        "recipients": t("Recipients"),
        "concerned": t("Persons concerned"),
        "sender_reference": t("Sender’s number"),
        "sender_dated_on": t("Date of the document"),
        "delivery_method": t("Way of delivery"),
        "delivery_detail": t("Details of the delivery"),
        "attachments_count": t("Attachments"),
        "attachments_note": t("Description of the attachments"),
        "addressee_unit_id": t("Addressed to"),
    },
    "grade": {
        "unclassified": t("Unclassified"),
        "restricted": t("Restricted use"),
        "confidential": t("Confidential"),
    },
}


def word(group: str, code: str, language: str) -> str:
    """The word for a code; the code itself where there is none."""
    text = _WORDS[group].get(code)
    return text.in_language(language) if text else code
