"""The work of `docflow notices`."""

import os
from pathlib import Path

from docflow import notices
from docflow.cli import finding
from docflow.cli.failures import CannotDo
from docflow.cli.output import language, print_json, say, shown
from docflow.i18n import Text, t


def list_notices(data: Path | None, *, unread: bool, acting_as: str | None, as_json: bool) -> int:
    """The newest notices of a person."""
    with finding.office(data) as office, office.db.read() as session:
        by = finding.acting(session, acting_as)
        found = notices.listing.listed(session, by=by, only_unread=unread).lines
        zone = office.settings.zone
    if as_json:
        print_json(
            [
                {
                    "id": one.id,
                    "kind": one.kind,
                    "about": {"type": one.about_type, "id": one.about_id},
                    "name": _word(one.subject.name),
                    "by": one.by,
                    "in_place_of": one.in_place_of,
                    "told_at": one.told_at.isoformat(),
                    "is_read": one.is_read,
                }
                for one in found
            ]
        )
        return 0
    for one in found:
        mark = " " if one.is_read else "*"
        said = f"{_word(one.said)}: {_word(one.subject.name)}"
        say(f"{mark} {shown(one.told_at, zone)}  {said}")
    return 0


def sent(data: Path | None, *, failed: bool, acting_as: str | None, as_json: bool) -> int:
    """The newest mails and push messages of the body. Raises NotAllowed."""
    state = notices.SendingState.FAILED if failed else None
    with finding.office(data) as office, office.db.read() as session:
        by = finding.acting(session, acting_as)
        found = notices.sendings.sendings(session, by=by, state=state)
        zone = office.settings.zone
    if as_json:
        print_json(
            [
                {
                    "id": one.id,
                    "person": one.person,
                    "channel": one.channel,
                    "is_daily": one.is_daily,
                    "count": one.count,
                    "state": one.state,
                    "tries": one.tries,
                    "problem": one.problem,
                    "created_at": one.created_at.isoformat(),
                    "ended_at": one.ended_at.isoformat() if one.ended_at else None,
                }
                for one in found
            ]
        )
        return 0
    for one in found:
        at = shown(one.ended_at or one.created_at, zone)
        how = f"{one.channel} {one.state}"
        say(f"{one.id:>8}  {at}  {how}  {one.person} ({one.count}) {one.problem}")
    return 0


def again(data: Path | None, *, sending_id: int, acting_as: str | None) -> int:
    """Raises NotAllowed, NoSuchSending, NotFailed."""
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        notices.sendings.send_again(session, sending_id, by=by)
    say(t("The message will be sent again."))
    return 0


def push_key(_: Path | None, *, output: Path) -> int:
    """A fresh key, in a file that only its owner may read."""
    try:
        descriptor = os.open(output, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError as error:
        raise CannotDo(t("{file} is there already.", file=str(output))) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(notices.push_keys.new())
    say(
        t(
            "The key is in {file}. With another one all browsers must be added again.",
            file=str(output),
        )
    )
    return 0


def _word(text: Text | str) -> str:
    return text if isinstance(text, str) else text.in_language(language())
