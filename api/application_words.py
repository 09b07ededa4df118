"""Words of applications: where they stand, how they ended, and what happened to them."""

from collections.abc import Mapping

from docflow.i18n import Text, t

LABELS: Mapping[str, Mapping[str, Text]] = {
    "application_state": {
        "running": t("With the office"),
        "waiting": t("Waits for the applicant"),
        "ended": t("Finished"),
        "withdrawn": t("Withdrawn"),
    },
    "application_state_of_citizen": {
        "running": t("With the office"),
        "waiting": t("Waits for you"),
        "ended": t("Finished"),
        "withdrawn": t("Withdrawn"),
    },
    "application_outcome": {
        "done": t("Done"),
        "granted": t("Granted"),
        "refused": t("Not granted"),
    },
}
COLOURS: Mapping[tuple[str, str], str] = {
    ("application_state", "running"): "blue",
    ("application_state", "waiting"): "yellow",
    ("application_state", "ended"): "green",
    ("application_state_of_citizen", "running"): "blue",
    ("application_state_of_citizen", "waiting"): "yellow",
    ("application_state_of_citizen", "ended"): "green",
}
ACTS: Mapping[str, Text] = {
    "application.filed": t("Filed by the applicant on the citizens’ pages"),
    "application.message-sent": t("A message was written to the applicant"),
    "application.message-received": t("The applicant wrote a message"),
    "application.supplement-asked": t("The applicant was asked for something"),
    "application.supplement-answered": t("The applicant sent what he was asked for"),
    "application.supplement-taken-back": t("What the applicant was asked for is not needed"),
    "application.withdrawn": t("Withdrawn by the applicant"),
    "application.ended": t("The application ended"),
    "application.status-refused": t("A wrong secret was tried on the page of the application"),
}
DONE: Mapping[str, Text] = {
    "petition-message": t("The message was sent to the applicant."),
    "petition-supplement": t("The applicant was asked. The time limit stands still."),
    "petition-taken-back": t("The applicant need not send anything any more."),
}
