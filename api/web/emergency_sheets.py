"""What was typed from the paper sheets of an emergency kit, as the journal of one period."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData

from api.web import forms
from docflow import emergency
from docflow.emergency import Authorised, Journal, Noted
from docflow.errors import Invalid
from docflow.i18n import t

ROWS = 12  # as many as a printed page has


class BadRow(Invalid):
    """A row that was typed from a sheet is not complete."""


def from_sheets(form: FormData, kit: emergency.KitInfo, *, zone: str) -> Journal:
    """The journal. Raises BadRow, BadDate and BadNumber with the field to blame."""
    started_at = _moment(form, "started", zone)
    authorised = [Authorised(forms.text(form, "authorised_by"), started_at)]
    renewed_by = forms.text(form, "renewed_by")
    if renewed_by:
        at = _moment(form, "renewed", zone)
        authorised.append(Authorised(renewed_by, at, forms.text(form, "renewed_note")))
    noted = [row for place in range(1, ROWS + 1) if (row := _row(form, place, zone)) is not None]
    if not noted:
        raise BadRow(t("Type at least one row."), field="row-1-number")
    numbers = [one.number for one in noted]
    for place, number in enumerate(numbers):
        if number in numbers[:place]:
            label = emergency.label(kit.year, number)
            raise BadRow(t("The number {label} was typed twice.", label=label))
    return emergency.from_paper(
        kit,
        cause=forms.text(form, "cause"),
        started_at=started_at,
        ended_at=_moment(form, "ended", zone),
        authorised=authorised,
        totals=_totals(form),
        noted=noted,
    )


def _row(form: FormData, place: int, zone: str) -> Noted | None:
    """One typed row; None for an empty one."""

    def name(what: str) -> str:
        return f"row-{place}-{what}"

    number = forms.whole(form, name("number"))
    subject = forms.text(form, name("subject"))
    if not number and not subject:
        return None
    if not number:
        raise BadRow(t("Type the emergency number of this row."), field=name("number"))
    direction = forms.text(form, name("direction")) or "incoming"
    party = forms.text(form, name("party"))
    is_out = direction == "outgoing"
    return Noted(
        number=number,
        at=_moment(form, name("at"), zone),
        direction=direction,
        subject=subject,
        sender="" if is_out else party,
        recipients=(party,) if is_out and party else (),
        sender_reference=forms.text(form, name("reference")),
        attachments_count=forms.whole(form, name("attachments")),
        operator=forms.text(form, "operator"),
    )


def _moment(form: FormData, name: str, zone: str) -> datetime:
    """The day and the time of two fields, in the office's zone."""
    on, at = forms.day(form, f"{name}_on"), forms.text(form, f"{name}_time")
    if on is None:
        raise forms.BadDate(t("Type the day."), field=f"{name}_on")
    try:
        hour, _, minute = at.replace(".", ":").partition(":")
        when = time(int(hour), int(minute or 0))
    except ValueError as error:
        raise forms.BadDate(
            t("Type the time as it stands on the sheet: 14:05."), field=f"{name}_time"
        ) from error
    return datetime.combine(on, when, ZoneInfo(zone))


def _totals(form: FormData) -> dict[date, int]:
    """The totals that stand on the activation sheet: a day and a count in each line."""
    totals: dict[date, int] = {}
    for line in forms.text(form, "totals").splitlines():
        day, _, count = line.strip().rpartition(" ")
        on = forms.parse_day(day.rstrip(" :="), field="totals")
        if on is None or not count.isdecimal() or len(count) > 6:
            raise forms.BadNumber(
                t("Write a day and its total in each line: 21/11/2026 14"), field="totals"
            )
        totals[on] = int(count)
    return totals
