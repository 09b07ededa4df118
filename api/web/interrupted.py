"""A form that could not be taken: the login had ended, or the database was away. Nothing is lost.

What was typed travels in the page itself, signed and bound to the person: text as it is, files by
their digest (their bytes are stored). Passwords, PINs and one-time passwords are never kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.datastructures import FormData

from api.web import forms
from docflow import documents
from docflow.errors import DocflowError
from docflow.i18n import Text, t
from docflow.office import Office

_NEVER_KEPT = {*forms.SECRET_FIELDS, "form_state", "drop", forms.KEPT_FIELD}
_FILE_FIELDS = ("files", "upload")
_LIFE = 7 * 86400  # seconds

# What a person recognises of a form; fields without a word are carried but not shown.
_WORDS: Mapping[str, Text] = {
    "subject": t("Subject"),
    "sender": t("Sender"),
    "sender_reference": t("Sender’s number"),
    "sender_dated_on": t("Date of the document"),
    "sender_email": t("E-mail"),
    "sender_address": t("Address"),
    "sender_tax_number": t("Tax number (ΑΦΜ)"),
    "delivery_detail": t("Detail of the delivery"),
    "attachments_count": t("Attachments"),
    "attachments_note": t("Which attachments"),
    "received_on": t("Received on"),
    "recipient": t("Recipient"),
    "recipient_email": t("E-mail of the recipient"),
    "recipient_address": t("Address of the recipient"),
    "copies_to": t("Copies to"),
    "body": t("Text"),
    "instructions": t("Instructions"),
    "due_on": t("Deadline"),
    "reason": t("Reason"),
}


@dataclass(frozen=True, slots=True)
class KeptForm:
    """A form as it was sent: where to, its fields, and what a person reads of it."""

    action: str
    fields: Sequence[tuple[str, str]]
    file_names: Sequence[str]
    files_lost: bool  # the files could not be stored: they must be chosen again

    @property
    def shown(self) -> list[tuple[Text, str]]:
        return [(_WORDS[name], value) for name, value in self.fields if name in _WORDS and value]


def kept(office: Office, action: str, form: FormData, *, body_id: int | None) -> KeptForm:
    """The form that was sent to `action`, with its files stored."""
    fields = [
        (name, value)
        for name, value in form.multi_items()
        if isinstance(value, str) and name not in _NEVER_KEPT
    ]
    received: list[documents.Upload] = []
    lost = False
    try:
        forms.receive(office, form, *_FILE_FIELDS, into=received, body_id=body_id)
    except DocflowError:
        lost = True
    notes = forms.kept_notes(office, received)
    fields += [(forms.KEPT_FIELD, note.note) for note in notes]
    return KeptForm(action, fields, [upload.name for upload in received], lost)


def sealed(office: Office, form: KeptForm, owner_id: int) -> str:
    """The form as a text that only this installation can have made, for its owner."""
    return _keeper(office).dumps([owner_id, form.action, form.fields, form.file_names])


def opened(office: Office, text: str, owner_id: int) -> KeptForm | None:
    """The form of a text by `sealed`; None where it is not ours, too old, or somebody else's."""
    try:
        owner, action, fields, names = _keeper(office).loads(text, max_age=_LIFE)
    except BadSignature:
        return None
    if owner != owner_id:
        return None
    return KeptForm(action, [(name, value) for name, value in fields], names, files_lost=False)


def _keeper(office: Office) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        office.settings.secret_key.get_secret_value(), salt="interrupted-form"
    )
