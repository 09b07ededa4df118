"""Words of citizens' accounts: levels of identity, ways in, papers, representations."""

from collections.abc import Mapping

from docflow.i18n import Text, t

LABELS: Mapping[str, Mapping[str, Text]] = {
    "identity_level": {
        "none": t("Not known"),
        "visitor": t("Visitor"),
        "registered": t("Registered account"),
        "temporary": t("Known for a while"),
        "verified": t("Known for sure"),
    },
    "account_state": {
        "open": t("Open to enter"),
        "closed": t("Closed account"),
        "merged": t("Made one with another"),
    },
    "login_way": {
        "code": t("Code by e-mail"),
        "password": t("Password"),
        "provider": t("Login of another service"),
    },
    "citizen_channel": {
        "email": t("E-mail"),
        "sms": t("SMS"),
        "both": t("E-mail and SMS"),
        "none": t("Nothing electronic: I look here, or get a letter"),
    },
    "identity_paper": {
        "identity-card": t("Identity card"),
        "passport": t("Passport"),
        "residence-permit": t("Residence permit"),
        "driving-licence": t("Driving licence"),
        "other": t("Another document"),
    },
    "represented": {"person": t("Person"), "company": t("Company or association")},
    "ground": {
        "power-of-attorney": t("Power of attorney"),
        "legal-representative": t("Legal representative of the company"),
        "parent": t("Parent of a child"),
        "guardian": t("Guardian, by decision of a court"),
        "other": t("Another ground"),
    },
    "representation": {
        "asked": t("Waits for the office"),
        "accepted": t("Accepted by the office"),
        "refused": t("Refused"),
        "withdrawn": t("Given up"),
        "revoked": t("Revoked"),
    },
}

COLOURS: Mapping[tuple[str, str], str] = {
    ("identity_level", "none"): "grey",
    ("identity_level", "visitor"): "grey",
    ("identity_level", "registered"): "blue",
    ("identity_level", "temporary"): "yellow",
    ("identity_level", "verified"): "green",
    ("account_state", "open"): "green",
    ("account_state", "closed"): "grey",
    ("account_state", "merged"): "grey",
    ("representation", "asked"): "yellow",
    ("representation", "accepted"): "green",
    ("representation", "refused"): "red",
    ("representation", "withdrawn"): "grey",
    ("representation", "revoked"): "red",
}

# What the citizens' pages say after an act.
PORTAL_DONE: Mapping[str, Text] = {
    "account-registered": t("Your account is registered."),
    "account-changed": t("Your details were saved."),
    "account-password": t("Your new password holds. All other logins were ended."),
    "account-address": t("Your new address holds."),
    "account-linked": t("From now on you can enter with this login too."),
    "account-login-ended": t("The login was ended."),
    "account-left": t("You are logged out."),
    "account-closed": t("Your account is closed."),
    "representation-asked": t("The office will look at it, and tell you."),
    "representation-withdrawn": t("You no longer act under this representation."),
}

# What the staff's pages say after an act.
DONE: Mapping[str, Text] = {
    "account-proven": t("The identity is proven."),
    "account-proof-ended": t("The proof of identity was ended."),
    "account-locked": t("The account is locked."),
    "account-unlocked": t("The account is open again."),
    "account-merged": t("The two accounts are one."),
    "representation-accepted": t("The representation was accepted."),
    "representation-refused": t("The representation was refused; the citizen is told why."),
    "representation-revoked": t("The representation was revoked."),
}

ACTS: Mapping[str, Text] = {
    "account.made": t("Account made"),
    "account.entered": t("Logged in"),
    "account.registered": t("Account registered"),
    "account.changed": t("Details of the account changed"),
    "account.password-changed": t("Password of the account changed"),
    "account.password-ended": t("Password of the account ended"),
    "account.address-changed": t("E-mail address of the account changed"),
    "account.tied-to-provider": t("Login of another service added"),
    "account.logins-ended": t("Logins ended"),
    "account.code-guessed": t("A code was tried too often"),
    "account.proven": t("Identity proven"),
    "account.proof-ended": t("Proof of identity ended"),
    "account.seen": t("Account opened by a clerk"),
    "account.locked": t("Account locked"),
    "account.unlocked": t("Account unlocked"),
    "account.merged": t("Another account was made one with this"),
    "account.merged-into": t("Made one with another account"),
    "account.closed": t("Account closed"),
    "account.erased": t("Personal data of the account removed"),
    "representation.asked": t("Representation asked for"),
    "representation.withdrawn": t("Representation given up"),
    "representation.accepted": t("Representation accepted"),
    "representation.refused": t("Representation refused"),
    "representation.revoked": t("Representation revoked"),
    "representation.proof-read": t("Proof of a representation opened"),
}
