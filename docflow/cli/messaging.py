"""The work of `docflow messages`."""

from pathlib import Path

from docflow import messages
from docflow.cli import finding
from docflow.cli.failures import CannotDo
from docflow.cli.output import print_json, say, shown
from docflow.i18n import t


def list_messages(data: Path | None, *, failed: bool, acting_as: str | None, as_json: bool) -> int:
    """The newest messages of the body; addresses are masked. Raises NotAllowed."""
    state = messages.MessageState.FAILED if failed else None
    with finding.office(data) as office, office.db.read() as session:
        by = finding.acting(session, acting_as)
        found = messages.listing.lines(session, by=by, state=state)
        zone = office.settings.zone
    if as_json:
        print_json(
            [
                {
                    "id": one.id,
                    "kind": one.kind,
                    "way": one.way,
                    "address": one.address,
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
        say(f"{one.id:>8}  {at}  {one.way} {one.state}  {one.kind}  {one.address} {one.problem}")
    return 0


def again(data: Path | None, *, message_id: int, acting_as: str | None) -> int:
    """Raises NotAllowed, NoSuchMessage, MessageNotFailed."""
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        messages.send_again(session, message_id, by=by)
    say(t("The message will be sent again."))
    return 0


def bounced(data: Path | None, *, files: list[Path], acting_as: str | None) -> int:
    """Each report by itself. Raises CannotDo, NotABounce, NoSuchMessage, NotAllowed."""
    with finding.office(data) as office:
        for path in files:
            try:
                report = path.read_bytes()
            except OSError as error:
                raise CannotDo(t("The file cannot be read: {why}", why=str(error))) from error
            with office.db.begin() as session:
                by = finding.acting(session, acting_as)
                row = messages.bounces.report_mail(session, report, by=by)
                say(f"{row.id:>8}  {row.kind}  {messages.masked(row.address)}")
    return 0


def try_sms(data: Path | None, *, phone: str) -> int:
    """Raises SmsUnavailable, SmsRefused."""
    with finding.office(data) as office:
        text = t("This is a test of the SMS gateway.").in_language("el")
        reference = messages.sms.send(office.settings, to=phone, text=text, number=0)
    say(reference)
    return 0
