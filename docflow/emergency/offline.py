"""The offline page of a kit: one HTML file that opens without network, server or installation.

It is downloaded and kept on the computers of the registry (and on a USB stick). All that it needs
is inside; its own policy forbids it to load anything. What is typed stays in the browser's storage
and in the file that it saves; `journal.read` checks that file.
"""

import html
import json
from pathlib import Path

from docflow.emergency.journal import FIELDS, FORMAT, VERSION
from docflow.emergency.kits import PREFIX, KitInfo
from docflow.i18n import LANGUAGES, Text, t

_PARTS = Path(__file__).parent / "page"
_SCRIPTS = ("digest.js", "log.js", "desk.js")
TEXTS: dict[str, Text] = {
    "title": t("Emergency register"),
    "kit": t("Kit"),
    "body": t("Body"),
    "keeps_nothing": t("This browser keeps nothing: save the file after each entry."),
    "begin_title": t("Begin the emergency register"),
    "begin_hint": t(
        "Only while the ordinary register cannot be used. The first authorisation holds for 24 "
        "hours, each further one for a week at most."
    ),
    "cause": t("Cause"),
    "started": t("Since when"),
    "authorised_by": t("Authorised by"),
    "operator": t("Clerk"),
    "begin_button": t("Begin"),
    "open_title": t("Emergency in progress"),
    "since": t("Since"),
    "until": t("until"),
    "renew_soon": t("The authorisation ends soon. The emergency goes on? Have it authorised anew."),
    "renew_now": t("The authorisation has ended. A new one is needed before the next entry."),
    "renew_why": t("Reason why it goes on"),
    "renew_button": t("Record the authorisation"),
    "entry_title": t("Next number"),
    "direction": t("Direction"),
    "incoming": t("Incoming"),
    "outgoing": t("Outgoing"),
    "internal": t("Internal"),
    "delivery": t("Way of delivery"),
    "counter": t("At the counter"),
    "post": t("Post"),
    "registered_post": t("Registered post"),
    "courier": t("Courier"),
    "email": t("E-mail"),
    "fax": t("Fax"),
    "from": t("Sender"),
    "to": t("Recipients, one a line"),
    "from_to": t("From / to"),
    "subject": t("Subject"),
    "reference": t("Sender’s number"),
    "dated": t("Date of document"),
    "attachments": t("Attachments"),
    "attachments_note": t("What is attached"),
    "note_button": t("Note under this number"),
    "end_button": t("End the emergency"),
    "list_title": t("Noted documents"),
    "number": t("Emergency number"),
    "when": t("Date and time"),
    "acts": t("Acts"),
    "totals": t("Entries per day"),
    "file_title": t("File for the recovery"),
    "file_hint": t(
        "Save the file often, also on a USB stick. When the system is back, end the emergency, "
        "save, and upload the file in Docflow: Books, Emergency register."
    ),
    "unsaved": t("{n} lines are not in a saved file yet."),
    "save_button": t("Save the file"),
    "print_list": t("Print the list"),
    "open_button": t("Go on with a saved file"),
    "slip_title": t("Receipt of the emergency register"),
    "slip_note": t(
        "The ordinary protocol number is given when the system is back. It can be asked for with "
        "this emergency number; the date above counts for deadlines."
    ),
    "print_slip": t("Receipt"),
    "strike": t("Strike out"),
    "strike_why": t("Why is {label} struck out? The number stays used."),
    "struck": t("struck out"),
    "struck_out": t("{label} was struck out."),
    "noted": t("Noted under {label}. Write this number on the document."),
    "begun": t("The emergency register is open."),
    "renewed": t("The authorisation was recorded."),
    "end_sure": t("End the emergency with {n} documents? Nothing can be added to it afterwards."),
    "ended": t("The emergency was ended. Save the file now."),
    "saved": t("The file {name} was saved in the folder of downloads."),
    "opened": t("The saved file was opened; it has {n} lines."),
    "behind": t("The file lacks lines that this browser has. Nothing was changed."),
    "not_ours": t("This is no unaltered file of this kit."),
    "damaged": t("What this browser had kept is damaged. Go on with a saved file."),
    "used_up": t("The numbers of this kit are used up. Go on with another kit."),
    "wrong_year": t("This kit has numbers of {year}. Use a kit of the present year."),
    "need_cause": t("Write the cause of the emergency."),
    "bad_start": t("The emergency began at some time that is past."),
    "need_name": t("Write the full name."),
    "need_sender": t("Write the sender."),
    "need_recipient": t("Write at least one recipient."),
    "need_subject": t("Write the subject (3 to 1,000 characters)."),
    "need_reason": t("Write the reason."),
    "bad_date": t("This is not a date that is past. Write it as 21/11/2026."),
    "bad_count": t("The number of attachments is a whole number."),
}


def page(kit: KitInfo, *, zone: str, language: str) -> bytes:
    """The page of a kit as one UTF-8 file, in both languages, opening in `language`."""
    data = {
        "format": FORMAT,
        "version": VERSION,
        "code": kit.code,
        "secret": kit.secret,
        "prefix": PREFIX,
        "year": kit.year,
        "first": kit.first_number,
        "last": kit.last_number,
        "body": kit.body,
        "zone": zone,
        "language": language,
        "fields": FIELDS,
        "texts": {
            spoken: {name: text.in_language(spoken) for name, text in TEXTS.items()}
            for spoken in LANGUAGES
        },
    }
    script = "\n".join((_PARTS / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    text = (_PARTS / "page.html").read_text(encoding="utf-8")
    for mark, value in (
        ("@BODY@", html.escape(kit.body)),
        ("@CODE@", html.escape(kit.code)),
        ("@RANGE@", html.escape(f"{kit.first_label} – {kit.last_label}")),
        # Inside a script element only "<" could end it; JSON may write it in this way.
        ("@KIT@", json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")),
        ("@SCRIPT@", script),
    ):
        text = text.replace(mark, value)
    return text.encode()
