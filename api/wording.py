"""The words for codes: states, ways, roles, acts. One place, so that a list and a page agree.

`label("handling", "charged")` is the text, `colour("handling", "charged")` the tag's colour.
"""

from collections.abc import Mapping

from docflow.i18n import Text, t

LABELS: Mapping[str, Mapping[str, Text]] = {
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
    "priority": {
        "normal": t("Normal"),
        "urgent": t("Urgent"),
        "very-urgent": t("Very urgent"),
    },
    "handling": {
        "new": t("To be charged"),
        "charged": t("Charged"),
        "accepted": t("In work"),
        "closed": t("Closed"),
        "annulled": t("Annulled"),
        "issued": t("Issued"),
    },
    "disposal": {"answered": t("Closed by an answer"), "filed": t("Filed")},
    "charge_kind": {"action": t("For action"), "information": t("For information")},
    "charge": {
        "open": t("Not yet accepted"),
        "accepted": t("Accepted"),
        "returned": t("Returned"),
        "passed-on": t("Passed on"),
        "done": t("Done"),
    },
    "reading": {
        "pending": t("Waits to be read"),
        "running": t("Being read"),
        "done": t("Read"),
        "failed": t("Could not be read"),
    },
    "file_role": {
        "original": t("Original"),
        "signed-original": t("Signed original"),
        "exact-copy": t("Exact copy"),
        "receipt": t("Receipt"),
    },
    "draft": {
        "drafting": t("Draft"),
        "circulating": t("Awaiting signatures"),
        "issuing": t("Being issued"),
        "issued": t("Issued"),
        "issue-failed": t("Issue failed"),
        "withdrawn": t("Withdrawn"),
    },
    "step": {
        "waiting": t("Not yet his turn"),
        "active": t("Next to sign"),
        "signed": t("Signed"),
        "returned": t("Returned"),
        "cancelled": t("Dropped"),
    },
    "delivery": {
        "queued": t("Waits to be sent"),
        "sent": t("Sent, not yet picked up"),
        "failed": t("Could not be sent"),
        "picked-up": t("Picked up"),
        "withdrawn": t("Withdrawn"),
    },
    "channel": {
        "pickup": t("E-mail with pick-up link"),
        "post": t("Post"),
        "counter": t("At the counter"),
    },
    "relation": {"answers": t("In answer to"), "replaces": t("Replaces")},
    "relation_back": {"answers": t("Answered by"), "replaces": t("Replaced by")},
    "basket": {
        "to-charge": t("To be charged"),
        "mine": t("Mine"),
        "unit": t("My unit’s"),
        "informed": t("For information"),
        "sent": t("Sent by me"),
        "overdue": t("Overdue"),
        "signature": t("Awaiting my signature"),
    },
    "job": {
        "waiting": t("waiting"),
        "running": t("under way"),
        "done": t("done"),
        "failed": t("failed"),
    },
    "task": {
        "documents.read": t("Reading of a file"),
        "circulation.issue": t("Issue of a document"),
        "dispatch.notify": t("Notice to a recipient"),
    },
    "finding": {"missing": t("Missing"), "altered": t("Altered")},
    "role": {
        "clerk": t("Clerk of the registry"),
        "head": t("Head of unit"),
        "employee": t("Employee"),
        "signer": t("Signer"),
        "auditor": t("Auditor"),
        "administrator": t("Administrator"),
    },
    "act": {
        "entry.registered": t("Registered"),
        "entry.marked": t("Marked"),
        "entry.charged": t("Charged"),
        "entry.informed": t("Sent for information"),
        "charge.accepted": t("Accepted"),
        "charge.noted": t("Taken note of"),
        "charge.returned": t("Returned"),
        "charge.passed-on": t("Passed on"),
        "entry.closed": t("Closed"),
        "entry.reopened": t("Opened again"),
        "entry.annulled": t("Annulled"),
        "entry.receipt-made": t("Receipt made"),
        "entry.label-printed": t("Label printed"),
        "file.read": t("File read"),
        "file.read-again": t("Reading asked for again"),
        "draft.begun": t("Answer begun"),
        "draft.saved": t("Draft saved"),
        "draft.circulated": t("Sent to be signed"),
        "draft.signed": t("Signed"),
        "draft.returned": t("Draft returned"),
        "draft.withdrawn": t("Draft withdrawn"),
        "draft.issue-failed": t("Issue failed; the number was annulled"),
        "draft.issued-again": t("Issue tried again"),
        "document.issued": t("Issued"),
        "delivery.notified": t("Recipient notified"),
        "delivery.notified-again": t("Recipient notified again"),
        "delivery.failed": t("Could not be sent"),
        "delivery.handed-over": t("Handed over"),
        "pickup.collected": t("Picked up by the recipient"),
        "pickup.collected-again": t("Picked up again"),
        "pickup.refused": t("Pick-up refused: wrong code"),
        "verification.asked": t("Verified by a visitor"),
        "key.added": t("Signing key added"),
    },
}

# grey is the colour of everything that is not named here
_COLOURS: Mapping[tuple[str, str], str] = {
    ("handling", "new"): "purple",
    ("handling", "charged"): "blue",
    ("handling", "accepted"): "yellow",
    ("handling", "closed"): "green",
    ("handling", "annulled"): "red",
    ("handling", "issued"): "green",
    ("charge", "open"): "blue",
    ("charge", "accepted"): "yellow",
    ("charge", "returned"): "red",
    ("charge", "done"): "green",
    ("reading", "running"): "blue",
    ("reading", "done"): "green",
    ("reading", "failed"): "red",
    ("draft", "circulating"): "blue",
    ("draft", "issuing"): "yellow",
    ("draft", "issue-failed"): "red",
    ("draft", "issued"): "green",
    ("step", "active"): "blue",
    ("step", "signed"): "green",
    ("step", "returned"): "red",
    ("delivery", "sent"): "blue",
    ("delivery", "failed"): "red",
    ("delivery", "picked-up"): "green",
    ("priority", "urgent"): "yellow",
    ("priority", "very-urgent"): "red",
}


def label(group: str, code: str, language: str) -> str:
    """The word for a code; the code itself where a newer part brings one without a word."""
    text = LABELS[group].get(code)
    return text.in_language(language) if text else code


def colour(group: str, code: str) -> str:
    return _COLOURS.get((group, code), "grey")
