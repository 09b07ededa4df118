"""Words of messages to citizens, of what waits to be picked up, and of public acts."""

from collections.abc import Mapping

from docflow.i18n import Text, t

LABELS: Mapping[str, Mapping[str, Text]] = {
    "message_state": {
        "queued": t("Waits to be sent"),
        "sent": t("Sent"),
        "failed": t("Failed"),
        "bounced": t("Came back"),
        "needless": t("Not needed any more"),
    },
    "message_way": {"email": t("E-mail"), "sms": t("SMS")},
    "pile": {
        "to-send": t("To be posted or given out"),
        "waiting": t("Waiting to be picked up"),
        "failed": t("Could not be sent"),
        "collected": t("Picked up"),
        "expired": t("Not picked up in time"),
    },
    "personal": {
        "tax-number": t("ΑΦΜ"),
        "social-number": t("ΑΜΚΑ"),
        "account": t("Bank account"),
        "mobile": t("Mobile telephone"),
        "mail": t("E-mail address"),
    },
}
COLOURS: Mapping[tuple[str, str], str] = {
    ("message_state", "sent"): "green",
    ("message_state", "failed"): "red",
    ("message_state", "bounced"): "red",
    ("delivery", "expired"): "yellow",
}
ACTS: Mapping[str, Text] = {
    "message.sent": t("Message to the citizen sent"),
    "message.failed": t("Message to the citizen could not be sent"),
    "message.bounced": t("Message to the citizen came back"),
    "message.sent-again": t("Message to the citizen sent again"),
    "message.words-set": t("Words of a message to citizens set"),
    "delivery.reminded": t("Recipient reminded"),
    "delivery.expired": t("Not picked up in time: goes by post"),
    "delivery.proof-made": t("Proof of the delivery made"),
    "act.published": t("Made public"),
    "act.ada-set": t("ΑΔΑ noted"),
    "act.withdrawn": t("Withdrawn from the public pages"),
}
DONE: Mapping[str, Text] = {
    "message-again": t("The message will be sent again."),
    "message-bounced": t("The message is marked as undelivered."),
    "message-words": t("The words hold from now on."),
    "published": t("The act is public."),
    "ada-set": t("The ΑΔΑ stands beside the act."),
    "publication-withdrawn": t("The act was withdrawn. Its address says why."),
}
