"""The terms of a body's deadlines: one form with the days, the reminders and the notices."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.render import page
from docflow import calendars, kinds
from docflow.calendars import Addressee, DayUnit, Notice, Reminder, Rule, Terms
from docflow.errors import Conflict, DocflowError, Invalid
from docflow.i18n import Text, t
from docflow.office import Office
from docflow.principal import Principal
from docflow.registry import Priority

router = APIRouter(prefix="/deadline-terms")
_NOT_YOURS = t("Only the administrator sets the terms of deadlines.")
_BLANK = 3
# All that the terms can hold: a row that the form had no place for would be lost with it.
_MOST_RULES, _MOST_REMINDERS = calendars.terms.MAX_RULES, calendars.terms.MAX_REMINDERS


@router.get("")
def show(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """The terms that hold now."""
    by.require(by.is_administrator, _NOT_YOURS)
    with office.db.read() as session:
        terms, version = calendars.terms.current(session, by.body_id)
    return _page(request, office, by, _typed(terms, version), {})


@router.post("")
def define(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Let what the form says hold from now on; it comes back with what is wrong in it."""
    try:
        terms = _terms(form)
        with office.db.begin() as session:
            version = forms.whole(form, "version")
            calendars.terms.define(session, terms, version=version, by=by)
    except (Invalid, Conflict) as error:
        return _again(request, office, by, form, error)
    return RedirectResponse("/deadline-terms?done=deadline-terms", 303)


def _terms(form: FormData) -> Terms:
    """Raises Invalid with the input to blame."""
    competent = forms.text(form, "competent_days")
    return Terms(
        rules=tuple(_rule(form, row) for row in _rules(form)),
        reminders=tuple(_reminder(form, row) for row in _reminders(form)),
        reminder_reach=forms.whole(form, "reminder_reach"),
        extension_days=forms.whole(form, "extension_days"),
        extensions=forms.whole(form, "extensions"),
        competent_days=forms.whole(form, "competent_days") if competent else None,
        competent_unit=_unit(form, "competent_unit", DayUnit.CALENDAR),
        tells_delay=bool(forms.text(form, "tells_delay")),
        delay_days=forms.whole(form, "delay_days"),
        only_statutory=bool(forms.text(form, "only_statutory")),
        delay=Notice(forms.text(form, "delay_el"), forms.text(form, "delay_en")),
        forwarded=Notice(forms.text(form, "forwarded_el"), forms.text(form, "forwarded_en")),
    )


def _rule(form: FormData, row: int) -> Rule:
    at = f"rule.{row}."
    return Rule(
        kind=forms.text(form, f"{at}kind"),
        priority=forms.text(form, f"{at}priority"),
        days=forms.whole(form, f"{at}days"),
        unit=_unit(form, f"{at}unit", DayUnit.WORKING),
        is_statutory=bool(forms.text(form, f"{at}is_statutory")),
    )


def _reminder(form: FormData, row: int) -> Reminder:
    at = f"reminder.{row}."
    days = forms.whole(form, f"{at}days")
    to = forms.choice(form, f"{at}to", Addressee, otherwise=Addressee.HANDLER)
    return Reminder(-days if forms.text(form, f"{at}when") == "before" else days, to)


def _rules(form: FormData) -> list[int]:
    """The rows in which days stand, or anything that is wanted of them."""
    names = ("days", "kind", "priority")
    return _filled(form, "rule", names, _MOST_RULES)


def _reminders(form: FormData) -> list[int]:
    return _filled(form, "reminder", ("days",), _MOST_REMINDERS)


def _filled(form: FormData, group: str, names: tuple[str, ...], most: int) -> list[int]:
    return [
        row
        for row in range(most)
        if any(forms.text(form, f"{group}.{row}.{name}") for name in names)
    ]


def _unit(form: FormData, name: str, otherwise: DayUnit) -> DayUnit:
    return forms.choice(form, name, DayUnit, otherwise=otherwise)


def _typed(terms: Terms, version: int) -> dict[str, str]:
    """The terms as they stand in their form."""
    values = {
        "version": str(version),
        "reminder_reach": str(terms.reminder_reach),
        "extension_days": str(terms.extension_days),
        "extensions": str(terms.extensions),
        "competent_days": "" if terms.competent_days is None else str(terms.competent_days),
        "competent_unit": terms.competent_unit.value,
        "tells_delay": "1" if terms.tells_delay else "",
        "delay_days": str(terms.delay_days),
        "only_statutory": "1" if terms.only_statutory else "",
        "delay_el": terms.delay.el,
        "delay_en": terms.delay.en,
        "forwarded_el": terms.forwarded.el,
        "forwarded_en": terms.forwarded.en,
    }
    for row, rule in enumerate(terms.rules):
        values |= {
            f"rule.{row}.kind": rule.kind,
            f"rule.{row}.priority": rule.priority,
            f"rule.{row}.days": str(rule.days),
            f"rule.{row}.unit": rule.unit.value,
            f"rule.{row}.is_statutory": "1" if rule.is_statutory else "",
        }
    for row, step in enumerate(terms.reminders):
        values |= {
            f"reminder.{row}.days": str(abs(step.days)),
            f"reminder.{row}.when": "before" if step.days < 0 else "after",
            f"reminder.{row}.to": step.to.value,
        }
    return values


def _again(
    request: Request, office: Office, by: Principal, form: FormData, error: DocflowError
) -> Response:
    name = error.field or "form"
    group, _, rest = name.partition(".")
    place, _, part = rest.partition(".")
    if isinstance(error, calendars.BadTerms) and group in ("rule", "reminder"):
        # The domain counts the rows that are filled; the form has empty ones between them.
        rows = _rules(form) if group == "rule" else _reminders(form)
        name = f"{group}.{rows[int(place)]}.{part}"
    status = problems.status_of(error)
    values = forms.as_typed(form)
    return _page(request, office, by, values, {name: error.message}, status_code=status)


def _page(
    request: Request,
    office: Office,
    by: Principal,
    values: Mapping[str, str],
    errors: Mapping[str, Text],
    *,
    status_code: int = 200,
) -> Response:
    by.require(by.is_administrator, _NOT_YOURS)
    with office.db.read() as session:
        known = kinds.listing(session, by, with_retired=True)
    return page(
        request,
        "web/deadlines/terms.html",
        status_code=status_code,
        values=values,
        errors=errors,
        kinds=[(kind.code, kind.definition.title(by.language)) for kind in known],
        priorities=list(Priority),
        units=list(DayUnit),
        addressees=list(Addressee),
        rule_rows=_rows(values, "rule", _MOST_RULES),
        reminder_rows=_rows(values, "reminder", _MOST_REMINDERS),
    )


def _rows(values: Mapping[str, str], group: str, most: int) -> int:
    """So many rows that all that is typed has a place, and some are empty."""
    used = [row for row in range(most) if values.get(f"{group}.{row}.days")]
    return min((used[-1] + 1 if used else 0) + (_BLANK if group == "rule" else 1), most)
