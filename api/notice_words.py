"""Words of notices: groups of kinds, when a mail goes out, what became of it; and their acts."""

from collections.abc import Mapping

from docflow.i18n import Text, t

LABELS: Mapping[str, Mapping[str, Text]] = {
    "notice_group": {
        "work": t("Work"),
        "deadlines": t("Deadlines"),
        "drafts": t("Drafts and signatures"),
        "registry": t("Registry"),
        "search": t("Search"),
        "applications": t("Applications"),
        "account": t("Account"),
    },
    "notice_mail": {
        "at-once": t("At once"),
        "daily": t("In the mail of the day"),
        "never": t("No e-mail"),
    },
    "notice_channel": {"mail": t("E-mail"), "push": t("Push message")},
    "notice_sending": {
        "waiting": t("Waits to be sent"),
        "sent": t("Sent"),
        "failed": t("Failed"),
        "needless": t("Not needed any more"),
    },
}

COLOURS: Mapping[tuple[str, str], str] = {
    ("notice_sending", "waiting"): "blue",
    ("notice_sending", "sent"): "green",
    ("notice_sending", "failed"): "red",
}

TASKS: Mapping[str, Text] = {
    "notices.gather": t("Gathering of a person’s notices"),
    "notices.look": t("Look for notices that are due"),
    "notices.sweep": t("Old notices forgotten"),
    "notices.send-mail": t("Notices by e-mail"),
    "routing.charge-planned": t("Charges planned for today"),
    "notices.send-push": t("Notices by push message"),
}

ACTS: Mapping[str, Text] = {
    "notices.chosen": t("Chose how to be told"),
    "notices.sent-again": t("Notice sent again"),
    "push.subscribed": t("Browser added for push messages"),
    "push.ended": t("Browser removed from push messages"),
}

DONE: Mapping[str, Text] = {
    "notices-read": t("All notices are marked as read."),
    "preferences": t("Your choices were kept."),
    "browser-removed": t("The browser was removed. It gets no more messages."),
    "sent-again": t("The message will be sent again."),
}
