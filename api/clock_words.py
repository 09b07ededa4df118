"""Words of calendars and deadlines: months, days, countries, who is reminded, what was told."""

from collections.abc import Mapping

from docflow.i18n import Text, t

LABELS: Mapping[str, Mapping[str, Text]] = {
    "month": {
        "1": t("January"),
        "2": t("February"),
        "3": t("March"),
        "4": t("April"),
        "5": t("May"),
        "6": t("June"),
        "7": t("July"),
        "8": t("August"),
        "9": t("September"),
        "10": t("October"),
        "11": t("November"),
        "12": t("December"),
    },
    "weekday": {
        "1": t("Mon"),
        "2": t("Tue"),
        "3": t("Wed"),
        "4": t("Thu"),
        "5": t("Fri"),
        "6": t("Sat"),
        "7": t("Sun"),
    },
    "whose": {"mine": t("My own"), "unit": t("Of my units")},
    "day_unit": {"working": t("working days"), "calendar": t("calendar days")},
    "country": {"GR": t("Greece"), "HU": t("Hungary"), "CZ": t("Czechia")},
    "reminded": {
        "handler": t("Who has the item"),
        "head": t("The head"),
        "director": t("The director"),
    },
    "applicant_notice": {
        "delay": t("Notice of a delay to the applicant"),
        "forwarded": t("Notice of the forwarding to the applicant"),
    },
    "applicant_notice_state": {
        "queued": t("Goes out"),
        "by-hand": t("To be told by hand"),
        "sent": t("Sent"),
        "failed": t("Not sent"),
        "dropped": t("Not needed any more"),
    },
}
COLOURS: Mapping[tuple[str, str], str] = {
    ("applicant_notice_state", "sent"): "green",
    ("applicant_notice_state", "failed"): "red",
    ("applicant_notice_state", "by-hand"): "yellow",
}
ACTS: Mapping[str, Text] = {
    "deadline.suspended": t("Clock of the deadline stopped"),
    "deadline.resumed": t("Clock of the deadline runs on"),
    "deadline.extended": t("Deadline extended"),
    "deadline.reckoned": t("Deadline computed anew"),
    "deadline.applicant-told": t("Applicant told by e-mail"),
    "deadline.applicant-not-told": t("Applicant could not be told by e-mail"),
    "deadline.terms-set": t("Terms of deadlines set"),
    "deadline.feed-made": t("Address of a calendar made"),
    "deadline.feed-ended": t("Address of a calendar ended"),
    "calendar.country-chosen": t("Country of the holidays chosen"),
    "calendar.day-added": t("Day added to the calendar"),
    "calendar.day-removed": t("Day taken out of the calendar"),
}
DONE: Mapping[str, Text] = {
    "stop-clock": t("The clock stands still. Let it run on when the applicant has done it."),
    "run-clock": t("The clock runs on. The page says until when."),
    "extend-clock": t("The deadline was extended."),
    "workday": t("The calendar was changed. Deadlines are being computed anew."),
    "deadline-terms": t("The terms were kept. They hold from now on."),
    "feed-ended": t("The address opens nothing any more."),
}
