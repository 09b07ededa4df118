"""Words of the organogram's pages: codes with their colours, and what `?done=` says."""

from collections.abc import Mapping

from docflow.i18n import Text, t

LABELS: Mapping[str, Mapping[str, Text]] = {
    "role": {
        "clerk": t("Clerk of the registry"),
        "registrar": t("Head of the registry"),
        "head": t("Head of unit"),
        "employee": t("Employee"),
        "signer": t("Signer"),
        "final-signer": t("Final signer"),
        "auditor": t("Auditor"),
        "administrator": t("Administrator"),
        "data-protection": t("Data protection officer"),
        "installation": t("Administrator of the installation"),
    },
    "organogram_change": {
        "planned": t("Planned"),
        "done": t("Carried out"),
        "cancelled": t("Cancelled"),
        "failed": t("Not possible"),
    },
    "account": {
        "active": t("Active"),
        "locked": t("Locked"),
        "closed": t("Closed"),
        "technical": t("Technical"),
    },
}
COLOURS: Mapping[tuple[str, str], str] = {
    ("organogram_change", "planned"): "blue",
    ("organogram_change", "done"): "green",
    ("organogram_change", "failed"): "red",
    ("account", "active"): "green",
    ("account", "locked"): "red",
    ("account", "technical"): "blue",
}
ACTS: Mapping[str, Text] = {
    "organogram.planned": t("Change of the organogram planned"),
    "organogram.changed": t("Organogram changed"),
    "organogram.cancelled": t("Change of the organogram cancelled"),
    "organogram.failed": t("Change of the organogram not possible"),
    "unit.begun": t("Unit begun"),
    "unit.changed": t("Unit changed"),
    "unit.dissolved": t("Unit dissolved"),
    "unit.head-changed": t("Head of a unit changed"),
    "position.begun": t("Post begun"),
    "position.ended": t("Post ended"),
    "entry.moved": t("Moved with the organogram"),
    "contribution.moved": t("Question moved with the organogram"),
    "draft.moved": t("Draft moved with the organogram"),
    "draft.taken-back": t("Taken back to its drafter: who was to sign has left"),
    "user.created": t("Account made"),
    "user.changed": t("Account changed"),
    "user.role-given": t("Role given"),
    "user.role-taken": t("Role taken"),
    "user.locked": t("Account locked"),
    "user.unlocked": t("Account unlocked"),
    "user.password-reset": t("New password handed over"),
    "user.password-changed": t("Password changed"),
    "user.service-ends": t("End of service arranged"),
    "user.service-goes-on": t("End of service taken back"),
    "user.closed": t("Account closed"),
    "user.moved-to-provider": t("Account moved to the identity provider"),
    "user.tied-to-provider": t("Account tied to the identity provider"),
    "body.created": t("Body opened"),
    "body.changed": t("Body changed"),
}
DONE: Mapping[str, Text] = {
    "password": t("Your password was changed."),
    "organogram-changed": t("The organogram was changed. Open work was moved as the plan said."),
    "organogram-planned": t("The change is planned. It is carried out on its day by itself."),
    "organogram-cancelled": t("The planned change was cancelled."),
    "nothing-to-change": t("The file says what stands already. Nothing was changed."),
    "position-begun": t("The post was added."),
    "position-filled": t("The post was filled."),
    "position-vacated": t("The post is vacant."),
    "position-ended": t("The post was ended."),
    "account-created": t("The account was made. Give it roles now."),
    "account-changed": t("The account was changed."),
    "role-given": t("The role was given."),
    "role-taken": t("The role was taken."),
    "account-locked": t("The account is locked. Its logins have ended."),
    "account-unlocked": t("The account is open again."),
    "account-moved-to-provider": t(
        "The account was moved: the first login at the provider ties it."
    ),
    "service-ends": t("The end of service was arranged. What is open was placed."),
    "service-goes-on": t("The end of service was taken back."),
    "body-created": t("The body was opened, with its secretariat and its two books."),
    "body-changed": t("The body was changed. What was printed stays as it was."),
}
