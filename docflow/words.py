"""Words for the codes of the register that stand on paper and in exports, and on pages too.

This is their one place: the pages (`api.wording`) take them from here and add their own.
"""

from collections.abc import Mapping

from docflow.i18n import Text, t

WORDS: Mapping[str, Mapping[str, Text]] = {
    "direction": {
        "incoming": t("Incoming"),
        "outgoing": t("Outgoing"),
        "internal": t("Internal"),
    },
    "delivery_method": {
        "counter": t("At the counter"),
        "phone": t("By telephone"),
        "post": t("Post"),
        "registered-post": t("Registered post"),
        "courier": t("Courier"),
        "email": t("E-mail"),
        "fax": t("Fax"),
        "portal": t("Citizens’ portal"),
        "system": t("Another system"),
    },
    "delivery": {
        "queued": t("Waits to be sent"),
        "sent": t("Sent, not yet picked up"),
        "failed": t("Could not be sent"),
        "picked-up": t("Picked up"),
        "withdrawn": t("Withdrawn"),
        "expired": t("Not picked up in time"),
    },
    "channel": {
        "pickup": t("E-mail with pick-up link"),
        "post": t("Post"),
        "counter": t("At the counter"),
    },
    "handling": {
        "new": t("To be charged"),
        "charged": t("Charged"),
        "accepted": t("In work"),
        "closed": t("Closed"),
        "annulled": t("Annulled"),
        "issued": t("Issued"),
    },
    "retention_action": {
        "destroy": t("Destruction"),
        "transfer": t("Transfer to the state archives"),
        "permanent": t("Permanent keeping"),
        "review": t("To be reviewed"),
    },
    "disposal": {
        "answered": t("Answered"),
        "filed": t("Filed"),
        "forwarded": t("Forwarded to the competent body"),
        "for-information": t("For information, asks for nothing"),
    },
    "payment_source": {
        "bank": t("Bank transfer"),
        "card": t("Card"),
        "hand": t("Proof shown to an employee"),
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
    "draft": {
        "drafting": t("Draft"),
        "circulating": t("Awaiting signatures"),
        "issuing": t("Being issued"),
        "issued": t("Issued"),
        "issue-failed": t("Issue failed"),
        "withdrawn": t("Withdrawn"),
        "rejected": t("Rejected"),
    },
    "step": {
        "waiting": t("Not yet his turn"),
        "active": t("Next to sign"),
        "signed": t("Signed"),
        "returned": t("Returned"),
        "rejected": t("Rejected"),
        "forwarded": t("Passed to another"),
        "covered": t("A colleague signed"),
        "skipped": t("Not asked any more"),
        "noted": t("Taken note of"),
        "cancelled": t("Dropped"),
    },
    "step_kind": {
        "countersign": t("Countersignature"),
        "signature": t("Signature"),
        "seal": t("Seal of the body"),
        "information": t("For information"),
    },
    "grade": {
        "unclassified": t("Unclassified"),
        "restricted": t("For restricted use (ΠΧ)"),
        "confidential": t("Confidential (ΕΜΠ)"),
    },
}


def text(group: str, code: str) -> Text:
    """The word for a code, for whoever reads it; the code itself where there is none."""
    return WORDS[group].get(code) or Text(code)


def word(group: str, code: str, language: str) -> str:
    """The word for a code; the code itself where there is none."""
    return text(group, code).in_language(language)
