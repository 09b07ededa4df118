"""SMS through the gateway of a provider: one HTTP request a text, shaped by the settings.

Providers differ in names and forms, not in substance: the settings hold the address, the method,
the fields as a JSON object with `{to}`, `{from}`, `{text}` and `{id}` in its texts, and what the
answer looks like when the text was taken. Without a gateway the texts land in a folder.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from docflow import clock, posting
from docflow.errors import Conflict, Unavailable
from docflow.i18n import t
from docflow.settings import Settings

_AGAIN = (408, 425, 429, 500, 502, 503, 504)
_PLACEHOLDER = re.compile(r"\{(to|from|text|id)\}")
_USUAL = {"to": "{to}", "from": "{from}", "text": "{text}"}


class SmsUnavailable(Unavailable):
    """The SMS gateway takes no messages now."""


class SmsRefused(Conflict):
    """The SMS gateway refused the message."""


def digits(phone: str) -> str:
    """A telephone number as it is kept: digits alone, with + for one with its country.

    "00" in front is the "+" of those who dial it.
    """
    bare = re.sub(r"[^\d+]", "", phone)
    plus = bare.startswith(("+", "00"))
    bare = re.sub(r"\D", "", bare)
    return f"+{bare.removeprefix('00')}" if plus else bare


def international(phone: str, settings: Settings) -> str:
    """The number as gateways want it (ITU-T E.164). Raises SmsRefused for what is none."""
    number = digits(phone)
    if not number.startswith("+"):
        number = f"{settings.sms_prefix}{number.lstrip('0')}"
    if not re.fullmatch(r"\+[1-9]\d{7,14}", number):
        raise SmsRefused(t("This is no telephone number that a message could be sent to."))
    return number


def has_gateway(settings: Settings) -> bool:
    return settings.sms_url is not None


def folder(settings: Settings) -> Path:
    """Where texts land without a gateway: beside the mails of a stack without a mail server."""
    url = settings.smtp_url.get_secret_value()
    return Path(url.removeprefix("file:")) if url.startswith("file:") else settings.data / "outbox"


def send(settings: Settings, *, to: str, text: str, number: int) -> str:
    """Hand a text over; what the gateway calls it, else its file. `number` is our own of it.

    A try that got no answer may have been heard: the gateway gets the same `{id}` again.
    Raises SmsUnavailable (try again), SmsRefused.
    """
    given = {
        "to": international(to, settings),
        "from": settings.sms_from,
        "text": text,
        "id": f"docflow-{number}",
    }
    if settings.sms_url is None:
        return _drop(folder(settings), given)
    url = settings.sms_url.get_secret_value()
    fields = _fields(settings, given)
    headers, body = {}, None
    if settings.sms_format == "json":
        headers["Content-Type"] = "application/json"
        body = json.dumps(fields, ensure_ascii=False).encode()
    elif settings.sms_format == "form":
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode(fields).encode()
    else:
        url += ("&" if urlsplit(url).query else "?") + urlencode(fields)
    authorization = settings.sms_authorization.get_secret_value()
    if authorization:
        headers["Authorization"] = authorization
    try:
        answer = posting.ask(
            settings.sms_method, url, headers=headers, body=body, timeout=settings.sms_timeout
        )
    except posting.NoAnswer as error:
        raise SmsUnavailable(t("The SMS gateway does not answer: {why}", why=str(error))) from error
    said = answer.body.decode("utf-8", "replace")
    return _taken(settings, answer.status, said, given["id"])


def _taken(settings: Settings, status: int, answer: str, ours: str) -> str:
    """What the gateway calls the message, when its answer says that it was taken."""
    if status in _AGAIN:
        raise SmsUnavailable(t("The SMS gateway takes no messages now ({code}).", code=status))
    said = " ".join(answer.split())[:200]
    if not 200 <= status < 300:
        raise SmsRefused(
            t("The SMS gateway refused the message ({code}): {said}", code=status, said=said)
        )
    if settings.sms_accepted and not re.search(settings.sms_accepted, answer):
        raise SmsRefused(t("The SMS gateway did not accept the message: {said}", said=said))
    return _at(answer, settings.sms_reference) or ours


def _at(answer: str, path: str) -> str:
    """The value at a path as "data.0.id" of a JSON answer; empty where there is none."""
    if not path:
        return ""
    try:
        value: Any = json.loads(answer)
        for step in path.split("."):
            value = value[int(step)] if isinstance(value, list) else value[step]
    except (ValueError, LookupError, TypeError):
        return ""
    return str(value)[:200] if isinstance(value, str | int) else ""


def _fields(settings: Settings, given: Mapping[str, str]) -> dict[str, Any]:
    """The fields of the settings, filled in; a text of the citizen's never becomes a field."""
    wanted = json.loads(settings.sms_fields) if settings.sms_fields else _USUAL
    filled: dict[str, Any] = _fill(wanted, given)
    return filled


def _fill(value: Any, given: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda found: given[found.group(1)], value)
    if isinstance(value, list):
        return [_fill(one, given) for one in value]
    if isinstance(value, dict):
        return {name: _fill(one, given) for name, one in value.items()}
    return value


def _drop(directory: Path, given: Mapping[str, str]) -> str:
    directory.mkdir(parents=True, exist_ok=True)
    name = f"{clock.now().strftime('%Y%m%dT%H%M%S%f')}-{given['id']}.sms.txt"
    (directory / name).write_text(f"To: {given['to']}\n\n{given['text']}\n", encoding="utf-8")
    return f"file:{name}"
