"""What is said of a file that could not be read, or only in part: why, and what a person can do."""

from collections.abc import Sequence
from typing import Any

from docflow.i18n import Text, t

ERASED = "erased"  # written by the database's erase_entry; nothing is read after it
# What a person is told of each code (those of ocr.Unreadable, and ours), and what he can do.
PROBLEMS: dict[str, Text] = {
    "empty": t("The file is empty. Ask the sender for it again."),
    "encrypted": t("The PDF is locked with a password. Ask the sender for an open copy."),
    "damaged": t("The file is damaged or cut off. Ask the sender for it again, or scan the paper."),
    "unsupported": t("Files of this kind are kept, but not read."),
    "page-too-large": t("A page is larger than can be read. Ask for a copy in A4 or A3."),
    "too-many-pages": t("The file has too many pages. Split it and file the parts."),
    "timeout": t("Reading took too long and was stopped. It can be tried again."),
    "memory": t("Reading needed too much memory and was stopped. It can be tried again."),
    "crashed": t("The reader broke off. It can be tried again."),
    ERASED: t("The data of this entry were erased, and nothing is read of it any more."),
    "missing": t("The bytes of the file are not in the store. Tell the administrator at once."),
    "unavailable": t("The file could not be read for now. It can be tried again."),
    "needs-office": t(
        "Only LibreOffice can read this older kind of file, and the server does not have it. Ask "
        "for a PDF, or have the administrator install LibreOffice and try again."
    ),
    "locked-office": t(
        "The document is locked with a password. Ask the sender for an open copy or a PDF."
    ),
    "archive": t(
        "An archive of this kind is kept closed. Ask the sender for a ZIP, or for the files alone."
    ),
    "winmail": t(
        "Outlook packed the attachments into a form of its own (winmail.dat). Ask the sender to "
        "send the mail as HTML or plain text."
    ),
    "too-deep": t(
        "It lies in another archive or mail and was kept closed. Download and file it by itself "
        "if it matters."
    ),
    "unchecked": t(
        "The virus check does not answer, so the file stays closed. It is tried again by itself."
    ),
    "virus": t("The virus check found “{finding}”. The file is kept closed. Tell the sender."),
    "executable": t("A program is never opened here. The file is kept closed. Tell the sender."),
    "too-large-to-check": t(
        "The file is larger than the virus check takes, so it is kept closed. The administrator "
        "can raise StreamMaxLength of clamd, or let the file out."
    ),
}

# Of parts and pages of a file that was read all the same; {about} is a name or a page number.
NOTES: dict[str, Text] = {
    "page": t("Page {about}: {problem}"),
    "text-only": t(
        "Only the text is shown: LibreOffice, which makes a PDF of it, is not on the server."
    ),
    "not-drawn": t("Only the text is shown: no PDF could be made of it."),
    "text-cut": t("The text is very long; only its beginning was read."),
    "part-encrypted": t("“{about}” is locked with a password and was left in the archive."),
    "part-too-large": t("“{about}” is larger than a file may be and was left inside."),
    "part-bomb": t("“{about}” unpacks to far more than its size and was left in the archive."),
    "part-damaged": t("“{about}” is damaged and could not be taken out."),
    "part-link": t("“{about}” is only a pointer to another file and was left in the archive."),
    "too-many-parts": t("Only the first {about} files were taken out."),
    "too-large-inside": t("All files together are too large: from “{about}” on they were left in."),
    "folder-name": t("“{about}” pointed outside its archive. It was taken out by its bare name."),
}
# Notes that only explain: the file counts as read.
HARMLESS = frozenset({"text-only", "not-drawn", "folder-name"})
# Troubles that pass: they are tried again without a person.
PASSING = frozenset({"unavailable", "unchecked", "crashed"})

UNKNOWN = t("It could not be read.")


def problem_text(code: str | None, finding: str = "") -> Text | None:
    """The words of a code; None for none."""
    if not code:
        return None
    found = PROBLEMS.get(code, UNKNOWN)
    return t(found.msgid, finding=finding) if code == "virus" else found


def note_texts(notes: Sequence[Any]) -> list[Text]:
    """The words of the notes of a reading: each is a code, what it is about, and its problem."""
    found = []
    for code, about, *more in notes:
        words = NOTES.get(code)
        if words is None:
            continue
        problem = PROBLEMS.get(more[0], UNKNOWN) if more else UNKNOWN
        found.append(t(words.msgid, about=about, problem=problem))
    return found
