"""Reading what people typed: text, dates as dd/mm/yyyy, numbers, files that survive an error.

A browser forgets the chosen files when a form comes back with an error or after a login. So files
are stored at once, and the form carries a signed note of them (`kept`) until it is accepted.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.datastructures import FormData, UploadFile

from docflow import clock, documents
from docflow.errors import Invalid
from docflow.i18n import t
from docflow.office import Office

_DATE = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})(?:[/.\- ](\d{4}|\d{2}))?")
_COMPACT = re.compile(r"(\d{2})(\d{2})(\d{4}|\d{2})")
_LAST_YEAR = 2999  # as in the API: one reckons onward from a day
_TODAY = {"t", "σ", "σημερα", "σήμερα", "today"}
KEPT_FIELD = "kept"
SECRET_FIELDS = frozenset({"password", "new_password", "repeated", "pin", "otp"})
"""Fields of our forms that no page shows again and no kept form carries."""
# Said at the field of the files: a form that comes back without them must not be sent so unseen.
_NOT_STORED = t(
    "The file store does not answer, and nothing was saved. Try again in a minute; if the files "
    "no longer stand in the form, choose them again."
)
Choice = TypeVar("Choice", bound=StrEnum)


class BadDate(Invalid):
    """This is not a date."""


class BadNumber(Invalid):
    """This is not a whole number."""


class BadChoice(Invalid):
    """This is not among the choices."""


def text(form: FormData, name: str) -> str:
    """What was typed into a field; empty where it is missing. No NUL: PostgreSQL keeps none."""
    value = form.get(name, "")
    return clean(value) if isinstance(value, str) else ""


def secret(form: FormData, name: str) -> str:
    """A password, PIN or one-time password as typed: not cleaned, not kept."""
    value = form.get(name, "")
    return value[:1000] if isinstance(value, str) else ""


def texts(form: FormData, name: str) -> list[str]:
    """All values of a field that may stand more than once."""
    values = (clean(v) for v in form.getlist(name) if isinstance(v, str))
    return [value for value in values if value]


def clean(typed: str) -> str:
    """Without blanks around it and without NUL, which only a program sends."""
    return typed.replace("\x00", "").strip()


def as_typed(form: FormData) -> dict[str, str]:
    """Every text field as it was typed, for a form that comes back."""
    return {name: value for name, value in form.items() if isinstance(value, str)}


def day(form: FormData, name: str) -> date | None:
    """The date in a field; see `parse_day`."""
    return parse_day(text(form, name), field=name)


def parse_day(typed: str, *, field: str) -> date | None:
    """A date as people type it: 21/11/2026, 1/2/26, 010226, 21.11, or t for today.

    None for nothing. Raises BadDate with the field to blame.
    """
    typed = typed.strip()
    if not typed:
        return None
    if typed.casefold() in _TODAY:
        return clock.today()
    match = _DATE.fullmatch(typed) or _COMPACT.fullmatch(typed)
    try:
        if match is None:
            raise ValueError(typed)
        number, month, year = match.groups()
        full = int(year) if year else clock.today().year
        if full > _LAST_YEAR:
            raise ValueError(typed)
        return date(full + 2000 if full < 100 else full, int(month), int(number))
    except ValueError as error:
        raise BadDate(
            t("“{typed}” is not a date. Write it as 21/11/2026.", typed=typed[:40]),
            field=field,
        ) from error


def local(to: str, *, otherwise: str = "/") -> str:
    """Only a path of this site: a link to a login page must not send people elsewhere."""
    parts = urlsplit(to)
    safe = (
        to.startswith("/")
        and not to.startswith("//")
        and not parts.netloc
        and "\\" not in to
        and to.isprintable()
    )
    return to if safe else otherwise


def midday(on: date | None, zone: str) -> datetime | None:
    """An instant within the day, for times of which only the day is known."""
    return datetime.combine(on, time(12), ZoneInfo(zone)) if on else None


def whole(form: FormData, name: str, *, otherwise: int = 0) -> int:
    """A whole number; `otherwise` for an empty field. Raises BadNumber."""
    typed = text(form, name)
    if not typed:
        return otherwise
    if not typed.isdecimal() or len(typed) > 9:
        raise BadNumber(t("“{typed}” is not a whole number.", typed=typed[:40]), field=name)
    return int(typed)


def optional_id(form: FormData, name: str) -> int | None:
    """The id that a choice or a hidden field carries, None where nothing was chosen."""
    typed = text(form, name)
    if not typed:
        return None
    if not typed.isdecimal() or len(typed) > 18:
        raise BadChoice(t("Choose one from the list."), field=name)
    return int(typed)


def choice(form: FormData, name: str, choices: type[Choice], *, otherwise: Choice) -> Choice:
    """One of an enumeration's values; `otherwise` for an empty field. Raises BadChoice."""
    typed = text(form, name)
    if not typed:
        return otherwise
    try:
        return choices(typed)
    except ValueError as error:
        raise BadChoice(t("Choose one from the list."), field=name) from error


def receive(
    office: Office,
    form: FormData,
    *names: str,
    into: list[documents.Upload],
    body_id: int | None,
    kept: str = KEPT_FIELD,
) -> None:
    """Add the files of a form to `into`: those kept from an earlier try, then those chosen now.

    `kept` is the field of the notes, where a form has several lists of files.

    The bytes are durable when this returns. Raises TooLarge and StoreUnavailable; `into` then
    holds the files before the one that failed, so that the form can keep them.
    """
    dropped = set(texts(form, "drop"))
    for note in texts(form, kept):
        upload = noted(office, note)
        if upload is not None and upload.sha256 not in dropped:
            into.append(upload)
    for name, part in form.multi_items():
        if name not in names:
            continue
        if isinstance(part, UploadFile) and part.filename:
            part.file.seek(0)  # a form is read twice where its first use failed
            try:
                into.append(documents.receive(office, part.file, part.filename, body_id=body_id))
            except documents.TooLarge as error:
                raise documents.TooLarge(error.message, field=name) from error
            except documents.NoRoom as error:
                raise documents.NoRoom(error.message, field=name) from error
            except documents.StoreUnavailable as error:
                raise documents.StoreUnavailable(_NOT_STORED, field=name) from error


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that is stored already: the form shows its name and carries its signed note."""

    note: str
    name: str
    size: int
    sha256: str


def kept_notes(office: Office, found: Iterable[documents.Upload]) -> list[KeptFile]:
    """What a form shows and carries of files that are stored already."""
    signer = _signer(office)
    return [
        KeptFile(
            str(signer.dumps([u.name, u.sha256, u.size, u.media_type])), u.name, u.size, u.sha256
        )
        for u in found
    ]


def kept_again(office: Office, notes: Iterable[str]) -> list[KeptFile]:
    """The files of signed notes, for a form that begins with them; a strange note is none."""
    found = (noted(office, note) for note in notes)
    return kept_notes(office, [upload for upload in found if upload is not None])


def noted(office: Office, note: str) -> documents.Upload | None:
    """The file of a signed note; None for a strange one."""
    try:
        name, sha256, size, media_type = _signer(office).loads(note)
    except BadSignature:
        return None  # not ours: whoever made it up gets nothing
    checked = bool(office.settings.clamd)
    return documents.Upload(name, sha256, size, media_type, checked)


def _signer(office: Office) -> URLSafeSerializer:
    return URLSafeSerializer(office.settings.secret_key.get_secret_value(), salt="kept-upload")
