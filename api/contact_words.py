"""Words of contacts, views of persons and appointments."""

from collections.abc import Mapping

from docflow import contacts
from docflow.i18n import Text, t

LABELS: Mapping[str, Mapping[str, Text]] = {
    "contact_channel": {
        "counter": t("At the counter"),
        "phone": t("By telephone"),
        "post": t("Post"),
        "email": t("E-mail"),
        "fax": t("Fax"),
        "portal": t("Citizens’ portal"),
    },
    "contact": {
        "open": t("Open"),
        "solved": t("Answered at once"),
        "to-call": t("To be called back"),
        "passed": t("With the unit"),
        "closed": t("Answered"),
    },
    "contact_step": {
        "taken": t("Contact taken"),
        "identified": t("Person identified"),
        "classified": t("Noted"),
        "solved": t("Answered at once"),
        "promised": t("Answer promised"),
        "tried": t("Not reached"),
        "passed": t("Passed on to the unit"),
        "closed": t("Answered"),
        "reopened": t("Opened again"),
    },
    "contact_which": {
        "waiting": t("Waiting for us"),
        "mine": t("Taken by me"),
        "all": t("All contacts"),
    },
    "purpose": {purpose.value: said for purpose, said in contacts.PURPOSES.items()},
    "trace": {
        "entry": t("Entry of the register"),
        "application": t("Application"),
        "payment": t("Payment"),
        "pickup": t("Delivery"),
        "message": t("Message"),
        "appointment": t("Appointment"),
        "contact": t("Contact"),
        "account": t("Account on the portal"),
    },
    "appointment": {
        "booked": t("Booked"),
        "kept": t("Attended"),
        "missed": t("Did not come"),
        "called-off": t("Called off, waits for a new time"),
        "cancelled": t("Cancelled"),
    },
    "booked_via": {
        "portal": t("Citizens’ portal"),
        "phone": t("By telephone"),
        "counter": t("At the counter"),
    },
    "weekday_name": {
        "1": t("Monday"),
        "2": t("Tuesday"),
        "3": t("Wednesday"),
        "4": t("Thursday"),
        "5": t("Friday"),
        "6": t("Saturday"),
        "7": t("Sunday"),
    },
    "told_by": {
        "email": t("E-mail"),
        "sms": t("SMS"),
        "both": t("E-mail and SMS"),
        "none": t("Not by us"),
    },
}
COLOURS: Mapping[tuple[str, str], str] = {
    ("contact", "open"): "yellow",
    ("contact", "to-call"): "orange",
    ("contact", "passed"): "blue",
    ("contact", "solved"): "green",
    ("contact", "closed"): "green",
    ("appointment", "booked"): "blue",
    ("appointment", "kept"): "green",
    ("appointment", "missed"): "red",
    ("appointment", "called-off"): "orange",
    ("appointment", "cancelled"): "grey",
}
ACTS: Mapping[str, Text] = {
    "appointment.booked": t("Appointment booked"),
    "appointment.moved": t("Appointment moved"),
    "appointment.cancelled": t("Appointment cancelled"),
    "appointment.called-off": t("Appointment called off"),
    "appointment.kept": t("The person came"),
    "appointment.missed": t("The person did not come"),
    "diary.created": t("Calendar made"),
    "diary.changed": t("Calendar changed"),
    "diary.day-closed": t("Hours of a day closed"),
    "diary.day-opened": t("Hours of a day opened"),
    "diary.day-as-usual": t("The day is as usual again"),
    "contact.taken": t("Contact taken"),
    "contact.identified": t("Person identified"),
    "contact.saved": t("Contact written down"),
    "contact.solved": t("Answered at once"),
    "contact.promised": t("Answer promised"),
    "contact.not-reached": t("Not reached"),
    "contact.passed": t("Passed on to the unit"),
    "contact.closed": t("Answered"),
    "contact.reopened": t("Opened again"),
    "person.viewed": t("View of a person opened"),
}

# What `?done=` says on the page after an act
DONE: Mapping[str, Text] = {
    "contact-taken": t("The contact is noted. What does the person want?"),
    "contact-saved": t("What you typed is saved."),
    "contact-solved": t("Noted as answered."),
    "contact-promised": t("Noted. The contact is in the list until the person has his answer."),
    "contact-passed": t("The request is registered and with the unit."),
    "contact-reopened": t("The contact is open again."),
    "appointment-booked": t("The appointment is booked."),
    "appointment-moved": t("The appointment was moved. The person is told."),
    "appointment-cancelled": t("The appointment was cancelled. The person is told."),
    "appointment-marked": t("Noted."),
    "diary-kept": t("The calendar was kept."),
    "diary-day": t("The day was changed."),
}
# The same for citizens
PORTAL_DONE: Mapping[str, Text] = {
    "appointment-booked": t("Your appointment is booked. We sent you a message."),
    "appointment-moved": t("Your appointment has a new time. We sent you a message."),
    "appointment-cancelled": t("Your appointment is cancelled."),
}
